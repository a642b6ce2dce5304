"""Offers to many at once are offers one by one: the same rows, events and refusals, in a fixed number of statements."""

import datetime

import pytest

from participants.audit.models import Event
from participants.consent.actions import make_offer
from participants.consent.offers import make_offers
from participants.errors import ProgramError
from participants.models import Offer, Referral, Review
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import DECIDE_BY, OFFERED, SCREENED, at, text_of
from tests.statements import exactly

DAY = datetime.timedelta(days=1)


def terms(by, **over):
    values = {"place": "court", "present": " Her sister ", "made_at": at(OFFERED), "explained_by": by}
    return {**values, "decide_by": DECIDE_BY, "now": at(OFFERED), **over}


def offer_all(cast, referrals, **over):
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        return make_offers(referrals=referrals, **terms(by, **over), by=by)


def offer_one(cast, referral, **over):
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        row = Referral.objects.get(pk=referral.pk)
        text = text_of("offer", row.language)
        return make_offer(referral=row, text=text, language=row.language, interpreter="", **terms(by, **over), by=by)


def stored(offer) -> dict:
    own = {"id", "referral", "created_at"}
    return {field.name: getattr(offer, field.name) for field in Offer._meta.fields if field.name not in own}


@pytest.mark.parametrize("language", ["en", "es", "ht"])
def test_the_same_rows_and_events(cast, language):
    one, other = (builders.make_eligible(cast, cast.education, language=language) for _ in range(2))
    offer_one(cast, one)
    (made,) = offer_all(cast, [other]).offers
    with in_track(cast.education):
        first, second = (Offer.objects.get(referral=referral) for referral in (one, other))
        assert second == made
        assert stored(first) == stored(second)
        assert set(Referral.objects.values_list("status", flat=True)) == {"offered"}
        events = list(Event.objects.filter(action="offer.made"))
        assert [(event.actor_id, event.detail) for event in events] == [
            (cast.education_caseworker.pk, {"language": language, "place": "court"})
        ] * 2


def second_look(cast):
    """Eligible, and still to be looked at again: the rules of both ways have to see it."""
    referral = builders.make_eligible(cast, cast.education)
    with in_track(cast.education, write=True):
        Review.objects.create(
            screening=referral.screening,
            kind="second_look",
            asked_on=SCREENED,
            asked_by=cast.education_caseworker,
            eligible_before=True,
        )
    return referral


def declined(cast):
    offer = builders.make_declined(cast, cast.education)
    with in_track(cast.education):
        return Referral.objects.get(pk=offer.referral_id)


def eligible(cast):
    return builders.make_eligible(cast, cast.education)


@pytest.mark.parametrize(
    ("arrange", "over"),
    [
        (lambda cast: builders.make_referral(cast, cast.education), {}),
        (lambda cast: builders.make_ineligible(cast, cast.education), {}),
        (lambda cast: builders.make_offer(cast, cast.education).referral, {}),
        (second_look, {}),
        (declined, {}),  # before the earlier offer ended
        (eligible, {"made_at": at(SCREENED - DAY)}),
        (eligible, {"made_at": at(SCREENED - 5 * DAY)}),
        (eligible, {"made_at": at(OFFERED + DAY)}),
        (eligible, {"decide_by": OFFERED}),
        (eligible, {"decide_by": OFFERED + 400 * DAY}),
        (eligible, {"place": "moon"}),
        (eligible, {"explained_by": "facilitator"}),
    ],
)
def test_the_same_refusals(cast, arrange, over):
    referral = arrange(cast)
    if "explained_by" in over:
        over = {"explained_by": cast.education_facilitator}
    with in_track(cast.education):
        before = Offer.objects.count()
    with pytest.raises(ProgramError) as one_by_one:
        offer_one(cast, referral, **over)
    try:
        ((_, field, sentence),) = offer_all(cast, [referral], **over).refused
    except ProgramError as error:
        field, sentence = error.field, error.message
    assert (field or None, sentence) == (one_by_one.value.field, one_by_one.value.message)
    with in_track(cast.education):
        assert Offer.objects.count() == before


def test_a_declined_offer_can_be_made_again(cast):
    referral = declined(cast)
    later = {"made_at": at(DECIDE_BY), "now": at(DECIDE_BY), "decide_by": DECIDE_BY + 7 * DAY}
    assert len(offer_all(cast, [referral], **later).offers) == 1


def test_without_a_text_in_the_language_nobody_is_offered_another(cast):
    referral = builders.make_eligible(cast, cast.education, language="pt")
    ((row, field, sentence),) = offer_all(cast, [referral]).refused
    assert (row, field) == (referral, "")
    assert "with an interpreter" in sentence


@pytest.mark.parametrize("number", [1, 3])
def test_a_fixed_number_of_statements(cast, number):
    people = [eligible(cast) for _ in range(number)]
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True), exactly(10):
        made = make_offers(referrals=people, **terms(by), by=by)
    assert len(made.offers) == number
