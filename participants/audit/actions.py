"""The only writer of audit events."""

from collections.abc import Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.utils import timezone

from participants.audit.models import Event, EventSubject
from participants.tracks.scope import Subject, active_scope_or_none

# The kind under which an event names the break-glass through which a record was read or changed.
GLASS = "breakglass"


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
    pairs = {subject if isinstance(subject, tuple) else subject.audit_subject for subject in subjects}
    detail = {**(detail or {}), **({"fields": sorted(fields)} if fields else {})}
    event = _event(action, by, outcome, _through_glass(pairs, detail))
    event.save(force_insert=True)
    EventSubject.objects.bulk_create(
        EventSubject(track_id=event.track_id, event_id=event.pk, kind=kind, subject_id=pk)
        for kind, pk in sorted(pairs, key=str)
    )
    return event


def record_each(action: str, *, by=None, rows: Iterable[tuple[object, dict]]) -> list[Event]:
    """Write an event of its own for each row, given with its detail. Two statements for a few hundred rows."""
    events, subjects = [], []
    for row, detail in rows:
        pairs = {row.audit_subject}
        event = _event(action, by, Event.Outcome.DONE, _through_glass(pairs, detail))
        events.append(event)
        subjects += [
            EventSubject(track_id=event.track_id, event_id=event.pk, kind=kind, subject_id=pk) for kind, pk in pairs
        ]
    Event.objects.bulk_create(events)
    EventSubject.objects.bulk_create(subjects)
    return events


def _through_glass(pairs: set[Subject], detail: dict) -> dict:
    """The detail, with the break-glass by which a record of the event is open to the actor; it joins the records."""
    scope = active_scope_or_none()
    opened = scope.opened if scope is not None else {}
    used = {opened[pair].pk for pair in pairs if pair in opened}
    if not used:
        return detail
    pairs |= {(GLASS, pk) for pk in used}
    return {**detail, "break_glass": sorted(str(pk) for pk in used)}


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
