"""The equity table: who was screened, found eligible and placed, by what people say of themselves. Counts cases.

It follows one cohort, the cases screened in a period, so that every later step is a part of the one before it.
Source: NAPSA 2008 (written criteria, uniformly applied); a criterion that turns one group away more often shows here.
"""

import csv
import datetime
import io
from dataclasses import dataclass, fields

from django.db import transaction
from django.db.models import Count, F, Q

from participants.audit.actions import record
from participants.people.models import Gender, Race
from participants.reports.formats import harmless
from participants.reports.rules import Rate
from participants.screening.models import Review, Screening
from participants.staff.models import User

# What the table is broken down by -> the words for its values.
BREAKDOWNS = {"gender": dict(Gender.choices), "race": dict(Race.choices)}
NOT_REPORTED = "Not reported"
OF_SCREENED = "eligible / screened in the period"
OF_ELIGIBLE = "placed / eligible"


@dataclass(frozen=True)
class Steps:
    """Of the cases screened in the period: what was found, and what of it is there on the day of the report.

    `let_in` and `turned_away` are overrides; `changed` are the second looks that were decided otherwise.
    """

    screened: int = 0
    eligible: int = 0
    placed: int = 0
    let_in: int = 0
    turned_away: int = 0
    second_looks: int = 0
    changed: int = 0

    def __add__(self, other: "Steps") -> "Steps":
        return Steps(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(Steps)))

    @property
    def eligibility(self) -> Rate:
        return Rate(self.eligible, self.screened, OF_SCREENED)

    @property
    def placement(self) -> Rate:
        return Rate(self.placed, self.eligible, OF_ELIGIBLE)


@dataclass(frozen=True)
class Table:
    """One breakdown. Every case is in one group, so the groups add up to the total."""

    by: str
    groups: tuple[tuple[str, Steps], ...]
    total: Steps


@dataclass(frozen=True)
class Equity:
    start: datetime.date
    end: datetime.date
    as_of: datetime.date
    tables: tuple[Table, ...]


def equity_of(*, start: datetime.date, end: datetime.date, as_of: datetime.date) -> Equity:
    """The cases screened from `start` to `end` (both included) and what became of them until `as_of`.

    Screenings that are still open are not counted. Two statements for each breakdown, whatever the number of cases.
    """
    tables = tuple(_table(by, words, start, end, as_of) for by, words in BREAKDOWNS.items())
    return Equity(start=start, end=end, as_of=as_of, tables=tables)


def _table(by: str, words: dict[str, str], start, end, as_of) -> Table:
    found: dict[str, dict] = {"": {}}
    cohort = Screening.objects.filter(decided_on__range=(start, end)).order_by()
    # `eligible` is a field of the model, so the count takes another name on its way.
    counted = cohort.annotate(group=F(f"referral__{by}")).values("group")
    for row in counted.annotate(
        screened=Count("pk"),
        found_eligible=Count("pk", filter=Q(eligible=True)),
        placed=Count("pk", filter=Q(eligible=True, referral__enrollment__placed_on__lte=as_of)),
    ):
        row["eligible"] = row.pop("found_eligible")
        found.setdefault(row.pop("group"), {}).update(row)
    reviews = Review.objects.filter(screening__decided_on__range=(start, end)).order_by()
    override = Q(kind=Review.Kind.OVERRIDE)
    otherwise = Q(eligible_after__isnull=False) & ~Q(eligible_after=F("eligible_before"))
    for row in (
        reviews.annotate(group=F(f"screening__referral__{by}"))
        .values("group")
        .annotate(
            let_in=Count("pk", filter=override & Q(eligible_after=True)),
            turned_away=Count("pk", filter=override & Q(eligible_after=False)),
            second_looks=Count("pk", filter=~override),
            changed=Count("pk", filter=~override & otherwise),
        )
    ):
        found.setdefault(row.pop("group"), {}).update(row)
    order = [*words, *(sorted(found.keys() - words.keys() - {""})), ""]
    groups = tuple((words.get(key, key) or NOT_REPORTED, Steps(**found[key])) for key in order if key in found)
    return Table(by=by, groups=groups, total=sum((steps for _, steps in groups), Steps()))


def as_csv(equity: Equity) -> str:
    """One line for each group and one for each total; every line says of which period and breakdown it is."""
    text = io.StringIO()
    writer = csv.writer(text)
    counts = [part.name for part in fields(Steps)]
    rates = [f"{name}_{part}" for name in ("eligibility", "placement") for part in ("percent", "formula")]
    writer.writerow(["from", "to", "as_of", "audience", "by", "group", *counts, *rates])
    about = [equity.start.isoformat(), equity.end.isoformat(), equity.as_of.isoformat(), "internal"]
    for table in equity.tables:
        for name, steps in (*table.groups, ("Total", table.total)):
            shares = [value for rate in (steps.eligibility, steps.placement) for value in (rate.percent, rate.formula)]
            line = [*about, table.by, name, *(getattr(steps, count) for count in counts), *shares]
            writer.writerow([harmless(value) for value in line])
    return text.getvalue()


@transaction.atomic
def export_equity(*, equity: Equity, by: User) -> str:
    """The tables as CSV; every export is on record."""
    period = {"from": equity.start.isoformat(), "to": equity.end.isoformat()}
    record(
        "report.exported",
        by=by,
        detail={"report": "equity", "format": "csv", **period, "audience": "internal"},
    )
    return as_csv(equity)
