"""An answer posted again, and a change of mind: what was answered first stays on record."""

import datetime

import pytest
from django.db import IntegrityError

from participants.errors import ProgramError
from participants.models import Agreement, Offer, Referral, Review
from participants.referrals.actions import change_referral
from participants.screening.reviews import decide_review
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import at, make_accepted, make_agreement, make_declined, make_lapsed, make_offer
from tests.consent.test_actions import events, standing
from tests.consent.test_pages import typed
from tests.words import text_of as words_of

DAY = datetime.timedelta(days=1)
OTHER = "796.07(2)(i)"


def not_eligible(cast, offer) -> None:
    """The charge of the accepted case is changed, and does not fit."""
    by, manager = cast.education_caseworker, cast.education_manager
    with in_track(cast.education, by=by, write=True):
        row = Referral.objects.get(pk=offer.referral_id)
        change_referral(referral=row, version=row.version, charge=OTHER, today=builders.SIGNED, by=by)
    with in_track(cast.education, by=manager, write=True):
        decide_review(
            review=Review.objects.get(),
            eligible=False,
            reason="The charge does not fit.",
            against=["fits_charge"],
            today=builders.SIGNED,
            by=manager,
        )


def test_change_of_mind_withdraws_the_agreement(cast):
    agreement = make_agreement(cast, cast.education)
    make_declined(cast, cast.education, offer=agreement.offer, decided_at=at(builders.PLACED))
    with in_track(cast.education):
        stored = Agreement.objects.get(pk=agreement.pk)
        assert stored.withdrawn_on == builders.PLACED
        assert stored.offer.decision == "declined"
        assert stored.offer.counsel == "consulted"  # what was answered stays on record
        assert stored.offer.accepted_at == at(builders.DECIDED)
        assert (stored.offer.decided_at, stored.offer.changed_mind) == (at(builders.PLACED), True)
    assert standing(cast.education, agreement.referral_id) == "declined"
    assert len(events(cast.education, "agreement.withdrawn")) == 1


def test_declining_posted_twice_after_a_change_of_mind_is_one(cast):
    """The counsel answer stays from the acceptance; declining does not ask for it."""
    offer = make_accepted(cast, cast.education)
    for _ in range(2):
        make_declined(cast, cast.education, offer=offer)
    decided = [event.detail["decision"] for event in events(cast.education, "offer.decided")]
    assert sorted(decided) == ["accepted", "declined"]


@pytest.mark.parametrize("make", [make_accepted, make_agreement])
def test_who_is_not_eligible_after_a_changed_charge_may_still_say_no(cast, make):
    made = make(cast, cast.education)
    offer = made if isinstance(made, Offer) else made.offer
    not_eligible(cast, offer)
    for _ in range(2):
        make_declined(cast, cast.education, offer=offer, decided_at=at(builders.PLACED))
    with in_track(cast.education):
        stored = Offer.objects.get()
        assert (stored.decision, stored.accepted_at) == ("declined", at(builders.DECIDED))
        assert {row.withdrawn_on for row in Agreement.objects.all()} <= {builders.PLACED}
    assert standing(cast.education, offer.referral_id) == "ineligible"
    assert len(events(cast.education, "offer.decided")) == 2
    assert len(events(cast.education, "agreement.withdrawn")) == (make is make_agreement)


def test_a_late_entry_of_an_answer_does_not_undo_the_screening(cast):
    """A lapsed offer whose case is not eligible any more takes a no, and no yes."""
    offer = make_lapsed(cast, cast.education)
    with in_track(cast.education, write=True):
        Referral.objects.filter(pk=offer.referral_id).update(status="ineligible")
    with pytest.raises(ProgramError, match="stands at “Not eligible”"):
        make_accepted(cast, cast.education, offer=offer)
    make_declined(cast, cast.education, offer=offer)
    assert standing(cast.education, offer.referral_id) == "ineligible"


@pytest.mark.parametrize("accepted_at", [None, at(builders.PLACED)])
def test_the_instant_of_acceptance_stays(cast, accepted_at):
    offer = make_declined(cast, cast.education, offer=make_accepted(cast, cast.education))
    with in_track(cast.education, write=True), pytest.raises(IntegrityError, match="stays as it is"):
        Offer.objects.filter(pk=offer.pk).update(accepted_at=accepted_at)


@pytest.mark.parametrize("over", [{"counsel_name": "Sam Okafor"}, {"decided_at": typed(builders.DECIDED + DAY)}])
def test_decision_posted_again_with_other_content_is_shown_with_what_was_typed(cast, over):
    offer = make_offer(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_decision", pk=offer.pk)
    values = {
        "decision": "accepted",
        "decided_at": typed(builders.DECIDED),
        "counsel": "consulted",
        "counsel_on": builders.DECIDED.isoformat(),
        "counsel_name": "Dana Webb",
    }
    assert client.post(url, values).status_code == 302
    answer = client.post(url, {**values, **over})
    assert answer.status_code == 422
    assert "This form was saved before with other content." in answer.text
    assert all(f'value="{value}' in answer.text for value in over.values())
    with in_track(cast.education):
        assert Offer.objects.get().counsel_name == "Dana Webb"


def test_other_time_of_declining_is_shown_with_what_was_typed(cast):
    offer = make_declined(cast, cast.education)
    url = cast.url(cast.education, "offer_decision", pk=offer.pk)
    values = {"decision": "declined", "decided_at": typed(builders.PLACED)}
    answer = cast.client("education_caseworker").post(url, values)
    assert answer.status_code == 422
    assert "This form was saved before with other content." in answer.text
    assert f'value="{typed(builders.PLACED)}' in answer.text


def test_change_of_mind_is_reached_from_the_case_and_shows_both_answers(cast):
    """Also where a changed charge has made the person not eligible."""
    offer = make_accepted(cast, cast.education)
    not_eligible(cast, offer)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_decision", pk=offer.pk)
    page = cast.url(cast.education, "referral", pk=offer.referral_id)
    assert f'href="{url}"' in client.get(page).text
    assert client.post(url, {"decision": "declined", "decided_at": typed(builders.PLACED)}).url == page
    answer = client.get(page)
    assert f'href="{url}"' not in answer.text
    text = words_of(answer)
    assert "Accepted, 119 hours after the offer, on March 9, 2026; then Declined, " in text
    assert text.count("Accepted, 119 hours after the offer") == 2  # in the timeline, too
    with in_track(cast.education):
        assert Referral.objects.get().status == "ineligible"
    decided = words_of(client.get(url))
    assert "after accepting on March 9, 2026." in decided
    assert "A new offer" not in decided
