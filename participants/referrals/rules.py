"""Rules of a referral: its states, ages, charges, dates. Pure decisions on plain values."""

import datetime
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from django.db.models import TextChoices

from participants.errors import Problem

ADULT = 18  # s. 796.07 Fla. Stat. as amended by ch. 2016-24: minors cannot be charged and are victims
HOTLINE = "1-800-962-2873"  # Florida Abuse Hotline; any person must report, s. 39.201
EARLIEST = datetime.date(1900, 1, 1)
OLDEST = 110
COURT_YEARS = 20  # a court date further away is a slip of the pen
NOT_HERE = "This charge belongs to the program's other track. Nothing was stored."


class Status(TextChoices):
    """Where a referral stands on its way."""

    RECEIVED = "received", "Received"
    STOPPED = "stopped", "Stopped: under 18"
    INELIGIBLE = "ineligible", "Not eligible"
    ELIGIBLE = "eligible", "Eligible"
    OFFERED = "offered", "Offer made"
    DECLINED = "declined", "Declined"
    LAPSED = "lapsed", "Offer lapsed"
    ACCEPTED = "accepted", "Accepted"
    PLACED = "placed", "Placed"
    MERGED = "merged", "Same as another"
    HANDED_OFF = "handed_off", "Handed off"


# A declined or lapsed offer may be made again: declining is a normal outcome, not a door that closes.
# Nothing leads out of STOPPED but a corrected date, after which the referral stands where it stood (`standing`).
MOVES: dict[str, set[str]] = {
    Status.RECEIVED: {Status.STOPPED, Status.INELIGIBLE, Status.ELIGIBLE, Status.MERGED},
    Status.STOPPED: {Status.HANDED_OFF},
    # A screening may be decided otherwise, with a written reason, while no offer is open or accepted.
    Status.INELIGIBLE: {Status.ELIGIBLE, Status.ACCEPTED, Status.STOPPED},
    Status.ELIGIBLE: {Status.OFFERED, Status.INELIGIBLE, Status.STOPPED},
    Status.OFFERED: {Status.ACCEPTED, Status.DECLINED, Status.LAPSED, Status.STOPPED},
    Status.DECLINED: {Status.OFFERED, Status.INELIGIBLE, Status.STOPPED},
    # An answer that was given in time may be entered after the sweep.
    Status.LAPSED: {Status.OFFERED, Status.ACCEPTED, Status.DECLINED, Status.INELIGIBLE, Status.STOPPED},
    # Not eligible after all only where the charge itself was changed.
    Status.ACCEPTED: {Status.PLACED, Status.DECLINED, Status.INELIGIBLE, Status.STOPPED},
    Status.PLACED: set(),
    Status.MERGED: {Status.RECEIVED},
    # What is left is a line in the hand-off log.
    Status.HANDED_OFF: set(),
}


# What is kept of a case in court, after placement too.
COURT_FIELDS = ("next_court_on", "must_appear", "counsel_name", "counsel_contact")
# Before placement, with something still to come from us.
OPEN = (Status.RECEIVED, Status.ELIGIBLE, Status.OFFERED, Status.ACCEPTED)


# Nothing more is written down about these cases: a child's, or one that goes on under another.
SHUT = (Status.STOPPED, Status.HANDED_OFF, Status.MERGED)


# Stand in lists without a name: who was a child is not for everybody to read.
NAMELESS = (Status.STOPPED, Status.HANDED_OFF)


def may_move(now: str, to: str) -> bool:
    return to in MOVES[now]


def standing(*, eligible: bool | None, offer: str | None) -> Status:
    """Where a referral stands by its facts: the screening's result and the decision on the latest offer."""
    if eligible is None:
        return Status.RECEIVED
    if not eligible:
        return Status.INELIGIBLE
    if offer is None:
        return Status.ELIGIBLE
    return Status.OFFERED if offer == "waiting" else Status(offer)


def age_on(date_of_birth: datetime.date, on: datetime.date) -> int:
    """Age in whole years; who was born on 29 February has their birthday on 1 March of other years."""
    return on.year - date_of_birth.year - ((on.month, on.day) < (date_of_birth.month, date_of_birth.day))


def is_minor(date_of_birth: datetime.date, *, offense_on: datetime.date, today: datetime.date) -> bool:
    """Under 18 on the offense date or today: a hard stop in both tracks."""
    return min(age_on(date_of_birth, offense_on), age_on(date_of_birth, today)) < ADULT


def normal_charge(text: str) -> str:
    """One way to write a charge: `s. 796.07 (2) (F)`, `796.07-2f` and `796.07(2)(f)` are the same.

    >>> normal_charge("F.S. 796.07-2F")
    '796.07(2)(f)'
    """
    match = re.search(r"(\d+\.\d+)[\s(-]*(\d+)[\s().-]*([a-z])\)?[\s.]*$", text.strip().lower())
    return f"{match[1]}({match[2]})({match[3]})" if match else " ".join(text.split())


def find_charge(text: str, charges: Mapping[str, str]) -> str | None:
    """The charge of the program's map that a text means, however it is written; None for an unknown one."""
    return _known_charge(text[:200], tuple(charges))


@lru_cache(maxsize=1000)
def _known_charge(text: str, charges: tuple[str, ...]) -> str | None:
    """A file names a few charges a thousand times."""
    wanted = normal_charge(text).casefold()
    return next((charge for charge in charges if normal_charge(charge).casefold() == wanted), None)


def unknown_charge(text: str, charges: Mapping[str, str]) -> str:
    return f"This program does not know the charge “{text.strip()[:60]}”. Known charges: {', '.join(charges)}."


def text_problem(text: str) -> str | None:
    """A control character cannot be shown, and some databases cannot store it."""
    if text.isprintable():  # most texts, at a fraction of the cost: a file has a million cells
        return None
    if any(unicodedata.category(char) == "Cc" and char not in "\r\n\t" for char in text):
        return "There is an invisible control character in this text. Please type it again."
    if any(char in "\r\n\t" for char in text):
        return "This must be one line, without tabs."
    return None


def date_problems(
    *,
    date_of_birth: datetime.date | None,
    offense_on: datetime.date | None,
    received_on: datetime.date | None,
    next_court_on: datetime.date | None,
    today: datetime.date,
) -> list[Problem]:
    """What cannot be true of these dates together. Dates that are not there are not judged."""
    found = []
    if offense_on:
        if offense_on > today:
            found.append(Problem("offense_on", "The offense date is in the future."))
        elif offense_on < EARLIEST:
            found.append(Problem("offense_on", "The offense date is before 1900."))
    if received_on:
        if received_on > today:
            found.append(Problem("received_on", "The day of receipt is in the future."))
        elif offense_on and received_on < offense_on:
            found.append(Problem("received_on", "The referral was received before the offense date."))
    if date_of_birth:
        if date_of_birth > today:
            found.append(Problem("date_of_birth", "The date of birth is in the future."))
        elif age_on(date_of_birth, today) > OLDEST:
            found.append(Problem("date_of_birth", f"This date of birth makes the person older than {OLDEST}."))
        elif offense_on and date_of_birth > offense_on:
            found.append(Problem("date_of_birth", "The date of birth is after the offense date."))
    if next_court_on:
        if offense_on and next_court_on < offense_on:
            found.append(Problem("next_court_on", "The court date is before the offense date."))
        elif next_court_on.year > (received_on or today).year + COURT_YEARS:
            found.append(
                Problem("next_court_on", f"The court date is more than {COURT_YEARS} years after the referral.")
            )
    return found
