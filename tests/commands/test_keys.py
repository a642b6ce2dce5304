"""`manage.py keys` as an operator runs it, also killed in the middle of its work."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands.conftest import ROOT, environment_in

# Opens every sealed value of every track and prints one digest of them all, and how many there are.
DIGEST = """
import hashlib
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from participants.vault.holders import sealed_models
from participants.enrollment.queries import find
digest, number = hashlib.sha256(), 0
for track in Track.objects.select_related("program").order_by("kind"):
    with in_track(track):
        for model, fields in sealed_models():
            for row in model.objects.order_by("pk"):
                for field in fields:
                    digest.update(repr((row.pk, field.name, getattr(row, field.attname))).encode())
                    number += 1
        for text in ("mar", "jos", "F26", "a"):
            hits = find(text)
            digest.update(repr([row.pk for row in (*hits.participants, *hits.referrals)]).encode())
print(digest.hexdigest(), number)
"""
TRACK = ("--program", "demand-more", "--track", "education")


@pytest.fixture
def answer(manage):
    """Run the command with --json; its exit code and its answer."""

    def ask(*arguments: str, **environment: str) -> tuple[int, dict]:
        result = manage("keys", *arguments, "--json", **environment)
        assert result.stdout, result.stderr
        return result.returncode, json.loads(result.stdout)

    return ask


@pytest.fixture
def keys(own_environment) -> Path:
    return Path(own_environment["DIVERSION_VAR"]) / "keys"


@pytest.fixture(scope="module")
def demo(migrated, tmp_path_factory) -> Path:
    """A folder with the demonstration, to be copied."""
    folder = tmp_path_factory.mktemp("demo") / "var"
    shutil.copytree(migrated, folder)
    loading = [sys.executable, "manage.py", "load_demo", "--participants", "40", "--json"]
    subprocess.run(loading, cwd=ROOT, env=environment_in(folder), check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def own_environment(demo, tmp_path) -> dict[str, str]:
    shutil.copytree(demo, tmp_path / "var")
    return environment_in(tmp_path / "var")


def digest(manage) -> str:
    result = manage("shell", "--no-imports", "-c", DIGEST)
    assert result.returncode == 0, result.stderr
    said, number = result.stdout.split()
    assert int(number) > 500
    return said


def holding(status: dict, name: str, purpose: str) -> list[int]:
    """How much each key of a purpose holds, the primary one first."""
    (file,) = (one for one in status["files"] if one["name"] == name)
    assert file["purposes"][purpose]["without_key"] == 0
    return [key["holds"] for key in file["purposes"][purpose]["keys"]]


def test_killed_rotation_is_run_again_and_nothing_is_lost(manage, answer, own_environment, keys):
    before = digest(manage)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "keys", "rotate", *TRACK, "--wait", "0"],
        cwd=ROOT,
        env=own_environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    kill_when_some_is_written(process, Path(own_environment["DIVERSION_VAR"]) / "diversion.sqlite3", keys)
    code, status = answer("status")
    assert code == 0
    _, old = holding(status, "demand-more/education", "search")
    assert old > 0
    assert len(holding(status, "demand-more/education", "seal")) == 2
    assert digest(manage) == before  # the site goes on with both keys
    code, again = answer("rotate", *TRACK, "--wait", "0")
    assert code == 0
    assert [again["purposes"][purpose]["destroyed"] for purpose in ("seal", "search")] == [True, True]
    assert [again["purposes"][purpose]["added"] for purpose in ("seal", "search")] == [False, False]
    code, status = answer("status")
    assert [len(holding(status, "demand-more/education", purpose)) for purpose in ("seal", "search")] == [1, 1]
    assert digest(manage) == before


def kill_when_some_is_written(process, database: Path, keys: Path) -> None:
    """Kill as no process can defend itself against, as soon as the first values stand under the new key."""
    end = time.monotonic() + 60
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as reader:
        while time.monotonic() < end and process.poll() is None:
            files = [json.loads(path.read_text()) for path in keys.glob("*-*.json")]
            primaries = [one["seal"]["primaryKeyId"] for one in files if len(one["seal"]["key"]) > 1]
            if primaries:
                mark = (b"\x01" + primaries[0].to_bytes(4, "big")).hex()
                query = "SELECT count(*) FROM participants_referral WHERE lower(hex(substr(name, 1, 5))) = ?"
                if reader.execute(query, [mark]).fetchone()[0]:
                    break
            time.sleep(0.001)
    reader.close()
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL


def test_running_process_uses_a_changed_file_at_once(manage, own_environment):
    """A process that has opened values with the old key opens what another has sealed anew."""
    script = DIGEST.replace("print(", "first = (").rstrip() + (
        "\nimport subprocess, sys\n"
        f"subprocess.run([sys.executable, 'manage.py', 'keys', 'rotate', *{TRACK!r}, '--wait', '0'], check=True,"
        " stdout=subprocess.DEVNULL)\n"
    )
    script += DIGEST.replace("print(", "second = (") + "\nprint(first == second, second[1])\n"
    result = manage("shell", "--no-imports", "-c", script)
    assert result.returncode == 0, result.stderr
    same, number = result.stdout.split()
    assert same == "True"
    assert int(number) > 500


def test_status_counts_what_each_key_holds(answer, keys):
    code, status = answer("status")
    assert code == 0
    assert [one["name"] for one in status["files"]] == [
        "installation",
        "demand-more/education",
        "demand-more/services",
    ]
    assert status["unknown_files"] == []
    for one in status["files"][1:]:
        assert holding(status, one["name"], "seal")[0] > 100
        assert holding(status, one["name"], "search")[0] > 100
        for purpose in one["purposes"].values():
            (key,) = purpose["keys"]
            assert key["primary"]
            assert len(bytes.fromhex(key["id"])) == 4
            assert key["added"].startswith("20")


def test_status_names_what_is_wrong(answer, keys):
    one, two = sorted(keys.glob("*-*.json"))
    one.chmod(0o640)
    two.rename(keys / "elsewhere.json")
    code, status = answer("status")
    assert code == 1
    problems = [problem for file in status["files"] for problem in file["problems"]]
    assert len(problems) == 2
    assert any("mode 640" in problem and f"chmod 600 {one}" in problem for problem in problems)
    assert any("missing" in problem and two.stem in problem for problem in problems)
    assert status["unknown_files"] == ["elsewhere.json"]


def test_file_of_another_installation_is_told_with_numbers(answer, keys):
    one, two = sorted(keys.glob("*-*.json"))
    one.write_bytes(two.read_bytes())
    code, status = answer("status")
    assert code == 1
    (problem, *_) = [problem for file in status["files"] for problem in file["problems"]]
    assert "name a seal key that" in problem


def test_keys_never_stand_in_what_is_said(manage, keys):
    said = manage("keys", "status").stdout + manage("keys", "rotate", *TRACK, "--wait", "0").stdout
    assert "primary" in said
    for path in keys.glob("*.json"):
        contents = json.loads(path.read_text())
        values = [
            key["keyData"]["value"]
            for name in ("seal", "search", "audit")
            for key in contents.get(name, {}).get("key", ())
        ]
        values.append(contents.get("scope", "no scope"))
        assert values
        assert not [value for value in values if value in said]


def test_create_makes_what_is_missing_and_overwrites_nothing(answer, manage, keys):
    there = set(keys.glob("*-*.json"))
    made = manage("create_program", "--slug", "harbor", "--name", "Harbor", "--time-zone", "America/New_York")
    assert made.returncode == 0
    before = {path.name: path.read_bytes() for path in keys.glob("*.json")}
    (lost, *_) = set(keys.glob("*-*.json")) - there
    lost.unlink()
    code, created = answer("create")
    assert code == 0
    assert len(created["made"]) == 1
    assert len(created["there"]) == 4
    after = {path.name: path.read_bytes() for path in keys.glob("*.json")}
    assert after.keys() == before.keys()
    assert {name for name in before if after[name] != before[name]} == {lost.name}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in keys.glob("*.json"))


def test_create_does_not_hide_a_lost_key(answer, keys):
    lost = next(path for path in keys.glob("*-*.json"))
    lost.unlink()
    code, created = answer("create")
    assert code == 1
    assert created["made"] == []
    assert "bring the file back" in created["refused"][0]
    assert not lost.exists()


def test_create_comes_before_the_first_migration(tmp_path, own_environment):
    environment = {**own_environment, "DIVERSION_VAR": str(tmp_path / "new")}
    for arguments in (("keys", "create"), ("migrate", "--verbosity", "0"), ("keys", "status")):
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("rotate",), 2),
        (("rotate", "--program", "demand-more"), 2),
        (("rotate", "--program", "nowhere", "--track", "education"), 2),
        (("rotate", *TRACK, "--installation"), 2),
        (("rotate", *TRACK, "--purpose", "scope"), 2),
        (("rotate", "--installation", "--purpose", "search"), 2),
        (("rotate", *TRACK, "--by", "nobody@example.org"), 1),
    ],
)
def test_wrong_usage_changes_no_key(manage, keys, arguments, code):
    before = {path.name: path.read_bytes() for path in keys.glob("*.json")}
    result = manage("keys", *arguments)
    assert result.returncode == code
    assert "Traceback" not in result.stderr
    assert {path.name: path.read_bytes() for path in keys.glob("*.json")} == before
