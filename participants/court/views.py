"""Pages of court dates: the list of the next two weeks, how one went, and that the person was told."""

import datetime
from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.court import actions as court
from participants.court import queries
from participants.court.forms import CorrectResultForm, ResultForm, ToldForm
from participants.court.models import CourtResult
from participants.errors import ProgramError
from participants.people.restrictions import readable
from participants.referrals.actions import ChangedMeanwhile
from participants.referrals.models import Referral
from participants.referrals.queries import referral_or_404
from participants.referrals.rules import SHUT, Status
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.forms import page_status, posted
from participants.web.urls import track_url

LISTED_DAYS = 14
MOST_PAST = 50
STORED = ("next_court_on", "must_appear")
# Where the buttons for told and result stand too.
LISTS = {"my_day", "court_dates"}


@require_GET
@requires(Permission.VIEW_REFERRALS)
def court_dates(request):
    """The court dates of two weeks by day, and first those that have passed and nobody has said how they went."""
    day = today()
    end = day + datetime.timedelta(days=LISTED_DAYS)
    chosen = request.GET.get("list")
    mine = chosen == "mine" if chosen in {"mine", "all"} else queries.works_cases(request.user)
    of_whom = {
        "caseworker": request.user if mine else None,
        "placed": request.may(Permission.VIEW_PARTICIPANTS),
    }
    past = queries.court_dates(None, day - datetime.timedelta(days=1), **of_whom)
    past = list(past.order_by("-next_court_on", "id")[: MOST_PAST + 1])
    coming = queries.court_dates(day, end, **of_whom)
    context = {
        "past": past[:MOST_PAST],
        "more_past": len(past) > MOST_PAST,
        "days": [(on, list(rows)) for on, rows in groupby(coming, key=lambda row: row.next_court_on)],
        "mine": mine,
        "today": day,
        "end": end,
        "may_record": request.may(Permission.RECEIVE_REFERRALS),
    }
    return render(request, "court/court_dates.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def court_result(request, pk):
    """How a court date went, and in the same form the next one."""
    row = _case_or_404(request, pk)
    day = today()
    form = ResultForm(
        posted(request),
        user=request.user,
        track=request.track,
        referral=row,
        today=day,
        moved="moved" in request.GET,
    )
    stored = []
    if request.method == "POST" and form.is_valid():
        try:
            court.record_court_result(referral=row, **form.values(), today=day, by=request.user)
        except ProgramError as error:
            form.apply_error(error)
            if isinstance(error, ChangedMeanwhile):
                form.renew(error.referral.version)
                stored = _stored(error.referral, form)
        else:
            messages.success(request, "The court date is recorded.")
            return redirect(_back(request, row))
    context = {"form": form, "court": queries.court_of(row, today=day), "stored": stored, **_place(request, row)}
    return render(request, "court/court_result.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def court_result_edit(request, pk):
    """Put right what was recorded wrongly of a court date."""
    result = CourtResult.objects.filter(pk=pk).first()
    if result is None:
        raise Http404
    row = _case_or_404(request, result.referral_id)
    initial = {"outcome": result.outcome, "note": result.note}
    form = CorrectResultForm(posted(request), user=request.user, track=request.track, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            court.correct_court_result(result=result, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "Saved.")
            return redirect(_back(request, row))
    context = {"form": form, "result": result, **_place(request, row)}
    return render(request, "court/court_result_edit.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def court_told(request, pk):
    """One button: the person was told today of the date that the page shows. Opened as a page, it asks for it."""
    row = _case_or_404(request, pk)
    day = today()
    form = ToldForm(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            court.mark_told(referral=row, **form.values(), today=day, by=request.user)
        except ProgramError as error:
            form.apply_error(error)
            row = referral_or_404(pk)
        else:
            told = form.cleaned_data["told"]
            messages.success(request, "Marked: told today." if told else "Marked as not told.")
            return redirect(_back(request, row))
    context = {"form": form, "court": queries.court_of(row, today=day), **_place(request, row)}
    return render(request, "court/court_told.html", context, status=page_status(form))


def _case_or_404(request, pk: UUID) -> Referral:
    """The case, if this person may open it and something can be recorded of it. After placement it is kept by who
    keeps the participant's file."""
    if not readable(Referral.objects.filter(pk=pk), referral="pk", participant="enrollment__participant_id").exists():
        raise Http404
    row = referral_or_404(pk)
    if row.status in SHUT:
        raise Http404
    if row.status == Status.PLACED and not request.may(Permission.EDIT_PARTICIPANTS):
        raise PermissionDenied(Permission.EDIT_PARTICIPANTS.name)
    return row


def _place(request, row: Referral) -> dict:
    """Where the case is kept now, and where the page was opened from."""
    name = request.GET.get("back")
    return {
        "referral": row,
        "case_url": _case_url(row),
        "back_url": _back(request, row),
        "back": name if name in LISTS else "",
    }


def _case_url(row: Referral) -> str:
    if row.status == Status.PLACED:
        return track_url("participant", reference=row.enrollment.participant.reference)
    return track_url("referral", pk=row.pk)


def _back(request, row: Referral) -> str:
    """The list that the page was opened from, or the case."""
    name = request.GET.get("back")
    return track_url(name) if name in LISTS else _case_url(row)


def _stored(row: Referral, form: ResultForm) -> list[dict]:
    """What the case says now, to compare with what was typed."""
    facts = []
    for name in STORED:
        display = getattr(row, f"get_{name}_display", None)
        facts.append({"label": form.fields[name].label, "value": display() if display else getattr(row, name)})
    return facts
