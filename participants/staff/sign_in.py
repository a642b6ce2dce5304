"""Sign-in through django-allauth: nobody signs up, and every sign-in, failure and sign-out is on record."""

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from participants.audit.actions import origin, record
from participants.audit.models import Event


class StaffAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators."""

    def is_open_for_signup(self, request):
        return False


def _record(request, action: str, *, by=None, outcome: str = Event.Outcome.DONE) -> None:
    source = request.META.get("REMOTE_ADDR", "") if request is not None else ""
    with origin(source, "/account/"):
        record(action, by=by, outcome=outcome)


def signed_in(sender, request, user, **kwargs) -> None:
    _record(request, "sign_in", by=user)


def signed_out(sender, request, user, **kwargs) -> None:
    if user is not None:
        _record(request, "sign_out", by=user)


def sign_in_failed(sender, credentials, request=None, **kwargs) -> None:
    # What was typed as an address may be a password, so it is not kept.
    _record(request, "sign_in", outcome=Event.Outcome.REFUSED)


def connect() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="audit.signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="audit.signed_out")
    user_login_failed.connect(sign_in_failed, dispatch_uid="audit.sign_in_failed")
