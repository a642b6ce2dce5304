"""The keys of a track: one Tink keyset that seals values, one that makes search tokens.

They live in files outside the database (folder `KEYS`, mode 600), one per track.
"""

import json
import os
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import tink
from django.conf import settings
from tink import aead, prf, secret_key_access

aead.register()
prf.register()

TEMPLATES = {
    "seal": aead.aead_key_templates.AES256_GCM,
    "search": prf.prf_key_templates.HMAC_SHA256,
}


class KeyMissing(RuntimeError):
    """A track's key file is not there: nothing of the track can be read or written."""


def key_file(track_id: UUID) -> Path:
    return Path(settings.KEYS) / f"{track_id}.json"


def create_keys(track_id: UUID) -> None:
    """Draw the keysets of a new track. An existing file is never overwritten."""
    token = secret_key_access.TOKEN
    keysets = {
        purpose: json.loads(tink.json_proto_keyset_format.serialize(tink.new_keyset_handle(template), token))
        for purpose, template in TEMPLATES.items()
    }
    path = key_file(track_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(keysets, file)
        file.flush()
        os.fsync(file.fileno())


def _keyset(track_id: UUID, purpose: str) -> tink.KeysetHandle:
    try:
        keysets = json.loads(key_file(track_id).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise KeyMissing(f"The key file of track {track_id} is missing in the folder of the keys.") from error
    return tink.json_proto_keyset_format.parse(json.dumps(keysets[purpose]), secret_key_access.TOKEN)


@lru_cache(maxsize=256)
def sealer(track_id: UUID) -> aead.Aead:
    """AES-256-GCM with associated data."""
    return _keyset(track_id, "seal").primitive(aead.Aead)


@lru_cache(maxsize=256)
def token_makers(track_id: UUID) -> tuple[bytes, prf.Prf]:
    """The primary search key's id (4 bytes) and its keyed hash."""
    prf_set = _keyset(track_id, "search").primitive(prf.PrfSet)
    return prf_set.primary_id().to_bytes(4, "big"), prf_set.primary()
