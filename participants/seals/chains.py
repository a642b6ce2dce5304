"""The chains of seals: one for each track, and one for the events that belong to no track. Reading them in pages.

Membership is explicit: a seal names the events that it covers. So nobody waits for open transactions: an event that
is committed late is in no seal yet, and the next one takes it, as long as it is not older than GRACE.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import DataError, connection, transaction
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast

from participants.audit.models import Event, EventSubject
from participants.seals.digests import EVENT_COLUMNS, SUBJECT_COLUMNS, Entry, NotEntries, entry_of, keys_of
from participants.seals.models import Seal
from participants.tracks.models import Program, Track
from participants.tracks.scope import in_track

# How long after its time an event may still be committed and taken by a seal. Longer than any transaction, and than
# a clock that is put right by an hour.
GRACE = datetime.timedelta(hours=2)
# Rows that one statement fetches.
CHUNK = 1000
OUTSIDE = "outside the tracks"
# SQLite keeps whatever is written into a column, PostgreSQL knows times that Python does not.
UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError, DataError)


@dataclass(frozen=True)
class Chain:
    """The seals of one track, or of what belongs to none (`track` is None)."""

    track: Track | None

    @property
    def id(self) -> UUID | None:
        return self.track.pk if self.track else None

    @property
    def name(self) -> str:
        return str(self.track) if self.track else OUTSIDE

    @property
    def key(self) -> str:
        """How the chain is called in the file of its heads, and that file."""
        return str(self.id) if self.track else "installation"

    @contextmanager
    def opened(self, *, write: bool = False) -> Iterator[None]:
        """A short transaction in the scope of the chain; on SQLite only for a write."""
        if self.track is not None:
            with in_track(self.track, write=write):
                yield
        elif write or connection.vendor == "postgresql":
            with transaction.atomic():
                yield
        else:
            yield


def chains(*, program: Program | None = None, kind: str = "") -> list[Chain]:
    """The chains of a program, of one of its tracks, or all there are."""
    tracks = Track.objects.select_related("program").order_by("program__slug", "kind", "pk")
    if program is not None:
        tracks = tracks.filter(program=program)
    if kind:
        tracks = tracks.filter(kind=kind)
    found = [Chain(track) for track in tracks]
    return found if program is not None else [Chain(None), *found]


# --- time and ids: the first 48 bits of an event's id are the milliseconds at which it was drawn ------------------


def milliseconds(instant: datetime.datetime) -> int:
    return int(instant.timestamp() * 1000)


def drawn_at(event_id: UUID) -> int:
    """The milliseconds at which an id was drawn."""
    return event_id.int >> 80


def instant_of(event_id: UUID) -> datetime.datetime | None:
    """The instant at which an id was drawn; None for an id that no clock can have made."""
    try:
        return datetime.datetime.fromtimestamp(drawn_at(event_id) / 1000, datetime.UTC)
    except (ValueError, OverflowError):
        return None


def floor_of(newest_last_id: UUID | None, now: datetime.datetime) -> UUID:
    """The lowest id that the next seal takes: GRACE before the last event of the newest seal, or before now where a
    clock was wrong. Without a seal everything is taken."""
    if newest_last_id is None:
        return UUID(int=0)
    first = min(drawn_at(newest_last_id), milliseconds(now)) - int(GRACE.total_seconds() * 1000)
    return UUID(int=max(0, first) << 80)


# --- reading, inside an opened chain ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """What the database says of one event now. `entry` is None when its row cannot be read."""

    entry: Entry | None
    at: datetime.datetime | None = None
    action: str = ""


@dataclass(frozen=True)
class Page:
    """Ids of events, and what stands in their place and is no id."""

    ids: list[UUID]
    broken: list[str]
    more: bool


def event_ids(*, after: UUID | None, size: int, floor: UUID | None = None) -> Page:
    """A page of the ids of the chain's events, in their order."""
    events = Event.objects.order_by("pk")
    if after is not None:
        events = events.filter(pk__gt=after)
    if floor is not None:
        events = events.filter(pk__gte=floor)
    ids, broken = [], []
    texts = list(events.annotate(text=Cast("pk", CharField())).values_list("text", flat=True)[:size])
    for text in texts:
        try:
            ids.append(UUID(text))
        except UNREADABLE:
            broken.append(str(text))
    return Page(ids, broken, more=len(texts) == size and bool(ids))


