"""`manage.py create_staff --role overseer`: a right to read what belongs to no track, without agency and track."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from participants.audit.models import Event
from participants.staff.models import ProgramGrant, User


def create(*more: str) -> str:
    out = io.StringIO()
    call_command(
        "create_staff", "olga@example.org", "--name", "Olga Watch", "--program", "harbor", "--role", "overseer", *more,
        stdout=out,
    )  # fmt: skip
    return out.getvalue()


def answers(cast, url: str) -> int:
    """What the new account is told, with a password of its own."""
    user = User.objects.get(email="olga@example.org")
    user.must_change_password = False
    user.save()
    return cast.client(user).get(url).status_code


def test_overseer_gets_an_account_and_no_track(cast):
    answer = json.loads(create("--json", "--until", "2099-12-31"))
    grant = ProgramGrant.objects.get(user__email="olga@example.org")
    assert (answer["role"], answer["track"], "agency" in answer) == ("overseer", None, False)
    assert (grant.program, grant.role, grant.agency, grant.place) == (cast.harbor, "overseer", "", None)
    assert (answers(cast, "/oversight/"), answers(cast, "/harbor/drop/")) == (200, 404)
    given = Event.objects.filter(action="access.granted").latest("id")
    assert given.detail == {"role": "overseer", "program": "harbor"}


def test_words_say_what_it_opens(cast):
    assert create().splitlines()[0] == "Olga Watch may read what belongs to no track."


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [(("--agency", "Harbor Police"), "belongs to the role sender"), (("--track", "services"), "leave out --track")],
)
def test_wrong_usage_gives_nothing(cast, wrong, sentence):
    with pytest.raises(CommandError, match=sentence):
        create(*wrong)
    assert not User.objects.filter(email="olga@example.org").exists()


def test_given_twice_is_refused(cast):
    create()
    with pytest.raises(CommandError, match="oversees the program already"):
        create()


def test_ended_access_shows_nothing_more(cast):
    create()
    call_command("end_access", "olga@example.org", "--program", "harbor", "--role", "overseer", stdout=io.StringIO())
    assert answers(cast, "/oversight/") == 404
