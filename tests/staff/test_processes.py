"""Two real processes on one database: a code is taken once, and together they count to five."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SERVICES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DIVERSION_KEYS", "STATIC_ROOT", "ALLOWED_HOSTS")
START = "import datetime, json, sys, django; django.setup(); now = datetime.datetime.now(datetime.UTC)\n"
ACCOUNT = START + (
    "from participants.staff.actions import create_user\n"
    "create_user(email='ada@example.org', name='Ada', password='a-long-test-password-7', by=None)"
)
READY = "print('ready', flush=True); sys.stdin.readline()\n"
TAKE = (
    START
    + "from participants.models import User\nfrom participants.staff.second_factor import take_code\n"
    + READY
    + "user = User.objects.get()\nprint(json.dumps([take_code(user, '123456', now=now)]))"
)
FAIL = (
    START
    + "from participants.staff.lockout import admit\n"
    + READY
    + "for _ in range(8): admit(address='ada@example.org', proved=False, now=now)\n"
    + "print(json.dumps([admit(address='ada@example.org', proved=True, now=now)]))"
)
COUNTS = START + (
    "from participants.models import Event, FailedSignIn\n"
    "print(json.dumps([FailedSignIn.objects.count(), Event.objects.filter(action='account.locked').count()]))"
)


@pytest.fixture
def place(tmp_path):
    """The environment of an embedded demonstration with one account."""
    environment = {name: value for name, value in os.environ.items() if name not in SERVICES}
    environment |= {"DIVERSION_VAR": str(tmp_path), "DEMO": "1", "DJANGO_SETTINGS_MODULE": "diversion.settings"}
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    subprocess.run([sys.executable, "-c", ACCOUNT], cwd=ROOT, env=environment, check=True)
    yield environment
    shutil.rmtree(tmp_path, ignore_errors=True)


def both(environment, script: str) -> list:
    """What two processes answer that begin at the same moment."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    pair = [subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment, **pipes) for _ in range(2)]
    for process in pair:
        assert process.stdout.readline() == "ready\n"
    for process in pair:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=60)[0])[0] for process in pair]


def test_code_is_taken_by_one_of_two_processes(place):
    assert sorted(both(place, TAKE)) == [False, True]


def test_two_processes_together_count_five_failures(place):
    assert both(place, FAIL) == [False, False]
    answer = subprocess.run(
        [sys.executable, "-c", COUNTS], cwd=ROOT, env=place, check=True, capture_output=True, text=True
    )
    assert json.loads(answer.stdout) == [5, 1]
