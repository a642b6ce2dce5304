"""Sign-in through django-allauth: nobody signs up, a failure is counted, one answer serves every reason to refuse, and
every sign-in, failure, change of password or of a second factor, and sign-out is on record."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.signals import password_changed
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa import signals as mfa
from django.contrib import messages
from django.contrib.auth import authenticate, logout, update_session_auth_hash
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.shortcuts import redirect
from django.urls import reverse

from participants.access import lock
from participants.audit.actions import origin, record
from participants.audit.address import client_address
from participants.audit.models import Event
from participants.staff import lockout
from participants.staff.models import User
from participants.staff.rules import is_idle
from participants.web import clock

# One sentence for a wrong password, an unknown address, a locked, an idle and a disabled account.
REFUSED = (
    "This address and password do not match, or the account is locked. Five failures within 15 minutes lock it; "
    "your program's administrator can release it."
)
AGAIN_REFUSED = "This password is not right, or the account is locked."
PASSKEY_REFUSED = "This is not right, was used before, or the account is locked."


class StaffAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": REFUSED,
        "incorrect_password": AGAIN_REFUSED,
        "enter_current_password": AGAIN_REFUSED,
    }

    def is_open_for_signup(self, request):
        return False

    def get_password_change_redirect_url(self, request):
        return reverse("home")

    def authenticate(self, request, **credentials) -> User | None:
        """The user whose password this is, unless the account is locked or idle: then None, as for a wrong password.

        On every path the password is hashed once and the account counted once, so that the time tells nothing either.
        """
        user = authenticate(request, **credentials)
        AuthenticationBackend.unstash_authenticated_user()  # a disabled account gets no answer of its own
        now = clock.now()
        proved = user is not None and not idle(user, now)
        if lockout.admit(address=credentials.get("email", ""), proved=proved, now=now):
            return user
        if user is not None:  # of the others Django has told `sign_in_failed`
            on_record(request, "sign_in", outcome=Event.Outcome.REFUSED)
        return None

    def reauthenticate(self, user, password) -> bool:
        request = context.request
        again = self.authenticate(request, email=user.email, password=password)
        leave_if_locked(request, user)
        return again is not None and again.pk == user.pk

    def is_reauthentication_required(self, *, app: str, **kwargs) -> bool:
        """Changing a second factor asks for a sign-in of the last ten minutes; the one at the door counts."""
        return not lock.is_fresh(context.request)

    def pre_login(self, request, user, **kwargs):
        """A passkey opens the account that it belongs to, unless that is locked, idle or disabled."""
        if user.is_active and not idle(user, clock.now()) and not lockout.is_locked(user.email):
            return None
        request.session.flush()
        on_record(request, "sign_in", outcome=Event.Outcome.REFUSED)
        messages.error(request, PASSKEY_REFUSED)
        return redirect("account_login")


def idle(user: User, now) -> bool:
    return is_idle(last_login=user.last_login, active_since=user.active_since, now=now)


def leave_if_locked(request, user: User) -> None:
    """End a session whose account is locked: whoever sits there could not show who they are. Raises the answer."""
    if lockout.is_locked(user.email):
        logout(request)
        messages.error(request, REFUSED)
        raise ImmediateHttpResponse(redirect("account_login"))


def on_record(request, action: str, *, by=None, outcome: str = Event.Outcome.DONE, detail: dict | None = None) -> None:
    with origin(client_address(request), "/account/"):
        record(action, by=by, outcome=outcome, detail=detail)


def signed_in(sender, request, user, **kwargs) -> None:
    on_record(request, "sign_in", by=user)


def signed_out(sender, request, user, **kwargs) -> None:
    if user is not None:
        on_record(request, "sign_out", by=user)


def sign_in_failed(sender, credentials, request=None, **kwargs) -> None:
    # What was typed as an address may be a password, so it is not kept.
    on_record(request, "sign_in", outcome=Event.Outcome.REFUSED)


def changed_password(sender, request, user, **kwargs) -> None:
    if user.must_change_password:
        user.must_change_password = False
        user.save(update_fields=("must_change_password",))
    on_record(request, "password.changed", by=user)


def factor_event(action: str):
    def note(sender, request, user, authenticator, **kwargs) -> None:
        on_record(request, action, by=user, detail={"type": str(authenticator.type)})

    return note


def closed_elsewhere(sender, request, user, **kwargs) -> None:
    """Whoever removes a device that is lost leaves no session open on it: all end but the one in which they do so."""
    user.end_sessions()
    update_session_auth_hash(request, user)


FACTOR_EVENTS = (
    (mfa.authenticator_added, factor_event("second_factor.added")),
    (mfa.authenticator_removed, factor_event("second_factor.removed")),
    (mfa.authenticator_reset, factor_event("second_factor.renewed")),
    (mfa.authenticator_used, factor_event("second_factor.used")),
)


def connect() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="audit.signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="audit.signed_out")
    user_login_failed.connect(sign_in_failed, dispatch_uid="audit.sign_in_failed")
    password_changed.connect(changed_password, dispatch_uid="audit.changed_password")
    for signal, note in FACTOR_EVENTS:
        signal.connect(note, weak=False, dispatch_uid="audit.second_factor")
    mfa.authenticator_removed.connect(closed_elsewhere, dispatch_uid="sessions.closed_elsewhere")
