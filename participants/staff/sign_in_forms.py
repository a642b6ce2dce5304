"""Forms of sign-in: django-allauth's, which count failures and say the same for every reason to refuse."""

from contextlib import suppress

import tink
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, get_totp_secret
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal.auth import clear_state, get_state
from django import forms
from django.core.exceptions import ValidationError
from fido2.webauthn import UserVerificationRequirement

from participants.audit.models import Event
from participants.staff import lockout, second_factor
from participants.staff.sign_in import leave_if_locked, on_record
from participants.web import clock

# What a browser sends for a passkey is read by libraries that complain of nonsense in many ways.
NONSENSE = (ValidationError, ValueError, TypeError, KeyError, AttributeError, IndexError)
SEALED = "sealed:"
DRAWN_ANEW = (
    "The program's keys were changed since you opened this page. Scan the new picture and type the code of that."
)


class CredentialField(forms.JSONField):
    """What a browser answers for a passkey: a JSON object, some thousand characters at most."""

    widget = forms.HiddenInput
    longest = 50_000

    def to_python(self, value):
        try:
            found = super().to_python(value if value is None or len(value) <= self.longest else "{")
        except (ValueError, RecursionError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        if found is not None and not isinstance(found, dict):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found

    def bound_data(self, data, initial):
        return data  # never read for showing it again: it is good for once

    def prepare_value(self, value):
        return ""


class TakesCredential:
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["credential"] = CredentialField()


def count(user, *, proved: bool) -> None:
    """Count a try of a signed-in or half signed-in user. Raises ValidationError unless it may pass."""
    if lockout.admit(address=user.email, proved=proved, now=clock.now()):
        return
    on_record(context.request, "second_factor", by=user, outcome=Event.Outcome.REFUSED)
    raise get_adapter().validation_error("incorrect_code")


class CountedCode:
    """A code of the authenticator app or a recovery code, each good for once."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code"
        self.fields["code"].help_text = "The six digits in your authenticator app, or one of your recovery codes."
        attributes = {"autocomplete": "one-time-code", "inputmode": "numeric"}
        self.fields["code"].widget = forms.TextInput(attrs=attributes)

    def clean_code(self) -> str:
        with second_factor.belonging_to(self.user):
            try:
                code = super().clean_code()
            except ValidationError:
                proved = False
            else:
                of_app = self.authenticator.type == Authenticator.Type.TOTP
                proved = not of_app or second_factor.take_code(self.user, code, now=clock.now())
        count(self.user, proved=proved)
        return code


class CodeForm(CountedCode, AuthenticateForm):
    """At sign-in, after the password."""


class StaysOrLeaves:
    """In a session that was open: with the failure that locks the account the session ends."""

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors:
            leave_if_locked(context.request, self.user)


class CodeAgainForm(StaysOrLeaves, CountedCode, ReauthenticateForm):
    """Within a session."""


class AppForm(ActivateTOTPForm):
    """Setting up the authenticator app. Its secret waits in the session, sealed, until a first code proves it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.drawn_anew = False
        if self.secret.startswith(SEALED):
            try:
                self.secret = second_factor.open_sealed(self.secret.removeprefix(SEALED), self.user.pk)
            except tink.TinkError:  # the installation's key was changed since the page was shown
                self.drawn_anew = True
                self.secret = get_totp_secret(regenerate=True)
        waiting = SEALED + second_factor.seal(self.secret, self.user.pk)
        context.request.session[SECRET_SESSION_KEY] = waiting
        self.fields["code"].label = "Code"
        self.fields["code"].help_text = "The six digits that the app shows now."
        attributes = {"autocomplete": "one-time-code", "inputmode": "numeric"}
        self.fields["code"].widget = forms.TextInput(attrs=attributes)

    def clean(self) -> dict:
        if self.drawn_anew:
            raise ValidationError(DRAWN_ANEW)
        return super().clean()

    def clean_code(self) -> str:
        if self.drawn_anew:
            return ""
        code = super().clean_code()
        if not second_factor.take_code(self.user, code, now=clock.now()):
            raise get_adapter().validation_error("incorrect_code")
        return code


class NewPasskeyForm(TakesCredential, AddWebAuthnForm):
    """A passkey or a security key of this browser or device."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name"
        self.fields["name"].max_length = 60
        self.fields["name"].validators.append(forms.CharField(max_length=60).validators[0])
        self.fields["name"].help_text = "So that you know it again: office computer, blue key."
        self.fields["passwordless"].label = "Sign in with it alone, without a password"
        self.fields["passwordless"].help_text = "The device then asks for your fingerprint, face or PIN each time."
        self.fields["passwordless"].initial = True

    def clean(self) -> dict:
        try:
            return super().clean()
        except NONSENSE as error:
            raise get_adapter().validation_error("incorrect_code") from error


class CountedPasskey(TakesCredential):
    """A passkey as second factor: whose it must be is known, so failures count."""

    def clean_credential(self) -> Authenticator:
        found = None
        with suppress(*NONSENSE):
            found = super().clean_credential()
        count(self.user, proved=found is not None)
        return found


class PasskeyForm(CountedPasskey, AuthenticateWebAuthnForm):
    """At sign-in, after the password."""


class PasskeyAgainForm(StaysOrLeaves, CountedPasskey, ReauthenticateWebAuthnForm):
    """Within a session."""


class PasskeyLoginForm(TakesCredential, LoginWebAuthnForm):
    """Instead of a password. Who is meant is said by the browser, so nobody else's failures are counted by it."""

    def clean_credential(self) -> Authenticator:
        """The passkey. Raises ValidationError unless it was set up to sign in alone and answers the question of the
        sign-in page, which asks for fingerprint, face or PIN; that of the second step is content with a touch.
        """
        try:
            if (get_state() or {}).get("user_verification") != UserVerificationRequirement.REQUIRED:
                raise get_adapter().validation_error("incorrect_code")
            found = super().clean_credential()
            if not found.wrap().is_passwordless:
                raise get_adapter().validation_error("incorrect_code")
            return found
        except NONSENSE as error:
            clear_state()
            on_record(context.request, "sign_in", outcome=Event.Outcome.REFUSED)
            raise get_adapter().validation_error("incorrect_code") from error


class PasswordChangeForm(StaysOrLeaves, ChangePasswordForm):
    """A wrong present password counts like a failed sign-in."""

    def clean_oldpassword(self) -> str:
        proved = False
        with suppress(ValidationError):
            super().clean_oldpassword()
            proved = True
        if not lockout.admit(address=self.user.email, proved=proved, now=clock.now()):
            on_record(context.request, "password.changed", by=self.user, outcome=Event.Outcome.REFUSED)
            raise get_account_adapter().validation_error("enter_current_password")
        return self.cleaned_data["oldpassword"]
