"""What leaves the building or opens a door asks for a sign-in of the last ten minutes."""

import datetime

import pytest
import time_machine
from django.test import Client

from participants.staff.models import TrackGrant
from tests.access.again import at_browser, give_app, give_code, give_password
from tests.cast import PASSWORD
from tests.world import patterns

NOON = datetime.datetime(2026, 4, 1, 16, tzinfo=datetime.UTC)
# Addresses that ask, by name; every other one is used all day.
ASKING = {"staff_new", "staff_end", "reports", "demand", "equity", "voluntariness", "audit_export"}


@pytest.fixture
def clock(settings):
    settings.FRESH_SIGN_IN_REQUIRED = True
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def url(cast):
    return cast.url(cast.education, "staff_new")


def asks(response) -> bool:
    return response.status_code == 302 and response.url.startswith("/account/reauthenticate/")


def test_what_asks_is_marked():
    asking = {pattern.name for _, pattern in patterns() if getattr(pattern.callback, "fresh", False)}
    assert asking >= ASKING


@pytest.mark.parametrize(("seconds", "asked"), [(0, False), (599, False), (600, True), (1200, True)])
def test_sign_in_of_the_last_ten_minutes_is_enough(cast, clock, url, seconds, asked):
    client = Client()
    client.post("/account/login/", {"login": "education_administrator@example.org", "password": PASSWORD})
    clock.shift(seconds)
    assert asks(client.get(url)) == asked


def test_password_lets_one_go_on_for_ten_minutes(cast, clock, url):
    client = at_browser(cast, "education_administrator")
    clock.shift(700)
    led = client.get(url)
    assert asks(led)
    assert "asked for only after you have just shown who you are" in client.get(led.url).text
    assert give_password(client, url, "wrong-password-123").status_code == 200
    assert asks(client.get(url))
    assert give_password(client, url).url == url
    clock.shift(599)
    assert client.get(url).status_code == 200
    clock.shift(1)
    assert asks(client.get(url))


def test_code_lets_one_go_on(cast, clock, url):
    give_app(cast.education_administrator)
    client = at_browser(cast, "education_administrator")
    clock.shift(700)
    assert asks(client.get(url))
    give_code(client, url)
    assert client.get(url).status_code == 200


def test_activity_alone_is_not_enough(cast, clock, url):
    client = at_browser(cast, "education_administrator")
    for _ in range(11):
        clock.shift(60)
        assert client.get(cast.url(cast.education, "staff")).status_code == 200
    assert asks(client.get(url))


def test_what_was_posted_comes_back_and_is_not_sent(cast, clock, url):
    client = at_browser(cast, "education_administrator")
    clock.shift(700)
    typed = {
        "email": "quillfeather@example.org",
        "name": "Quillfeather",
        "role": "caseworker",
        "valid_from": "2026-04-01",
    }
    assert asks(client.post(url, typed))
    assert not TrackGrant.objects.filter(user__email="quillfeather@example.org").exists()
    give_password(client, url)
    page = client.get(url)
    assert page.status_code == 200
    assert 'value="quillfeather@example.org"' in page.text
    assert "It is not sent yet" in page.text
    assert not TrackGrant.objects.filter(user__email="quillfeather@example.org").exists()
    assert client.post(url, typed).status_code == 200  # the page with the first password
    assert TrackGrant.objects.filter(user__email="quillfeather@example.org").count() == 1
    assert "It is not sent yet" not in client.get(url).text


def test_who_may_not_is_refused_and_not_asked(cast, clock, url):
    client = at_browser(cast, "education_caseworker")
    clock.shift(700)
    assert client.get(url).status_code == 403
    assert at_browser(cast, "services_administrator").get(url).status_code == 404


def test_report_is_read_at_any_time_and_taken_away_after_asking(cast, clock):
    url = cast.url(cast.education, "reports")
    client = at_browser(cast, "education_manager")
    clock.shift(700)
    assert client.get(url).status_code == 200
    led = client.get(url, {"cohort": "exit", "format": "csv"})
    assert led.url == "/account/reauthenticate/?next=" + f"{url}?cohort=exit".replace("/", "%2F").replace(
        "?", "%3F"
    ).replace("=", "%3D")
    assert "choose the file again" in client.get(led.url).text
    give_password(client, url)
    assert client.get(url, {"format": "csv"})["Content-Type"].startswith("text/csv")


def test_demonstration_does_without(cast, settings, url):
    settings.FRESH_SIGN_IN_REQUIRED = False
    with time_machine.travel(NOON, tick=False) as clock:
        client = at_browser(cast, "education_administrator")
        clock.shift(700)
        assert client.get(url).status_code == 200
