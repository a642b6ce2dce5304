"""Rules of a stay: what a placement needs, its states and the ways it ends."""

import datetime

from django.db.models import TextChoices

from participants.referrals.rules import ADULT


class Status(TextChoices):
    """A stay is active or has ended in one way."""

    ACTIVE = "active", "Active"
    COMPLETED = "completed", "Completed"
    TERMINATED = "terminated", "Terminated"
    WITHDREW = "withdrew", "Withdrew"
    NEUTRAL = "neutral", "Closed, neutral"


class ExitDetail(TextChoices):
    """What lies behind an exit; "" where nothing more is said."""

    LAPSED = "lapsed", "Stopped coming"
    DEATH = "death", "Death"
    TRANSFER = "transfer", "Transfer to another program"
    CHARGE_DROPPED = "charge_dropped", "Charge dropped for another reason"
    FOUND_INELIGIBLE = "found_ineligible", "Found ineligible after entry"


DETAILS: dict[str, set[str]] = {
    Status.COMPLETED: {""},
    Status.TERMINATED: {""},
    Status.WITHDREW: {"", ExitDetail.LAPSED},
    Status.NEUTRAL: {
        ExitDetail.DEATH,
        ExitDetail.TRANSFER,
        ExitDetail.CHARGE_DROPPED,
        ExitDetail.FOUND_INELIGIBLE,
    },
}
MOVES: dict[str, set[str]] = {
    Status.ACTIVE: {Status.COMPLETED, Status.TERMINATED, Status.WITHDREW, Status.NEUTRAL},
    Status.COMPLETED: set(),
    Status.TERMINATED: set(),
    Status.WITHDREW: set(),
    Status.NEUTRAL: set(),
}

# The name of the form field that a refusal belongs to, and the sentence.
Refusal = tuple[str, str] | None


def placement_gaps(
    *,
    youngest_age: int | None,
    eligible: bool | None,
    offer: str | None,
    counsel: str,
    agreed: bool,
    withdrawn: bool,
    placed: bool,
    second_look: bool = False,
) -> list[str]:
    """What is missing before a person can be placed, one sentence each; empty when nothing is.

    `youngest_age` is the age at the offense or today, whichever is lower, None while the birth date is unknown;
    `eligible` is None before a screening, `offer` the decision on the latest offer, None without one; `second_look`
    whether one is due, asked for by the person or because the charge was changed.
    Sources: s. 948.08(2) Fla. Stat. (counsel, voluntary agreement); NAPSA 2008 (written criteria, informed choice).
    """
    if placed:
        return ["This person has been placed already."]
    gaps = []
    if youngest_age is None:
        gaps.append("The date of birth is missing: the program takes adults only.")
    elif youngest_age < ADULT:
        gaps.append("The person is under 18, or was on the day of the offense: no minor can be placed.")
    if eligible is None:
        gaps.append("The referral has not been screened.")
    elif not eligible:
        gaps.append("The screening found the referral not eligible.")
    if second_look:
        gaps.append("A second look at the screening is due.")
    if offer is None:
        gaps.append("No offer has been made.")
    elif offer != "accepted":
        gaps.append("The offer has not been accepted.")
    elif not counsel:
        gaps.append("Whether the person consulted a lawyer is not recorded.")
    if not agreed:
        gaps.append("The participation agreement has not been signed.")
    elif withdrawn:
        gaps.append("The person has withdrawn the participation agreement.")
    return gaps


def placement_refusal(
    *, placed_on: datetime.date, signed_on: datetime.date, term_ends_on: datetime.date, today: datetime.date
) -> Refusal:
    """Whether the day of a placement holds."""
    if placed_on > today:
        return "placed_on", "The placement is dated in the future."
    if placed_on < signed_on:
        return "placed_on", f"The agreement was signed on {signed_on:%B %-d, %Y}; the placement comes after that."
    if placed_on > term_ends_on:
        ended = f"{term_ends_on:%B %-d, %Y}"
        return "placed_on", f"By the agreement the program ended on {ended}; a later placement needs a new agreement."
    return None


def exit_refusal(
    *,
    now: str,
    to: str,
    detail: str,
    placed_on: datetime.date,
    exited_on: datetime.date,
    requirements_met_on: datetime.date | None,
    exit_types: tuple[str, ...],
    lapsed_is_withdrawal: bool,
) -> Refusal:
    """Whether a stay can end in this way. `exit_types` are the ways that the track knows;
    `lapsed_is_withdrawal` is whether who stops coming counts as withdrawn there.
    """
    if now != Status.ACTIVE:
        return "", f"This stay has ended already: {Status(now).label.lower()}."
    if to not in MOVES[now] or to not in exit_types:
        return "", "A stay in this track does not end in this way."
    if detail not in DETAILS[to]:
        return "detail", "Choose what lies behind the exit."
    if detail == ExitDetail.LAPSED and not lapsed_is_withdrawal:
        return "detail", "In this track who stops coming has not withdrawn."
    if exited_on < placed_on:
        return "exited_on", f"The stay began on {placed_on:%B %-d, %Y}; it ends on that day or later."
    if to == Status.COMPLETED and (requirements_met_on is None or requirements_met_on > exited_on):
        return "", "A stay is completed once its requirements are met."
    return None
