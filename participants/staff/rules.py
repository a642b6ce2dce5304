"""When an account is locked and when it is idle (CJIS 5.9.5: AC-7, AC-2)."""

import datetime

# Failures of password, second factor and re-authentication alike.
FAILURES = 5
WINDOW = datetime.timedelta(minutes=15)
IDLE = datetime.timedelta(days=90)
# How an administrator made sure of who asks, before a second factor is removed.
CHECKS = (("in_person", "Face to face"), ("called_back", "By calling back a number that was on file before"))


def is_idle(*, last_login: datetime.datetime | None, active_since: datetime.datetime, now: datetime.datetime) -> bool:
    """Whether nobody has signed in for 90 days, counted from when the account was made or let in again."""
    return now - max(last_login or active_since, active_since) >= IDLE
