"""Who works on a case until the person is placed."""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet, Value

from participants.audit.actions import record_each
from participants.audit.changes import keep_all
from participants.errors import ProgramError
from participants.people.models import Restriction
from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.referrals.rules import OPEN, Status
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.tracks.scope import active_track

# Somebody asks again, or a second look is asked for: these can still go on.
ASSIGNABLE = (*OPEN, Status.DECLINED, Status.LAPSED, Status.INELIGIBLE)
MAY_NOT_OPEN = "{name} may not open this file. Choose somebody else for it."


class AssignedMeanwhile(ProgramError):
    """Someone else has assigned the case since the page was opened; `referral` is how it stands now."""

    def __init__(self, referral: Referral):
        whom = referral.assigned_to.name if referral.assigned_to else "nobody"
        super().__init__(f"Somebody has assigned this case to {whom} meanwhile. Look again, then save.", field="to")
        self.referral = referral


@dataclass
class Assigned:
    """What became of a batch. `refused` are pairs of a referral and the sentence that says why."""

    changed: list[Referral] = field(default_factory=list)
    unchanged: list[Referral] = field(default_factory=list)
    refused: list[tuple[Referral, str]] = field(default_factory=list)


@transaction.atomic
def assign(*, referral: Referral, to: User | None, seen: UUID | None, today: datetime.date, by: User) -> Referral:
    """Say who works on a case; None for nobody. `seen` is whom the page showed, by id.

    Raises AssignedMeanwhile when somebody was faster, ProgramError when it cannot be assigned so.
    """
    rows = Referral.objects.select_for_update(of=("self",)).select_related("assigned_to")
    row = rows.get(pk=referral.pk)
    if row.assigned_to_id not in (seen, to.pk if to else None):
        raise AssignedMeanwhile(row)
    outcome = assign_all(referrals=[row], to=to, today=today, by=by)
    for _, sentence in outcome.refused:
        raise ProgramError(sentence, field="to")
    return row


@transaction.atomic
def assign_all(*, referrals: Iterable[Referral], to: User | None, today: datetime.date, by: User) -> Assigned:
    """Assign locked referrals, with `assigned_to` loaded, to one member of staff, each with an event of its own, in a
    fixed number of statements.

    What is refused for one referral leaves the others alone. Raises ProgramError for somebody who makes no offers.
    """
    if to is not None and not staff_with(Permission.MAKE_OFFERS, track=active_track(), on=today).filter(pk=to.pk):
        raise ProgramError("Choose somebody of this track who makes offers.", field="to")
    rows, outcome = list(referrals), Assigned()
    barred = _barred(rows, to)
    for row in rows:
        if row.assigned_to_id == (to.pk if to else None):
            outcome.unchanged.append(row)
        elif row.status not in ASSIGNABLE:
            stands = row.get_status_display()
            outcome.refused.append((row, f"The case stands at “{stands}”, so nobody is assigned to it now."))
        elif row.pk in barred:
            outcome.refused.append((row, MAY_NOT_OPEN.format(name=to.name)))
        else:
            outcome.changed.append(row)
    Referral.objects.filter(pk__in=[row.pk for row in outcome.changed]).update(assigned_to=to)
    before = [(row, {"assigned_to": row.assigned_to}) for row in outcome.changed]
    for row in outcome.changed:
        row.assigned_to = to
    detail = {"to": str(to.pk) if to else None, "fields": ["assigned_to"]}
    for event in record_each("referral.assigned", by=by, rows=[(row, detail) for row in outcome.changed])[:1]:
        keep_all(before, by=by, at=event.at)
    return outcome


def _barred(rows: Collection[Referral], to: User | None) -> set[UUID]:
    """Cases whose person does not want this member of staff to open their file."""
    if to is None:
        return set()
    standing = Restriction.objects.filter(referral__in=rows, staff=to, lifted_on__isnull=True)
    return set(standing.order_by().values_list("referral_id", flat=True))


def assignable_to(*, today: datetime.date) -> QuerySet[User]:
    """Who can be given a case, by name."""
    return staff_with(Permission.MAKE_OFFERS, track=active_track(), on=today)


def steps_of(user: User) -> dict[str, int]:
    """How many cases that are assigned to a member of staff wait for the next step, by status. One statement."""
    mine = readable(Referral.objects.filter(assigned_to=user, status__in=OPEN), referral="pk")
    return dict(mine.order_by().values_list("status").annotate(number=Count(Value(1))))
