"""The command that makes the roles, and a backup and a restore with them, on databases of their own."""

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from participants.tracks.roles import CONNECT, Names, apply, script, statements

ROOT = Path(__file__).parent.parent.parent
NAMES = Names(owner='o"wner', app="server", backup="keeper", database="program")
# What is seen with no track set, and whether a track shows its own.
IN_A_TRACK = """
from django.db import connection
from participants.models import ConsentText
from participants.tracks.models import Track
from participants.tracks.scope import in_track
with connection.cursor() as cursor:
    print(cursor.execute("SELECT count(*) FROM participants_consenttext").fetchone()[0])
with in_track(Track.objects.select_related("program").first()):
    print(ConsentText.objects.exists())
"""
needs_postgres = pytest.mark.skipif(
    connection.vendor != "postgresql", reason='needs PostgreSQL: eval "$(.ci/services start)"'
)


def test_script_names_the_roles():
    text = script(NAMES)
    assert ':"' not in text
    assert 'CREATE ROLE "o""wner";' in text
    assert 'ALTER ROLE "server" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS' in text
    assert 'ALTER ROLE "keeper" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS' in text
    assert text.count("BYPASSRLS") - text.count("NOBYPASSRLS") == 1


def test_every_statement_is_carried_out():
    found = list(statements(NAMES))
    assert len(found) == script(NAMES).count(";\n") + 1
    assert f'{CONNECT} "program"' in found
    assert not [one for one in found if "--" in one]


def binary(name: str) -> str:
    """A program of PostgreSQL, of the newest version installed as the server is."""
    return str(max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), default=None) or shutil.which(name))


@pytest.fixture
def fresh(tmp_path):
    """Names of roles and databases, gone afterwards; the environment of commands there, and a superuser's URL."""
    mark = f"t{uuid.uuid4().hex[:10]}"
    place = connection.settings_dict
    host = f"{place['HOST']}:{place['PORT']}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolsuper ORDER BY oid LIMIT 1")
        (superuser,) = cursor.fetchone()
    admin = f"postgres://{superuser}@{host}/postgres"
    names = Names(f"{mark}_owner", f"{mark}_app", f"{mark}_backup", mark)
    variables = {"DATABASE_URL": "app", "DATABASE_OWNER_URL": "owner", "DATABASE_BACKUP_URL": "backup"}
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_ADMIN_URL"}
    environment |= {
        variable: f"postgres://{mark}_{role}:secret@{host}/{mark}" for variable, role in variables.items()
    } | {"DEMO": "1", "DIVERSION_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "diversion.settings"}
    yield names, environment, admin
    with psycopg.connect(admin, autocommit=True) as postgres:
        for database in (mark, f"{mark}_again"):
            postgres.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        for role in ("app", "backup", "owner"):
            postgres.execute(f'DROP ROLE IF EXISTS "{mark}_{role}"')


def run(environment: dict, *command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False
    )  # fmt: skip


def manage(environment: dict, *arguments: str) -> str:
    done = run(environment, sys.executable, "manage.py", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def counts(url: str) -> dict[str, int]:
    tables = ("participants_referral", "participants_event", "participants_searchtoken", "participants_track")
    with psycopg.connect(url) as one:
        return {table: one.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


@pytest.mark.postgres
@needs_postgres
def test_backup_is_made_and_restored_with_the_roles(db, fresh, tmp_path):
    names, environment, admin = fresh
    for _ in range(2):  # a second time changes nothing
        assert names.app in manage({**environment, "DATABASE_ADMIN_URL": admin}, "database_roles", "--apply")
    manage(environment, "migrate", "--database", "owner", "--verbosity", "0")
    manage(environment, "create_program", "--slug", "harbor", "--name", "Harbor", "--time-zone", "America/New_York")
    before = counts(environment["DATABASE_BACKUP_URL"])
    assert before["participants_event"] > 0
    assert counts(environment["DATABASE_URL"])["participants_event"] < before["participants_event"]
    with psycopg.connect(environment["DATABASE_BACKUP_URL"]) as backup, pytest.raises(psycopg.errors.Error):
        backup.execute("DELETE FROM participants_track")

    dump = str(tmp_path / "copy.dump")
    options = ("--format=custom", "--exclude-table=diversion_private.*", f"--file={dump}")
    by_owner = run(environment, binary("pg_dump"), *options, environment["DATABASE_OWNER_URL"])
    assert by_owner.returncode != 0
    assert "row-level security" in by_owner.stderr
    done = run(environment, binary("pg_dump"), *options, environment["DATABASE_BACKUP_URL"])
    assert done.returncode == 0, done.stderr

    again = dict(environment)
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL"):
        again[variable] += "_again"
    apply(Names(names.owner, names.app, names.backup, f"{names.database}_again"), admin, {})
    done = run(again, binary("pg_restore"), "--no-owner", f"--dbname={again['DATABASE_OWNER_URL']}", dump)
    assert done.returncode == 0, done.stderr
    manage(again, "migrate", "--database", "owner", "--verbosity", "0")
    assert counts(again["DATABASE_BACKUP_URL"]) == before
    # It serves: the key is known again, and the scope opens.
    assert manage(again, "shell", "--no-imports", "--command", IN_A_TRACK).split() == ["0", "True"]
