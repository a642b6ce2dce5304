"""Work in the background: idle accounts are disabled, old failures to sign in are forgotten."""

from celery import shared_task

from participants.staff import actions, lockout, second_factor
from participants.web import clock


@shared_task(name="participants.staff.disable_idle_accounts")
def disable_idle_accounts() -> int:
    """Disable the accounts in which nobody has signed in for 90 days; returns how many."""
    return actions.disable_idle_accounts(now=clock.now())


@shared_task(name="participants.staff.forget_failures")
def forget_failures() -> int:
    """Delete counted failures, too many locks of nobody, and used codes, once nothing needs them."""
    now = clock.now()
    return lockout.forget(now=now) + second_factor.forget_codes(now=now)
