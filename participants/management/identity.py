"""Who gives a command that changes keys: an account with a live administrator's grant, and its password.

The password comes from the terminal, or as the first line of standard input where there is none; never as an argument,
which others on the machine could read. A wrong one is counted like one at the sign-in page.
"""

import getpass
import sys

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest

from participants.errors import ProgramError
from participants.management.base import Usage
from participants.staff.models import User
from participants.staff.queries import live_grants
from participants.staff.sign_in import REFUSED
from participants.tracks.models import Track
from participants.web import clock

ADMINISTRATOR = "administrator"
NOT_BY_THIS = "This needs an account that is an administrator {where} today."


def add_identity_argument(parser) -> None:
    parser.add_argument(
        "--by", metavar="EMAIL", help="your account, an administrator's; its password is asked for. DEMO=1 does without"
    )


def administrator(email: str | None, *, track: Track | None) -> User | None:
    """The person who gives the command: an administrator of the track or, without one, of any.

    None in a demonstration that is not told. Raises Usage, or ProgramError with the words of the sign-in page.
    """
    if not email:
        if settings.DEMO:
            return None
        raise Usage("Say who you are with --by EMAIL. An administrator's password is asked for.")
    user = get_adapter().authenticate(HttpRequest(), email=email.strip().lower(), password=_password(email))
    if user is None:
        raise ProgramError(f"{REFUSED} Where nobody can, `manage.py unlock {email.strip().lower()}` does.")
    if user.must_change_password:
        raise ProgramError("Sign in once and choose a password of your own first.")
    grants = (grant for grant in live_grants(user, now=clock.now()) if grant.role == ADMINISTRATOR)
    if not any(track is None or grant.track_id == track.pk for grant in grants):
        raise ProgramError(NOT_BY_THIS.format(where=f"of {track}" if track else "of some track"))
    return user


def _password(email: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {email}: ")
    return sys.stdin.readline().rstrip("\r\n")
