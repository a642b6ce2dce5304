"""What stands beside the chain and is covered through its events: the records that they name, and signed reviews."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import CharField, Count, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast

from participants.audit.models import AuditReview, Event, EventSubject
from participants.seals.chains import CHUNK, UNREADABLE, Chain, readable
from participants.seals.findings import Report, counted, told

REVIEWED = "audit.reviewed"


def check_subjects(chain: Chain, report: Report, removed: set[UUID]) -> None:
    """Records that are named by an event that this trail does not hold. Of the events in `removed` that was told."""
    event = Event.objects.filter(pk=OuterRef("event_id"))
    with chain.opened():
        rows = EventSubject.objects.filter(~Exists(event)).annotate(named=Cast("event_id", CharField()))
        found = rows.order_by("named").values("named").annotate(number=Count("pk")).values_list("named", "number")
        for text, number in found.iterator(chunk_size=CHUNK):
            key = _uuid(text)
            if key not in removed:
                report.add(
                    "subjects_without_event",
                    f"{counted(number, 'record')} said to belong to the event {key or repr(text[:40])}, which this "
                    "trail does not hold: added beside it, or the event was removed.",
                    event=key,
                )


def check_reviews(chain: Chain, report: Report) -> None:
    """Every signed review against the event that says so, which a seal covers."""
    unread: list[UUID] = []
    with chain.opened():
        rows = {row.pk: row for row in _rows(AuditReview.objects.all(), unread)}
        events = list(_rows(Event.objects.filter(action=REVIEWED), []))
    for pk in unread:
        report.add("review_altered", f"The review {pk} was altered: its row can no longer be read.")
    known = set(unread)
    for event in events:
        said = event.detail if isinstance(event.detail, dict) else {}
        pk = _uuid(str(said.get("review")))
        if pk in unread:
            continue
        row = rows.get(pk)
        if row is None:
            report.add_event(
                "review_removed", "says that a review was signed; the review is gone.", event.pk, fact=event
            )
        elif row.told != said or row.reviewer_id != event.actor_id:
            report.add_event(
                "review_altered", f"does not say what the review {pk} says: that was altered.", event.pk, fact=event
            )
        known.add(pk)
    for pk in sorted(rows.keys() - known):
        signed = f"The review {pk} of {told(rows[pk].at)}"
        report.add("review_inserted", f"{signed} was put there: no event says that it was signed.", at=rows[pk].at)


def _rows(rows: QuerySet, broken: list) -> Iterator:
    """The rows that can be read; the ids of the others are added to `broken`."""
    texts = rows.order_by("pk").annotate(text=Cast("pk", CharField())).values_list("text", flat=True)
    keys = [key for text in texts if (key := _uuid(text))]
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        yield from readable(lambda some: list(rows.filter(pk__in=some).order_by("pk")), part, broken.append)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except UNREADABLE:
        return None
