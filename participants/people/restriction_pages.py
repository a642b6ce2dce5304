"""Pages that record which staff a person does not want to open their file: for a case, and for a participant."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.audit.actions import shown
from participants.errors import ProgramError
from participants.people.queries import participant_or_404
from participants.people.restricting import OneFile, lift_restriction, restrict_file
from participants.referrals.queries import referral_or_404
from participants.referrals.rules import NAMELESS
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.web.clock import today
from participants.web.forms import ProgramForm, page_status, posted
from participants.web.urls import track_url


class RestrictForm(ProgramForm):
    """Whom the person names; who is named already, and oneself, are not offered."""

    staff = forms.ModelChoiceField(
        None,
        label="Who may not open this file",
        empty_label="Choose",
        help_text="As the person wishes. No reason is asked.",
        error_messages={"required": "Choose somebody.", "invalid_choice": "Choose somebody of this track."},
    )

    def __init__(self, *args, named: set[UUID], on, **kwargs):
        super().__init__(*args, **kwargs)
        working = staff_with(Permission.OPEN_TRACK, track=self.track, on=on)
        self.fields["staff"].queryset = working.exclude(pk__in=named | {self.user.pk})


@require_http_methods(["GET", "POST"])
@requires(Permission.RESTRICT_FILES)
def referral_restrict(request, pk: UUID):
    referral = referral_or_404(pk)
    if referral.status in NAMELESS:
        messages.info(request, "This referral is stopped: only who hands it over and the managers can read it.")
        return redirect(track_url("referral", pk=referral.pk))
    here = track_url("referral_restrict", pk=referral.pk)
    return _page(request, {"referral": referral}, here=here, back=track_url("referral", pk=referral.pk))


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS)
@requires(Permission.RESTRICT_FILES)
def participant_restrict(request, reference: str):
    participant = participant_or_404(reference)
    here = track_url("participant_restrict", reference=participant.reference)
    back = track_url("participant", reference=participant.reference)
    return _page(request, {"participant": participant}, here=here, back=back)


def _page(request, about: dict, *, here: str, back: str):
    file = OneFile(**about)
    shown(*about.values())
    named = _named(file)
    if request.method == "POST" and "lift" in request.POST:
        return _lift(request, about, [row["staff"] for row in named], here)
    form = RestrictForm(
        posted(request),
        user=request.user,
        track=request.track,
        named={row["staff"].pk for row in named},
        on=today(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            restrict_file(**about, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"{form.cleaned_data['staff'].name} does not open this file any more.")
            return redirect(here)
    context = {"form": form, "named": named, "back_url": back}
    return render(request, "people/restrict.html", context, status=page_status(form))


def _lift(request, about: dict, named: list[User], here: str):
    try:
        staff = next((user for user in named if str(user.pk) == request.POST["lift"]), None)
        if staff is not None:
            lift_restriction(staff=staff, **about, today=today(), by=request.user)
            messages.success(request, f"{staff.name} may open this file again.")
    except ProgramError as error:
        messages.error(request, error.message)
    return redirect(here)


def _named(file: OneFile) -> list[dict]:
    """Who may not open the file now, by name, with when and by whom it was recorded."""
    rows = file.restrictions().select_related("staff", "recorded_by").order_by("recorded_on", "id")
    found = {}
    for row in rows:
        found.setdefault(row.staff_id, {"staff": row.staff, "on": row.recorded_on, "by": row.recorded_by})
    return sorted(found.values(), key=lambda row: (row["staff"].name, str(row["staff"].pk)))
