"""What the table of sessions is worth to who reads it, and whom a demonstration answers."""

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from diversion import checks, wsgi


def test_what_stands_in_the_table_signs_nobody_in(cast):
    client = cast.client("education_manager")
    address = cast.url(cast.education, "my_day")
    assert client.get(address).status_code == 200
    held = client.cookies[settings.SESSION_COOKIE_NAME].value
    [row] = Session.objects.all()
    assert held not in (row.session_key, row.session_data)
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = row.session_key
    assert thief.get(address).status_code == 302
    client.logout()
    assert not Session.objects.exists()


def test_session_that_ended_is_none(cast):
    client = cast.client("education_manager")
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    assert client.get(cast.url(cast.education, "my_day")).status_code == 302


@pytest.mark.parametrize(
    ("source", "answered"), [("127.0.0.1", True), ("::1", True), ("", True), ("203.0.113.9", False)]
)
def test_demonstration_answers_its_own_machine_only(monkeypatch, source, answered):
    monkeypatch.setattr(wsgi, "serve", lambda environ, start_response: [b"served"])
    told = []
    answer = wsgi.application({"REMOTE_ADDR": source}, lambda status, headers: told.append(status))
    assert (answer == [b"served"]) == answered
    assert told == ([] if answered else ["403 Forbidden"])


def test_server_does_not_start_a_demonstration_for_other_hosts(settings):
    settings.ALLOWED_HOSTS = ["intake.example.org"]
    with pytest.raises(ImproperlyConfigured, match="DEMO=1"):
        checks.refuse_to_serve()
