"""Pages of the consent to messages: given in one way, taken back without a reason."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.consent.messages import CLOSED, give_message_consent, withdraw_message_consent
from participants.consent.models import MessageConsent
from participants.consent.queries import message_consent_or_404, message_consents_of
from participants.consent.text_forms import MessageConsentForm
from participants.consent.views import back_to_file
from participants.errors import ProgramError
from participants.referrals.queries import referral_or_404
from participants.referrals.rules import SHUT
from participants.staff.permissions import Permission
from participants.web import clock
from participants.web.forms import page_status, posted


@require_http_methods(["GET", "POST"])
@requires(Permission.MAKE_OFFERS)
def message_consent_new(request, pk: UUID):
    """Whether the person agrees to be written to or called, one way at a time; nothing depends on it."""
    referral = referral_or_404(pk)
    if referral.status in SHUT:
        raise Http404
    given = {row.channel for row in message_consents_of(referral) if row.withdrawn_on is None}
    open_ways = [way for way in MessageConsent.Channel.values if way not in given]
    form = MessageConsentForm(
        posted(request),
        user=request.user,
        track=request.track,
        today=clock.today(),
        language=referral.language,
        open_ways=open_ways,
    )
    if request.method == "POST" and form.is_valid():
        try:
            give_message_consent(
                referral=referral, **form.values(), today=clock.today(), by=request.user, row_id=form.row_id
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The consent is recorded. It can be taken back at any time.")
            return back_to_file(request, referral)
    context = {
        "form": form,
        "referral": referral,
        "possible": open_ways and referral.status not in CLOSED,
        "texts": form.texts,
    }
    return render(request, "consent/message_new.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.MAKE_OFFERS)
def message_consent_withdraw(request, pk: UUID):
    """The person wants no more messages in one way."""
    consent = message_consent_or_404(pk)
    if request.method == "POST":
        withdraw_message_consent(consent=consent, today=clock.today(), by=request.user)
        messages.success(request, f"Withdrawn: {consent.get_channel_display().lower()}.")
        return back_to_file(request, consent.referral)
    return render(request, "consent/message_withdraw.html", {"consent": consent, "referral": consent.referral})
