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


def bench(var: Path, *options: str) -> dict:
    environment = {**os.environ, "DIVERSION_VAR": str(var), "DEMO": "1", "DJANGO_SETTINGS_MODULE": "diversion.settings"}
    done = subprocess.run(
        [sys.executable, "manage.py", "bench", *options, "--rounds", "1", "--json"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (var / "diversion.sqlite3").read_bytes() == b"not to be touched"
    return json.loads(done.stdout)


def test_import_is_compared_with_two_loops_and_touches_nothing(var):
    answer = bench(var, "--only", "import", "--rows", "10")["import"]
    assert (answer["rows"], answer["rounds"], answer["goal"]) == (10, 1, 50)
    paces = answer["milliseconds_per_row"]
    assert set(paces) == {"imported", "compared", "received_one_by_one", "saved_one_by_one"}
    ratio = paces["received_one_by_one"] / paces["imported"]
    assert answer["times_faster_than_receiving_one_by_one"] == pytest.approx(ratio, rel=0.05)
    assert not list(var.glob("keys/*.json"))


def test_pages_are_served_checked_and_compared_with_their_floors(var):
    """The figures on the page equal a plain computation, or the command fails; every ratio is there."""
    answer = bench(var, "--only", "pages", "--scale", "XS")["pages"]
    assert answer["sizes"]["XS"]["people"] > 100
    assert set(answer["met"]) == {"G1", "G2", "G4", "G9", "G13"}
    assert len(answer["ratios"]["G9"]) == 3
    assert set(answer["ratios"]["G13"]) >= {
        "XS caseload / caseload without audit", "XS caseload / caseload without sealing"
    }  # fmt: skip
    times = answer["milliseconds"]
    assert all(milliseconds > 0 for milliseconds in times.values())
    found = answer["ratios"]["G1"]["XS caseload / constant rows"]["median"]
    assert found == pytest.approx(times["XS caseload"] / times["XS constant rows"], rel=0.05)
