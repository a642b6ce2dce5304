"""Rules of court dates."""

import datetime

from django.db.models import TextChoices

from participants.errors import Problem
from participants.referrals.rules import COURT_YEARS


class CourtOutcome(TextChoices):
    """What became of a court date."""

    APPEARED = "appeared", "Appeared"
    EXCUSED = "excused", "Did not have to appear"
    MISSED = "missed", "Did not appear"
    RESET = "reset", "Moved to another day"


def court_result_problem(
    *,
    held_on: datetime.date,
    outcome: str,
    next_court_on: datetime.date | None,
    offense_on: datetime.date,
    today: datetime.date,
) -> Problem | None:
    """What cannot be true of the result of a court date. Only a date that was moved may lie ahead."""
    if held_on < offense_on:
        return Problem("held_on", "The court date is before the offense date.")
    if held_on > today and outcome != CourtOutcome.RESET:
        return Problem("held_on", "This court date is still to come. It has no result yet.")
    if held_on.year > today.year + COURT_YEARS:
        return Problem("held_on", f"The court date is more than {COURT_YEARS} years ahead.")
    if next_court_on and next_court_on <= held_on:
        if outcome == CourtOutcome.RESET and today < next_court_on < held_on:
            return None  # brought forward
        return Problem("next_court_on", "The next court date must be after this one.")
    return None
