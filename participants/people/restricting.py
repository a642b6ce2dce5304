"""Writers of restrictions: a person names staff who may not open their file.

The file is the case before placement, and participant and cases after it, with every case that was merged into one of
them or linked with one as the same person's: a row is written for each of them, so that no list has to find its way
from one to the other.
"""

import datetime
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from participants.audit.actions import record
from participants.duplicates.models import Comparison
from participants.duplicates.rules import SameAs
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError
from participants.people.models import Participant, Restriction
from participants.referrals.models import Referral
from participants.referrals.rules import NAMELESS, Status
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.tracks.scope import active_track

# From a case to what it is one with: the case it was merged into, and the participant of either.
PATHS = ("id", "merged_into_id", "enrollment__participant_id", "merged_into__enrollment__participant_id")


class OneFile:
    """Everything of one person that is closed together: participants and cases.

    The cases that were merged into another are of it, and what staff have recorded as the same person's, unless
    `links` is false. A child's case that is linked is not: nothing is written down about it.
    """

    def __init__(self, *, referral: Referral | None = None, participant: Participant | None = None, links: bool = True):
        ids = {row.pk for row in (referral, participant) if row is not None}
        if participant is None and referral is not None:
            ids.update(*Referral.objects.filter(pk=referral.pk).order_by().values_list(*PATHS))
        ids.discard(None)
        ids = _with_linked(ids) if links else ids
        self.participants = list(Participant.objects.filter(pk__in=ids).order_by("id"))
        of_file = Q(pk__in=ids) | Q(enrollment__participant__in=ids)
        merged = Q(merged_into__in=ids) | Q(merged_into__enrollment__participant__in=ids)
        self.referrals = list(Referral.objects.filter(of_file | merged).order_by("id"))

    @property
    def rows(self) -> list[Participant | Referral]:
        return [*self.participants, *self.referrals]

    @property
    def workers(self) -> set:
        """Ids of those who work on it now: they have to hand it over before the file can be closed to them."""
        waiting = (row for row in self.referrals if row.status not in (Status.PLACED, Status.MERGED))
        stays = Enrollment.objects.filter(participant__in=self.participants, status=Enrollment.Status.ACTIVE)
        return {row.assigned_to_id for row in waiting} - {None} | set(
            stays.order_by().values_list("caseworker_id", flat=True)
        )

    def restrictions(self):
        """The rows that stand, of participant and cases."""
        return Restriction.objects.filter(lifted_on__isnull=True).filter(_about(self.rows))


def _with_linked(ids: set[UUID]) -> set[UUID]:
    """The ids of participants and cases, with those of which staff have recorded that they are the same person's,
    and those linked with these in turn. One statement, however long the chain."""
    links = Comparison.objects.filter(decision=SameAs.SAME_PERSON, undone_on__isnull=True).order_by()
    for case in ("referral", "other", "referral__merged_into", "other__merged_into"):
        links = links.exclude(**{f"{case}__status__in": NAMELESS})
    fields = [f"{case}__{path}" for case in ("referral", "other") for path in PATHS]
    groups = [set(row) - {None} for row in links.values_list(*fields)]
    while reached := [group for group in groups if group & ids and not group <= ids]:
        ids = ids.union(*reached)
    return ids


def _about(rows: Iterable[Participant | Referral]) -> Q:
    about = Q(pk__in=())
    for row in rows:
        about |= Q(**{row._meta.model_name: row})
    return about


@transaction.atomic
def restrict_file(
    *,
    staff: User,
    referral: Referral | None = None,
    participant: Participant | None = None,
    today: datetime.date,
    by: User,
) -> list[Restriction]:
    """Close a file to a member of staff, as the person wishes. Who is named already is left alone.

    Raises ProgramError for somebody who is not of the track, for oneself, and for who works on the case.
    """
    file = OneFile(referral=referral, participant=participant)
    if any(row.status in NAMELESS for row in file.referrals):
        raise ProgramError("This referral is stopped: only who hands it over and the managers can read it.")
    if staff.pk == by.pk:
        raise ProgramError("Nobody names themselves. Ask a colleague to record it.", field="staff")
    if not staff_with(Permission.OPEN_TRACK, track=active_track(), on=today).filter(pk=staff.pk).exists():
        raise ProgramError("Choose somebody who works in this track.", field="staff")
    if staff.pk in file.workers:
        here = staff.pk in OneFile(referral=referral, participant=participant, links=False).workers
        case = "this case" if here else "another case of this person"
        raise ProgramError(
            f"{staff.name} works on {case} now. Hand it over to somebody else first, then close the file.",
            field="staff",
        )
    made = _close(file, [staff], today=today, by=by)
    if made:
        record("file.restricted", by=by, subjects=file.rows, detail={"staff": str(staff.pk)})
    return made


@transaction.atomic
def lift_restriction(
    *,
    staff: User,
    referral: Referral | None = None,
    participant: Participant | None = None,
    today: datetime.date,
    by: User,
) -> None:
    """Open a file again to a member of staff, as the person wishes. Never by the one whom it concerns."""
    if staff.pk == by.pk:
        raise ProgramError("Nobody lifts what concerns themselves.")
    file = OneFile(referral=referral, participant=participant)
    if file.restrictions().filter(staff=staff).update(lifted_on=today):
        record("file.opened_again", by=by, subjects=file.rows, detail={"staff": str(staff.pk)})


@transaction.atomic
def carry_restrictions(
    *,
    referral: Referral | None = None,
    participant: Participant | None = None,
    others: Iterable[Participant | Referral] = (),
    today: datetime.date,
    by: User,
) -> None:
    """Let what stands on any part of a file stand on all of it: after a placement, or when files become one or are
    linked.

    `others` are rows whose restrictions count too although they are no part of the file, such as a file that was
    made one with this.
    """
    file = OneFile(referral=referral, participant=participant)
    rows = [*file.rows, *others]
    named = Restriction.objects.filter(_about(rows), lifted_on__isnull=True).order_by().values("staff_id")
    staff = list(User.objects.filter(pk__in=named).order_by("id"))
    if _close(file, staff, today=today, by=by):
        record("file.restrictions_carried", by=by, subjects=file.rows)


def check_may_work(*, staff: User, referral: Referral | None = None, participant: Participant | None = None) -> None:
    """Nobody is given a case whose file is closed to them. Raises ProgramError."""
    if OneFile(referral=referral, participant=participant).restrictions().filter(staff=staff).exists():
        sentence = f"The person does not wish {staff.name} to open this file. Choose somebody else."
        raise ProgramError(sentence, field="caseworker")


def _close(file: OneFile, staff: list[User], *, today: datetime.date, by: User) -> list[Restriction]:
    """Write the rows that are missing."""
    standing = {(row.staff_id, row.participant_id or row.referral_id) for row in file.restrictions()}
    return [
        Restriction.objects.create(**{row._meta.model_name: row}, staff=person, recorded_on=today, recorded_by=by)
        for person in staff
        for row in file.rows
        if (person.pk, row.pk) not in standing
    ]
