"""Writers of hand-offs: a minor is handed over to the abuse hotline in two steps.

First both dates are checked against a document, because a slip of the pen must not destroy a referral. Then comes the
call, with the data on screen for the person who makes it and the track's managers alone; once the report number is
entered, the referral is erased to a line in the hand-off log (s. 39.201, Florida Statutes; no file on a child).
"""

import datetime

from django.db import transaction

from participants.audit.actions import record
from participants.errors import Problem, ProgramError, ValuesRefused
from participants.handoffs.erasure import erase_case
from participants.handoffs.models import Handoff
from participants.handoffs.queries import is_adult_now
from participants.referrals import rules
from participants.referrals.actions import move_referral
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.staff.models import User
from participants.tracks.scope import active_track

Report = Handoff.Report


@transaction.atomic
def start_handoff(
    *, referral: Referral, version: int, checked: bool, today: datetime.date, now: datetime.datetime, by: User
) -> Handoff:
    """The dates were compared with a document and are right: the referral is from now on `by`'s and the managers'.

    `version` is the referral's, as its dates were on the page. Raises ProgramError; started twice it is started once.
    """
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    started = Handoff.objects.filter(referral=row).first()
    if started is not None and started.started_by_id == by.pk:
        return started
    if started is not None:
        raise ProgramError("Somebody else has just begun to hand this referral over.")
    if row.status != Status.STOPPED:
        raise ProgramError("This referral is not stopped any more. Open it to see where it stands.")
    if row.version != version:
        raise ProgramError("Somebody changed this referral after you opened it. Compare the dates once more.")
    if not checked:
        raise ProgramError("Check both dates against a document first, and say so here.", field="checked")
    handoff = Handoff.objects.create(referral=row, adult_now=is_adult_now(row, today), started_at=now, started_by=by)
    record("handoff.started", by=by, subjects=[row], detail={"adult_now": handoff.adult_now})
    return handoff


@transaction.atomic
def take_over_handoff(*, handoff: Handoff, by: User) -> Handoff:
    """A manager takes a hand-off over; who began it does not read it any more. Raises ProgramError when it is done."""
    handoff = Handoff.objects.select_for_update(of=("self",)).select_related("referral").get(pk=handoff.pk)
    if handoff.done_at is not None:
        raise ProgramError("This hand-off is finished.")
    if handoff.started_by_id != by.pk:
        handoff.started_by = by
        handoff.save(update_fields=("started_by",))
        record("handoff.taken_over", by=by, subjects=[handoff.referral])
    return handoff


@transaction.atomic
def finish_handoff(
    *,
    handoff: Handoff,
    report: str,
    told_at: datetime.datetime | None = None,
    told_to: str = "",
    report_number: str = "",
    reason: str = "",
    today: datetime.date,
    now: datetime.datetime,
    by: User,
) -> Handoff:
    """Record when, to whom and under which number the report was made, and erase the referral, both or neither.

    A person who is an adult by now may be left unreported, with the reason. Raises ValuesRefused or ProgramError.
    """
    handoff = Handoff.objects.select_for_update(of=("self",)).get(pk=handoff.pk)
    if handoff.done_at is not None:
        raise ProgramError("This hand-off is finished already.")
    if handoff.started_by_id != by.pk:
        raise ProgramError("Somebody else makes this hand-off. A manager takes it over first.")
    referral = Referral.objects.select_for_update().get(pk=handoff.referral_id)
    adult_now = is_adult_now(referral, today)
    values = {"told_to": told_to.strip(), "report_number": report_number.strip(), "reason": reason.strip()}
    problems = handoff_problems(
        report=report,
        adult_now=adult_now,
        told_at=told_at,
        offense_on=referral.offense_on,
        now=now,
        **values,
    )
    if problems:
        raise ValuesRefused(problems)
    reported = report == Report.REPORTED
    handoff.adult_now, handoff.report = adult_now, report
    handoff.told_at = told_at if reported else None
    handoff.told_to = values["told_to"] if reported else ""
    handoff.report_number = values["report_number"] if reported else ""
    handoff.reason = "" if reported else values["reason"]
    handoff.done_at, handoff.done_by = now, by
    handoff.save()
    move_referral(referral=referral, to=Status.HANDED_OFF)
    erase_case(referral)
    record("referral.handed_off", by=by, subjects=[referral], detail={"report": str(report), "adult_now": adult_now})
    return handoff


def handoff_problems(
    *,
    report: str,
    adult_now: bool,
    told_at: datetime.datetime | None,
    told_to: str,
    report_number: str,
    reason: str,
    offense_on: datetime.date,
    now: datetime.datetime,
) -> list[Problem]:
    """What is still missing in an answer. A child is always reported; for an adult it is a decision with a reason."""
    if report not in Report.values:
        return [Problem("report", "Say whether it was reported.")]
    if report == Report.NOT_REPORTED:
        if not adult_now:
            return [Problem("report", "The person is under 18 today. Everybody must report this (s. 39.201).")]
        sentence = "Say why nothing is reported." if not reason else None
        return _problems(reason=sentence or _text_problem("reason", reason))
    at = None
    if told_at is None:
        at = "Enter when the hotline was told."
    elif told_at > now:
        at = "This is still to come. Call first, then enter when."
    elif told_at.astimezone(active_track().program.zone).date() < offense_on:
        at = "This is before the offense date."
    return _problems(
        told_on=at,
        told_to=_text_problem("told_to", told_to) if told_to else "Enter who took the report.",
        report_number=(
            _text_problem("report_number", report_number) if report_number else "Enter the number of the report."
        ),
    )


def _text_problem(field: str, text: str) -> str | None:
    longest = Handoff._meta.get_field(field).max_length
    if len(text) > longest:
        return f"This is longer than {longest} characters."
    return rules.text_problem(text)


def _problems(**sentences: str | None) -> list[Problem]:
    return [Problem(field, sentence) for field, sentence in sentences.items() if sentence]
