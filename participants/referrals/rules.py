"""Rules of a referral: its states, ages, charges. Pure decisions on plain values."""

import datetime
import re

from django.db.models import TextChoices

ADULT = 18  # s. 796.07 Fla. Stat. as amended by ch. 2016-24: minors cannot be charged and are victims
HOTLINE = "1-800-962-2873"  # Florida Abuse Hotline; any person must report, s. 39.201


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


# A declined or lapsed offer may be made again: declining is a normal outcome, not a door that closes.
MOVES: dict[str, set[str]] = {
    Status.RECEIVED: {Status.STOPPED, Status.INELIGIBLE, Status.ELIGIBLE},
    Status.STOPPED: {Status.RECEIVED},
    Status.INELIGIBLE: set(),
    Status.ELIGIBLE: {Status.OFFERED, Status.STOPPED},
    Status.OFFERED: {Status.ACCEPTED, Status.DECLINED, Status.LAPSED, Status.STOPPED},
    Status.DECLINED: {Status.OFFERED},
    Status.LAPSED: {Status.OFFERED},
    Status.ACCEPTED: {Status.PLACED, Status.DECLINED, Status.STOPPED},
    Status.PLACED: set(),
}


def may_move(now: str, to: str) -> bool:
    return to in MOVES[now]


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
    match = re.search(r"(\d+\.\d+)[\s(-]*(\d+)[\s().-]*([a-z])\)?\s*$", text.strip().lower())
    return f"{match[1]}({match[2]})({match[3]})" if match else text.strip()
