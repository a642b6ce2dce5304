"""What an offer, a decision and an agreement must hold, on plain values."""

import datetime

import pytest

from participants.consent.rules import (
    DECISION_MOVES,
    Decision,
    agreement_refusal,
    amendment_refusal,
    decision_refusal,
    end_of_day,
    hours_after,
    offer_refusal,
    terms_refusal,
    text_refusal,
)
from tests.builders import NEW_YORK, at


def day(number: int) -> datetime.date:
    """Day `number` of April 2026, in which no clocks change; the 10th is today."""
    return datetime.date(2026, 4, number)


def noon(number: int) -> datetime.datetime:
    return at(day(number))


NOW = noon(10)


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
        ({"made_at": NOW}, None),
        ({"made_at": NOW + datetime.timedelta(minutes=1), "decide_by": day(20)}, "made_at"),
        ({"made_at": at(day(1), 23, 59)}, "made_at"),
        ({"made_at": at(day(2), 0)}, "made_at"),  # before the screening
        ({"made_at": at(day(2), 0), "screened_on": None}, None),
        ({"made_at": at(day(4), 0)}, None),
        ({"made_at": at(day(3), 23, 59)}, "made_at"),
        ({"earlier_ended_at": at(day(5), 13)}, "made_at"),
        ({"earlier_ended_at": at(day(5), 12)}, None),
        ({"decide_by": day(5)}, "decide_by"),
        ({"decide_by": day(4)}, "decide_by"),
        ({"decide_by": day(6)}, None),
        ({"made_at": at(day(5), 0), "decide_by": day(5)}, "decide_by"),
        ({"made_at": at(day(5), 23, 59), "decide_by": day(6)}, None),
        ({"decide_by": datetime.date(2206, 4, 6)}, "decide_by"),
    ],
)
def test_times_of_an_offer(over, field):
    values = {
        "made_at": noon(5),
        "decide_by": day(12),
        "zone": NEW_YORK,
        "received_on": day(2),
        "screened_on": day(4),
        "earlier_ended_at": None,
        "now": NOW,
    }
    refusal = offer_refusal(**{**values, **over})
    assert (refusal and refusal[0]) == field


SPRING, AUTUMN = datetime.date(2026, 3, 8), datetime.date(2026, 11, 1)  # clocks go forward, and back, at 2 o'clock
DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize(
    ("made_at", "decide_by", "fits"),
    [
        # The day on which clocks go forward has 23 hours: from the evening before, its end is too early.
        (at(SPRING - DAY, 23, 30), SPRING, False),
        (at(SPRING - DAY, 22, 59), SPRING, True),
        (at(SPRING, 0, 30), SPRING + DAY, True),
        # The day on which they go back has 25.
        (at(AUTUMN, 0, 30), AUTUMN, False),  # the same day is never enough
        (at(AUTUMN - DAY, 23, 59), AUTUMN, True),
    ],
)
def test_time_to_decide_is_real_time(made_at, decide_by, fits):
    refusal = offer_refusal(
        made_at=made_at,
        decide_by=decide_by,
        zone=NEW_YORK,
        received_on=made_at.date() - 3 * DAY,
        screened_on=None,
        earlier_ended_at=None,
        now=made_at,
    )
    assert (refusal is None) is fits


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (at(day(5), 23, 30), at(day(6), 23, 29), "23 hours"),
        (at(day(5), 23, 30), at(day(6), 23, 30), "24 hours"),
        (at(day(5), 23, 30), at(day(6), 0, 15), "45 minutes"),
        (at(day(5), 23, 30), at(day(6), 0, 30), "1 hour"),
        (at(day(5), 23, 30), at(day(5), 23, 30), "0 minutes"),
        (at(SPRING - DAY), at(SPRING), "23 hours"),
        (at(SPRING, 1, 59), at(SPRING, 3, 1), "2 minutes"),
        (at(AUTUMN - DAY), at(AUTUMN), "25 hours"),
        (at(AUTUMN, 0, 30), at(AUTUMN, 2, 30), "3 hours"),
    ],
)
def test_hours_are_counted_across_midnight_and_clock_changes(start, end, words):
    assert hours_after(start, end) == words
    # The same instants, as local times of one zone whose clocks' faces differ by more or less.
    assert hours_after(start.astimezone(NEW_YORK), end.astimezone(NEW_YORK)) == words


