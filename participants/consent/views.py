"""Pages of choosing: the offer, the decision, the agreement."""

from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.consent.actions import decide_offer, make_offer, sign_agreement
from participants.consent.forms import AgreementForm, DecisionForm, OfferForm
from participants.consent.queries import agreement_of, current_offer, offer_or_404
from participants.consent.rules import Decision, possible_decisions
from participants.errors import ProgramError
from participants.referrals.queries import referral_or_404
from participants.referrals.rules import Status, may_move
from participants.requirements.models import RequirementTemplate
from participants.requirements.rules import amount
from participants.staff.permissions import Permission
from participants.web import clock
from participants.web.forms import page_status
from participants.web.urls import track_url


@require_http_methods(["GET", "POST"])
@requires(Permission.MAKE_OFFERS)
def offer_new(request, pk: UUID):
    """Tell a person about the program: the text in their language, and the record of how it was told."""
    referral = referral_or_404(pk)
    form = OfferForm(
        request.POST or None,
        user=request.user,
        track=request.track,
        today=clock.today(),
        language=referral.language,
    )
    if request.method == "POST" and form.is_valid():
        try:
            make_offer(
                referral=referral,
                **form.values(),
                today=clock.today(),
                by=request.user,
                row_id=form.row_id,
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The offer is recorded. The person now has time to decide.")
            return redirect(track_url("referral", pk=referral.pk))
    context = {
        "form": form,
        "referral": referral,
        "possible": may_move(referral.status, Status.OFFERED),
        "texts": form.texts,
        "lapsed": current_offer(referral) if referral.status == Status.LAPSED else None,
    }
    return render(request, "consent/offer.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.MAKE_OFFERS)
def offer_decision(request, pk: UUID):
    """What the person decided; until they are placed, also a change of mind, and after a lapse an answer in time."""
    offer = offer_or_404(pk)
    if request.method == "POST" and offer.decided_on and request.POST.get("decision") == offer.decision:
        messages.info(request, f"{offer.get_decision_display()}: recorded already, on {offer.decided_on:%B %-d, %Y}.")
        return redirect(track_url("referral", pk=offer.referral_id))
    form = DecisionForm(request.POST or None, user=request.user, track=request.track, today=clock.today(), offer=offer)
    if request.method == "POST" and form.is_valid():
        try:
            offer = decide_offer(offer=offer, **form.values(), today=clock.today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            accepted = offer.decision == Decision.ACCEPTED
            messages.success(request, "Accepted. Next comes the agreement." if accepted else "Declined. Recorded.")
            return redirect(track_url("referral", pk=offer.referral_id))
    context = {
        "form": form,
        "offer": offer,
        "referral": offer.referral,
        "possible": possible_decisions(offer.decision, latest=current_offer(offer.referral) == offer),
    }
    return render(request, "consent/decision.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.MAKE_OFFERS)
def agreement_new(request, pk: UUID):
    """The participation agreement: what it says, what the program asks, and that it was signed."""
    offer = offer_or_404(pk)
    form = AgreementForm(
        request.POST or None,
        user=request.user,
        track=request.track,
        today=clock.today(),
        language=offer.language,
    )
    if request.method == "POST" and form.is_valid():
        try:
            sign_agreement(offer=offer, **form.values(), today=clock.today(), by=request.user, row_id=form.row_id)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The agreement is recorded. The person can be placed now.")
            return redirect(track_url("referral", pk=offer.referral_id))
    context = {
        "form": form,
        "offer": offer,
        "referral": offer.referral,
        "possible": offer.decision == Decision.ACCEPTED and agreement_of(offer) is None,
        "texts": form.texts,
        "asked": [_in_words(template) for template in RequirementTemplate.objects.filter(in_use=True)],
    }
    return render(request, "consent/agreement.html", context, status=page_status(form))


def _in_words(template: RequirementTemplate) -> str:
    return f"{template.service or template.get_kind_display()}: {amount(template.kind, template.quantity)}"
