"""The only writers of how a stay ends, of recommendations and of dispositions.

Every action that touches a stay locks it first, so that a withdrawal and a decision never both win.
"""

import datetime
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from participants.audit.actions import record
from participants.completion import rules
from participants.completion.models import Disposition, ExitProposal, Recommendation
from participants.completion.queries import waiting_proposal
from participants.completion.rules import Decision, Refusal
from participants.consent.actions import withdraw_agreement
from participants.enrollment.actions import end_stay
from participants.enrollment.models import Enrollment
from participants.enrollment.rules import DETAILS, ExitDetail, Status
from participants.errors import ProgramError, check_same
from participants.referrals.models import Referral
from participants.requirements.queries import progress_of
from participants.requirements.rules import all_met
from participants.staff.models import User
from participants.tracks.scope import active_track

PROPOSED = "The proposal saved then waits for a decision."


@transaction.atomic
def propose_completion(
    *, enrollment: Enrollment, today: datetime.date, by: User, row_id: UUID | None = None
) -> ExitProposal:
    """Propose that a stay has been completed. Raises ProgramError naming every requirement that is missing."""
    stay = _locked(enrollment.pk)
    if again := _already_proposed(stay, row_id):
        return again
    _refuse(rules.proposal_refusals(active=stay.is_active, waiting=waiting_proposal(stay) is not None))
    _refuse_gaps(rules.completion_gaps(progress_of([stay])[stay.pk]))
    return _propose(stay, Status.COMPLETED, today=today, by=by, row_id=row_id)


@transaction.atomic
def propose_neutral(
    *,
    enrollment: Enrollment,
    detail: str,
    reasons: str,
    today: datetime.date,
    by: User,
    row_id: UUID | None = None,
) -> ExitProposal:
    """Propose to close a stay for a cause outside the person's doing. Raises ProgramError."""
    stay = _locked(enrollment.pk)
    if proposed := _already_proposed(stay, row_id):
        check_same(proposed, {"exit_detail": detail, "reasons": reasons}, PROPOSED, again=False)
        return proposed
    _refuse(rules.proposal_refusals(active=stay.is_active, waiting=waiting_proposal(stay) is not None))
    if detail not in DETAILS[Status.NEUTRAL]:
        raise ProgramError("Choose what happened.", field="detail")
    if not reasons.strip():
        raise ProgramError("Write down what happened, so that another person can decide.", field="reasons")
    return _propose(stay, Status.NEUTRAL, today=today, by=by, row_id=row_id, exit_detail=detail, reasons=reasons)


@transaction.atomic
def give_termination_notice(
    *,
    enrollment: Enrollment,
    reason_codes: Sequence[str],
    reasons: str,
    notice_on: datetime.date,
    contest_by: datetime.date,
    today: datetime.date,
    by: User,
    row_id: UUID | None = None,
) -> ExitProposal:
    """Record the written notice that a termination is proposed, with its reasons and time to contest.

    `reason_codes` are values of `rules.Reason`, `reasons` the words of the notice. Raises ProgramError, also in
    a track that terminates nobody.
    """
    if not active_track().rules.may_terminate:
        raise ProgramError("Nobody is terminated in this track. A person may stop coming at any time.")
    stay = _locked(enrollment.pk)
    if proposed := _already_proposed(stay, row_id):
        typed = {"reasons": reasons, "reason_codes": sorted(set(reason_codes)), "contest_by": contest_by}
        check_same(proposed, {**typed, "notice_on": notice_on}, PROPOSED, again=False)
        return proposed
    _refuse(rules.proposal_refusals(active=stay.is_active, waiting=waiting_proposal(stay) is not None))
    _refuse(
        rules.termination_refusals(
            reason_codes=reason_codes,
            reasons=reasons,
            notice_on=notice_on,
            contest_by=contest_by,
            placed_on=stay.placed_on,
            today=today,
        )
    )
    return _propose(
        stay,
        Status.TERMINATED,
        today=today,
        by=by,
        row_id=row_id,
        reason_codes=sorted(set(reason_codes)),
        reasons=reasons,
        notice_on=notice_on,
        contest_by=contest_by,
    )


