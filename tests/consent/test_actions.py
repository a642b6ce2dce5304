"""Offers, decisions, agreements: done with an event, or refused with nothing written."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from participants.audit.models import Event
from participants.consent.actions import decide_offer, withdraw_agreement
from participants.errors import ProgramError
from participants.models import Agreement, Offer, Referral
from participants.tracks.models import new_id
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import (
    at,
    make_accepted,
    make_agreement,
    make_declined,
    make_eligible,
    make_ineligible,
    make_lapsed,
    make_offer,
    make_referral,
    text_of,
)

DAY = datetime.timedelta(days=1)


def standing(track, referral_id) -> str:
    with in_track(track):
        return Referral.objects.get(pk=referral_id).status


def events(track, action) -> list[Event]:
    with in_track(track):
        return list(Event.objects.filter(action=action))


class Nobody:
    """An actor that no audit event can be written for."""

    pk = "nobody"


def test_offer_is_made(cast):
    offer = make_offer(cast, cast.education, present="A deputy", place="custody", explained_by=cast.education_manager)
    with in_track(cast.education):
        stored = Offer.objects.get(pk=offer.pk)
        assert (stored.made_at, stored.made_on) == (at(builders.OFFERED), builders.OFFERED)
        assert stored.decide_by == builders.DECIDE_BY
        assert (stored.place, stored.present, stored.interpreter) == ("custody", "A deputy", "")
        assert (stored.explained_by, stored.decision) == (cast.education_manager, "waiting")
        assert stored.text.language == "en"
    assert standing(cast.education, offer.referral_id) == "offered"
    [event] = events(cast.education, "offer.made")
    assert event.actor_id == cast.education_caseworker.pk
    assert event.detail == {"language": "en", "place": "custody"}


def test_offer_with_an_interpreter(cast):
    with in_track(cast.education):
        spanish = text_of("offer", "es")
    offer = make_offer(cast, cast.education, language="pt", text=spanish, interpreter=" Ana Luz ")
    with in_track(cast.education):
        stored = Offer.objects.get(pk=offer.pk)
        assert (stored.language, stored.text, stored.interpreter) == ("pt", spanish, "Ana Luz")


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"language": "pt"}, "interpreter"),
        ({"language": "es", "interpreter": "Ana Luz"}, "text"),
        ({"place": ""}, "place"),
        ({"decide_by": builders.OFFERED}, "decide_by"),
        ({"made_at": at(builders.OFFERED + DAY), "now": at(builders.OFFERED)}, "made_at"),
        ({"made_at": at(builders.SCREENED - DAY)}, "made_at"),
        ({"made_at": at(builders.OFFERED, 23, 30), "decide_by": builders.OFFERED}, "decide_by"),
    ],
)
def test_offer_refused_writes_nothing(cast, over, field):
    referral = make_eligible(cast, cast.education)
    with pytest.raises(ProgramError) as refusal:
        make_offer(cast, cast.education, referral=referral, **over)
    assert refusal.value.field == field
    assert standing(cast.education, referral.pk) == "eligible"
    assert events(cast.education, "offer.made") == []
    with in_track(cast.education):
        assert not Offer.objects.exists()


@pytest.mark.parametrize("name", ["services_caseworker", "education_facilitator", "outsider"])
def test_only_staff_of_the_track_who_make_offers_explain_one(cast, name):
    with pytest.raises(ProgramError) as refusal:
        make_offer(cast, cast.education, explained_by=getattr(cast, name))
    assert refusal.value.field == "explained_by"


def test_agreement_text_is_no_offer(cast):
    with in_track(cast.education):
        wrong = text_of("agreement")
    with pytest.raises(ProgramError, match="Choose the text"):
        make_offer(cast, cast.education, text=wrong)


@pytest.mark.parametrize("make", [make_referral, make_ineligible])
def test_no_offer_before_or_against_the_screening(cast, make):
    referral = make(cast, cast.education)
    with pytest.raises(ProgramError, match="stands at"):
        make_offer(cast, cast.education, referral=referral)


def test_no_second_offer_while_one_waits(cast):
    offer = make_offer(cast, cast.education)
    with in_track(cast.education):
        referral = Referral.objects.get(pk=offer.referral_id)
    with pytest.raises(ProgramError, match="stands at “Offer made”"):
        make_offer(cast, cast.education, referral=referral)


@pytest.mark.parametrize("make", [make_declined, make_lapsed])
def test_declined_or_lapsed_offer_can_be_made_again(cast, make):
    earlier = make(cast, cast.education)
    with in_track(cast.education):
        referral = Referral.objects.get(pk=earlier.referral_id)
    with pytest.raises(ProgramError, match="earlier offer ended"):
        make_offer(cast, cast.education, referral=referral)
    later = earlier.decided_on + DAY
    make_offer(cast, cast.education, referral=referral, made_at=at(later), decide_by=later + DAY)
    assert standing(cast.education, referral.pk) == "offered"


def test_offer_posted_twice_is_one(cast):
    referral, row_id = make_eligible(cast, cast.education), new_id()
    first = make_offer(cast, cast.education, referral=referral, row_id=row_id)
    assert make_offer(cast, cast.education, referral=referral, row_id=row_id) == first
    assert len(events(cast.education, "offer.made")) == 1


@pytest.mark.parametrize("counsel", ["consulted", "declined"])
def test_offer_is_accepted(cast, counsel):
    name = "Dana Webb" if counsel == "consulted" else ""
    offer = make_accepted(cast, cast.education, counsel=counsel, counsel_name=name)
    with in_track(cast.education):
        stored = Offer.objects.get(pk=offer.pk)
        lawyer = stored.counsel_name
    assert (stored.decision, stored.decided_on) == ("accepted", builders.DECIDED)
    assert (stored.counsel, stored.counsel_on, lawyer) == (counsel, builders.DECIDED - DAY, name)
    assert stored.accepted_at == stored.decided_at == at(builders.DECIDED)
    assert (stored.asked_to_sign_now, stored.changed_mind) == (False, False)
    assert standing(cast.education, offer.referral_id) == "accepted"
    assert [event.detail for event in events(cast.education, "offer.decided")] == [{"decision": "accepted"}]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"counsel": ""}, "counsel"),
        ({"counsel_on": None}, "counsel_on"),
        ({"counsel_on": builders.DECIDED + DAY}, "counsel_on"),
        ({"counsel_on": builders.RECEIVED - 11 * DAY}, "counsel_on"),
        ({"decided_at": at(builders.DECIDED + DAY), "now": at(builders.DECIDED)}, "decided_at"),
        ({"decided_at": at(builders.OFFERED, 13), "counsel_on": builders.OFFERED}, "decided_at"),
        ({"counsel_name": " "}, "counsel_name"),
    ],
)
def test_acceptance_refused_writes_nothing(cast, over, field):
    offer = make_offer(cast, cast.education)
    with pytest.raises(ProgramError) as refusal:
        make_accepted(cast, cast.education, offer=offer, **over)
    assert refusal.value.field == field
    assert standing(cast.education, offer.referral_id) == "offered"
    assert events(cast.education, "offer.decided") == []


def test_offer_is_declined_without_any_question(cast):
    offer = make_declined(cast, cast.services)
    with in_track(cast.services):
        stored = Offer.objects.get(pk=offer.pk)
    assert (stored.decision, stored.counsel, stored.counsel_on) == ("declined", "", None)
    assert (stored.accepted_at, stored.changed_mind) == (None, False)
    assert standing(cast.services, offer.referral_id) == "declined"


def test_decision_posted_twice_is_one(cast):
    offer = make_offer(cast, cast.education)
    make_accepted(cast, cast.education, offer=offer)
    make_accepted(cast, cast.education, offer=offer)
    assert len(events(cast.education, "offer.decided")) == 1


@pytest.mark.parametrize(
    "over",
    [
        {"counsel": "declined"},
        {"counsel_on": builders.DECIDED},
        {"counsel_name": "Sam Okafor"},
        {"decided_at": at(builders.DECIDED, 13)},
    ],
)
def test_acceptance_posted_again_with_other_content_is_refused(cast, over):
    offer = make_accepted(cast, cast.education)
    with pytest.raises(ProgramError, match="saved before with other content"):
        make_accepted(cast, cast.education, offer=offer, **over)
    with in_track(cast.education):
        stored = Offer.objects.get()
    assert (stored.counsel, stored.counsel_on) == ("consulted", builders.DECIDED - DAY)
    assert stored.accepted_at == at(builders.DECIDED)
    assert len(events(cast.education, "offer.decided")) == 1


def test_declining_posted_again_with_another_time_is_refused(cast):
    offer = make_declined(cast, cast.education)
    with pytest.raises(ProgramError, match="saved before with other content"):
        make_declined(cast, cast.education, offer=offer, decided_at=at(builders.PLACED))
    with in_track(cast.education):
        assert Offer.objects.get().decided_at == at(builders.DECIDED)


def test_declined_offer_is_not_accepted_any_more(cast):
    offer = make_declined(cast, cast.education)
    with pytest.raises(ProgramError, match="stands at"):
        make_accepted(cast, cast.education, offer=offer)


@pytest.mark.parametrize(("make", "decision"), [(make_accepted, "accepted"), (make_declined, "declined")])
def test_answer_in_time_is_recorded_after_the_offer_has_lapsed(cast, make, decision):
    offer = make_lapsed(cast, cast.education)
    make(cast, cast.education, offer=offer, now=at(offer.decided_on + 5 * DAY))
    with in_track(cast.education):
        stored = Offer.objects.get()
    assert (stored.decision, stored.decided_on) == (decision, builders.DECIDED)
    assert standing(cast.education, offer.referral_id) == decision
    assert len(events(cast.education, "offer.lapsed")) == len(events(cast.education, "offer.decided")) == 1


@pytest.mark.parametrize("make", [make_accepted, make_declined])
def test_late_answer_to_a_lapsed_offer_is_refused(cast, make):
    offer = make_lapsed(cast, cast.education)
    late = offer.decide_by + DAY
    with pytest.raises(ProgramError, match="time to decide ended on March 11, 2026") as refusal:
        make(cast, cast.education, offer=offer, decided_at=at(late))
    assert refusal.value.field == "decided_at"
    assert standing(cast.education, offer.referral_id) == "lapsed"


@pytest.mark.parametrize("then", ["waiting", "accepted", "declined", "lapsed"])
def test_lapsed_offer_takes_no_answer_once_a_later_one_was_made(cast, then):
    earlier = make_lapsed(cast, cast.education)
    with in_track(cast.education):
        referral = Referral.objects.get(pk=earlier.referral_id)
    on = earlier.decided_on + DAY
    later = make_offer(cast, cast.education, referral=referral, made_at=at(on), decide_by=on + DAY)
    if then == "accepted":
        make_accepted(cast, cast.education, offer=later, decided_at=at(on, 13), asked_to_sign_now=True)
    elif then == "declined":
        make_declined(cast, cast.education, offer=later, decided_at=at(on, 13), asked_to_sign_now=True)
    elif then == "lapsed":
        make_lapsed(cast, cast.education, offer=later)
    before = standing(cast.education, referral.pk)
    with pytest.raises(ProgramError, match="stands at “Lapsed”"):
        make_accepted(cast, cast.education, offer=earlier, now=at(on + 9 * DAY))
    assert standing(cast.education, referral.pk) == before


def test_agreement_is_signed(cast):
    agreement = make_agreement(cast, cast.services)
    with in_track(cast.services):
        stored = Agreement.objects.get(pk=agreement.pk)
    assert (stored.signed_on, stored.term_ends_on) == (builders.SIGNED, builders.TERM_ENDS)
    assert (stored.speedy_trial_waived, stored.waived_until) == (True, builders.TERM_ENDS)
    assert (stored.withdrawn_on, stored.recorded_by) == (None, cast.services_caseworker)
    assert [event.detail for event in events(cast.services, "agreement.signed")] == [{"language": "en"}]
    assert standing(cast.services, agreement.referral_id) == "accepted"


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"speedy_trial_waived": False}, "speedy_trial_waived"),
        ({"signed_at": at(builders.DECIDED - DAY)}, "signed_at"),
        ({"signed_at": at(builders.SIGNED + DAY), "now": at(builders.SIGNED)}, "signed_at"),
        ({"monitoring_ends_on": builders.TERM_ENDS - DAY}, "monitoring_ends_on"),
        ({"monitoring_ends_on": builders.TERM_ENDS + DAY}, "waived_until"),
        ({"term_ends_on": builders.SIGNED}, "term_ends_on"),
        ({"waived_until": builders.TERM_ENDS - DAY}, "waived_until"),
        ({"language": "pt"}, "interpreter"),
    ],
)
def test_agreement_refused_writes_nothing(cast, over, field):
    offer = make_accepted(cast, cast.education)
    with pytest.raises(ProgramError) as refusal:
        make_agreement(cast, cast.education, offer=offer, **over)
    assert refusal.value.field == field
    assert events(cast.education, "agreement.signed") == []
    with in_track(cast.education):
        assert not Agreement.objects.exists()


@pytest.mark.parametrize("make", [make_offer, make_declined, make_lapsed])
def test_no_agreement_without_an_accepted_offer(cast, make):
    offer = make(cast, cast.education)
    with pytest.raises(ProgramError, match="needs an accepted offer"):
        make_agreement(cast, cast.education, offer=offer)


def test_agreement_is_signed_once(cast):
    offer, row_id = make_accepted(cast, cast.education), new_id()
    first = make_agreement(cast, cast.education, offer=offer, row_id=row_id)
    assert make_agreement(cast, cast.education, offer=offer, row_id=row_id) == first
    with pytest.raises(ProgramError, match="was signed on March 10, 2026"):
        make_agreement(cast, cast.education, offer=offer)
    assert len(events(cast.education, "agreement.signed")) == 1


def test_agreement_is_withdrawn_once(cast):
    agreement = make_agreement(cast, cast.services)
    by = cast.services_caseworker
    with in_track(cast.services, by=by, write=True):
        with pytest.raises(ProgramError, match="was signed on"):
            withdraw_agreement(agreement=agreement, on=builders.SIGNED - DAY, by=by)
        for _ in range(2):
            withdraw_agreement(agreement=agreement, on=builders.PLACED, by=by)
        assert Agreement.objects.get(pk=agreement.pk).withdrawn_on == builders.PLACED
    assert len(events(cast.services, "agreement.withdrawn")) == 1


def test_without_its_event_nothing_is_decided(cast):
    offer = make_offer(cast, cast.education)
    with in_track(cast.education, write=True), pytest.raises(ValidationError):
        decide_offer(
            offer=offer, decision="declined", decided_at=at(builders.DECIDED), now=at(builders.DECIDED), by=Nobody()
        )
    with in_track(cast.education):
        assert Offer.objects.get(pk=offer.pk).decision == "waiting"
    assert standing(cast.education, offer.referral_id) == "offered"


@pytest.mark.parametrize(
    "values",
    [
        {"decision": "accepted", "decided_on": builders.DECIDED},
        {"decision": "accepted", "decided_on": builders.DECIDED, "counsel": "consulted"},
        {
            "decision": "accepted",
            "decided_on": builders.DECIDED,
            "counsel": "consulted",
            "counsel_on": builders.DECIDED + DAY,
        },
        {  # accepted, and nobody knows when
            "decision": "accepted",
            "decided_on": builders.DECIDED,
            "decided_at": at(builders.DECIDED),
            "counsel": "declined",
            "counsel_on": builders.DECIDED,
        },
        {"decision": "declined"},
        {"decision": "declined", "decided_on": builders.OFFERED - DAY},
        {"decide_by": builders.OFFERED},
    ],
)
def test_database_refuses_what_no_action_writes(cast, values):
    offer = make_offer(cast, cast.education)
    with in_track(cast.education, write=True):
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.filter(pk=offer.pk).update(**values)
        assert Offer.objects.get(pk=offer.pk).decision == "waiting"


def test_database_refuses_an_agreement_without_waiver(cast):
    agreement = make_agreement(cast, cast.education)
    with in_track(cast.education, write=True), pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.filter(pk=agreement.pk).update(speedy_trial_waived=False)
