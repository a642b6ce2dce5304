"""Rows that many tests begin with: made once per process by the program's own actions, then put back as they were.

The cast takes a tenth of a second to make and a few thousandths to put back; a world of cases ten times that.
"""

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from participants.models import User
from participants.tracks.models import Track
from participants.tracks.scope import TrackQuerySet, in_track
from participants.vault import keyring

INSERT_JSON = 'INSERT INTO "{table}" SELECT * FROM json_populate_recordset(NULL::"{table}", %s)'
SELECT_JSON = 'SELECT json_agg(t)::text FROM "{table}" t{where}'


def in_order() -> list[type[models.Model]]:
    """Every model with a table, what is pointed to before what points to it."""
    found: dict[type[models.Model], None] = {}

    def visit(model):
        for field in model._meta.local_concrete_fields:
            if field.related_model and field.related_model not in (model, *found):
                visit(field.related_model)
        found[model] = None

    for model in apps.get_models(include_auto_created=True):
        if model not in found and model._meta.managed and not model._meta.proxy:
            visit(model)
    return list(found)


def is_scoped(model: type[models.Model]) -> bool:
    return isinstance(model._default_manager.get_queryset(), TrackQuerySet)


@contextmanager
def scope_of(track: Track | None) -> Iterator[None]:
    if track is None:
        yield
    else:
        with in_track(track, write=True):
            yield


def _select(table: str, where: str) -> str | None:
    """What `_insert` takes to put the rows of a table back, or None without rows."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(SELECT_JSON.format(table=table, where=where))
            return cursor.fetchone()[0]
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        quoted = " || ',' || ".join(f'quote("{column}")' for column in columns)
        cursor.execute(f'SELECT {quoted} FROM "{table}"{where} ORDER BY rowid')
        return ", ".join(f"({row})" for (row,) in cursor.fetchall()) or None


def _insert(table: str, rows: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(INSERT_JSON.format(table=table), [rows])
        else:
            cursor.execute(f'INSERT INTO "{table}" VALUES {rows}')


def _key_files() -> list[Path]:
    folder = Path(settings.KEYS)
    return [path for path in folder.iterdir() if path.is_file()] if folder.exists() else []


class Standing:
    """What `make` returned, and the rows and key files that it left in an empty database.

    What it returned must hold no row of a track; the copies that `put` returns are the test's own.
    """

    def __init__(self, make: Callable[[], object]):
        """Calls `make` and keeps what it left; the rows stay where they are."""
        known = {path.name for path in _key_files()}
        filled = {model for model in in_order() if not is_scoped(model) and model._default_manager.exists()}
        made = make()
        self.value = pickle.dumps(made)
        self.keys = {path.name: path.read_bytes() for path in _key_files() if path.name not in known}
        self.rows: list[tuple[Track | None, list[tuple[str, str]]]] = []
        for track in (None, *Track.objects.select_related("program").order_by("id")):
            with scope_of(track):
                self.rows.append((track, list(self._rows_of(track, filled))))

    @staticmethod
    def _rows_of(track: Track | None, filled: set) -> Iterator[tuple[str, str]]:
        for model in in_order():
            scoped = is_scoped(model)
            if model in filled or (track is not None and not scoped):
                continue
            where = ""
            if scoped:
                column = model._meta.get_field("track_id" if hasattr(model, "append_only") else "track").column
                key = track and track._meta.pk.get_db_prep_value(track.pk, connection)
                where = f" WHERE \"{column}\" = '{key}'" if track else f' WHERE "{column}" IS NULL'
            if rows := _select(model._meta.db_table, where):
                yield model._meta.db_table, rows

    def put(self) -> object:
        """Write the rows into a database without them, and return a copy of what `make` returned."""
        self._put_keys()
        with transaction.atomic():
            for track, tables in self.rows:
                with scope_of(track):
                    for table, rows in tables:
                        _insert(table, rows)
            User.objects.update(active_since=timezone.now())
        return pickle.loads(self.value)  # noqa: S301 (our own bytes)

    def _put_keys(self) -> None:
        """Where a test has turned or lost a key, the one that sealed these rows comes back."""
        changed = False
        for name, content in self.keys.items():
            path = Path(settings.KEYS) / name
            if not path.exists() or path.read_bytes() != content:
                path.touch(mode=0o600)
                path.write_bytes(content)
                changed = True
        if changed:
            for known in vars(keyring).values():
                if hasattr(known, "cache_clear"):
                    known.cache_clear()
