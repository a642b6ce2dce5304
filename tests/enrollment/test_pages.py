"""The pages of placement and of the caseworker."""

import pytest

from participants.audit.models import Event, EventSubject
from participants.models import Enrollment, Participant
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import make_accepted, make_agreement, make_ended, make_enrollment
from tests.consent.test_pages import form_of


@pytest.mark.parametrize("role", ["caseworker", "manager"])
def test_placement_leads_to_the_file(cast, role):
    agreement = make_agreement(cast, cast.education)
    client = cast.client(f"education_{role}")
    url = cast.url(cast.education, "placement_new", pk=agreement.referral_id)
    page = client.get(url)
    assert set(form_of(page)) == {"placed_on", "form_key"}  # the caseworker is chosen, not preset
    values = {**form_of(page), "caseworker": cast.education_caseworker.pk, "placed_on": builders.PLACED}
    answers = [client.post(url, values) for _ in range(2)]
    with in_track(cast.education):
        reference = Participant.objects.get().reference
        assert Enrollment.objects.get().caseworker == cast.education_caseworker
    file = cast.url(cast.education, "participant", reference=reference)
    assert [(answer.status_code, answer.url) for answer in answers] == [(302, file), (302, file)]
    assert f"The participant&#x27;s reference is {reference}." in client.get(file).content.decode()


def test_clerk_places_and_stays_with_the_referral(cast):
    """An intake clerk opens no files."""
    agreement = make_agreement(cast, cast.services)
    client = cast.client("services_intake_clerk")
    url = cast.url(cast.services, "placement_new", pk=agreement.referral_id)
    values = {
        **form_of(client.get(url)),
        "caseworker": cast.services_caseworker.pk,
        "placed_on": builders.PLACED,
    }
    answer = client.post(url, values)
    assert answer.url == cast.url(cast.services, "referral", pk=agreement.referral_id)


def test_placement_page_names_what_is_missing(cast):
    offer = make_accepted(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "placement_new", pk=offer.referral_id)
    page = client.get(url)
    assert "The participation agreement has not been signed." in page.content.decode()
    assert 'name="caseworker"' not in page.content.decode()
    values = {
        **form_of(page),
        "caseworker": cast.education_caseworker.pk,
        "placed_on": builders.PLACED,
    }
    refused = client.post(url, values)
    assert refused.status_code == 422
    assert "The participation agreement has not been signed." in refused.content.decode()
    with in_track(cast.education):
        assert not Enrollment.objects.exists()


@pytest.mark.parametrize(
    "over", [{"caseworker": ""}, {"placed_on": "2126-01-01"}, {"placed_on": builders.OFFERED}, {"form_key": "forged"}]
)
def test_placement_with_bad_input_writes_nothing(cast, over):
    agreement = make_agreement(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "placement_new", pk=agreement.referral_id)
    values = {
        **form_of(client.get(url)),
        "caseworker": cast.education_caseworker.pk,
        "placed_on": builders.PLACED,
    }
    assert client.post(url, {**values, **over}).status_code == 422
    with in_track(cast.education):
        assert not Enrollment.objects.exists()


def test_staff_of_the_other_track_cannot_be_chosen(cast):
    agreement = make_agreement(cast, cast.education)
    url = cast.url(cast.education, "placement_new", pk=agreement.referral_id)
    client = cast.client("education_caseworker")
    page = client.get(url)
    values = {**form_of(page), "caseworker": cast.services_caseworker.pk, "placed_on": builders.PLACED}
    assert "Services" not in str(page.context["form"]["caseworker"])
    assert client.post(url, values).status_code == 422


def test_placement_of_the_other_track_is_not_there(cast):
    agreement = make_agreement(cast, cast.services)
    url = cast.url(cast.education, "placement_new", pk=agreement.referral_id)
    assert cast.client("education_manager").get(url).status_code == 404


def reference_of(track, enrollment) -> str:
    with in_track(track):
        return Participant.objects.get(pk=enrollment.participant_id).reference


def test_caseworker_is_changed(cast):
    reference = reference_of(cast.services, make_enrollment(cast, cast.services))
    client = cast.client("services_manager")
    url = cast.url(cast.services, "caseworker_change", reference=reference)
    assert "now with Services Caseworker" in client.get(url).content.decode()
    answer = client.post(url, {"caseworker": cast.services_second_caseworker.pk}, follow=True)
    assert "Services Second Caseworker is the caseworker now." in answer.content.decode()
    with in_track(cast.services):
        assert Enrollment.objects.get().caseworker == cast.services_second_caseworker


def test_page_of_the_caseworker_is_on_record_with_the_person(cast):
    stay = make_enrollment(cast, cast.services)
    url = cast.url(cast.services, "caseworker_change", reference=reference_of(cast.services, stay))
    cast.client("services_manager").get(url)
    with in_track(cast.services):
        event = Event.objects.filter(action="page.viewed").latest("id")
        subjects = set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id"))
    assert ("participant", stay.participant_id) in subjects


def test_caseworker_must_be_chosen(cast):
    reference = reference_of(cast.services, make_enrollment(cast, cast.services))
    url = cast.url(cast.services, "caseworker_change", reference=reference)
    assert cast.client("services_manager").post(url, {"caseworker": ""}).status_code == 422


def test_caseworker_of_an_ended_stay_stays(cast):
    reference = reference_of(cast.services, make_ended(cast, cast.services))
    client = cast.client("services_manager")
    url = cast.url(cast.services, "caseworker_change", reference=reference)
    assert "This stay has ended" in client.get(url).content.decode()
    assert client.post(url, {"caseworker": cast.services_second_caseworker.pk}).status_code == 422
    with in_track(cast.services):
        assert Enrollment.objects.get().caseworker == cast.services_caseworker
