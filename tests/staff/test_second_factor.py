"""The second factor: set up before anything else, asked for at every sign-in, sealed, good for once, removable."""

import datetime
import re
import shutil

import pytest
import time_machine
import tink
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from participants.audit.models import Event
from participants.errors import ProgramError
from participants.models import UsedCode, User
from participants.staff import lockout, second_factor
from participants.staff.actions import create_user, reset_second_factor
from participants.tracks.scope import in_track
from participants.vault import keyfiles, keyring
from tests.cast import PASSWORD
from tests.staff.totp import code_of, set_up_app
from tests.world import patterns

CASEWORKER = "education_caseworker@example.org"
SHOWN = r"<code[^>]*>(\w+)</code>"
LOGIN, CODE = "/account/login/", "/account/second/code/"


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def signed_in(login=CASEWORKER, password=PASSWORD) -> Client:
    client = Client()
    client.post(LOGIN, {"login": login, "password": password})
    return client


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


def actions(user) -> list[tuple]:
    found = Event.objects.filter(actor_id=user.pk).order_by("id")
    return [(event.action, event.outcome, event.detail) for event in found]


def recovery_codes(client) -> list[str]:
    page = client.get(reverse("mfa_view_recovery_codes")).text
    return re.findall(r"\b\d{8}\b", page.partition("<pre")[2].partition("</pre")[0])


# --- enrolment ---------------------------------------------------------------------------------------------------

OPEN_BEFORE = {"health", "account_login", "account_logout", "account_inactive", "account_signup"} | {
    "account_reauthenticate",
    "account_change_password",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
}


@pytest.mark.parametrize("member", ["education_caseworker", "services_administrator", "harbor_sender", "outsider"])
def test_without_a_second_factor_every_address_leads_to_its_set_up(cast, required, member):
    """Every address of the project but those of signing in, out, and setting up; the record's key need not exist."""
    client = cast.client(member)
    closed = {}
    for route, pattern in patterns():
        if pattern.name in OPEN_BEFORE:
            continue
        kwargs = {
            name: value for name, value in {"program": "harbor", "track": "education"}.items() if f":{name}>" in route
        }
        for kind, name in re.findall(r"<(\w+):(\w+)>", route):
            missing = {"uuid": "00000000-0000-7000-8000-000000000000", "int": 1}.get(kind, "2222-2222")
            kwargs.setdefault(name, missing)
        for method in (client.get, client.post):
            answer = method(reverse(pattern.name, kwargs=kwargs))
            closed[pattern.name] = (answer.status_code, answer.get("Location"))
    assert set(closed.values()) == {(302, reverse("mfa_index"))}
    assert len(closed) > 40


def test_own_password_comes_before_the_second_factor(cast, required):
    user = create_user(email="fresh@example.org", name="Fresh Face", password=PASSWORD, by=None)
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    client = signed_in("fresh@example.org")
    for name in ("home", "mfa_index", "mfa_activate_totp"):
        assert client.get(reverse(name)).url == reverse("account_change_password")
    new = "another-long-password-9"
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get(reverse("home")).url == reverse("mfa_index")


def test_setting_up_an_app_opens_the_track(cast, required, django_capture_on_commit_callbacks):
    client = signed_in()
    my_day = cast.url(cast.education, "my_day")
    assert client.get(my_day).url == reverse("mfa_index")
    assert "Set up one of these two before you go on" in client.get(reverse("mfa_index")).text
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(client)
    assert client.get(my_day).status_code == 200
    assert actions(cast.education_caseworker) == [
        ("sign_in", "done", {}),
        ("second_factor.added", "done", {"type": "totp"}),
        ("second_factor.added", "done", {"type": "recovery_codes"}),
    ]


def test_demonstration_does_without(cast, settings):
    assert settings.DEMO
    assert not settings.SECOND_FACTOR_REQUIRED
    assert signed_in().get(cast.url(cast.education, "my_day")).status_code == 200


