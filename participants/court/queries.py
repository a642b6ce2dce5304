"""Named reads of court dates. A date that has passed stands here until its result is recorded."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from participants.court.models import CourtResult
from participants.court.rules import CourtOutcome
from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.referrals.rules import OPEN, Status
from participants.staff.models import User


def court_dates(
    start: datetime.date | None, end: datetime.date, caseworker: User | None = None, *, placed: bool = True
) -> QuerySet[Referral]:
    """Cases heard from `start` (None: however long ago) to `end`, both included, that are open, or whose person is
    placed and active. A date that has passed stands here until its result is recorded.

    With a caseworker only those whose stay this caseworker accompanies, or whose case is assigned to them before
    placement. Without `placed` only cases before placement: who may not read files does not learn which stays go on.
    Files that the actor may not open are left out.
    """
    going_on = Q(status=Status.PLACED, enrollment__status="active") if placed else Q(pk__in=())
    waiting = Q(status__in=OPEN)
    if caseworker is not None:
        going_on &= Q(enrollment__caseworker=caseworker)
        waiting &= Q(assigned_to=caseworker)
    found = Referral.objects.filter(going_on | waiting, next_court_on__lte=end)
    if start is not None:
        found = found.filter(next_court_on__gte=start)
    found = readable(found, referral="pk", participant="enrollment__participant_id")
    return found.select_related("enrollment__participant", "enrollment__caseworker", "assigned_to").order_by(
        "next_court_on", "id"
    )


def works_cases(user: User) -> bool:
    """Whether somebody has open cases or stays of their own."""
    own = Q(status__in=OPEN, assigned_to=user) | Q(
        status=Status.PLACED, enrollment__status="active", enrollment__caseworker=user
    )
    return Referral.objects.filter(own).exists()


@dataclass(frozen=True)
class Court:
    """A case in court, as a page shows it: the case and the results of its dates, latest first."""

    referral: Referral
    results: list[CourtResult]
    today: datetime.date

    @property
    def is_past(self) -> bool:
        """Whether the date that stands there has passed without a result."""
        return self.referral.next_court_on is not None and self.referral.next_court_on < self.today

    @property
    def missed(self) -> CourtResult | None:
        """The latest date, if the person did not appear on it: there may be a warrant."""
        return next((row for row in self.results[:1] if row.outcome == CourtOutcome.MISSED), None)

    def items(self) -> list[dict]:
        """The results for a timeline."""
        return [
            {
                "on": row.held_on,
                "title": f"Court: {row.get_outcome_display().lower()}",
                "text": row.note,
                "by": row.recorded_by.name,
            }
            for row in self.results
        ]


def court_of(referral: Referral, *, today: datetime.date, before: datetime.date | None = None) -> Court:
    """A case in court, with the results recorded before a day where `before` is given. One statement."""
    results = court_results([referral.pk])
    if before is not None:
        results = [row for row in results if row.recorded_on < before]
    return Court(referral, results, today)


def court_results(referrals: Iterable[UUID]) -> list[CourtResult]:
    """What became of the court dates of some cases and of those that were merged into them, latest first."""
    ids = list(referrals)
    return list(
        CourtResult.objects.filter(Q(referral__in=ids) | Q(referral__merged_into__in=ids))
        .select_related("recorded_by")
        .order_by("-held_on", "-id")
    )
