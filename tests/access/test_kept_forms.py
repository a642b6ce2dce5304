"""What is posted to a locked session is kept, comes back to whoever typed it, and is nowhere to be read meanwhile."""

import datetime
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from participants.access.kept import LONGEST, MOST, KeptFields
from participants.access.models import KeptForm
from participants.access.tasks import delete_kept_forms
from participants.audit.models import Event
from participants.sessions.models import Note
from participants.staff.models import TrackGrant
from participants.tracks.scope import in_track
from participants.web.forms import ProgramForm
from tests import builders, raw
from tests.access.again import SENTENCE, asked, at_browser, give_password, lock
from tests.cast import PASSWORD

TYPED = "She spoke at length of Quillfeather & Söhne.\r\nSecond line, <b>with</b> signs."


@pytest.fixture
def stay(cast):
    return builders.make_enrollment(cast, cast.education, name="Ada Ferry")


@pytest.fixture
def url(cast, stay):
    return cast.url(cast.education, "note_new", reference=stay.participant.reference)


@pytest.fixture
def client(cast):
    return at_browser(cast, "education_caseworker")


def fields_of(page: str) -> dict:
    """The hidden fields of a form."""
    return dict(re.findall(r'name="(form_key)" value="([^"]+)"', page))


def send(client, url, text=TYPED, **more):
    return client.post(url, {**fields_of(client.get(url).text), "text": text, **more})


def kept_in(track) -> list[dict]:
    with in_track(track):
        return [row.fields for row in KeptForm.objects.all()]


def notes(cast) -> list[str]:
    with in_track(cast.education, by=cast.education_caseworker):
        return [note.text for note in Note.objects.filter(author=cast.education_caseworker)]


def typed_on(page: str) -> str | None:
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, flags=re.DOTALL)
    return found.group(1) if found else None


ESCAPED = TYPED.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def test_what_was_typed_comes_back_and_is_saved_once(cast, client, url):
    typed = {**fields_of(client.get(url).text), "text": TYPED, "kind": "case"}
    lock(client)
    response = client.post(url, typed)
    assert asked(response)
    assert "What you have typed is kept" in client.get(response.url).text
    assert notes(cast) == []
    back = give_password(client, url)
    page = client.get(back.url)
    assert page.status_code == 200
    assert SENTENCE in page.text
    assert typed_on(page.text) == ESCAPED
    assert "data-errors" not in page.text
    assert notes(cast) == []
    assert kept_in(cast.education) != []  # until it is sent
    for _ in range(2):  # sent twice, saved once
        client.post(url, {**typed, **fields_of(page.text)})
    assert notes(cast) == [TYPED.replace("\r\n", "\n")] or notes(cast) == [TYPED]
    assert kept_in(cast.education) == []
    assert SENTENCE not in client.get(url).text


def test_event_of_a_kept_form_says_from_where(cast, client, url):
    """CJIS 5.9.5 AU-3: the source of every event."""
    lock(client)
    client.post(url, {"text": TYPED})
    with in_track(cast.education):
        event = Event.objects.get(action="form.kept")
    path = "POST /<slug:program>/<slug:track>/participants/<str:reference>/notes/new/"
    assert (event.source, event.path) == ("127.0.0.1", path)


def test_kept_form_can_be_thrown_away(cast, client, url):
    lock(client)
    client.post(url, {"text": TYPED})
    give_password(client, url)
    assert SENTENCE in client.get(url).text
    response = client.post(url, {"discard_kept": "1"})
    assert (response.status_code, response.url) == (302, url)
    assert kept_in(cast.education) == []
    assert SENTENCE not in client.get(url).text
    assert notes(cast) == []


def test_two_forms_are_kept_side_by_side(cast, client, url):
    other = cast.url(cast.education, "referral_new")
    lock(client)
    client.post(url, {"text": TYPED})
    client.post(other, {"name": "Quentin Tabber"})
    client.post(other, {"name": "Quentin Tabberly"})  # the same form again: the later one counts
    give_password(client, url)
    assert typed_on(client.get(url).text) == ESCAPED
    page = client.get(other).text
    assert 'value="Quentin Tabberly"' in page
    assert len(kept_in(cast.education)) == 2


