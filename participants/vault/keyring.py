"""The keys: for each track a Tink keyset that seals values, one that makes search tokens and one that seals the audit
trail; for what belongs to no track the same but search tokens, and the key that signs the scope on PostgreSQL.

They live in files outside the database (folder `KEYS`, mode 600), one per track and `installation.json`. A file that
was replaced is noticed at the next use, so that old and new keys are read in every process while a rotation runs.
"""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import UUID

import tink
from django.conf import settings
from tink import aead, mac, prf, secret_key_access

from participants.vault import keyfiles
from participants.vault.keyfiles import INSTALLATION

aead.register()
prf.register()
mac.register()

TEMPLATES = {
    "seal": aead.aead_key_templates.AES256_GCM,
    "search": prf.prf_key_templates.HMAC_SHA256,
    "audit": mac.mac_key_templates.HMAC_SHA256_256BITTAG,
}
# What a file holds; the scope's key is no keyset.
OF_TRACK = ("seal", "search", "audit")
OF_INSTALLATION = ("seal", "audit")
# A ciphertext or a code of a keyset begins with this byte and the id of its key (Tink's wire format).
MARK = b"\x01"
PREFIX = 5


class KeyMissing(RuntimeError):
    """A key file is not there or cannot be read: nothing that it sealed can be read or written."""


def folder() -> Path:
    return Path(settings.KEYS)


def key_file(track_id: UUID) -> Path:
    return folder() / f"{track_id}.json"


def installation_file() -> Path:
    return folder() / INSTALLATION


def file_of(track_id: UUID | None) -> Path:
    """The key file of a track, or of the installation (None)."""
    return installation_file() if track_id is None else key_file(track_id)


def create_keys(track_id: UUID) -> None:
    """Draw the keysets of a new track. An existing file is never overwritten.

    It is written before the transaction that makes the track commits: a file of a track that never came to be holds
    nothing and hurts nobody, a track without its file would be lost.
    """
    keyfiles.create(key_file(track_id), {purpose: draw(purpose) for purpose in OF_TRACK})


def create_installation_keys() -> None:
    """Draw the keys of what belongs to no track. An existing file is never overwritten."""
    keysets = {purpose: draw(purpose) for purpose in OF_INSTALLATION}
    keyfiles.create(installation_file(), {**keysets, "scope": keyfiles.draw_secret()})


def draw(purpose: str) -> dict:
    """A keyset with one new key, as JSON keeps it."""
    handle = tink.new_keyset_handle(TEMPLATES[purpose])
    return json.loads(tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))


@dataclass
class Keys:
    """One key file as it was read, opened where it is used. `stamp` says which state of the file that was."""

    whose: str
    contents: dict
    stamp: tuple[int, int, int]

    def handle(self, purpose: str) -> tink.KeysetHandle:
        if purpose not in self.contents:
            raise KeyMissing(f"The key file of {self.whose} has no {purpose} key: bring the right file back.")
        return tink.json_proto_keyset_format.parse(json.dumps(self.contents[purpose]), secret_key_access.TOKEN)

    @cached_property
    def sealer(self) -> aead.Aead:
        return self.handle("seal").primitive(aead.Aead)

    @cached_property
    def seal_mark(self) -> bytes:
        """How everything begins that the primary key seals."""
        return MARK + id_bytes(self.contents["seal"]["primaryKeyId"])

    @cached_property
    def makers(self) -> list[tuple[bytes, prf.Prf]]:
        prfs = self.handle("search").primitive(prf.PrfSet)
        first = prfs.primary_id()
        others = sorted(key_id for key_id in prfs.all() if key_id != first)
        return [(id_bytes(key_id), prfs.all()[key_id]) for key_id in (first, *others)]

    @cached_property
    def mac(self) -> mac.Mac:
        return self.handle("audit").primitive(mac.Mac)


_read: dict[str, Keys] = {}


def keys_of(track_id: UUID | None) -> Keys:
    """The present keys of a track or of the installation. Costs one `stat`; raises KeyMissing."""
    # Asked for every value: plain text costs a third of what a Path does.
    path = f"{settings.KEYS}/{track_id}.json" if track_id else f"{settings.KEYS}/{INSTALLATION}"
    try:
        found = os.stat(path)  # noqa: PTH116
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        known = _read.get(path)
        if known is None or known.stamp != stamp:
            known = _read[path] = Keys(_whose(track_id), keyfiles.read(Path(path)), stamp)
    except FileNotFoundError as error:
        raise KeyMissing(f"The key file of {_whose(track_id)} is missing in the folder of the keys.") from error
    except (OSError, ValueError) as error:
        raise KeyMissing(f"The key file of {_whose(track_id)} cannot be read, or is no key file.") from error
    return known


def _whose(track_id: UUID | None) -> str:
    return "the installation" if track_id is None else f"track {track_id}"


def id_bytes(key_id: int) -> bytes:
    return key_id.to_bytes(4, "big")


def key_ids(track_id: UUID | None, purpose: str) -> list[str]:
    """The ids of the keys there are, as hexadecimal digits, the primary one first."""
    return keyfiles.key_ids(keys_of(track_id).contents.get(purpose))


def sealing_key(sealed: bytes) -> str:
    """The id of the key that a sealed value names in its first bytes; "" where it names none."""
    return sealed[1:PREFIX].hex() if sealed[:1] == MARK and len(sealed) > PREFIX else ""


def sealer(track_id: UUID | None) -> aead.Aead:
    """AES-256-GCM with associated data: of a track, or of the installation (None). Seals with the primary key and
    opens with every key there is."""
    return keys_of(track_id).sealer


def token_makers(track_id: UUID) -> list[tuple[bytes, prf.Prf]]:
    """The search keys, the primary one first: id (4 bytes) and keyed hash of each."""
    return keys_of(track_id).makers


def audit_mac(track_id: UUID | None) -> mac.Mac:
    """The keyed hash that chains the seals over the audit trail of a track, or of what belongs to none (None)."""
    return keys_of(track_id).mac


def scope_key() -> bytes:
    """The 32 bytes that sign the scope's setting on PostgreSQL."""
    return bytes.fromhex(keys_of(None).contents["scope"])