@transaction.atomic
def record_statement(*, proposal: ExitProposal, statement: str, today: datetime.date, by: User) -> ExitProposal:
    """Keep what the person says about a termination. What was said before stays; the new words follow it."""
    proposal = _locked_proposal(proposal)
    if proposal.exit_type != Status.TERMINATED or proposal.decision != Decision.WAITING:
        raise ProgramError("A statement belongs to a notice of termination that has not been decided.")
    if not statement.strip():
        raise ProgramError("Write down what the person says.", field="statement")
    whole = "\n\n".join(text for text in (proposal.statement, statement.strip()) if text)
    limit = ExitProposal._meta.get_field("statement").max_length
    if len(whole) > limit:
        raise ProgramError(f"Together the statements may have {limit} characters.", field="statement")
    proposal.statement = whole
    proposal.statement_on = today
    proposal.save(update_fields=("statement", "statement_on"))
    record("exit.statement_recorded", by=by, subjects=[proposal], fields=["statement", "statement_on"])
    return proposal


@transaction.atomic
def decide_exit(*, proposal: ExitProposal, approve: bool, reason: str, today: datetime.date, by: User) -> ExitProposal:
    """Approve a proposal, which ends the stay today, or return it. Another person than the proposer decides.

    Raises ProgramError; a completion is checked once more against the facts of today.
    """
    proposal = _locked_proposal(proposal)
    stay = proposal.enrollment
    _refuse(
        rules.decision_refusals(
            decision=proposal.decision,
            exit_type=proposal.exit_type,
            approve=approve,
            reason=reason,
            same_person=proposal.proposed_by_id == by.pk,
            contest_by=proposal.contest_by,
            today=today,
        )
    )
    met_on = None
    if approve and proposal.exit_type == Status.COMPLETED:
        requirements = progress_of([stay])[stay.pk]
        _refuse_gaps(rules.completion_gaps(requirements))
        met_on = all_met(requirements) or proposal.proposed_on
    proposal.decision = Decision.APPROVED if approve else Decision.RETURNED
    proposal.decided_by = by
    proposal.decided_on = today
    proposal.decision_reason = reason.strip()
    proposal.save(update_fields=("decision", "decided_by", "decided_on", "decision_reason"))
    if approve:
        end_stay(
            enrollment=stay,
            status=proposal.exit_type,
            exited_on=today,
            detail=proposal.exit_detail,
            requirements_met_on=met_on,
            by=by,
        )
    record(
        "exit.approved" if approve else "exit.returned",
        by=by,
        subjects=[proposal],
        fields=["decision", "decision_reason"],
        detail={"exit": proposal.exit_type},
    )
    return proposal


@transaction.atomic
def withdraw(
    *, enrollment: Enrollment, on: datetime.date, today: datetime.date, lapsed: bool = False, by: User
) -> Enrollment:
    """End a stay because the person leaves: one step, at any time, no reason asked, nobody's approval needed.

    `lapsed`: the person stopped coming; then the agreement is not marked as withdrawn, for nobody said so.
    A proposal that waits is void. Raises ProgramError for a wrong day or a stay that has ended.
    """
    stay = _locked(enrollment.pk)
    _refuse(
        rules.withdrawal_refusals(
            active=stay.is_active,
            on=on,
            placed_on=stay.placed_on,
            today=today,
            lapsed=lapsed,
            may_lapse=active_track().rules.lapsed_is_withdrawal,
        )
    )
    if proposal := waiting_proposal(stay):
        proposal.decision, proposal.decided_on = Decision.VOID, today
        proposal.save(update_fields=("decision", "decided_on"))
        record("exit.voided", by=by, subjects=[proposal])
    if not lapsed:
        withdraw_agreement(agreement=stay.agreement, on=on, by=by)
    detail = ExitDetail.LAPSED if lapsed else ""
    stay = end_stay(enrollment=stay, status=Status.WITHDREW, exited_on=on, detail=detail, by=by)
    record("withdrawal.recorded", by=by, subjects=[stay], fields=["status", "exited_on"])
    return stay


