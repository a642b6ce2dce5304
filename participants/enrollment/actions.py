"""Writers of stays: placing a person, changing the caseworker, and the only writer of an exit."""

import datetime
from uuid import UUID

from django.db import transaction

from participants.audit.actions import record
from participants.audit.changes import keep_changes
from participants.consent.models import Agreement
from participants.consent.queries import agreement_of, current_offer
from participants.enrollment import rules
from participants.enrollment.models import Enrollment
from participants.enrollment.queries import caseworkers
from participants.enrollment.rules import Status
from participants.errors import ProgramError, check_same
from participants.people.actions import create_participant, index_participant
from participants.people.models import Participant
from participants.people.restricting import carry_restrictions, check_may_work
from participants.referrals.actions import move_referral
from participants.referrals.models import Referral
from participants.referrals.rules import Status as ReferralStatus
from participants.referrals.rules import age_on
from participants.requirements.actions import follow_requirements, set_requirements
from participants.screening.queries import second_look_waits
from participants.staff.models import User
from participants.tracks.models import new_id
from participants.tracks.scope import active_track


def gaps(referral: Referral, today: datetime.date) -> list[str]:
    """What this referral still lacks before the person can be placed, one sentence each."""
    offer = current_offer(referral)
    agreement = agreement_of(offer) if offer else None
    screening = getattr(referral, "screening", None)
    return rules.placement_gaps(
        youngest_age=_youngest_age(referral, today),
        eligible=screening.eligible if screening else None,
        offer=offer.decision if offer else None,
        counsel=offer.counsel if offer else "",
        agreed=agreement is not None,
        withdrawn=agreement is not None and agreement.withdrawn_on is not None,
        placed=referral.status == ReferralStatus.PLACED,
        second_look=screening is not None and second_look_waits(referral),
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
    participant: Participant | None = None,
    row_id: UUID | None = None,
) -> Enrollment:
    """Place a person who has agreed: participant, stay, requirements, caseworker. With a `participant` who was here
    before it is another stay in that file, of which nothing is changed.

    Raises ProgramError with one sentence for each thing that is missing. The same `row_id` again answers with
    the stay that is there.
    """
    referral = Referral.objects.select_for_update().get(pk=referral.pk)
    if written := Enrollment.objects.filter(pk=row_id).select_related("participant").first():
        values = {"caseworker": caseworker, "placed_on": placed_on}
        if participant is not None:
            values["participant"] = participant
        check_same(written, values, "The person is placed.", again=False)
        return written
    if missing := gaps(referral, today):
        raise ProgramError(" ".join(missing))
    agreement = agreement_of(current_offer(referral))
    _refuse(
        rules.placement_refusal(
            placed_on=placed_on, signed_on=agreement.signed_on, term_ends_on=agreement.term_ends_on, today=today
        )
    )
    _check_caseworker(caseworker, today)
    check_may_work(staff=caseworker, referral=referral)
    returning = participant is not None
    if returning:
        participant = _file_for_another_stay(participant)
        check_may_work(staff=caseworker, participant=participant)
    move_referral(referral=referral, to=ReferralStatus.PLACED)
    participant = participant or create_participant(referral=referral, by=by)
    enrollment = Enrollment.objects.create(
        pk=row_id or new_id(),
        participant=participant,
        referral=referral,
        agreement=agreement,
        caseworker=caseworker,
        placed_on=placed_on,
        term_ends_on=agreement.term_ends_on,
    )
    if returning:
        index_participant(participant)
        record("participant.returned", by=by, subjects=[participant, referral])
    carry_restrictions(participant=participant, today=today, by=by)
    set_requirements(enrollment=enrollment, by=by)
    record("enrollment.placed", by=by, subjects=[enrollment, referral])
    return enrollment


def _file_for_another_stay(participant: Participant) -> Participant:
    """The file, locked, if another stay can begin in it. Raises ProgramError."""
    participant = Participant.objects.select_for_update().get(pk=participant.pk)
    if participant.merged_into_id:
        raise ProgramError("This file is part of another one. Choose that one.", field="person")
    if Enrollment.objects.filter(participant=participant, status=Status.ACTIVE).exists():
        sentence = f"A stay goes on in the file {participant.reference}. It has to end before another begins."
        raise ProgramError(sentence, field="person")
    return participant


@transaction.atomic
def follow_agreement(*, enrollment: Enrollment, agreement: Agreement, by: User) -> Enrollment:
    """Let a stay follow the version of its agreement that was signed last: its end and its requirements."""
    enrollment = Enrollment.objects.select_for_update().get(pk=enrollment.pk)
    if not enrollment.is_active:
        raise ProgramError("This stay has ended, so nothing is signed any more.")
    if agreement.term_ends_on < enrollment.placed_on:
        placed = f"{enrollment.placed_on:%B %-d, %Y}"
        raise ProgramError(f"The person was placed on {placed}; the program ends after that.", field="term_ends_on")
    before = {"term_ends_on": enrollment.term_ends_on}
    enrollment.agreement, enrollment.term_ends_on = agreement, agreement.term_ends_on
    enrollment.save(update_fields=("agreement", "term_ends_on"))
    follow_requirements(enrollment=enrollment, agreement=agreement, by=by)
    fields = ["agreement", "term_ends_on"]
    event = record("enrollment.agreement_followed", by=by, subjects=[enrollment], fields=fields)
    keep_changes(enrollment, before, by=by, at=event.at)
    return enrollment


@transaction.atomic
def change_caseworker(*, enrollment: Enrollment, caseworker: User, today: datetime.date, by: User) -> Enrollment:
    """Hand a person to another caseworker. Raises ProgramError when the stay has ended."""
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related("caseworker")
    enrollment = rows.get(pk=enrollment.pk)
    if not enrollment.is_active:
        raise ProgramError("This stay has ended; it keeps the caseworker that it had.")
    _check_caseworker(caseworker, today)
    check_may_work(staff=caseworker, participant=enrollment.participant)
    if enrollment.caseworker_id != caseworker.pk:
        before = {"caseworker": enrollment.caseworker}
        enrollment.caseworker = caseworker
        enrollment.save(update_fields=("caseworker",))
        event = record("enrollment.caseworker_changed", by=by, subjects=[enrollment], fields=["caseworker"])
        keep_changes(enrollment, before, by=by, at=event.at)
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
