"""Reading texts, offers and agreements."""

import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from participants.consent.models import Agreement, ConsentText, Offer
from participants.consent.rules import Decision
from participants.people.languages import TEXT_LANGUAGES
from participants.referrals.models import Referral


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
    return f"{text.in_language}, version {text.version}"


def offers_of(referral: Referral) -> QuerySet[Offer]:
    """The offers made on a referral, latest first, with their text, who explained and the agreement."""
    return (
        Offer.objects.filter(referral=referral)
        .select_related("text", "explained_by", "agreement")
        .order_by("-made_on", "-id")
    )


def current_offer(referral: Referral) -> Offer | None:
    """The latest offer on a referral, if any."""
    return offers_of(referral).first()


def agreement_of(offer: Offer) -> Agreement | None:
    return Agreement.objects.filter(offer=offer).first()


def offers_past_deadline(today: datetime.date) -> QuerySet[Offer]:
    """Offers without an answer whose last day to decide has passed."""
    return Offer.objects.filter(decision=Decision.WAITING, decide_by__lt=today).order_by("id")


def offer_or_404(pk: UUID) -> Offer:
    """The offer of the active track with this id, with its referral and text. Raises Http404."""
    try:
        return Offer.objects.select_related("referral", "text", "explained_by").get(pk=pk)
    except Offer.DoesNotExist as error:
        raise Http404 from error