@transaction.atomic
def recommend(*, enrollment: Enrollment, recommended: str, made_on: datetime.date, by: User) -> Recommendation:
    """Record what the program recommends after an exit; may be changed until the prosecutor has decided."""
    stay = _locked(enrollment.pk)
    if stay.is_active:
        raise ProgramError("A recommendation follows the end of the stay.")
    track_rules = active_track().rules
    reported = track_rules.status_word(stay.status) != track_rules.no_report
    if recommended not in rules.recommendations(stay.status, reported=reported):
        raise ProgramError("This cannot be recommended after this exit.", field="recommended")
    if made_on < stay.exited_on:
        raise ProgramError("A recommendation follows the end of the stay.", field="made_on")
    if Disposition.objects.filter(referral_id=stay.referral_id).exists():
        raise ProgramError("The prosecutor has decided; the recommendation stays as it is.")
    row, _ = Recommendation.objects.update_or_create(
        enrollment=stay,
        defaults={"recommended": recommended, "made_on": made_on, "made_by": by},
        create_defaults={
            "participant_id": stay.participant_id,
            "recommended": recommended,
            "made_on": made_on,
            "made_by": by,
        },
    )
    record("recommendation.recorded", by=by, subjects=[row], fields=["recommended", "made_on"])
    return row


@transaction.atomic
def record_disposition(
    *, referral: Referral, disposed: str, decided_on: datetime.date, today: datetime.date, by: User
) -> Disposition:
    """Record what the prosecutor decided about a case, whatever became of it in the program."""
    if disposed not in rules.Disposed:
        raise ProgramError("Choose what was decided.", field="disposed")
    _refuse(rules.disposition_refusals(decided_on=decided_on, received_on=referral.received_on, today=today))
    row, _ = Disposition.objects.update_or_create(
        referral=referral, defaults={"disposed": disposed, "decided_on": decided_on, "recorded_by": by}
    )
    record("disposition.recorded", by=by, subjects=[row], fields=["disposed", "decided_on"])
    return row


def _locked(pk: UUID) -> Enrollment:
    """The stay as it is now, held until the end of the transaction."""
    return Enrollment.objects.select_for_update().get(pk=pk)


def _locked_proposal(proposal: ExitProposal) -> ExitProposal:
    """The proposal as it is now, with its stay held."""
    stay = _locked(proposal.enrollment_id)
    fresh = ExitProposal.objects.get(pk=proposal.pk)
    fresh.enrollment = stay
    return fresh


def _already_proposed(stay: Enrollment, row_id: UUID | None) -> ExitProposal | None:
    """The row of the same form posted before."""
    return ExitProposal.objects.filter(pk=row_id, enrollment=stay).first() if row_id else None


def _propose(
    stay: Enrollment, exit_type: str, *, today: datetime.date, by: User, row_id: UUID | None, **fields
) -> ExitProposal:
    proposal = ExitProposal(
        enrollment=stay,
        participant_id=stay.participant_id,
        exit_type=exit_type,
        proposed_by=by,
        proposed_on=today,
        **fields,
    )
    if row_id:
        proposal.pk = row_id
    proposal.save(force_insert=True)
    record(
        "exit.proposed",
        by=by,
        subjects=[proposal],
        fields=["exit_type", *fields],
        detail={"exit": exit_type},
    )
    return proposal


def _refuse(refusals: list[Refusal]) -> None:
    if refusals:
        raise ProgramError(refusals[0].sentence, field=refusals[0].field)


def _refuse_gaps(gaps: list[str]) -> None:
    if gaps:
        raise ProgramError("Not complete yet. " + " ".join(gaps))
