"""The scope: the one door to a track's records, for requests, tasks and commands alike.

Outside `in_track` no query on a track record compiles; inside, every query carries the track's filter.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.db.models import Q, sql
from django.utils import timezone

from participants.vault import keyring

if TYPE_CHECKING:
    from participants.tracks.models import Track


class NoTrackInScope(RuntimeError):
    """A track record was asked for outside `in_track`: a fault in the program, never a user's."""


class OtherTrack(RuntimeError):
    """A row or a scope of another track was touched while one is active."""


Subject = tuple[str, UUID]


class RestrictedRecord(PermissionDenied):
    """A value was opened of a record that this actor may not open. A page that should have left it out ends here."""


@dataclass
class Scope:
    """The active track, who acts in it, and what was read in it: pairs of kind and record id.

    `privileges` are the actor's permissions, empty where the system acts. `opened` are records that are closed to the
    actor and open by break-glass for now, each with the row that says so; asking for `hidden` fills it.
    """

    track: "Track"
    by: object | None
    read: set[Subject] = field(default_factory=set)
    privileges: frozenset = frozenset()
    opened: dict[Subject, models.Model] = field(default_factory=dict)

    @cached_property
    def hidden(self) -> frozenset[Subject]:
        """The records that the actor may not open, asked for once; nothing is hidden from the system."""
        if self.by is None:
            return frozenset()
        return frozenset(subject for hide in HIDING for subject in hide(self))


# Asked by `Scope.hidden`; rooms that let a record be hidden add a named read to it when the application starts.
HIDING: list[Callable[[Scope], Iterable[Subject]]] = []


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


def active_scope() -> Scope:
    """The active scope; raises NoTrackInScope when there is none."""
    scope = _scope.get()
    if scope is None:
        raise NoTrackInScope("This record belongs to a track: open `in_track(track, by=...)` first.")
    return scope


def active_scope_or_none() -> Scope | None:
    return _scope.get()


def active_track() -> "Track":
    return active_scope().track


def active_track_id() -> UUID:
    return active_scope().track.pk


@contextmanager
def in_track(track: "Track", *, by=None, write: bool = False) -> Iterator[Scope]:
    """Open the scope of one saved track; yields it and restores what was before.

    On PostgreSQL it opens a transaction and sets the track inside it only, which also holds behind a transaction
    pooler. On SQLite a transaction is opened only for a write, an immediate one:
    a deferred transaction that reads first and writes later fails under load.
    Entering the active track again is allowed; entering another raises OtherTrack.
    """
    from participants.tracks.models import Track

    if not isinstance(track, Track) or track._state.adding:
        raise TypeError("in_track takes one saved Track.")
    before = _scope.get()
    if before is not None:
        if before.track.pk != track.pk:
            raise OtherTrack("Another track is active.")
        yield before
        return
    scope = Scope(track=track, by=by)
    with ExitStack() as stack:
        within = connection.in_atomic_block
        if write or connection.vendor == "postgresql":
            stack.enter_context(transaction.atomic())
        if connection.vendor == "postgresql":
            stack.enter_context(_database_scope(track, within=within))
        token = _scope.set(scope)
        stack.callback(_scope.reset, token)
        stack.enter_context(timezone.override(track.program.zone))
        yield scope


# What the row policies read on PostgreSQL, and how the moment is named for which it is signed.
SETTING = "diversion.track"
MOMENT = "pg_backend_pid() || ':' || extract(epoch FROM now())"


@contextmanager
def _database_scope(track: "Track", *, within: bool) -> Iterator[None]:
    """Tell PostgreSQL which track this transaction serves. The one place: row policies read it.

    The track is signed for this server process and this transaction, so that SQL which finds its way in cannot name
    another one. An end of the transaction forgets it, and so does a rollback to the savepoint; where an outer
    transaction goes on (`within`), it is taken back.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {MOMENT}")
        (moment,) = cursor.fetchone()
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, signed(track.pk, moment)])
    yield
    if within and not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, '', true)", [SETTING])


def signed(track_id: UUID, moment: str) -> str:
    """The setting that `current_track()` accepts: the track, and the signature (HMAC-SHA256) of track and moment."""
    return f"{track_id}:{hmac.digest(keyring.scope_key(), f'{track_id}:{moment}'.encode(), 'sha256').hex()}"


class ScopedQuery:
    """Mixed into Django's query classes: compiles inside a scope only, and only with the track's filter."""

    def track_condition(self) -> Q:
        return Q(track_id=active_track_id())

    def get_compiler(self, using=None, connection=None, elide_empty=True):
        condition = self.track_condition()
        query = self.clone()
        # The parts of a union are compiled, and so filtered, one by one. The subquery of an `exclude()` over a
        # reverse relation has lost its first table; it only joins rows to those of the outer, filtered query.
        if not query.combinator and not query.__dict__.get("is_trimmed"):
            query.add_q(condition)
        return super(ScopedQuery, query).get_compiler(using, connection, elide_empty)

    def trim_start(self, names_with_path):
        self.is_trimmed = True
        return super().trim_start(names_with_path)

    def chain(self, klass=None):
        # `update()` and `delete()` change the class of the query; the filter must survive that.
        return super().chain(klass=scoped_class(klass, type(self)) if klass else None)


@cache
def scoped_class(plain: type, like: type) -> type:
    """The scoped counterpart of one of Django's query classes, with the condition of `like`."""
    if issubclass(plain, ScopedQuery):
        return plain
    return type(
        f"Scoped{plain.__name__}",
        (ScopedQuery, plain),
        {"track_condition": like.track_condition},
    )


class TrackQuery(ScopedQuery, sql.Query):
    """What a track record's querysets hold."""


class TrackQuerySet(models.QuerySet):
    """A queryset that reads and writes the active track only, and nothing at all outside a scope."""

    query_class = TrackQuery

    def __init__(self, model=None, query=None, using=None, hints=None):
        super().__init__(model, query or self.query_class(model), using, hints)

    def _insert(self, objs, *args, **kwargs):
        self._check_same_track(objs)
        return super()._insert(objs, *args, **kwargs)

    def _check_same_track(self, objs) -> None:
        track_id = active_track_id()
        if any(obj.track_id != track_id for obj in objs):
            raise OtherTrack("A row of another track cannot be written here.")

    def update(self, **kwargs):
        if kwargs.keys() & {"track", "track_id"}:
            raise OtherTrack("A record never changes its track.")
        return super().update(**kwargs)

    def _raw_delete(self, using):
        # Django swaps the query's class here without asking `chain`.
        return models.QuerySet._raw_delete(self.filter(self.query.track_condition()), using)

    def __reduce__(self):
        # Pickled with its rows it could be opened in another track.
        raise OtherTrack("The rows of a track are not carried elsewhere.")

    def raw(self, *args, **kwargs):
        raise NoTrackInScope("Raw SQL passes by the scope.")


TrackManager = models.Manager.from_queryset(TrackQuerySet, class_name="TrackManager")
