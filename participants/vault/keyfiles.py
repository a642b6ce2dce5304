"""Key files as files: written whole or not at all, readable by their owner only, one change at a time.

A file is one JSON object: for each purpose a Tink keyset, and under `added` the instant at which each key came.
"""

import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from participants.errors import ProgramError

INSTALLATION = "installation.json"
LOCK = ".lock"
ADDED = "added"


def draw_secret() -> str:
    return secrets.token_hex(32)


def key_ids(keyset: dict | None) -> list[str]:
    """The ids of a keyset's keys as hexadecimal digits, the primary one first, then the order in which they came."""
    if not keyset:
        return []
    first = keyset["primaryKeyId"]
    others = [key["keyId"] for key in keyset["key"] if key["keyId"] != first]
    return [f"{key_id:08x}" for key_id in (first, *reversed(others))]


def create(path: Path, contents: dict) -> None:
    """Write a new key file. Raises FileExistsError: a key that is there is never overwritten."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = _now()
    added = {
        purpose: dict.fromkeys(key_ids(keyset), now) for purpose, keyset in contents.items() if isinstance(keyset, dict)
    }
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    _fill(handle, {**contents, ADDED: added})
    _settle(path.parent)


def add_keys(path: Path, drawn: dict[str, dict]) -> None:
    """Add a key for each purpose and make it the primary one; those before stay, to open what they sealed."""
    contents = read(path)
    for purpose, new in drawn.items():
        keyset = contents[purpose]
        while new["primaryKeyId"] in {key["keyId"] for key in keyset["key"]}:
            new["primaryKeyId"] = new["key"][0]["keyId"] = secrets.randbelow(2**31 - 1) + 1
        keyset["key"].append(new["key"][0])
        keyset["primaryKeyId"] = new["primaryKeyId"]
        contents.setdefault(ADDED, {}).setdefault(purpose, {})[f"{new['primaryKeyId']:08x}"] = _now()
    replace(path, contents)


def destroy_keys(path: Path, purpose: str, ids: list[str]) -> None:
    """Take keys out of a file for good. The primary one cannot go. Whoever calls has seen that they seal nothing."""
    contents = read(path)
    keyset = contents[purpose]
    if f"{keyset['primaryKeyId']:08x}" in ids:
        raise ValueError("The primary key is in use.")
    keyset["key"] = [key for key in keyset["key"] if f"{key['keyId']:08x}" not in ids]
    added = contents.get(ADDED, {}).get(purpose, {})
    for gone in ids:
        added.pop(gone, None)
    replace(path, contents)


def added(path: Path, purpose: str, key_id: str) -> datetime | None:
    """When a key came; None where the file does not say."""
    text = read(path).get(ADDED, {}).get(purpose, {}).get(key_id)
    return datetime.fromisoformat(text) if text else None


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def replace(path: Path, contents: dict) -> None:
    """Put a new content in a file's place: whoever reads it sees the one or the other, also after a power cut."""
    beside = path.with_name(f".{path.name}.new")
    handle = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    _fill(handle, contents)
    beside.replace(path)
    _settle(path.parent)


def _fill(handle: int, contents: dict) -> None:
    os.fchmod(handle, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(contents, file)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Have the disk write the folder itself, which holds the name."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Only one process at a time changes keys; the lock goes with the process. Raises ProgramError when taken."""
    handle = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ProgramError(
                "Another command is changing keys at this moment. Try again when it has ended."
            ) from error
        yield
    finally:
        os.close(handle)


def too_open(path: Path) -> str:
    """The mode of a file or folder that others may use as well, such as "644"; "" where only the owner may."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return f"{mode:o}" if mode & 0o077 else ""


def others_in(folder: Path, known: set[str]) -> list[str]:
    """Names in the folder that are no key file of a track that there is."""
    return sorted(entry.name for entry in folder.iterdir() if entry.name not in {*known, LOCK})


def _now() -> str:
    return datetime.now(UTC).isoformat()
