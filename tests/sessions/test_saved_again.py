"""A form that was saved is sent again with other content (back, corrected, saved): nothing typed is lost."""

import pytest

from participants.sessions.models import Note, Session, Site
from participants.tracks.scope import in_track
from tests.builders import make_enrollment
from tests.sessions.arrange import fields_of
from tests.sessions.test_log import counts, log_page
from tests.sessions.test_schedule import form_values

pytestmark = pytest.mark.usefixtures("evening")


@pytest.mark.parametrize("over", [{"title": "Class 4"}, {"starts": "17:00"}, {"capacity": ""}, {"language": "en"}])
def test_saved_session_that_is_sent_again_with_other_content_is_a_second_one(cast, over):
    client = cast.client("education_caseworker")
    address = cast.url(cast.education, "session_new")
    sent = fields_of(client.get(address).content.decode()) | form_values(cast)
    client.post(address, sent)
    again = client.post(address, sent | over)
    html = again.content.decode()
    assert again.status_code == 422
    assert "This form was saved before with other content." in html
    assert "The session saved then is Class 3 on April 20, 2026, in the schedule." in html
    typed = fields_of(html)
    assert {name: typed[name] for name in over} == over
    assert typed["form_key"] != sent["form_key"]
    with in_track(cast.education):
        assert Session.objects.count() == 1
    assert client.post(address, typed).status_code == 302
    with in_track(cast.education):
        assert Session.objects.count() == 2


def test_saved_site_that_is_sent_again_with_another_name_is_a_second_one(cast):
    client = cast.client("education_caseworker")
    address = cast.url(cast.education, "sites")
    sent = fields_of(client.get(address).content.decode()) | {"name": "Court annex", "address": "1 Main St"}
    client.post(address, sent)
    again = client.post(address, sent | {"name": "Library"})
    html = again.content.decode()
    assert again.status_code == 422
    assert "This form was saved before with other content. The site saved then is Court annex" in html
    assert fields_of(html)["name"] == "Library"
    assert client.post(address, fields_of(html)).status_code == 302
    with in_track(cast.education):
        assert list(Site.objects.values_list("name", flat=True)) == ["Court annex", "Library"]


@pytest.mark.parametrize(
    "over", [{"minutes": "60"}, {"starts": "09:30"}, {"held_on": "2026-04-13"}, {"note": "A second."}, {"note": ""}]
)
def test_saved_log_that_is_sent_again_with_other_content_is_a_second_one(cast, over):
    stay = make_enrollment(cast, cast.education)
    client, address, sent = log_page(cast, "education_caseworker")
    sent |= {"person": str(stay.pk), "starts": "09:00", "minutes": "50", "note": "A word."}
    client.post(address, sent)
    again = client.post(address, sent | over)
    html = again.content.decode()
    assert again.status_code == 422
    assert "This form was saved before with other content." in html
    assert f"The session saved then is on the file of {stay.participant.reference}." in html
    typed = fields_of(html)
    assert {name: typed[name] for name in over} == over
    assert counts(cast) == (1, 1, 1)
    assert client.post(address, typed | {"again": "on"}).status_code == 302
    assert counts(cast)[0] == 2


def test_saved_log_that_is_sent_again_for_another_person_says_whose_file_has_it(cast):
    stay = make_enrollment(cast, cast.education)
    other = make_enrollment(cast, cast.education, name="Second Person")
    client, address, sent = log_page(cast, "education_caseworker")
    sent |= {"person": str(stay.pk), "starts": "09:00", "minutes": "50"}
    client.post(address, sent)
    again = client.post(address, sent | {"person": str(other.pk)})
    assert again.status_code == 422
    assert f"on the file of {stay.participant.reference}." in again.content.decode()
    assert client.post(address, fields_of(again.content.decode())).status_code == 302
    assert counts(cast) == (2, 2, 0)


@pytest.mark.parametrize("over", [{"text": "Corrected."}, {"visibility": "case"}])
def test_saved_note_that_is_sent_again_with_other_content_is_a_second_one(cast, over):
    stay = make_enrollment(cast, cast.services)
    client = cast.client("services_counsellor")
    address = cast.url(cast.services, "note_new", reference=stay.participant.reference)
    sent = fields_of(client.get(address).content.decode()) | {"text": "First."}
    client.post(address, sent)
    again = client.post(address, sent | over)
    html = again.content.decode()
    assert again.status_code == 422
    assert "This form was saved before with other content." in html
    assert f"The note saved then is on the file of {stay.participant.reference}." in html
    typed = fields_of(html)
    assert {name: typed[name] for name in over} == over
    assert counts(cast, cast.services)[2] == 1
    assert client.post(address, typed).status_code == 302
    with in_track(cast.services):
        assert sorted((note.text, note.visibility) for note in Note.objects.all()) == sorted(
            [("First.", "privileged"), (over.get("text", "First."), over.get("visibility", "privileged"))]
        )


def test_note_form_of_one_person_is_not_answered_on_the_file_of_another(cast):
    stays = [make_enrollment(cast, cast.services, name=name) for name in ("First Person", "Second Person")]
    first, second = (cast.url(cast.services, "note_new", reference=stay.participant.reference) for stay in stays)
    client = cast.client("services_counsellor")
    sent = fields_of(client.get(first).content.decode()) | {"text": "Same words."}
    client.post(first, sent)
    assert client.post(second, sent).status_code == 422
    assert counts(cast, cast.services)[2] == 1
