"""Versions of the texts that people are given to read, and who certifies them."""

import datetime

import pytest

from participants.audit.models import Event
from participants.consent.queries import current_texts
from participants.consent.versions import certify_text, write_text
from participants.errors import ProgramError
from participants.models import ConsentText
from participants.tracks.models import new_id
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import make_offer, text_of
from tests.statements import exactly

DAY = datetime.timedelta(days=1)
TODAY = builders.RECEIVED
FRENCH = "Une offre\n\nCe dont il s'agit\nVous décidez."


def write(cast, **over):
    with in_track(cast.education, by=cast.education_manager, write=True):
        values = {"kind": "offer", "language": "fr", "body": FRENCH}
        return write_text(**{**values, **over}, by=cast.education_manager)


def certify(cast, text, **over):
    with in_track(cast.education, by=cast.education_manager, write=True):
        values = {"certified_by": " Ana  Luz ", "certified_on": TODAY, "today": TODAY}
        return certify_text(text=text, **{**values, **over}, by=cast.education_manager)


def events(cast, action):
    with in_track(cast.education):
        return [event.detail for event in Event.objects.filter(action=action)]


def test_new_version_is_in_use_and_the_old_one_stays(cast):
    offer = make_offer(cast, cast.education)
    with in_track(cast.education):
        before = offer.text.body
    second = write(cast, language="en", body="In short\r\n\r\nIt is your choice  \nYou decide.\n")
    with in_track(cast.education):
        assert (second.version, second.body) == (2, "In short\n\nIt is your choice\nYou decide.")
        assert second.is_certified is False
        assert text_of("offer") == second
        assert ConsentText.objects.get(pk=offer.text_id).body == before
    assert events(cast, "consent_text.written") == [{"kind": "offer", "language": "en"}]
    with in_track(cast.services):
        assert text_of("offer").version == 1


def test_text_in_any_language_comes_after_those_of_the_program(cast):
    write(cast, language="KEK")
    write(cast, language="fra")
    with in_track(cast.education):
        found = [(text.language, text.version, text.in_language) for text in current_texts("offer")]
    assert found[3:] == [("fr", 1, "French"), ("kek", 1, "Kekchí")]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"language": "xx"}, "language"),
        ({"language": ""}, "language"),
        ({"kind": "poem"}, "kind"),
        ({"body": " \n "}, "body"),
        ({"body": "x" * 20_001}, "body"),
    ],
)
def test_text_refused_writes_nothing(cast, over, field):
    with pytest.raises(ProgramError) as refusal:
        write(cast, **over)
    assert refusal.value.field == field
    assert events(cast, "consent_text.written") == []
    with in_track(cast.education):
        assert ConsentText.objects.count() == 9


def test_text_that_says_the_same_is_no_new_version(cast):
    write(cast)
    with pytest.raises(ProgramError, match="Version 1 says exactly this"):
        write(cast, body=FRENCH + "\n")


def test_text_posted_twice_is_one(cast):
    row_id = new_id()
    assert write(cast, row_id=row_id) == write(cast, row_id=row_id)
    assert len(events(cast, "consent_text.written")) == 1


def test_a_named_person_certifies_once(cast):
    with in_track(cast.education):
        text = text_of("offer", "es")
    for _ in range(2):
        certified = certify(cast, text)
    assert (certified.certified_by, certified.certified_on) == ("Ana Luz", TODAY)
    with pytest.raises(ProgramError, match="was certified by Ana Luz on March 2, 2026"):
        certify(cast, text, certified_by="Somebody Else")
    with in_track(cast.education):
        [event] = Event.objects.filter(action="consent_text.certified")
    assert event.detail["fields"] == ["certified_by", "certified_on"]


@pytest.mark.parametrize(
    ("over", "field"), [({"certified_by": "  "}, "certified_by"), ({"certified_on": TODAY + DAY}, "certified_on")]
)
def test_certification_refused_writes_nothing(cast, over, field):
    with in_track(cast.education):
        text = text_of("offer", "es")
    with pytest.raises(ProgramError) as refusal:
        certify(cast, text, **over)
    assert refusal.value.field == field
    with in_track(cast.education):
        assert not ConsentText.objects.exclude(certified_by="").exists()


