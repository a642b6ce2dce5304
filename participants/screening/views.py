"""The screening page."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.errors import ProgramError
from participants.referrals.queries import referral_or_404
from participants.referrals.rules import Status
from participants.screening.actions import screen
from participants.screening.forms import ScreeningForm
from participants.screening.queries import current_criteria
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.forms import page_status
from participants.web.urls import track_url


@require_http_methods(["GET", "POST"])
@requires(Permission.SCREEN)
def screening_new(request, pk):
    referral = referral_or_404(pk)
    back = redirect(track_url("referral", pk=referral.pk))
    if referral.status != Status.RECEIVED:
        messages.info(request, f"This referral stands at “{referral.get_status_display()}”: it is not screened now.")
        return back
    criteria = current_criteria(today())
    if criteria is None:
        messages.error(request, "The track has no written criteria in force today, so nobody can be screened.")
        return back
    form = ScreeningForm(request.POST or None, user=request.user, track=request.track, criteria=criteria)
    if request.method == "POST" and form.is_valid():
        try:
            screening = screen(
                referral=referral,
                answers=form.answers(),
                note=form.cleaned_data["note"],
                today=today(),
                by=request.user,
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            if screening is not None:
                messages.success(request, "Eligible." if screening.eligible else "Not eligible; the reasons are below.")
            return back
    context = {"form": form, "referral": referral, "criteria": criteria}
    return render(request, "screening/new.html", context, status=page_status(form))