@pytest.mark.parametrize(("on", "hours"), [(day(5), 24), (SPRING, 23), (AUTUMN, 25)])
def test_a_day_ends_at_the_next_midnight(on, hours):
    assert end_of_day(on, NEW_YORK) - at(on, 0) == datetime.timedelta(hours=hours)


ACCEPT = {
    "stands": "waiting",
    "to": "accepted",
    "made_at": noon(5),
    "decide_by": day(8),
    "decided_before": None,
    "decided_at": noon(7),
    "zone": NEW_YORK,
    "counsel": "consulted",
    "counsel_on": day(6),
    "counsel_name": "Dana Webb",
    "asked_to_sign_now": False,
    "offense_on": day(1),
    "latest": True,
    "now": NOW,
}
# The sweep came by the day after the last day; the answer was given before.
LAPSED = {**ACCEPT, "stands": "lapsed", "decided_before": at(day(9), 0)}


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({}, None),
        ({"counsel": "declined", "counsel_name": ""}, None),
        ({"counsel": "declined"}, "counsel_name"),
        ({"counsel_name": "  "}, "counsel_name"),
        ({"counsel_on": day(7)}, None),
        ({"counsel_on": day(1)}, None),
        ({"counsel_on": datetime.date(2026, 3, 31)}, "counsel_on"),
        ({"decided_at": at(day(8), 23, 59)}, None),
        ({"decided_at": noon(6)}, None),
        ({"decided_at": at(day(6), 11, 59)}, "decided_at"),  # one minute less than 24 hours
        ({"decided_at": at(day(6), 11, 59), "asked_to_sign_now": True}, None),
        ({"decided_at": noon(5), "counsel_on": day(5), "asked_to_sign_now": True}, None),
        ({"counsel": ""}, "counsel"),
        ({"counsel": "perhaps"}, "counsel"),
        ({"counsel_on": None}, "counsel_on"),
        ({"counsel_on": day(8)}, "counsel_on"),
        ({"decided_at": at(day(5), 11, 59)}, "decided_at"),
        ({"decided_at": at(day(9), 0)}, "decided_at"),
        ({"decided_at": NOW + datetime.timedelta(minutes=1)}, "decided_at"),
    ],
)
def test_accepting_needs_time_and_the_counsel_answer(over, field):
    refusal = decision_refusal(**{**ACCEPT, **over})
    assert (refusal and refusal[0]) == field


@pytest.mark.parametrize(
    ("made_at", "decided_at", "fits"),
    [
        (at(day(5), 23, 30), at(day(6), 23, 30), True),
        (at(day(5), 23, 30), at(day(6), 23, 29), False),
        (at(SPRING - DAY), at(SPRING, 12), False),  # noon to noon, but 23 hours
        (at(SPRING - DAY), at(SPRING, 13), True),
        (at(AUTUMN - DAY), at(AUTUMN, 11), True),  # 24 hours, and the clock says 23
        (at(AUTUMN - DAY), at(AUTUMN, 10, 59), False),
    ],
)
def test_24_hours_are_24_hours(made_at, decided_at, fits):
    on = made_at.astimezone(NEW_YORK).date()
    over = {"decide_by": on + 7 * DAY, "counsel_on": on, "offense_on": on, "now": decided_at}
    refusal = decision_refusal(**{**ACCEPT, **over, "made_at": made_at, "decided_at": decided_at})
    assert (refusal is None) is fits


@pytest.mark.parametrize(
    "over",
    [
        {},
        {"decided_at": noon(10)},
        {"decided_at": noon(5)},  # at once
        {"stands": "accepted", "decided_before": noon(6)},
    ],
)
def test_declining_asks_for_nothing_but_when(over):
    nothing = {"counsel": "", "counsel_on": None, "counsel_name": ""}
    assert decision_refusal(**{**ACCEPT, "to": "declined", **nothing, **over}) is None


