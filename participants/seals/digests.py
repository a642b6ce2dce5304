"""What a seal says of an event, in bytes: the digest of its columns, that of its subjects, and how many these were.

The encoding is part of the evidence: seals of years ago are checked with it. A new column of an event or a subject
therefore needs a new VERSION beside this one; a test holds the names of the columns against the models.
"""

import datetime
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

VERSION = b"\x01"
EVENT_COLUMNS = ("id", "track_id", "at", "action", "outcome", "actor_id", "source", "path", "detail")
SUBJECT_COLUMNS = ("id", "track_id", "event_id", "kind", "subject_id")
# One entry: id, digest of the event, digest of the subjects, number of subjects.
ID, DIGEST, COUNT = 16, 32, 4
ENTRY = ID + 2 * DIGEST + COUNT
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MICROSECOND = datetime.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as a seal knows it."""

    id: UUID
    event: bytes
    subjects: bytes
    count: int

    @property
    def packed(self) -> bytes:
        return self.id.bytes + self.event + self.subjects + self.count.to_bytes(COUNT, "big")


class NotEntries(ValueError):
    """The bytes are not a list of entries in the order of their ids."""


def encoded(values: Iterable) -> bytes:
    """Values one after the other, each with its kind and length, so that no two lists have the same bytes."""
    parts = []
    for value in values:
        kind, data = _encoded(value)
        parts += (kind, len(data).to_bytes(8, "big"), data)
    return b"".join(parts)


def _encoded(value) -> tuple[bytes, bytes]:
    match value:
        case None:
            return b"n", b""
        case str():
            return b"s", value.encode("utf-8", "surrogatepass")
        case UUID():
            return b"u", value.bytes
        case datetime.datetime():
            return b"t", str((value - EPOCH) // MICROSECOND).encode()
        case bytes():
            return b"b", value
        case int() if not isinstance(value, bool):
            return b"i", str(value).encode()
        case _:
            return b"j", json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def entry_of(event: tuple, subjects: Iterable[tuple]) -> Entry:
    """The entry of an event, given as its EVENT_COLUMNS, and of its subjects, given as their SUBJECT_COLUMNS."""
    ordered = sorted(subjects, key=lambda columns: columns[0])
    return Entry(
        id=event[0],
        event=sha256(b"event" + VERSION + encoded(event)).digest(),
        subjects=sha256(b"subjects" + VERSION + b"".join(encoded(one) for one in ordered)).digest(),
        count=len(ordered),
    )


def packed(entries: Iterable[Entry]) -> bytes:
    """The entries as a seal keeps them; they come in the order of their ids."""
    return VERSION + b"".join(entry.packed for entry in entries)


def unpacked(data: bytes) -> Iterator[Entry]:
    """The entries of a seal. Raises NotEntries."""
    before = b""
    for at in _places(data):
        key = data[at : at + ID]
        if key <= before:
            raise NotEntries("The events of a seal are not in order.")
        before = key
        event, subjects = at + ID, at + ID + DIGEST
        yield Entry(
            id=UUID(bytes=key),
            event=data[event:subjects],
            subjects=data[subjects : subjects + DIGEST],
            count=int.from_bytes(data[subjects + DIGEST : at + ENTRY], "big"),
        )


def keys_of(data: bytes) -> list[bytes]:
    """The ids of the events that a seal names, in bytes. Raises NotEntries."""
    return [data[at : at + ID] for at in _places(data)]


def number_of_entries(data: bytes) -> int:
    return len(range(len(VERSION), len(data), ENTRY))


def _places(data: bytes) -> range:
    if data[: len(VERSION)] != VERSION or len(data) == len(VERSION) or (len(data) - len(VERSION)) % ENTRY:
        raise NotEntries("These bytes are no entries of a seal.")
    return range(len(VERSION), len(data), ENTRY)


SEAL_COLUMNS = ("id", "track_id", "number", "at", "first_id", "last_id", "entries", "previous", "mac")


def spoken_for(seal: Iterable) -> bytes:
    """What the keyed hash of a seal covers: all its SEAL_COLUMNS but that hash."""
    return encoded((b"seal" + VERSION, *list(seal)[:-1]))
