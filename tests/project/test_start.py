"""Starting the project with other settings, in a process of its own, as an operator would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections

ROOT = Path(__file__).parent.parent.parent
PRODUCTION = {
    "SECRET_KEY": "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
    "ALLOWED_HOSTS": "diversion.example",
}


def manage(tmp_path, *arguments, **environment):
    return run(tmp_path, "manage.py", *arguments, **environment)


def run(tmp_path, *arguments, **environment):
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    var = tmp_path / "var"
    var.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**inherited, "DIVERSION_VAR": str(var), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_no_secret_no_start(tmp_path):
    result = manage(tmp_path, "check")
    assert result.returncode != 0
    assert "Set SECRET_KEY" in result.stderr


@pytest.fixture
def keys(tmp_path) -> Path:
    """A folder as an operator makes it, with the installation's keys."""
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    result = manage(tmp_path, "keys", "create", **PRODUCTION, DIVERSION_KEYS=str(folder))
    assert (result.returncode, result.stderr) == (0, "")
    return folder


def test_production_settings_are_clean(tmp_path, keys):
    environment = {**PRODUCTION, "DIVERSION_KEYS": str(keys)}
    result = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **environment)
    assert (result.returncode, result.stderr) == (0, "System check identified no issues (0 silenced).\n") or (
        result.returncode == 0 and "no issues" in result.stdout
    )


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("", "Set DIVERSION_KEYS to a folder of its own"),
        ("{root}/var/keys", "the program .* lie in each other"),
        ("{tmp}/var/keys", "the database .* lie in each other"),
        ("{tmp}/var", "the database .* lie in each other"),
        ("{tmp}", "the database .* lie in each other"),
        ("{tmp}/none", "there is no folder .*manage.py keys create"),
        ("{tmp}/open", r"others may enter .*chmod 700"),
    ],
)
def test_no_keys_apart_no_start(tmp_path, folder, said):
    """Whatever command it is: the settings refuse, and name the mend."""
    (tmp_path / "open").mkdir(mode=0o755)
    place = folder.format(root=ROOT, tmp=tmp_path)
    result = manage(tmp_path, "check", **PRODUCTION, DIVERSION_KEYS=place)
    assert result.returncode != 0
    assert re.search(said, result.stderr)


def test_keys_beside_a_database_elsewhere_are_refused(tmp_path):
    (tmp_path / "data" / "keys").mkdir(parents=True, mode=0o700)
    result = manage(
        tmp_path,
        "check",
        **PRODUCTION,
        DATABASE_URL=f"sqlite:///{tmp_path}/data/program.sqlite3",
        DIVERSION_KEYS=f"{tmp_path}/data/keys",
    )
    assert result.returncode != 0
    assert "the database" in result.stderr


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda file: file.unlink(), "diversion.E003"),
        (lambda file: file.chmod(0o644), "diversion.E004"),
    ],
)
def test_missing_or_open_key_file_is_named(tmp_path, keys, harm, said):
    """By the checks, and by the server, which runs none."""
    harm(keys / "installation.json")
    environment = {**PRODUCTION, "DIVERSION_KEYS": str(keys)}
    checked = manage(tmp_path, "check", **environment)
    assert checked.returncode != 0
    assert said in checked.stderr
    served = run(tmp_path, "-c", "import diversion.wsgi", **environment)
    assert served.returncode != 0
    assert "ImproperlyConfigured" in served.stderr


def test_server_starts_with_its_keys(tmp_path, keys):
    served = run(tmp_path, "-c", "import diversion.wsgi", **PRODUCTION, DIVERSION_KEYS=str(keys))
    assert (served.returncode, served.stderr) == (0, "")


def test_models_and_migrations_agree(tmp_path):
    result = manage(tmp_path, "makemigrations", "--check", "--dry-run", DEMO="1")
    assert result.returncode == 0, result.stdout


def test_demonstration_answers_this_machine_only(tmp_path):
    result = manage(tmp_path, "check", DEMO="1", ALLOWED_HOSTS="diversion.example")
    assert result.returncode != 0
    assert "diversion.E002" in result.stderr


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason='needs PostgreSQL: eval "$(.ci/services start)"')
def test_superuser_may_not_serve(db):
    """Refused when it connects, whatever starts the project; the restricted role of the tests is not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls OR rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolsuper ORDER BY oid LIMIT 1")
        (superuser,) = cursor.fetchone()
    strong = connections.create_connection("default")
    strong.settings_dict = {**connection.settings_dict, "USER": superuser}
    with pytest.raises(ImproperlyConfigured, match="restricted role"):
        strong.ensure_connection()
    assert strong.connection is None
