"""Reading the audit trail of the active track."""

from uuid import UUID

from django.db.models import QuerySet

from participants.audit.models import Event, EventSubject


def events() -> QuerySet[Event]:
    """The track's events, newest first."""
    return Event.objects.order_by("-id")


def events_about(subject_id: UUID) -> QuerySet[Event]:
    """Everything on record about one record: who read it, who changed it."""
    about = EventSubject.objects.filter(subject_id=subject_id).values("event_id")
    return events().filter(pk__in=about)
