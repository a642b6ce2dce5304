"""Progress from facts: exact sums, the day on which it was met, and what is missing in words."""

import datetime
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participants.errors import ProgramError
from participants.requirements import rules
from participants.requirements.rules import Asked, Counted, Earned, Kind, all_met, progress
from participants.sessions.rules import Attended

START = datetime.date(2026, 3, 12)
STAY = uuid.UUID(int=1)


def day(number: int) -> datetime.date:
    return START + datetime.timedelta(days=number)


def asked(kind: str, quantity, **over) -> Asked:
    return Asked(id=STAY, kind=kind, title="Title", quantity=Decimal(quantity), asked_on=START, **over)


def attended(number: int, minutes: int, kind: str = "class", name: str = "Class") -> Attended:
    return Attended(STAY, kind, day(number), name, minutes)


def test_class_hours_count_the_minutes_attended():
    facts = [
        attended(1, 120, name="Class 1"),
        attended(8, 90, name="Class 2"),
        attended(9, 60, "individual", "Individual"),
    ]
    found = progress(asked(Kind.CLASS_HOURS, 8), facts, [])
    assert found.counting == (
        Counted(day(1), "Class 1, 120 minutes", Decimal(2)),
        Counted(day(8), "Class 2, 90 minutes", Decimal("1.5")),
    )
    assert (found.done, found.needed, found.met, found.met_on) == (Decimal("3.5"), Decimal(8), False, None)
    assert (found.text, found.missing) == ("3.5 of 8 hours", "4.5 hours are missing.")


def test_three_times_twenty_minutes_are_an_hour():
    found = progress(asked(Kind.CLASS_HOURS, 1), [attended(n, 20) for n in range(3)], [])
    assert (found.done, found.met, found.met_on, found.missing) == (Decimal(1), True, day(2), "")
    assert [counted.quantity for counted in found.counting] == [Decimal("0.33"), Decimal("0.33"), Decimal("0.34")]


def test_hours_are_never_rounded_up():
    found = progress(asked(Kind.CLASS_HOURS, 1), [attended(n, 19) for n in range(3)] + [attended(4, 2)], [])
    assert (found.done, found.met, found.missing) == (Decimal("0.98"), False, "0.02 hours are missing.")


def test_someone_present_for_no_minute_earns_no_hours():
    assert progress(asked(Kind.CLASS_HOURS, 1), [attended(1, 0)], []).counting == ()


def test_met_on_the_day_on_which_the_total_reached_it_whatever_the_order_of_recording():
    facts = [attended(20, 120), attended(5, 120), attended(12, 120)]
    found = progress(asked(Kind.CLASS_HOURS, 4), facts, [])
    assert (found.met, found.met_on, found.done) == (True, day(12), Decimal(6))


def test_community_service_adds_shifts_and_verified_hours():
    found = progress(
        asked(Kind.COMMUNITY_SERVICE_HOURS, 20),
        [attended(3, 240, "community_service", "Beach"), attended(4, 120)],
        [Earned(day(2), Decimal("7.25"))],
    )
    assert found.counting == (
        Counted(day(2), "7.25 hours verified", Decimal("7.25")),
        Counted(day(3), "Beach, 240 minutes", Decimal(4)),
    )
    assert found.missing == "8.75 hours are missing."


def test_fee_is_paid_in_parts():
    found = progress(
        asked(Kind.FEE, 200), [attended(1, 120)], [Earned(day(1), Decimal(50)), Earned(day(2), Decimal("99.50"))]
    )
    assert [counted.text for counted in found.counting] == ["$50 paid", "$99.50 paid"]
    assert (found.text, found.missing) == ("$149.50 of $200", "$50.50 is not paid yet.")


def test_sessions_of_own_choice_count_one_each_of_any_kind():
    facts = [
        attended(1, 5, "check_in", "Check-in"),
        attended(1, 90, "group", "Group"),
        attended(2, 0, "individual", "Individual"),
    ]
    found = progress(asked(Kind.OWN_CHOICE_SESSIONS, 4), facts, [])
    assert [counted.text for counted in found.counting] == ["Check-in", "Group", "Individual"]
    assert (found.text, found.missing) == ("3 of 4 sessions", "1 session is missing.")


def test_waived_requirement_asks_for_nothing_more():
    found = progress(asked(Kind.FEE, 200, waived_on=day(3)), [], [Earned(day(1), Decimal(200))])
    assert (found.waived, found.met, found.met_on, found.missing, found.is_open) == (True, False, None, "", False)


def test_reduced_requirement_is_met_when_the_total_reached_what_is_asked_now():
    found = progress(
        asked(Kind.CLASS_HOURS, 4, reduced_from=Decimal("8.00")), [attended(n, 120) for n in (1, 2, 3)], []
    )
    assert (found.met_on, found.reduced_text) == (day(2), "8 hours")


