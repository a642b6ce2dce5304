"""Editing a referral, and the hard stop for people under 18."""

import datetime

import pytest

from participants.audit.models import Event, EventSubject
from participants.referrals.models import Referral
from participants.referrals.rules import HOTLINE, Status
from participants.tracks.scope import in_track
from tests import builders
from tests.referrals.typed import TYPED, text_of

D = datetime.date
CHILD = {"date_of_birth": D(2009, 5, 17)}


@pytest.fixture
def client(cast):
    return cast.client("education_caseworker")


@pytest.fixture
def referral(cast):
    return builders.make_referral(cast, cast.education, case_number="F26-01234")


def stored(cast, referral) -> Referral:
    with in_track(cast.education):
        return Referral.objects.get(pk=referral.pk)


def edit_url(cast, referral) -> str:
    return cast.url(cast.education, "referral_edit", pk=referral.pk)


def value(cast, referral, name):
    row = stored(cast, referral)
    with in_track(cast.education):
        return getattr(row, name)


def test_form_holds_what_is_stored(cast, client, referral):
    form = client.get(edit_url(cast, referral)).context["form"]
    assert form["name"].value() == "Alex Rivera"
    assert form["date_of_birth"].value() == D(1990, 5, 17)
    assert form["version"].value() == 0


def test_edit_is_saved(cast, client, referral):
    response = client.post(edit_url(cast, referral), {**TYPED, "version": 0})
    assert response.url == cast.url(cast.education, "referral", pk=referral.pk)
    assert value(cast, referral, "name") == TYPED["name"]
    assert "The referral is saved." in text_of(client.get(response.url))


def test_unchanged_form_changes_nothing(cast, client, referral):
    client.post(edit_url(cast, referral), {**TYPED, "version": 0})
    response = client.post(edit_url(cast, referral), {**TYPED, "version": 1})
    assert "Nothing was changed." in text_of(client.get(response.url))
    assert stored(cast, referral).version == 1


def test_second_save_on_an_old_version_shows_both_and_overwrites_nothing(cast, client, referral):
    manager = cast.client("education_manager")
    client.post(edit_url(cast, referral), {**TYPED, "version": 0})
    response = manager.post(
        edit_url(cast, referral), {**TYPED, "phone": "305 555 0111", "source": "Court", "version": 0}
    )
    assert response.status_code == 422
    page = text_of(response)
    assert "Education Caseworker changed this referral after you opened it" in page
    assert "Phone: 305 555 0101" in page
    form = response.context["form"]
    assert (form["phone"].value(), form["version"].value()) == ("305 555 0111", 1)
    assert value(cast, referral, "phone") == "305 555 0101"
    # Having compared, the second person saves again, knowingly.
    again = manager.post(edit_url(cast, referral), {**TYPED, "phone": "305 555 0111", "source": "Court", "version": 1})
    assert again.status_code == 302
    assert value(cast, referral, "phone") == "305 555 0111"


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"charge": "796.07(2)(e)"}, "the program's other track"),
        ({"name": ""}, "This field is required."),
        ({"offense_on": "2026-03-04"}, "received before the offense date"),
        ({"version": "x"}, "Enter a whole number."),
    ],
)
def test_bad_edit_is_shown_again_and_writes_nothing(cast, client, referral, over, words):
    response = client.post(edit_url(cast, referral), {**TYPED, "version": 0, **over})
    assert response.status_code == 422
    assert words in text_of(response)
    assert response.context["form"]["source"].value() == TYPED["source"]
    assert stored(cast, referral).version == 0


def test_edit_into_another_case_links_to_it(cast, client, referral):
    other = builders.make_referral(
        cast, cast.education, name=TYPED["name"], date_of_birth=D(1990, 2, 28), case_number="F26-9"
    )
    response = client.post(edit_url(cast, referral), {**TYPED, "case_number": "F26-9", "version": 0})
    assert response.status_code == 422
    assert cast.url(cast.education, "referral", pk=other.pk) in response.content.decode()
    with in_track(cast.education):
        event = Event.objects.filter(action="page.viewed").latest("id")
        assert EventSubject.objects.filter(event_id=event.pk, kind="referral", subject_id=other.pk).exists()


def test_placed_referral_is_kept_on_the_participants_page(cast, client):
    placed = builders.make_enrollment(cast, cast.education).referral
    for response in (client.get(edit_url(cast, placed)), client.post(edit_url(cast, placed), {**TYPED, "version": 0})):
        assert response.url == cast.url(cast.education, "referral", pk=placed.pk)
    assert "Edit" not in text_of(client.get(cast.url(cast.education, "referral", pk=placed.pk)))


def test_language_that_is_not_on_the_list_stays(cast, client):
    referral = builders.make_referral(cast, cast.education, language="yo")
    assert client.post(edit_url(cast, referral), {**TYPED, "language": "yo", "version": 0}).status_code == 302
    assert value(cast, referral, "language") == "yo"


# --- under 18 ------------------------------------------------------------------------------------------------
def test_hard_stop_shows_the_hotline_and_no_way_forward(cast, client):
    referral = builders.make_referral(cast, cast.education, **CHILD)
    response = client.get(cast.url(cast.education, "referral", pk=referral.pk))
    page = response.content.decode()
    assert HOTLINE == "1-800-962-2873"
    assert HOTLINE in page
    assert response.context["step"].url == ""
    for forward in ("screening_new", "offer_new", "placement_new"):
        assert cast.url(cast.education, forward, pk=referral.pk) not in page
    assert edit_url(cast, referral) in page


def test_screening_page_of_a_stopped_referral_leads_back(cast, client):
    referral = builders.make_referral(cast, cast.education, **CHILD)
    response = client.get(cast.url(cast.education, "screening_new", pk=referral.pk))
    assert response.url == cast.url(cast.education, "referral", pk=referral.pk)


def test_only_the_dates_of_a_stopped_referral_can_be_corrected(cast, client):
    referral = builders.make_referral(cast, cast.education, **CHILD)
    form = client.get(edit_url(cast, referral)).context["form"]
    assert set(form.fields) == {"date_of_birth", "offense_on", "checked", "version"}
    assert not form["checked"].value()


def test_date_is_corrected_only_after_checking_a_document(cast, client):
    referral = builders.make_referral(cast, cast.education, **CHILD)
    typed = {"date_of_birth": "1990-05-17", "offense_on": "2026-02-20", "version": 0}
    refused = client.post(edit_url(cast, referral), typed)
    assert refused.status_code == 422
    assert "Check the dates against a document first" in text_of(refused)
    assert stored(cast, referral).status == Status.STOPPED
    client.post(edit_url(cast, referral), {**typed, "checked": "on"})
    assert stored(cast, referral).status == Status.RECEIVED


def test_leap_day_birth_is_stopped_until_the_first_of_march(cast, client):
    born = {"date_of_birth": D(2008, 2, 29)}
    minor = builders.make_referral(cast, cast.education, **born, offense_on=D(2026, 2, 28))
    adult = builders.make_referral(cast, cast.education, **born, offense_on=D(2026, 3, 1))
    assert (minor.status, adult.status) == (Status.STOPPED, Status.RECEIVED)
