"""Pages of requirements: recording a credit, reducing or waiving what is asked."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.errors import ProgramError
from participants.requirements import actions, rules
from participants.requirements.forms import AdjustForm, CreditForm
from participants.requirements.models import Requirement
from participants.requirements.queries import progress_of, requirement_or_404
from participants.staff.permissions import Permission
from participants.web.clock import now, today
from participants.web.forms import page_status, posted
from participants.web.urls import track_url


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CREDITS)
def credit_new(request, pk):
    requirement = requirement_or_404(pk)
    day = today()
    form = CreditForm(posted(request), user=request.user, track=request.track, requirement=requirement, today=day)
    if request.method == "POST" and form.is_valid():
        try:
            credit = actions.record_credit(
                requirement=requirement, **form.values(), today=day, now=now(), by=request.user, row_id=form.row_id
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"{rules.amount(requirement.kind, credit.quantity)} recorded.")
            return redirect(track_url("participant", reference=requirement.participant.reference))
    return _page(request, "requirements/credit_new.html", requirement, form)


@require_http_methods(["GET", "POST"])
@requires(Permission.ADJUST_REQUIREMENTS)
def requirement_adjust(request, pk):
    requirement = requirement_or_404(pk)
    form = AdjustForm(posted(request), user=request.user, track=request.track, requirement=requirement)
    if request.method == "POST" and form.is_valid():
        try:
            actions.adjust_requirement(requirement=requirement, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The change is recorded with its reason.")
            return redirect(track_url("participant", reference=requirement.participant.reference))
    return _page(request, "requirements/adjust.html", requirement, form)


def _page(request, template: str, requirement: Requirement, form):
    """The form beside how far the requirement is now."""
    stay = requirement.enrollment
    progress = next(item for item in progress_of([stay])[stay.pk] if item.id == requirement.pk)
    context = {
        "requirement": requirement,
        "participant": requirement.participant,
        "progress": progress,
        "form": form,
    }
    return render(request, template, context, status=page_status(form))
