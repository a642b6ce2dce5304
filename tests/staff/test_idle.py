"""An account that nobody has signed in to for 90 days is disabled, swept or not, until someone lets it in again."""

import datetime

import pytest
import time_machine
from django.test import Client

from participants.audit.models import Event
from participants.models import User
from participants.staff.actions import disable_idle_accounts, unlock
from participants.staff.rules import is_idle
from tests.cast import PASSWORD

NOW = datetime.datetime(2026, 6, 1, 12, 0, tzinfo=datetime.UTC)
DAY, SECOND = datetime.timedelta(days=1), datetime.timedelta(seconds=1)


def sign_in(user) -> int:
    return Client().post("/account/login/", {"login": user.email, "password": PASSWORD}).status_code


@pytest.mark.parametrize(
    ("last_login", "active_since", "idle"),
    [
        (None, NOW - 90 * DAY, True),
        (None, NOW - 90 * DAY + SECOND, False),
        (NOW - 90 * DAY, NOW - 400 * DAY, True),
        (NOW - 90 * DAY + SECOND, NOW - 400 * DAY, False),
        (NOW - 400 * DAY, NOW - DAY, False),  # let in again yesterday
    ],
)
def test_ninety_days_since_the_last_sign_in(last_login, active_since, idle):
    assert is_idle(last_login=last_login, active_since=active_since, now=NOW) is idle


def test_sweep_disables_the_idle_only_on_record_and_once(cast):
    User.objects.update(active_since=NOW - 400 * DAY, last_login=NOW - DAY)
    idle = cast.education_caseworker
    User.objects.filter(pk=idle.pk).update(last_login=NOW - 90 * DAY)
    assert [disable_idle_accounts(now=NOW), disable_idle_accounts(now=NOW)] == [1, 0]
    idle.refresh_from_db()
    assert (idle.is_active, idle.idle_since) == (False, NOW)
    assert User.objects.filter(is_active=False).count() == 1
    assert Event.objects.get(action="account.disabled").detail == {"was": ["idle"]}


@pytest.mark.parametrize("swept", [True, False])
def test_idle_account_is_refused_until_it_is_let_in_again(cast, swept):
    user = cast.education_caseworker
    User.objects.filter(pk=user.pk).update(active_since=NOW - 90 * DAY)
    with time_machine.travel(NOW, tick=False):
        if swept:
            disable_idle_accounts(now=NOW)
        assert sign_in(user) == 200
        unlock(user=user, now=NOW, by=None)
        assert sign_in(user) == 302
    user.refresh_from_db()
    assert (user.is_active, user.idle_since, user.active_since) == (True, None, NOW)
    assert Event.objects.get(action="account.unlocked").detail == {"was": ["idle"]}
