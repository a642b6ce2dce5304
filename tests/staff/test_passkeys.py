"""A passkey signs in alone only where it was set up so, and only with fingerprint, face or PIN."""

import datetime

import pytest
import time_machine
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django.test import Client
from django.urls import reverse

from participants.audit.models import Event
from tests.cast import PASSWORD
from tests.staff.soft_key import SoftKey
from tests.staff.totp import set_up_app

LOGIN, CODE = "/account/login/", "/account/second/code/"
MINE = {"login": "education_caseworker@example.org", "password": PASSWORD}


def challenge_of(client) -> str:
    return client.session[STATE_SESSION_KEY]["challenge"]


def asked_at_sign_in() -> Client:
    client = Client()
    client.get(reverse("mfa_login_webauthn"), headers={"x-requested-with": "XMLHttpRequest"}, secure=True)
    return client


def asked_as_second_step() -> Client:
    """The question that follows a password: one's own, of an account with an app."""
    owner = Client()
    owner.post(LOGIN, MINE)
    set_up_app(owner)
    client = Client()
    client.post(LOGIN, MINE, secure=True)
    client.get(CODE, secure=True)
    return client


def post(client, key: SoftKey, *, pin: bool):
    answer = key.answer(challenge_of(client), pin=pin)
    client.post(reverse("mfa_login_webauthn"), {"credential": answer}, secure=True)
    return client.session.get("_auth_user_id")


@pytest.mark.parametrize(("alone", "pin", "opens"), [(True, True, True), (True, False, False), (False, True, False)])
def test_signs_in_alone_when_set_up_so_and_with_a_pin(cast, alone, pin, opens):
    key = SoftKey(cast.education_manager, alone=alone)
    found = post(asked_at_sign_in(), key, pin=pin)
    assert found == (str(cast.education_manager.pk) if opens else None)
    assert Event.objects.filter(action="sign_in", outcome="refused").exists() is not opens


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("pin", [True, False])
def test_question_of_the_second_step_signs_nobody_in(cast, alone, pin):
    """It asks for a touch only: with it a found key would open its owner's account to anyone with an account."""
    key = SoftKey(cast.education_manager, alone=alone)
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False) as clock:
        client = asked_as_second_step()
        clock.shift(datetime.timedelta(minutes=16))  # the sign-in that waited for its code is over, its question is not
        assert post(client, key, pin=pin) is None
    assert STATE_SESSION_KEY not in client.session
    assert Event.objects.filter(action="sign_in", outcome="refused", actor_id=None).count() == 1


def test_touch_is_enough_after_the_password(cast):
    key = SoftKey(cast.education_caseworker, alone=False)
    client = Client()
    assert client.post(LOGIN, MINE, secure=True).url == CODE
    client.get(CODE, secure=True)
    client.post(CODE, {"credential": key.answer(challenge_of(client), pin=False)}, secure=True)
    assert client.session["_auth_user_id"] == str(cast.education_caseworker.pk)
