"""Reading the audit trail of the active track; outside the tracks, of what belongs to none."""

import datetime
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from participants.audit.models import AuditReview, Event, EventSubject, FieldChange
from participants.audit.rules import CHANGED, GROUPS, group_of

# The policy's "weekly" (CJIS 5.9.5 AU-6).
REVIEW_DAYS = 7
# Changes of the stay are filed under its case; their fields begin with the name of the table.
OF_A_STAY = (
    Q(field__startswith="enrollment.") | Q(field__startswith="requirement.") | Q(field__startswith="attendance.")
)
# The choice "the system itself" in the filter by person.
SYSTEM = "system"


@dataclass(frozen=True)
class Filter:
    """What part of the trail is asked for; None and "" ask for everything.

    `person` is an account's id or SYSTEM; `subjects` the ids of records of which the events concerned at least one;
    `start` and `end` are instants, both included.
    """

    person: UUID | str | None = None
    subjects: frozenset[UUID] | None = None
    group: str = ""
    outcome: str = ""
    start: datetime.datetime | None = None
    end: datetime.datetime | None = None


def events() -> QuerySet[Event]:
    """The track's events, newest first."""
    return Event.objects.order_by("-id")


def events_about(subject_id: UUID) -> QuerySet[Event]:
    """Everything on record about one record: who read it, who changed it."""
    return events_about_any({subject_id})


def events_about_any(subject_ids) -> QuerySet[Event]:
    """Everything on record about at least one of these records."""
    about = EventSubject.objects.filter(subject_id__in=sorted(subject_ids)).order_by()
    return events().filter(pk__in=about.values("event_id"))


def trail(asked: Filter) -> QuerySet[Event]:
    """The events that a filter asks for."""
    rows = events() if asked.subjects is None else events_about_any(asked.subjects)
    if asked.person:
        rows = rows.filter(actor_id=None if asked.person == SYSTEM else asked.person)
    if asked.group:
        rows = rows.filter(in_group(asked.group))
    if asked.outcome:
        rows = rows.filter(outcome=asked.outcome)
    if asked.start:
        rows = rows.filter(at__gte=asked.start)
    return rows.filter(at__lte=asked.end) if asked.end else rows


def in_group(group: str) -> Q:
    """The condition that says what `rules.group_of` says."""
    found = Q()
    for key, (_, names) in GROUPS.items():
        fitting = Q()
        for name in names:
            fitting |= _fits(name)
        if key == group:
            return fitting & ~found if found else fitting
        found |= fitting
    return ~found if group == CHANGED else Q(pk__in=[])


def _fits(pattern: str) -> Q:
    if pattern.startswith("*"):
        return Q(action__endswith=pattern[1:])
    return Q(action__startswith=pattern[:-1]) if pattern.endswith("*") else Q(action=pattern)


def counts_by_group(since: datetime.datetime, until: datetime.datetime) -> dict[str, tuple[int, int]]:
    """How many events of each group there were from an instant until before another, and how many of them were
    refused. One statement."""
    rows = (
        Event.objects.filter(at__gte=since, at__lt=until)
        .order_by()
        .values("action", "outcome")
        .annotate(number=Count("id"))
    )
    total, refused = Counter(), Counter()
    for row in rows:
        group = group_of(row["action"])
        total[group] += row["number"]
        refused[group] += row["number"] * (row["outcome"] == Event.Outcome.REFUSED)
    return {group: (number, refused[group]) for group, number in total.most_common()}


def reviews() -> QuerySet[AuditReview]:
    """Signed reviews, latest first."""
    return AuditReview.objects.order_by("-until", "-id")


def reviewed_until(now: datetime.datetime) -> datetime.datetime:
    """Up to when the trail has been reviewed: the end of the last review, else the first event, else `now`.
    One statement, two before the first review."""
    if until := AuditReview.objects.order_by().aggregate(until=Max("until"))["until"]:
        return until
    return Event.objects.order_by().aggregate(first=Min("at"))["first"] or now


def is_overdue(until: datetime.datetime, now: datetime.datetime) -> bool:
    """Whether more than a week has gone by since the trail was reviewed."""
    return now - until > datetime.timedelta(days=REVIEW_DAYS)


def changes_of(subject_ids, *, without_case: bool = False) -> QuerySet[FieldChange]:
    """What fields of these records held before and after each change, latest first. The values are sealed.

    `without_case` leaves out what is the case's own: there remain the person's file and the stay.
    """
    rows = FieldChange.objects.filter(subject_id__in=sorted(subject_ids)).select_related("changed_by").order_by("-id")
    if without_case:
        rows = rows.filter(Q(kind="participant") | OF_A_STAY)
    return rows
