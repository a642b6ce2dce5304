"""Writers of offers, decisions and agreements."""

import datetime
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from participants.audit.actions import record
from participants.consent import rules
from participants.consent.models import Agreement, ConsentText, Offer
from participants.consent.queries import (
    agreement_of,
    current_offer,
    current_texts,
    found_eligible_on,
    offers_past_deadline,
)
from participants.consent.rules import Decision, Place
from participants.enrollment.actions import follow_agreement
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError, check_same
from participants.referrals.actions import move_referral
from participants.referrals.models import Referral
from participants.referrals.rules import Status as ReferralStatus
from participants.referrals.rules import may_move
from participants.requirements.agreed import Agreed, check_agreed, limits_of, read_agreed, write_agreed
from participants.requirements.queries import track_asks
from participants.screening.queries import second_look_waits
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.tracks.models import new_id
from participants.tracks.scope import active_track


@transaction.atomic
def make_offer(
    *,
    referral: Referral,
    text: ConsentText,
    language: str,
    interpreter: str,
    place: str,
    present: str,
    made_at: datetime.datetime,
    explained_by: User,
    decide_by: datetime.date,
    now: datetime.datetime,
    by: User,
    row_id: UUID | None = None,
) -> Offer:
    """Record that a person was told about the program and has until the end of `decide_by` to answer.

    Raises ProgramError when the referral is not at this step, the text does not serve the language, or a time
    does not hold. The same `row_id` again answers with the offer that is there.
    """
    referral = _locked(referral.pk)
    made_at, zone = made_at.astimezone(datetime.UTC), active_track().program.zone
    if written := Offer.objects.filter(pk=row_id).first():
        typed = {"text": text, "language": language, "interpreter": interpreter.strip(), "place": place}
        typed |= {"present": present.strip(), "made_at": made_at, "explained_by": explained_by, "decide_by": decide_by}
        check_same(written, typed, "The offer saved then stands on the referral's page.", again=False)
        return written
    if second_look_waits(referral):
        raise ProgramError("A second look at the screening is due. Until it is decided no offer is made.")
    _check_text(text, ConsentText.Kind.OFFER, language=language, interpreter=interpreter)
    earlier = Offer.objects.filter(referral=referral).aggregate(ended_at=Max("decided_at"))
    _refuse(
        rules.offer_refusal(
            made_at=made_at,
            decide_by=decide_by,
            zone=zone,
            received_on=referral.received_on,
            screened_on=found_eligible_on(referral),
            earlier_ended_at=earlier["ended_at"],
            now=now,
        )
    )
    if place not in Place.values:
        raise ProgramError("Record where the offer was made.", field="place")
    makers = staff_with(Permission.MAKE_OFFERS, track=active_track(), on=now.astimezone(zone).date())
    if not makers.filter(pk=explained_by.pk).exists():
        raise ProgramError("Choose someone of this track who makes offers.", field="explained_by")
    move_referral(referral=referral, to=ReferralStatus.OFFERED)
    offer = Offer.objects.create(
        pk=row_id or new_id(),
        referral=referral,
        text=text,
        language=language,
        interpreter=interpreter.strip(),
        with_interpreter=bool(interpreter.strip()),
        place=place,
        present=present.strip(),
        made_at=made_at,
        made_on=made_at.astimezone(zone).date(),
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
    decided_at: datetime.datetime,
    counsel: str = "",
    counsel_on: datetime.date | None = None,
    counsel_name: str = "",
    asked_to_sign_now: bool = False,
    now: datetime.datetime,
    by: User,
) -> Offer:
    """Record a person's answer. Accepting needs the counsel answer; declining asks for no reason.

    Less than 24 hours after the offer it is accepted only where the person `asked_to_sign_now`. Who has accepted may
    decline until they are placed, also where a changed charge made them not eligible meanwhile, and the case stays so;
    an agreement that they signed is then withdrawn. An answer given in time is recorded after the sweep has ended the
    offer, too. The same answer again answers with the offer; with other content it is refused.
    """
    referral = _locked(offer.referral_id)
    offer = Offer.objects.get(pk=offer.pk)
    decided_at, zone = decided_at.astimezone(datetime.UTC), active_track().program.zone
    accepted = decision == Decision.ACCEPTED
    answer = {"counsel": counsel, "counsel_on": counsel_on, "counsel_name": counsel_name.strip()}
    if decision == offer.decision and decision in (Decision.ACCEPTED, Decision.DECLINED):  # posted twice
        typed = {"decided_at": decided_at}
        if accepted:
            typed |= answer | {"asked_to_sign_now": asked_to_sign_now}
        check_same(offer, typed, "The decision saved then stands on the referral's page.", again=False)
        return offer
    _refuse(
        rules.decision_refusal(
            stands=offer.decision,
            to=decision,
            made_at=offer.made_at,
            decide_by=offer.decide_by,
            decided_before=offer.decided_at,
            decided_at=decided_at,
            zone=zone,
            **answer,
            asked_to_sign_now=asked_to_sign_now,
            offense_on=referral.offense_on,
            latest=current_offer(referral) == offer,
            now=now,
        )
    )
    if accepted:
        offer.counsel, offer.counsel_on, offer.counsel_name = answer.values()
        offer.asked_to_sign_now, offer.accepted_at = asked_to_sign_now, decided_at
    if referral.status != ReferralStatus.INELIGIBLE:
        move_referral(referral=referral, to=ReferralStatus.ACCEPTED if accepted else ReferralStatus.DECLINED)
    elif accepted:  # an answer to an offer that has lapsed does not undo the screening
        raise ProgramError(f"This referral stands at “{referral.get_status_display()}”, so nothing is accepted now.")
    decided_on = decided_at.astimezone(zone).date()
    if agreement := agreement_of(offer):
        withdraw_agreement(agreement=agreement, on=decided_on, by=by)
    offer.decision, offer.decided_at, offer.decided_on = decision, decided_at, decided_on
    offer.save(update_fields=("decision", "decided_at", "decided_on", "accepted_at", "asked_to_sign_now", *answer))
    record("offer.decided", by=by, subjects=[offer], detail={"decision": str(decision)})
    return offer


