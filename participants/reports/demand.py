"""The yearly demand table: what each operation counted, and what of it came to this track. Counts only.

A count that is not known is left out of its sum, and the total says of how many operations it speaks.
"""

import csv
import io
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count

from participants.audit.actions import record
from participants.enrollment.models import Enrollment
from participants.operations.actions import COUNTS
from participants.operations.models import Operation
from participants.operations.queries import operations_of
from participants.reports.formats import harmless
from participants.staff.models import User

NOT_KNOWN = "not known"
COLUMNS = (*COUNTS, "received", "placed")
HEADINGS = {
    "calls": "Called or wrote",
    "came": "Came",
    "arrested": "Arrested",
    "referred": "Referred, as the agency counts",
    "received": "Received in this track",
    "placed": "Placed in this track",
}


@dataclass(frozen=True)
class Line:
    """One operation. `counts` follow `COLUMNS`; None is not known."""

    operation: Operation
    counts: tuple[int | None, ...]


@dataclass(frozen=True)
class Sum:
    """The sum of the counts that are known, and of how many operations they are."""

    name: str
    known: int
    of: int
    value: int | None

    @property
    def is_whole(self) -> bool:
        return self.known == self.of


@dataclass(frozen=True)
class Demand:
    year: int
    lines: tuple[Line, ...]
    totals: tuple[Sum, ...]

    @property
    def left_out(self) -> list[Sum]:
        """The totals that do not speak of every operation."""
        return [total for total in self.totals if not total.is_whole]


def demand_of(year: int) -> Demand:
    """The operations of a year, earliest first, with this track's own cases of each. Two statements.

    A case that turned out to be the same as another one counts once; a person placed twice from one case cannot be.
    """
    operations = list(operations_of(year).order_by("held_on", "id"))
    placed = dict(
        Enrollment.objects.filter(referral__operation__in=operations)
        .order_by()
        .values_list("referral__operation")
        .annotate(number=Count("pk"))
    )
    lines = tuple(
        Line(row, (*(getattr(row, name) for name in COUNTS), row.received, placed.get(row.pk, 0))) for row in operations
    )
    return Demand(year=year, lines=lines, totals=totals_of(lines))


def totals_of(lines: tuple[Line, ...]) -> tuple[Sum, ...]:
    """The sum of each column over the operations for which it is known; None where it is known of none.

    Without any operation every sum is 0.
    """
    totals = []
    for number, name in enumerate(COLUMNS):
        known = [line.counts[number] for line in lines if line.counts[number] is not None]
        totals.append(Sum(name, len(known), len(lines), sum(known) if known or not lines else None))
    return tuple(totals)


def as_csv(demand: Demand) -> str:
    """One line for each operation, then the total; a last line says of how many operations each total speaks."""
    rows = [
        [line.operation.held_on.isoformat(), line.operation.name, line.operation.agency, line.operation.place_kind]
        + [NOT_KNOWN if value is None else value for value in line.counts]
        for line in demand.lines
    ]
    sums = [NOT_KNOWN if total.value is None else total.value for total in demand.totals]
    rows.append(["Total", "", "", "", *sums])
    rows.append(["Operations counted", "", "", "", *(total.known for total in demand.totals)])
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["date", "operation", "agency", "place_kind", *COLUMNS])
    writer.writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue()


@transaction.atomic
def export_demand(*, demand: Demand, by: User) -> str:
    """The table as CSV; every export is on record."""
    detail = {"report": "demand", "format": "csv", "year": demand.year, "audience": "internal"}
    record("report.exported", by=by, detail=detail)
    return as_csv(demand)
