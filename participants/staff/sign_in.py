"""Sign-in through django-allauth: nobody signs up, and every sign-in, failure, change of password and sign-out is on
record."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_changed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.exceptions import ValidationError
from django.urls import reverse

from participants.audit.actions import origin, record
from participants.audit.address import client_address
from participants.audit.models import Event


class StaffAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators."""

    def is_open_for_signup(self, request):
        return False

    def get_password_change_redirect_url(self, request):
        return reverse("home")

    def pre_authenticate(self, request, **credentials):
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            # Too many tries: refused before the password is looked at, and on record like the others.
            _record(request, "sign_in", outcome=Event.Outcome.REFUSED)
            raise


def _record(request, action: str, *, by=None, outcome: str = Event.Outcome.DONE) -> None:
    with origin(client_address(request), "/account/"):
        record(action, by=by, outcome=outcome)


def signed_in(sender, request, user, **kwargs) -> None:
    _record(request, "sign_in", by=user)


def signed_out(sender, request, user, **kwargs) -> None:
    if user is not None:
        _record(request, "sign_out", by=user)


def sign_in_failed(sender, credentials, request=None, **kwargs) -> None:
    # What was typed as an address may be a password, so it is not kept.
    _record(request, "sign_in", outcome=Event.Outcome.REFUSED)


def changed_password(sender, request, user, **kwargs) -> None:
    if user.must_change_password:
        user.must_change_password = False
        user.save(update_fields=("must_change_password",))
    _record(request, "password.changed", by=user)


def connect() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="audit.signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="audit.signed_out")
    user_login_failed.connect(sign_in_failed, dispatch_uid="audit.sign_in_failed")
    password_changed.connect(changed_password, dispatch_uid="audit.changed_password")
