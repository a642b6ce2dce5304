"""The completion report, computed from facts: five statements for any number of people and groups.

A breakdown by people adds one statement for their names.
"""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Value

from participants.consent.models import Offer
from participants.consent.rules import Decision
from participants.enrollment.models import Enrollment
from participants.enrollment.rules import Status
from participants.people.languages import language_name
from participants.referrals.models import Referral
from participants.referrals.rules import Status as ReferralStatus
from participants.reports.rules import Cohort, Counts, together
from participants.screening.models import Screening
from participants.staff.models import User
from participants.tracks.models import Track

# What a report can be broken down by -> the path from a referral to the clear column. Every row has one value,
# so the groups never overlap and always add up to the total.
BREAKDOWNS = {
    "source": "source",
    "charge": "charge",
    "language": "language",
    "caseworker": "enrollment__caseworker",
}
NOT_PLACED = "Not placed"
NOT_RECORDED = "Not recorded"
EXITS = (Status.COMPLETED, Status.TERMINATED, Status.WITHDREW, Status.NEUTRAL)


@dataclass(frozen=True)
class Group:
    name: str
    counts: Counts


@dataclass(frozen=True)
class Report:
    """The completion report of one track. `start` and `end` are local days, both included."""

    track: Track
    cohort: str
    start: datetime.date
    end: datetime.date
    as_of: datetime.date
    by: str
    groups: tuple[Group, ...]
    total: Counts


def completion_report(
    *, track: Track, start: datetime.date, end: datetime.date, cohort: str, by: str = "", as_of: datetime.date
) -> Report:
    """Events of the period, exits of the cohort, active stays; by group and in total.

    Referred to declined count cases with that event in the period, in both cohorts; a case offered twice counts
    once. Exit cohort: exits in the period, stays active before its first and after its last day. Entry cohort:
    stays placed in the period and what became of them until `as_of`; nobody of it was active before.
    """
    found = defaultdict(dict)
    for event in (_referred, _screened, _offered, _stays, _days):
        for group, values in event(start, end, cohort, BREAKDOWNS.get(by, ""), as_of):
            found[group].update(values)
    counts = {group: Counts(**values) for group, values in found.items()}
    names = _names(by, counts)
    groups = sorted((Group(names[key], counts[key]) for key in counts), key=lambda group: group.name.casefold())
    return Report(
        track=track,
        cohort=cohort,
        start=start,
        end=end,
        as_of=as_of,
        by=by,
        groups=tuple(groups) if by else (),
        total=together(counts.values()),
    )


def _grouped(rows: QuerySet, path: str, to_referral: str) -> QuerySet:
    """Rows by the value of the breakdown, which lies on the referral that `to_referral` leads to."""
    group = F(to_referral + path) if path else Value("")
    return rows.order_by().annotate(group=group)


def _counted(rows: QuerySet, path: str, to_referral: str, **counts):
    for row in _grouped(rows, path, to_referral).values("group").annotate(**counts):
        yield row.pop("group"), row


def _referred(start, end, cohort, path, as_of):
    rows = Referral.objects.filter(received_on__range=(start, end)).exclude(status=ReferralStatus.MERGED)
    return _counted(rows, path, "", referred=Count("pk"))


def _screened(start, end, cohort, path, as_of):
    rows = Screening.objects.filter(decided_on__range=(start, end))
    eligible = Count("pk", filter=Q(eligible=True))
    # `eligible` is a field of the model, so the count takes another name on its way.
    for group, row in _counted(rows, path, "referral__", screened=Count("pk"), found_eligible=eligible):
        yield group, {"screened": row["screened"], "eligible": row["found_eligible"]}


def _offered(start, end, cohort, path, as_of):
    offered = Q(made_on__range=(start, end))
    declined = Q(decision=Decision.DECLINED, decided_on__range=(start, end))
    return _counted(
        Offer.objects.filter(offered | declined),
        path,
        "referral__",
        offered=Count("referral", filter=offered, distinct=True),
        declined=Count("referral", filter=declined, distinct=True),
    )


def _exited(start, end, cohort, as_of) -> Q:
    """Stays whose exit belongs to the cohort."""
    if cohort == Cohort.ENTRY:
        return Q(placed_on__range=(start, end), exited_on__lte=as_of)
    return Q(exited_on__range=(start, end))


def _stays(start, end, cohort, path, as_of):
    placed = Q(placed_on__range=(start, end))
    exited = _exited(start, end, cohort, as_of)
    if cohort == Cohort.ENTRY:
        before = Q(pk__isnull=True)
        after = placed & (Q(exited_on__isnull=True) | Q(exited_on__gt=as_of))
    else:
        before = Q(placed_on__lt=start) & (Q(exited_on__isnull=True) | Q(exited_on__gte=start))
        after = Q(placed_on__lte=end) & (Q(exited_on__isnull=True) | Q(exited_on__gt=end))
    return _counted(
        Enrollment.objects.filter(placed | exited | before | after),
        path,
        "referral__",
        placed=Count("pk", filter=placed),
        **{exit_type.value: Count("pk", filter=exited & Q(status=exit_type)) for exit_type in EXITS},
        active_at_start=Count("pk", filter=before),
        active_at_end=Count("pk", filter=after),
    )


def _days(start, end, cohort, path, as_of):
    """The days of every exit; spread measures need each value, so these rows are not added up in the database."""
    rows = Enrollment.objects.filter(_exited(start, end, cohort, as_of))
    days = defaultdict(list)
    for group, placed_on, exited_on in _grouped(rows, path, "referral__").values_list(
        "group", "placed_on", "exited_on"
    ):
        days[group].append((exited_on - placed_on).days)
    return [(group, {"days": tuple(of_group)}) for group, of_group in days.items()]


def _names(by: str, keys) -> dict:
    """The name under which each group is shown."""
    if by == "language":
        return {key: language_name(key) for key in keys}
    if by == "caseworker":
        known = User.objects.in_bulk([key for key in keys if key is not None])
        return {key: known[key].name if key is not None else NOT_PLACED for key in keys}
    return {key: key or NOT_RECORDED for key in keys}
