"""How commands end, as a shell sees it: 0 when all went well, 1 when input was refused, 2 for wrong usage."""

import json
import shutil
from pathlib import Path


def test_commands_end_with_the_code_that_fits(manage, own_environment, tmp_path):
    made = manage("create_program", "--slug", "lake", "--name", "Lake", "--time-zone", "America/Denver", "--json")
    assert (made.returncode, json.loads(made.stdout)["program"], made.stderr) == (0, "lake", "")

    refused = manage("create_program", "--slug", "lake", "--name", "Lake", "--time-zone", "America/Denver", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"] in refused.stderr

    wrong = manage("create_program", "--slug", "lake")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "required: --name, --time-zone" in wrong.stderr

    staff = ("create_staff", "ada@example.org", "--name", "Ada", "--program", "lake", "--track", "education")
    made = manage(*staff, "--role", "manager", "--json")
    assert (made.returncode, json.loads(made.stdout)["role"]) == (0, "manager")
    wrong = manage(*staff, "--role", "boss", "--json")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "intake_clerk" in wrong.stderr

    worked = manage("work", "--once")
    assert worked.returncode == 0

    keys = shutil.copytree(Path(own_environment["DIVERSION_VAR"]) / "keys", tmp_path / "keys")
    production = {"DEMO": "0", "SECRET_KEY": "x" * 60, "DIVERSION_KEYS": str(keys)}
    elsewhere = manage("load_demo", "--json", **production)
    assert elsewhere.returncode == 1
    assert "DEMO=1" in json.loads(elsewhere.stdout)["error"]
    assert manage("run_demo", **production).returncode == 2
    assert manage("run_demo", "--port", "0").returncode == 2
