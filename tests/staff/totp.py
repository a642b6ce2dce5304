"""An authenticator app, as a test holds one."""

import re
import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.urls import reverse

PERIOD = 30


def code_of(secret: str, *, steps: int = 0) -> str:
    """The code that an app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD + steps))


def set_up_app(client) -> str:
    """Set up the app of whoever is signed in; returns its secret. Uses the code of the half minute before."""
    page = client.get(reverse("mfa_activate_totp"))
    secret = re.search(r"<code[^>]*>(\w+)</code>", page.text)[1]
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret, steps=-1)})
    assert answer.url == reverse("mfa_view_recovery_codes"), answer.text
    return secret
