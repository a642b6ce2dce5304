"""Screening as a decision on plain values: the written criteria, the answers, the person's age."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import TextChoices

from participants.errors import ProgramError
from participants.referrals.rules import ADULT, Problem, ValuesRefused


class Answer(TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known yet"


@dataclass(frozen=True)
class Decision:
    """The outcome with its reasons in words. `stopped`: under 18, neither eligible nor ineligible."""

    eligible: bool
    stopped: bool
    reasons: tuple[str, ...]


def decide(
    criteria: Iterable[Mapping[str, str]],
    answers: Mapping[str, str],
    *,
    age_at_offense: int | None,
    age_today: int | None,
) -> Decision:
    """Eligible when every written criterion is answered as wanted; else every reason why not.

    `criteria` are mappings with key, question, wanted and reason. Under 18 on the offense date or today is a
    hard stop, whatever the answers. Raises ProgramError when no decision can be made yet: without a date of
    birth, or naming the questions that are still open. The same questions for everybody: none is skipped
    because another one has decided already.
    """
    if age_at_offense is None or age_today is None:
        raise ProgramError("The date of birth is not known. Without it nobody can be screened: record it first.")
    if min(age_at_offense, age_today) < ADULT:
        return Decision(False, True, ("The person is under 18 on the offense date or today.",))
    criteria = list(criteria)
    missing = [
        Problem(criterion["key"], f"“{criterion['question']}” is not answered yet: find out, then decide.")
        for criterion in criteria
        if answers.get(criterion["key"]) not in (Answer.YES, Answer.NO)
    ]
    if missing:
        raise ValuesRefused(missing)
    against = tuple(criterion["reason"] for criterion in criteria if answers[criterion["key"]] != criterion["wanted"])
    return Decision(not against, False, against or ("Every written criterion is met.",))
