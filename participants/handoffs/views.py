"""Pages of the hand-off of a minor: the two steps on one address, and the list with its log."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.audit.actions import shown
from participants.errors import ProgramError
from participants.handoffs import actions as handing_off
from participants.handoffs import queries as handoffs
from participants.handoffs.forms import AdultHandoffForm, DatesConfirmedForm, HandoffForm
from participants.people.languages import language_name
from participants.referrals.models import Referral
from participants.referrals.rules import HOTLINE, Status
from participants.staff.permissions import Permission
from participants.web import clock
from participants.web.forms import page_status, posted
from participants.web.paging import page_of
from participants.web.urls import track_url


@require_http_methods(["GET", "POST"])
@requires(Permission.HAND_OFF)
def handoff(request, pk: UUID):
    """First the dates are checked against a document; from then on the call, until its report number is entered."""
    referral = handoffs.stopped_or_404(pk)
    if referral.status == Status.HANDED_OFF:
        messages.info(request, "This referral was handed off. Nothing else is kept of it.")
        return redirect(track_url("referral", pk=referral.pk))
    started = handoffs.handoff_of(referral)
    if started is None:
        return _compare(request, referral)
    if started.started_by_id != request.user.pk:
        return _take_over(request, referral, started)
    return _call(request, referral, started)


def _compare(request, referral: Referral):
    form = DatesConfirmedForm(posted(request), user=request.user, track=request.track, referral=referral)
    if request.method == "POST" and form.is_valid():
        try:
            handing_off.start_handoff(
                referral=referral, **form.values(), today=clock.today(), now=clock.now(), by=request.user
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            return redirect(track_url("handoff", pk=referral.pk))
    context = {"form": form, "referral": referral, "facts": dates_of(referral), "hotline": HOTLINE}
    return render(request, "handoffs/handoff_dates.html", context, status=page_status(form))


def _take_over(request, referral: Referral, started):
    if not request.may(Permission.READ_HAND_OFFS):
        raise PermissionDenied("READ_HAND_OFFS")
    if request.method == "POST":
        try:
            handing_off.take_over_handoff(handoff=started, by=request.user)
        except ProgramError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "This hand-off is yours now.")
        return redirect(track_url("handoff", pk=referral.pk))
    context = {"referral": referral, "handoff": started, "facts": told_on_the_phone(referral), "hotline": HOTLINE}
    return render(request, "handoffs/handoff_other.html", context)


def _call(request, referral: Referral, started):
    adult_now = handoffs.is_adult_now(referral, clock.today())
    form_class = AdultHandoffForm if adult_now else HandoffForm
    form = form_class(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            handing_off.finish_handoff(
                handoff=started, **form.values(), today=clock.today(), now=clock.now(), by=request.user
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "Handed off. The referral is erased; the log keeps when, to whom and the number.")
            return redirect(track_url("handoffs"))
    context = {
        "form": form,
        "referral": referral,
        "handoff": started,
        "adult_now": adult_now,
        "facts": told_on_the_phone(referral),
        "hotline": HOTLINE,
    }
    return render(request, "handoffs/handoff.html", context, status=page_status(form))


@require_GET
@requires(Permission.HAND_OFF)
def handoff_list(request):
    """What is to be handed over, the longest wait first; for the track's managers the log below it."""
    page = None
    if request.may(Permission.READ_HAND_OFFS):
        page = page_of(handoffs.handoff_log(), request)
    stops = handoffs.unfinished_stops(clock.now())
    shown(*(stop.referral for stop in stops))
    context = {"stops": stops, "page": page, "hotline": HOTLINE}
    return render(request, "handoffs/handoffs.html", context)


def dates_of(referral: Referral) -> list[dict]:
    """The two dates to be compared with a document."""
    return [
        {"label": "Date of birth", "value": day(referral.date_of_birth)},
        {"label": "Offense date", "value": day(referral.offense_on)},
    ]


def told_on_the_phone(referral: Referral) -> list[dict]:
    """What the hotline asks for, to be read out while calling."""
    return [
        {"label": "Name", "value": referral.name},
        *dates_of(referral),
        {"label": "Phone", "value": referral.phone},
        {"label": "Language", "value": language_name(referral.language)},
        {"label": "Gender", "value": referral.get_gender_display()},
        {"label": "Race or ethnicity", "value": referral.get_race_display()},
        {"label": "Charge", "value": referral.charge},
        {"label": "Court case number", "value": referral.case_number},
        {"label": "Sent by", "value": referral.source},
        {"label": "Operation", "value": str(referral.operation) if referral.operation_id else ""},
        {"label": "Next court date", "value": day(referral.next_court_on)},
        {"label": "Defense counsel", "value": ", ".join(filter(None, _counsel(referral)))},
    ]


def _counsel(referral: Referral) -> tuple[str, str]:
    return referral.counsel_name, referral.counsel_contact


def day(date) -> str:
    return f"{date:%B} {date.day}, {date.year}" if date else ""
