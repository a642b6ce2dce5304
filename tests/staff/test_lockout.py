"""Five failures within a quarter of an hour lock an account, whether it exists or not, and nothing tells which."""

import datetime
import re
import threading

import pytest
import time_machine
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from participants.audit.models import Event, EventSubject
from participants.errors import ProgramError
from participants.models import FailedSignIn, Lockout, User
from participants.staff import lockout
from participants.staff.actions import create_user, unlock
from participants.tracks.scope import in_track
from tests.cast import PASSWORD
from tests.statements import FRAME

WRONG = "wrong-password-123"
KNOWN, UNKNOWN = "education_caseworker@example.org", "nobody@example.org"
START = datetime.datetime(2026, 6, 1, 12, 0, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)


def sign_in(login=KNOWN, password=PASSWORD, client=None):
    return (client or Client()).post("/account/login/", {"login": login, "password": password})


def fail(login=KNOWN, times=1):
    return [sign_in(login, WRONG) for _ in range(times)]


def events(action: str) -> list[tuple]:
    found = Event.objects.filter(action=action).order_by("id")
    return [(event.outcome, event.actor_id, event.detail) for event in found]


def plain(response) -> tuple[int, str]:
    """Status and page without the token that differs from page to page and what was typed."""
    text = re.sub(r'csrfmiddlewaretoken" value="\w+"', "", response.text)
    return response.status_code, re.sub(r'name="login" value="[^"]*"', "", text)


def test_the_fifth_failure_locks_and_four_do_not(cast):
    fail(times=4)
    assert sign_in().status_code == 302
    fail()
    assert sign_in().status_code == 200
    assert events("account.locked") == [("done", None, {})]
    assert Lockout.objects.filter(at__isnull=False).count() == 1


@pytest.mark.parametrize(
    ("after", "locked"),
    [(15 * MINUTE - datetime.timedelta(seconds=1), True), (15 * MINUTE, False), (16 * MINUTE, False)],
)
def test_window_is_fifteen_minutes(cast, after, locked):
    with time_machine.travel(START, tick=False) as clock:
        fail()
        clock.move_to(START + after - MINUTE)
        fail(times=3)
        clock.move_to(START + after)
        fail()
        assert lockout.is_locked(KNOWN) is locked


def test_lock_does_not_run_out(cast):
    with time_machine.travel(START, tick=False) as clock:
        fail(times=5)
        clock.move_to(START + datetime.timedelta(days=30))
        assert sign_in().status_code == 200


def test_known_unknown_locked_idle_and_disabled_answer_alike(cast):
    """Byte by byte, for a wrong password and for the right one of an account that may not sign in."""
    now = datetime.datetime.now(datetime.UTC)
    User.objects.filter(pk=cast.education_liaison.pk).update(is_active=False)
    User.objects.filter(pk=cast.education_manager.pk).update(active_since=now - datetime.timedelta(days=91))
    answers = [*fail(), *fail(UNKNOWN)]
    fail(times=4)
    fail(UNKNOWN, times=4)
    answers += [sign_in(), *fail(), *fail(UNKNOWN)]
    answers += [sign_in(cast.education_liaison.email), sign_in(cast.education_manager.email)]
    assert len({plain(answer) for answer in answers}) == 1
    assert lockout.is_locked(KNOWN)
    assert lockout.is_locked(UNKNOWN)


@pytest.mark.parametrize("state", ["known", "unknown", "locked", "disabled", "idle"])
@pytest.mark.parametrize("password", [PASSWORD, WRONG])
def test_password_is_hashed_once_whatever_the_account(cast, monkeypatch, state, password):
    """The hash is nearly all of the time that an answer takes: once everywhere means as long everywhere."""
    login = UNKNOWN if state == "unknown" else KNOWN
    if state == "locked":
        fail(times=5)
    if state == "disabled":
        User.objects.filter(email=KNOWN).update(is_active=False)
    if state == "idle":
        User.objects.filter(email=KNOWN).update(active_since=START - datetime.timedelta(days=900))
    hashed = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda self, *args, **kw: hashed.append(1) or encode(self, *args, **kw))
    response = sign_in(login, password)
    assert response.status_code == (302 if (state, password) == ("known", PASSWORD) else 200)
    assert hashed == [1]


