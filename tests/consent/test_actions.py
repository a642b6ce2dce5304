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
        assert (stored.made_on, stored.decide_by) == (builders.OFFERED, builders.DECIDE_BY)
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
        ({"made_on": builders.OFFERED + DAY}, "made_on"),
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
    make_offer(cast, cast.education, referral=referral, made_on=later, decide_by=later + DAY, today=later)
    assert standing(cast.education, referral.pk) == "offered"


def test_offer_posted_twice_is_one(cast):
    referral, row_id = make_eligible(cast, cast.education), new_id()
    first = make_offer(cast, cast.education, referral=referral, row_id=row_id)
    assert make_offer(cast, cast.education, referral=referral, row_id=row_id) == first
    assert len(events(cast.education, "offer.made")) == 1


@pytest.mark.parametrize("counsel", ["consulted", "declined"])
def test_offer_is_accepted(cast, counsel):
    offer = make_accepted(cast, cast.education, counsel=counsel)
    with in_track(cast.education):
        stored = Offer.objects.get(pk=offer.pk)
    assert (stored.decision, stored.decided_on) == ("accepted", builders.DECIDED)
    assert (stored.counsel, stored.counsel_on) == (counsel, builders.DECIDED - DAY)
    assert standing(cast.education, offer.referral_id) == "accepted"
    assert [event.detail for event in events(cast.education, "offer.decided")] == [{"decision": "accepted"}]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"counsel": ""}, "counsel"),
        ({"counsel_on": None}, "counsel_on"),
        ({"counsel_on": builders.DECIDED + DAY}, "counsel_on"),
        ({"counsel_on": builders.RECEIVED - 11 * DAY}, "counsel_on"),
        ({"decided_on": builders.DECIDED + DAY}, "decided_on"),
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
    assert standing(cast.services, offer.referral_id) == "declined"


def test_change_of_mind_withdraws_the_agreement(cast):
    agreement = make_agreement(cast, cast.education)
    make_declined(cast, cast.education, offer=agreement.offer, decided_on=builders.PLACED, today=builders.PLACED)
    with in_track(cast.education):
        stored = Agreement.objects.get(pk=agreement.pk)
        assert stored.withdrawn_on == builders.PLACED
        assert stored.offer.decision == "declined"
        assert stored.offer.counsel == "consulted"  # what was answered stays on record
    assert standing(cast.education, agreement.referral_id) == "declined"
    assert len(events(cast.education, "agreement.withdrawn")) == 1


def test_decision_posted_twice_is_one(cast):
    offer = make_offer(cast, cast.education)
    make_accepted(cast, cast.education, offer=offer)
    make_accepted(cast, cast.education, offer=offer)
    assert len(events(cast.education, "offer.decided")) == 1


@pytest.mark.parametrize("over", [{"counsel": "declined"}, {"counsel_on": builders.DECIDED}])
def test_acceptance_posted_again_with_another_counsel_answer_is_refused(cast, over):
    offer = make_accepted(cast, cast.education)
    with pytest.raises(ProgramError, match="saved before with other content"):
        make_accepted(cast, cast.education, offer=offer, **over)
    with in_track(cast.education):
        stored = Offer.objects.get()
    assert (stored.counsel, stored.counsel_on) == ("consulted", builders.DECIDED - DAY)
    assert len(events(cast.education, "offer.decided")) == 1


def test_declining_posted_twice_after_a_change_of_mind_is_one(cast):
    """The counsel answer stays from the acceptance; declining does not ask for it."""
    offer = make_accepted(cast, cast.education)
    for _ in range(2):
        make_declined(cast, cast.education, offer=offer)
    decided = [event.detail["decision"] for event in events(cast.education, "offer.decided")]
    assert sorted(decided) == ["accepted", "declined"]


def test_declined_offer_is_not_accepted_any_more(cast):
    offer = make_declined(cast, cast.education)
    with pytest.raises(ProgramError, match="stands at"):
        make_accepted(cast, cast.education, offer=offer)


@pytest.mark.parametrize(("make", "decision"), [(make_accepted, "accepted"), (make_declined, "declined")])
def test_answer_in_time_is_recorded_after_the_offer_has_lapsed(cast, make, decision):
    offer = make_lapsed(cast, cast.education)
    make(cast, cast.education, offer=offer, today=offer.decided_on + 5 * DAY)
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
        make(cast, cast.education, offer=offer, decided_on=late, today=late)
    assert refusal.value.field == "decided_on"
    assert standing(cast.education, offer.referral_id) == "lapsed"


@pytest.mark.parametrize("then", ["waiting", "accepted", "declined", "lapsed"])
def test_lapsed_offer_takes_no_answer_once_a_later_one_was_made(cast, then):
    earlier = make_lapsed(cast, cast.education)
    with in_track(cast.education):
        referral = Referral.objects.get(pk=earlier.referral_id)
    on = earlier.decided_on + DAY
    later = make_offer(cast, cast.education, referral=referral, made_on=on, decide_by=on + DAY, today=on)
    if then == "accepted":
        make_accepted(cast, cast.education, offer=later, decided_on=on, today=on)
    elif then == "declined":
        make_declined(cast, cast.education, offer=later, decided_on=on, today=on)
    elif then == "lapsed":
        make_lapsed(cast, cast.education, offer=later)
    before = standing(cast.education, referral.pk)
    with pytest.raises(ProgramError, match="stands at “Lapsed”"):
        make_accepted(cast, cast.education, offer=earlier, today=on + 9 * DAY)
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
        ({"signed_on": builders.DECIDED - DAY}, "signed_on"),
        ({"signed_on": builders.SIGNED + DAY}, "signed_on"),
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
        decide_offer(offer=offer, decision="declined", decided_on=builders.DECIDED, today=builders.DECIDED, by=Nobody())
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
