"""The page on which a person's wish is recorded."""

import pytest
import time_machine

from participants.models import Restriction
from participants.tracks.scope import in_track
from tests import builders
from tests.words import text_of


@pytest.fixture(autouse=True)
def april():
    with time_machine.travel("2026-04-01T13:00:00Z", tick=False):
        yield


def standing(track):
    with in_track(track):
        return set(Restriction.objects.filter(lifted_on__isnull=True).values_list("staff__name", flat=True))


def test_naming_and_lifting_for_a_case(cast):
    row = builders.make_referral(cast, cast.education, name="Rosa Shy")
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "referral_restrict", pk=row.pk)
    page = client.get(url)
    assert "Nobody is named" in text_of(page)
    assert "Education Intake Clerk" not in [str(user) for user in page.context["form"].fields["staff"].queryset]
    answer = client.post(url, {"staff": str(cast.education_caseworker.pk)}, follow=True)
    assert "Education Caseworker does not open this file any more." in answer.text
    assert standing(cast.education) == {"Education Caseworker"}
    referral = cast.url(cast.education, "referral", pk=row.pk)
    assert cast.client("education_caseworker").get(referral).status_code == 404
    answer = client.post(url, {"lift": str(cast.education_caseworker.pk)}, follow=True)
    assert "Education Caseworker may open this file again." in answer.text
    assert standing(cast.education) == set()
    assert cast.client("education_caseworker").get(referral).status_code == 200


def test_naming_for_a_participant(cast):
    stay = builders.make_enrollment(cast, cast.services)
    with in_track(cast.services):
        reference = stay.participant.reference
    client = cast.client("services_caseworker")
    url = cast.url(cast.services, "participant_restrict", reference=reference)
    assert client.post(url, {"staff": str(cast.services_counsellor.pk)}).url == url
    file = cast.url(cast.services, "participant", reference=reference)
    answers = [cast.client("services_counsellor").get(address) for address in (file, f"{file[:-10]}2222-2222/")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert cast.client("services_clinical_supervisor").get(file).status_code == 200


def test_who_works_on_it_is_refused_next_to_the_field(cast):
    stay = builders.make_enrollment(cast, cast.education)
    with in_track(cast.education):
        reference = stay.participant.reference
    url = cast.url(cast.education, "participant_restrict", reference=reference)
    answer = cast.client("education_manager").post(url, {"staff": str(cast.education_caseworker.pk)})
    assert answer.status_code == 422
    assert "Hand it over to somebody else first" in answer.text
    assert answer.context["form"]["staff"].value() == str(cast.education_caseworker.pk)
    assert standing(cast.education) == set()


@pytest.mark.parametrize("who", ["", "education_intake_clerk", "services_caseworker", "outsider"])
def test_nobody_oneself_or_a_stranger_is_refused(cast, who):
    row = builders.make_referral(cast, cast.education)
    url = cast.url(cast.education, "referral_restrict", pk=row.pk)
    answer = cast.client("education_intake_clerk").post(url, {"staff": str(cast.people[who].pk) if who else ""})
    assert answer.status_code == 422
    assert standing(cast.education) == set()


def test_who_is_named_cannot_lift_it(cast):
    row = builders.make_referral(cast, cast.education)
    url = cast.url(cast.education, "referral_restrict", pk=row.pk)
    cast.client("education_manager").post(url, {"staff": str(cast.education_caseworker.pk)})
    answer = cast.client("education_caseworker").post(url, {"lift": str(cast.education_caseworker.pk)})
    assert answer.status_code == 404
    assert standing(cast.education) == {"Education Caseworker"}


def test_a_stopped_referral_is_not_restricted_here(cast):
    row = builders.make_referral(cast, cast.education, date_of_birth=builders.RECEIVED.replace(year=2010))
    url = cast.url(cast.education, "referral_restrict", pk=row.pk)
    answer = cast.client("education_manager").get(url, follow=True)
    assert "only who hands it over and the managers can read it" in answer.text
