"""The pages of looking again, from the referral to My day and back."""

import pytest

from participants.people.models import Restriction
from participants.referrals.actions import change_referral
from participants.referrals.models import Referral
from participants.screening.models import Review, Screening
from participants.tracks.scope import in_track
from tests import builders
from tests.referrals.typed import form_key, text_of
from tests.statements import exactly


@pytest.fixture
def manager(cast):
    return cast.client("education_manager")


@pytest.fixture
def clerk(cast):
    return cast.client("education_intake_clerk")


def page(cast, name, pk):
    return cast.url(cast.education, name, pk=pk)


def stands(cast, referral) -> tuple:
    with in_track(cast.education):
        return Screening.objects.get(referral=referral).eligible, Referral.objects.get(pk=referral.pk).status


def test_manager_overrides_and_the_referral_says_so(cast, manager):
    referral = builders.make_ineligible(cast, cast.education)
    url = page(cast, "screening_override", referral.pk)
    assert "From not eligible to eligible." in text_of(manager.get(url))
    typed = {"form_key": form_key(manager, url), "version": "1", "to": "eligible"}
    typed["reason"] = "The charge sheet says misdemeanor."
    response = manager.post(url, typed)
    shown = text_of(manager.get(response.url))
    assert "Override: now eligible" in shown
    assert "The charge sheet says misdemeanor." in shown
    assert "Overridden: now eligible" in shown
    assert "Screened: not eligible" in shown
    assert stands(cast, referral) == (True, "eligible")
    assert manager.post(url, typed).url == response.url
    with in_track(cast.education):
        assert Review.objects.count() == 1


def test_override_without_words_is_shown_again_with_what_was_typed(cast, manager):
    referral = builders.make_eligible(cast, cast.education)
    url = page(cast, "screening_override", referral.pk)
    typed = {"form_key": form_key(manager, url), "version": "1", "to": "ineligible", "reason": "Too long ago."}
    response = manager.post(url, typed)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["against"]
    assert "Too long ago." in response.text
    response = manager.post(url, {**typed, "reason": "", "against": ["made_up"]})
    assert (response.status_code, set(response.context["form"].errors)) == (422, {"against", "reason"})
    assert stands(cast, referral) == (True, "eligible")


def test_request_of_the_person_waits_in_my_day_of_those_who_may_decide(cast, clerk, manager):
    referral = builders.make_ineligible(cast, cast.education, name="Wanda Waits")
    url = page(cast, "second_look_new", referral.pk)
    typed = {"form_key": form_key(clerk, url), "request": "It was <b>not</b> me."}
    response = clerk.post(url, typed)
    shown = text_of(clerk.get(response.url))
    assert "A second look is due. Since" in shown
    assert "&lt;b&gt;" in clerk.get(response.url).text
    assert "The person asked for a second look" in shown
    assert clerk.post(url, typed).url == response.url
    home = cast.url(cast.education, "my_day")
    assert "Wanda Waits" in text_of(manager.get(home))
    assert "Wanda Waits" not in text_of(clerk.get(home))
    assert "Wanda Waits" not in text_of(cast.client("services_manager").get(cast.url(cast.services, "my_day")))
    with in_track(cast.education):
        review = Review.objects.get()
    url = page(cast, "review_decide", review.pk)
    assert "It was &lt;b&gt;not&lt;/b&gt; me." in manager.get(url).text
    response = manager.post(url, {"eligible": "yes", "reason": "Another person's case."})
    assert "Second look: now eligible" in text_of(manager.get(response.url))
    assert stands(cast, referral) == (True, "eligible")
    assert "Wanda Waits" not in text_of(manager.get(home))


def test_who_screened_reads_that_somebody_else_decides(cast, manager):
    """The manager screened this one."""
    referral = builders.make_ineligible(cast, cast.education)
    with in_track(cast.education, write=True):
        Screening.objects.filter(referral=referral).update(decided_by=cast.education_manager)
    review = builders.make_second_look(cast, cast.education, referral=referral)
    url = page(cast, "review_decide", review.pk)
    assert "Somebody else takes the second look." in text_of(manager.get(url))
    response = manager.post(url, {"eligible": "yes", "reason": "I was wrong."})
    assert response.status_code == 422
    assert "Somebody else takes the second look." in text_of(response)
    assert stands(cast, referral) == (False, "ineligible")


def test_decision_needs_its_words(cast, manager):
    review = builders.make_second_look(cast, cast.education)
    url = page(cast, "review_decide", review.pk)
    for typed, fields in (
        ({}, {"eligible", "reason"}),
        ({"eligible": "no", "reason": "Kept."}, {"against"}),
        ({"eligible": "maybe", "reason": "Kept."}, {"eligible"}),
    ):
        response = manager.post(url, typed)
        assert (response.status_code, set(response.context["form"].errors)) == (422, fields)
        assert typed.get("reason", "") in response.text


