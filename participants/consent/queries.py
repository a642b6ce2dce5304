"""Reading texts, offers and agreements."""

import datetime
from collections.abc import Collection
from uuid import UUID

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404

from participants.consent.models import Agreement, ConsentText, MessageConsent, Offer
from participants.consent.rules import Decision
from participants.people.languages import TEXT_LANGUAGES
from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.screening.models import Screening


def current_texts(kind: str) -> list[ConsentText]:
    """The newest version of a text in each language, English, Spanish and Haitian Creole first. One statement."""
    newest: dict[str, ConsentText] = {}
    for text in ConsentText.objects.filter(kind=kind).order_by("language", "-version"):
        newest.setdefault(text.language, text)
    order = list(TEXT_LANGUAGES)
    return sorted(
        newest.values(),
        key=lambda text: (order.index(text.language) if text.language in order else len(order), text.language),
    )


def text_label(text: ConsentText) -> str:
    return f"{text.in_language}, version {text.version}{'' if text.is_certified else ', not certified'}"


def all_texts() -> list[ConsentText]:
    """Every version of every text, by kind and language, the newest first; without what they say."""
    order = {kind: place for place, kind in enumerate(ConsentText.Kind.values)}
    texts = ConsentText.objects.defer("body").order_by("language", "-version")
    return sorted(texts, key=lambda text: (order[text.kind], text.in_language, -text.version))


def text_or_404(pk: UUID) -> ConsentText:
    """A text of the active track. Raises Http404."""
    try:
        return ConsentText.objects.get(pk=pk)
    except ConsentText.DoesNotExist as error:
        raise Http404 from error


def agreement_or_404(pk: UUID) -> Agreement:
    """An agreement of the active track, with its case, offer and text. Raises Http404."""
    try:
        agreements = Agreement.objects.select_related("referral", "offer", "text")
        return readable(agreements, referral="referral_id").get(pk=pk)
    except Agreement.DoesNotExist as error:
        raise Http404 from error


def agreements_of(referral: Referral) -> QuerySet[Agreement]:
    """Everything that a person signed in a case, the first version first."""
    rows = Agreement.objects.filter(referral=referral).select_related("text", "recorded_by", "offer")
    return rows.order_by("signed_at", "version", "id")


def message_consents_of(referral: Referral) -> QuerySet[MessageConsent]:
    """To which ways of being written to or called a person agreed, and what they took back; in order of time."""
    rows = MessageConsent.objects.filter(referral=referral).select_related("text", "recorded_by")
    return rows.order_by("given_on", "id")


def message_consent_or_404(pk: UUID) -> MessageConsent:
    """A consent to messages, with its case. Raises Http404."""
    try:
        return readable(MessageConsent.objects.select_related("referral"), referral="referral_id").get(pk=pk)
    except MessageConsent.DoesNotExist as error:
        raise Http404 from error


def offers_of(referral: Referral) -> QuerySet[Offer]:
    """The offers made on a referral, latest first, with their text and who explained."""
    return Offer.objects.filter(referral=referral).select_related("text", "explained_by").order_by("-made_at", "-id")


def current_offer(referral: Referral) -> Offer | None:
    """The latest offer on a referral, if any."""
    return offers_of(referral).first()


def agreement_of(offer: Offer) -> Agreement | None:
    """The agreement that stands under an offer: its latest version."""
    return Agreement.objects.filter(offer=offer).order_by("-version").first()


def found_eligible_on(referral: Referral) -> datetime.date | None:
    """The day of the decision by which a referral is eligible: the screening's, or the last review that said so."""
    return (
        Screening.objects.filter(referral=referral, eligible=True)
        .annotate(said_so_on=Max("reviews__decided_on", filter=Q(reviews__eligible_after=True)))
        .values_list(Coalesce("said_so_on", "decided_on"), flat=True)
        .first()
    )


def days_found_eligible(referrals: Collection[UUID]) -> dict[UUID, datetime.date]:
    """The same of many referrals, by id. One statement."""
    found = Screening.objects.filter(referral__in=referrals, eligible=True).order_by()
    said_so = Max("reviews__decided_on", filter=Q(reviews__eligible_after=True))
    return dict(found.annotate(said_so_on=said_so).values_list("referral_id", Coalesce("said_so_on", "decided_on")))


def offers_past_deadline(today: datetime.date) -> QuerySet[Offer]:
    """Offers without an answer whose last day to decide has passed."""
    return Offer.objects.filter(decision=Decision.WAITING, decide_by__lt=today).order_by("id")


def offer_or_404(pk: UUID) -> Offer:
    """The offer of the active track with this id, with its referral and text. Raises Http404."""
    try:
        offers = Offer.objects.select_related("referral", "text", "explained_by")
        return readable(offers, referral="referral_id").get(pk=pk)
    except Offer.DoesNotExist as error:
        raise Http404 from error