@pytest.mark.parametrize("to", ["accepted", "declined"])
@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({}, None),
        ({"decided_at": at(day(8), 23, 59)}, None),
        ({"decided_at": at(day(9), 0)}, "decided_at"),
        ({"decided_at": noon(4)}, "decided_at"),
        ({"latest": False}, "decision"),
    ],
)
def test_an_answer_in_time_holds_after_the_offer_has_lapsed(to, over, field):
    refusal = decision_refusal(**{**LAPSED, "to": to, **over})
    assert (refusal and refusal[0]) == field


def test_a_change_of_mind_comes_after_the_first_answer():
    refusal = decision_refusal(
        **{**ACCEPT, "stands": "accepted", "to": "declined", "decided_before": noon(7), "decided_at": noon(6)}
    )
    assert refusal[0] == "decided_at"


@pytest.mark.parametrize("stands", list(Decision))
@pytest.mark.parametrize("to", list(Decision))
def test_decisions_follow_the_table(stands, to):
    """Lapsing is the sweep's, so nobody records it by hand."""
    refusal = decision_refusal(**{**ACCEPT, "stands": stands, "to": to})
    assert (refusal is None) is (to in DECISION_MOVES[stands] and to != Decision.LAPSED)


SIGN = {
    "decision": "accepted",
    "made_at": noon(5),
    "decided_at": noon(7),
    "asked_to_sign_now": False,
    "signed_at": noon(8),
    "now": NOW,
    "zone": NEW_YORK,
}


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({}, None),
        ({"signed_at": noon(7)}, None),
        ({"decision": "waiting", "decided_at": None}, ""),
        ({"decision": "declined"}, ""),
        ({"decision": "lapsed"}, ""),
        ({"signed_at": at(day(7), 11, 59)}, "signed_at"),
        ({"signed_at": NOW + datetime.timedelta(minutes=1)}, "signed_at"),
        ({"made_at": noon(7), "signed_at": at(day(8), 11, 59)}, "signed_at"),
        ({"made_at": noon(7), "signed_at": at(day(8), 11, 59), "asked_to_sign_now": True}, None),
    ],
)
def test_agreement_needs_acceptance_and_time(over, field):
    refusal = agreement_refusal(**{**SIGN, **over})
    assert (refusal and refusal[0]) == field


TERMS = {
    "signed_on": day(8),
    "speedy_trial_waived": True,
    "waived_until": datetime.date(2026, 9, 1),
    "term_ends_on": datetime.date(2026, 9, 1),
    "monitoring_ends_on": None,
}


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({}, None),
        ({"waived_until": datetime.date(2026, 12, 1)}, None),
        ({"speedy_trial_waived": False}, "speedy_trial_waived"),
        ({"term_ends_on": day(8)}, "term_ends_on"),
        ({"term_ends_on": datetime.date(2206, 9, 1)}, "term_ends_on"),
        ({"waived_until": datetime.date(2026, 8, 31)}, "waived_until"),
        ({"waived_until": datetime.date(2206, 9, 1)}, "waived_until"),
        ({"monitoring_ends_on": datetime.date(2026, 8, 31)}, "monitoring_ends_on"),
        ({"monitoring_ends_on": datetime.date(2206, 8, 31)}, "monitoring_ends_on"),
        ({"monitoring_ends_on": datetime.date(2026, 9, 1)}, None),
        ({"monitoring_ends_on": datetime.date(2026, 9, 2)}, "waived_until"),
        ({"monitoring_ends_on": datetime.date(2027, 3, 1), "waived_until": datetime.date(2027, 3, 1)}, None),
    ],
)
def test_waiver_covers_term_and_monitoring(over, field):
    refusal = terms_refusal(**{**TERMS, **over})
    assert (refusal and refusal[0]) == field


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({}, None),
        ({"signed_at": noon(7)}, None),
        ({"withdrawn": True}, ""),
        ({"standing": False}, ""),
        ({"signed_at": at(day(7), 11, 59)}, "signed_at"),
        ({"signed_at": NOW + datetime.timedelta(minutes=1)}, "signed_at"),
    ],
)
def test_a_new_version_follows_one_that_stands(over, field):
    values = {"withdrawn": False, "standing": True, "signed_before": noon(7), "signed_at": noon(9)}
    refusal = amendment_refusal(**{**values, "now": NOW, "zone": NEW_YORK, **over})
    assert (refusal and refusal[0]) == field
