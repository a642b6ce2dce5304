"""Times of day on the program's clock, marks and minutes."""

import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participants.errors import ProgramError
from participants.sessions import rules
from participants.sessions.rules import MARKS, PRESENT, Mark

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
FORWARD = datetime.date(2026, 3, 8)  # 02:00 becomes 03:00
BACK = datetime.date(2026, 11, 1)  # 02:00 becomes 01:00


def at(hour: int, minute: int = 0) -> datetime.time:
    return datetime.time(hour, minute)


def utc(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=datetime.UTC)


def test_instant_of_an_ordinary_evening():
    assert rules.instant(datetime.date(2026, 4, 14), at(18), NEW_YORK) == utc(2026, 4, 14, 22)


def test_instant_late_at_night_is_tomorrow_in_utc():
    assert rules.instant(datetime.date(2026, 4, 14), at(23, 30), NEW_YORK) == utc(2026, 4, 15, 3, 30)


def test_time_that_the_clocks_leave_out_is_refused():
    with pytest.raises(ProgramError) as refused:
        rules.instant(FORWARD, at(2, 30), NEW_YORK)
    assert refused.value.message == (
        "The clocks go forward that day and 2:30 AM does not exist. Choose a time before or after it."
    )
    assert refused.value.field == "starts"


def test_end_that_the_clocks_leave_out_is_refused_at_the_end():
    with pytest.raises(ProgramError) as refused:
        rules.planned_times(FORWARD, at(1), at(2, 15), NEW_YORK)
    assert refused.value.field == "ends"


def test_time_that_comes_twice_is_its_first():
    assert rules.instant(BACK, at(1, 30), NEW_YORK) == utc(2026, 11, 1, 5, 30)  # still summer time


@pytest.mark.parametrize(("day", "minutes"), [(FORWARD, 60), (BACK, 180), (datetime.date(2026, 3, 9), 120)])
def test_session_over_a_change_of_clocks_has_its_real_minutes(day, minutes):
    starts_at, ends_at = rules.planned_times(day, at(1), at(3), NEW_YORK)
    assert ends_at - starts_at == datetime.timedelta(minutes=minutes)


@pytest.mark.parametrize("ends", [at(18), at(17, 59), at(0, 30)])
def test_end_before_the_start_is_refused(ends):
    with pytest.raises(ProgramError) as refused:
        rules.planned_times(datetime.date(2026, 4, 14), at(18), ends, NEW_YORK)
    assert (refused.value.field, refused.value.message) == (
        "ends",
        "The end must be after the start, on the same day.",
    )


def test_last_moment_of_the_calendar_is_refused_not_broken():
    with pytest.raises(ProgramError, match="Check the year"):
        rules.instant(datetime.date.max, at(23), NEW_YORK)


@given(day=st.dates(datetime.date(2000, 1, 1), datetime.date(2060, 1, 1)), time=st.times())
def test_instant_keeps_its_local_day_and_time_or_is_refused(day, time):
    try:
        instant = rules.instant(day, time, NEW_YORK)
    except ProgramError:
        assert time.hour == 2 and day.month == 3
    else:
        assert instant.astimezone(NEW_YORK).replace(tzinfo=None) == datetime.datetime.combine(day, time)


@pytest.mark.parametrize("year", [1, 226, 2015, 2029, 9999])
def test_day_of_a_mistyped_year_is_refused(year):
    with pytest.raises(ProgramError, match="Check the year"):
        rules.check_day(datetime.date(year, 5, 1), datetime.date(2026, 5, 1))


@pytest.mark.parametrize("seats", [0, -1, 81])
def test_seats_out_of_range_are_refused(seats):
    with pytest.raises(ProgramError, match="1 to 80 seats"):
        rules.check_seats(seats)


@pytest.mark.parametrize(
    ("mark", "minutes", "reason", "recorded"),
    [
        ("attended", None, "", ("attended", 120, "")),
        ("attended", 90, "", ("attended", 90, "")),
        ("late", 0, "", ("late", 0, "")),
        ("left_early", 120, "rain", ("left_early", 120, "")),
        ("excused", 30, " ill ", ("excused", None, "ill")),
        ("no_show", None, "", ("no_show", None, "")),
        ("cancelled", None, "storm", ("cancelled", None, "storm")),
    ],
)
def test_settled_mark(mark, minutes, reason, recorded):
    assert rules.settled(mark, minutes, reason, 120) == recorded


@pytest.mark.parametrize(
    ("mark", "minutes", "field", "sentence"),
    [
        ("late", None, "minutes", "How many minutes was the person there?"),
        ("left_early", None, "minutes", "How many minutes was the person there?"),
        ("attended", 121, "minutes", "Enter 0 to 120 minutes: the session was planned for 120."),
        ("late", -1, "minutes", "Enter 0 to 120 minutes: the session was planned for 120."),
        ("booked", None, "mark", "Choose one of the marks."),
        ("", None, "mark", "Choose one of the marks."),
    ],
)
def test_mark_that_does_not_hold_is_refused(mark, minutes, field, sentence):
    with pytest.raises(ProgramError) as refused:
        rules.settled(mark, minutes, "", 120)
    assert (refused.value.field, refused.value.message) == (field, sentence)


@given(mark=st.sampled_from(MARKS), minutes=st.integers(0, 240), planned=st.integers(1, 240))
def test_minutes_belong_to_those_present_and_never_exceed_the_plan(mark, minutes, planned):
    try:
        _, recorded, _ = rules.settled(mark, minutes, "", planned)
    except ProgramError:
        assert mark in PRESENT and minutes > planned
    else:
        assert recorded == (minutes if mark in PRESENT else None)


def test_services_never_say_no_show():
    assert rules.described(Mark.NO_SHOW, None, "not met") == "Not met"
    assert rules.described(Mark.NO_SHOW, None, "no-show") == "No-show"
    assert rules.described(Mark.LATE, 1, "no-show") == "Late, 1 minute"
