"""Rules of the ways a stay ends. Requirements met, recommendation and disposition are three facts.

Pure decisions on plain values; what is refused comes back as sentences fit to be shown.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import TextChoices

from participants.enrollment.rules import Status as Exit
from participants.requirements.rules import Progress

# NAPSA's standards (2008) ask for written notice, reasons and a chance to contest before a termination is
# final, and leave the time to the program. Less than ten days is no chance to find a lawyer.
MIN_DAYS_TO_CONTEST = 10
MAX_DAYS_TO_CONTEST = 90

# A withdrawal is nobody's to approve, so it is never proposed.
PROPOSABLE = (Exit.COMPLETED, Exit.NEUTRAL, Exit.TERMINATED)


class Decision(TextChoices):
    WAITING = "waiting", "Waiting for a decision"
    APPROVED = "approved", "Approved"
    RETURNED = "returned", "Returned"
    VOID = "void", "Closed by a withdrawal"


DECISION_MOVES: dict[str, set[str]] = {
    Decision.WAITING: {Decision.APPROVED, Decision.RETURNED, Decision.VOID},
    Decision.APPROVED: set(),
    Decision.RETURNED: set(),
    Decision.VOID: set(),
}


class Reason(TextChoices):
    """What a termination rests on, in short. Several may apply; the fee never stands alone."""

    MISSED = "missed_sessions", "Classes missed, and the chance to make them up not taken"
    REQUIREMENTS = "requirements", "Other requirements of the agreement not met in time"
    CONDUCT = "conduct", "Conduct that put others at risk"
    NEW_CHARGE = "new_charge", "A new charge"
    FEE = "fee", "Fee not paid"
    OTHER = "other", "Something else, named below"


class Recommended(TextChoices):
    """What the program recommends to the prosecutor, s. 948.08(5) Fla. Stat."""

    DISMISSAL = "dismissal", "Dismissal"
    FURTHER = "further", "Further supervision"
    REVERT = "revert", "Return to ordinary prosecution"


RECOMMENDATIONS: dict[str, tuple[Recommended, ...]] = {
    Exit.COMPLETED: (Recommended.DISMISSAL, Recommended.FURTHER),
    Exit.TERMINATED: (Recommended.FURTHER, Recommended.REVERT),
    Exit.WITHDREW: (Recommended.FURTHER, Recommended.REVERT),
    Exit.NEUTRAL: (Recommended.DISMISSAL, Recommended.FURTHER, Recommended.REVERT),
}


class Disposed(TextChoices):
    """What the state attorney decides, who alone makes the final determination."""

    NOLLE_PROSEQUI = "nolle_prosequi", "Dismissed (nolle prosequi)"
    NO_ACTION = "no_action", "No action filed"
    PROSECUTED = "prosecuted", "Prosecution resumed"
    OTHER = "other", "Other"


@dataclass(frozen=True)
class Refusal:
    """A sentence that refuses a step, and the form field it belongs to, if any."""

    sentence: str
    field: str | None = None


def completion_gaps(requirements: Sequence[Progress]) -> list[str]:
    """What still stands between a stay and its completion, a sentence for each; empty when nothing does.

    Every requirement must be met or waived, but for the fee: inability to pay is never a bar (NAPSA 2008).
    """
    if not requirements:
        return ["This stay has no requirements on file, so there is nothing to complete."]
    return [f"{requirement.title}: {requirement.missing}" for requirement in requirements if requirement.holds_up]


def proposal_refusals(*, active: bool, waiting: bool) -> list[Refusal]:
    """Why no exit may be proposed now. `waiting`: another proposal waits for a decision."""
    if not active:
        return [Refusal("This stay has already ended.")]
    if waiting:
        return [Refusal("Another proposal for this stay is waiting for a decision.")]
    return []


def withdrawal_refusals(
    *,
    active: bool,
    on: datetime.date,
    placed_on: datetime.date,
    today: datetime.date,
    lapsed: bool,
    may_lapse: bool,
) -> list[Refusal]:
    """Why a withdrawal cannot be recorded: only a wrong date or a stay that has ended; never a reason asked."""
    if not active:
        return [Refusal("This stay has already ended.")]
    if not placed_on <= on <= today:
        return [Refusal(f"Use a day from {placed_on:%B %-d, %Y} until today.", "on")]
    if lapsed and not may_lapse:
        return [Refusal("In this track a person who stops coming is asked first; give notice instead.", "lapsed")]
    return []


def termination_refusals(
    *,
    reason_codes: Sequence[str],
    reasons: str,
    notice_on: datetime.date,
    contest_by: datetime.date,
    placed_on: datetime.date,
    today: datetime.date,
) -> list[Refusal]:
    """Why a notice of termination cannot be given: it needs more than the fee, reasons in words, and time."""
    refusals = []
    codes = set(reason_codes)
    if not codes or codes - set(Reason.values):
        refusals.append(Refusal("Choose at least one reason.", "reason_codes"))
    elif codes == {Reason.FEE}:
        refusals.append(
            Refusal("A fee that is not paid never ends a stay by itself. It can be reduced or waived.", "reason_codes")
        )
    if not reasons.strip():
        refusals.append(Refusal("Write down the reasons as the person reads them in the notice.", "reasons"))
    if not placed_on <= notice_on <= today:
        refusals.append(Refusal(f"Use a day from {placed_on:%B %-d, %Y} until today.", "notice_on"))
    elif contest_by < today:
        refusals.append(Refusal("The person must still have time to contest: use a day to come.", "contest_by"))
    elif not MIN_DAYS_TO_CONTEST <= (contest_by - notice_on).days <= MAX_DAYS_TO_CONTEST:
        refusals.append(
            Refusal(
                f"Give the person from {MIN_DAYS_TO_CONTEST} to {MAX_DAYS_TO_CONTEST} days after the notice.",
                "contest_by",
            )
        )
    return refusals


def may_be_approved(*, exit_type: str, contest_by: datetime.date | None, today: datetime.date) -> bool:
    """A termination only when the day to contest has passed, whatever was said until then; others at once.

    A statement does not shorten the time: whoever proposes the end could otherwise record one and end it.
    """
    return exit_type != Exit.TERMINATED or today > contest_by


def decision_refusals(
    *,
    decision: str,
    exit_type: str,
    approve: bool,
    reason: str,
    same_person: bool,
    contest_by: datetime.date | None,
    today: datetime.date,
) -> list[Refusal]:
    """Why a proposal cannot be decided so. `same_person`: the one who decides also proposed it."""
    to = Decision.APPROVED if approve else Decision.RETURNED
    if to not in DECISION_MOVES[decision]:
        return [Refusal("This proposal has already been decided.")]
    if same_person:
        return [Refusal("You proposed this, so another person decides it.")]
    if approve and not may_be_approved(exit_type=exit_type, contest_by=contest_by, today=today):
        until = f"{contest_by:%B %-d, %Y}"
        return [Refusal(f"The person may contest until {until}. It can be approved after that day.", "decision")]
    if not reason.strip() and not approve:
        return [Refusal("Say what is missing, so that it can be put right.", "reason")]
    if not reason.strip() and exit_type == Exit.TERMINATED:
        return [Refusal("A termination needs the written reasons of the person who decides.", "reason")]
    return []


def recommendations(exit_type: str, *, reported: bool) -> tuple[Recommended, ...]:
    """What may be recommended after an exit; nothing while the stay is active.

    `reported`: the agreement lets the prosecutor's office read this exit. Where it does not, a completion may
    still be recommended for dismissal (told under a release only), and nothing is ever said of another exit.
    """
    if reported:
        return RECOMMENDATIONS.get(exit_type, ())
    return (Recommended.DISMISSAL,) if exit_type == Exit.COMPLETED else ()


def disposition_refusals(
    *, decided_on: datetime.date, received_on: datetime.date, today: datetime.date
) -> list[Refusal]:
    """Why a disposition cannot be recorded: it is of a day after the case was sent, and not of one to come."""
    if not received_on <= decided_on <= today:
        return [Refusal(f"Use a day from {received_on:%B %-d, %Y} until today.", "decided_on")]
    return []
