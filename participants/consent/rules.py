"""Rules of choosing: what an offer, a decision and an agreement must hold."""

import datetime

from django.db.models import TextChoices

# Bounds against a mistyped year; programs of this kind run three to nine months, some a year beyond the class.
LONGEST_TIME_TO_DECIDE = datetime.timedelta(days=180)
LONGEST_TERM = datetime.timedelta(days=730)
# Nobody signs on the day of the offer unless they themselves ask for it.
TIME_TO_DECIDE = datetime.timedelta(hours=24)


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


def elapsed(start: datetime.datetime, end: datetime.datetime) -> datetime.timedelta:
    """The time that really passed between two instants, also across a change of the clocks.

    Subtracting local times of one zone would give the difference of the clocks' faces.
    """
    return end.astimezone(datetime.UTC) - start.astimezone(datetime.UTC)


def hours_after(start: datetime.datetime, end: datetime.datetime) -> str:
    """How long one instant came after another, in whole hours; under one hour in minutes.

    >>> at = datetime.datetime(2026, 3, 4, 12, tzinfo=datetime.UTC)
    >>> hours_after(at, at + datetime.timedelta(hours=42, minutes=59))
    '42 hours'
    >>> hours_after(at, at + datetime.timedelta(minutes=1))
    '1 minute'
    """
    minutes = int(elapsed(start, end).total_seconds() // 60)
    number, unit = (minutes // 60, "hour") if minutes >= 60 else (minutes, "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def end_of_day(day: datetime.date, zone: datetime.tzinfo) -> datetime.datetime:
    """The instant, in UTC, at which a local day is over."""
    after = day + datetime.timedelta(days=1)
    return datetime.datetime.combine(after, datetime.time(), tzinfo=zone).astimezone(datetime.UTC)


def offer_refusal(
    *,
    made_at: datetime.datetime,
    decide_by: datetime.date,
    zone: datetime.tzinfo,
    received_on: datetime.date,
    screened_on: datetime.date | None,
    earlier_ended_at: datetime.datetime | None,
    now: datetime.datetime,
) -> Refusal:
    """Whether the times of an offer hold. It follows the screening's decision and leaves at least 24 hours to
    decide (NAPSA 2008: an informed choice); `zone` is the program's.
    """
    made_on = made_at.astimezone(zone).date()
    if made_at > now:
        return "made_at", "The offer is dated in the future."
    if made_on < received_on:
        return "made_at", f"The referral was received on {received_on:%B %-d, %Y}; the offer comes after that."
    if screened_on is not None and made_on < screened_on:
        return "made_at", f"The screening was decided on {screened_on:%B %-d, %Y}; the offer comes after that."
    if earlier_ended_at is not None and made_at < earlier_ended_at:
        ended = f"{earlier_ended_at.astimezone(zone):%B %-d, %Y}"
        return "made_at", f"The earlier offer ended on {ended}; a new one comes after that."
    if decide_by - made_on > LONGEST_TIME_TO_DECIDE:
        return "decide_by", "Choose a day within six months of the offer."
    if decide_by <= made_on or elapsed(made_at, end_of_day(decide_by, zone)) < TIME_TO_DECIDE:
        return "decide_by", "Give the person at least 24 hours to decide: choose a later day."
    return None


def possible_decisions(now: str, *, latest: bool) -> set[str]:
    """What an offer can change to; `latest` is whether no other offer was made on the referral after it."""
    return DECISION_MOVES[now] if latest or now != Decision.LAPSED else set()


def decision_refusal(
    *,
    stands: str,
    to: str,
    made_at: datetime.datetime,
    decide_by: datetime.date,
    decided_before: datetime.datetime | None,
    decided_at: datetime.datetime,
    zone: datetime.tzinfo,
    counsel: str,
    counsel_on: datetime.date | None,
    counsel_name: str,
    asked_to_sign_now: bool,
    offense_on: datetime.date,
    latest: bool,
    now: datetime.datetime,
) -> Refusal:
    """Whether a decision can be recorded. Declining asks for nothing but when, and is possible at once.

    A lapsed offer takes an answer that was given in time, while it is the `latest` of its referral.
    """
    if to not in possible_decisions(stands, latest=latest) or to == Decision.LAPSED:
        return "decision", f"This offer stands at “{Decision(stands).label}” and cannot change to that."
    if decided_at > now:
        return "decided_at", "The decision is dated in the future."
    if decided_at < made_at:
        return "decided_at", f"The offer was made on {_moment(made_at, zone)}; the decision comes after that."
    lapsed = stands == Decision.LAPSED
    if decided_before is not None and not lapsed and decided_at < decided_before:
        before = _moment(decided_before, zone)
        return "decided_at", f"The earlier decision was on {before}; a change comes after that."
    decided_on = decided_at.astimezone(zone).date()
    if decided_on > decide_by and (lapsed or to == Decision.ACCEPTED):
        return "decided_at", f"The time to decide ended on {decide_by:%B %-d, %Y}. A new offer can be made."
    if to == Decision.DECLINED:
        return None
    if elapsed(made_at, decided_at) < TIME_TO_DECIDE and not asked_to_sign_now:
        return (
            "decided_at",
            "This is less than 24 hours after the offer. It stands open until the person has had that time, "
            "unless they themselves ask to sign now.",
        )
    return _counsel_refusal(counsel, counsel_on, counsel_name, decided_on, offense_on)


def _counsel_refusal(
    counsel: str, on: datetime.date | None, name: str, decided_on: datetime.date, offense_on: datetime.date
) -> Refusal:
    if counsel not in Counsel.values:
        return "counsel", "Record whether the person consulted a lawyer or declined one in writing."
    if on is None:
        return "counsel_on", "Record the day of the consultation or of the written refusal."
    if on > decided_on:
        return "counsel_on", "A lawyer is asked before deciding: this day is after the decision."
    if on < offense_on:
        return "counsel_on", f"This day is before the offense date, {offense_on:%B %-d, %Y}."
    if counsel == Counsel.CONSULTED and not name.strip():
        return "counsel_name", "Record which lawyer the person consulted."
    if counsel == Counsel.DECLINED and name.strip():
        return "counsel_name", "Who declined a lawyer consulted none: leave this empty."
    return None


def agreement_refusal(
    *,
    decision: str,
    made_at: datetime.datetime,
    decided_at: datetime.datetime | None,
    asked_to_sign_now: bool,
    signed_at: datetime.datetime,
    now: datetime.datetime,
    zone: datetime.tzinfo,
) -> Refusal:
    """Whether an agreement can be signed: after an accepted offer, and not before the 24 hours to decide."""
    if decision != Decision.ACCEPTED or decided_at is None:
        return "", "An agreement needs an accepted offer."
    if signed_at > now:
        return "signed_at", "The agreement is dated in the future."
    if signed_at < decided_at:
        return "signed_at", f"The offer was accepted on {_moment(decided_at, zone)}; the agreement comes after that."
    if elapsed(made_at, signed_at) < TIME_TO_DECIDE and not asked_to_sign_now:
        return "signed_at", "This is less than 24 hours after the offer, and the person did not ask to sign at once."
    return None


def terms_refusal(
    *,
    signed_on: datetime.date,
    speedy_trial_waived: bool,
    waived_until: datetime.date,
    term_ends_on: datetime.date,
    monitoring_ends_on: datetime.date | None,
) -> Refusal:
    """Whether what is signed holds: a knowing waiver (s. 948.08(2) Fla. Stat.) to the end, and a realistic term."""
    if not speedy_trial_waived:
        return "speedy_trial_waived", "Without the waiver the person cannot enter; they may still decline."
    if term_ends_on <= signed_on:
        return "term_ends_on", "The program ends after the day of signing."
    if term_ends_on - signed_on > LONGEST_TERM:
        return "term_ends_on", "Choose a day within two years of signing."
    if monitoring_ends_on is not None:
        if monitoring_ends_on < term_ends_on:
            return "monitoring_ends_on", "Monitoring ends on the day on which the program ends, or later."
        if monitoring_ends_on - signed_on > LONGEST_TERM:
            return "monitoring_ends_on", "Choose a day within two years of signing."
    if waived_until < (monitoring_ends_on or term_ends_on):
        covered = "the program and of monitoring" if monitoring_ends_on else "the program"
        return "waived_until", f"The waiver covers the whole time of {covered}."
    if waived_until - signed_on > LONGEST_TERM:
        return "waived_until", "Choose a day within two years of signing."
    return None


def amendment_refusal(
    *,
    withdrawn: bool,
    standing: bool,
    signed_before: datetime.datetime,
    signed_at: datetime.datetime,
    now: datetime.datetime,
    zone: datetime.tzinfo,
) -> Refusal:
    """Whether an agreement can be signed anew. `standing` is whether it is the latest version of its referral."""
    if withdrawn:
        return "", "The person has withdrawn this agreement, so it is not changed any more."
    if not standing:
        return "", "A later version of this agreement was signed meanwhile. Open that one."
    if signed_at > now:
        return "signed_at", "The agreement is dated in the future."
    if signed_at < signed_before:
        return "signed_at", f"The version before was signed on {_moment(signed_before, zone)}; this one comes after."
    return None


def _moment(instant: datetime.datetime, zone: datetime.tzinfo) -> str:
    """
    >>> _moment(datetime.datetime(2026, 3, 4, 17, 5, tzinfo=datetime.UTC), datetime.UTC)
    'March 4, 2026 at 5:05 PM'
    """
    return f"{instant.astimezone(zone):%B %-d, %Y at %-I:%M %p}"
