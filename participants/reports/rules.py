"""The measures, defined once: pure functions on plain counts.

Source: NIC/NAPSA, "Measuring for Results: Outcome and Performance Measures for Pretrial Diversion" (2015).
"""

import datetime
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import TextChoices


class Cohort(TextChoices):
    """Whose exits are counted: of all who exited in the period, or of all who were placed in it."""

    EXIT = "exit", "Exit cohort"
    ENTRY = "entry", "Entry cohort"


@dataclass(frozen=True)
class Counts:
    """What happened to one group. Referred to declined are cases, the rest stays; every count is of the cohort's.

    `days` holds the days in diversion (exit minus placement, same day 0) of every exit counted.
    """

    referred: int = 0
    screened: int = 0
    eligible: int = 0
    offered: int = 0
    declined: int = 0
    placed: int = 0
    completed: int = 0
    terminated: int = 0
    withdrew: int = 0
    neutral: int = 0
    active_at_start: int = 0
    active_at_end: int = 0
    days: tuple[int, ...] = ()

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(Counts)))

    @property
    def exits(self) -> int:
        return self.completed + self.terminated + self.withdrew + self.neutral

    @property
    def active(self) -> int:
        """Stays still active: at the end of the period (exit cohort), or on the day of the report (entry cohort)."""
        return self.active_at_end

    @property
    def adds_up(self) -> bool:
        """Always: opening active + placed = exits + closing active."""
        return self.active_at_start + self.placed == self.exits + self.active_at_end


@dataclass(frozen=True)
class Rate:
    """A share with what it is made of. Never shown without numerator, denominator and formula."""

    numerator: int
    denominator: int
    formula: str

    @property
    def value(self) -> Decimal | None:
        """The fraction, rounded half up to 4 places; None where the denominator is 0."""
        return self._rounded(1, "0.0001")

    @property
    def percent(self) -> Decimal | None:
        """Per cent, rounded half up to 1 place from the exact fraction, not from the rounded one."""
        return self._rounded(100, "0.1")

    def _rounded(self, times: int, places: str) -> Decimal | None:
        if not self.denominator:
            return None
        share = Decimal(self.numerator) * times / Decimal(self.denominator)
        return share.quantize(Decimal(places), rounding=ROUND_HALF_UP)


def success_rate(counts: Counts, cohort: str) -> Rate:
    """Successful exits over exits in the period (NIC/NAPSA: success rate).

    Exit cohort: completed / exits without neutral ones, which are nobody's doing and are listed beside the rate.
    Entry cohort: completed / all placed in the period, those still active included.
    """
    if cohort == Cohort.ENTRY:
        return Rate(counts.completed, counts.placed, "completed / all placed in the period")
    return Rate(
        counts.completed,
        counts.completed + counts.terminated + counts.withdrew,
        "completed / (completed + terminated + withdrew); neutral exits left out",
    )


def success_rate_without_withdrawals(counts: Counts, cohort: str) -> Rate:
    """As `success_rate`, but those who withdrew leave the denominator too, so that both readings are shown.

    Exit cohort: completed / (completed + terminated). Entry cohort: completed / (placed - withdrew).
    """
    if cohort == Cohort.ENTRY:
        return Rate(
            counts.completed,
            counts.placed - counts.withdrew,
            "completed / (all placed in the period - withdrew)",
        )
    return Rate(
        counts.completed,
        counts.completed + counts.terminated,
        "completed / (completed + terminated); neutral exits and withdrawals left out",
    )


def rate_of_closed(counts: Counts) -> Rate:
    """Completed over closed stays, the same in both cohorts: the form in which prosecutors publish it.

    Completed / (completed + terminated + withdrew); neutral exits and active stays left out.
    """
    return Rate(
        counts.completed,
        counts.completed + counts.terminated + counts.withdrew,
        "completed / (completed + terminated + withdrew); neutral exits and active stays left out",
    )


def rate_of_all_exits(counts: Counts) -> Rate:
    """Completed over every exit, neutral ones included. Shown to compare with programs that report it so."""
    return Rate(counts.completed, counts.exits, "completed / all exits, neutral ones included")


@dataclass(frozen=True)
class Spread:
    """Days in diversion of `n` exits; None where there are none."""

    median: Decimal | None
    p90: int | None
    n: int


def days_in_diversion(days: Sequence[int]) -> Spread:
    """Time in diversion (NIC/NAPSA): exit minus placement in days, same day 0, over every exit of the cohort.

    Median: the middle value, or the mean of the two middle ones. p90: nearest rank, the smallest number of days
    that at least 90 % of the exits do not exceed. Stays still active are left out.
    """
    if not days:
        return Spread(None, None, 0)
    ordered = sorted(days)
    return Spread(
        median=Decimal(str(statistics.median(ordered))),
        p90=ordered[math.ceil(len(ordered) * 9 / 10) - 1],
        n=len(ordered),
    )


def nobody_declined(counts: Counts) -> bool:
    """A decline rate of 0 % is an alarm about voluntariness, not a success."""
    return counts.offered > 0 and counts.declined == 0


def together(groups: Iterable[Counts]) -> Counts:
    """The total of groups that do not overlap."""
    return sum(groups, Counts())


def last_quarter(today: datetime.date) -> tuple[datetime.date, datetime.date]:
    """First and last day of the calendar quarter before the one of `today`."""
    first_of_this = datetime.date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    last = first_of_this - datetime.timedelta(days=1)
    return datetime.date(last.year, last.month - 2, 1), last
