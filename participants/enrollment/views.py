"""Pages of a stay: placing a person, changing the caseworker."""

from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.audit.actions import shown
from participants.enrollment.actions import change_caseworker, gaps, place
from participants.enrollment.forms import CaseworkerForm, PlacementForm
from participants.enrollment.queries import current_enrollment
from participants.enrollment.returning import earlier_files
from participants.errors import ProgramError
from participants.people.queries import participant_or_404
from participants.referrals.queries import referral_or_404
from participants.staff.permissions import Permission
from participants.web import clock
from participants.web.forms import page_status, posted
from participants.web.urls import track_url


@require_http_methods(["GET", "POST"])
@requires(Permission.PLACE)
def placement_new(request, pk: UUID):
    """Place a person who has agreed, or say what is still missing."""
    referral = referral_or_404(pk)
    missing = gaps(referral, clock.today())
    earlier = [] if missing else earlier_files(referral)
    form = PlacementForm(posted(request), user=request.user, track=request.track, today=clock.today(), earlier=earlier)
    if request.method == "POST" and form.is_valid():
        try:
            enrollment = place(
                referral=referral,
                **form.values(),
                today=clock.today(),
                by=request.user,
                row_id=form.row_id,
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            reference = enrollment.participant.reference
            messages.success(request, f"Placed. The participant's reference is {reference}.")
            if request.may(Permission.VIEW_PARTICIPANTS):
                return redirect(track_url("participant", reference=reference))
            return redirect(track_url("referral", pk=referral.pk))
    context = {"form": form, "referral": referral, "missing": missing, "earlier": earlier}
    return render(request, "enrollment/place.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS)
def caseworker_change(request, reference: str):
    """Hand a person to another caseworker."""
    participant = participant_or_404(reference)
    shown(participant)
    enrollment = current_enrollment(participant)
    form = CaseworkerForm(posted(request), user=request.user, track=request.track, today=clock.today())
    if request.method == "POST" and form.is_valid():
        try:
            enrollment = change_caseworker(enrollment=enrollment, **form.values(), today=clock.today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"{enrollment.caseworker.name} is the caseworker now.")
            return redirect(track_url("participant", reference=participant.reference))
    context = {"form": form, "participant": participant, "enrollment": enrollment}
    return render(request, "enrollment/caseworker.html", context, status=page_status(form))
