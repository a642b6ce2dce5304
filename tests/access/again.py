"""Helpers of the tests of locked sessions: a person at a browser, and showing once more who one is."""

import time

from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from participants.access.lock import IDLE, STAMPS
from participants.staff.second_factor import belonging_to
from tests.cast import PASSWORD, Cast

# What a page says above a form that has come back.
SENTENCE = "This is what you typed before"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def at_browser(cast: Cast, name: str, **kwargs) -> Client:
    """A browser in which somebody signed in and who may walk away."""
    client = Client(**kwargs)
    client.force_login(cast.people[name])
    return client


def give_app(user) -> None:
    """Enrol an authenticator app."""
    with belonging_to(user):
        TOTP.activate(user, SECRET)


def code() -> str:
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))


def give_password(client: Client, path: str = "/", password: str = PASSWORD):
    return client.post("/account/reauthenticate/", {"password": password, "next": path})


def give_code(client: Client, path: str = "/"):
    return client.post("/account/second/code/again/", {"code": code(), "next": path})


def asked(response) -> bool:
    """Whether the answer is the way to a page that asks who is there."""
    return response.status_code == 302 and "/account/" in response.url


def move_stamps(client: Client, **stamps: float | None) -> None:
    """Change the instants in the session's row; None takes one away."""
    session = client.session
    changed = {**session[STAMPS], **stamps}
    session[STAMPS] = {name: at for name, at in changed.items() if at is not None}
    session.save()


def lock(client) -> None:
    """Half an hour goes by."""
    move_stamps(client, seen=client.session[STAMPS]["seen"] - IDLE)
