"""`manage.py create_staff`."""

import datetime
import io
import json

import pytest
import time_machine
from django.core.management import CommandError, call_command

from participants.audit.models import Event
from participants.staff.models import TrackGrant, User

ARGUMENTS = ("ada@example.org", "--program", "harbor", "--track", "services")


def create(*more: str) -> dict:
    out = io.StringIO()
    call_command("create_staff", *ARGUMENTS, "--json", *more, stdout=out)
    return json.loads(out.getvalue())


def test_new_account_enters_with_the_password_drawn(cast):
    answer = create("--name", "Ada Ferry", "--role", "counsellor")
    password = answer.pop("password")
    grant = TrackGrant.objects.get(user__email="ada@example.org")
    assert answer == {
        "email": "ada@example.org",
        "created": True,
        "name": "Ada Ferry",
        "program": "harbor",
        "track": "services",
        "role": "counsellor",
        "from": grant.valid_from.isoformat(),
        "until": None,
    }
    assert (grant.track, grant.role, grant.valid_until) == (cast.services, "counsellor", None)
    assert grant.user.check_password(password)
    assert set(Event.objects.order_by("-id").values_list("action", flat=True)[:2]) == {
        "account.created",
        "access.granted",
    }


def test_second_call_adds_a_role_and_leaves_the_password(cast):
    password = create("--name", "Ada Ferry", "--role", "counsellor")["password"]
    answer = create("--role", "facilitator", "--until", "2099-12-31")
    assert (answer["created"], answer["until"], "password" in answer) == (False, "2099-12-31", False)
    user = User.objects.get(email="ada@example.org")
    assert user.check_password(password)
    assert set(user.grants.values_list("role", flat=True)) == {"counsellor", "facilitator"}


def test_password_comes_from_a_file_and_is_not_printed(cast, tmp_path):
    file = tmp_path / "password"
    file.write_text("seven sturdy oars\nanother line\n", encoding="utf-8")
    answer = create("--name", "Ada Ferry", "--role", "manager", "--password-file", str(file))
    assert "password" not in answer
    assert User.objects.get(email="ada@example.org").check_password("seven sturdy oars")


def test_access_begins_on_the_programs_own_day(cast):
    with time_machine.travel(datetime.datetime(2026, 3, 2, 3, 0, tzinfo=datetime.UTC), tick=False):
        assert create("--name", "Ada Ferry", "--role", "manager")["from"] == "2026-03-01"


def test_words_show_the_password_once(cast):
    out = io.StringIO()
    call_command("create_staff", *ARGUMENTS, "--name", "Ada Ferry", "--role", "manager", stdout=out)
    told, shown = out.getvalue().splitlines()
    assert told == "Ada Ferry may enter harbor/services as program manager."
    assert User.objects.get(email="ada@example.org").check_password(shown.removeprefix("Password, shown this once: "))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("--role", "manager"), "Enter the person's name"),
        (("--role", "manager", "--name", "Ada", "--until", "1999-01-01"), "last day is before the first"),
        (("--role", "manager", "--name", "Ada", "--password-file", "/nowhere"), "cannot be read"),
        (("--role", "manager", "--name", "Ada", "--password-file", "/dev/null"), "is empty"),
    ],
)
def test_wrong_value_is_refused_and_leaves_nothing(cast, wrong, sentence):
    with pytest.raises(CommandError, match=sentence) as refusal:
        create(*wrong)
    assert refusal.value.returncode == 1
    assert not User.objects.filter(email="ada@example.org").exists()


def test_weak_password_is_refused(cast, tmp_path):
    file = tmp_path / "password"
    file.write_text("short", encoding="utf-8")
    with pytest.raises(CommandError, match="too short"):
        create("--name", "Ada", "--role", "manager", "--password-file", str(file))
    assert not User.objects.filter(email="ada@example.org").exists()


def test_same_role_twice_is_refused(cast):
    create("--name", "Ada Ferry", "--role", "manager")
    with pytest.raises(CommandError, match="has this role in the track already"):
        create("--role", "manager")


def test_unknown_program_lists_the_programs(cast):
    with pytest.raises(CommandError, match=r"no program moon. Programs: harbor, river") as wrong:
        create("--name", "Ada", "--role", "manager", "--program", "moon")
    assert wrong.value.returncode == 2


def test_unknown_role_lists_the_roles(cast):
    with pytest.raises(CommandError, match=r"invalid choice: 'boss'.*intake_clerk.*administrator"):
        create("--name", "Ada", "--role", "boss")