@transaction.atomic
def lapse_offers(*, today: datetime.date, by: User | None = None) -> int:
    """End every offer of the track whose time to decide has passed; returns how many. Safe to run twice."""
    lapsed, zone = 0, active_track().program.zone
    for offer in offers_past_deadline(today):
        referral = _locked(offer.referral_id)
        # It ended with its last day, whenever the sweep comes by.
        ended_at = rules.end_of_day(offer.decide_by, zone)
        ended_on = offer.decide_by + datetime.timedelta(days=1)
        waiting = Offer.objects.filter(pk=offer.pk, decision=Decision.WAITING)
        if waiting.update(decision=Decision.LAPSED, decided_at=ended_at, decided_on=ended_on):
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
    requirements: Sequence[Agreed] | None = None,
    now: datetime.datetime,
    by: User,
    row_id: UUID | None = None,
    **signed,
) -> Agreement:
    """Record the signed participation agreement; `signed` is what `_terms` takes. Without `requirements` the person
    agreed to all that the track asks. Raises ProgramError where it would not hold."""
    referral = _locked(offer.referral_id)
    offer = Offer.objects.get(pk=offer.pk)
    may_ask = track_asks()
    terms = _terms(requirements=may_ask if requirements is None else requirements, **signed)
    if written := agreement_of(offer):
        if written.pk == row_id:
            check_same(written, terms, "The agreement saved then stands on the referral's page.", again=False)
            return written
        raise ProgramError(f"The agreement was signed on {written.signed_on:%B %-d, %Y}.")
    _check_text(terms["text"], ConsentText.Kind.AGREEMENT, language=terms["language"], interpreter=terms["interpreter"])
    _refuse(
        rules.agreement_refusal(
            decision=offer.decision,
            made_at=offer.made_at,
            decided_at=offer.decided_at,
            asked_to_sign_now=offer.asked_to_sign_now,
            signed_at=terms["signed_at"],
            now=now,
            zone=active_track().program.zone,
        )
    )
    _check_terms(terms, limits=may_ask)
    if referral.status != ReferralStatus.ACCEPTED:
        raise ProgramError(f"This referral stands at “{referral.get_status_display()}”, so nothing is signed now.")
    row = {"pk": row_id or new_id(), "referral": referral, "offer": offer}
    agreement = Agreement.objects.create(**row, **terms, recorded_by=by)
    record("agreement.signed", by=by, subjects=[agreement], detail={"language": terms["language"]})
    return agreement


