"""Whatever the order of steps: nobody completes or is terminated past the rules, and everybody may always leave."""

import datetime
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from participants.completion import actions
from participants.completion.models import ExitProposal
from participants.completion.rules import completion_gaps
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError
from participants.requirements.actions import adjust_requirement, record_credit
from participants.requirements.models import Requirement
from participants.requirements.queries import progress_of
from tests import builders
from tests.completion.steps import NOW, TODAY, inside

PEOPLE = st.sampled_from(["caseworker", "manager", "second_manager"])
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.tuples(st.just("waive"), st.integers(0, 2)),
    st.tuples(st.just("serve"), st.sampled_from([5, 20])),
    st.tuples(st.just("propose_completion"), PEOPLE),
    st.tuples(st.just("propose_neutral"), PEOPLE),
    st.tuples(st.just("give_notice"), PEOPLE, st.sets(st.sampled_from(["fee", "conduct"]), min_size=1)),
    st.tuples(st.just("record_statement"), PEOPLE),
    st.tuples(st.just("decide"), PEOPLE, st.booleans()),
    st.tuples(st.just("withdraw"), PEOPLE, st.booleans()),
)


class Walk:
    """One stay, taken through steps; what the rules refuse changes nothing."""

    def __init__(self, cast, track, stay):
        self.cast, self.track, self.pk, self.today = cast, track, stay.pk, TODAY

    @property
    def stay(self) -> Enrollment:
        return Enrollment.objects.get(pk=self.pk)

    def person(self, role: str):
        return self.cast.people[f"{self.track.kind}_{role}"]

    def latest(self) -> ExitProposal:
        proposal = ExitProposal.objects.filter(enrollment=self.pk).order_by("id").last()
        if proposal is None:
            raise ProgramError("Nothing is proposed.")
        return proposal

    def take(self, step: str, *values) -> None:
        try:
            with transaction.atomic():
                getattr(self, step)(*values)
        except ProgramError:
            pass

    def wait(self, days):
        self.today += datetime.timedelta(days=days)

    def waive(self, number):
        requirements = list(Requirement.objects.filter(enrollment=self.pk))
        requirement = requirements[number % len(requirements)]
        adjust_requirement(
            requirement=requirement,
            version=requirement.version,
            waive=True,
            reason="Cannot.",
            today=self.today,
            by=self.person("manager"),
        )

    def serve(self, hours):
        requirement = Requirement.objects.filter(enrollment=self.pk, kind="community_service_hours").first()
        if requirement is None:
            raise ProgramError("Not asked here.")
        record_credit(
            requirement=requirement,
            quantity=Decimal(hours),
            earned_on=self.today,
            today=self.today,
            now=NOW,
            by=self.person("caseworker"),
        )

    def propose_completion(self, role):
        actions.propose_completion(enrollment=self.stay, today=self.today, by=self.person(role))

    def propose_neutral(self, role):
        actions.propose_neutral(
            enrollment=self.stay, detail="transfer", reasons="Moved.", today=self.today, by=self.person(role)
        )

    def give_notice(self, role, codes):
        actions.give_termination_notice(
            enrollment=self.stay,
            reason_codes=sorted(codes),
            reasons="In words.",
            notice_on=self.today,
            contest_by=self.today + datetime.timedelta(days=14),
            today=self.today,
            by=self.person(role),
        )

    def record_statement(self, role):
        actions.record_statement(proposal=self.latest(), statement="My side.", today=self.today, by=self.person(role))

    def decide(self, role, approve):
        actions.decide_exit(
            proposal=self.latest(), approve=approve, reason="Reasons.", today=self.today, by=self.person(role)
        )

    def withdraw(self, role, lapsed):
        actions.withdraw(enrollment=self.stay, on=self.today, lapsed=lapsed, today=self.today, by=self.person(role))


def check(walk: Walk) -> None:
    """What must hold after every step."""
    stay = walk.stay
    proposals = list(ExitProposal.objects.filter(enrollment=stay))
    approved = [proposal for proposal in proposals if proposal.decision == "approved"]
    waiting = [proposal for proposal in proposals if proposal.decision == "waiting"]
    for proposal in proposals:
        assert proposal.decided_by_id != proposal.proposed_by_id
    if stay.status in ("completed", "neutral", "terminated"):
        (proposal,) = approved
        assert proposal.exit_type == stay.status
        assert proposal.decided_by_id is not None
    else:
        assert approved == []
    if stay.status == "completed":
        assert completion_gaps(progress_of([stay])[stay.pk]) == []
        assert stay.placed_on <= stay.requirements_met_on <= stay.exited_on
    if stay.status == "terminated":
        assert walk.track.rules.may_terminate
        assert set(proposal.reason_codes) != {"fee"}
        assert proposal.decided_on > proposal.contest_by
    if not walk.track.rules.may_terminate:
        assert all(proposal.exit_type != "terminated" for proposal in proposals)
    if stay.status == "active":
        assert len(waiting) <= 1
        with transaction.atomic():  # leaving is one step from here
            actions.withdraw(enrollment=stay, on=walk.today, today=walk.today, by=walk.person("caseworker"))
            assert walk.stay.status == "withdrew"
            assert not ExitProposal.objects.filter(enrollment=stay, decision="waiting").exists()
            transaction.set_rollback(True)
    else:
        assert waiting == []
        assert stay.exited_on is not None


@pytest.mark.parametrize("kind", ["education", "services"])
def test_any_order_of_steps(cast, kind):
    track = cast.tracks[kind]
    stay = builders.make_enrollment(cast, track)
    reached = set()

    # The cast is one for all examples: each is rolled back, so none sees another's rows. Half of them start with
    # everything waived that completion waits for, so that its other conditions are put to the test.
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.booleans(), st.lists(STEPS, min_size=1, max_size=14))
    @example(False, [("wait", 1)])
    @example(False, [("withdraw", "caseworker", False)])
    def run(met, steps):
        with inside(track), transaction.atomic():
            walk = Walk(cast, track, stay)
            for step, *values in [*([("waive", 0), ("waive", 1)] if met else []), *steps]:
                walk.take(step, *values)
                check(walk)
            reached.add(walk.stay.status)
            transaction.set_rollback(True)

    run()
    assert reached <= set(track.rules.exit_types) | {"active"}
    assert {"active", "withdrew"} <= reached


@pytest.mark.parametrize(
    ("kind", "steps", "status"),
    [
        (
            "education",
            [("waive", 0), ("serve", 20), ("propose_completion", "caseworker"), ("decide", "manager", True)],
            "completed",
        ),
        (
            "services",
            [("waive", 0), ("propose_completion", "manager"), ("decide", "second_manager", True)],
            "completed",
        ),
        (
            "education",
            [("give_notice", "caseworker", {"conduct"}), ("wait", 15), ("decide", "manager", True)],
            "terminated",
        ),
        (
            "services",
            [("give_notice", "caseworker", {"conduct"}), ("wait", 15), ("decide", "manager", True)],
            "active",
        ),
        ("services", [("propose_neutral", "caseworker"), ("decide", "manager", True)], "neutral"),
    ],
)
def test_walk_reaches_every_end(cast, kind, steps, status):
    """The walk above would prove nothing if its steps could not end a stay."""
    track = cast.tracks[kind]
    stay = builders.make_enrollment(cast, track)
    with inside(track):
        walk = Walk(cast, track, stay)
        for step, *values in steps:
            walk.take(step, *values)
            check(walk)
        assert walk.stay.status == status
