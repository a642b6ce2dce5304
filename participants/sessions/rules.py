"""Rules of sessions and attendance: kinds, times, marks and minutes. Pure decisions on plain values."""

import datetime
import zoneinfo
from dataclasses import dataclass
from uuid import UUID

from django.db.models import TextChoices
from django.utils.dateformat import time_format

from participants.errors import ProgramError


class Kind(TextChoices):
    CLASS = "class", "Class"
    GROUP = "group", "Group"
    INDIVIDUAL = "individual", "Individual"
    CHECK_IN = "check_in", "Check-in"
    COMMUNITY_SERVICE = "community_service", "Community-service shift"


# Kinds that are logged for one person after they took place.
LOGGED = (Kind.INDIVIDUAL, Kind.CHECK_IN, Kind.COMMUNITY_SERVICE)


class State(TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    HELD = "held", "Held"
    CANCELLED = "cancelled", "Cancelled"


class Mark(TextChoices):
    """One participant's record at one session; `booked` until it is taken."""

    BOOKED = "booked", "Booked"
    ATTENDED = "attended", "Present"
    LATE = "late", "Late"
    LEFT_EARLY = "left_early", "Left early"
    EXCUSED = "excused", "Excused"
    NO_SHOW = "no_show", "No-show"
    CANCELLED = "cancelled", "Cancelled"


# Marks of people who were there: only these carry minutes and can earn credit.
PRESENT = frozenset({Mark.ATTENDED, Mark.LATE, Mark.LEFT_EARLY})
# What can be recorded, in the order of the roster.
MARKS = (Mark.ATTENDED, Mark.LATE, Mark.LEFT_EARLY, Mark.EXCUSED, Mark.NO_SHOW, Mark.CANCELLED)

MOST_SEATS = 80
LONGEST_MINUTES = 16 * 60
YEARS_AHEAD = 2
YEARS_BACK = 10


class Visibility(TextChoices):
    CASE = "case", "Track staff"
    PRIVILEGED = "privileged", "Privileged: author and clinical supervisor"


@dataclass(frozen=True)
class Attended:
    """One session that a person attended: a fact that progress is computed from."""

    enrollment_id: UUID
    kind: str
    on: datetime.date
    name: str
    minutes: int


def mark_word(mark: str, missed_word: str) -> str:
    """How a mark reads in a track: the services track says "Not met", never "No-show"."""
    return missed_word.capitalize() if mark == Mark.NO_SHOW else str(Mark(mark).label)


def described(mark: str, minutes: int | None, missed_word: str) -> str:
    """A mark with its minutes: "Late, 40 minutes"."""
    word = mark_word(mark, missed_word)
    return word if minutes is None else f"{word}, {in_minutes(minutes)}"


def clock(time: datetime.time | datetime.datetime) -> str:
    """A time of day as it is written here: 6:30 PM."""
    return time_format(time, "g:i A")


def in_minutes(minutes: int) -> str:
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def instant(day: datetime.date, time: datetime.time, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The instant, in UTC, of a local time on a local day.

    Where clocks go back a time comes twice: the first is meant. Where they go forward an hour is left out:
    a time in it is refused.
    """
    local = datetime.datetime.combine(day, time, tzinfo=zone)
    try:
        utc = local.astimezone(datetime.UTC)
        there_and_back = utc.astimezone(zone)
    except OverflowError as error:
        raise ProgramError("Check the year of the date.", field="held_on") from error
    if there_and_back.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ProgramError(
            f"The clocks go forward that day and {clock(time)} does not exist. Choose a time before or after it.",
            field="starts",
        )
    return utc


def planned_times(
    held_on: datetime.date, starts: datetime.time, ends: datetime.time, zone: zoneinfo.ZoneInfo
) -> tuple[datetime.datetime, datetime.datetime]:
    """Start and end of a session as instants. Both lie on the session's own local day."""
    if ends <= starts:
        raise ProgramError("The end must be after the start, on the same day.", field="ends")
    starts_at = instant(held_on, starts, zone)
    try:
        ends_at = instant(held_on, ends, zone)
    except ProgramError as error:
        raise ProgramError(error.message, field="ends") from error
    return starts_at, ends_at


def check_day(held_on: datetime.date, today: datetime.date) -> None:
    """A session's day must be near enough to be meant; a mistyped year is not."""
    if not today.year - YEARS_BACK <= held_on.year <= today.year + YEARS_AHEAD:
        raise ProgramError("Check the year of the date.", field="held_on")


def check_seats(capacity: int | None) -> None:
    if capacity is not None and not 1 <= capacity <= MOST_SEATS:
        raise ProgramError(f"A session has 1 to {MOST_SEATS} seats.", field="capacity")


def credited_minutes(mark: str, minutes: int | None, planned: int) -> int | None:
    """The minutes that a mark carries: those actually attended, at most what was planned; None for the absent.

    Present without minutes is the whole session; who was late or left early has them counted.
    """
    if mark not in PRESENT:
        return None
    if minutes is None:
        if mark != Mark.ATTENDED:
            raise ProgramError("How many minutes was the person there?", field="minutes")
        return planned
    if not 0 <= minutes <= planned:
        raise ProgramError(f"Enter 0 to {planned} minutes: the session was planned for {planned}.", field="minutes")
    return minutes


def settled(mark: str, minutes: int | None, reason: str, planned: int) -> tuple[str, int | None, str]:
    """A mark, its minutes and its reason as they are recorded; a reason belongs to an absence."""
    if mark not in MARKS:
        raise ProgramError("Choose one of the marks.", field="mark")
    return mark, credited_minutes(mark, minutes, planned), "" if mark in PRESENT else reason.strip()
