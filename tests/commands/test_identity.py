"""Who may change keys: an administrator of that very track, who says so with the password."""

import io
import json

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client

from participants.audit.models import Event
from participants.errors import ProgramError
from participants.management.base import Refused, Usage
from participants.management.identity import administrator
from participants.staff import second_factor
from participants.staff.lockout import is_locked
from participants.staff.models import FailedSignIn
from participants.tracks.scope import in_track
from participants.vault import keyring
from tests.cast import PASSWORD
from tests.staff.totp import code_of, set_up_app
from tests.vault.conftest import same_keys_afterwards  # noqa: F401  key files as they were


@pytest.fixture
def typed(monkeypatch, settings):
    """What is typed as a password; and no demonstration, which asks for none."""
    settings.DEMO = False

    def type_in(*lines: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    type_in(PASSWORD)
    return type_in


def rotate(*arguments: str) -> dict:
    said = io.StringIO()
    place = ("--program", "harbor", "--track", "education") if "--installation" not in arguments else ()
    call_command("keys", "rotate", *place, *arguments, "--wait", "0", "--json", stdout=said)
    return json.loads(said.getvalue())


def test_administrator_changes_the_keys_of_the_track_and_is_named(cast, typed):
    (former,) = keyring.key_ids(cast.education.pk, "seal")
    answer = rotate("--by", "education_administrator@example.org")
    assert answer["by"] == "education_administrator@example.org"
    assert former not in keyring.key_ids(cast.education.pk, "seal")
    with in_track(cast.education):
        assert Event.objects.get(action="keys.rotated").actor_id == cast.education_administrator.pk


def test_any_administrator_changes_those_of_the_installation(cast, typed):
    rotate("--installation", "--by", "elsewhere_administrator@example.org")
    assert Event.objects.get(action="keys.rotated").actor_id == cast.elsewhere_administrator.pk


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("education_administrator@example.org", "wrong"),
        ("education_administrator@example.org", ""),
        ("services_administrator@example.org", PASSWORD),
        ("elsewhere_administrator@example.org", PASSWORD),
        ("education_manager@example.org", PASSWORD),
        ("outsider@example.org", PASSWORD),
        ("nobody@example.org", PASSWORD),
    ],
)
def test_nobody_else_does(cast, typed, email, password):
    before = keyring.key_file(cast.education.pk).read_bytes()
    typed(password)
    with pytest.raises(Refused):
        rotate("--by", email)
    assert keyring.key_file(cast.education.pk).read_bytes() == before
    with in_track(cast.education):
        assert not Event.objects.filter(action__startswith="keys.").exists()


def test_it_must_be_said_who(cast, typed):
    with pytest.raises(Usage, match="--by EMAIL"):
        rotate()


def test_demonstration_does_without(cast):
    assert rotate()["by"] is None


def test_wrong_password_counts_and_the_fifth_locks(cast, typed):
    email = "education_administrator@example.org"
    for number in range(1, 6):
        typed("wrong")
        with pytest.raises(Refused, match=r"manage\.py unlock"):
            rotate("--by", email)
        assert FailedSignIn.objects.count() == number
    assert is_locked(email)
    typed(PASSWORD)
    with pytest.raises(Refused, match="locked"):
        rotate("--by", email)
    assert Event.objects.filter(action="sign_in", outcome="refused").count() == 6


def test_administrator_whose_grant_has_ended_is_none(cast, typed):
    cast.education_administrator.grants.update(valid_until="2026-01-31")
    with pytest.raises(Refused, match="administrator of harbor/education today"):
        rotate("--by", "education_administrator@example.org")


def test_password_that_somebody_else_has_seen_is_not_enough(cast, typed):
    user = cast.education_administrator
    user.must_change_password = True
    user.save(update_fields=("must_change_password",))
    with pytest.raises(Refused, match="password of your own"):
        rotate("--by", user.email)


def test_email_is_taken_as_it_is_typed(cast, typed):
    user = administrator(" Education_Administrator@example.org ", track=cast.education)
    assert user == cast.education_administrator


# --- the second factor -------------------------------------------------------------------------------------------

EMAIL = "education_administrator@example.org"


@pytest.fixture
def app(cast) -> str:
    """The secret of the administrator's authenticator app."""
    client = Client()
    client.force_login(cast.education_administrator)
    return set_up_app(client)


def test_password_alone_is_not_enough_where_there_is_a_second_factor(cast, typed, app):
    before = keyring.key_file(cast.education.pk).read_bytes()
    for lines in [(PASSWORD,), (PASSWORD, ""), (PASSWORD, "000000"), (PASSWORD, PASSWORD)]:
        typed(*lines)
        with pytest.raises(Refused, match="This code is not right"):
            rotate("--by", EMAIL)
    assert keyring.key_file(cast.education.pk).read_bytes() == before
    assert FailedSignIn.objects.count() == 4
    typed(PASSWORD, "000000")
    with pytest.raises(Refused):
        rotate("--by", EMAIL)
    assert is_locked(EMAIL)
    assert Event.objects.filter(action="second_factor", outcome="refused").count() == 5


def test_code_of_the_app_is_taken_once(cast, typed, app):
    code = code_of(app)
    typed(PASSWORD, code)
    assert rotate("--by", EMAIL)["by"] == EMAIL
    assert Event.objects.get(action="second_factor.used").detail == {"type": "totp"}
    typed(PASSWORD, code)
    with pytest.raises(Refused, match="was used before"):
        rotate("--by", EMAIL)


def test_recovery_code_is_taken_once(cast, typed, app):
    with second_factor.belonging_to(cast.education_administrator):
        code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    typed(PASSWORD, code)
    assert administrator(EMAIL, track=cast.education) == cast.education_administrator
    typed(PASSWORD, code)
    with pytest.raises(ProgramError, match="was used before"):
        administrator(EMAIL, track=cast.education)


def test_where_every_account_has_one_it_must_be_set_up_first(cast, typed, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    with pytest.raises(Refused, match="set up your second step first"):
        rotate("--by", EMAIL)
