"""Writing new rows by the thousand: one prepared statement instead of an expression for every value.

Django's `bulk_create` spends most of its time on building statements; an import writes twenty search tokens for each
case. Only new rows, only of the active track: its id is written here and cannot be said. What the database itself
refuses (walls, constraints) it refuses here as well. No signals, no `save()`.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import uuid_utils
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction

from participants.tracks.models import TrackRecord
from participants.tracks.scope import OtherTrack, active_track_id

# Rows that one statement takes at most on PostgreSQL, and values on SQLite.
PART = 5000
MOST_VALUES = 10_000


def insert_records(records: Sequence[TrackRecord]) -> None:
    """Insert unsaved records of one model, as `save()` would write them: sealed, with what fields fill in."""
    if not records:
        return
    track_id = active_track_id()
    if any(record.track_id != track_id for record in records):
        raise OtherTrack("A row of another track cannot be written here.")
    fields = records[0]._meta.local_concrete_fields
    connection = connections[DEFAULT_DB_ALIAS]
    rows = (
        [field.get_db_prep_save(field.pre_save(record, True), connection) for field in fields] for record in records
    )
    _insert(type(records[0]), fields, rows)
    for record in records:
        record._state.adding = False
        record._state.db = connection.alias


def insert_values(model: type[TrackRecord], names: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Insert rows of plain values without making records of them. `names` are their fields; id and track are filled
    in here. For tables of small equal rows: a value that comes again is prepared once."""
    fields = [model._meta.get_field(name) for name in names]
    if {"id", "track"} & {field.name for field in fields}:
        raise OtherTrack("Id and track of a row are not said, they follow.")
    connection = connections[DEFAULT_DB_ALIAS]
    place = [model._meta.get_field(name) for name in ("id", "track")]
    track = place[1].get_db_prep_save(active_track_id(), connection)
    known = [_Prepared(field, connection) for field in fields]
    in_hex = not connection.features.has_native_uuid_field

    def lines() -> Iterator[list]:
        for row in rows:
            drawn = uuid_utils.uuid7()
            values = [seen[value] for seen, value in zip(known, row, strict=True)]
            yield [drawn.hex if in_hex else str(drawn), track, *values]

    _insert(model, [*place, *fields], lines())


class _Prepared(dict):
    """Values of one field as the database takes them, each prepared once."""

    def __init__(self, field: models.Field, connection):
        super().__init__()
        self.field, self.connection = field, connection

    def __missing__(self, value):
        prepared = self[value] = self.field.get_db_prep_save(value, self.connection)
        return prepared


def _insert(model: type[TrackRecord], fields: Sequence[models.Field], rows: Iterator[list]) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    quote = connection.ops.quote_name
    named = ", ".join(quote(field.column) for field in fields)
    into = f"INSERT INTO {quote(model._meta.db_table)} ({named})"
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Without its length: a cast would cut what is too long, the column refuses it.
            kinds = [re.sub(r"\(.*?\)", "", field.db_type(connection)) for field in fields]
            arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
            while part := list(islice(rows, PART)):
                columns = [list(column) for column in zip(*part, strict=True)]
                cursor.execute(f"{into} SELECT * FROM unnest({arrays})", columns)  # noqa: S608  names of our own columns
        else:
            places = f"({', '.join(['%s'] * len(fields))})"
            most = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
            # One statement for many rows: what a trigger costs to begin is paid once for all of them.
            while part := list(islice(rows, min(most, MOST_VALUES) // len(fields))):
                cursor.execute(f"{into} VALUES {', '.join([places] * len(part))}", [*chain.from_iterable(part)])
