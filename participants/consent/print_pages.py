"""Offer and agreement on paper, in the language of the text that the person was given."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from participants.access.gate import requires
from participants.consent.models import Agreement, ConsentText, Offer
from participants.consent.print_words import WORDS, requirement_in, words_in
from participants.consent.queries import agreement_of, agreement_or_404, current_texts, offer_or_404
from participants.consent.rules import Decision
from participants.enrollment.models import Enrollment
from participants.people.languages import date_in, language_name
from participants.referrals.rules import Status
from participants.requirements.agreed import read_agreed
from participants.requirements.queries import track_asks
from participants.staff.permissions import Permission


@require_GET
@requires(Permission.MAKE_OFFERS)
def offer_print(request, pk: UUID):
    """The offer: what the person was told, until when they can decide, and room to sign their answer."""
    offer = offer_or_404(pk)
    words = words_in(offer.text.language)
    facts = [
        (words["offered"], _date(offer, offer.made_on)),
        (words["decide_by"], _date(offer, offer.decide_by)),
        (words["explained_by"], offer.explained_by.name),
    ]
    return _paper(request, offer, heading=words["offer"], facts=facts)


@require_GET
@requires(Permission.MAKE_OFFERS)
def agreement_to_sign(request, pk: UUID):
    """The agreement before it is signed: what the track asks, and lines for the dates that are settled at signing."""
    offer = offer_or_404(pk)
    accepted = offer.decision == Decision.ACCEPTED and offer.referral.status == Status.ACCEPTED
    texts = {text.language: text for text in current_texts(ConsentText.Kind.AGREEMENT)}
    if not accepted or not texts or agreement_of(offer) is not None:
        raise Http404
    wanted = (offer.language, offer.text.language, "en", *texts)
    text = next(texts[language] for language in wanted if language in texts)
    paper = Agreement(
        offer=offer, referral=offer.referral, text=text, language=offer.language, interpreter=offer.interpreter
    )
    words = words_in(text.language)
    facts = [(words[name], "") for name in ("term_ends", "monitoring_ends", "waived_until")]
    asked = [requirement_in(text.language, row) for row in track_asks()]
    return _paper(
        request, paper, heading=words["agreement"], facts=facts, asked=asked or [words["nothing"]], agreement=True
    )


@require_GET
@requires(Permission.MAKE_OFFERS)
def agreement_print(request, pk: UUID):
    """One version of the agreement: text, what the person agreed to do, dates, and the lines to sign on."""
    agreement = agreement_or_404(pk)
    stay = Enrollment.objects.filter(referral=agreement.referral).first()
    if stay is not None and agreement.signed_on > stay.placed_on and not request.may(Permission.VIEW_PARTICIPANTS):
        raise PermissionDenied  # what is agreed during a stay belongs to the participant's file
    language = agreement.text.language
    words = words_in(language)
    facts = [
        (
            words["version"].format(number=agreement.version),
            f"{words['signed']} {_date(agreement, agreement.signed_on)}",
        ),
        (words["term_ends"], _date(agreement, agreement.term_ends_on)),
        (words["waived_until"], _date(agreement, agreement.waived_until)),
    ]
    if agreement.monitoring_ends_on:
        facts.insert(2, (words["monitoring_ends"], _date(agreement, agreement.monitoring_ends_on)))
    asked = [requirement_in(language, row) for row in read_agreed(agreement.requirements)]
    return _paper(
        request, agreement, heading=words["agreement"], facts=facts, asked=asked or [words["nothing"]], agreement=True
    )


def _date(row: Offer | Agreement, day) -> str:
    return date_in(row.text.language, day)


def _paper(request: HttpRequest, row: Offer | Agreement, **context) -> HttpResponse:
    words, text, referral = words_in(row.text.language), row.text, row.referral
    facts = [(words["name"], referral.name), (words["case"], referral.case_number), *context.pop("facts")]
    # Where the text is not in the person's language somebody interprets it; an unknown name is written in by hand.
    interpreted = bool(row.interpreter) or row.language != text.language
    if row.interpreter:
        facts.append((words["interpreter"], f"{row.interpreter} ({language_name(row.language)})"))
    elif interpreted:
        facts.append((f"{words['interpreter']} ({language_name(row.language)})", ""))
    language = language_name(text.language)
    foot = [words["text"].format(language=language, number=text.version)]
    if text.is_certified:
        day = date_in(text.language, text.certified_on)
        foot.append(words["certified"].format(name=text.certified_by, day=day))
    context |= {
        "words": words,
        "words_language": text.language if text.language in WORDS else "en",
        "text": text,
        "referral": referral,
        "interpreter": interpreted,
        "facts": facts,
        "foot": foot,
    }
    return render(request, "consent/paper.html", context)