def test_form_comes_back_after_a_new_sign_in_and_for_nobody_else(cast, client, url):
    lock(client)
    client.post(url, {"text": TYPED})
    client.post("/account/logout/")
    # Somebody else at the same browser, and then its user again.
    client.post("/account/login/", {"login": "education_second_caseworker@example.org", "password": PASSWORD})
    page = client.get(url)
    assert page.status_code == 200
    assert b"Quillfeather" not in page.content
    assert SENTENCE not in page.text
    client.post("/account/logout/")
    client.post("/account/login/", {"login": "education_caseworker@example.org", "password": PASSWORD})
    assert typed_on(client.get(url).text) == ESCAPED


def test_others_on_every_page_of_both_tracks_see_nothing_of_it(cast, client, url):
    lock(client)
    client.post(url, {"text": TYPED})
    for member in ("education_manager", "education_privacy_officer", "education_second_caseworker"):
        reader = at_browser(cast, member)
        for address in (url, cast.url(cast.education, "audit"), cast.url(cast.education, "my_day")):
            assert b"Quillfeather" not in reader.get(address).content
    for member in ("services_caseworker", "services_manager"):
        reader = at_browser(cast, member)
        move = url.replace("/education/", "/services/")
        for address in (url, move, cast.url(cast.services, "my_day")):
            assert b"Quillfeather" not in reader.get(address).content


def test_nothing_is_kept_where_the_grant_has_ended_or_is_of_another_track(cast, client, url):
    lock(client)
    for address in (url.replace("/education/", "/services/"), url.replace("/harbor/", "/river/"), "/account/second/"):
        assert asked(client.post(address, {"text": TYPED}))
    TrackGrant.objects.filter(user=cast.education_caseworker).update(valid_until="2026-01-02")
    assert asked(client.post(url, {"text": TYPED}))
    assert "is not kept" in client.get("/account/reauthenticate/").text
    assert kept_in(cast.education) == kept_in(cast.services) == []


def test_grant_that_ends_meanwhile_shuts_the_form_away(cast, client, url):
    lock(client)
    client.post(url, {"text": TYPED})
    TrackGrant.objects.filter(user=cast.education_caseworker).update(valid_until="2026-01-02")
    give_password(client, url)
    page = client.get(url)
    assert page.status_code == 404
    assert b"Quillfeather" not in page.content


def test_permission_that_is_gone_shuts_the_form_away(cast, client, url):
    lock(client)
    client.post(url, {"text": TYPED})
    TrackGrant.objects.filter(user=cast.education_caseworker).update(role="administrator")
    give_password(client, url)
    page = client.get(url)
    assert page.status_code == 403
    assert b"Quillfeather" not in page.content


def test_post_without_a_token_is_refused_and_not_kept(cast, url):
    client = at_browser(cast, "education_caseworker", enforce_csrf_checks=True)
    lock(client)
    assert client.post(url, {"text": TYPED}).status_code == 403
    assert kept_in(cast.education) == []


def test_token_and_passwords_are_never_kept(cast, client, url):
    lock(client)
    client.post(
        url, {"text": TYPED, "csrfmiddlewaretoken": "t" * 64, "new_Password": "hunter2-hunter2", "kind": ["a", "b"]}
    )
    assert kept_in(cast.education) == [{"text": [TYPED], "kind": ["a", "b"]}]


def test_nobody_fills_the_database_from_a_locked_session(cast, client):
    lock(client)
    for number in range(MOST + 2):
        client.post(cast.url(cast.education, "note_new", reference=f"2222-{number:04}"), {"text": f"{TYPED} {number}"})
    assert len(kept_in(cast.education)) == MOST
    assert {"text": [f"{TYPED} {MOST + 1}"]} in kept_in(cast.education)
    assert {"text": [f"{TYPED} 0"]} not in kept_in(cast.education)


def test_nothing_typed_nothing_kept(cast, client, url):
    lock(client)
    client.post(url, {"text": "", "csrfmiddlewaretoken": "t" * 64})
    client.post(url)
    assert kept_in(cast.education) == []


def test_form_that_is_too_long_is_not_kept_and_that_is_said(cast, client, url):
    lock(client)
    client.post(url, {"text": "x" * (LONGEST + 1)})
    assert kept_in(cast.education) == []
    assert "is not kept" in client.get("/account/reauthenticate/").text


