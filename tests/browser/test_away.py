"""Walking away from the browser: a lock that loses nothing, and a back button that shows nothing after a sign-out."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from participants.access.lock import IDLE, STAMPS
from participants.sessions.models import Note
from participants.tracks.scope import in_track
from tests import builders
from tests.browser.conftest import NARROW, WIDE
from tests.cast import PASSWORD

TEXT = "\n".join(f"Line {number}: she spoke of the summer, of “work” & of <plans>." for number in range(60))
EMAIL = "education_caseworker@example.org"


@pytest.fixture
def stay(cast):
    return builders.make_enrollment(cast, cast.education, name="Ada Quillfeather")


def walk_away() -> None:
    """Half an hour goes by for every session there is."""
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        if stamps := session.get(STAMPS):
            session[STAMPS] = {**stamps, "seen": stamps["seen"] - IDLE}
            session.save()


@pytest.mark.parametrize(("viewport", "javascript"), [(WIDE, True), (NARROW, False)])
def test_long_note_is_there_after_the_lock_and_saved_once(visit, cast, stay, viewport, javascript):
    visitor = visit(viewport=viewport, javascript=javascript)
    visitor.sign_in(EMAIL)
    page, url = visitor.page, cast.url(cast.education, "note_new", reference=stay.participant.reference)
    visitor.go(url)
    page.fill("textarea", TEXT)
    walk_away()
    page.click("main form.form button[type=submit]")
    page.wait_for_url("**/account/reauthenticate/**")
    assert "What you have typed is kept" in page.inner_text("main")
    assert "Nobody used this session for half an hour" in page.inner_text("main")
    assert "Quillfeather" not in page.content()
    visitor.picture(f"locked-{viewport['width']}")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{url}")
    assert page.input_value("textarea") == TEXT
    assert "It is not sent yet" in page.inner_text("main")
    assert page.locator("[data-errors]").count() == 0
    visitor.picture(f"came-back-{viewport['width']}")
    page.click("main form.form button[type=submit]")
    page.wait_for_url(lambda address: not address.endswith("/new/"))
    with in_track(cast.education, by=cast.education_caseworker):
        (note,) = Note.objects.filter(author=cast.education_caseworker)
        assert note.text.replace("\r\n", "\n") == TEXT
    visitor.go(url)
    assert page.input_value("textarea") == ""
    assert visitor.complaints == [], "\n".join(visitor.complaints)


def test_back_button_after_signing_out_shows_nothing(visit, cast, stay):
    visitor = visit()
    visitor.sign_in(EMAIL)
    page = visitor.page
    visitor.go(cast.url(cast.education, "participants"))
    visitor.go(cast.url(cast.education, "participant", reference=stay.participant.reference))
    assert "Quillfeather" in page.content()
    page.click("[data-menu] summary")
    page.click("[data-menu] button[type=submit]")
    page.wait_for_url("**/account/login/**")
    for _ in range(3):
        page.go_back(wait_until="load")
        assert "Quillfeather" not in page.content()
        assert "/account/login/" in page.url
    page.go_forward(wait_until="load")
    assert "Quillfeather" not in page.content()


def test_tab_that_was_left_open_leads_to_the_sign_in(visit, cast, stay):
    """Signed out in one tab: the other still shows its page, and nothing more can be had from it."""
    visitor = visit()
    visitor.sign_in(EMAIL)
    visitor.go(cast.url(cast.education, "participant", reference=stay.participant.reference))
    other = visitor.context.new_page()
    other.goto(visitor.server + "/")
    other.click("[data-menu] summary")
    other.click("[data-menu] button[type=submit]")
    other.wait_for_url("**/account/login/**")
    visitor.page.reload()
    assert "/account/login/" in visitor.page.url
    assert "Quillfeather" not in visitor.page.content()
