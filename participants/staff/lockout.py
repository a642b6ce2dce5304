"""Failed sign-ins are counted per account; the fifth within 15 minutes locks it until someone releases it (CJIS 5.9.5
AC-7). An address without an account is counted and locked likewise, so that no answer tells which addresses have one.
"""

import datetime
from collections.abc import Iterable

from django.db import transaction
from django.utils.crypto import salted_hmac

from participants.audit.actions import record
from participants.staff.models import FailedSignIn, Lockout, User
from participants.staff.rules import FAILURES, WINDOW
from participants.tracks.models import new_id

# How long failures are kept: nobody asks for them later. A lock stays until it is released, whether its address has an
# account or not; only of those that have none, and that nobody can release, no more than this are kept, the newest.
KEPT = datetime.timedelta(days=1)
LOCKS_OF_NOBODY = 100_000
AT_ONCE = 10_000


def account_of(address: str) -> bytes:
    """The keyed hash (32 bytes) by which an address is counted; upper and lower case are the same account."""
    return salted_hmac("participants.staff.lockout", address.strip().lower(), algorithm="sha256").digest()


@transaction.atomic
def admit(*, address: str, proved: bool, now: datetime.datetime) -> bool:
    """Whether a try to sign in, or to confirm a sign-in, may pass. One that `proved` nothing is counted.

    The account's row is held until the transaction ends: however many tries fail at once, they are counted one after
    the other, and a right password that comes after the fifth failure is refused.
    """
    account = account_of(address)
    row, _ = Lockout.objects.select_for_update().get_or_create(account=account)
    if row.at is not None:
        return False
    if proved:
        return True
    FailedSignIn.objects.create(account=account, at=now)
    if FailedSignIn.objects.filter(account=account, at__gt=now - WINDOW).count() >= FAILURES:
        row.at = now
        row.save(update_fields=("at",))
        known = User.objects.filter(email=address.strip().lower()).values_list("pk", flat=True)
        # An address without an account is no subject; a row in its place takes the same time and says nothing.
        record("account.locked", subjects=[("user", pk) for pk in known] or [("nobody", new_id())])
    return False


def is_locked(address: str) -> bool:
    return Lockout.objects.filter(account=account_of(address), at__isnull=False).exists()


def locked_among(users: Iterable[User]) -> set:
    """The ids of those users whose accounts are locked. One statement."""
    accounts = {account_of(user.email): user.pk for user in users}
    found = Lockout.objects.filter(account__in=list(accounts), at__isnull=False).values_list("account", flat=True)
    return {accounts[bytes(account)] for account in found}


@transaction.atomic
def release(address: str) -> bool:
    """Forget the failures of an account and its lock; whether it was locked."""
    account = account_of(address)
    locked = is_locked(address)
    FailedSignIn.objects.filter(account=account).delete()
    Lockout.objects.filter(account=account).delete()
    return locked


@transaction.atomic
def forget(*, now: datetime.datetime) -> int:
    """Delete failures of the day before, and beyond the newest 100,000 the locks of nobody; how many rows."""
    before = now - KEPT
    failures, _ = FailedSignIn.objects.filter(at__lte=before).delete()
    known = [account_of(email) for email in User.objects.values_list("email", flat=True)]
    nobody = Lockout.objects.filter(at__isnull=False).exclude(account__in=known).order_by("-at", "-pk")
    beyond = list(nobody.values_list("pk", flat=True)[LOCKS_OF_NOBODY : LOCKS_OF_NOBODY + AT_ONCE])
    failing = FailedSignIn.objects.values("account")
    idle = Lockout.objects.filter(at__isnull=True).exclude(account__in=failing)
    return failures + Lockout.objects.filter(pk__in=beyond).delete()[0] + idle.delete()[0]
