"""Reading the audit trail of the active track."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from participants.audit.models import Event, EventSubject


@dataclass(frozen=True)
class Row:
    """One event as the privacy officer reads it; `concerned` says how many records of which kind."""

    event: Event
    actor: str
    concerned: str


def events() -> QuerySet[Event]:
    """The track's events, newest first."""
    return Event.objects.order_by("-id")


def events_about(subject_id: UUID) -> QuerySet[Event]:
    """Everything on record about one record: who read it, who changed it."""
    about = EventSubject.objects.filter(subject_id=subject_id).values("event_id")
    return events().filter(pk__in=about)


def with_names(rows: list[Event]) -> list[Row]:
    """Events with the names of those who acted and the records concerned. Two statements, however many rows."""
    names = dict(get_user_model().objects.filter(pk__in={row.actor_id for row in rows}).values_list("pk", "name"))
    concerned: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for event_id, kind in EventSubject.objects.filter(event_id__in=[row.pk for row in rows]).values_list(
        "event_id", "kind"
    ):
        concerned[event_id][kind] += 1
    return [
        Row(
            event=row,
            actor=names.get(row.actor_id, "the system"),
            concerned=", ".join(
                f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in sorted(concerned[row.pk].items())
            ),
        )
        for row in rows
    ]
