"""What the database itself refuses, generated from the models: rows that point into another track, records that
change their track, a kind's refused values, rows without what they stand on, and changes to what never changes.

Dropped before a migration and made again after it: SQLite silently loses triggers when it remakes a table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connections

from participants.tracks.models import Track, TrackRecord

PREFIX = "wall_"


@dataclass(frozen=True)
class Wall:
    """One trigger: `when` is "INSERT", "UPDATE", "DELETE" or "TRUNCATE", `refused` an SQL condition on NEW."""

    table: str
    name: str
    when: str
    refused: str
    message: str

    @property
    def trigger(self) -> str:
        # PostgreSQL cuts names at 63 characters.
        return f"{PREFIX}{self.table.removeprefix('participants_')}_{self.name}_{self.when.lower()}"


def walls(vendor: str) -> list[Wall]:
    """Every trigger that the models ask for."""
    found = []
    for model in apps.get_app_config("participants").get_models():
        table = model._meta.db_table
        if getattr(model, "append_only", False):
            # SQLite's INSERT OR REPLACE would pass by the other two.
            exists = f'EXISTS (SELECT 1 FROM "{table}" r WHERE r.id = NEW.id)'
            found.append(Wall(table, "append_only", "INSERT", exists, f"{table} is append-only"))
            for when in ("UPDATE", "DELETE", *(("TRUNCATE",) if vendor == "postgresql" else ())):
                found.append(Wall(table, "append_only", when, "", f"{table} is append-only"))
        if issubclass(model, TrackRecord):
            found += _record_walls(model, vendor)
    return found


def _record_walls(model, vendor: str) -> Iterator[Wall]:
    table = model._meta.db_table
    distinct = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    yield Wall(table, "track", "UPDATE", "OLD.track_id <> NEW.track_id", f"{table} never changes its track")
    # An upsert meets its row by the key alone: the row must be of the same track.
    taken = f'EXISTS (SELECT 1 FROM "{table}" r WHERE r.id = NEW.id AND r.track_id <> NEW.track_id)'
    yield Wall(table, "own_row", "INSERT", taken, f"{table}: this id is of another track")
    for field in model._meta.local_concrete_fields:
        target = field.related_model
        if not (field.many_to_one or field.one_to_one) or not issubclass(target, TrackRecord):
            continue
        column = f'"{field.column}"'
        condition = (
            f"NEW.{column} IS NOT NULL AND "
            f'(SELECT r.track_id FROM "{target._meta.db_table}" r WHERE r.id = NEW.{column}) {distinct} NEW.track_id'
        )
        for when in ("INSERT", "UPDATE"):
            yield Wall(table, f"same_{field.column}", when, condition, f"{table}.{field.column} is of another track")
    for kind, (name, condition) in model.refused.items():
        of_kind = f"(SELECT t.kind FROM \"{Track._meta.db_table}\" t WHERE t.id = NEW.track_id) = '{kind}'"
        for when in ("INSERT", "UPDATE"):
            yield Wall(table, f"{kind}_{name}", when, f"{of_kind} AND ({condition})", f"{table}: {name} in {kind}")
    for name, columns, condition in model.demands:
        changed = " OR ".join(f'OLD."{column}" {distinct} NEW."{column}"' for column in columns)
        yield Wall(table, name, "INSERT", f"NOT ({condition})", f"{table}: no {name}")
        yield Wall(table, name, "UPDATE", f"({changed}) AND NOT ({condition})", f"{table}: no {name}")
    for column in model.fixed:
        changed = f'OLD."{column}" {distinct} NEW."{column}"'
        yield Wall(table, f"fixed_{column}", "UPDATE", changed, f"{table}.{column} never changes")
    for column in model.settled:
        # An empty text and NULL alike hold nothing.
        changed = f'COALESCE(CAST(OLD."{column}" AS text), \'\') <> \'\' AND OLD."{column}" {distinct} NEW."{column}"'
        yield Wall(table, f"settled_{column}", "UPDATE", changed, f"{table}.{column} stays as it is")


def _sqlite(wall: Wall) -> list[str]:
    condition = f" WHEN {wall.refused}" if wall.refused else ""
    return [
        f'CREATE TRIGGER "{wall.trigger}" BEFORE {wall.when} ON "{wall.table}"{condition} '
        f"BEGIN SELECT RAISE(ABORT, '{wall.message}'); END"
    ]


def _postgresql(wall: Wall) -> list[str]:
    refuse = f"RAISE EXCEPTION '{wall.message}' USING ERRCODE = 'integrity_constraint_violation';"
    body = f"IF {wall.refused} THEN {refuse} END IF; RETURN NEW;" if wall.refused else refuse
    each = "STATEMENT" if wall.when == "TRUNCATE" else "ROW"
    return [
        f'CREATE FUNCTION "{wall.trigger}"() RETURNS trigger LANGUAGE plpgsql AS $wall$ BEGIN {body} END $wall$',
        f'CREATE TRIGGER "{wall.trigger}" BEFORE {wall.when} ON "{wall.table}" '
        f'FOR EACH {each} EXECUTE FUNCTION "{wall.trigger}"()',
    ]


CATALOGUE = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'wall\\_%' ESCAPE '\\'",
    "postgresql": "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE NOT t.tgisinternal AND t.tgname LIKE 'wall\\_%' AND n.nspname = current_schema()",
}


def catalogue(connection) -> set[tuple[str, str]]:
    """The walls that stand in the database: pairs of trigger and table."""
    with connection.cursor() as cursor:
        cursor.execute(CATALOGUE[connection.vendor])
        return set(cursor.fetchall())


def drop(connection) -> None:
    with connection.cursor() as cursor:
        for trigger, table in sorted(catalogue(connection)):
            if connection.vendor == "postgresql":
                cursor.execute(f'DROP TRIGGER "{trigger}" ON "{table}"')
                cursor.execute(f'DROP FUNCTION IF EXISTS "{trigger}"()')
            else:
                cursor.execute(f'DROP TRIGGER "{trigger}"')


def build(connection) -> None:
    make = _postgresql if connection.vendor == "postgresql" else _sqlite
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for wall in walls(connection.vendor):
            if wall.table in tables:
                for statement in make(wall):
                    cursor.execute(statement)


def grant_to_restricted_role(owner, role: str) -> None:
    """Let the role that serves requests read and write rows, and add to append-only tables only."""
    append_only = [
        model._meta.db_table
        for model in apps.get_app_config("participants").get_models()
        if getattr(model, "append_only", False)
    ]
    with owner.cursor() as cursor:
        # Without temporary tables and functions it can make nothing at all. Only the database's owner may say so.
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname = current_database() AND pg_has_role(datdba, 'MEMBER')"
        )
        for (database,) in cursor.fetchall():
            cursor.execute(f'REVOKE TEMPORARY ON DATABASE "{database}" FROM PUBLIC')
        cursor.execute(f'GRANT USAGE ON SCHEMA public TO "{role}"')
        cursor.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"')
        cursor.execute(f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"')
        for table in append_only:
            cursor.execute(f'REVOKE UPDATE, DELETE ON "{table}" FROM "{role}"')


def owner_alias(using: str) -> str:
    """The alias whose role owns the tables: `owner` where it is configured."""
    return "owner" if using == "default" and "owner" in connections.settings else using


def before_migration(sender, using, **kwargs) -> None:
    drop(connections[owner_alias(using)])


def after_migration(sender, using, **kwargs) -> None:
    owner = connections[owner_alias(using)]
    drop(owner)
    build(owner)
    if owner.vendor == "postgresql" and owner.alias == "owner":
        grant_to_restricted_role(owner, connections["default"].settings_dict["USER"])