def test_set_up_asks_for_a_sign_in_of_the_last_ten_minutes(cast):
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False) as clock:
        client = signed_in()
        clock.shift(datetime.timedelta(minutes=9))
        assert client.get(reverse("mfa_activate_totp")).status_code == 200
        clock.shift(datetime.timedelta(minutes=2))
        for name in ("mfa_activate_totp", "mfa_add_webauthn"):
            assert client.get(reverse(name)).url.startswith(reverse("account_reauthenticate")), name


# --- at sign-in --------------------------------------------------------------------------------------------------


def test_password_alone_opens_nothing(cast):
    set_up_app(signed_in())
    client = Client()
    assert client.post(LOGIN, {"login": CASEWORKER, "password": PASSWORD}).url == CODE
    assert not is_in(client)
    assert client.get(cast.url(cast.education, "my_day")).url.startswith(LOGIN)


def test_code_signs_in_once(cast):
    secret = set_up_app(signed_in())
    code = code_of(secret)
    first, second = signed_in(), signed_in()
    assert first.post(CODE, {"code": code}).status_code == 302
    assert is_in(first)
    page = second.post(CODE, {"code": code})
    assert "This is not right, was used before, or the account is locked." in page.text
    assert not is_in(second)
    assert ("second_factor", "refused", {}) in actions(cast.education_caseworker)
    assert ("second_factor.used", "done", {"type": "totp"}) in actions(cast.education_caseworker)


def test_code_that_set_up_the_app_does_not_sign_in(cast):
    with time_machine.travel("2026-06-01T12:00:05Z", tick=False):
        secret = set_up_app(signed_in())
        client = signed_in()
        client.post(CODE, {"code": code_of(secret, steps=-1)})
        assert not is_in(client)


def test_code_is_remembered_longer_than_it_is_valid(cast):
    """Valid for three half minutes; the cache of one process would forget it after one."""
    with time_machine.travel("2026-06-01T12:00:05Z", tick=False) as clock:
        secret = set_up_app(signed_in())
        code = code_of(secret, steps=1)
        first = signed_in()
        first.post(CODE, {"code": code})
        clock.shift(datetime.timedelta(seconds=45))
        second = signed_in()
        second.post(CODE, {"code": code})
        assert (is_in(first), is_in(second)) == (True, False)
        clock.shift(datetime.timedelta(minutes=11))
        assert second_factor.forget_codes(now=datetime.datetime.now(datetime.UTC)) == 2
        assert UsedCode.objects.count() == 0


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clock_of_the_phone_may_be_half_a_minute_off(cast, steps, taken):
    with time_machine.travel("2026-06-01T12:00:05Z", tick=False) as clock:
        secret = set_up_app(signed_in())
        clock.shift(datetime.timedelta(minutes=5))
        client = signed_in()
        client.post(CODE, {"code": code_of(secret, steps=steps)})
        assert is_in(client) is taken


def test_recovery_code_signs_in_once(cast):
    client = signed_in()
    set_up_app(client)
    code, other, *rest = recovery_codes(client)
    assert len(rest) == 8
    for number, (typed, taken) in enumerate([(code, True), (code, False), (other, True)]):
        client = signed_in()
        client.post(CODE, {"code": typed})
        assert is_in(client) is taken, number
    assert ("second_factor.used", "done", {"type": "recovery_codes"}) in actions(cast.education_caseworker)


def test_recovery_codes_are_shown_once_and_made_anew(cast, django_capture_on_commit_callbacks):
    client = signed_in()
    set_up_app(client)
    codes = recovery_codes(client)
    assert len(set(codes)) == 10
    again = client.get(reverse("mfa_view_recovery_codes")).text
    assert not [code for code in codes if code in again]
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("mfa_generate_recovery_codes")).status_code == 302
    anew = recovery_codes(client)
    assert len(set(anew)) == 10
    assert not set(anew) & set(codes)
    stranger = signed_in()
    stranger.post(CODE, {"code": codes[0]})
    assert not is_in(stranger)
    assert ("second_factor.renewed", "done", {"type": "recovery_codes"}) in actions(cast.education_caseworker)


