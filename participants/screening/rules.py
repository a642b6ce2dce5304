"""Screening as a decision on plain values: the written criteria, the answers, the person's age."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import TextChoices

from participants.errors import Problem, ProgramError, ValuesRefused
from participants.referrals.rules import ADULT, Status, text_problem

NOTE_LONGEST = 300  # characters of a remark on one answer
REASON_LONGEST = 2000
MOST_CRITERIA = 20
QUESTION_LONGEST = 300
NOTE_OF = "note_"  # before the key of the criterion that a refused remark belongs to


class Answer(TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known yet"


@dataclass(frozen=True)
class Decision:
    """The outcome with its reasons in words. `stopped`: under 18, neither eligible nor ineligible.

    `eligible` is None while questions are `open`, which are named by their keys.
    """

    eligible: bool | None
    stopped: bool
    reasons: tuple[str, ...]
    open: tuple[str, ...] = ()


def decide(
    criteria: Iterable[Mapping[str, str]],
    answers: Mapping[str, str],
    *,
    age_at_offense: int | None,
    age_today: int | None,
) -> Decision:
    """Eligible when every written criterion is answered as wanted; else every reason why not.

    `criteria` are mappings with key, question, wanted and reason. Under 18 on the offense date or today is a
    hard stop, whatever the answers. "unknown" keeps the screening open, although another answer may have decided
    already: the same questions for everybody, none is skipped. Raises ProgramError without a date of birth, or
    naming the questions that nobody has asked.
    """
    if age_at_offense is None or age_today is None:
        raise ProgramError("The date of birth is not known. Without it nobody can be screened: record it first.")
    if min(age_at_offense, age_today) < ADULT:
        return Decision(False, True, ("The person is under 18 on the offense date or today.",))
    criteria = list(criteria)
    missing = [
        Problem(criterion["key"], f"“{criterion['question']}” is not answered. Say “not known yet” if it is open.")
        for criterion in criteria
        if answers.get(criterion["key"]) not in Answer.values
    ]
    if missing:
        raise ValuesRefused(missing)
    open_keys = tuple(criterion["key"] for criterion in criteria if answers[criterion["key"]] == Answer.UNKNOWN)
    if open_keys:
        return Decision(None, False, (), open_keys)
    against = tuple(criterion["reason"] for criterion in criteria if answers[criterion["key"]] != criterion["wanted"])
    return Decision(not against, False, against or ("Every written criterion is met.",))


# A decision may be changed where the referral waits for no answer of the person's and none was given for it.
MAY_BECOME_ELIGIBLE = {Status.INELIGIBLE}
MAY_BECOME_INELIGIBLE = {Status.ELIGIBLE, Status.DECLINED, Status.LAPSED}


def change_refusal(
    *, status: str, eligible: bool | None, to: bool, youngest_age: int | None, charge_changed: bool = False
) -> str | None:
    """Why a decided screening cannot be decided otherwise now; None when it can.

    `status` is the referral's, `youngest_age` the age at the offense or today, whichever is lower, None while the
    birth date is unknown. Never over the age rule; never behind an open or accepted offer (NAPSA 2008: what a person
    was offered is not taken back behind their back), unless the charge itself was changed, which `charge_changed` says
    of the look that is decided: the prosecutor's act, not the program's. What the person answered stays as it was.
    """
    if eligible is None:
        return "This referral is not screened yet: there is no decision to change."
    if status in (Status.STOPPED, Status.HANDED_OFF) or (youngest_age is not None and youngest_age < ADULT):
        return "The person is under 18 on the offense date or today. No written reason changes that."
    if eligible == to:
        return f"The decision is “{'eligible' if to else 'not eligible'}” already."
    if status == Status.OFFERED:
        return "An offer is open. Record the person's answer first, or wait until the time to decide has passed."
    if status == Status.ACCEPTED and charge_changed and not to:
        return None
    if status in (Status.ACCEPTED, Status.PLACED):
        return (
            "The person has accepted the offer. Talk with them and their lawyer: until they are placed, a change of "
            "mind is recorded on the offer; after that the stay ends as “found ineligible after entry”."
        )
    if to and youngest_age is None:
        return "The date of birth is not known. Without it nobody is found eligible: record it first."
    if status not in (MAY_BECOME_ELIGIBLE if to else MAY_BECOME_INELIGIBLE):
        return f"This referral stands at “{Status(status).label}”, so this step is not possible."
    return None


def request_refusal(*, status: str, waiting: bool) -> str | None:
    """Why no second look can be asked for now; None when it can."""
    if waiting:
        return "A second look waits for a decision already."
    if status != Status.INELIGIBLE:
        return "A second look is asked for where the screening found a person not eligible."
    return None


def words_refusal(*, to: bool, reason: str, against: Collection[str], known: Collection[str]) -> list[Problem]:
    """What is missing in a changed decision: a written reason, and which criteria speak against the person if any.

    `known` are the keys of the criteria that the person was screened under: nobody is turned away for another reason.
    """
    problems = []
    if not reason.strip():
        problems.append(Problem("reason", "Write the reason. It stays on record."))
    elif len(reason) > REASON_LONGEST:
        problems.append(Problem("reason", f"The reason is longer than {REASON_LONGEST} characters."))
    if not to and not against:
        problems.append(Problem("against", "Choose the written criteria that are not met. The person is told them."))
    elif set(against) - set(known):
        problems.append(Problem("against", "Choose among the criteria that the person was screened under."))
    return problems


@dataclass(frozen=True)
class Draft:
    """A criterion as a manager writes it. `key` is that of the question it goes on from, "" for a new one."""

    key: str
    question: str
    wanted: str
    reason: str
    reason_es: str = ""
    reason_ht: str = ""


def criteria_refusal(
    drafts: Sequence[Draft],
    *,
    known: Collection[str],
    fixed: Mapping[str, tuple[str, str]],
    valid_from: datetime.date,
    latest_from: datetime.date | None,
    today: datetime.date,
) -> list[Problem]:
    """What has to be put right in a new version. Problems of a criterion are named "<position>-<field>".

    `known` are the keys of all versions so far; `fixed` those of the track that every version asks, with
    the question and the answer wanted; `latest_from` the first day of the latest version.
    """
    problems = []
    if valid_from < today:
        problems.append(Problem("valid_from", "Nobody is judged by criteria after the fact: choose today or later."))
    elif latest_from is not None and valid_from < latest_from:
        problems.append(
            Problem("valid_from", f"The latest version begins on {latest_from:%B %-d, %Y}; this one not before it.")
        )
    if not drafts:
        problems.append(Problem("", "At least one criterion is needed."))
    if len(drafts) > MOST_CRITERIA:
        problems.append(Problem("", f"At most {MOST_CRITERIA} criteria: a person must be able to understand them."))
    asked = {draft.key: (draft.question, draft.wanted) for draft in drafts if draft.key}
    if set(asked) - set(known) - set(fixed) or len(asked) != sum(1 for draft in drafts if draft.key):
        problems.append(Problem("", "A question belongs to no version that is known here. Open the page again."))
    for key, as_it_is in fixed.items():
        if asked.get(key) != as_it_is:
            problems.append(Problem("", "A question that is a rule of the program cannot be dropped or turned round."))
    return problems + [problem for position, draft in enumerate(drafts) for problem in _draft_problems(position, draft)]


def _draft_problems(position: int, draft: Draft) -> list[Problem]:
    problems = []
    for name in ("question", "reason", "reason_es", "reason_ht"):
        text = getattr(draft, name)
        if sentence := text_problem(text):
            problems.append(Problem(f"{position}-{name}", sentence))
        elif len(text) > QUESTION_LONGEST:
            problems.append(Problem(f"{position}-{name}", f"At most {QUESTION_LONGEST} characters."))
    for name, sentence in (("question", "Write the question."), ("reason", "Write the reason in plain words.")):
        if not getattr(draft, name).strip():
            problems.append(Problem(f"{position}-{name}", sentence))
    if draft.wanted not in (Answer.YES, Answer.NO):
        problems.append(Problem(f"{position}-wanted", "Choose the answer that speaks for taking part."))
    return problems
