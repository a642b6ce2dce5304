"""Rules of choosing: what an offer, a decision and an agreement must hold."""

import datetime

from django.db.models import TextChoices

# Bounds against a mistyped year; programs of this kind run three to nine months, some a year beyond the class.
LONGEST_TIME_TO_DECIDE = datetime.timedelta(days=180)
LONGEST_TERM = datetime.timedelta(days=730)


class Place(TextChoices):
    """Where the offer was made. Meeting custody with an offer is the coercion that critics describe."""

    OFFICE = "office", "At the program's office"
    COURT = "court", "At court"
    CUSTODY = "custody", "In custody"
    PHONE = "phone", "By phone"
    OTHER = "other", "Elsewhere"


class Counsel(TextChoices):
    """Counsel is consulted before deciding, s. 948.08(2) Fla. Stat."""

    CONSULTED = "consulted", "Consulted a lawyer"
    DECLINED = "declined", "Declined a lawyer in writing"


class Decision(TextChoices):
    WAITING = "waiting", "Waiting for a decision"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    LAPSED = "lapsed", "Lapsed"


DECISION_MOVES: dict[str, set[str]] = {
    Decision.WAITING: {Decision.ACCEPTED, Decision.DECLINED, Decision.LAPSED},
    # Until the person is placed, a change of mind is as good as the first answer.
    Decision.ACCEPTED: {Decision.DECLINED},
    Decision.DECLINED: set(),
    # The sweep ends an offer whose answer, given in time, may not have been entered yet.
    Decision.LAPSED: {Decision.ACCEPTED, Decision.DECLINED},
}

# The name of the form field that a refusal belongs to, and the sentence.
Refusal = tuple[str, str] | None


def text_refusal(*, language: str, text_language: str, available: set[str], interpreter: str) -> Refusal:
    """Whether a text serves a person's language; `available` are the languages that the program has texts in.

    A text in the person's own language comes first; where there is none, an interpreter is named.
    """
    if text_language == language:
        return None
    if language in available:
        return "text", "There is a text in the person's language: use that one."
    if not interpreter.strip():
        return "interpreter", "There is no text in this language, so name the interpreter."
    return None


def offer_refusal(
    *,
    made_on: datetime.date,
    decide_by: datetime.date,
    received_on: datetime.date,
    earlier_ended_on: datetime.date | None,
    today: datetime.date,
) -> Refusal:
    """Whether the dates of an offer hold: it leaves at least until the next day to decide (NAPSA 2008)."""
    if made_on > today:
        return "made_on", "The offer is dated in the future."
    if made_on < received_on:
        return "made_on", f"The referral was received on {received_on:%B %-d, %Y}; the offer comes after that."
    if earlier_ended_on is not None and made_on < earlier_ended_on:
        return "made_on", f"The earlier offer ended on {earlier_ended_on:%B %-d, %Y}; a new one comes after that."
    if decide_by <= made_on:
        return "decide_by", "Give the person time to decide: at least until the day after the offer."
    if decide_by - made_on > LONGEST_TIME_TO_DECIDE:
        return "decide_by", "Choose a day within six months of the offer."
    return None


def possible_decisions(now: str, *, latest: bool) -> set[str]:
    """What an offer can change to; `latest` is whether no other offer was made on the referral after it."""
    return DECISION_MOVES[now] if latest or now != Decision.LAPSED else set()


def decision_refusal(
    *,
    now: str,
    to: str,
    made_on: datetime.date,
    decide_by: datetime.date,
    decided_before: datetime.date | None,
    decided_on: datetime.date,
    counsel: str,
    counsel_on: datetime.date | None,
    offense_on: datetime.date,
    latest: bool,
    today: datetime.date,
) -> Refusal:
    """Whether a decision can be recorded. Declining asks for nothing but its day.

    A lapsed offer takes an answer that was given in time, while it is the `latest` of its referral.
    """
    if to not in possible_decisions(now, latest=latest) or to == Decision.LAPSED:
        return "decision", f"This offer stands at “{Decision(now).label}” and cannot change to that."
    if decided_on > today:
        return "decided_on", "The decision is dated in the future."
    if decided_on < made_on:
        return "decided_on", f"The offer was made on {made_on:%B %-d, %Y}; the decision comes after that."
    lapsed = now == Decision.LAPSED
    if decided_before is not None and not lapsed and decided_on < decided_before:
        return "decided_on", f"The earlier decision was on {decided_before:%B %-d, %Y}; a change comes after that."
    if decided_on > decide_by and (lapsed or to == Decision.ACCEPTED):
        return "decided_on", f"The time to decide ended on {decide_by:%B %-d, %Y}. A new offer can be made."
    if to == Decision.DECLINED:
        return None
    if counsel not in Counsel.values:
        return "counsel", "Record whether the person consulted a lawyer or declined one in writing."
    if counsel_on is None:
        return "counsel_on", "Record the day of the consultation or of the written refusal."
    if counsel_on > decided_on:
        return "counsel_on", "A lawyer is asked before deciding: this day is after the decision."
    if counsel_on < offense_on:
        return "counsel_on", f"This day is before the offense date, {offense_on:%B %-d, %Y}."
    return None


def agreement_refusal(
    *,
    decision: str,
    decided_on: datetime.date | None,
    signed_on: datetime.date,
    speedy_trial_waived: bool,
    waived_until: datetime.date,
    term_ends_on: datetime.date,
    today: datetime.date,
) -> Refusal:
    """Whether an agreement holds: an accepted offer, a knowing waiver (s. 948.08(2) Fla. Stat.), a realistic term."""
    if decision != Decision.ACCEPTED or decided_on is None:
        return "", "An agreement needs an accepted offer."
    if signed_on > today:
        return "signed_on", "The agreement is dated in the future."
    if signed_on < decided_on:
        return "signed_on", f"The offer was accepted on {decided_on:%B %-d, %Y}; the agreement comes after that."
    if not speedy_trial_waived:
        return "speedy_trial_waived", "Without the waiver the person cannot enter; they may still decline."
    if term_ends_on <= signed_on:
        return "term_ends_on", "The program ends after the day of signing."
    if term_ends_on - signed_on > LONGEST_TERM:
        return "term_ends_on", "Choose a day within two years of signing."
    if waived_until < term_ends_on:
        return "waived_until", "The waiver covers the whole time of the program."
    if waived_until - signed_on > LONGEST_TERM:
        return "waived_until", "Choose a day within two years of signing."
    return None
