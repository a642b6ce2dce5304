"""`manage.py unlock` and `manage.py reset_second_factor`: the way back in that needs no sign-in."""

import datetime

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client

from participants.audit.models import Event
from participants.staff import lockout
from tests.staff.totp import set_up_app

ADMINISTRATOR = "education_administrator@example.org"


def test_locked_administrator_is_let_in_from_the_command_line(cast, capsys):
    for _ in range(5):
        lockout.admit(address=ADMINISTRATOR, proved=False, now=datetime.datetime.now(datetime.UTC))
    assert lockout.is_locked(ADMINISTRATOR)
    call_command("unlock", ADMINISTRATOR.upper())
    assert capsys.readouterr().out == f"{ADMINISTRATOR} can sign in again.\n"
    assert not lockout.is_locked(ADMINISTRATOR)
    event = Event.objects.get(action="account.unlocked")
    assert (event.actor_id, event.detail) == (None, {"was": ["locked"]})


@pytest.mark.parametrize(
    ("address", "sentence"), [(ADMINISTRATOR, "neither locked nor disabled"), ("nobody@example.org", "no account")]
)
def test_nothing_to_unlock_is_refused(cast, address, sentence):
    with pytest.raises(CommandError, match=sentence) as refusal:
        call_command("unlock", address)
    assert refusal.value.returncode == 1


def test_lost_second_factor_is_removed_once_it_is_certain_who_asks(cast):
    client = Client()
    client.force_login(cast.education_administrator)
    set_up_app(client)
    with pytest.raises(CommandError, match="--checked"):
        call_command("reset_second_factor", ADMINISTRATOR)
    assert Authenticator.objects.count() == 2
    call_command("reset_second_factor", ADMINISTRATOR, "--checked", "in_person")
    assert Authenticator.objects.count() == 0
    assert Event.objects.get(action="second_factor.reset").detail == {"checked": "in_person"}
