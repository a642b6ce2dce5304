"""The only writer of audit events."""

from collections.abc import Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.utils import timezone

from participants.audit.models import Event, EventSubject
from participants.tracks.scope import active_scope_or_none


@dataclass(frozen=True)
class Origin:
    """Where a request came from: its network address and the shape of its path (`/<program>/<track>/…`)."""

    source: str = ""
    path: str = ""


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


@contextmanager
def origin(source: str, path: str):
    """Every event recorded inside carries this origin."""
    token = _origin.set(Origin(source=source, path=path))
    try:
        yield
    finally:
        _origin.reset(token)


def record(
    action: str,
    *,
    by=None,
    subjects: Iterable = (),
    fields: Iterable[str] = (),
    detail: dict | None = None,
    outcome: str = Event.Outcome.DONE,
) -> Event:
    """Write one event and its subjects, in the active track or in none, within the caller's transaction.

    `subjects` are rows with an `audit_subject` or pairs (kind, id); `fields` the names of the fields that
    were written. `by` is None for the system itself.
    """
    event = _event(action, by, outcome, {**(detail or {}), **({"fields": sorted(fields)} if fields else {})})
    event.save(force_insert=True)
    pairs = {subject if isinstance(subject, tuple) else subject.audit_subject for subject in subjects}
    EventSubject.objects.bulk_create(
        EventSubject(track_id=event.track_id, event_id=event.pk, kind=kind, subject_id=pk)
        for kind, pk in sorted(pairs, key=str)
    )
    return event


def record_each(action: str, *, by=None, rows: Iterable[tuple[object, dict]]) -> None:
    """Write an event of its own for each row, given with its detail. Two statements for a few hundred rows."""
    events, subjects = [], []
    for row, detail in rows:
        event = _event(action, by, Event.Outcome.DONE, detail)
        kind, pk = row.audit_subject
        events.append(event)
        subjects.append(EventSubject(track_id=event.track_id, event_id=event.pk, kind=kind, subject_id=pk))
    Event.objects.bulk_create(events)
    EventSubject.objects.bulk_create(subjects)


def _event(action: str, by, outcome: str, detail: dict) -> Event:
    scope = active_scope_or_none()
    where = _origin.get()
    return Event(
        track_id=scope.track.pk if scope else None,
        at=timezone.now(),
        action=action,
        outcome=outcome,
        actor_id=by.pk if by is not None else None,
        source=where.source,
        path=where.path,
        detail=detail,
    )


def shown(*rows) -> None:
    """Put rows on the list of what this page showed, where nothing sealed was opened to show them."""
    scope = active_scope_or_none()
    if scope is not None:
        scope.read.update(row.audit_subject for row in rows)
