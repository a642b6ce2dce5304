"""Reading hand-offs: which stopped referrals wait for one, for how long, and the log of those that are done."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from participants.audit.models import Event, EventSubject
from participants.files.models import Batch
from participants.handoffs.models import Handoff
from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.referrals.rules import ADULT, Status, age_on

# A child waits for help: after a day a stop that nobody has finished is an alert.
TIME_TO_HAND_OFF = datetime.timedelta(hours=24)


@dataclass(frozen=True)
class Stop:
    """A stopped referral whose hand-off is not finished: since when it is stopped, and the hand-off if it goes on."""

    referral: Referral
    since: datetime.datetime
    handoff: Handoff | None
    now: datetime.datetime

    @property
    def waits(self) -> datetime.timedelta:
        return waited(self.since, self.now)

    @property
    def is_overdue(self) -> bool:
        return self.waits >= TIME_TO_HAND_OFF

    @property
    def hours(self) -> int:
        return int(self.waits.total_seconds() // 3600)


def waited(since: datetime.datetime, now: datetime.datetime) -> datetime.timedelta:
    """The time that has really passed. Two local times of one zone would give the difference of their clock faces."""
    return now.astimezone(datetime.UTC) - since.astimezone(datetime.UTC)


def unfinished_stops(now: datetime.datetime) -> list[Stop]:
    """Every stopped referral that the acting person may open, the longest wait first. Two statements, one where
    nothing is stopped. Opens no sealed value."""
    rows = readable(Referral.objects.filter(status=Status.STOPPED), referral="pk")
    referrals = list(rows.select_related("handoff__started_by").order_by("received_on", "id"))
    stopped = stopped_at(referral.pk for referral in referrals)
    found = [
        Stop(
            referral=referral,
            since=stopped.get(referral.pk, referral.created_at),
            handoff=getattr(referral, "handoff", None),
            now=now,
        )
        for referral in referrals
    ]
    return sorted(found, key=lambda stop: stop.since)


def stopped_at(referral_ids: Iterable[UUID]) -> dict[UUID, datetime.datetime]:
    """When referrals were stopped, the last time where a wrong date had let one go on. One statement."""
    ids = list(referral_ids)
    if not ids:
        return {}
    about = EventSubject.objects.filter(subject_id__in=ids)
    events = dict(
        Event.objects.filter(action="referral.stopped", pk__in=about.values("event_id"))
        .order_by("id")
        .values_list("pk", "at")
    )
    return {
        subject_id: events[event_id]
        for event_id, subject_id in about.filter(event_id__in=list(events))
        .order_by("event_id")
        .values_list("event_id", "subject_id")
    }


def unfinished_handoffs(batch: Batch) -> QuerySet[Referral]:
    """The referrals of a batch that are stopped and not handed off: before they are, it cannot be closed.

    Counts what the actor may not open, too.
    """
    return Referral.objects.filter(batch=batch, status=Status.STOPPED).order_by("received_on", "id")


def handoff_log() -> QuerySet[Handoff]:
    """What was handed off, with who did it."""
    return Handoff.objects.filter(done_at__isnull=False).select_related("done_by", "referral")


def handoff_of(referral: Referral) -> Handoff | None:
    return Handoff.objects.filter(referral=referral).select_related("started_by", "done_by").first()


def stopped_or_404(pk: UUID) -> Referral:
    """A referral that is stopped or handed off, if the acting person may open it. Raises Http404."""
    rows = Referral.objects.filter(status__in=(Status.STOPPED, Status.HANDED_OFF))
    try:
        return readable(rows, referral="pk").get(pk=pk)
    except Referral.DoesNotExist as error:
        raise Http404 from error


def is_adult_now(referral: Referral, today: datetime.date) -> bool:
    """Whether a person who was a minor on the offense date is an adult by now."""
    return referral.date_of_birth is not None and age_on(referral.date_of_birth, today) >= ADULT
