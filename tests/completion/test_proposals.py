"""Proposing and deciding: what is refused and in which words, what is written, what is on record."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from participants.audit.models import Event, EventSubject
from participants.completion.actions import (
    decide_exit,
    give_termination_notice,
    propose_completion,
    propose_neutral,
    record_statement,
)
from participants.completion.models import ExitProposal
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError
from participants.tracks.models import new_id
from tests import builders
from tests.completion import steps
from tests.completion.steps import AFTER, CONTEST_BY, MET, NOTICE, TODAY, fresh, inside

DAY = datetime.timedelta(days=1)
TRACKS = ("education", "services")


def trail(action: str) -> list[tuple]:
    """What is on record for an action: who did it, and about whom."""
    return [
        (event.actor_id, set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id")))
        for event in Event.objects.filter(action=action).order_by("id")
    ]


@pytest.mark.parametrize("kind", TRACKS)
def test_completion_is_proposed_by_one_and_approved_by_another(cast, kind):
    track = cast.tracks[kind]
    caseworker, manager = builders.staff(cast, track, "caseworker"), builders.staff(cast, track, "manager")
    stay = steps.make_met(cast, track)
    proposal = steps.make_proposed(cast, track, stay=stay)
    with inside(track):
        assert fresh(stay).status == "active"
        decided = decide_exit(proposal=proposal, approve=True, reason="", today=TODAY + DAY, by=manager)
        assert (decided.decision, decided.proposed_by, decided.decided_by, decided.decided_on) == (
            "approved",
            caseworker,
            manager,
            TODAY + DAY,
        )
        stay = fresh(stay)
        assert (stay.status, stay.exited_on, stay.exit_detail, stay.requirements_met_on) == (
            "completed",
            TODAY + DAY,
            "",
            MET,
        )
        subject = {("participant", stay.participant_id)}
        assert trail("exit.proposed") == [(caseworker.pk, subject)]
        assert trail("exit.approved") == [(manager.pk, subject)]


def test_completion_names_everything_that_is_missing(cast):
    stay = builders.make_enrollment(cast, cast.education)
    with inside(cast.education):
        with pytest.raises(ProgramError) as refused:
            propose_completion(enrollment=stay, today=TODAY, by=cast.education_caseworker)
        assert refused.value.message == (
            "Not complete yet. Education class: 8 hours are missing. Community-service hours: 20 hours are missing."
        )
        assert not ExitProposal.objects.exists()
        assert trail("exit.proposed") == []


def test_services_completion_names_what_is_missing(cast):
    stay = builders.make_enrollment(cast, cast.services)
    steps.come_by(cast, stay, times=5)
    with inside(cast.services), pytest.raises(ProgramError, match="own choice: 1 session is missing"):
        propose_completion(enrollment=stay, today=TODAY, by=cast.services_caseworker)


def test_unpaid_fee_does_not_block_completion(cast):
    stay = steps.make_met(cast, cast.education)
    with inside(cast.education):
        assert steps.requirement_of(stay, "fee").waived_on is None
    assert steps.make_completed(cast, cast.education, stay=stay).status == "completed"


def test_waived_requirement_does_not_block_completion(cast):
    stay = builders.make_enrollment(cast, cast.education)
    steps.attend_class(cast, stay)
    steps.waive(cast, cast.education, stay, "community_service_hours")
    assert steps.make_completed(cast, cast.education, stay=stay).requirements_met_on == MET


def test_completion_is_checked_again_when_it_is_decided(cast):
    proposal = steps.make_proposed(cast, cast.education)
    steps.correct_to_no_show(cast)
    with inside(cast.education):
        with pytest.raises(ProgramError, match="Education class: 8 hours are missing"):
            decide_exit(proposal=proposal, approve=True, reason="", today=TODAY, by=cast.education_manager)
        assert fresh(proposal).decision == "waiting"
        assert Enrollment.objects.get().status == "active"
        assert trail("exit.approved") == []


@pytest.mark.parametrize("approve", [True, False])
def test_proposer_does_not_decide(cast, approve):
    """Not even a manager who may decide everything else."""
    stay = steps.make_met(cast, cast.education)
    with inside(cast.education):
        proposal = propose_completion(enrollment=stay, today=TODAY, by=cast.education_manager)
        with pytest.raises(ProgramError, match="another person decides"):
            decide_exit(proposal=proposal, approve=approve, reason="x", today=TODAY, by=cast.education_manager)
        assert fresh(proposal).decision == "waiting"
        assert fresh(stay).status == "active"


def test_database_refuses_the_proposer_as_decider(cast):
    proposal = steps.make_proposed(cast, cast.education)
    with inside(cast.education), pytest.raises(IntegrityError, match="exit_decided_by_another"), transaction.atomic():
        ExitProposal.objects.filter(pk=proposal.pk).update(
            decision="approved", decided_by=proposal.proposed_by, decided_on=TODAY
        )


@pytest.mark.parametrize("decision", ["approved", "returned"])
def test_database_refuses_a_decision_by_nobody(cast, decision):
    """Only a proposal made void by a withdrawal was decided by nobody."""
    proposal = steps.make_proposed(cast, cast.education)
    with inside(cast.education), pytest.raises(IntegrityError, match="exit_decision_complete"), transaction.atomic():
        ExitProposal.objects.filter(pk=proposal.pk).update(decision=decision, decided_on=TODAY)


def test_proposal_is_returned_with_a_reason_and_can_be_made_again(cast):
    proposal = steps.make_proposed(cast, cast.education)
    with inside(cast.education):
        with pytest.raises(ProgramError, match="Say what is missing") as refused:
            decide_exit(proposal=proposal, approve=False, reason=" ", today=TODAY, by=cast.education_manager)
        assert refused.value.field == "reason"
        decide_exit(proposal=proposal, approve=False, reason="The time sheet.", today=TODAY, by=cast.education_manager)
        returned = fresh(proposal)
        assert (returned.decision, returned.decision_reason) == ("returned", "The time sheet.")
        assert Enrollment.objects.get().status == "active"
        assert len(trail("exit.returned")) == 1
        with pytest.raises(ProgramError, match="already been decided"):
            decide_exit(proposal=proposal, approve=True, reason="", today=TODAY, by=cast.education_manager)
        stay = Enrollment.objects.get()
    assert steps.make_completed(cast, cast.education, stay=stay).status == "completed"


def test_one_proposal_at_a_time(cast):
    proposal = steps.make_proposed(cast, cast.education)
    with inside(cast.education):
        stay = Enrollment.objects.get()
        for another in (
            lambda: propose_completion(enrollment=stay, today=TODAY, by=cast.education_manager),
            lambda: propose_neutral(
                enrollment=stay, detail="death", reasons="x", today=TODAY, by=cast.education_manager
            ),
            lambda: give_termination_notice(enrollment=stay, **NOTICE, by=cast.education_manager),
        ):
            with pytest.raises(ProgramError, match="Another proposal"):
                another()
        assert ExitProposal.objects.get() == proposal


def test_form_posted_twice_proposes_once(cast):
    stay, row_id = steps.make_met(cast, cast.education), new_id()
    with inside(cast.education):
        first, second = (
            propose_completion(enrollment=stay, today=TODAY, by=cast.education_caseworker, row_id=row_id)
            for _ in range(2)
        )
        assert first == second == ExitProposal.objects.get()
        assert len(trail("exit.proposed")) == 1


@pytest.mark.parametrize("kind", TRACKS)
def test_neutral_end_needs_a_cause_from_the_list_and_words(cast, kind):
    track = cast.tracks[kind]
    stay = builders.make_enrollment(cast, track)
    by = builders.staff(cast, track, "caseworker")
    with inside(track):
        for detail, reasons, field in (("", "x", "detail"), ("lapsed", "x", "detail"), ("death", " ", "reasons")):
            with pytest.raises(ProgramError) as refused:
                propose_neutral(enrollment=stay, detail=detail, reasons=reasons, today=TODAY, by=by)
            assert refused.value.field == field
        assert not ExitProposal.objects.exists()
    proposal = steps.make_neutral(cast, track, stay=stay)
    with inside(track):
        decide_exit(proposal=proposal, approve=True, reason="", today=TODAY, by=builders.staff(cast, track, "manager"))
        stay = fresh(stay)
        assert (stay.status, stay.exit_detail, stay.requirements_met_on) == ("neutral", "transfer", None)


class TestTermination:
    def test_notice_then_decision_after_the_day_to_contest(self, cast):
        proposal = steps.make_notice(cast)
        with inside(cast.education):
            assert proposal.reason_codes == ["fee", "missed_sessions"]
            for day in (TODAY, CONTEST_BY):
                with pytest.raises(ProgramError, match="may contest until May 18, 2026"):
                    decide_exit(proposal=proposal, approve=True, reason="x", today=day, by=cast.education_manager)
            assert Enrollment.objects.get().status == "active"
            decide_exit(proposal=proposal, approve=True, reason="As noticed.", today=AFTER, by=cast.education_manager)
            stay = Enrollment.objects.get()
            assert (stay.status, stay.exited_on) == ("terminated", AFTER)

    def test_statement_does_not_shorten_the_time_to_contest(self, cast):
        proposal = steps.make_notice(cast)
        with inside(cast.education):
            record_statement(proposal=proposal, statement="I was ill.", today=TODAY, by=cast.education_caseworker)
            record_statement(
                proposal=proposal, statement="Here is the note.", today=TODAY + DAY, by=cast.education_manager
            )
            told = fresh(proposal)
            assert (told.statement, told.statement_on) == ("I was ill.\n\nHere is the note.", TODAY + DAY)
            assert len(trail("exit.statement_recorded")) == 2
            for day in (TODAY + DAY, CONTEST_BY):
                with pytest.raises(ProgramError, match="approved after that day"):
                    decide_exit(proposal=proposal, approve=True, reason="Heard.", today=day, by=cast.education_manager)
            assert Enrollment.objects.get().status == "active"
            decide_exit(proposal=proposal, approve=True, reason="Heard.", today=AFTER, by=cast.education_manager)
            assert Enrollment.objects.get().status == "terminated"

    def test_termination_needs_the_decider_to_give_reasons(self, cast):
        proposal = steps.make_notice(cast)
        with inside(cast.education), pytest.raises(ProgramError, match="written reasons") as refused:
            decide_exit(proposal=proposal, approve=True, reason="", today=AFTER, by=cast.education_manager)
        assert refused.value.field == "reason"

    @pytest.mark.parametrize("heard", [False, True])
    def test_notice_can_be_returned_at_once(self, cast, heard):
        proposal = steps.make_notice(cast)
        with inside(cast.education):
            if heard:
                record_statement(proposal=proposal, statement="I was ill.", today=TODAY, by=cast.education_caseworker)
            decide_exit(proposal=proposal, approve=False, reason="Talk first.", today=TODAY, by=cast.education_manager)
            assert Enrollment.objects.get().status == "active"

    @pytest.mark.parametrize(
        ("change", "field", "sentence"),
        [
            ({"reason_codes": []}, "reason_codes", "Choose at least one reason."),
            ({"reason_codes": ["dislike"]}, "reason_codes", "Choose at least one reason."),
            (
                {"reason_codes": ["fee"]},
                "reason_codes",
                "A fee that is not paid never ends a stay by itself. It can be reduced or waived.",
            ),
            ({"reasons": "  "}, "reasons", "Write down the reasons as the person reads them in the notice."),
            ({"notice_on": TODAY + DAY}, "notice_on", "Use a day from March 12, 2026 until today."),
            ({"notice_on": builders.PLACED - DAY}, "notice_on", "Use a day from March 12, 2026 until today."),
            ({"contest_by": TODAY + 9 * DAY}, "contest_by", "Give the person from 10 to 90 days after the notice."),
            ({"contest_by": TODAY + 91 * DAY}, "contest_by", "Give the person from 10 to 90 days after the notice."),
            (
                {"notice_on": TODAY - 20 * DAY, "contest_by": TODAY - DAY},
                "contest_by",
                "The person must still have time to contest: use a day to come.",
            ),
        ],
        ids=str,
    )
    def test_notice_that_is_refused(self, cast, change, field, sentence):
        stay = builders.make_enrollment(cast, cast.education)
        with inside(cast.education):
            with pytest.raises(ProgramError) as refused:
                give_termination_notice(enrollment=stay, **NOTICE | change, by=cast.education_caseworker)
            assert (refused.value.field, refused.value.message) == (field, sentence)
            assert not ExitProposal.objects.exists()
            assert trail("exit.proposed") == []

    @pytest.mark.parametrize("statement_on", [None, TODAY])
    def test_database_refuses_a_termination_before_the_time_to_contest_is_over(self, cast, statement_on):
        proposal = steps.make_notice(cast)
        decided = {"decision": "approved", "decided_by": cast.education_manager, "decided_on": CONTEST_BY}
        decided["statement_on"] = statement_on
        with (
            inside(cast.education),
            pytest.raises(IntegrityError, match="termination_after_the_time_to_contest"),
            transaction.atomic(),
        ):
            ExitProposal.objects.filter(pk=proposal.pk).update(**decided)

    def test_statement_belongs_to_a_waiting_notice(self, cast):
        completion = steps.make_proposed(cast, cast.education)
        notice = steps.make_notice(cast)
        with inside(cast.education):
            with pytest.raises(ProgramError, match="belongs to a notice"):
                record_statement(proposal=completion, statement="x", today=TODAY, by=cast.education_caseworker)
            with pytest.raises(ProgramError, match="Write down what the person says"):
                record_statement(proposal=notice, statement=" ", today=TODAY, by=cast.education_caseworker)
            with pytest.raises(ProgramError, match="4000 characters"):
                record_statement(proposal=notice, statement="x" * 4001, today=TODAY, by=cast.education_caseworker)
            decide_exit(proposal=notice, approve=False, reason="x", today=TODAY, by=cast.education_manager)
            with pytest.raises(ProgramError, match="belongs to a notice"):
                record_statement(proposal=notice, statement="x", today=TODAY, by=cast.education_caseworker)
            assert trail("exit.statement_recorded") == []
