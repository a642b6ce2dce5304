"""Court dates: what became of one, and that the person was told of the next. A missed court date is a warrant.

What stands here is the person's own affair with the court: nothing of it is told to the prosecutor's office.
"""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dateformat import format as format_date

from participants.audit.actions import record
from participants.audit.changes import keep_changes
from participants.court.models import CourtResult
from participants.court.rules import court_result_problem
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError, ValuesRefused
from participants.referrals import rules
from participants.referrals.actions import update_court_details
from participants.referrals.models import MustAppear, Referral
from participants.referrals.rules import SHUT
from participants.staff.models import User


@transaction.atomic
def record_court_result(
    *,
    referral: Referral,
    version: int,
    held_on: datetime.date,
    outcome: str,
    note: str = "",
    next_court_on: datetime.date | None,
    must_appear: str,
    today: datetime.date,
    by: User,
) -> CourtResult:
    """What became of a court date, and the next one with it: `next_court_on` and `must_appear` are of the next.

    One result for each date: the same form sent twice writes once. `version` is the referral's, as the form was
    filled in on it. Raises ChangedMeanwhile, ValuesRefused or ProgramError; nothing is written then.
    """
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    note = note.strip()
    if made := CourtResult.objects.filter(referral=row, held_on=held_on).select_related("recorded_by").first():
        stored = (made.outcome, made.note, row.next_court_on, row.must_appear)
        if stored == (outcome, note, next_court_on, must_appear):
            return made
        raise ProgramError(
            f"The result of {_day(held_on)} is recorded already: {made.get_outcome_display().lower()}, "
            f"by {made.recorded_by.name}.",
            field="held_on",
        )
    _check_open(row)
    result = CourtResult(referral=row, held_on=held_on, outcome=outcome, note=note, recorded_on=today, recorded_by=by)
    _check_words(result)
    if problem := court_result_problem(
        held_on=held_on, outcome=outcome, next_court_on=next_court_on, offense_on=row.offense_on, today=today
    ):
        raise ValuesRefused([problem])
    known = row.must_appear if row.next_court_on == held_on else MustAppear.UNKNOWN
    row = update_court_details(
        referral=row,
        version=version,
        next_court_on=next_court_on,
        must_appear=must_appear,
        counsel_name=row.counsel_name,
        counsel_contact=row.counsel_contact,
        by=by,
    )
    result.must_appear = known
    result.save(force_insert=True)
    record("court.result_recorded", by=by, subjects=_about(row), fields=["held_on", "outcome", "note"])
    return result


@transaction.atomic
def correct_court_result(
    *, result: CourtResult, outcome: str, note: str, today: datetime.date, by: User
) -> CourtResult:
    """Put a result right that was recorded wrongly: a "did not appear" that is not true can hurt somebody."""
    row = CourtResult.objects.select_for_update().get(pk=result.pk)
    _check_open(row.referral)
    before = {"outcome": row.outcome, "note": row.note}
    row.outcome, row.note = outcome, note.strip()
    _check_words(row)
    if problem := court_result_problem(
        outcome=outcome, held_on=row.held_on, next_court_on=None, offense_on=row.referral.offense_on, today=today
    ):
        raise ProgramError(problem.text, field="outcome")
    changed = [field for field, old in before.items() if getattr(row, field) != old]
    if changed:
        row.save(update_fields=changed)
        event = record("court.result_corrected", by=by, subjects=_about(row.referral), fields=changed)
        keep_changes(row, before, by=by, at=event.at)
    return row


@transaction.atomic
def mark_told(
    *, referral: Referral, court_on: datetime.date, must_appear: str, today: datetime.date, by: User, told: bool = True
) -> Referral:
    """The person was told today of the next court date, or, with `told` false, was not after all.

    `court_on` and `must_appear` are what the page showed that the person was told from: if they have changed since,
    the person knows the wrong date. Raises ProgramError then. Marked twice, the first day stays.
    """
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    _check_open(row)
    if (row.next_court_on, row.must_appear) != (court_on, must_appear):
        raise ProgramError(
            "The court date was changed after you opened the page. Nothing was marked: look at the date that stands "
            "here now, and tell the person that one."
        )
    if court_on < today:
        raise ProgramError("This court date has passed. Record how it went instead.")
    if (row.court_told_on is not None) == told:
        return row
    before = {"court_told_on": row.court_told_on}
    row.court_told_on = today if told else None
    row.save(update_fields=["court_told_on"])
    action = "court.told" if told else "court.told_undone"
    event = record(action, by=by, subjects=_about(row), fields=["court_told_on"])
    keep_changes(row, before, by=by, at=event.at)
    return row


def _check_open(row: Referral) -> None:
    if row.status in SHUT:
        raise ProgramError(f"This referral stands at “{row.get_status_display()}”: nothing is recorded here any more.")


def _check_words(result: CourtResult) -> None:
    if sentence := rules.text_problem(result.note):
        raise ProgramError(sentence, field="note")
    for field in ("outcome", "note"):
        try:
            result._meta.get_field(field).clean(getattr(result, field), result)
        except ValidationError as error:
            raise ProgramError(error.messages[0], field=field) from error


def _about(row: Referral) -> list:
    return [row, *Enrollment.objects.filter(referral=row)]


def _day(day: datetime.date) -> str:
    return format_date(day, "F j, Y")