def test_wrong_codes_lock_the_account_with_the_wrong_passwords(cast):
    secret = set_up_app(signed_in())
    for _ in range(2):
        Client().post(LOGIN, {"login": CASEWORKER, "password": "wrong-password-123"})
    client = signed_in()
    for _ in range(3):
        client.post(CODE, {"code": "000000"})
    assert lockout.is_locked(CASEWORKER)
    client.post(CODE, {"code": code_of(secret)})
    assert not is_in(client)
    assert Client().post(LOGIN, {"login": CASEWORKER, "password": PASSWORD}).status_code == 200


def test_wrong_code_within_a_session_counts_and_ends_it(cast):
    client = signed_in()
    set_up_app(client)
    again = reverse("mfa_reauthenticate")
    answers = [client.post(again, {"code": "000000"}).status_code for _ in range(5)]
    assert answers == [200] * 4 + [302]
    assert not is_in(client)


NONSENSE = ["", "{", "[]", "1", "null", '"x"', "{}", '{"response": 1}', '{"response": {"userHandle": 7}}',
            '{"id": "x", "rawId": "!", "type": "public-key", "response": {}}', "\x00", "9" * 5000]  # fmt: skip


@pytest.mark.parametrize("credential", NONSENSE)
def test_nonsense_for_a_passkey_is_refused(cast, credential):
    client = signed_in()
    client.get(reverse("mfa_add_webauthn"))
    assert client.post(reverse("mfa_add_webauthn"), {"credential": credential, "name": "x"}).status_code == 200
    set_up_app(client)
    client.get(reverse("mfa_reauthenticate_webauthn"))
    assert client.post(reverse("mfa_reauthenticate_webauthn"), {"credential": credential}).status_code in {200, 302}
    client = signed_in()
    assert client.post(CODE, {"credential": credential}).status_code == 200
    assert not is_in(client)
    client = Client()
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert (answer.status_code, answer.url) == (302, LOGIN)
    assert Authenticator.objects.filter(type="webauthn").count() == 0


# --- sealed ------------------------------------------------------------------------------------------------------


def test_secrets_are_sealed_in_the_database_and_in_the_session(cast):
    client = signed_in()
    page = client.get(reverse("mfa_activate_totp"))
    waiting = re.search(r"<code[^>]*>(\w+)</code>", page.text)[1]
    assert waiting not in str(dict(client.session))
    secret = set_up_app(client)
    kept = {row.type: row.data for row in Authenticator.objects.all()}
    assert secret not in str(kept)
    opened = second_factor.open_sealed(kept["totp"]["secret"], cast.education_caseworker.pk)
    assert opened == secret
    seed = second_factor.open_sealed(kept["recovery_codes"]["seed"], cast.education_caseworker.pk)
    assert re.fullmatch(r"[0-9a-f]{80}", seed)


def test_secret_of_one_account_does_not_open_for_another(cast):
    """A row that is copied to another account, by whoever can write to the database, signs nobody in."""
    secret = set_up_app(signed_in())
    Authenticator.objects.filter(type="totp").update(user=cast.education_manager)
    with pytest.raises(tink.TinkError):
        second_factor.open_sealed(Authenticator.objects.get(type="totp").data["secret"], cast.education_manager.pk)
    client = signed_in("education_manager@example.org")
    with pytest.raises(tink.TinkError):
        client.post(CODE, {"code": code_of(secret)})
    assert not is_in(client)


def test_secrets_are_sealed_anew_some_at_a_time(cast):
    secret = set_up_app(signed_in())
    set_up_app(signed_in("education_manager@example.org"))
    before = {row.pk: dict(row.data) for row in Authenticator.objects.all()}
    after, rounds = 0, 0
    while (last := second_factor.reseal_some(after=after, limit=3)) is not None:
        after, rounds = last, rounds + 1
    assert (rounds, len(before)) == (2, 4)
    assert not [row for row in Authenticator.objects.all() if row.data == before[row.pk]]
    client = signed_in()
    client.post(CODE, {"code": code_of(secret)})
    assert is_in(client)


# --- a lost device -----------------------------------------------------------------------------------------------


