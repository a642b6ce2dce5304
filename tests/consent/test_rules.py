"""What an offer, a decision and an agreement must hold, on plain values."""

import datetime

import pytest

from participants.consent.rules import (
    DECISION_MOVES,
    Decision,
    agreement_refusal,
    decision_refusal,
    offer_refusal,
    text_refusal,
)


def day(number: int) -> datetime.date:
    """Day `number` of March 2026; the 10th is today."""
    return datetime.date(2026, 3, number)


TODAY = day(10)


@pytest.mark.parametrize(
    ("language", "text_language", "interpreter", "field"),
    [
        ("en", "en", "", None),
        ("ht", "ht", "Jean Baptiste", None),
        ("es", "en", "Ana Luz", "text"),
        ("pt", "es", "", "interpreter"),
        ("pt", "es", "   ", "interpreter"),
        ("pt", "es", "Ana Luz", None),
    ],
)
def test_text_serves_the_language(language, text_language, interpreter, field):
    refusal = text_refusal(
        language=language, text_language=text_language, available={"en", "es", "ht"}, interpreter=interpreter
    )
    assert (refusal and refusal[0]) == field


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({}, None),
        ({"made_on": TODAY}, None),
        ({"made_on": day(11), "decide_by": day(20)}, "made_on"),
        ({"made_on": day(1)}, "made_on"),
        ({"earlier_ended_on": day(6)}, "made_on"),
        ({"earlier_ended_on": day(5)}, None),
        ({"decide_by": day(5)}, "decide_by"),
        ({"decide_by": day(4)}, "decide_by"),
        ({"decide_by": day(6)}, None),
        ({"decide_by": datetime.date(2206, 3, 6)}, "decide_by"),
    ],
)
def test_days_of_an_offer(over, field):
    values = {
        "made_on": day(5),
        "decide_by": day(12),
        "received_on": day(2),
        "earlier_ended_on": None,
        "today": TODAY,
    }
    refusal = offer_refusal(**{**values, **over})
    assert (refusal and refusal[0]) == field


ACCEPT = {
    "now": "waiting",
    "to": "accepted",
    "made_on": day(5),
    "decide_by": day(8),
    "decided_before": None,
    "decided_on": day(7),
    "counsel": "consulted",
    "counsel_on": day(6),
    "offense_on": day(1),
    "latest": True,
    "today": TODAY,
}
# The sweep came by the day after the last day; the answer was given before.
LAPSED = {**ACCEPT, "now": "lapsed", "decided_before": day(9)}


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({}, None),
        ({"counsel": "declined"}, None),
        ({"counsel_on": day(7)}, None),
        ({"counsel_on": day(1)}, None),
        ({"counsel_on": datetime.date(2026, 2, 28)}, "counsel_on"),
        ({"decided_on": day(8)}, None),
        ({"decided_on": day(5), "counsel_on": day(5)}, None),
        ({"counsel": ""}, "counsel"),
        ({"counsel": "perhaps"}, "counsel"),
        ({"counsel_on": None}, "counsel_on"),
        ({"counsel_on": day(8)}, "counsel_on"),
        ({"decided_on": day(4)}, "decided_on"),
        ({"decided_on": day(9)}, "decided_on"),
        ({"decided_on": day(11)}, "decided_on"),
    ],
)
def test_accepting_needs_the_counsel_answer_and_its_days(over, field):
    refusal = decision_refusal(**{**ACCEPT, **over})
    assert (refusal and refusal[0]) == field


@pytest.mark.parametrize("over", [{}, {"decided_on": day(10)}, {"now": "accepted", "decided_before": day(6)}])
def test_declining_asks_for_nothing_but_its_day(over):
    assert decision_refusal(**{**ACCEPT, "to": "declined", "counsel": "", "counsel_on": None, **over}) is None


@pytest.mark.parametrize("to", ["accepted", "declined"])
@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({}, None),
        ({"decided_on": day(8)}, None),
        ({"decided_on": day(9)}, "decided_on"),
        ({"decided_on": day(4)}, "decided_on"),
        ({"latest": False}, "decision"),
    ],
)
def test_an_answer_in_time_holds_after_the_offer_has_lapsed(to, over, field):
    refusal = decision_refusal(**{**LAPSED, "to": to, **over})
    assert (refusal and refusal[0]) == field


def test_a_change_of_mind_comes_after_the_first_answer():
    refusal = decision_refusal(
        **{**ACCEPT, "now": "accepted", "to": "declined", "decided_before": day(7), "decided_on": day(6)}
    )
    assert refusal[0] == "decided_on"


@pytest.mark.parametrize("now", list(Decision))
@pytest.mark.parametrize("to", list(Decision))
def test_decisions_follow_the_table(now, to):
    """Lapsing is the sweep's, so nobody records it by hand."""
    refusal = decision_refusal(**{**ACCEPT, "now": now, "to": to})
    assert (refusal is None) is (to in DECISION_MOVES[now] and to != Decision.LAPSED)


SIGN = {
    "decision": "accepted",
    "decided_on": day(7),
    "signed_on": day(8),
    "speedy_trial_waived": True,
    "waived_until": datetime.date(2026, 9, 1),
    "term_ends_on": datetime.date(2026, 9, 1),
    "today": TODAY,
}


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({}, None),
        ({"signed_on": day(7)}, None),
        ({"waived_until": datetime.date(2026, 12, 1)}, None),
        ({"decision": "waiting", "decided_on": None}, ""),
        ({"decision": "declined"}, ""),
        ({"decision": "lapsed"}, ""),
        ({"signed_on": day(6)}, "signed_on"),
        ({"signed_on": day(11)}, "signed_on"),
        ({"speedy_trial_waived": False}, "speedy_trial_waived"),
        ({"term_ends_on": day(8)}, "term_ends_on"),
        ({"term_ends_on": datetime.date(2206, 9, 1)}, "term_ends_on"),
        ({"waived_until": datetime.date(2026, 8, 31)}, "waived_until"),
        ({"waived_until": datetime.date(2206, 9, 1)}, "waived_until"),
    ],
)
def test_agreement_needs_acceptance_waiver_and_term(over, field):
    refusal = agreement_refusal(**{**SIGN, **over})
    assert (refusal and refusal[0]) == field
