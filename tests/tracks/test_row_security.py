"""Row-level security on PostgreSQL, tried with real commits as the role that serves requests."""

from uuid import UUID

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, ProgrammingError, connection, connections, models, transaction

from participants.audit.actions import record
from participants.audit.models import Event
from participants.models import Site
from participants.tracks import policies, walls
from participants.tracks.models import TrackRecord
from participants.tracks.scope import SETTING, ScopedQuery, in_track
from participants.vault import keyring
from tests import raw
from tests.cast import build_cast

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason='needs PostgreSQL: eval "$(.ci/services start)"'),
]
TABLE = "participants_site"


def ask(sql: str, params=()) -> list[tuple]:
    """As injected SQL would be asked: on the connection that serves requests."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall()) if cursor.description else [(cursor.rowcount,)]


REFUSED = r"permission denied|must be |query would be affected by row-level security|violates row-level security"


def refused(sql: str, params=(), like: str = REFUSED) -> None:
    with pytest.raises(DatabaseError, match=like), transaction.atomic():
        ask(sql, params)


def names() -> set[str]:
    return {name for (name,) in ask(f"SELECT name FROM {TABLE}")}


@pytest.fixture
def town(live_db):
    """The cast with a site in each track, committed."""
    cast = build_cast()
    cast.sites = {}
    for place, track in cast.tracks.items():
        with in_track(track):
            cast.sites[place] = Site.objects.create(name=f"{place} room")
            record("site.created", subjects=[cast.sites[place]])
    return cast


# --- what stands ---------------------------------------------------------------------------------------------
OWN = "(track_id = ( SELECT diversion_private.current_track() AS current_track))"
OWN_OR_NONE = (
    f"({OWN} OR ((track_id IS NULL) AND (( SELECT diversion_private.current_track() AS current_track) IS NULL)))"
)


def expected_policies() -> dict[str, str]:
    """Found without what makes the policies: every track record, and every table of the audit trail."""
    found = {}
    for model in apps.get_models():
        if issubclass(model, TrackRecord):
            found[model._meta.db_table] = OWN
        elif hasattr(model, "append_only"):
            found[model._meta.db_table] = OWN_OR_NONE
    return found


def faults(stands: dict[str, policies.Standing]) -> set[str]:
    """Tables that are not protected exactly as they must be."""
    return {
        table
        for table, condition in expected_policies().items()
        if stands.get(table) != policies.Standing(True, True, (f"own_track ALL PERMISSIVE: {condition} / {condition}",))
    }


def test_every_track_record_has_its_policy(db):
    assert faults(policies.catalogue(connection)) == set()
    assert len(expected_policies()) > 35


def test_the_guard_misses_what_is_forgotten(live_db):
    """A table without policy, one that does not bind its owner, one that is switched off, one with another policy."""
    owner = connections[walls.owner_alias("default")]
    with owner.cursor() as cursor:
        cursor.execute("DROP POLICY own_track ON participants_site")
        cursor.execute("ALTER TABLE participants_participant NO FORCE ROW LEVEL SECURITY")
        cursor.execute("ALTER TABLE participants_referral DISABLE ROW LEVEL SECURITY")
        cursor.execute("CREATE POLICY more ON participants_note USING (true) WITH CHECK (true)")
    wrong = {f"participants_{name}" for name in ("site", "participant", "referral", "note")}
    assert faults(policies.catalogue(connection)) == wrong


def test_policies_come_back_after_a_migration(town):
    owner = connections[walls.owner_alias("default")]
    policies.before_migration(None, using="default")
    with owner.cursor() as cursor:  # a migration of rows sees those of every track
        cursor.execute(f"SELECT count(*) FROM {TABLE}")
        assert cursor.fetchone() == (3,)
    with in_track(town.education):  # and should it fail here, the serving role sees none
        assert names() == set()
        refused(*insert(town, "education"), like="violates row-level security")
    policies.after_migration(None, using="default")
    assert faults(policies.catalogue(connection)) == set()
    with in_track(town.education):
        assert names() == {"education room"}


def test_migration_without_the_keys_of_the_installation_says_what_to_do(settings, tmp_path):
    settings.KEYS, settings.DEMO = tmp_path, False
    with pytest.raises(ImproperlyConfigured, match="keys create"):
        policies.before_migration(None, using="default")


# --- raw SQL in a track --------------------------------------------------------------------------------------
def insert(cast, place: str) -> tuple[str, list]:
    """A statement that adds a site "new" to a track, with its values."""
    site, fields = Site(track=cast.tracks[place], name="new"), Site._meta.concrete_fields
    values = [field.get_db_prep_save(field.pre_save(site, True), connection) for field in fields]
    columns = ", ".join(field.column for field in fields)
    return f"INSERT INTO {TABLE} ({columns}) VALUES ({', '.join(['%s'] * len(values))})", values


def test_raw_sql_sees_its_own_track_only(town):
    for place, track in town.tracks.items():
        with in_track(track):
            assert names() == {f"{place} room"}
            assert ask(f"SELECT count(*) FROM {TABLE}") == [(1,)]
            others = [other for other in town.tracks.values() if other != track]
            for other in others:
                assert ask(f"SELECT * FROM {TABLE} WHERE track_id = %s", [other.pk]) == []
            assert {track_id for (track_id,) in ask("SELECT track_id FROM participants_event")} == {track.pk}
            assert {track_id for (track_id,) in ask("SELECT track_id FROM participants_eventsubject")} == {track.pk}
            assert ask("SELECT count(*) FROM participants_site a CROSS JOIN participants_site b") == [(1,)]
            assert ask(f"WITH all_of AS (TABLE {TABLE}) SELECT count(*) FROM all_of") == [(1,)]


def test_every_table_shows_its_own_track_only(town):
    """Of no table of the catalogue does a row of another track come out."""
    filled = set()
    for table in expected_policies():
        with raw.backup() as cursor:
            cursor.execute(f"SELECT DISTINCT track_id FROM {table}")
            there = {track_id for (track_id,) in cursor.fetchall()}
        with in_track(town.services):
            seen = {track_id for (track_id,) in ask(f"SELECT DISTINCT track_id FROM {table}")}
        assert seen == there & {town.services.pk}, table
        filled |= {table} if len(there) > 1 else set()
    assert len(filled) > 5


def test_raw_sql_cannot_touch_the_other_track(town):
    theirs = town.sites["education"].pk
    with in_track(town.services):
        assert ask(f"UPDATE {TABLE} SET name = 'mine'") == [(1,)]
        assert ask(f"UPDATE {TABLE} SET name = 'mine' WHERE id = %s", [theirs]) == [(0,)]
        assert ask(f"DELETE FROM {TABLE} WHERE id = %s", [theirs]) == [(0,)]
        refused(f"TRUNCATE {TABLE}", like="permission denied")
        refused(f"UPDATE {TABLE} SET track_id = %s", [town.education.pk], like="never changes its track")
        refused(*insert(town, "education"), like="violates row-level security")
        assert ask(*insert(town, "services")) == [(1,)]
    assert raw_names() == {"education room", "mine", "new", "elsewhere room"}


def raw_names() -> set[str]:
    with raw.backup() as cursor:
        cursor.execute(f"SELECT name FROM {TABLE}")
        return {name for (name,) in cursor.fetchall()}


def test_nothing_is_seen_or_written_where_no_track_is_set(town):
    for table, condition in expected_policies().items():
        assert ask(f"SELECT count(*) FROM {table} WHERE track_id IS NOT NULL") == [(0,)]
        if condition == OWN:
            assert ask(f"SELECT count(*) FROM {table}") == [(0,)]
    assert ask(f"UPDATE {TABLE} SET name = 'x'") == [(0,)]
    assert ask(f"DELETE FROM {TABLE}") == [(0,)]
    refused(*insert(town, "education"), like="violates row-level security")
    assert raw_names() == {"education room", "services room", "elsewhere room"}


def test_events_of_no_track_are_seen_where_none_is_set(town):
    record("test.outside")
    assert ("test.outside",) in ask("SELECT action FROM participants_event")
    with in_track(town.education):
        assert ask("SELECT count(*) FROM participants_event WHERE action = 'test.outside'") == [(0,)]
        assert ask("SELECT count(*) FROM participants_event WHERE track_id IS NULL") == [(0,)]


# --- the setting ---------------------------------------------------------------------------------------------
def say(setting: str) -> None:
    ask("SELECT set_config(%s, %s, true)", [SETTING, setting])


def test_setting_ends_with_the_scope(town):
    """Also where the outer transaction goes on, and after an error inside."""
    with transaction.atomic():
        with in_track(town.education):
            assert names() == {"education room"}
        assert names() == set()
        with pytest.raises(ZeroDivisionError), in_track(town.services):
            assert names() == {"services room"}
            raise ZeroDivisionError
        assert names() == set()
        with pytest.raises(DatabaseError), in_track(town.services):
            ask("SELECT 1 / 0")
        assert names() == set()
        with in_track(town.services):
            transaction.set_rollback(True)
        assert names() == set()
    with in_track(town.services):
        pass
    assert names() == set()


def test_setting_that_is_not_signed_shows_nothing(town):
    """What an injected statement can say: the bare track, a made-up signature, nothing, nonsense."""
    with in_track(town.services):
        own = ask("SELECT current_setting(%s)", [SETTING])[0][0]
        for forged in (
            str(town.education.pk),
            f"{town.education.pk}:{'0' * 64}",
            f"{town.education.pk}{own[36:]}",
            own.upper(),
            own + " ",
            "",
            "x" * 101,
            f"{town.education.pk}:{'%' * 64}",
        ):
            say(forged)
            assert names() == set(), forged
        say(own)
        assert names() == {"services room"}


def test_setting_signed_with_another_key_shows_nothing(town, settings, tmp_path):
    own = settings.KEYS
    settings.KEYS = tmp_path
    keyring.create_installation_keys()
    with in_track(town.education):
        assert names() == set()
    settings.KEYS = own
    with in_track(town.education):
        assert names() == {"education room"}


def test_setting_overheard_is_worth_nothing_later(town):
    """In a later transaction of the same connection, and in another connection at the same time."""
    with in_track(town.education):
        overheard = ask("SELECT current_setting(%s), pg_backend_pid()", [SETTING])[0]
        other = connections.create_connection("default")
        with other.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, false)", [SETTING, overheard[0]])
            cursor.execute(f"SELECT count(*) FROM {TABLE}")
            assert cursor.fetchone() == (0,)
        other.close()
    with transaction.atomic():
        say(overheard[0])
        assert ask("SELECT pg_backend_pid()") == [(overheard[1],)]
        assert names() == set()
    with in_track(town.services):
        say(overheard[0])
        assert names() == set()


def test_key_may_be_turned_while_both_are_known(town):
    policies.publish_scope_keys(b"n" * 32)
    with in_track(town.education):
        assert names() == set()
    policies.publish_scope_keys(b"n" * 32, keyring.scope_key())
    with in_track(town.education):
        assert names() == {"education room"}
    policies.publish_scope_keys()
    with in_track(town.education):
        assert names() == {"education room"}


# --- ways round ----------------------------------------------------------------------------------------------
WAYS_ROUND = (
    "SET LOCAL row_security = off; SELECT name FROM participants_site",
    'SET ROLE "{owner}"',
    "SET ROLE postgres",
    'SET SESSION AUTHORIZATION "{owner}"',
    "SELECT * FROM diversion_private.scope_key",
    "INSERT INTO diversion_private.scope_key VALUES ('x', 'x')",
    "CREATE FUNCTION diversion_private.mine() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
    "CREATE OR REPLACE FUNCTION diversion_private.current_track() RETURNS uuid RETURN NULL",
    "CREATE FUNCTION mine() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
    "CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT NULL::bytea'",
    "CREATE TEMPORARY TABLE mine AS SELECT 1",
    "CREATE TABLE mine AS SELECT 1",
    "CREATE VIEW mine AS SELECT * FROM participants_site",
    "CREATE SCHEMA mine",
    "ALTER TABLE participants_site DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE participants_site NO FORCE ROW LEVEL SECURITY",
    "CREATE POLICY mine ON participants_site USING (true)",
    "DROP POLICY own_track ON participants_site",
    "ALTER TABLE participants_site DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "TRUNCATE participants_site CASCADE",
    "TRUNCATE participants_event",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "COPY participants_site TO '/tmp/stolen'",
    "COPY participants_site TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT * FROM pg_statistic",
)


def test_every_way_round_is_refused(town):
    owner = connections[walls.owner_alias("default")].settings_dict["USER"]
    with in_track(town.services):
        for way in WAYS_ROUND:
            refused(way.format(owner=owner))
            assert names() == {"services room"}, way


def test_own_search_path_changes_nothing(town):
    """A function of the same name that comes first would sign anything; the serving role cannot make one, and the
    check looks into the system's own names only."""
    with in_track(town.services):
        ask("SET LOCAL search_path = pg_temp, public")
        assert names() == {"services room"}
        ask("SELECT set_config('TimeZone', 'Asia/Tokyo', true), set_config('extra_float_digits', '0', true)")
        assert names() == {"services room"}


