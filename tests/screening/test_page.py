"""The screening page: the written criteria as questions, none answered beforehand."""

import pytest

from participants.referrals.models import Referral
from participants.screening.models import Screening
from participants.tracks.scope import in_track
from tests import builders
from tests.referrals.typed import text_of

ANSWERS = {
    "answer_misdemeanor": "yes",
    "answer_non_violent": "yes",
    "answer_prior_diversion": "no",
    "answer_prior_conviction": "no",
    "answer_fits_charge": "yes",
    "note": "",
    "criteria": "1",
    "version": "0",
}


@pytest.fixture
def client(cast):
    return cast.client("education_intake_clerk")


@pytest.fixture
def referral(cast):
    return builders.make_referral(cast, cast.education)


@pytest.fixture
def url(cast, referral):
    return cast.url(cast.education, "screening_new", pk=referral.pk)


def screened(cast) -> list[bool]:
    with in_track(cast.education):
        return list(Screening.objects.values_list("eligible", flat=True))


def test_page_shows_the_written_criteria_and_their_version(client, url):
    response = client.get(url)
    page = text_of(response)
    assert "Written criteria, version 1, in force since January 1, 2026." in page
    for question in (
        "Is the charge a misdemeanor?",
        "Is the person charged with soliciting, hiring or paying for the act?",
    ):
        assert question in page


def test_nothing_is_answered_beforehand(client, url):
    page = client.get(url).content.decode()
    assert page.count('type="radio"') == 15
    assert " checked" not in page.split("<main")[1]


def test_eligible_referral_says_so(cast, client, url, referral):
    response = client.post(url, ANSWERS)
    assert response.url == cast.url(cast.education, "referral", pk=referral.pk)
    page = text_of(client.get(response.url))
    assert "Every written criterion is met." in page
    assert "under version 1 of the written criteria" in page
    assert screened(cast) == [True]


def test_not_eligible_referral_says_why(cast, client, url):
    response = client.post(
        url, {**ANSWERS, "answer_misdemeanor": "no", "answer_fits_charge": "no", "note": "A felony."}
    )
    page = text_of(client.get(response.url))
    for words in ("The program takes misdemeanor charges only.", "not one that this program is for", "A felony."):
        assert words in page
    assert screened(cast) == [False]


@pytest.mark.parametrize(
    ("over", "field", "words"),
    [
        ({"answer_misdemeanor": ""}, "answer_misdemeanor", "Choose an answer."),
        ({"answer_misdemeanor": "perhaps"}, "answer_misdemeanor", "Select a valid choice"),
        ({"note_misdemeanor": "x" * 301}, "note_misdemeanor", "at most 300 characters"),
        ({"note": "x" * 2001}, "note", "at most 2000 characters"),
    ],
)
def test_what_cannot_be_decided_is_shown_again_with_what_was_typed(cast, client, url, over, field, words):
    response = client.post(url, {**ANSWERS, "note": "Typed", **over})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert words in text_of(response)
    assert response.context["form"]["note"].value() == over.get("note", "Typed")
    assert screened(cast) == []


def test_form_posted_twice_decides_once(cast, client, url):
    first, second = client.post(url, ANSWERS), client.post(url, {**ANSWERS, "answer_misdemeanor": "no"})
    assert first.url == second.url
    assert screened(cast) == [True]


def test_without_date_of_birth_the_page_asks_for_it(cast, client):
    referral = builders.make_referral(cast, cast.education, date_of_birth=None)
    url = cast.url(cast.education, "screening_new", pk=referral.pk)
    assert cast.url(cast.education, "referral_edit", pk=referral.pk) in client.get(url).content.decode()
    response = client.post(url, ANSWERS)
    assert response.status_code == 422
    assert "date of birth" in text_of(response)
    assert screened(cast) == []


def test_each_track_asks_its_own_questions(cast):
    referral = builders.make_referral(cast, cast.services)
    url = cast.url(cast.services, "screening_new", pk=referral.pk)
    page = text_of(cast.client("services_intake_clerk").get(url))
    assert "profited from or arranged another's prostitution" in page
    assert "(f) or (i)" not in page


def test_screened_referral_is_not_screened_again(cast, client):
    referral = builders.make_eligible(cast, cast.education)
    response = client.get(cast.url(cast.education, "screening_new", pk=referral.pk))
    assert response.url == cast.url(cast.education, "referral", pk=referral.pk)
    with in_track(cast.education):
        assert Referral.objects.get().status == "eligible"