def test_every_spelling_of_an_address_is_one_account(cast):
    for login in (KNOWN, KNOWN.upper(), f" {KNOWN} ", KNOWN.title(), KNOWN):
        fail(login)
    assert lockout.is_locked(KNOWN)
    assert sign_in().status_code == 200


def test_nothing_of_an_address_is_kept(cast):
    fail(UNKNOWN, times=5)
    kept = b"".join(bytes(row.account) for row in [*FailedSignIn.objects.all(), *Lockout.objects.all()])
    assert UNKNOWN.encode() not in kept
    assert len(kept) == 6 * 32
    assert events("account.locked") == [("done", None, {})]
    locked = Event.objects.get(action="account.locked")
    assert [row.kind for row in EventSubject.objects.filter(event_id=locked.pk)] == ["nobody"]


def test_every_failure_asks_as_many_statements_whatever_the_account(cast):
    """From the first to the one that locks, and after it: known, unknown, disabled, idle, each with either password."""
    disabled, idle = cast.education_liaison.email, cast.education_manager.email
    User.objects.filter(email=disabled).update(is_active=False)
    User.objects.filter(email=idle).update(active_since=START - datetime.timedelta(days=900))
    counts = {}
    for login, password in [(KNOWN, WRONG), (UNKNOWN, WRONG), (disabled, PASSWORD), (idle, PASSWORD)]:
        for number in range(1, 8):
            with CaptureQueriesContext(connection) as captured:
                sign_in(login, password)
            asked = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(FRAME)]
            counts.setdefault(number, {})[login] = len(asked)
    assert {number: len(set(found.values())) for number, found in counts.items()} == dict.fromkeys(range(1, 8), 1), (
        counts
    )


def test_all_refusals_are_on_record_without_a_name(cast):
    fail(times=5)
    sign_in()
    fail()
    assert events("sign_in") == [("refused", None, {})] * 7


def test_failures_of_a_session_count_too_and_end_it(cast):
    """Whoever sits at an open session and guesses the password loses both."""
    client = Client()
    sign_in(client=client)
    again = reverse("account_reauthenticate")
    assert client.post(again, {"password": PASSWORD}).status_code == 302
    for _ in range(3):
        assert client.post(again, {"password": WRONG}).status_code == 200
    change = {"oldpassword": WRONG, "password1": "another-long-password-9", "password2": "another-long-password-9"}
    assert client.post(reverse("account_change_password"), change).status_code == 200
    answer = client.post(again, {"password": WRONG})
    assert (answer.status_code, answer.url) == (302, "/account/login/")
    assert "_auth_user_id" not in client.session
    assert lockout.is_locked(KNOWN)


def test_who_guesses_at_the_password_page_is_sent_out(cast):
    client = Client()
    sign_in(client=client)
    change = {"oldpassword": WRONG, "password1": "another-long-password-9", "password2": "another-long-password-9"}
    answers = [client.post(reverse("account_change_password"), change).status_code for _ in range(5)]
    assert answers == [200] * 4 + [302]
    assert "_auth_user_id" not in client.session
    assert User.objects.get(email=KNOWN).check_password(PASSWORD)


def test_sign_in_between_does_not_start_the_count_anew(cast):
    fail(times=4)
    sign_in()
    fail()
    assert lockout.is_locked(KNOWN)


def test_other_accounts_are_not_touched(cast):
    fail(times=5)
    assert sign_in("education_manager@example.org").status_code == 302


# --- concurrency -------------------------------------------------------------------------------------------------


