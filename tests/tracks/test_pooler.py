"""The scope behind PgBouncer in transaction mode: every transaction may run on another server connection, which served
another track a moment before."""

import threading
import time

import pytest
from django.db import connection, connections, transaction

from participants.models import Site
from participants.tracks.scope import SETTING, in_track
from tests import raw
from tests.cast import build_cast
from tests.tracks.pooler import PGBOUNCER, pooler

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason='needs PostgreSQL: eval "$(.ci/services start)"'),
    pytest.mark.skipif(not PGBOUNCER, reason="needs PgBouncer: apt-get install pgbouncer"),
]
THREADS, ROUNDS = 6, 25


def ask(sql: str, params=()) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def seen() -> set[str]:
    return {name for (name,) in ask("SELECT DISTINCT address FROM participants_site")}


class Visitor(threading.Thread):
    """Goes from track to track, writes and reads there, and looks what it sees between them."""

    def __init__(self, number: int, tracks: dict):
        super().__init__()
        self.number, self.tracks = number, list(tracks.items())
        self.wrong: list = []
        self.servers: set[int] = set()

    def run(self):
        try:
            for turn in range(ROUNDS):
                place, track = self.tracks[(turn + self.number) % len(self.tracks)]
                self.visit(place, track, turn)
        except Exception as error:
            self.wrong.append(error)
        finally:
            connections.close_all()

    def visit(self, place: str, track, turn: int) -> None:
        with in_track(track, write=True):
            Site.objects.create(name=f"{self.number}-{turn}", address=place)
            time.sleep(0.001)
            self.servers.add(ask("SELECT pg_backend_pid()")[0][0])
            found = seen() | {site.address for site in Site.objects.iterator()}
            if found != {place}:
                self.wrong.append((place, found))
        between = seen(), ask("SELECT current_setting(%s, true)", [SETTING])[0][0] or ""
        if between != (set(), ""):
            self.wrong.append(("between", between))


@pytest.mark.parametrize("size", [1, 2])
def test_tracks_stay_apart_on_shared_server_connections(live_db, size):
    cast = build_cast()
    with pooler(size):
        visitors = [Visitor(number, cast.tracks) for number in range(THREADS)]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join(timeout=120)
        assert [visitor.wrong for visitor in visitors] == [[]] * THREADS
        # They did share: fewer server connections than threads.
        assert 1 <= len(set().union(*(visitor.servers for visitor in visitors))) <= size
    with raw.backup() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT address) FROM participants_site")
        assert cursor.fetchone() == (THREADS * ROUNDS, 3)


def test_setting_of_another_transaction_is_worth_nothing_on_the_same_server_connection(live_db):
    cast = build_cast()
    with pooler(1):
        with in_track(cast.education, write=True):
            Site.objects.create(name="room", address="education")
            server, overheard = ask("SELECT pg_backend_pid(), current_setting(%s)", [SETTING])[0]
        with transaction.atomic():
            ask("SELECT set_config(%s, %s, true)", [SETTING, overheard])
            assert ask("SELECT pg_backend_pid()") == [(server,)]
            assert seen() == set()
        # A setting for the whole session, left behind on purpose, is worth nothing to the next either.
        ask("SELECT set_config(%s, %s, false)", [SETTING, overheard])
        with in_track(cast.services):
            assert seen() == set()
        assert seen() == set()


def test_error_inside_a_track_leaves_nothing_behind(live_db):
    cast = build_cast()
    with pooler(1):
        with in_track(cast.education, write=True):
            Site.objects.create(name="room", address="education")
        with pytest.raises(ZeroDivisionError), in_track(cast.education):
            assert seen() == {"education"}
            raise ZeroDivisionError
        assert seen() == set()
        with in_track(cast.services):
            assert seen() == set()
        with in_track(cast.education):
            assert seen() == {"education"}
