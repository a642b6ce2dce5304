"""Pages of choosing: the offer, the decision, the agreement and its versions."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.consent.actions import amend_agreement, decide_offer, make_offer, sign_agreement
from participants.consent.forms import AgreementForm, AmendmentForm, DecisionForm, OfferForm
from participants.consent.queries import agreement_of, agreement_or_404, current_offer, offer_or_404
from participants.consent.rules import Decision, possible_decisions
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError
from participants.referrals.models import Referral
from participants.referrals.queries import referral_or_404
from participants.referrals.rules import Status, may_move
from participants.requirements.agreed import limits_of, read_agreed
from participants.requirements.queries import track_asks
from participants.staff.permissions import Permission
from participants.web import clock
from participants.web.forms import page_status, posted
from participants.web.urls import track_url


@require_http_methods(["GET", "POST"])
@requires(Permission.MAKE_OFFERS)
def offer_new(request, pk: UUID):
    """Tell a person about the program: the text in their language, and the record of how it was told."""
    referral = referral_or_404(pk)
    form = OfferForm(
        posted(request),
        user=request.user,
        track=request.track,
        now=clock.now(),
        language=referral.language,
    )
    if request.method == "POST" and form.is_valid():
        try:
            make_offer(
                referral=referral,
                **form.values(),
                now=clock.now(),
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
    form = DecisionForm(posted(request), user=request.user, track=request.track, now=clock.now(), offer=offer)
    if request.method == "POST" and form.is_valid():
        try:
            offer = decide_offer(offer=offer, **form.values(), now=clock.now(), by=request.user)
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
    """The participation agreement: what it says, what the person agrees to do, and that it was signed."""
    offer = offer_or_404(pk)
    form = AgreementForm(
        posted(request),
        user=request.user,
        track=request.track,
        now=clock.now(),
        language=offer.language,
        asked=track_asks(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            sign_agreement(offer=offer, **form.values(), now=clock.now(), by=request.user, row_id=form.row_id)
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
        "asked": form.asked,
    }
    return render(request, "consent/agreement.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.MAKE_OFFERS)
def agreement_amend(request, pk: UUID):
    """A new version of an agreement that stands, signed anew; the version before stays as it was."""
    agreement = agreement_or_404(pk)
    stay = Enrollment.objects.filter(referral=agreement.referral).first()
    if stay is not None and not request.may(Permission.VIEW_PARTICIPANTS):
        raise PermissionDenied  # what is agreed during a stay belongs to the participant's file
    agreed = read_agreed(agreement.requirements)
    form = AmendmentForm(
        posted(request),
        user=request.user,
        track=request.track,
        now=clock.now(),
        language=agreement.language,
        agreement=agreement,
        agreed=agreed,
        asked=limits_of(agreed, track_asks()),
    )
    if request.method == "POST" and form.is_valid():
        try:
            amended = amend_agreement(
                agreement=agreement, **form.values(), now=clock.now(), by=request.user, row_id=form.row_id
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            ends = date_format(amended.term_ends_on, "F j, Y")
            messages.success(request, f"Version {amended.version} is recorded. The program ends on {ends}.")
            return back_to_file(request, agreement.referral)
    standing = agreement.withdrawn_on is None and agreement_of(agreement.offer) == agreement
    goes_on = stay.is_active if stay else agreement.referral.status == Status.ACCEPTED
    context = {
        "form": form,
        "agreement": agreement,
        "referral": agreement.referral,
        "possible": standing and goes_on,
        "texts": form.texts,
        "agreed": agreed,
    }
    return render(request, "consent/amend.html", context, status=page_status(form))


def back_to_file(request, referral: Referral) -> HttpResponse:
    """The participant's file where there is one that this reader may open, else the case."""
    stay = Enrollment.objects.filter(referral=referral).select_related("participant").first()
    if stay is not None and request.may(Permission.VIEW_PARTICIPANTS):
        return redirect(track_url("participant", reference=stay.participant.reference))
    return redirect(track_url("referral", pk=referral.pk))
