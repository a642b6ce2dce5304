"""The decision as a function of plain values."""

import pytest

from participants.errors import ProgramError
from participants.screening.rules import Decision, decide
from participants.tracks.models import RULES

CRITERIA = [
    {"key": "misdemeanor", "question": "Is the charge a misdemeanor?", "wanted": "yes", "reason": "No misdemeanor."},
    {"key": "prior", "question": "Was there a diversion before?", "wanted": "no", "reason": "Diverted before."},
    {"key": "fits", "question": "Does the charge fit?", "wanted": "yes", "reason": "It does not fit."},
]
GOOD = {"misdemeanor": "yes", "prior": "no", "fits": "yes"}
ADULT = {"age_at_offense": 30, "age_today": 31}


def test_all_as_wanted_is_eligible():
    assert decide(CRITERIA, GOOD, **ADULT) == Decision(True, False, ("Every written criterion is met.",))


@pytest.mark.parametrize(
    ("over", "reasons"),
    [
        ({"misdemeanor": "no"}, ("No misdemeanor.",)),
        ({"prior": "yes"}, ("Diverted before.",)),
        (
            {"misdemeanor": "no", "prior": "yes", "fits": "no"},
            ("No misdemeanor.", "Diverted before.", "It does not fit."),
        ),
    ],
)
def test_every_reason_against_is_listed(over, reasons):
    assert decide(CRITERIA, {**GOOD, **over}, **ADULT) == Decision(False, False, reasons)


@pytest.mark.parametrize("answer", ["unknown", "", "maybe", None])
def test_open_question_decides_nothing_and_is_named(answer):
    with pytest.raises(ProgramError) as refusal:
        decide(CRITERIA, {**GOOD, "prior": answer}, **ADULT)
    assert refusal.value.message == "“Was there a diversion before?” is not answered yet: find out, then decide."
    assert refusal.value.field == "prior"


def test_every_open_question_is_named_though_another_answer_speaks_against():
    with pytest.raises(ProgramError) as refusal:
        decide(CRITERIA, {"misdemeanor": "no"}, **ADULT)
    assert [problem.field for problem in refusal.value.problems] == ["prior", "fits"]


@pytest.mark.parametrize(("at_offense", "today"), [(17, 18), (17, 17), (0, 40)])
def test_under_18_stops_whatever_the_answers(at_offense, today):
    for answers in (GOOD, {}, {**GOOD, "misdemeanor": "no"}):
        decision = decide(CRITERIA, answers, age_at_offense=at_offense, age_today=today)
        assert (decision.eligible, decision.stopped) == (False, True)
        assert decision.reasons == ("The person is under 18 on the offense date or today.",)


def test_18_on_both_days_is_an_adult():
    assert decide(CRITERIA, GOOD, age_at_offense=18, age_today=18).eligible


@pytest.mark.parametrize("ages", [{"age_at_offense": None, "age_today": 30}, {"age_at_offense": 30, "age_today": None}])
def test_without_a_date_of_birth_nobody_is_screened(ages):
    with pytest.raises(ProgramError, match="date of birth"):
        decide(CRITERIA, GOOD, **ages)


def test_no_criteria_exclude_nobody():
    assert decide([], {}, **ADULT).eligible


@pytest.mark.parametrize("kind", RULES)
def test_each_track_asks_whether_the_charge_fits_without_naming_letters(kind):
    """(g) is charged to both, and a person decides which track it is."""
    fits = next(criterion for criterion in RULES[kind].criteria if criterion.key == "fits_charge")
    assert (fits.wanted, fits.reason) == ("yes", "The charge does not fit this track.")
    assert "796.07" not in fits.question