def test_files_are_never_kept_and_that_is_said(cast, client):
    lock(client)
    url = cast.url(cast.education, "referral_import")
    file = SimpleUploadedFile("list.csv", b"Name\nQuillfeather", "text/csv")
    client.post(url, {"sender": "Harbor Police", "file": file})
    assert kept_in(cast.education) == [{"sender": ["Harbor Police"]}]
    page = client.get("/account/reauthenticate/").text
    assert "Files are not kept: choose yours again." in page
    assert "Quillfeather" not in page
    give_password(client, url)
    page = client.get(url).text
    assert 'value="Harbor Police"' in page
    assert "has to be chosen again" in page


def test_drop_outside_the_tracks_keeps_nothing_and_says_so(cast):
    client = at_browser(cast, "harbor_sender")
    lock(client)
    file = SimpleUploadedFile("list.csv", b"Name\nQuillfeather", "text/csv")
    assert asked(client.post("/harbor/drop/", {"file": file}))
    page = client.get("/account/reauthenticate/").text
    assert "did not arrive and is not kept" in page
    assert "Files are not kept: choose yours again." in page


def test_signed_out_elsewhere_keeps_nothing(cast, client, url):
    other = Client()
    other.cookies = client.cookies.copy()
    client.post("/account/logout/")
    response = other.post(url, {"text": TYPED})
    assert response.url.startswith("/account/login/")
    assert kept_in(cast.education) == []


def test_row_and_log_say_neither_what_nor_about_whom(cast, client, url, stay, caplog):
    lock(client)
    client.post(url, {"text": TYPED})
    give_password(client, url)
    client.get(url)
    reference = stay.participant.reference
    with in_track(cast.education):
        row = KeptForm.objects.values().get()
        stored = " ".join(repr(value) for value in row.values())
        assert len(row["address"]) == 20
        said = " ".join(
            f"{event.action} {event.detail} {event.path}" for event in Event.objects.filter(track_id=cast.education.pk)
        )
    sessions = str(client.session.items())
    for secret in ("Quillfeather", "spoke", reference, str(stay.participant_id), url):
        assert secret not in stored
        assert secret not in said
        assert secret not in sessions
    assert "Quillfeather" not in caplog.text
    assert "form.kept" in said
    with in_track(cast.education):
        addresses = {bytes(one) for one in KeptForm.objects.values_list("address", flat=True)}
    second = at_browser(cast, "education_second_caseworker")
    lock(second)
    second.post(url, {"text": TYPED})
    with in_track(cast.education):  # the same address, another person: nothing to compare
        assert len({bytes(one) for one in KeptForm.objects.values_list("address", flat=True)} | addresses) == 2


def test_stolen_table_shows_nothing_typed(cast, client, url):
    lock(client)
    client.post(url, {"text": TYPED})
    [row] = raw.records(KeptForm._meta.db_table)
    stored = b"|".join(bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in row.values())
    assert len(bytes(row["fields"])) > len(TYPED)
    assert b"Quillfeather" not in stored


def test_sweep_deletes_after_a_day(cast, client, url):
    lock(client)
    client.post(url, {"text": TYPED})
    with in_track(cast.education):
        kept_at = KeptForm.objects.get().kept_at
    for hours, left in ((23, 1), (25, 0)):
        with time_machine.travel(kept_at + datetime.timedelta(hours=hours), tick=False):
            assert delete_kept_forms() == 1 - left
        assert len(kept_in(cast.education)) == left


def test_form_of_yesterday_is_not_shown_though_the_sweep_did_not_run(cast, client, url):
    lock(client)
    client.post(url, {"text": TYPED})
    with in_track(cast.education, write=True):
        KeptForm.objects.update(kept_at=datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=25))
    give_password(client, url)
    assert SENTENCE not in client.get(url).text


def test_page_costs_nothing_more_where_nothing_is_kept(cast, client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as asked_for:
        client.get(url)
        client.post(url, {"text": ""})
    assert len(asked_for) > 5
    assert not [query for query in asked_for.captured_queries if "keptform" in query["sql"]]


def test_form_that_shows_kept_typing_is_never_valid():
    kept = KeptFields.of({"a": ["1"], "b": ["2", "3"]})
    form = ProgramForm(kept, user=None, track=None)
    assert form.is_bound
    assert not form.is_valid()
    assert form.errors == {}
    assert ProgramForm({"a": "1"}, user=None, track=None).is_valid()
    assert kept.getlist("b") == ["2", "3"]
    with pytest.raises(AttributeError):
        kept["a"] = "4"
