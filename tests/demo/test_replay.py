"""The demonstration's rows compared with those that the actions write when the same person goes the same way."""

import pytest
from django.db import models
from django.utils import timezone

from participants.completion.actions import (
    decide_exit,
    give_termination_notice,
    propose_completion,
    propose_neutral,
    recommend,
    record_disposition,
    record_statement,
    withdraw,
)
from participants.completion.models import Disposition, ExitProposal, Recommendation
from participants.consent.actions import decide_offer, lapse_offers, make_offer, sign_agreement
from participants.consent.models import Agreement, Offer
from participants.enrollment.actions import place
from participants.enrollment.models import Enrollment
from participants.people.actions import EDITABLE, change_participant
from participants.people.models import Participant
from participants.referrals.actions import FIELDS, receive_referral
from participants.referrals.models import Referral
from participants.requirements.actions import adjust_requirement, record_credit
from participants.requirements.models import Credit, Requirement
from participants.screening.actions import screen
from participants.screening.models import Screening
from participants.sessions.actions import Entry, book, log_individual, schedule_session, take_attendance, write_note
from participants.sessions.models import Attendance, Note, Session
from participants.sessions.rules import Mark, State
from participants.staff.models import User
from participants.tracks.scope import in_track
from tests.demo.conftest import TODAY, one_of_each

# What tells two persons with the same story apart.
OWN = {"id", "case_number", "fingerprint", "case_key", "reference", "created_at"}
SHARED = {User}  # other rows that a row points to are compared by themselves


def facts(row: models.Model) -> dict:
    """The fields of a row, without those that are its own."""
    found = {"model": type(row).__name__}
    for field in row._meta.concrete_fields:
        if field.name not in OWN and (not field.is_relation or field.related_model in SHARED):
            value = getattr(row, field.attname)
            found[field.name] = bytes(value) if isinstance(value, memoryview) else value
    return found


def file_of(referral: Referral) -> list[dict]:
    """Everything on record about a case, as facts."""
    rows = [
        referral,
        *Screening.objects.filter(referral=referral),
        *Offer.objects.filter(referral=referral),
        *Agreement.objects.filter(referral=referral),
        *Disposition.objects.filter(referral=referral),
    ]
    for stay in Enrollment.objects.filter(referral=referral):
        rows += [stay, Participant.objects.get(pk=stay.participant_id)]
        rows += Requirement.objects.filter(enrollment=stay)
        rows += Credit.objects.filter(requirement__enrollment=stay)
        rows += ExitProposal.objects.filter(enrollment=stay)
        rows += Recommendation.objects.filter(enrollment=stay)
        rows += Note.objects.filter(participant=stay.participant_id)
        rows += Attendance.objects.filter(enrollment=stay)
        rows += Session.objects.filter(attendances__enrollment=stay)
    return sorted((facts(row) for row in rows), key=lambda fact: sorted((k, str(v)) for k, v in fact.items()))


def replay(old: Referral, clerk: User, manager: User, liaison: User) -> Referral:
    """The same case once more, by the program's actions, each on its day."""
    values = {name: getattr(old, name) for name in FIELDS}
    values["case_number"] = f"TWIN{old.case_number}"
    new = receive_referral(**values, today=old.received_on, by=clerk)
    for screening in Screening.objects.filter(referral=old):
        texts = {"notes": screening.notes, "note": screening.note}
        day = screening.decided_on or old.received_on
        screen(referral=new, answers=screening.answers, **texts, today=day, by=clerk)
    for offer in Offer.objects.filter(referral=old).select_related("text", "explained_by"):
        again = _offer(new, offer, clerk)
        for agreement in Agreement.objects.filter(offer=offer).select_related("text"):
            _sign(again, agreement, clerk)
    new = Referral.objects.get(pk=new.pk)
    for stay in Enrollment.objects.filter(referral=old).select_related("caseworker"):
        again = place(
            referral=new, caseworker=stay.caseworker, placed_on=stay.placed_on, today=stay.placed_on, by=clerk
        )
        _live(stay, again, manager)
        _end(stay, again)
    for row in Disposition.objects.filter(referral=old):
        record_disposition(
            referral=new, disposed=row.disposed, decided_on=row.decided_on, today=row.decided_on, by=liaison
        )
    return Referral.objects.get(pk=new.pk)


def _offer(new: Referral, old: Offer, clerk: User) -> Offer:
    offer = make_offer(
        referral=new,
        text=old.text,
        language=old.language,
        interpreter=old.interpreter,
        place=old.place,
        present=old.present,
        made_at=old.made_at,
        explained_by=old.explained_by,
        decide_by=old.decide_by,
        now=old.made_at,
        by=clerk,
    )
    if old.decision == "lapsed":
        lapse_offers(today=old.decided_on)
    elif old.decision != "waiting":
        decide_offer(
            offer=offer,
            decision=old.decision,
            decided_at=old.decided_at,
            counsel=old.counsel,
            counsel_on=old.counsel_on,
            counsel_name=old.counsel_name,
            now=old.decided_at,
            by=clerk,
        )
    return offer


def _sign(offer: Offer, old: Agreement, clerk: User) -> None:
    names = ("text", "language", "interpreter", "signed_at", "speedy_trial_waived", "waived_until", "term_ends_on")
    sign_agreement(offer=offer, **{name: getattr(old, name) for name in names}, now=old.signed_at, by=clerk)


