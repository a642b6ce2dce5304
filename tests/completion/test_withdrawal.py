"""Leaving: one step, at any time, no reason; and what does not exist in the services track."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from participants.audit.models import Event, EventSubject
from participants.completion.actions import decide_exit, give_termination_notice, withdraw
from participants.completion.models import ExitProposal
from participants.enrollment.actions import end_stay
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError
from tests import builders
from tests.completion import steps
from tests.completion.steps import NOTICE, TODAY, fresh, inside

DAY = datetime.timedelta(days=1)
TRACKS = ("education", "services")


@pytest.mark.parametrize("kind", TRACKS)
def test_withdrawal_is_one_step(cast, kind):
    track = cast.tracks[kind]
    by = builders.staff(cast, track, "caseworker")
    stay = builders.make_enrollment(cast, track)
    ended = steps.make_withdrawn(cast, track, stay=stay)
    assert (ended.status, ended.exited_on, ended.exit_detail) == ("withdrew", TODAY, "")
    with inside(track):
        assert fresh(stay).status == "withdrew"
        assert fresh(stay).agreement.withdrawn_on == TODAY
        (event,) = Event.objects.filter(action="withdrawal.recorded")
        assert (event.actor_id, event.detail) == (by.pk, {"fields": ["exited_on", "status"]})
        assert not Event.objects.filter(action="exit.voided").exists()


@pytest.mark.parametrize("make", [steps.make_proposed, steps.make_neutral, lambda cast, track: steps.make_notice(cast)])
def test_withdrawal_while_a_proposal_waits_makes_it_void(cast, make):
    """Decided by nobody, so that nobody decided on what they proposed."""
    proposal = make(cast, cast.education)
    with inside(cast.education):
        stay = Enrollment.objects.get()
        withdraw(enrollment=stay, on=TODAY - DAY, today=TODAY, by=cast.education_caseworker)
        void = fresh(proposal)
        assert (void.decision, void.decided_by, void.decided_on) == ("void", None, TODAY)
        stay = fresh(stay)
        assert (stay.status, stay.exited_on) == ("withdrew", TODAY - DAY)
        (event,) = Event.objects.filter(action="exit.voided")
        assert event.actor_id == cast.education_caseworker.pk
        assert EventSubject.objects.get(event_id=event.pk).subject_id == proposal.participant_id
        with pytest.raises(ProgramError, match="already been decided"):
            decide_exit(proposal=proposal, approve=True, reason="x", today=TODAY, by=cast.education_manager)
        assert fresh(stay).status == "withdrew"


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        (TODAY + DAY, "Use a day from March 12, 2026 until today."),
        (builders.PLACED - DAY, "Use a day from March 12, 2026 until today."),
    ],
)
def test_withdrawal_on_an_impossible_day(cast, on, sentence):
    stay = builders.make_enrollment(cast, cast.services)
    with inside(cast.services):
        with pytest.raises(ProgramError) as refused:
            withdraw(enrollment=stay, on=on, today=TODAY, by=cast.services_caseworker)
        assert (refused.value.field, refused.value.message) == ("on", sentence)
        assert fresh(stay).status == "active"
        assert fresh(stay).agreement.withdrawn_on is None
        assert not Event.objects.filter(action="withdrawal.recorded").exists()


def test_withdrawal_on_the_day_of_placement(cast):
    stay = builders.make_enrollment(cast, cast.services)
    assert steps.make_withdrawn(cast, cast.services, stay=stay, on=builders.PLACED).exited_on == builders.PLACED


def test_ended_stay_ends_once(cast):
    stay = steps.make_withdrawn(cast, cast.services)
    with inside(cast.services), pytest.raises(ProgramError, match="already ended"):
        withdraw(enrollment=stay, on=TODAY, today=TODAY, by=cast.services_caseworker)


def test_services_person_who_stopped_coming_withdrew(cast):
    """Entered without blame, counted as withdrew; the agreement is not marked, for the person said nothing."""
    stay = steps.make_withdrawn(cast, cast.services, lapsed=True)
    with inside(cast.services):
        stay = fresh(stay)
        assert (stay.status, stay.exit_detail) == ("withdrew", "lapsed")
        assert stay.agreement.withdrawn_on is None


def test_education_knows_no_lapse(cast):
    stay = builders.make_enrollment(cast, cast.education)
    with pytest.raises(ProgramError, match="give notice instead"):
        steps.make_withdrawn(cast, cast.education, stay=stay, lapsed=True)
    with inside(cast.education):
        assert fresh(stay).status == "active"


class TestServicesTerminateNobody:
    """By rule, by page, by trigger."""

    def test_rule(self, cast):
        stay = builders.make_enrollment(cast, cast.services)
        with inside(cast.services):
            with pytest.raises(ProgramError, match="Nobody is terminated in this track"):
                give_termination_notice(enrollment=stay, **NOTICE, by=cast.services_caseworker)
            with pytest.raises(ProgramError):
                end_stay(enrollment=stay, status="terminated", exited_on=TODAY, by=cast.services_manager)
            assert fresh(stay).status == "active"
            assert not ExitProposal.objects.exists()

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_page(self, cast, method):
        stay = builders.make_enrollment(cast, cast.services)
        proposal = steps.make_neutral(cast, cast.services, stay=stay)
        client = cast.client("services_manager")
        with inside(cast.services):
            reference = stay.participant.reference
        for url in (
            cast.url(cast.services, "termination_propose", reference=reference),
            cast.url(cast.services, "exit_statement", pk=proposal.pk),
        ):
            assert getattr(client, method)(url).status_code == 404
        page = client.get(cast.url(cast.services, "participant", reference=reference)).text
        assert "terminat" not in page.lower()

    def test_trigger_refuses_the_stay(self, cast):
        stay = builders.make_enrollment(cast, cast.services)
        refused = pytest.raises(IntegrityError, match="termination in services")
        with inside(cast.services), refused, transaction.atomic():
            Enrollment.objects.filter(pk=stay.pk).update(status="terminated", exited_on=TODAY)

    def test_trigger_refuses_the_proposal(self, cast):
        stay = builders.make_enrollment(cast, cast.services)
        refused = pytest.raises(IntegrityError, match="termination in services")
        with inside(cast.services), refused, transaction.atomic():
            ExitProposal.objects.create(
                enrollment=stay,
                participant_id=stay.participant_id,
                exit_type="terminated",
                proposed_by=cast.services_caseworker,
                proposed_on=TODAY,
                notice_on=TODAY,
                contest_by=TODAY + 20 * DAY,
            )


def test_withdrawal_is_never_proposed(cast):
    """There is nothing to approve: the database holds no such proposal."""
    stay = builders.make_enrollment(cast, cast.education)
    with inside(cast.education), pytest.raises(IntegrityError, match="exit_that_is_proposed"), transaction.atomic():
        ExitProposal.objects.create(
            enrollment=stay,
            participant_id=stay.participant_id,
            exit_type="withdrew",
            proposed_by=cast.education_caseworker,
            proposed_on=TODAY,
        )
