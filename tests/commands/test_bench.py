"""`manage.py bench`: measures on a database of its own and leaves the configured one alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def var(tmp_path):
    (tmp_path / "diversion.sqlite3").write_bytes(b"not to be touched")
    return tmp_path


def test_bench_answers_with_ratios_and_touches_nothing(var):
    environment = {**os.environ, "DIVERSION_VAR": str(var), "DEMO": "1", "DJANGO_SETTINGS_MODULE": "diversion.settings"}
    done = subprocess.run(
        [sys.executable, "manage.py", "bench", "--rows", "10", "--rounds", "1", "--json"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["rows"], answer["rounds"], answer["goal"]) == (10, 1, 50)
    paces = answer["milliseconds_per_row"]
    assert set(paces) == {"imported", "compared", "received_one_by_one", "saved_one_by_one"}
    ratio = paces["received_one_by_one"] / paces["imported"]
    assert answer["times_faster_than_receiving_one_by_one"] == pytest.approx(ratio, rel=0.05)
    assert (var / "diversion.sqlite3").read_bytes() == b"not to be touched"
    assert not list(var.glob("keys/*.json"))
