"""Changing keys in tests: everything that a track holds, opened; a rotation; one that stops half way."""

from itertools import islice

from participants.models import Referral
from participants.staff.models import User
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from participants.vault import holders, keyfiles, keyring
from participants.vault.rehashing import rehash
from participants.vault.rotation import Turned, reseal, rotate_track

NAMES = ("José Hernández", "Ana Birch", "Guerline Désir", "Mia Cedar")


def rotate(track: Track, *, by: User | None = None, purposes=keyring.OF_TRACK, wait: float = 0) -> dict[str, Turned]:
    turns = rotate_track(track=track, purposes=purposes, wait=wait, say=lambda sentence: None, by=by)
    return {turn.purpose: turn for turn in turns}


def begin(track: Track, *purposes: str) -> None:
    """The first step alone: a new primary key beside the one before."""
    drawn = {purpose: keyring.draw(purpose) for purpose in purposes or ("seal", "search")}
    keyfiles.add_keys(keyring.key_file(track.pk), drawn)


def half_way(track: Track) -> None:
    """A rotation that was stopped: half of the rows, and of the records' tokens and hashes, are written anew."""
    begin(track)
    for steps in (reseal(track), rehash(track)):
        list(islice(steps, 3))


def opened(track: Track) -> dict:
    """Every sealed value of a track, opened, by row and field."""
    found = {}
    with in_track(track):
        for model, fields in holders.sealed_models():
            for row in model.objects.order_by("pk"):
                found |= {(model.__name__, row.pk, field.name): getattr(row, field.attname) for field in fields}
    return found


def lying(track: Track) -> dict:
    """The same as it lies in the database."""
    found = {}
    with in_track(track):
        for model, fields in holders.sealed_models():
            names = [field.name for field in fields]
            for pk, *values in model.objects.order_by("pk").values_list("pk", *names):
                pairs = zip(names, values, strict=True)
                found |= {(model.__name__, pk, name): bytes(value) for name, value in pairs if value is not None}
    return found


def clear(track: Track) -> list:
    """What is stored in clear in the rows that have sealed fields: versions, states, dates."""
    with in_track(track):
        rows = []
        for model, fields in holders.sealed_models():
            hidden = {field.name for field in fields} | set(holders.HASHED.get(model, ()))
            names = [field.attname for field in model._meta.concrete_fields if field.name not in hidden]
            rows += [(model.__name__, *row) for row in model.objects.order_by("pk").values_list(*names)]
        return rows


def held(track: Track, purpose: str) -> dict[str, int]:
    """How many values each key of a purpose holds, and under "" how many no key that there is."""
    ids = keyring.key_ids(track.pk, purpose)
    with in_track(track):
        counts, unknown = holders.COUNTED[purpose](ids)
    return {**counts, "": unknown}


def keys_of_cases(track: Track) -> list:
    with in_track(track):
        return list(Referral.objects.order_by("pk").values_list("fingerprint", "case_key", "person_key"))