def sealed_among(ids: list[UUID]) -> set[UUID]:
    """Those of the ids, given in their order, that a seal names. One statement; quick for the newest ids."""
    if not ids:
        return set()
    wanted, found = {key.bytes: key for key in ids}, set()
    for _, named in named_by(Seal.objects.filter(first_id__lte=ids[-1], last_id__gte=ids[0])):
        found |= wanted.keys() & named
    return {wanted[key] for key in found}


class SealedInOrder:
    """Which ids a seal names, for pages of ids that come in their order. Every seal is read once, and kept as long as
    the pages have not passed its last id; `besides` are numbers of seals whose first and last id do not count."""

    def __init__(self, besides: Iterable[int] = ()):
        self.besides = list(besides)
        self.read_to = UUID(int=0)
        self.near: list[tuple[UUID, set[bytes]]] = []

    def among(self, ids: list[UUID]) -> set[UUID]:
        """Those of the ids of one page that a seal names. One statement, or two."""
        if not ids:
            return set()
        wanted, found = {key.bytes: key for key in ids}, set()
        self.near = [(last, named) for last, named in self.near if last >= ids[0]]
        self.near += named_by(
            Seal.objects.filter(first_id__gt=self.read_to, first_id__lte=ids[-1], last_id__gte=ids[0])
        )
        self.read_to = ids[-1]
        for _, named in self.near:
            found |= wanted.keys() & named
        if self.besides:
            for _, named in named_by(Seal.objects.filter(number__in=self.besides)):
                found |= wanted.keys() & named
        return {wanted[key] for key in found}


def named_by(seals: QuerySet[Seal]) -> Iterator[tuple[UUID, set[bytes]]]:
    """The last id of each seal and all that it names. Entries that are none are left out: the check tells of them."""
    for last, entries in seals.order_by().values_list("last_id", "entries").iterator(chunk_size=20):
        try:
            yield last, set(keys_of(as_bytes(entries)))
        except NotEntries:
            continue


def facts(ids: list[UUID]) -> dict[UUID, Fact]:
    """What the database says of the events with these ids. Two statements for each CHUNK."""
    found: dict[UUID, Fact] = {}
    for start in range(0, len(ids), CHUNK):
        broken = []
        for fact in readable(_facts, ids[start : start + CHUNK], broken.append):
            found[fact.entry.id] = fact
        found.update((key, Fact(None)) for key in broken)
    return found


def _facts(ids: list[UUID]) -> list[Fact]:
    subjects: dict[UUID, list[tuple]] = {}
    rows = EventSubject.objects.filter(event_id__in=ids).order_by().values_list(*SUBJECT_COLUMNS)
    for row in rows:
        subjects.setdefault(row[2], []).append(row)
    events = Event.objects.filter(pk__in=ids).order_by().values_list(*EVENT_COLUMNS)
    return [Fact(entry_of(row, subjects.get(row[0], ())), at=row[2], action=row[3]) for row in events]


def readable(read: Callable[[list], list], keys: list, broken: Callable) -> Iterable:
    """What `read` makes of the keys; a key whose row cannot be read is handed to `broken`."""
    if not keys:
        return []
    try:
        return read(keys)
    except UNREADABLE:
        if len(keys) == 1:
            broken(keys[0])
            return []
        half = len(keys) // 2
        return [*readable(read, keys[:half], broken), *readable(read, keys[half:], broken)]


def as_bytes(value) -> bytes:
    """The bytes of a column, whatever the database hands out for it."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return bytes(value or b"")