def test_nothing_asked_is_met_from_the_start():
    assert progress(asked(Kind.CLASS_HOURS, 0), [], []).met_on == START


HOURS = st.sampled_from([Kind.CLASS_HOURS, Kind.COMMUNITY_SERVICE_HOURS])
KINDS = st.sampled_from(["class", "community_service", "individual", "group", "check_in"])
FACTS = st.lists(st.builds(attended, st.integers(0, 60), st.integers(0, 240), KINDS), max_size=12)
CENTS = st.decimals(min_value="0.01", max_value="500", places=2)
CREDITS = st.lists(
    st.builds(lambda number, quantity: Earned(day(number), quantity), st.integers(0, 60), CENTS), max_size=8
)


@given(kind=st.sampled_from(Kind), quantity=CENTS, facts=FACTS, credits=CREDITS)
def test_lines_add_up_to_the_total_and_the_total_decides(kind, quantity, facts, credits):
    found = progress(asked(kind, quantity), facts, credits)
    assert sum((counted.quantity for counted in found.counting), Decimal(0)) == found.done
    assert found.met == (found.done >= quantity)
    assert [counted.on for counted in found.counting] == sorted(counted.on for counted in found.counting)
    if found.met:
        before = [counted.quantity for counted in found.counting if counted.on < found.met_on]
        until = [counted.quantity for counted in found.counting if counted.on <= found.met_on]
        assert sum(before, Decimal(0)) < quantity <= sum(until, Decimal(0))
    else:
        assert found.missing.startswith(rules.amount(kind, quantity - found.done))


@given(facts=FACTS, more=FACTS, kind=HOURS)
def test_more_attendance_never_means_less_progress(facts, more, kind):
    fewer, greater = (progress(asked(kind, 4), rows, []) for rows in (facts, facts + more))
    assert fewer.done <= greater.done
    assert not fewer.met or (greater.met and greater.met_on <= fewer.met_on)


@given(facts=FACTS, kind=HOURS)
def test_hours_are_the_exact_minutes_cut_to_hundredths(facts, kind):
    minutes = sum(fact.minutes for fact in facts if fact.kind == rules.HOURS_FROM[kind])
    assert progress(asked(kind, 4), facts, []).done == Decimal(minutes * 100 // 60) / 100


def settled(kind=Kind.CLASS_HOURS, *, met_on=None, waived_on=None):
    minutes = [attended((met_on - START).days, 60)] if met_on else []
    return progress(asked(kind, 1, waived_on=waived_on), minutes, [])


def test_all_met_is_the_day_of_the_last():
    assert all_met([settled(met_on=day(3)), settled(met_on=day(9)), settled(waived_on=day(5))]) == day(9)
    assert all_met([settled(waived_on=day(12)), settled(met_on=day(9))]) == day(12)


def test_all_met_waits_for_what_is_open_but_never_for_the_fee():
    assert all_met([settled(met_on=day(3)), settled()]) is None
    assert all_met([settled(met_on=day(3)), settled(Kind.FEE)]) == day(3)
    assert all_met([]) is None


@pytest.mark.parametrize("kind", ["class_hours", "own_choice_sessions"])
def test_sessions_are_not_credited_by_hand(kind):
    with pytest.raises(ProgramError, match="counts sessions attended"):
        rules.check_credit(kind, Decimal(1), day(1), placed_on=START, today=day(2))


@pytest.mark.parametrize(
    ("quantity", "on", "field"),
    [
        (0, day(1), "quantity"),
        (-5, day(1), "quantity"),
        (1, day(3), "earned_on"),
        (1, day(-1), "earned_on"),
    ],
)
def test_credit_that_does_not_hold_is_refused(quantity, on, field):
    with pytest.raises(ProgramError) as refused:
        rules.check_credit("fee", Decimal(quantity), on, placed_on=START, today=day(2))
    assert refused.value.field == field


@pytest.mark.parametrize("quantity", [None, Decimal(0), Decimal(8), Decimal(9)])
def test_reduction_asks_for_less_but_not_for_nothing(quantity):
    with pytest.raises(ProgramError) as refused:
        rules.check_reduction(Decimal(8), quantity)
    assert refused.value.field == "quantity"


def test_services_ask_for_nothing_that_names_a_service():
    kinds = frozenset({"own_choice_sessions", "fee"})
    rules.check_may_ask("own_choice_sessions", "", kinds=kinds, may_name_service=False)
    with pytest.raises(ProgramError, match="names no service"):
        rules.check_may_ask("own_choice_sessions", "Therapy", kinds=kinds, may_name_service=False)
    with pytest.raises(ProgramError, match="does not ask"):
        rules.check_may_ask("class_hours", "", kinds=kinds, may_name_service=False)
