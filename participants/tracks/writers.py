"""Waiting for transactions that began before something changed: what they are writing is not seen until they end."""

import time
from datetime import UTC, datetime

from django.db import connection, transaction


def wait_for_writers(since: datetime, *, seconds: float, pause: float = 0.2) -> bool:
    """Wait until no transaction of this role is open that began before an instant; False when one still is after so
    many seconds. On SQLite there is one writer at a time, so waiting for one's turn is enough."""
    if connection.vendor != "postgresql":
        with transaction.atomic():
            return True
    end = time.monotonic() + seconds
    while still_open := open_for((datetime.now(UTC) - since).total_seconds()):
        if time.monotonic() >= end:
            break
        time.sleep(pause)
    return not still_open


def open_for(seconds: float) -> int:
    """How many other sessions of this role have had a transaction open for longer, by the server's own clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND datname = current_database() "
            "AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - make_interval(secs => %s)",
            [seconds],
        )
        return cursor.fetchone()[0]
