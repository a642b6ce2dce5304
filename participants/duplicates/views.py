"""Pages on which a person decides what two cases that look alike are, and takes such a decision back."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.duplicates import actions as comparing
from participants.duplicates.finding import likeness
from participants.duplicates.forms import ComparisonForm
from participants.duplicates.models import Comparison
from participants.duplicates.rules import SameAs
from participants.duplicates.sides import sides
from participants.errors import ProgramError
from participants.referrals.actions import AlreadyReceived, ChangedMeanwhile
from participants.referrals.queries import referral_or_404
from participants.referrals.rules import NAMELESS
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.forms import ProgramForm, page_status, posted
from participants.web.urls import track_url

DONE = {
    SameAs.SAME_CASE: "The two are one case now. It can be undone on this page.",
    SameAs.SAME_PERSON: "Kept: two cases of one person.",
    SameAs.DIFFERENT: "Kept: different people. You will not be asked again.",
}


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def referral_compare(request, pk, other):
    """Two cases side by side; before two become one the page shows what would be kept."""
    if pk == other:
        raise Http404
    one, two = referral_or_404(pk), referral_or_404(other)
    if {one.status, two.status} & set(NAMELESS):
        raise Http404
    standing = comparing.standing_comparison(one, two)
    if standing or one.merged_into_id or two.merged_into_id:
        context = {"referral": one, "other": two, "standing": standing, "sides": sides(one, two)}
        return render(request, "duplicates/compared.html", context)
    kept, absorbed, why_not = comparing.in_order(one, two)
    form = ComparisonForm(
        posted(request),
        user=request.user,
        track=request.track,
        kept=kept,
        absorbed=absorbed,
        may_merge=not why_not,
    )
    same, preview = None, []
    if request.method == "POST" and form.is_valid() and "change" not in request.POST:
        if form.merges and "confirm" not in request.POST:
            preview = form.preview()
        else:
            try:
                _decide(request, form)
            except ProgramError as error:
                form.apply_error(error)
                same = error.referral if isinstance(error, AlreadyReceived) else None
                if isinstance(error, ChangedMeanwhile):
                    messages.info(request, "Compare them once more: this is how they stand now.")
                    return redirect(request.path)
            else:
                messages.success(request, DONE[form.cleaned_data["decision"]])
                return redirect(track_url("referral", pk=kept.pk))
    context = {
        "form": form,
        "kept": kept,
        "absorbed": absorbed,
        "like": likeness(kept, absorbed),
        "why_not": why_not,
        "preview": preview,
        "same": same,
    }
    return render(request, "duplicates/compare.html", context, status=page_status(form))


def _decide(request, form: ComparisonForm) -> Comparison:
    when = {"today": today(), "by": request.user}
    if form.merges:
        return comparing.merge_referrals(
            kept=form.kept, absorbed=form.absorbed, versions=form.versions, take=form.take, **when
        )
    decision = form.cleaned_data["decision"]
    return comparing.decide_comparison(referral=form.kept, other=form.absorbed, decision=decision, **when)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def comparison_undo(request, pk):
    """Take a decision about two cases back."""
    comparison = Comparison.objects.filter(pk=pk).select_related("decided_by").first()
    if comparison is None:
        raise Http404
    one, two = referral_or_404(comparison.referral_id), referral_or_404(comparison.other_id)
    if one.status in NAMELESS or two.status in NAMELESS:
        raise Http404  # a child's case is shown on no other page
    form = ProgramForm(posted(request), user=request.user, track=request.track)
    if form.is_valid():
        try:
            comparing.undo_comparison(comparison=comparison, today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The decision is taken back.")
            return redirect(track_url("referral", pk=one.pk))
    context = {"form": form, "comparison": comparison, "referral": one, "other": two, "sides": sides(one, two)}
    return render(request, "duplicates/comparison_undo.html", context, status=page_status(form))