def test_serving_role_is_a_member_of_nothing(live_db):
    assert ask("SELECT rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')") == ask(
        "SELECT current_user"
    )
    assert ask("SELECT relname FROM pg_class WHERE relowner = current_user::regrole") == []
    assert ask("SELECT has_database_privilege(current_database(), 'TEMPORARY, CREATE')") == [(False,)]
    assert ask("SELECT has_schema_privilege('public', 'CREATE')") == [(False,)]


def test_statistics_of_the_planner_show_no_values(town):
    with connections[walls.owner_alias("default")].cursor() as cursor:
        cursor.execute("ANALYZE participants_site")
    with in_track(town.services):
        assert ask("SELECT count(*) FROM pg_stats WHERE tablename = 'participants_site'") == [(0,)]


# --- each wall alone -----------------------------------------------------------------------------------------
def test_without_the_scope_the_database_still_holds(town, monkeypatch):
    """The hardening of queries is taken away: compiled as Django would, without any filter by track."""
    monkeypatch.setattr(ScopedQuery, "get_compiler", models.sql.Query.get_compiler)
    assert list(Site.objects.all()) == []
    assert not Event.objects.filter(track_id__isnull=False).exists()
    for place, track in town.tracks.items():
        with in_track(track):
            assert "WHERE" not in str(Site.objects.all().query)
            assert [site.name for site in Site.objects.all()] == [f"{place} room"]
            assert Site.objects.count() == 1
            assert not Site.objects.filter(pk__in=[s.pk for s in town.sites.values()]).exclude(track=track).exists()
    with in_track(town.services):
        assert Site.objects.filter(pk=town.sites["education"].pk).update(name="x") == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            new, fields = [Site(track=town.education, name="x")], Site._meta.concrete_fields
            models.QuerySet._insert(Site.objects.all(), new, fields=fields, using="default")


def test_without_row_security_the_scope_still_holds(town):
    with connections[walls.owner_alias("default")].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY")
    assert ask(f"SELECT count(*) FROM {TABLE}") == [(3,)]
    for place, track in town.tracks.items():
        with in_track(track):
            assert [site.name for site in Site.objects.all()] == [f"{place} room"]
            assert Site.objects.count() == Site.objects.update(address="new") == 1


def test_raw_reading_of_the_tests_sees_what_the_backup_sees(town):
    for table in expected_policies():
        with raw.backup() as cursor:
            cursor.execute(f'SELECT id, track_id FROM "{table}"')
            assert sorted(raw.rows(table, "id, track_id"), key=str) == sorted(cursor.fetchall(), key=str)
    assert UUID(str(town.education.pk)) in {track_id for (track_id,) in raw.rows(TABLE, "track_id")}
