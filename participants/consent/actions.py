"""Writers of texts, offers, decisions and agreements."""

import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from participants.audit.actions import record
from participants.consent import rules
from participants.consent.models import Agreement, ConsentText, Offer
from participants.consent.queries import agreement_of, current_offer, current_texts, offers_past_deadline
from participants.consent.rules import Decision, Place
from participants.errors import ProgramError, check_same
from participants.people.languages import TEXT_LANGUAGES
from participants.referrals.actions import move_referral
from participants.referrals.models import Referral
from participants.referrals.rules import Status as ReferralStatus
from participants.referrals.rules import may_move
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.tracks.models import new_id
from participants.tracks.scope import active_track

TEXTS = Path(__file__).parent / "texts"


@transaction.atomic
def install_default_texts(*, by) -> list[ConsentText]:
    """Version 1 of offer and agreement in the program's languages; a named person certifies them later."""
    kind_of_track = active_track().kind
    texts = ConsentText.objects.bulk_create(
        ConsentText(
            kind=kind,
            language=language,
            version=1,
            body=(TEXTS / f"{kind_of_track}.{kind}.{language}.txt").read_text(encoding="utf-8"),
        )
        for kind in ConsentText.Kind.values
        for language in TEXT_LANGUAGES
    )
    record("consent_texts.installed", by=by, detail={"count": len(texts)})
    return texts


@transaction.atomic
def make_offer(
    *,
    referral: Referral,
    text: ConsentText,
    language: str,
    interpreter: str,
    place: str,
    present: str,
    made_on: datetime.date,
    explained_by: User,
    decide_by: datetime.date,
    today: datetime.date,
    by: User,
    row_id: UUID | None = None,
) -> Offer:
    """Record that a person was told about the program and has until `decide_by` to answer.

    Raises ProgramError when the referral is not at this step, the text does not serve the language, or a date
    does not hold. The same `row_id` again answers with the offer that is there.
    """
    referral = _locked(referral.pk)
    if written := Offer.objects.filter(pk=row_id).first():
        typed = {"text": text, "language": language, "interpreter": interpreter.strip(), "place": place}
        typed |= {"present": present.strip(), "made_on": made_on, "explained_by": explained_by, "decide_by": decide_by}
        check_same(written, typed, "The offer saved then stands on the referral's page.", again=False)
        return written
    _check_text(text, ConsentText.Kind.OFFER, language=language, interpreter=interpreter)
    earlier = Offer.objects.filter(referral=referral).aggregate(ended_on=Max("decided_on"))
    _refuse(
        rules.offer_refusal(
            made_on=made_on,
            decide_by=decide_by,
            received_on=referral.received_on,
            earlier_ended_on=earlier["ended_on"],
            today=today,
        )
    )
    if place not in Place.values:
        raise ProgramError("Record where the offer was made.", field="place")
    makers = staff_with(Permission.MAKE_OFFERS, track=active_track(), on=today)
    if not makers.filter(pk=explained_by.pk).exists():
        raise ProgramError("Choose someone of this track who makes offers.", field="explained_by")
    move_referral(referral=referral, to=ReferralStatus.OFFERED)
    offer = Offer.objects.create(
        pk=row_id or new_id(),
        referral=referral,
        text=text,
        language=language,
        interpreter=interpreter.strip(),
        place=place,
        present=present.strip(),
        made_on=made_on,
        explained_by=explained_by,
        decide_by=decide_by,
    )
    record("offer.made", by=by, subjects=[offer], detail={"language": language, "place": place})
    return offer


@transaction.atomic
def decide_offer(
    *,
    offer: Offer,
    decision: str,
    decided_on: datetime.date,
    counsel: str = "",
    counsel_on: datetime.date | None = None,
    today: datetime.date,
    by: User,
) -> Offer:
    """Record a person's answer. Accepting needs the counsel answer; declining asks for no reason.

    Who has accepted may decline until they are placed; an agreement that they signed is then withdrawn. An answer
    given in time is recorded after the sweep has ended the offer, too. The same answer again answers with the offer.
    """
    referral = _locked(offer.referral_id)
    offer = Offer.objects.get(pk=offer.pk)
    if (decision, decided_on) == (offer.decision, offer.decided_on):  # posted twice
        if decision == Decision.ACCEPTED:
            typed = {"counsel": counsel, "counsel_on": counsel_on}
            check_same(offer, typed, "The decision saved then stands on the referral's page.", again=False)
        return offer
    _refuse(
        rules.decision_refusal(
            now=offer.decision,
            to=decision,
            made_on=offer.made_on,
            decide_by=offer.decide_by,
            decided_before=offer.decided_on,
            decided_on=decided_on,
            counsel=counsel,
            counsel_on=counsel_on,
            offense_on=referral.offense_on,
            latest=current_offer(referral) == offer,
            today=today,
        )
    )
    accepted = decision == Decision.ACCEPTED
    if accepted:
        offer.counsel, offer.counsel_on = counsel, counsel_on
    move_referral(referral=referral, to=ReferralStatus.ACCEPTED if accepted else ReferralStatus.DECLINED)
    if agreement := agreement_of(offer):
        withdraw_agreement(agreement=agreement, on=decided_on, by=by)
    offer.decision, offer.decided_on = decision, decided_on
    offer.save(update_fields=("decision", "decided_on", "counsel", "counsel_on"))
    record("offer.decided", by=by, subjects=[offer], detail={"decision": str(decision)})
    return offer


