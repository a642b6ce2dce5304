"""Pages of break-glass: a manager opens a closed file, ends that again, and the privacy officer looks at it."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.fresh import fresh
from participants.access.gate import requires
from participants.audit.actions import record
from participants.audit.models import Event
from participants.errors import ProgramError
from participants.people.break_glass import (
    MINUTES,
    USUAL_MINUTES,
    close_again,
    mark_seen,
    open_closed_file,
    openings,
    told,
)
from participants.people.models import BreakGlass
from participants.staff.permissions import Permission
from participants.web.clock import now
from participants.web.forms import ProgramForm, page_status, posted
from participants.web.paging import page_of
from participants.web.urls import track_url


class BreakGlassForm(ProgramForm):
    """Which file, why, and for how long."""

    asked_for = forms.CharField(
        max_length=50,
        label="Reference or court case number",
        help_text="Such as 7K4Q-2MXD or F26-000123.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        max_length=BreakGlass._meta.get_field("reason").max_length,
        label="Why you need it now",
        help_text="At least a sentence. The privacy officer reads it, and it stays on the file.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    minutes = forms.TypedChoiceField(
        coerce=int,
        choices=[(number, f"{number} minutes") for number in MINUTES],
        initial=USUAL_MINUTES,
        label="For how long",
        widget=forms.RadioSelect,
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.BREAK_GLASS)
@fresh
def break_glass(request):
    form = BreakGlassForm(posted(request), user=request.user, track=request.track)
    if form.is_bound and form.is_valid():
        try:
            glass = open_closed_file(**form.values(), now=now(), by=request.user)
        except ProgramError as error:
            # Whoever tries one reference after the other is seen, too.
            record("glass.refused", by=request.user, outcome=Event.Outcome.REFUSED)
            form.apply_error(error)
        else:
            return redirect(_address(glass))
    return render(request, "people/break_glass.html", {"form": form}, status=page_status(form))


def _address(glass: BreakGlass) -> str:
    if glass.participant_id:
        return track_url("participant", reference=glass.participant.reference)
    return track_url("referral", pk=glass.referral_id)


@require_http_methods(["GET", "POST"])
@requires(Permission.BREAK_GLASS)
def break_glass_end(request, pk: UUID):
    """Close a file before its time is over; only what one has opened oneself."""
    glass = BreakGlass.objects.filter(opened_by=request.user, pk=pk).first()
    if glass is None:
        raise Http404
    if request.method == "POST":
        close_again(glass=glass, now=now(), by=request.user)
        messages.success(request, "The file is closed again.")
        return redirect(track_url("my_day"))
    return render(request, "people/break_glass_end.html", {"glass": glass, "over": now() >= glass.closes_at})


@require_GET
@requires(Permission.VIEW_AUDIT)
def break_glass_log(request):
    page = page_of(openings(), request, order="-opened_at")
    context = {"rows": told(page.rows), "next_url": page.next_url, "now": now()}
    return render(request, "people/break_glass_log.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_AUDIT)
def break_glass_seen(request, pk: UUID):
    """One opening: who, which file, why, what was read; and that somebody has looked at it."""
    glass = openings().filter(pk=pk).first()
    if glass is None:
        raise Http404
    if request.method == "POST":
        try:
            mark_seen(glass=glass, now=now(), by=request.user)
        except ProgramError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "Marked as seen.")
        return redirect(track_url("break_glass_log"))
    return render(request, "people/break_glass_seen.html", {"row": told([glass])[0], "now": now()})
