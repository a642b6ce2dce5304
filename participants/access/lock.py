"""When a session locks: half an hour without activity, and twelve hours after signing in at the latest.

The instants lie in the session on the server, so that every tab and every worker goes by the same ones.

CJIS Security Policy 5.9.5, AC-11 (device lock after at most 30 minutes) lets a person back in who shows again who they
are; AC-12 and IA-11 ask for a whole re-authentication from time to time. Decided here: after the idle time one of the
account's own ways is enough (password, code or passkey), since the browser gave all of them in these twelve hours;
after twelve hours every one that the account has is asked for again.
"""

import time
from enum import Enum

from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.signals import authentication_step_completed
from django.contrib.auth.signals import user_logged_in

from participants.audit.actions import origin, record
from participants.audit.address import client_address

# Seconds.
IDLE = 30 * 60
LONGEST = 12 * 60 * 60
FRESH = 10 * 60
# Activity is written down at most so often. The lock counts from what is written, so it is never late.
WRITTEN_EVERY = 60
# A stamp from the future means that a clock was set back; so much two servers may differ.
SKEW = 5

STAMPS = "stamps"
PASSWORD, SECOND = "reauthenticate", "mfa_reauthenticate"


class State(Enum):
    OPEN = "open"
    IDLE = "idle"
    EXPIRED = "expired"


def within(stamp: float | None, limit: int, now: float) -> bool:
    """Whether an instant lies less than `limit` seconds back."""
    return stamp is not None and -SKEW <= now - stamp < limit


def state_of(stamps: dict, now: float) -> State:
    """Without stamps nobody knows when this person signed in: everything is asked for again."""
    if not within(stamps.get("signed_in"), LONGEST, now):
        return State.EXPIRED
    return State.OPEN if within(stamps.get("seen"), IDLE, now) else State.IDLE


def stamps_of(request) -> dict:
    """`signed_in`, `seen`, and when each way of showing who one is was last used: seconds since 1970."""
    return request.session.get(STAMPS) or {}


def state(request) -> State:
    return state_of(stamps_of(request), time.time())


def is_fresh(request) -> bool:
    """Whether password, code or passkey were given in the last ten minutes; a sign-in counts."""
    stamps, now = stamps_of(request), time.time()
    return any(within(stamps.get(way), FRESH, now) for way in ("signed_in", PASSWORD, SECOND))


def saw_activity(request) -> None:
    """Note that somebody is there, once a minute."""
    stamps, now = stamps_of(request), time.time()
    if not within(stamps.get("seen"), WRITTEN_EVERY, now):
        request.session[STAMPS] = {**stamps, "seen": now}


def missing_ways(user, stamps: dict, now: float) -> list[dict]:
    """The account's ways of showing who one is that were not used in the last ten minutes."""
    return [flow for flow in get_reauthentication_flows(user) if not within(stamps.get(flow["id"]), FRESH, now)]


def signed_in(sender, request, user, **kwargs) -> None:
    now = time.time()
    request.session[STAMPS] = {"signed_in": now, "seen": now}


def signed_in_again(sender, request, method, user, reauthenticated=False, **kwargs) -> None:
    """One way was used once more: the idle lock opens. When all were used, the twelve hours begin anew."""
    if not reauthenticated:
        return
    now = time.time()
    stamps = {**stamps_of(request), "seen": now, PASSWORD if method == "password" else SECOND: now}
    if not missing_ways(user, stamps, now):
        stamps["signed_in"] = now
    request.session[STAMPS] = stamps
    with origin(client_address(request), "/account/"):
        record("sign_in.again", by=user, detail={"way": method})


def connect() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="lock.signed_in")
    authentication_step_completed.connect(signed_in_again, dispatch_uid="lock.signed_in_again")
