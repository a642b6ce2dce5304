"""The second factor of every account: its secrets sealed, its codes taken once, and when it is asked for.

Secrets are sealed with the key of the installation for the user that they belong to. Sealing is asked for by
django-allauth without saying for whom, so whose secrets are meant is said by `belonging_to`, or by who is signed in.
"""

import base64
import datetime
import uuid
from contextlib import contextmanager
from contextvars import ContextVar

import tink
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from participants.staff.models import UsedCode, User
from participants.vault import keyring

# What proves a person; recovery codes only stand in for one of them.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# In which field of its row a secret lies.
SECRETS = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}
# A code is valid for 90 seconds at most (its own half minute and the ones beside it).
REMEMBERED = datetime.timedelta(minutes=10)

_owner: ContextVar[uuid.UUID | None] = ContextVar("owner", default=None)


@contextmanager
def belonging_to(user: User):
    """Secrets that are sealed or opened inside are this user's."""
    token = _owner.set(user.pk)
    try:
        yield
    finally:
        _owner.reset(token)


def _associated(user_id: uuid.UUID) -> bytes:
    return f"second_factor:{user_id}".encode()


def seal(text: str, user_id: uuid.UUID) -> str:
    sealed = keyring.sealer(None).encrypt(text.encode(), _associated(user_id))
    return base64.b64encode(sealed).decode("ascii")


def open_sealed(sealed: str, user_id: uuid.UUID) -> str:
    """Raises tink.TinkError when it was sealed for another user or with a key that is gone."""
    return keyring.sealer(None).decrypt(base64.b64decode(sealed), _associated(user_id)).decode()


def _whose() -> uuid.UUID:
    owner = _owner.get() or context.request.user.pk
    if owner is None:
        raise LookupError("Whose secret is meant? Open `belonging_to(user)` first.")
    return owner


class SecondFactorAdapter(DefaultMFAAdapter):
    """Seals what would let someone make codes. A passkey's row holds its public half only."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This is not right, was used before, or the account is locked.",
    }

    def encrypt(self, text: str) -> str:
        return seal(text, _whose())

    def decrypt(self, encrypted_text: str) -> str:
        return open_sealed(encrypted_text, _whose())

    def generate_authenticator_name(self, user, type) -> str:
        return f"Passkey {Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}"


def enrolled(user: User) -> bool:
    """Whether the account has a second factor; answered without a statement for whoever is signed in."""
    known = getattr(user, "has_second_factor", None)
    if known is not None:
        return known
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def must_enroll(user: User) -> bool:
    return settings.SECOND_FACTOR_REQUIRED and not enrolled(user)


def take_code(user: User, code: str, *, now: datetime.datetime) -> bool:
    """Take a code of an authenticator app; False when it was taken before, by whichever process."""
    digest = salted_hmac("participants.staff.used_code", f"{user.pk}:{code.strip()}", algorithm="sha256").digest()
    UsedCode.objects.filter(code=digest, at__lte=now - REMEMBERED).delete()
    try:
        with transaction.atomic():
            UsedCode.objects.create(code=digest, at=now)
    except IntegrityError:
        return False
    return True


def proved_by(user: User, code: str, *, now: datetime.datetime) -> str | None:
    """The type of the app or of the recovery codes whose code this is, taken with the answer; None for neither."""
    with belonging_to(user):
        for row in Authenticator.objects.filter(user_id=user.pk, type__in=list(SECRETS)):
            if row.wrap().validate_code(code):
                of_app = row.type == Authenticator.Type.TOTP
                return str(row.type) if not of_app or take_code(user, code, now=now) else None
    return None


def forget_codes(*, now: datetime.datetime) -> int:
    """Delete the codes that nobody can use any more; how many."""
    return UsedCode.objects.filter(at__lte=now - REMEMBERED).delete()[0]


@transaction.atomic
def reseal_some(*, after: int = 0, limit: int = 200) -> int | None:
    """Seal the secrets of some accounts anew with the newest key of the installation, for a change of keys.

    Takes the rows whose number is greater than `after`; returns the last number taken, None when none was left.
    Run again over the same rows it does no harm. Raises tink.TinkError when a secret opens with none of the keys.
    """
    rows = list(
        Authenticator.objects.select_for_update().filter(pk__gt=after, type__in=list(SECRETS)).order_by("pk")[:limit]
    )
    for row in rows:
        field = SECRETS[row.type]
        try:
            secret = open_sealed(row.data[field], row.user_id)
        except tink.TinkError as error:
            raise tink.TinkError(
                f"The second factor {row.pk} opens with none of the installation's keys (installation.json)."
            ) from error
        row.data[field] = seal(secret, row.user_id)
        row.save(update_fields=("data",))
    return rows[-1].pk if rows else None
