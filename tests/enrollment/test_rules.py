"""What a placement needs and how a stay ends, on plain values."""

import datetime

import pytest

from participants.enrollment.rules import DETAILS, MOVES, Status, exit_refusal, placement_gaps, placement_refusal
from participants.tracks.models import RULES

READY = {
    "youngest_age": 18,
    "eligible": True,
    "offer": "accepted",
    "counsel": "consulted",
    "agreed": True,
    "withdrawn": False,
    "placed": False,
}


def test_nothing_is_missing():
    assert placement_gaps(**READY) == []


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"youngest_age": None}, "The date of birth is missing: the program takes adults only."),
        (
            {"youngest_age": 17},
            "The person is under 18, or was on the day of the offense: no minor can be placed.",
        ),
        ({"eligible": None}, "The referral has not been screened."),
        ({"eligible": False}, "The screening found the referral not eligible."),
        ({"second_look": True}, "A second look at the screening is due."),
        ({"offer": None}, "No offer has been made."),
        ({"offer": "waiting"}, "The offer has not been accepted."),
        ({"offer": "declined"}, "The offer has not been accepted."),
        ({"offer": "lapsed"}, "The offer has not been accepted."),
        ({"counsel": ""}, "Whether the person consulted a lawyer is not recorded."),
        ({"agreed": False}, "The participation agreement has not been signed."),
        ({"withdrawn": True}, "The person has withdrawn the participation agreement."),
        ({"placed": True}, "This person has been placed already."),
    ],
)
def test_one_sentence_for_each_thing_that_is_missing(over, sentence):
    assert placement_gaps(**{**READY, **over}) == [sentence]


def test_everything_that_is_missing_is_named():
    nothing = {
        "youngest_age": None,
        "eligible": None,
        "offer": None,
        "counsel": "",
        "agreed": False,
        "withdrawn": False,
        "placed": False,
    }
    assert placement_gaps(**nothing) == [
        "The date of birth is missing: the program takes adults only.",
        "The referral has not been screened.",
        "No offer has been made.",
        "The participation agreement has not been signed.",
    ]


def day(number: int) -> datetime.date:
    return datetime.date(2026, 3, number)


@pytest.mark.parametrize(("placed_on", "refused"), [(9, True), (10, False), (12, False), (13, True)])
def test_day_of_placement(placed_on, refused):
    refusal = placement_refusal(placed_on=day(placed_on), signed_on=day(10), term_ends_on=day(30), today=day(12))
    assert (refusal is not None) is refused


def test_nobody_is_placed_after_the_term_has_ended():
    values = {"signed_on": day(10), "term_ends_on": day(20), "today": day(25)}
    assert placement_refusal(placed_on=day(20), **values) is None
    assert placement_refusal(placed_on=day(21), **values) == (
        "placed_on",
        "By the agreement the program ended on March 20, 2026; a later placement needs a new agreement.",
    )


END = {
    "now": "active",
    "to": "withdrew",
    "detail": "",
    "placed_on": day(12),
    "exited_on": day(20),
    "requirements_met_on": None,
    "exit_types": ("completed", "withdrew", "neutral", "terminated"),
    "lapsed_is_withdrawal": True,
}
MET = {"requirements_met_on": day(20)}


@pytest.mark.parametrize("now", list(Status))
@pytest.mark.parametrize("to", list(Status))
def test_exits_follow_the_table(now, to):
    detail = min(DETAILS.get(to, {""}))
    refusal = exit_refusal(**{**END, **MET, "now": now, "to": to, "detail": detail})
    assert (refusal is None) is (to in MOVES[now])


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("to", MOVES["active"])
def test_a_stay_ends_as_its_track_knows(kind, to):
    rules = RULES[kind]
    detail = min(DETAILS[to])
    refusal = exit_refusal(**{**END, **MET, "to": to, "detail": detail, "exit_types": rules.exit_types})
    assert (refusal is None) is (to != "terminated" or rules.may_terminate)


@pytest.mark.parametrize(
    ("over", "refused"),
    [
        ({}, False),
        ({"detail": "lapsed"}, False),
        ({"detail": "lapsed", "lapsed_is_withdrawal": False}, True),
        ({"detail": "death"}, True),
        ({"to": "neutral", "detail": "death"}, False),
        ({"to": "neutral", "detail": ""}, True),
        ({"to": "neutral", "detail": "lapsed"}, True),
        ({"to": "completed"}, True),
        ({"to": "completed", "requirements_met_on": day(20)}, False),
        ({"to": "completed", "requirements_met_on": day(21)}, True),
        ({"exited_on": day(12)}, False),
        ({"exited_on": day(11)}, True),
    ],
)
def test_what_an_exit_must_hold(over, refused):
    assert (exit_refusal(**{**END, **over}) is not None) is refused
