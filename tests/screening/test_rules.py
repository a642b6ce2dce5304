"""The decision as a function of plain values."""

import pytest

from participants.errors import ProgramError
from participants.screening.rules import Decision, change_refusal, decide, request_refusal, words_refusal
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


@pytest.mark.parametrize("answer", ["", "maybe", None])
def test_question_that_nobody_asked_is_refused_and_named(answer):
    with pytest.raises(ProgramError) as refusal:
        decide(CRITERIA, {**GOOD, "prior": answer}, **ADULT)
    sentence = "“Was there a diversion before?” is not answered. Say “not known yet” if it is open."
    assert (refusal.value.message, refusal.value.field) == (sentence, "prior")


def test_unknown_answers_keep_it_open_though_another_speaks_against():
    answers = {"misdemeanor": "no", "prior": "unknown", "fits": "unknown"}
    assert decide(CRITERIA, answers, **ADULT) == Decision(None, False, (), ("prior", "fits"))


def test_every_question_without_an_answer_is_named_though_another_speaks_against():
    with pytest.raises(ProgramError) as refusal:
        decide(CRITERIA, {"misdemeanor": "no"}, **ADULT)
    assert [problem.field for problem in refusal.value.problems] == ["prior", "fits"]


@pytest.mark.parametrize(("at_offense", "today"), [(17, 18), (17, 17), (0, 40)])
def test_under_18_stops_whatever_the_answers(at_offense, today):
    for answers in (GOOD, {}, {**GOOD, "misdemeanor": "no"}, {**GOOD, "prior": "unknown"}):
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
    assert (fits.wanted, fits.reason) == ("yes", "The charge in this case is not one that this program is for.")
    assert "796.07" not in fits.question


@pytest.mark.parametrize("kind", RULES)
def test_every_default_reason_is_there_in_the_languages_of_the_program(kind):
    for criterion in RULES[kind].criteria:
        texts = (criterion.reason, criterion.reason_es, criterion.reason_ht)
        assert all(texts), criterion.key
        assert len(set(texts)) == 3, criterion.key


@pytest.mark.parametrize("kind", RULES)
def test_reasons_say_what_the_program_asks_and_nothing_of_the_person(kind):
    for criterion in RULES[kind].criteria:
        for text in (criterion.reason, criterion.reason_es, criterion.reason_ht):
            for word in ("victim", "víctima", "viktim", "prostitu", "john", "trafic", "buyer", "you "):
                assert word not in text.lower(), (criterion.key, word)


CHANGE = {"eligible": False, "to": True, "youngest_age": 30}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({**CHANGE, "status": "ineligible"}, None),
        ({"eligible": True, "to": False, "youngest_age": 30, "status": "eligible"}, None),
        ({"eligible": True, "to": False, "youngest_age": 30, "status": "declined"}, None),
        ({"eligible": True, "to": False, "youngest_age": 30, "status": "lapsed"}, None),
        ({"eligible": True, "to": False, "youngest_age": None, "status": "eligible"}, None),
        ({"eligible": True, "to": False, "youngest_age": 30, "status": "offered"}, "An offer is open"),
        ({"eligible": True, "to": False, "youngest_age": 30, "status": "accepted"}, "accepted the offer"),
        ({"eligible": True, "to": False, "youngest_age": 30, "status": "placed"}, "accepted the offer"),
        ({**CHANGE, "status": "stopped"}, "No written reason changes that"),
        ({**CHANGE, "status": "handed_off"}, "No written reason changes that"),
        ({**CHANGE, "status": "ineligible", "youngest_age": 17}, "No written reason changes that"),
        ({**CHANGE, "status": "ineligible", "youngest_age": None}, "date of birth is not known"),
        ({**CHANGE, "status": "merged"}, "Same as another"),
        ({**CHANGE, "status": "received", "eligible": None}, "not screened yet"),
        ({**CHANGE, "status": "ineligible", "to": False}, "“not eligible” already"),
        ({**CHANGE, "status": "eligible", "eligible": True}, "“eligible” already"),
    ],
)
def test_where_a_decision_may_be_changed(values, words):
    refusal = change_refusal(**values)
    assert refusal is None if words is None else words in refusal


@pytest.mark.parametrize(
    ("status", "waiting", "refused"),
    [("ineligible", False, False), ("ineligible", True, True), ("eligible", False, True), ("stopped", False, True)],
)
def test_where_a_second_look_may_be_asked_for(status, waiting, refused):
    assert (request_refusal(status=status, waiting=waiting) is not None) is refused


def test_turning_away_needs_a_written_criterion_and_a_reason():
    ask = {"known": ["a", "b"]}

    def fields(**values):
        return [problem.field for problem in words_refusal(**values, **ask)]

    assert fields(to=True, reason="Because.", against=[]) == []
    assert fields(to=False, reason="Because.", against=["a"]) == []
    assert fields(to=False, reason=" ", against=[]) == ["reason", "against"]
    assert fields(to=False, reason="x" * 2001, against=["c"]) == ["reason", "against"]
