"""Commands as a terminal runs them: a process of its own with a folder of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# What decides where a command works is set here, and nothing of the machine's.
DECIDING = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "DIVERSION_KEYS",
    "AUDIT_HEADS",
    "STATIC_ROOT",
    "ALLOWED_HOSTS",
)


def environment_in(folder: Path) -> dict[str, str]:
    """The environment of an embedded demonstration in a folder of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in DECIDING}
    return {
        **kept,
        "DIVERSION_VAR": str(folder),
        "DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "diversion.settings",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture(scope="session")
def migrated(tmp_path_factory) -> Path:
    """A folder with an empty, migrated database, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment_in(folder), check=True
    )
    return folder


@pytest.fixture
def own_environment(migrated, tmp_path) -> dict[str, str]:
    """The environment of an embedded demonstration with an empty database."""
    shutil.copytree(migrated, tmp_path / "var")
    return environment_in(tmp_path / "var")


@pytest.fixture
def manage(own_environment):
    """`manage("work", "--once")`: run a command to its end; with code, stdout and stderr."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**own_environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
