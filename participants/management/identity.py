"""Who gives a command that changes keys: an account with a live administrator's grant, its password, and a code.

Password and code come from the terminal, or as the first two lines of standard input where there is none; never as
arguments, which others on the machine could read. A wrong one is counted like one at the sign-in page.
"""

import getpass
import sys

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest

from participants.audit.models import Event
from participants.errors import ProgramError
from participants.management.base import Usage
from participants.staff import lockout, second_factor
from participants.staff.models import User
from participants.staff.queries import live_grants
from participants.staff.sign_in import REFUSED, on_record
from participants.tracks.models import Track
from participants.web import clock

ADMINISTRATOR = "administrator"
ELSEWISE = "Where nobody can, `manage.py unlock {email}` does."
CODE_REFUSED = "This code is not right, was used before, or the account is locked."
NOT_BY_THIS = "This needs an account that is an administrator {where} today."


def add_identity_argument(parser) -> None:
    parser.add_argument(
        "--by",
        metavar="EMAIL",
        help="your account, an administrator's; its password and a code are asked for. DEMO=1 does without",
    )


def administrator(email: str | None, *, track: Track | None) -> User | None:
    """The person who gives the command: an administrator of the track or, without one, of any.

    An account with a second factor gives a code of its app or one of its recovery codes, good for once, as at sign-in.
    None in a demonstration that is not told. Raises Usage, or ProgramError with the words of the sign-in page.
    """
    if not email:
        if settings.DEMO:
            return None
        raise Usage("Say who you are with --by EMAIL. An administrator's password is asked for.")
    password = _typed(f"Password of {email}: ")
    user = get_adapter().authenticate(HttpRequest(), email=email.strip().lower(), password=password)
    if user is None:
        raise ProgramError(f"{REFUSED} {ELSEWISE.format(email=email.strip().lower())}")
    if user.must_change_password:
        raise ProgramError("Sign in once and choose a password of your own first.")
    _check_code(user)
    grants = (grant for grant in live_grants(user, now=clock.now()) if grant.role == ADMINISTRATOR)
    if not any(track is None or grant.track_id == track.pk for grant in grants):
        raise ProgramError(NOT_BY_THIS.format(where=f"of {track}" if track else "of some track"))
    return user


def _check_code(user: User) -> None:
    """Ask for the second factor of an account. Raises ProgramError when it is not proved, or there must be one."""
    if second_factor.must_enroll(user):
        raise ProgramError("Sign in once and set up your second step first.")
    if not second_factor.enrolled(user):
        return
    now = clock.now()
    proof = second_factor.proved_by(user, _typed("Code of your app, or a recovery code: ").strip(), now=now)
    if not lockout.admit(address=user.email, proved=proof is not None, now=now):
        on_record(HttpRequest(), "second_factor", by=user, outcome=Event.Outcome.REFUSED)
        raise ProgramError(f"{CODE_REFUSED} {ELSEWISE.format(email=user.email)}")
    on_record(HttpRequest(), "second_factor.used", by=user, detail={"type": proof})


def _typed(question: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(question)
    return sys.stdin.readline().rstrip("\r\n")