def _live(old: Enrollment, new: Enrollment, manager: User) -> None:
    """Everything that happened in a stay."""
    known = Participant.objects.get(pk=old.participant_id)
    participant = Participant.objects.get(pk=new.participant_id)
    change_participant(
        participant=participant, version=0, by=manager, **{name: getattr(known, name) for name in EDITABLE}
    )
    asked = {row.kind: row for row in Requirement.objects.filter(enrollment=new)}
    for row in Requirement.objects.filter(enrollment=old, version=1):
        adjust_requirement(
            requirement=asked[row.kind],
            version=0,
            quantity=None if row.waived_on else row.quantity,
            waive=bool(row.waived_on),
            reason=row.change_reason,
            today=row.waived_on or TODAY,
            by=manager,
        )
    for row in Credit.objects.filter(requirement__enrollment=old).select_related("requirement", "recorded_by"):
        record_credit(
            requirement=asked[row.requirement.kind],
            quantity=row.quantity,
            earned_on=row.earned_on,
            note=row.note,
            today=row.earned_on,
            now=row.recorded_at,
            by=row.recorded_by,
        )
    sessions = {None: None}
    for row in Attendance.objects.filter(enrollment=old).select_related("session__site", "session__facilitator"):
        sessions[row.session_id] = _attend(row, new)
    for row in Note.objects.filter(participant=old.participant_id).select_related("author"):
        write_note(
            participant=participant,
            session=sessions[row.session_id],
            text=row.text,
            visibility=row.visibility,
            now=row.written_at,
            by=row.author,
        )


def _attend(old: Attendance, stay: Enrollment) -> Session:
    session, by = old.session, old.session.facilitator
    starts = timezone.localtime(session.starts_at).time()
    if session.state == State.HELD and (session.site, session.capacity, old.mark) == (None, 1, Mark.ATTENDED):
        return log_individual(
            enrollment=stay,
            kind=session.kind,
            held_on=session.held_on,
            starts=starts,
            minutes=old.minutes,
            again=True,
            today=session.held_on,
            now=old.recorded_at,
            by=by,
        )
    new = schedule_session(
        kind=session.kind,
        held_on=session.held_on,
        starts=starts,
        ends=timezone.localtime(session.ends_at).time(),
        facilitator=by,
        title=session.title,
        site=session.site,
        language=session.language,
        capacity=session.capacity,
        today=TODAY,
        by=by,
    )
    [booking] = book(session=new, enrollments=[stay], by=by)
    if session.state == State.HELD:
        take_attendance(
            session=new,
            version=0,
            entries=[Entry(attendance_id=booking.pk, mark=old.mark, minutes=old.minutes, reason=old.reason)],
            today=session.held_on,
            now=old.recorded_at,
            by=by,
        )
    return new


def _end(old: Enrollment, new: Enrollment) -> None:
    if old.status == "withdrew":
        withdraw(
            enrollment=new,
            on=old.exited_on,
            today=old.exited_on,
            lapsed=bool(old.exit_detail),
            by=old.caseworker,
        )
    for row in ExitProposal.objects.filter(enrollment=old).select_related("proposed_by", "decided_by"):
        common = {"enrollment": new, "today": row.proposed_on, "by": row.proposed_by}
        if row.exit_type == "completed":
            proposal = propose_completion(**common)
        elif row.exit_type == "neutral":
            proposal = propose_neutral(**common, detail=row.exit_detail, reasons=row.reasons)
        else:
            proposal = give_termination_notice(
                **common,
                reason_codes=row.reason_codes,
                reasons=row.reasons,
                notice_on=row.notice_on,
                contest_by=row.contest_by,
            )
        if row.statement:
            record_statement(proposal=proposal, statement=row.statement, today=row.statement_on, by=row.proposed_by)
        if row.decision == "approved":
            decide_exit(
                proposal=proposal, approve=True, reason=row.decision_reason, today=row.decided_on, by=row.decided_by
            )
    for row in Recommendation.objects.filter(enrollment=old).select_related("made_by"):
        recommend(enrollment=new, recommended=row.recommended, made_on=row.made_on, by=row.made_by)


@pytest.mark.parametrize("kind", ["education", "services"])
def test_same_way_by_the_actions_leaves_the_same_file(demo, kind):
    track = demo.tracks[kind]
    staff = [demo.staff(kind, key) for key in ("intake_clerk", "manager", "liaison")]
    with in_track(track, write=True) as scope:
        assert scope.by is None
        cases = one_of_each()
        assert len(cases) >= 15
        for old in cases:
            expected = file_of(old)
            new = replay(old, *staff)
            assert file_of(new) == expected


def test_comparison_sees_a_difference(demo):
    with in_track(demo.tracks["services"]):
        attendance = Attendance.objects.filter(mark="attended").first()
        referral = Referral.objects.get(enrollment=attendance.enrollment_id)
        before = file_of(referral)
        Attendance.objects.filter(pk=attendance.pk).update(minutes=attendance.minutes - 1)
        assert file_of(referral) != before
        Attendance.objects.filter(pk=attendance.pk).update(minutes=attendance.minutes)
        assert file_of(referral) == before
