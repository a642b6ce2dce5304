"""The keys: for each track a Tink keyset that seals values, one that makes search tokens and one that seals the audit
trail; for what belongs to no track the same but search tokens, and the key that signs the scope on PostgreSQL.

They live in files outside the database (folder `KEYS`, mode 600), one per track and `installation.json`.
"""

import json
import os
import secrets
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import tink
from django.conf import settings
from tink import aead, mac, prf, secret_key_access

aead.register()
prf.register()
mac.register()

TEMPLATES = {
    "seal": aead.aead_key_templates.AES256_GCM,
    "search": prf.prf_key_templates.HMAC_SHA256,
    "audit": mac.mac_key_templates.HMAC_SHA256_256BITTAG,
}


class KeyMissing(RuntimeError):
    """A key file is not there: nothing that it sealed can be read or written."""


def key_file(track_id: UUID) -> Path:
    return Path(settings.KEYS) / f"{track_id}.json"


def installation_file() -> Path:
    return Path(settings.KEYS) / "installation.json"


def create_keys(track_id: UUID) -> None:
    """Draw the keysets of a new track. An existing file is never overwritten."""
    _write(key_file(track_id), {purpose: _drawn(purpose) for purpose in TEMPLATES})


def create_installation_keys() -> None:
    """Draw the keys of what belongs to no track. An existing file is never overwritten."""
    keysets = {purpose: _drawn(purpose) for purpose in ("seal", "audit")}
    _write(installation_file(), {**keysets, "scope": secrets.token_hex(32)})


def _drawn(purpose: str) -> dict:
    handle = tink.new_keyset_handle(TEMPLATES[purpose])
    return json.loads(tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))


def _write(path: Path, keysets: dict) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(keysets, file)
        file.flush()
        os.fsync(file.fileno())


def _contents(track_id: UUID | None) -> dict:
    try:
        path = installation_file() if track_id is None else key_file(track_id)
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        whose = "the installation" if track_id is None else f"track {track_id}"
        raise KeyMissing(f"The key file of {whose} is missing in the folder of the keys.") from error


def _keyset(track_id: UUID | None, purpose: str) -> tink.KeysetHandle:
    keyset = _contents(track_id)[purpose]
    return tink.json_proto_keyset_format.parse(json.dumps(keyset), secret_key_access.TOKEN)


@lru_cache(maxsize=256)
def sealer(track_id: UUID | None) -> aead.Aead:
    """AES-256-GCM with associated data: of a track, or of the installation (None)."""
    return _keyset(track_id, "seal").primitive(aead.Aead)


@lru_cache(maxsize=256)
def token_makers(track_id: UUID) -> tuple[bytes, prf.Prf]:
    """The primary search key's id (4 bytes) and its keyed hash."""
    prf_set = _keyset(track_id, "search").primitive(prf.PrfSet)
    return prf_set.primary_id().to_bytes(4, "big"), prf_set.primary()


@lru_cache(maxsize=256)
def audit_mac(track_id: UUID | None) -> mac.Mac:
    """The keyed hash that chains the seals over the audit trail of a track, or of what belongs to none (None)."""
    return _keyset(track_id, "audit").primitive(mac.Mac)


@lru_cache(maxsize=1)
def scope_key() -> bytes:
    """The 32 bytes that sign the scope's setting on PostgreSQL."""
    return bytes.fromhex(_contents(None)["scope"])
