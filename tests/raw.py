"""Tables read past the program, with the rows of all tracks, as whoever holds the whole database sees them.

On PostgreSQL row security shows the serving role one track at a time, so a test that looks for what must not be there
would find nothing anywhere. `rows` walks through the tracks within the test's transaction; `backup` is a connection of
the role that backs up, which sees what is committed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from participants.tracks import policies
from participants.tracks.models import Track
from participants.tracks.scope import active_scope_or_none, in_track


def rows(table: str, what: str = "*", rest: str = "") -> list[tuple]:
    """`SELECT what FROM table rest` over the rows of every track and of none. Not inside a track."""
    assert active_scope_or_none() is None, "Read raw outside a track: inside, the database shows that track only."
    found = _select(table, what, rest)
    if connection.vendor == "postgresql" and table in policies.conditions():
        for track in Track.objects.select_related("program").order_by("id"):
            with in_track(track):
                found += _select(table, what, rest)
    return found


def records(table: str) -> list[dict]:
    """Every row of a table, by column."""
    with connection.cursor() as cursor:
        names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    return [dict(zip(names, row, strict=True)) for row in rows(table)]


def _select(table: str, what: str, rest: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {what} FROM "{table}" t {rest}')
        return list(cursor.fetchall())


def url_of(variable: str) -> str:
    """The URL of another role, for the test's database. A machine without it has servers from before."""
    url = os.environ.get(variable)
    if not url:
        pytest.fail(f'{variable} is not set: eval "$(.ci/services stop)" and eval "$(.ci/services start)".')
    return urlsplit(url)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@contextmanager
def backup() -> Iterator[psycopg.Cursor]:
    """A cursor of the role that backs up: every committed row, and no writing."""
    with psycopg.connect(url_of("DATABASE_BACKUP_URL"), autocommit=True) as other, other.cursor() as cursor:
        yield cursor