def test_administrator_removes_a_lost_second_factor_on_record(cast, required):
    set_up_app(signed_in())
    administrator = signed_in("education_administrator@example.org")
    set_up_app(administrator)
    grant = cast.education_caseworker.grants.get()
    page = cast.url(cast.education, "staff_second_factor", pk=grant.pk)
    assert administrator.post(page, {}).status_code == 422
    assert Authenticator.objects.filter(user=cast.education_caseworker).count() == 2
    assert administrator.post(page, {"checked": "in_person"}).status_code == 302
    assert not Authenticator.objects.filter(user=cast.education_caseworker).exists()
    with in_track(cast.education):
        event = Event.objects.get(action="second_factor.reset")
    assert (event.actor_id, event.detail) == (cast.education_administrator.pk, {"checked": "in_person"})
    assert signed_in().get(cast.url(cast.education, "my_day")).url == reverse("mfa_index")


def test_every_session_ends_with_the_lost_device(cast, required):
    """Whoever has the device, and the session that is open on it, does not set up a factor of their own."""
    clients = [signed_in()]
    secret = set_up_app(clients[0])
    clients.append(signed_in())
    clients[1].post(CODE, {"code": code_of(secret)})
    other = signed_in("education_manager@example.org")
    reset_second_factor(user=cast.education_caseworker, checked="called_back", by=None)
    for client in clients:
        assert client.get(reverse("mfa_activate_totp")).url.startswith(LOGIN)
        assert not is_in(client)
    assert is_in(other)
    assert other.get(reverse("mfa_index")).status_code == 200
    assert signed_in().get(cast.url(cast.education, "my_day")).url == reverse("mfa_index")


def test_session_that_ended_does_not_open_under_a_former_secret_key(cast, settings):
    client = signed_in()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret-key-" * 3
    assert client.get(reverse("mfa_index")).status_code == 200
    cast.education_caseworker.end_sessions()
    assert client.get(reverse("mfa_index")).url.startswith(LOGIN)


def test_removing_ones_own_ends_the_other_sessions(cast):
    here = signed_in()
    secret = set_up_app(here)
    elsewhere = signed_in()
    elsewhere.post(CODE, {"code": code_of(secret)})
    assert is_in(elsewhere)
    here.post(reverse("mfa_deactivate_totp"))
    assert here.get(reverse("mfa_index")).status_code == 200
    assert elsewhere.get(reverse("mfa_index")).url.startswith(LOGIN)


def test_changed_keys_ask_for_the_app_once_more(cast, settings, tmp_path):
    """The secret that waits in the session opens no more: another is drawn and shown, with why."""
    client = signed_in()
    page = client.get(reverse("mfa_activate_totp"))
    former = re.search(SHOWN, page.text)[1]
    settings.KEYS = shutil.copytree(settings.KEYS, tmp_path / "keys")
    keys = keyring.key_ids(None, "seal")
    keyfiles.add_keys(keyring.installation_file(), {"seal": keyring.draw("seal")})
    keyfiles.destroy_keys(keyring.installation_file(), "seal", keys)
    page = client.post(reverse("mfa_activate_totp"), {"code": code_of(former)})
    assert "keys were changed since you opened this page" in page.text
    secret = re.search(SHOWN, page.text)[1]
    assert secret != former
    assert client.post(reverse("mfa_activate_totp"), {"code": code_of(former)}).status_code == 200
    assert not Authenticator.objects.exists()
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert answer.url == reverse("mfa_view_recovery_codes")


def test_nobody_removes_their_own_or_without_a_check(cast):
    set_up_app(signed_in())
    me = cast.education_caseworker
    with pytest.raises(ProgramError, match="Nobody removes their own"):
        reset_second_factor(user=me, checked="in_person", by=me)
    with pytest.raises(ProgramError, match="Say how you made sure"):
        reset_second_factor(user=me, checked="by_mail", by=cast.education_administrator)
    with pytest.raises(ProgramError, match="no second factor"):
        reset_second_factor(user=cast.education_manager, checked="in_person", by=None)
    assert Authenticator.objects.filter(user=me).count() == 2


def test_removing_the_last_one_leads_back_to_set_up(cast, required):
    client = signed_in()
    set_up_app(client)
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.exists()
    assert client.get(reverse("home")).url == reverse("mfa_index")
    assert [action for action, *_ in actions(cast.education_caseworker)][-2:] == ["second_factor.removed"] * 2
