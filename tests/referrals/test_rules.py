"""Charges, ages, dates and states of a referral, as plain values."""

import datetime

import pytest

from participants.referrals import rules
from participants.referrals.rules import Status
from participants.tracks.models import FLORIDA_CHARGES

D = datetime.date
TODAY = D(2026, 4, 1)
GOOD = {
    "date_of_birth": D(1990, 1, 1),
    "offense_on": D(2026, 3, 1),
    "received_on": D(2026, 3, 2),
    "next_court_on": D(2026, 5, 1),
    "today": TODAY,
}


@pytest.mark.parametrize(
    "text",
    [
        "796.07(2)(f)",
        "796.07 (2) (F)",
        "s. 796.07(2)(f)",
        "F.S. 796.07-2F",
        "796.07(2)f.",
        " 796.072f ",
        "§796.07(2)(f)",
    ],
)
def test_charge_is_found_however_it_is_written(text):
    assert rules.find_charge(text, FLORIDA_CHARGES) == "796.07(2)(f)"


@pytest.mark.parametrize("text", ["796.07(2)(z)", "796.07", "", "solicitation", "796.07(2)(f) and 796.07(2)(e)1"])
def test_charge_that_is_not_in_the_map_is_unknown(text):
    assert rules.find_charge(text, FLORIDA_CHARGES) is None


def test_charge_of_another_state_is_matched_by_its_words():
    assert rules.find_charge("pc  647(b)(1)", {"PC 647(b)(1)": "services"}) == "PC 647(b)(1)"


def test_unknown_charge_lists_the_known_ones():
    assert rules.unknown_charge("812.014", {"796.07(2)(e)": "services", "796.07(2)(f)": "education"}) == (
        "This program does not know the charge “812.014”. Known charges: 796.07(2)(e), 796.07(2)(f)."
    )


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (D(2008, 2, 29), D(2026, 2, 28), 17),
        (D(2008, 2, 29), D(2026, 3, 1), 18),
        (D(2008, 2, 29), D(2028, 2, 28), 19),
        (D(2008, 2, 29), D(2028, 2, 29), 20),
        (D(2008, 3, 1), D(2026, 2, 28), 17),
        (D(2008, 12, 31), D(2026, 12, 31), 18),
    ],
)
def test_age_in_whole_years(born, on, age):
    assert rules.age_on(born, on) == age


@pytest.mark.parametrize(("born", "minor"), [(D(2008, 3, 2), True), (D(2008, 3, 1), False), (D(2008, 2, 29), False)])
def test_minor_is_under_18_on_the_offense_date_though_adult_today(born, minor):
    assert rules.is_minor(born, offense_on=D(2026, 3, 1), today=D(2026, 6, 1)) is minor


def test_born_on_29_february_is_a_minor_until_1_march():
    born = D(2008, 2, 29)
    assert rules.is_minor(born, offense_on=D(2026, 2, 28), today=TODAY)
    assert not rules.is_minor(born, offense_on=D(2026, 3, 1), today=TODAY)


def test_dates_that_fit_together_have_no_problem():
    assert rules.date_problems(**GOOD) == []
    assert rules.date_problems(**{**GOOD, "date_of_birth": None, "next_court_on": None}) == []


@pytest.mark.parametrize(
    ("over", "field", "words"),
    [
        ({"offense_on": D(2026, 4, 2)}, "offense_on", "in the future"),
        ({"offense_on": D(1899, 12, 31)}, "offense_on", "before 1900"),
        ({"received_on": D(2026, 4, 2)}, "received_on", "in the future"),
        ({"received_on": D(2026, 2, 28)}, "received_on", "before the offense date"),
        ({"date_of_birth": D(2026, 4, 2)}, "date_of_birth", "in the future"),
        ({"date_of_birth": D(1900, 1, 1)}, "date_of_birth", "older than 110"),
        ({"date_of_birth": D(2026, 3, 2)}, "date_of_birth", "after the offense date"),
        ({"next_court_on": D(2026, 2, 28)}, "next_court_on", "before the offense date"),
        ({"next_court_on": D(2047, 1, 1)}, "next_court_on", "more than 20 years"),
    ],
)
def test_date_that_cannot_be_true_is_named(over, field, words):
    problems = rules.date_problems(**{**GOOD, **over})
    assert field in [problem.field for problem in problems]
    assert words in next(problem.text for problem in problems if problem.field == field)


@pytest.mark.parametrize("text", ["Ann\x00", "Ann\x1b[31m", "Ann\x7f", "Ann\nLee", "Ann\tLee"])
def test_text_with_control_characters_is_refused(text):
    assert rules.text_problem(text)


@pytest.mark.parametrize("text", ["Ann Lee", "O’Neil", "חנה", "<script>", "\u202eAnn", "👩🏽"])
def test_other_text_is_taken(text):
    assert rules.text_problem(text) is None


@pytest.mark.parametrize(
    ("eligible", "offer", "status"),
    [
        (None, None, Status.RECEIVED),
        (False, None, Status.INELIGIBLE),
        (True, None, Status.ELIGIBLE),
        (True, "waiting", Status.OFFERED),
        (True, "accepted", Status.ACCEPTED),
        (True, "declined", Status.DECLINED),
        (True, "lapsed", Status.LAPSED),
    ],
)
def test_standing_follows_from_the_facts(eligible, offer, status):
    assert rules.standing(eligible=eligible, offer=offer) == status


def test_every_state_has_its_moves_and_only_a_placed_or_handed_off_one_has_none():
    assert set(rules.MOVES) == set(Status)
    assert {status for status, moves in rules.MOVES.items() if not moves} == {Status.PLACED, Status.HANDED_OFF}
    assert {status for status in Status if not rules.may_move(status, Status.STOPPED)} == {
        Status.STOPPED,
        Status.PLACED,
        Status.MERGED,
        Status.HANDED_OFF,
    }


def test_a_stopped_referral_leads_to_the_hand_off_only():
    assert rules.MOVES[Status.STOPPED] == {Status.HANDED_OFF}
