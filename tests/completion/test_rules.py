"""The rules of ending as pure functions."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participants.completion import rules
from participants.completion.rules import DECISION_MOVES, Decision, Reason, Recommended
from participants.enrollment.rules import Status
from participants.requirements.rules import Progress
from participants.tracks.models import RULES

DAY = datetime.date(2026, 5, 4)


def requirement(kind="class_hours", *, met=False, waived=False) -> Progress:
    return Progress(
        title=kind,
        kind=kind,
        unit="hours",
        needed=Decimal(8),
        done=Decimal(8 if met else 0),
        met=met,
        met_on=DAY if met else None,
        waived=waived,
        counting=(),
        missing="" if met or waived else "missing.",
    )


@given(
    st.lists(
        st.builds(
            requirement,
            st.sampled_from(["class_hours", "community_service_hours", "own_choice_sessions", "fee"]),
            met=st.booleans(),
            waived=st.booleans(),
        ),
        max_size=6,
    )
)
def test_completion_waits_for_every_requirement_but_fees(requirements):
    gaps = rules.completion_gaps(requirements)
    open_ones = [item for item in requirements if item.kind != "fee" and not item.met and not item.waived]
    if requirements:
        assert gaps == [f"{item.title}: missing." for item in open_ones]
    else:
        assert gaps == ["This stay has no requirements on file, so there is nothing to complete."]


def test_only_a_waiting_proposal_moves():
    assert {
        Decision.WAITING: {"approved", "returned", "void"},
        Decision.APPROVED: set(),
        Decision.RETURNED: set(),
        Decision.VOID: set(),
    } == DECISION_MOVES


decisions = st.fixed_dictionaries(
    {
        "decision": st.sampled_from(Decision.values),
        "exit_type": st.sampled_from([exit_type.value for exit_type in rules.PROPOSABLE]),
        "approve": st.booleans(),
        "reason": st.sampled_from(["", "  ", "Because."]),
        "same_person": st.booleans(),
        "contest_by": st.dates(DAY - datetime.timedelta(days=3), DAY + datetime.timedelta(days=3)),
        "today": st.just(DAY),
    }
)


@given(decisions)
def test_decision_holds_only_where_everything_does(asked):
    allowed = (
        asked["decision"] == "waiting"
        and not asked["same_person"]
        and (
            bool(asked["reason"].strip())
            if not asked["approve"]
            else asked["exit_type"] != "terminated" or (bool(asked["reason"].strip()) and asked["contest_by"] < DAY)
        )
    )
    assert (rules.decision_refusals(**asked) == []) == allowed


@given(st.sets(st.sampled_from(Reason.values)), st.integers(0, 120))
def test_notice_holds_with_more_than_the_fee_and_time_to_contest(codes, days):
    refusals = rules.termination_refusals(
        reason_codes=sorted(codes),
        reasons="In words.",
        notice_on=DAY,
        contest_by=DAY + datetime.timedelta(days=days),
        placed_on=DAY,
        today=DAY,
    )
    assert (refusals == []) == (bool(codes - {"fee"}) and 10 <= days <= 90)


@pytest.mark.parametrize("reported", [True, False])
def test_nothing_is_recommended_while_the_stay_is_active(reported):
    assert rules.recommendations(Status.ACTIVE, reported=reported) == ()


def test_dismissal_is_recommended_for_completion_or_a_neutral_end_only():
    recommending = {
        status for status in Status.values if Recommended.DISMISSAL in rules.recommendations(status, reported=True)
    }
    assert recommending == {"completed", "neutral"}


def test_track_that_reports_nothing_recommends_completions_only():
    silent = RULES["services"]
    for status in Status.values:
        reported = silent.status_word(status) != silent.no_report
        expected = (Recommended.DISMISSAL,) if status == "completed" else ()
        assert rules.recommendations(status, reported=reported) == expected
