"""Writers of stays: placing a person, changing the caseworker, and the only writer of an exit."""

import datetime
from uuid import UUID

from django.db import transaction

from participants.audit.actions import record
from participants.consent.queries import current_offer
from participants.enrollment import rules
from participants.enrollment.models import Enrollment
from participants.enrollment.queries import caseworkers
from participants.enrollment.rules import Status
from participants.errors import ProgramError, check_same
from participants.people.actions import create_participant
from participants.referrals.actions import move_referral
from participants.referrals.models import Referral
from participants.referrals.rules import Status as ReferralStatus
from participants.referrals.rules import age_on
from participants.requirements.actions import set_requirements
from participants.staff.models import User
from participants.tracks.models import new_id
from participants.tracks.scope import active_track


def gaps(referral: Referral, today: datetime.date) -> list[str]:
    """What this referral still lacks before the person can be placed, one sentence each."""
    offer = current_offer(referral)
    agreement = getattr(offer, "agreement", None)
    screening = getattr(referral, "screening", None)
    return rules.placement_gaps(
        youngest_age=_youngest_age(referral, today),
        eligible=screening.eligible if screening else None,
        offer=offer.decision if offer else None,
        counsel=offer.counsel if offer else "",
        agreed=agreement is not None,
        withdrawn=agreement is not None and agreement.withdrawn_on is not None,
        placed=referral.status == ReferralStatus.PLACED,
    )


def _youngest_age(referral: Referral, today: datetime.date) -> int | None:
    """The lower of the ages at the offense and today; None while the date of birth is not known."""
    if referral.date_of_birth is None:
        return None
    return min(age_on(referral.date_of_birth, on) for on in (referral.offense_on, today))


@transaction.atomic
def place(
    *,
    referral: Referral,
    caseworker: User,
    placed_on: datetime.date,
    today: datetime.date,
    by: User,
    row_id: UUID | None = None,
) -> Enrollment:
    """Place a person who has agreed: participant, stay, requirements, caseworker.

    Raises ProgramError with one sentence for each thing that is missing. The same `row_id` again answers with
    the stay that is there.
    """
    referral = Referral.objects.select_for_update().get(pk=referral.pk)
    if written := Enrollment.objects.filter(pk=row_id).select_related("participant").first():
        check_same(written, {"caseworker": caseworker, "placed_on": placed_on}, "The person is placed.", again=False)
        return written
    if missing := gaps(referral, today):
        raise ProgramError(" ".join(missing))
    agreement = current_offer(referral).agreement
    _refuse(
        rules.placement_refusal(
            placed_on=placed_on, signed_on=agreement.signed_on, term_ends_on=agreement.term_ends_on, today=today
        )
    )
    _check_caseworker(caseworker, today)
    move_referral(referral=referral, to=ReferralStatus.PLACED)
    participant = create_participant(referral=referral, by=by)
    enrollment = Enrollment.objects.create(
        pk=row_id or new_id(),
        participant=participant,
        referral=referral,
        agreement=agreement,
        caseworker=caseworker,
        placed_on=placed_on,
        term_ends_on=agreement.term_ends_on,
    )
    set_requirements(enrollment=enrollment, by=by)
    record("enrollment.placed", by=by, subjects=[enrollment, referral])
    return enrollment


@transaction.atomic
def change_caseworker(*, enrollment: Enrollment, caseworker: User, today: datetime.date, by: User) -> Enrollment:
    """Hand a person to another caseworker. Raises ProgramError when the stay has ended."""
    enrollment = Enrollment.objects.select_for_update().get(pk=enrollment.pk)
    if not enrollment.is_active:
        raise ProgramError("This stay has ended; it keeps the caseworker that it had.")
    _check_caseworker(caseworker, today)
    if enrollment.caseworker_id != caseworker.pk:
        enrollment.caseworker = caseworker
        enrollment.save(update_fields=("caseworker",))
        record("enrollment.caseworker_changed", by=by, subjects=[enrollment], fields=["caseworker"])
    return enrollment


@transaction.atomic
def end_stay(
    *,
    enrollment: Enrollment,
    status: str,
    exited_on: datetime.date,
    detail: str = "",
    requirements_met_on: datetime.date | None = None,
    by: User,
) -> Enrollment:
    """End a stay in one of the ways that the track knows. The only writer of an exit.

    Raises ProgramError when the stay has ended already or the exit does not hold.
    """
    enrollment = Enrollment.objects.select_for_update().get(pk=enrollment.pk)
    track_rules = active_track().rules
    _refuse(
        rules.exit_refusal(
            now=enrollment.status,
            to=status,
            detail=detail,
            placed_on=enrollment.placed_on,
            exited_on=exited_on,
            requirements_met_on=requirements_met_on,
            exit_types=track_rules.exit_types,
            lapsed_is_withdrawal=track_rules.lapsed_is_withdrawal,
        )
    )
    values = {
        "status": status,
        "exited_on": exited_on,
        "exit_detail": detail,
        "requirements_met_on": requirements_met_on,
    }
    # On a database without row locks the condition is what keeps two exits apart.
    if not Enrollment.objects.filter(pk=enrollment.pk, status=Status.ACTIVE).update(**values):
        raise ProgramError("Someone else has just ended this stay.")
    for name, value in values.items():
        setattr(enrollment, name, value)
    record("enrollment.ended", by=by, subjects=[enrollment], detail={"exit": str(status), "why": str(detail)})
    return enrollment


def _check_caseworker(caseworker: User, today: datetime.date) -> None:
    if not caseworkers(today).filter(pk=caseworker.pk).exists():
        raise ProgramError("Choose a caseworker of this track.", field="caseworker")


def _refuse(refusal: rules.Refusal) -> None:
    if refusal is not None:
        field, message = refusal
        raise ProgramError(message, field=field or None)
