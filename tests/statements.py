"""Counting the statements of a page, the same number on SQLite and PostgreSQL."""

from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

# What opens and closes a transaction or sets its track differs by database, and asks for no rows.
FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT", "SELECT set_config", "SELECT pg_backend_pid()")


@contextmanager
def exactly(number: int):
    """Fail unless exactly so many statements read or write rows inside."""
    with CaptureQueriesContext(connection) as captured:
        yield
    asked = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(FRAME)]
    assert len(asked) == number, f"{len(asked)} statements instead of {number}:\n" + "\n".join(asked)
