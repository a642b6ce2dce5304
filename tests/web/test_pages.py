"""Pages outside the tracks, headers of every answer, and what log lines and error pages must not tell."""

import logging
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import path

from diversion import settings as project_settings
from diversion.logging import PlainFormatter
from diversion.urls import urlpatterns as project
from participants.access.gate import requires
from participants.staff.permissions import Permission

SECRET = "Rosalind Quimby"


def test_health_needs_no_sign_in(db):
    response = Client().get("/health/")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_health_tells_when_the_database_is_gone(db):
    def gone(execute, sql, params, many, context):
        raise OperationalError("server closed the connection")

    with connection.execute_wrapper(gone):
        assert Client().get("/health/").status_code == 503


def test_home_needs_sign_in(db):
    assert Client().get("/").url.startswith("/account/login/")


@pytest.mark.parametrize("url", ["/", "/account/login/", "/harbor/education/", "/nothing/here/"])
def test_headers_of_every_answer(cast, url):
    response = cast.client("education_caseworker").get(url)
    assert response["Cache-Control"].find("no-store") >= 0
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def test_home_with_one_track_leads_straight_into_it(cast):
    assert cast.client("services_counsellor").get("/").url == "/harbor/services/"


@requires(Permission.OPEN_TRACK)
def stumble(request):
    raise ValueError(f"duplicate key: name = {SECRET}")


urlpatterns = [path("<slug:program>/<slug:track>/stumble/", stumble, name="stumble"), *project]
handler404 = "participants.web.views.not_found"
handler403 = "participants.web.views.forbidden"
handler500 = "participants.web.views.broken"


@pytest.mark.urls(__name__)
def test_error_page_and_log_line_tell_no_values(cast, caplog):
    client = Client(raise_request_exception=False)
    client.force_login(cast.education_caseworker)
    response = client.get("/harbor/education/stumble/")
    assert response.status_code == 500
    assert SECRET not in response.text
    (line,) = [record for record in caplog.records if record.exc_info]
    # The test's own handler keeps the exception; the program's formatter does not print it.
    text = PlainFormatter().format(logging.makeLogRecord({**line.__dict__, "exc_text": None}))
    assert SECRET not in text
    assert "ValueError" in text
    assert "stumble" in text


def test_debug_cannot_be_switched_on_from_outside():
    """A debug page shows local variables; there is no setting for it."""
    source = Path(project_settings.__file__).read_text(encoding="utf-8")
    assert "\nDEBUG = False\n" in source
    assert source.count("DEBUG") == 1


def test_log_line_of_a_missing_page_holds_no_typed_text(cast, caplog):
    client = cast.client("education_caseworker")
    client.get(f"/harbor/education/participants/{SECRET}/")
    client.get(f"/{SECRET}/")
    lines = [PlainFormatter().format(record) for record in caplog.records if record.name == "django.request"]
    assert len(lines) == 2
    assert not [line for line in lines if SECRET in line or "Quimby" in line]
    assert "<str:reference>" in lines[0]
