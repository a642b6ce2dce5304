"""The heads of the seals in a folder outside the database (AUDIT_HEADS): one file per chain, one line per seal.

Who can change the database, even with its keys, cannot take back what is written here; so the folder belongs on
another machine, best on a store that only ever adds. Files have mode 600.
"""

import datetime
import fcntl
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Length

from participants.seals.chains import UNREADABLE, Chain, as_bytes
from participants.seals.digests import ENTRY, VERSION
from participants.seals.models import Seal

logger = logging.getLogger(__name__)

# Longer than any line of ours, in bytes.
LONGEST = 1024
END = ".jsonl"
# Seconds that a sealer waits for another one to let go of the file.
PATIENCE = 3
# Heads that one read fetches.
PART = 1000


@dataclass(frozen=True)
class Head:
    """What is known of a seal outside the database. `written` is when its line was; it comes last in the line."""

    chain: str
    number: int
    mac: str
    at: str
    events: int
    written: str = ""

    @property
    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @property
    def of_seal(self) -> tuple:
        """All that follows from the seal itself."""
        return (self.chain, self.number, self.mac, self.at, self.events)


def file_of(chain: Chain) -> Path:
    return Path(settings.AUDIT_HEADS) / f"{chain.key}{END}"


def parsed(line: bytes) -> Head | None:
    """The head that a line holds; None when it holds none."""
    try:
        head = Head(**json.loads(line))
    except (ValueError, TypeError):
        return None
    kinds = (str, int, str, str, int, str)
    fits = tuple(type(value) for value in asdict(head).values()) == kinds and head.number > 0
    return head if fits else None


def heads_in_database(*, chain: Chain, **which) -> Iterator[Head]:
    """The heads as the database has them, in their order, inside the opened chain. One statement, no entries read."""
    rows = (
        Seal.objects.filter(**which)
        .order_by("number")
        .annotate(events=(Length(F("entries")) - len(VERSION)) / ENTRY)
        .values_list("number", "mac", "at", "events")
    )
    for number, mac, at, events in rows.iterator(chunk_size=PART):
        instant = at.astimezone(datetime.UTC).isoformat() if at else ""
        yield Head(chain.key, number, as_bytes(mac).hex(), instant, int(events))


# --- writing ----------------------------------------------------------------------------------------------------


def write(chain: Chain, *, now: datetime.datetime, made_from: int | None) -> int:
    """Append the heads that the file lacks; returns how many. `made_from` is the first seal that this run made.

    What an earlier run did not come to (it was killed, the file could not be written) is written now. A file that
    cannot be written is logged as an error and stops nothing: the seals stand, the next run makes up for it.
    """
    try:
        if not file_of(chain).exists():
            with chain.opened():
                if not Seal.objects.exists():
                    return 0
        with _locked(file_of(chain)) as file:
            return _append(chain, file, now, made_from)
    except (OSError, *UNREADABLE):
        logger.exception("The heads of the audit trail %s could not be written to AUDIT_HEADS.", chain.name)
        return 0


def _append(chain: Chain, file: BinaryIO, now: datetime.datetime, made_from: int | None) -> int:
    last, torn = _end_of(file, chain)
    since = last.number if last else 0
    with chain.opened():
        known = list(heads_in_database(chain=chain, number__gte=min(since, made_from or since)))
    if last is not None and last.of_seal not in {head.of_seal for head in known}:
        logger.error(
            "The seals of the audit trail %s do not go on from their last head. Run manage.py verify_audit.", chain.name
        )
        since = made_from - 1 if made_from else sys.maxsize
    written = now.astimezone(datetime.UTC).isoformat()
    lines = [replace(head, written=written).line for head in known if head.number > since]
    if lines:
        file.write(b"".join([b"\n" if torn else b"", *lines]))
        file.flush()
        os.fsync(file.fileno())
    return len(lines)


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The file, opened to append, for one sealer at a time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = not path.exists()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as file:
        _lock(file)
        yield file
    if new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _lock(file: BinaryIO) -> None:
    """Raises TimeoutError when another process keeps the file for longer than writing takes."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise TimeoutError("The file of heads is kept by another process.") from None
            time.sleep(0.05)


def _end_of(file: BinaryIO, chain: Chain) -> tuple[Head | None, bool]:
    """The last head of a file, and whether its last line was torn off in the middle."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8 * LONGEST))
    end = file.read()
    found = (parsed(line) for line in reversed(end.split(b"\n")))
    last = next((head for head in found if head and head.chain == chain.key), None)
    return last, bool(end) and not end.endswith(b"\n")


# --- reading ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of the file; `head` is None where it holds none."""

    place: int
    head: Head | None


def lines_of(chain: Chain) -> Iterator[Line]:
    """The lines of the file of a chain; none when there is no file. Raises OSError when it cannot be read.

    A line that a lost process tore off in the middle, and that the next one repeats, is left out.
    """
    try:
        file = file_of(chain).open("rb")
    except FileNotFoundError:
        return
    with file:
        before = None
        for place, text in enumerate(iter(lambda: file.readline(LONGEST), b""), start=1):
            head = parsed(text)
            if before is not None and not (head and _begins(before[1], text)):
                yield Line(before[0], None)
            before = None if head else (place, text)
            if head:
                yield Line(place, head)
        if before is not None and before[1].endswith(b"\n"):
            yield Line(before[0], None)


def _begins(torn: bytes, whole: bytes) -> bool:
    """Is this the beginning of that line, but for the instant of writing?"""
    beginning = torn.rstrip(b"\n").split(b', "written"')[0]
    return bool(beginning) and whole.startswith(beginning)


def files_of_none(known: list[Chain]) -> list[str]:
    """Names of files in the folder that are called like a chain's and belong to none that there is."""
    names = {file_of(chain).name for chain in known}
    folder = Path(settings.AUDIT_HEADS)
    return sorted(path.name for path in folder.glob(f"*{END}") if path.name not in names) if folder.is_dir() else []
