"""A session locks after half an hour without activity and twelve hours after signing in."""

import datetime
import time

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory

from participants.access.lock import IDLE, LONGEST, STAMPS, State, state_of
from participants.access.locking import LockMiddleware, background, by_itself
from participants.audit.models import Event
from tests.access.again import asked, at_browser, give_app, give_code, give_password, move_stamps
from tests.statements import exactly

NOON = datetime.datetime(2026, 4, 1, 16, tzinfo=datetime.UTC)
# Half an hour in which New York put its clocks forward, and one in which it put them back.
CHANGES = [
    datetime.datetime(2026, 3, 8, 6, 45, tzinfo=datetime.UTC),
    datetime.datetime(2026, 11, 1, 5, 45, tzinfo=datetime.UTC),
]


def after(**delta) -> datetime.timedelta:
    return datetime.timedelta(**delta)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def page(cast):
    return cast.url(cast.education, "participants")


@pytest.mark.parametrize("start", [NOON, *CHANGES])
def test_session_locks_after_half_an_hour(cast, clock, page, start):
    for minutes, seconds, locked in ((29, 59, False), (30, 0, True), (60, 0, True)):
        clock.move_to(start)
        client = at_browser(cast, "education_caseworker")
        clock.shift(after(minutes=minutes, seconds=seconds))
        assert asked(client.get(page)) == locked, (minutes, seconds)


def test_activity_keeps_a_session_open_and_the_lock_is_never_late(cast, clock, page):
    client = at_browser(cast, "education_caseworker")
    for _ in range(20):  # seven hours of a page every 21 minutes
        clock.shift(after(minutes=21))
        assert client.get(page).status_code == 200
    last = time.time()
    clock.shift(after(seconds=59))
    assert client.get(page).status_code == 200  # not written down: within a minute
    assert client.session[STAMPS]["seen"] == last
    clock.move_to(datetime.datetime.fromtimestamp(last, datetime.UTC) + after(minutes=30))
    assert asked(client.get(page))


def test_activity_is_written_once_a_minute(cast, clock, page):
    client = at_browser(cast, "education_caseworker")
    client.get(page)
    clock.shift(after(seconds=59))
    before = list(Session.objects.values_list("session_data"))
    client.get(page)
    assert list(Session.objects.values_list("session_data")) == before
    clock.shift(after(seconds=1))
    client.get(page)
    assert list(Session.objects.values_list("session_data")) != before


def test_page_costs_no_statement_more_within_the_minute(cast, clock, page):
    client = at_browser(cast, "education_caseworker")
    client.get(page)
    with exactly(2):  # the session, and who it is
        client.get("/account/password/change/")
    clock.shift(after(minutes=2))
    with exactly(3):
        client.get("/account/password/change/")


def test_what_a_page_fetches_by_itself_is_no_activity(cast, clock, page):
    client = at_browser(cast, "education_caseworker")
    for _ in range(6):
        clock.shift(after(minutes=5))
        client.get(page, headers={"X-Background": "1"})
        client.get(page, headers={"Sec-Purpose": "prefetch;prerender"})
        client.get("/health/")
        client.get("/static/app.css")
        client.get("/account/login/")
    assert asked(client.get(page))


def test_marked_view_is_no_activity():
    def view(request):
        """Shows how far a task is."""

    request = RequestFactory().get("/")
    assert not by_itself(request, view)
    assert by_itself(request, background(view))


def test_twelve_hours_are_the_longest(cast, clock, page):
    client = at_browser(cast, "education_caseworker")
    for _ in range(35):
        clock.shift(after(minutes=20))
        assert client.get(page).status_code == 200
    clock.shift(after(minutes=19, seconds=59))
    assert client.get(page).status_code == 200
    clock.shift(after(seconds=1))
    assert asked(client.get(page))
    response = client.get(client.get(page).url)
    assert "You signed in twelve hours ago" in response.text
    assert give_password(client, page).url == page
    assert client.get(page).status_code == 200
    clock.shift(after(minutes=29))
    assert client.get(page).status_code == 200


def test_password_opens_a_session_that_was_idle(cast, clock, page):
    client = at_browser(cast, "education_caseworker")
    clock.shift(after(minutes=31))
    led = client.get(page)
    assert led.url == f"/account/reauthenticate/?next={page.replace('/', '%2F')}"
    asking = client.get(led.url)
    assert "Nobody used this session for half an hour" in asking.text
    assert give_password(client, page, "wrong-password-123").status_code == 200
    assert asked(client.get(page))
    assert give_password(client, page).url == page
    assert client.get(page).status_code == 200
    event = Event.objects.filter(actor_id=cast.education_caseworker.pk, action="sign_in.again").get()
    assert (event.track_id, event.detail) == (None, {"way": "password"})


def test_code_alone_opens_an_idle_session_and_not_one_of_twelve_hours(cast, clock, page):
    give_app(cast.education_caseworker)
    client = at_browser(cast, "education_caseworker")
    clock.shift(after(minutes=31))
    assert give_code(client, page).url == page
    assert client.get(page).status_code == 200
    clock.shift(after(hours=12))
    assert give_code(client, page).url == page
    assert client.get(page).url.startswith("/account/reauthenticate/")
    assert give_password(client, page).url == page
    assert client.get(page).status_code == 200