@transaction.atomic
def lapse_offers(*, today: datetime.date, by: User | None = None) -> int:
    """End every offer of the track whose time to decide has passed; returns how many. Safe to run twice."""
    lapsed = 0
    for offer in offers_past_deadline(today):
        referral = _locked(offer.referral_id)
        # It ended with its last day, whenever the sweep comes by.
        ended_on = offer.decide_by + datetime.timedelta(days=1)
        waiting = Offer.objects.filter(pk=offer.pk, decision=Decision.WAITING)
        if waiting.update(decision=Decision.LAPSED, decided_on=ended_on):
            # A referral that was stopped stays stopped; where it would stand follows from its offer.
            if may_move(referral.status, ReferralStatus.LAPSED):
                move_referral(referral=referral, to=ReferralStatus.LAPSED)
            record("offer.lapsed", by=by, subjects=[offer])
            lapsed += 1
    return lapsed


@transaction.atomic
def sign_agreement(
    *,
    offer: Offer,
    text: ConsentText,
    language: str,
    interpreter: str,
    signed_on: datetime.date,
    speedy_trial_waived: bool,
    waived_until: datetime.date,
    term_ends_on: datetime.date,
    today: datetime.date,
    by: User,
    row_id: UUID | None = None,
) -> Agreement:
    """Record the signed participation agreement. Raises ProgramError where it would not hold."""
    referral = _locked(offer.referral_id)
    offer = Offer.objects.get(pk=offer.pk)
    if written := agreement_of(offer):
        if written.pk == row_id:
            typed = {"text": text, "language": language, "interpreter": interpreter.strip(), "signed_on": signed_on}
            typed |= {"waived_until": waived_until, "term_ends_on": term_ends_on}
            check_same(written, typed, "The agreement saved then stands on the referral's page.", again=False)
            return written
        raise ProgramError(f"The agreement was signed on {written.signed_on:%B %-d, %Y}.")
    _check_text(text, ConsentText.Kind.AGREEMENT, language=language, interpreter=interpreter)
    _refuse(
        rules.agreement_refusal(
            decision=offer.decision,
            decided_on=offer.decided_on,
            signed_on=signed_on,
            speedy_trial_waived=speedy_trial_waived,
            waived_until=waived_until,
            term_ends_on=term_ends_on,
            today=today,
        )
    )
    if referral.status != ReferralStatus.ACCEPTED:
        raise ProgramError(f"This referral stands at “{referral.get_status_display()}”, so nothing is signed now.")
    agreement = Agreement.objects.create(
        pk=row_id or new_id(),
        referral=referral,
        offer=offer,
        text=text,
        language=language,
        interpreter=interpreter.strip(),
        signed_on=signed_on,
        speedy_trial_waived=speedy_trial_waived,
        waived_until=waived_until,
        term_ends_on=term_ends_on,
        recorded_by=by,
    )
    record("agreement.signed", by=by, subjects=[agreement], detail={"language": language})
    return agreement


@transaction.atomic
def withdraw_agreement(*, agreement: Agreement, on: datetime.date, by: User) -> Agreement:
    """Record that a person takes their agreement back; no reason is asked. Ending the stay is the caller's."""
    if on < agreement.signed_on:
        raise ProgramError(f"The agreement was signed on {agreement.signed_on:%B %-d, %Y}.", field="on")
    if Agreement.objects.filter(pk=agreement.pk, withdrawn_on__isnull=True).update(withdrawn_on=on):
        agreement.withdrawn_on = on
        record("agreement.withdrawn", by=by, subjects=[agreement])
    return agreement


def _locked(referral_id: UUID) -> Referral:
    """The referral, held until the end of the transaction, so that its steps are recorded one after the other."""
    return Referral.objects.select_for_update().get(pk=referral_id)


def _refuse(refusal: rules.Refusal) -> None:
    if refusal is not None:
        field, message = refusal
        raise ProgramError(message, field=field or None)


def _check_text(text: ConsentText, kind: str, *, language: str, interpreter: str) -> None:
    if text.kind != kind:
        raise ProgramError("Choose the text that was given to the person.", field="text")
    _refuse(
        rules.text_refusal(
            language=language,
            text_language=text.language,
            available={known.language for known in current_texts(kind)},
            interpreter=interpreter,
        )
    )
