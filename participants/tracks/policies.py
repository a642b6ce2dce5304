"""Row-level security on PostgreSQL, generated from the models: whatever is asked, also in raw SQL, the database answers
with rows of the track that this transaction serves, and with none when it serves no track.

The setting that names the track is signed (`tracks/scope.py`). `current_track()` checks the signature under a key that
the role which serves requests cannot read, so an injected statement cannot choose a track for itself.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction

from participants.tracks.models import TrackRecord
from participants.tracks.scope import MOMENT, SETTING
from participants.tracks.walls import owner_alias
from participants.vault import keyring

SCHEMA = "diversion_private"
KEY_TABLE = f"{SCHEMA}.scope_key"
POLICY = "own_track"
HERE = f"(SELECT {SCHEMA}.current_track())"

# HMAC (RFC 2104) by hand, so that no extension is needed: the table holds the key with both paddings. 101 characters:
# the track's id, a colon, and the signature in hex. The server process and the start of the transaction are signed
# too: a setting overheard is worth nothing in another connection or transaction. A parallel worker is another process,
# so only the leader may call it.
FUNCTION = f"""
CREATE OR REPLACE FUNCTION {SCHEMA}.current_track() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    said text := current_setting('{SETTING}', true);
    signed bytea;
BEGIN
    IF said IS NULL OR length(said) <> 101 THEN
        RETURN NULL;
    END IF;
    signed := convert_to(left(said, 36) || ':' || {MOMENT}, 'UTF8');
    PERFORM FROM {KEY_TABLE} k
        WHERE encode(sha256(k.outer_pad || sha256(k.inner_pad || signed)), 'hex') = right(said, 64);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN left(said, 36)::uuid;
END
$function$"""

PREPARE = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC;
CREATE TABLE IF NOT EXISTS {KEY_TABLE} (inner_pad bytea NOT NULL, outer_pad bytea NOT NULL);
REVOKE ALL ON {KEY_TABLE} FROM PUBLIC;
{FUNCTION};
REVOKE ALL ON FUNCTION {SCHEMA}.current_track() FROM PUBLIC;
"""

CATALOGUE = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
    coalesce(array_agg(p.policyname || ' ' || p.cmd || ' ' || p.permissive || ': ' || p.qual || ' / ' || p.with_check)
        FILTER (WHERE p.policyname IS NOT NULL), '{}')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_policies p ON p.schemaname = n.nspname AND p.tablename = c.relname
WHERE c.relkind = 'r' AND n.nspname = current_schema() GROUP BY 1, 2, 3"""


@dataclass(frozen=True)
class Standing:
    """What the database says about one table: is row security on, does it bind the owner, and its policies."""

    enabled: bool
    forced: bool
    policies: tuple[str, ...]


def conditions() -> dict[str, str]:
    """Of every table that needs a policy the condition that a row must meet to be read and to be written."""
    found = {}
    for model in apps.get_app_config("participants").get_models():
        if issubclass(model, TrackRecord):
            found[model._meta.db_table] = f"track_id = {HERE}"
        elif getattr(model, "append_only", False):
            # What belongs to no track is written and read where no track is set.
            found[model._meta.db_table] = f"track_id = {HERE} OR (track_id IS NULL AND {HERE} IS NULL)"
    return found


def catalogue(connection) -> dict[str, Standing]:
    """What stands in the database for every table of the schema."""
    with connection.cursor() as cursor:
        cursor.execute(CATALOGUE)
        return {
            table: Standing(enabled, forced, tuple(policies)) for table, enabled, forced, policies in cursor.fetchall()
        }


def drop(connection) -> None:
    """Make room for a migration: the owner sees every row. Row security stays on, so the role that serves requests
    sees none until the policies are back, also when the migration fails half-way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, policyname FROM pg_policies WHERE schemaname = current_schema()")
        for table, policy in cursor.fetchall():  # whoever made it
            cursor.execute(f'DROP POLICY "{policy}" ON "{table}"')
        for table, standing in sorted(catalogue(connection).items()):
            if standing.forced:
                cursor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')


def build(connection) -> None:
    """Make the function and every policy. The tables are there; the caller owns them."""
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
        for table, condition in conditions().items():
            cursor.execute(
                f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; '
                f'CREATE POLICY {POLICY} ON "{table}" USING ({condition}) WITH CHECK ({condition})'
            )


def write_scope_keys(connection, keys: Iterable[bytes]) -> None:
    """Tell the database under which keys the scope may be signed, in place of those it knew."""
    rows = []
    for key in keys:
        block = key.ljust(sha256().block_size, b"\0")
        rows.append([bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C)])
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {KEY_TABLE}")
        cursor.executemany(f"INSERT INTO {KEY_TABLE} (inner_pad, outer_pad) VALUES (%s, %s)", rows)


def publish_scope_keys(*keys: bytes) -> None:
    """As the owner, let the scope be signed under these keys only; without any, under the installation's present one.

    A rotation first publishes the old key and the new one, then replaces the key file, then publishes the new one.
    Nothing to do on SQLite.
    """
    owner = connections[owner_alias("default")]
    if owner.vendor == "postgresql":
        write_scope_keys(owner, keys or [keyring.scope_key()])


def grant_current_track(owner, role: str) -> None:
    """Let the role that serves requests ask which track it serves, and not read the key."""
    with owner.cursor() as cursor:
        cursor.execute(f'GRANT USAGE ON SCHEMA {SCHEMA} TO "{role}"')
        cursor.execute(f'GRANT EXECUTE ON FUNCTION {SCHEMA}.current_track() TO "{role}"')


def before_migration(sender, using, **kwargs) -> None:
    ensure_installation_keys()
    owner = connections[owner_alias(using)]
    if owner.vendor == "postgresql":
        drop(owner)


def after_migration(sender, using, **kwargs) -> None:
    owner = connections[owner_alias(using)]
    if owner.vendor != "postgresql":
        return
    drop(owner)
    build(owner)
    write_scope_keys(owner, [keyring.scope_key()])
    if owner.alias == "owner":
        grant_current_track(owner, connections["default"].settings_dict["USER"])


def ensure_installation_keys() -> None:
    """A demonstration draws the installation's keys; elsewhere an operator does, who also keeps a copy of them.

    Raises ImproperlyConfigured where they are missing.
    """
    if keyring.installation_file().exists():
        return
    if not settings.DEMO:
        raise ImproperlyConfigured("The keys of the installation are missing: run `manage.py keys create` first.")
    with suppress(FileExistsError):  # another process was first
        keyring.create_installation_keys()