def test_decided_review_stays_readable(cast, manager):
    review = builders.make_second_look(cast, cast.education)
    url = page(cast, "review_decide", review.pk)
    manager.post(url, {"eligible": "no", "reason": "Checked with the court.", "against": ["misdemeanor"]})
    shown = text_of(manager.get(url))
    assert "Upheld" in shown
    assert "Checked with the court." in shown
    assert manager.post(url, {"eligible": "yes", "reason": "No."}).status_code == 422


def test_changed_charge_is_said_on_the_referral_and_no_offer_is_offered(cast, clerk, manager):
    referral = builders.make_eligible(cast, cast.education)
    with in_track(cast.education, by=cast.education_intake_clerk, write=True):
        change_referral(
            referral=referral, version=0, charge="796.07(2)(i)", today=builders.OFFERED, by=cast.education_intake_clerk
        )
    url = cast.url(cast.education, "referral", pk=referral.pk)
    shown = text_of(clerk.get(url))
    assert "A second look is due: the charge was changed after the screening." in shown
    assert "Make an offer" not in shown
    assert "Take the second look" not in shown
    assert "Take the second look" in text_of(manager.get(url))


@pytest.mark.parametrize("name", ["screening_override", "second_look_new"])
@pytest.mark.parametrize("make", [builders.make_referral, builders.make_open])
def test_without_a_decision_there_is_nothing_to_look_at_again(cast, manager, name, make):
    referral = make(cast, cast.education)
    assert manager.get(page(cast, name, referral.pk)).status_code == 404


@pytest.mark.parametrize("member", ["intake_clerk", "caseworker", "facilitator", "liaison", "counsellor"])
def test_only_managers_decide_again(cast, member):
    review = builders.make_second_look(cast, cast.education)
    client = cast.client(f"education_{member}")
    for name, pk in (("screening_override", review.screening.referral_id), ("review_decide", review.pk)):
        url = page(cast, name, pk)
        assert [client.get(url).status_code, client.post(url, {"eligible": "yes"}).status_code] == [403, 403]
    with in_track(cast.education):
        assert Review.objects.get().eligible_after is None


def test_other_track_finds_nothing(cast):
    review = builders.make_second_look(cast, cast.education)
    client = cast.client("services_manager")
    for name, pk in (
        ("screening_letter", review.screening.referral_id),
        ("second_look_new", review.screening.referral_id),
        ("screening_override", review.screening.referral_id),
        ("review_decide", review.pk),
    ):
        assert client.get(cast.url(cast.services, name, pk=pk)).status_code == 404
        assert client.get(cast.url(cast.education, name, pk=pk)).status_code == 404


def test_restricted_file_is_closed_on_every_page_of_screening(cast, manager):
    referral = builders.make_ineligible(cast, cast.education, name="Rita Restricted")
    review = builders.make_second_look(cast, cast.education, referral=referral)
    with in_track(cast.education, write=True):
        Restriction.objects.create(
            referral=referral,
            staff=cast.education_manager,
            recorded_on=builders.OFFERED,
            recorded_by=cast.education_manager,
        )
    assert "Rita Restricted" not in manager.get(cast.url(cast.education, "my_day")).text
    for name, pk in (
        ("screening_new", referral.pk),
        ("screening_letter", referral.pk),
        ("second_look_new", referral.pk),
        ("screening_override", referral.pk),
        ("review_decide", review.pk),
    ):
        url = page(cast, name, pk)
        for response in (manager.get(url), manager.post(url, {"eligible": "yes", "reason": "x"})):
            assert response.status_code in {403, 404, 405}, name
            assert "Rita" not in response.text
    second = cast.client("education_second_manager")
    assert "Rita Restricted" in text_of(second.get(cast.url(cast.education, "my_day")))


def test_my_day_takes_a_fixed_number_of_statements(cast, manager):
    url = cast.url(cast.education, "my_day")
    counts = []
    for number in (1, 2):
        for _ in range(number):
            builders.make_second_look(cast, cast.education)
        counts.append(statements(manager, url))
    assert counts[0] == counts[1]
    with exactly(counts[0]):
        assert manager.get(url).text.count("asked for on") == 3


def statements(client, url) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.statements import FRAME

    with CaptureQueriesContext(connection) as caught:
        client.get(url)
    return sum(not query["sql"].startswith(FRAME) for query in caught.captured_queries)
