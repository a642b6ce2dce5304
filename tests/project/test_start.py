"""Starting the project with other settings, in a process of its own, as an operator would."""

import os
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
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**inherited, "DIVERSION_VAR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_no_secret_no_start(tmp_path):
    result = manage(tmp_path, "check")
    assert result.returncode != 0
    assert "Set SECRET_KEY" in result.stderr


def test_production_settings_are_clean(tmp_path):
    result = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (result.returncode, result.stderr) == (0, "System check identified no issues (0 silenced).\n") or (
        result.returncode == 0 and "no issues" in result.stdout
    )


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