@transaction.atomic
def amend_agreement(
    *, agreement: Agreement, now: datetime.datetime, by: User, row_id: UUID | None = None, **signed
) -> Agreement:
    """Record that the person signed a new version: another end, requirements added or lowered. What they signed
    before stays as it was; a stay that goes on follows the new version. Raises ProgramError where it does not hold.

    `signed` is what `_terms` takes, with the requirements.
    """
    referral = _locked(agreement.referral_id)
    agreement = Agreement.objects.select_related("offer").get(pk=agreement.pk)
    terms = _terms(**signed)
    if written := Agreement.objects.filter(pk=row_id).first():
        check_same(written, terms, "The agreement saved then stands on the referral's page.", again=False)
        return written
    _check_text(terms["text"], ConsentText.Kind.AGREEMENT, language=terms["language"], interpreter=terms["interpreter"])
    _refuse(
        rules.amendment_refusal(
            withdrawn=agreement.withdrawn_on is not None,
            standing=agreement_of(agreement.offer) == agreement,
            signed_before=agreement.signed_at,
            signed_at=terms["signed_at"],
            now=now,
            zone=active_track().program.zone,
        )
    )
    _check_terms(terms, limits=limits_of(read_agreed(agreement.requirements), track_asks()))
    stay = Enrollment.objects.filter(referral=referral).first()
    if referral.status != ReferralStatus.ACCEPTED and (stay is None or not stay.is_active):
        raise ProgramError("This stay has ended, so nothing is signed any more.")
    row = {"pk": row_id or new_id(), "referral": referral, "offer": agreement.offer, "version": agreement.version + 1}
    amended = Agreement.objects.create(**row, **terms, recorded_by=by)
    if stay is not None:
        follow_agreement(enrollment=stay, agreement=amended, by=by)
    detail = {"version": amended.version, "language": amended.language}
    record("agreement.amended", by=by, subjects=[amended], detail=detail)
    return amended


def _terms(
    *,
    text: ConsentText,
    language: str,
    interpreter: str,
    signed_at: datetime.datetime,
    speedy_trial_waived: bool,
    waived_until: datetime.date,
    term_ends_on: datetime.date,
    monitoring_ends_on: datetime.date | None = None,
    requirements: Sequence[Agreed],
) -> dict:
    """What is signed, as the row keeps it."""
    signed_at = signed_at.astimezone(datetime.UTC)
    return {
        "text": text,
        "language": language,
        "interpreter": interpreter.strip(),
        "signed_at": signed_at,
        "signed_on": signed_at.astimezone(active_track().program.zone).date(),
        "speedy_trial_waived": speedy_trial_waived,
        "waived_until": waived_until,
        "term_ends_on": term_ends_on,
        "monitoring_ends_on": monitoring_ends_on,
        "requirements": write_agreed(requirements),
    }


def _check_terms(terms: dict, *, limits: Sequence[Agreed]) -> None:
    judged = ("speedy_trial_waived", "signed_on", "waived_until", "term_ends_on", "monitoring_ends_on")
    _refuse(rules.terms_refusal(**{name: terms[name] for name in judged}))
    check_agreed(read_agreed(terms["requirements"]), limits=limits)


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