# --- pages ---------------------------------------------------------------------------------------------------------


def test_list_names_every_version_and_who_certified_it(cast):
    second = write(cast, language="es")
    certify(cast, second)
    page = cast.client("education_intake_clerk").get(cast.url(cast.education, "texts")).text
    assert "Ana Luz, Mar 2, 2026" in page
    assert page.count("not yet certified") == 9
    assert page.count("· in use") == 9
    assert "New version" not in page  # a clerk reads them
    assert "New version" in cast.client("education_manager").get(cast.url(cast.education, "texts")).text


@pytest.mark.parametrize("more", [0, 3])
def test_list_asks_the_same_number_of_questions(cast, more):
    for number in range(more):
        write(cast, body=f"{FRENCH} {number}")
    client = cast.client("education_manager")
    client.get(cast.url(cast.education, "texts"))
    with exactly(5):
        client.get(cast.url(cast.education, "texts"))


def test_new_version_starts_from_the_one_in_use(cast):
    client = cast.client("education_manager")
    url = cast.url(cast.education, "text_new") + "?kind=offer&language=ht"
    page = client.get(url)
    with in_track(cast.education):
        creole = text_of("offer", "ht")
    form = page.context["form"]
    assert (form["kind"].value(), form["language"].value(), form["body"].value()) == ("offer", "ht", creole.body)
    values = {
        "kind": "offer",
        "language": "ht",
        "body": f"{creole.body}\n\nAnkò.",
        "form_key": form["form_key"].value(),
    }
    answer = client.post(url, values)
    with in_track(cast.education):
        assert text_of("offer", "ht").version == 2
        assert answer.url == cast.url(cast.education, "text", pk=text_of("offer", "ht").pk)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"other_language": "xx", "language": ""}, "is no language code of ISO 639"),
        ({"language": "", "other_language": ""}, "is no language code of ISO 639"),
        ({"kind": ""}, "This field is required"),
        ({"language": "moon"}, "Select a valid choice"),
    ],
)
def test_bad_text_shows_the_form_again(cast, over, words):
    client = cast.client("education_manager")
    url = cast.url(cast.education, "text_new")
    key = client.get(url).context["form"]["form_key"].value()
    values = {"kind": "offer", "language": "fr", "body": "Kept as typed.", "form_key": key}
    answer = client.post(url, {**values, **over})
    assert answer.status_code == 422
    assert words in answer.text
    assert "Kept as typed." in answer.text
    with in_track(cast.education):
        assert ConsentText.objects.count() == 9


def test_certification_is_recorded_on_its_page(cast):
    with in_track(cast.education):
        text = text_of("agreement", "es")
    client = cast.client("education_manager")
    url = cast.url(cast.education, "text_certify", pk=text.pk)
    assert client.post(url, {"certified_by": "", "certified_on": "2026-03-02"}).status_code == 422
    page = client.post(url, {"certified_by": "Ana Luz", "certified_on": "2026-03-02"}, follow=True).text
    assert "Certified by Ana Luz on March 2, 2026" in page
    assert "Not certified" not in page
    assert "That stays" in client.get(url).text


@pytest.mark.parametrize("role", ["intake_clerk", "caseworker"])
@pytest.mark.parametrize("name", ["text_new", "text_certify"])
def test_only_who_manages_texts_writes_and_certifies(cast, role, name):
    with in_track(cast.education):
        kwargs = {} if name == "text_new" else {"pk": text_of("offer").pk}
    assert cast.client(f"education_{role}").get(cast.url(cast.education, name, **kwargs)).status_code == 403


def test_text_of_the_other_track_is_not_there(cast):
    with in_track(cast.services):
        text = text_of("offer")
    client = cast.client("education_manager")
    for name in ("text", "text_certify"):
        assert client.get(cast.url(cast.education, name, pk=text.pk)).status_code == 404