def test_failures_at_the_same_time_are_counted_one_by_one(live_db, cast):
    """Twelve threads at once: five are counted, and the right password that comes later is refused."""
    answers, gate = [], threading.Barrier(12)

    def guess():
        gate.wait()
        try:
            answers.append(
                lockout.admit(address=UNKNOWN, proved=False, now=datetime.datetime.now(datetime.UTC)),
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [False] * 12
    assert (FailedSignIn.objects.count(), Lockout.objects.filter(at__isnull=False).count()) == (5, 1)
    assert Event.objects.filter(action="account.locked").count() == 1
    assert not lockout.admit(address=UNKNOWN, proved=True, now=datetime.datetime.now(datetime.UTC))


# --- letting in again ----------------------------------------------------------------------------------------------


def test_administrator_lets_in_again_on_record(cast):
    fail(times=5)
    client = cast.client("education_administrator")
    grant = cast.education_caseworker.grants.get()
    page = cast.url(cast.education, "staff_unlock", pk=grant.pk)
    assert "locked" in client.get(cast.url(cast.education, "staff")).text
    assert "The account is locked" in client.get(page).text
    assert client.post(page, {"go": "1"}).status_code == 302
    assert sign_in().status_code == 302
    with in_track(cast.education):
        event = Event.objects.get(action="account.unlocked")
    assert (event.actor_id, event.detail) == (cast.education_administrator.pk, {"was": ["locked"]})
    assert (FailedSignIn.objects.count(), Lockout.objects.filter(at__isnull=False).count()) == (0, 0)
    answer = client.post(page, {"go": "1"})
    assert (answer.status_code, "neither locked nor disabled" in answer.text) == (422, True)


def test_administrator_of_the_other_track_reaches_nothing(cast):
    fail(times=5)
    grant = cast.education_caseworker.grants.get()
    client = cast.client("services_administrator")
    for track in (cast.services, cast.education):
        assert client.post(cast.url(track, "staff_unlock", pk=grant.pk), {"go": "1"}).status_code == 404
    assert lockout.is_locked(KNOWN)


def test_grant_that_has_ended_manages_nothing(cast):
    fail(times=5)
    grant = cast.education_caseworker.grants.get()
    type(grant).objects.filter(pk=grant.pk).update(valid_until=datetime.date(2026, 1, 2))
    client = cast.client("education_administrator")
    for name in ("staff_unlock", "staff_second_factor"):
        assert client.get(cast.url(cast.education, name, pk=grant.pk)).status_code == 404


def test_nobody_lets_themselves_in_again(cast):
    with pytest.raises(ProgramError, match="Nobody releases their own account"):
        unlock(user=cast.education_administrator, now=START, by=cast.education_administrator)


# --- what is forgotten ---------------------------------------------------------------------------------------------


def test_old_failures_are_forgotten_and_no_lock(cast):
    with time_machine.travel(START, tick=False) as clock:
        fail(times=5)
        fail(UNKNOWN, times=5)
        fail("third@example.org")
        assert lockout.forget(now=START + 23 * 60 * MINUTE) == 0
        clock.move_to(START + 25 * 60 * MINUTE)
        fail("fourth@example.org")
        assert lockout.forget(now=START + 25 * 60 * MINUTE) == 12  # eleven failures, and the third's row
        assert FailedSignIn.objects.count() == 1
        clock.move_to(START + datetime.timedelta(days=400))
        lockout.forget(now=START + datetime.timedelta(days=400))
        assert lockout.is_locked(KNOWN)
        assert lockout.is_locked(UNKNOWN)
        assert plain(sign_in()) == plain(sign_in(UNKNOWN))


def test_locks_of_nobody_are_bounded_and_the_newest_stay(cast, monkeypatch):
    monkeypatch.setattr(lockout, "LOCKS_OF_NOBODY", 2)
    with time_machine.travel(START, tick=False) as clock:
        fail(times=5)
        for number in range(4):
            clock.shift(MINUTE)
            fail(f"nobody{number}@example.org", times=5)
        assert lockout.forget(now=START + 5 * MINUTE) == 2
        assert [lockout.is_locked(f"nobody{number}@example.org") for number in range(4)] == [False, False, True, True]
        assert lockout.is_locked(KNOWN)


def test_new_account_is_not_locked_by_who_guessed_before_it_was_there(cast):
    fail(UNKNOWN, times=5)
    create_user(email=UNKNOWN, name="New Face", password=PASSWORD, by=None)
    assert sign_in(UNKNOWN).status_code == 302