def test_password_alone_does_not_begin_twelve_hours_anew(cast, clock, page):
    give_app(cast.education_caseworker)
    client = at_browser(cast, "education_caseworker")
    clock.shift(after(hours=12))
    assert client.get(page).url.startswith("/account/reauthenticate/")
    give_password(client, page)
    led = client.get(page)
    assert led.url.startswith("/account/second/code/again/")
    assert client.get(led.url).status_code == 200
    clock.shift(after(minutes=11))  # the password is too long ago by now
    give_code(client, page)
    assert client.get(page).url.startswith("/account/reauthenticate/")
    give_password(client, page)
    assert client.get(page).status_code == 200


def test_every_tab_locks_and_opens_with_the_session(cast, clock, page):
    client = at_browser(cast, "education_caseworker")
    other = Client()
    other.cookies = client.cookies
    clock.shift(after(minutes=20))
    assert other.get(page).status_code == 200
    clock.shift(after(minutes=20))
    assert client.get(page).status_code == 200  # twenty minutes since the other tab
    clock.shift(after(minutes=30))
    assert asked(other.get(page))
    assert asked(client.get(page))
    give_password(other, page)
    assert client.get(page).status_code == 200


def test_another_session_of_the_same_person_has_its_own_lock(cast, clock, page):
    client, elsewhere = (at_browser(cast, "education_caseworker") for _ in range(2))
    clock.shift(after(minutes=20))
    elsewhere.get(page)
    clock.shift(after(minutes=20))
    assert (asked(client.get(page)), asked(elsewhere.get(page))) == (True, False)


@pytest.mark.parametrize("gone", [{"signed_in": None, "seen": None}, {"signed_in": None}, {"seen": None}])
def test_session_without_its_instants_is_locked(cast, page, gone):
    client = at_browser(cast, "education_caseworker")
    move_stamps(client, **gone)
    assert asked(client.get(page))
    assert give_password(client, page).url == page
    assert client.get(page).status_code == 200


def test_clock_that_was_set_back_locks():
    now = 1_000_000.0
    assert state_of({"signed_in": now, "seen": now}, now) == State.OPEN
    assert state_of({"signed_in": now, "seen": now}, now - 4) == State.OPEN  # as far as two servers may differ
    assert state_of({"signed_in": now, "seen": now}, now - 60) == State.EXPIRED
    assert state_of({"signed_in": now - 100, "seen": now}, now - 60) == State.IDLE
    assert state_of({"signed_in": now - LONGEST, "seen": now}, now) == State.EXPIRED
    assert state_of({"signed_in": now - IDLE, "seen": now - IDLE}, now) == State.IDLE


def test_nothing_opens_on_a_locked_session(cast, clock):
    """Every address answers as the way to the page that asks, but the way out and what needs no sign-in."""
    client = at_browser(cast, "education_manager")
    clock.shift(after(minutes=31))
    for url in (
        "/",
        "/account/password/change/",
        "/account/second/",
        "/account/second/recovery/",
        cast.url(cast.education, "my_day"),
        cast.url(cast.education, "reports") + "?format=csv",
        cast.url(cast.services, "my_day"),
        "/river/drop/",
    ):
        for method in (client.get, client.post, client.head, client.delete):
            assert asked(method(url)), url
    assert client.get("/health/").status_code == 200
    assert client.get("/nowhere/at/all/").status_code == 404
    assert client.post("/account/logout/").status_code == 302
    assert STAMPS not in client.session


def test_htmx_is_led_there_as_a_whole_page(cast, clock, page):
    client = at_browser(cast, "education_caseworker")
    clock.shift(after(minutes=31))
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}?tab=all"}
    response = client.get(page + "?after=x", headers=headers)
    assert (response.status_code, response.content) == (200, b"")
    assert response["HX-Redirect"] == "/account/reauthenticate/?next=" + f"{page}?tab=all".replace("/", "%2F").replace(
        "?", "%3F"
    ).replace("=", "%3D")
    headers["HX-Current-URL"] = "https://elsewhere.example/education/"
    assert client.get(page, headers=headers)["HX-Redirect"] == "/account/reauthenticate/?next=%2F"


def test_way_back_leads_nowhere_else(cast, clock, page):
    client = at_browser(cast, "education_caseworker")
    clock.shift(after(minutes=31))
    assert give_password(client, "https://elsewhere.example/").url == "/"


def test_lock_stands_behind_the_check_of_the_token_and_before_the_tracks(settings):
    order = [
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
        f"{LockMiddleware.__module__}.LockMiddleware",
        "participants.access.middleware.TrackMiddleware",
    ]
    places = [settings.MIDDLEWARE.index(name) for name in order]
    assert places == sorted(places)
    assert places[-1] == len(settings.MIDDLEWARE) - 1


def test_session_outlives_the_lock_by_less_than_a_day(settings):
    """So that what is typed before a night is not lost, and no row says longer than that who was there."""
    assert LONGEST < settings.SESSION_COOKIE_AGE <= 24 * 60 * 60
