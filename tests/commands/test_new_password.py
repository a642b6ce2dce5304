"""`manage.py new_password`: in place of a forgotten one; whoever gives it has seen it, so it opens only its change."""

import io
import json

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from participants.audit.models import Event
from participants.errors import ProgramError
from participants.models import User
from participants.staff.actions import new_password
from tests.cast import PASSWORD
from tests.staff.totp import code_of, set_up_app

EMAIL = "education_caseworker@example.org"


def renew(*arguments: str) -> str:
    said = io.StringIO()
    call_command("new_password", EMAIL.upper(), "--checked", "in_person", *arguments, stdout=said)
    return said.getvalue()


def sign_in(password: str) -> tuple[Client, int]:
    client = Client()
    return client, client.post("/account/login/", {"login": EMAIL, "password": password}).status_code


def test_new_password_replaces_the_former_and_leads_to_its_change(cast):
    password = json.loads(renew("--json"))["password"]
    assert sign_in(PASSWORD)[1] == 200
    client, status = sign_in(password)
    assert status == 302
    assert client.get(cast.url(cast.education, "my_day")).url == reverse("account_change_password")
    event = Event.objects.get(action="password.renewed")
    assert (event.actor_id, event.detail) == (None, {"checked": "in_person"})
    assert password not in str(Event.objects.values_list("detail"))


def test_it_is_printed_once_and_another_each_time(cast):
    lines = renew().splitlines()
    assert lines[0] == f"{EMAIL} signs in with this password, and chooses another one at once:"
    assert User.objects.get(email=EMAIL).check_password(lines[1])
    assert renew().splitlines()[1] != lines[1]
    assert not User.objects.get(email=EMAIL).check_password(lines[1])


def test_open_sessions_end_and_the_second_factor_stays(cast):
    client, _ = sign_in(PASSWORD)
    secret = set_up_app(client)
    password = renew().splitlines()[1]
    assert client.get(reverse("home")).url.startswith("/account/login/")
    assert Authenticator.objects.filter(user=cast.education_caseworker).count() == 2
    client, _ = sign_in(password)
    assert "_auth_user_id" not in client.session
    client.post("/account/second/code/", {"code": code_of(secret)})
    assert client.session["_auth_user_id"] == str(cast.education_caseworker.pk)


def test_refusals(cast):
    with pytest.raises(CommandError, match="--checked"):
        call_command("new_password", EMAIL)
    with pytest.raises(CommandError, match="no account"):
        call_command("new_password", "nobody@example.org", "--checked", "in_person")
    me = cast.education_caseworker
    with pytest.raises(ProgramError, match="Say how you made sure"):
        new_password(user=me, checked="by_mail", by=None)
    with pytest.raises(ProgramError, match="Nobody gives themselves"):
        new_password(user=me, checked="in_person", by=me)
    assert User.objects.get(pk=me.pk).check_password(PASSWORD)
