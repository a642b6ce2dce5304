"""`manage.py verify_audit`: how it ends, what it says, and a sealer that is killed between seal and head."""

import contextlib
import datetime
import fcntl
import json
import sqlite3
import subprocess
import sys
import time
import uuid

import pytest

from tests.commands.conftest import ROOT


@pytest.fixture
def installation(manage, own_environment, tmp_path):
    """A program whose trail is sealed; yields its database and the folder of the heads."""
    own_environment["AUDIT_HEADS"] = str(tmp_path / "heads")
    made = manage("create_program", "--slug", "lake", "--name", "Lake", "--time-zone", "America/Denver")
    assert made.returncode == 0, made.stderr
    assert manage("work", "--once").returncode == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "var" / "diversion.sqlite3", timeout=20)) as database:
        yield database, tmp_path / "heads"


def test_it_ends_with_the_code_that_fits(installation, manage):
    database, _ = installation
    good = manage("verify_audit")
    assert (good.returncode, good.stderr) == (0, "")
    assert [line.split(":")[0] for line in good.stdout.splitlines()] == [
        "outside the tracks",
        "lake/education",
        "lake/services",
    ]
    assert all(": proven. 1 seal over " in line for line in good.stdout.splitlines())

    one = json.loads(manage("verify_audit", "--program", "lake", "--track", "services", "--json").stdout)
    assert (one["proven"], [chain["chain"] for chain in one["chains"]]) == (True, ["lake/services"])
    assert one["chains"][0]["newest_seal"]["number"] == one["chains"][0]["heads"] == 1

    with database:
        database.execute("DROP TRIGGER wall_event_append_only_update")
        database.execute("UPDATE participants_event SET action = 'page.viewed' WHERE action = 'program.created'")
    bad = manage("verify_audit", "--json")
    assert bad.returncode == 1
    assert "The audit trail is not as it was sealed." in bad.stderr
    answer = json.loads(bad.stdout)
    [finding] = answer["chains"][0]["findings"]
    assert (answer["proven"], finding["kind"], finding["seal"]) == (False, "event_altered", 1)
    told = manage("verify_audit").stdout
    assert f"- The event {finding['event']} of " in told
    assert "(page.viewed) was altered after seal 1." in told

    for wrong in (("--track", "services"), ("--program", "sea"), ("--program", "lake", "--track", "both")):
        assert manage("verify_audit", *wrong).returncode == 2


def test_without_a_key_nothing_is_proven(installation, manage, tmp_path):
    key = tmp_path / "var" / "keys" / "installation.json"
    key.rename(tmp_path / "away")
    answer = manage("verify_audit")
    assert answer.returncode == 2
    assert "key file of the installation" in answer.stderr


def test_nothing_that_was_never_sealed_is_proven(manage, own_environment, tmp_path):
    own_environment["AUDIT_HEADS"] = str(tmp_path / "heads")
    made = manage("create_program", "--slug", "lake", "--name", "Lake", "--time-zone", "America/Denver")
    assert made.returncode == 0, made.stderr
    young = manage("verify_audit")
    assert (young.returncode, "Not sealed yet, so not proven" in young.stdout) == (0, True)
    at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=3)
    row = (uuid.UUID(int=int(at.timestamp() * 1000) << 80 | 7).hex, at.strftime("%Y-%m-%d %H:%M:%S.%f"))
    with contextlib.closing(sqlite3.connect(tmp_path / "var" / "diversion.sqlite3", timeout=20)) as database, database:
        database.execute(
            "INSERT INTO participants_event (id, at, action, outcome, source, path, detail) "
            "VALUES (?, ?, 'page.viewed', 'done', '', '', '{}')",
            row,
        )
    answer = manage("verify_audit", "--json")
    assert answer.returncode == 1
    assert "The audit trail is not sealed, so nothing proves its last events." in answer.stderr
    assert [one["kind"] for one in json.loads(answer.stdout)["chains"][0]["findings"]] == ["not_sealed"]
    assert manage("work", "--once").returncode == 0
    assert manage("verify_audit").returncode == 0


def test_sealer_killed_between_seal_and_head(installation, manage, own_environment):
    database, heads = installation
    file = heads / "installation.jsonl"

    def seals() -> int:
        return database.execute("SELECT count(*) FROM participants_seal WHERE track_id IS NULL").fetchone()[0]

    assert manage("create_program", "--slug", "sea", "--name", "Sea", "--time-zone", "UTC").returncode == 0
    with file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # the sealer waits for the file of heads, its seal committed
        sealer = subprocess.Popen([sys.executable, "manage.py", "work", "--once"], cwd=ROOT, env=own_environment)
        end = time.monotonic() + 60
        while seals() < 2 and time.monotonic() < end:
            time.sleep(0.05)
        sealer.kill()
        sealer.wait()
    assert (seals(), len(file.read_text().splitlines())) == (2, 1)
    between = json.loads(manage("verify_audit", "--json").stdout)
    assert between["chains"][0]["notes"] == ["The head of seal 2 is not in its file yet."]
    assert manage("work", "--once").returncode == 0
    assert (seals(), len(file.read_text().splitlines())) == (2, 2)
    after = json.loads(manage("verify_audit", "--json").stdout)
    assert (after["proven"], [chain["notes"] for chain in after["chains"]]) == (True, [[]] * 5)
