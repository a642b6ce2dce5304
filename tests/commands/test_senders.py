"""`manage.py create_staff` for who sends referrals from outside, and `manage.py end_access`."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from participants.audit.models import Event
from participants.staff.models import ProgramGrant, TrackGrant, User


def run(*arguments: str) -> dict:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def create(*more: str) -> dict:
    return run("create_staff", "ada@example.org", "--program", "harbor", "--name", "Ada Ferry", *more)


def end(*more: str) -> dict:
    return run("end_access", "ADA@example.org", "--program", "harbor", *more)


def test_sender_gets_an_account_and_the_drop(cast):
    answer = create("--role", "sender", "--agency", "Harbor Police")
    password = answer.pop("password")
    grant = ProgramGrant.objects.get(user__email="ada@example.org")
    assert answer == {
        "email": "ada@example.org",
        "created": True,
        "name": "Ada Ferry",
        "program": "harbor",
        "track": None,
        "role": "sender",
        "agency": "Harbor Police",
        "from": grant.valid_from.isoformat(),
        "until": None,
    }
    assert (grant.program, grant.agency, grant.user.check_password(password)) == (cast.harbor, "Harbor Police", True)
    assert not TrackGrant.objects.filter(user=grant.user).exists()


def test_words_name_the_agency(cast):
    out = io.StringIO()
    call_command(
        "create_staff", "ada@example.org", "--name", "Ada Ferry", "--program", "harbor", "--role", "sender",
        "--agency", "Harbor Police", "--until", "2099-12-31", stdout=out,
    )  # fmt: skip
    told = out.getvalue().splitlines()[0]
    assert told == "Ada Ferry may send referrals to harbor in the name of Harbor Police until 2099-12-31."


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("--role", "sender", "--agency", "A", "--track", "services"), "outside the tracks: leave out --track"),
        (("--role", "sender"), "needs --agency"),
        (("--role", "manager"), "needs --track"),
        (("--role", "manager", "--track", "services", "--agency", "A"), "--agency belongs to the role sender"),
    ],
)
def test_role_and_track_that_do_not_go_together_are_wrong_usage(cast, wrong, sentence):
    with pytest.raises(CommandError, match=sentence) as refusal:
        create(*wrong)
    assert refusal.value.returncode == 2
    assert not User.objects.filter(email="ada@example.org").exists()


def test_access_is_ended_from_today_on_and_the_account_stays(cast):
    create("--role", "sender", "--agency", "Harbor Police")
    create("--role", "caseworker", "--track", "services")
    create("--role", "facilitator", "--track", "education")
    assert end("--role", "sender") == {"email": "ada@example.org", "program": "harbor", "ended": ["sender"]}
    assert not ProgramGrant.objects.filter(user__email="ada@example.org").exists()  # it had begun today
    assert end("--track", "services")["ended"] == ["caseworker"]
    assert end()["ended"] == ["facilitator"]
    assert User.objects.get(email="ada@example.org").is_active
    assert Event.objects.filter(action="access.ended").count() == 3


def test_grant_of_older_days_is_kept_with_its_last_day(cast):
    out = io.StringIO()
    call_command("end_access", "harbor_sender@example.org", "--program", "harbor", stdout=out)
    assert out.getvalue() == "harbor_sender@example.org can no longer enter harbor as sender.\n"
    assert cast.harbor_sender.program_grants.get().valid_until is not None
    assert cast.client("harbor_sender").get("/harbor/drop/").status_code == 404
    assert cast.client("river_sender").get("/river/drop/").status_code == 200


@pytest.mark.parametrize("more", [(), ("--role", "sender"), ("--track", "services")])
def test_access_that_is_not_there_is_refused(cast, more):
    create("--role", "manager", "--track", "education")
    end()
    with pytest.raises(CommandError, match="has no such access to harbor") as refusal:
        end(*more)
    assert refusal.value.returncode == 1
