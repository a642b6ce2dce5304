"""The measures as pure functions, with the figures that PROGRAM.md and published reports give."""

import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participants.reports.rules import (
    Counts,
    Rate,
    Spread,
    days_in_diversion,
    last_quarter,
    nobody_declined,
    rate_of_all_exits,
    rate_of_closed,
    success_rate,
    success_rate_without_withdrawals,
    together,
)

EXAMPLE = Counts(
    referred=120,
    screened=110,
    eligible=80,
    offered=78,
    declined=10,
    placed=68,
    completed=38,
    terminated=6,
    withdrew=4,
    neutral=2,
    active_at_end=18,
)


def made_of(rate: Rate):
    return rate.numerator, rate.denominator, rate.value, rate.percent


def test_worked_example():
    """The same 68 people give four figures by the denominator alone."""
    assert made_of(success_rate(EXAMPLE, "exit")) == (38, 48, Decimal("0.7917"), Decimal("79.2"))
    assert made_of(rate_of_all_exits(EXAMPLE)) == (38, 50, Decimal("0.7600"), Decimal("76.0"))
    without = success_rate_without_withdrawals(EXAMPLE, "exit")
    assert made_of(without) == (38, 44, Decimal("0.8636"), Decimal("86.4"))
    assert made_of(success_rate(EXAMPLE, "entry")) == (38, 68, Decimal("0.5588"), Decimal("55.9"))
    assert made_of(rate_of_closed(EXAMPLE)) == (38, 48, Decimal("0.7917"), Decimal("79.2"))
    assert made_of(success_rate_without_withdrawals(EXAMPLE, "entry")) == (
        38,
        64,
        Decimal("0.5938"),
        Decimal("59.4"),
    )
    assert EXAMPLE.adds_up
    assert EXAMPLE.exits == 50
    assert EXAMPLE.active == 18


def test_published_figure_that_was_wrong():
    """24 of 186 was printed as 12.7 %; it is 12.9 %."""
    assert Rate(24, 186, "").percent == Decimal("12.9")


def test_rate_of_nobody_is_no_number():
    assert made_of(success_rate(Counts(), "exit")) == (0, 0, None, None)
    assert made_of(success_rate(Counts(neutral=3), "exit")) == (0, 0, None, None)


def test_rate_rounds_half_up_and_once():
    assert Rate(1, 32, "").value == Decimal("0.0313")  # 0.03125
    # 0.12345 is 0.1235 in places, and 12.3 per cent, not 12.4.
    assert Rate(2469, 20000, "").value == Decimal("0.1235")
    assert Rate(2469, 20000, "").percent == Decimal("12.3")


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_rate_is_the_nearest_number_of_four_places(numerator, denominator):
    value = Rate(numerator, denominator, "").value
    assert value.as_tuple().exponent == -4
    error = Fraction(value) - Fraction(numerator, denominator)
    assert -Fraction(1, 20_000) < error <= Fraction(1, 20_000)


@pytest.mark.parametrize("cohort", ["exit", "entry"])
def test_every_rate_says_its_formula_in_words(cohort):
    for rate in (
        success_rate(EXAMPLE, cohort),
        success_rate_without_withdrawals(EXAMPLE, cohort),
        rate_of_closed(EXAMPLE),
        rate_of_all_exits(EXAMPLE),
    ):
        assert rate.formula.startswith("completed / ")


def test_lapsed_people_are_in_the_denominator():
    """Stopping to come counts as withdrew: a track that lost half of its people does not succeed 100 %."""
    assert success_rate(Counts(completed=5, withdrew=5), "exit").percent == Decimal("50.0")


@pytest.mark.parametrize(
    ("days", "spread"),
    [
        ([], Spread(None, None, 0)),
        ([0], Spread(Decimal(0), 0, 1)),
        ([10, 1], Spread(Decimal("5.5"), 10, 2)),
        ([3, 1, 2], Spread(Decimal(2), 3, 3)),
        (list(range(1, 11)), Spread(Decimal("5.5"), 9, 10)),
        (list(range(1, 101)), Spread(Decimal("50.5"), 90, 100)),
    ],
)
def test_days_in_diversion(days, spread):
    assert days_in_diversion(days) == spread


@given(st.lists(st.integers(0, 400), min_size=1))
def test_p90_is_the_smallest_that_nine_of_ten_do_not_exceed(days):
    p90 = days_in_diversion(days).p90
    assert sum(day <= p90 for day in days) * 10 >= len(days) * 9
    assert sum(day < p90 for day in days) * 10 < len(days) * 9


def test_groups_add_up_to_their_total():
    one, two = Counts(referred=474, days=(1, 2)), Counts(referred=386, days=(3,))
    assert together([one, two]) == Counts(referred=860, days=(1, 2, 3))


def test_nobody_declining_is_an_alarm():
    assert nobody_declined(Counts(offered=12))
    assert not nobody_declined(Counts(offered=12, declined=1))
    assert not nobody_declined(Counts())


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        ("2026-01-01", "2025-10-01", "2025-12-31"),
        ("2026-03-31", "2025-10-01", "2025-12-31"),
        ("2026-04-01", "2026-01-01", "2026-03-31"),
        ("2024-06-30", "2024-01-01", "2024-03-31"),
        ("2026-12-31", "2026-07-01", "2026-09-30"),
    ],
)
def test_last_quarter(today, first, last):
    day = datetime.date.fromisoformat
    assert last_quarter(day(today)) == (day(first), day(last))
