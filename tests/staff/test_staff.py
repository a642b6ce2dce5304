"""Accounts, grants, roles and sign-in."""

import datetime
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from participants.audit.models import Event
from participants.errors import ProgramError
from participants.models import TrackGrant, User
from participants.staff.actions import admit, create_user, end_access, grant_access
from participants.staff.permissions import Permission
from participants.staff.queries import live_grants, open_tracks, staff_with
from participants.staff.roles import ROLES
from participants.tracks.scope import in_track
from tests.cast import PASSWORD
from tests.statements import exactly

DAY = datetime.date(2026, 6, 1)


def test_account_and_grant_are_on_record(cast):
    with in_track(cast.education):
        grant, password = admit(
            email="New.Person@Example.org ",
            name="New Person",
            track=cast.education,
            role="caseworker",
            valid_from=DAY,
            by=cast.education_administrator,
        )
        assert grant.user.email == "new.person@example.org"
        assert grant.user.check_password(password)
        assert list(Event.objects.order_by("id").values_list("action", flat=True)[:2][::-1]) != []
        assert set(Event.objects.filter(actor_id=cast.education_administrator.pk).values_list("action", flat=True)) == {
            "account.created",
            "access.granted",
        }


def test_known_account_keeps_its_password(cast):
    with in_track(cast.services):
        grant, password = admit(
            email="education_caseworker@example.org",
            name="",
            track=cast.services,
            role="counsellor",
            valid_from=DAY,
            by=cast.services_administrator,
        )
    assert password is None
    assert grant.user == cast.education_caseworker
    assert grant.user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": "education_caseworker@example.org"}, "has an account"),
        ({"email": "no address"}, "valid e-mail address"),
        ({"name": " "}, "name"),
        ({"password": "short"}, "too short"),
    ],
)
def test_account_is_refused(cast, change, sentence):
    count = User.objects.count()
    with pytest.raises(ProgramError, match=sentence):
        create_user(**{"email": "a@example.org", "name": "A", "password": None, "by": None, **change})
    assert User.objects.count() == count


def test_nobody_grants_to_or_ends_for_themselves(cast):
    me = cast.education_administrator
    with in_track(cast.education):
        with pytest.raises(ProgramError):
            grant_access(user=me, track=cast.education, role="manager", valid_from=DAY, by=me)
        with pytest.raises(ProgramError):
            end_access(grant=me.grants.get(), on=DAY, by=me)


def test_ended_access_keeps_its_history(cast):
    grant = cast.education_caseworker.grants.get()
    with in_track(cast.education):
        end_access(grant=grant, on=DAY, by=cast.education_administrator)
        with pytest.raises(ProgramError):
            end_access(grant=grant, on=DAY, by=cast.education_administrator)
    assert TrackGrant.objects.get(pk=grant.pk).valid_until == datetime.date(2026, 5, 31)


@pytest.mark.parametrize(
    ("instant", "live"),
    [
        ("2026-03-01T04:59:00Z", False),  # still 28 February in New York
        ("2026-03-01T05:01:00Z", True),
        ("2026-03-11T03:59:00Z", True),  # 10 March, 23:59
        ("2026-03-11T04:01:00Z", False),
    ],
)
def test_grant_is_live_by_the_programs_calendar(cast, instant, live):
    user = create_user(email="temp@example.org", name="Temp", password=None, by=None)
    grant_access(
        user=user,
        track=cast.education,
        role="caseworker",
        valid_from=datetime.date(2026, 3, 1),
        valid_until=datetime.date(2026, 3, 10),
        by=None,
    )
    now = datetime.datetime.fromisoformat(instant)
    assert bool(live_grants(user, now=now)) is live
    with time_machine.travel(now, tick=False):
        status = cast.client(user).get(cast.url(cast.education, "my_day")).status_code
    assert status == (200 if live else 404)


def test_inactive_account_enters_nothing(cast):
    client = cast.client("education_caseworker")
    User.objects.filter(pk=cast.education_caseworker.pk).update(is_active=False)
    assert client.get(cast.url(cast.education, "my_day")).status_code == 302
    assert live_grants(cast.education_caseworker, now=datetime.datetime.now(datetime.UTC)) == []


def test_staff_with_a_permission_are_of_the_track(cast):
    names = set(staff_with(Permission.APPROVE_EXITS, track=cast.education, on=DAY).values_list("email", flat=True))
    assert names == {"education_manager@example.org", "education_second_manager@example.org"}


def test_two_roles_add_up(cast):
    grant_access(user=cast.education_liaison, track=cast.education, role="facilitator", valid_from=DAY, by=None)
    with time_machine.travel("2026-07-01T12:00:00Z"):
        client = cast.client("education_liaison")
        assert client.get(cast.url(cast.education, "sessions")).status_code == 200
        assert client.get(cast.url(cast.education, "cases")).status_code == 200
        assert client.get(cast.url(cast.education, "participants")).status_code == 403


# --- the separation of duties, as the program's words put it ---------------------------------------------------

CASE_CONTENT = {
    Permission.SEARCH,
    Permission.VIEW_REFERRALS,
    Permission.VIEW_PARTICIPANTS,
    Permission.VIEW_SESSIONS,
    Permission.VIEW_REPORTS,
}


@pytest.mark.parametrize("role", ["administrator", "liaison", "privacy_officer"])
def test_role_sees_no_case_content(role):
    assert not ROLES[role].permissions & CASE_CONTENT


def test_who_proposes_by_trade_does_not_decide():
    assert Permission.APPROVE_EXITS not in ROLES["caseworker"].permissions
    assert {key for key, role in ROLES.items() if Permission.READ_PRIVILEGED in role.permissions} == {
        "clinical_supervisor"
    }
    assert {key for key, role in ROLES.items() if Permission.MANAGE_STAFF in role.permissions} == {"administrator"}


# --- sign-in -----------------------------------------------------------------------------------------------------


def sign_in(client, login="education_caseworker@example.org", password=PASSWORD):
    return client.post("/account/login/", {"login": login, "password": password})


def test_signing_in_and_out_is_on_record(cast):
    client = Client()
    assert client.get("/account/login/").status_code == 200
    assert sign_in(client).url == "/"
    assert client.get("/").url == cast.url(cast.education, "my_day")
    assert client.post("/account/logout/").status_code == 302
    actions = Event.objects.filter(actor_id=cast.education_caseworker.pk).order_by("id")
    assert list(actions.values_list("action", "outcome")) == [("sign_in", "done"), ("sign_out", "done")]


@pytest.mark.parametrize("login", ["education_caseworker@example.org", "nobody@example.org"])
def test_failed_sign_in_is_on_record_and_says_the_same(cast, login):
    response = sign_in(Client(), login=login, password="wrong-password-123")
    assert response.status_code == 200
    assert "This address and password do not match, or the account is locked." in response.text
    event = Event.objects.get(action="sign_in")
    assert (event.outcome, event.actor_id, event.detail) == ("refused", None, {})


def test_login_is_case_insensitive(cast):
    assert sign_in(Client(), login="Education_Caseworker@Example.ORG").status_code == 302


def test_nobody_signs_up(cast):
    count = User.objects.count()
    response = Client().post(
        "/account/signup/", {"email": "me@example.org", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert "Nobody signs up here" in response.text
    assert User.objects.count() == count


def test_password_can_be_changed(cast):
    client = Client()
    sign_in(client)
    url = reverse("account_change_password")
    assert client.get(url).status_code == 200
    new = "another-long-password-9"
    client.post(url, {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert sign_in(Client(), password=new).status_code == 302


def test_home_lists_the_tracks_one_may_enter(cast):
    grant_access(user=cast.education_manager, track=cast.services, role="manager", valid_from=DAY, by=None)
    with time_machine.travel("2026-07-01T12:00:00Z"):
        response = cast.client("education_manager").get("/")
        assert response.text.count("/harbor/") == 2
        assert "/river/" not in response.text
        assert len(open_tracks(cast.education_manager, now=datetime.datetime.now(datetime.UTC))) == 2
    assert cast.client("outsider").get("/").status_code == 200


# --- pages ---------------------------------------------------------------------------------------------------------


def test_administrator_gives_and_ends_access(cast):
    client = cast.client("education_administrator")
    new = cast.url(cast.education, "staff_new")
    assert client.get(new).status_code == 200
    response = client.post(
        new, {"email": "fresh@example.org", "name": "Fresh Face", "role": "facilitator", "valid_from": "2026-01-01"}
    )
    assert response.status_code == 200
    user = User.objects.get(email="fresh@example.org")
    assert "Shown once" in response.text
    grant = user.grants.get()
    assert (grant.track, grant.role, grant.granted_by) == (
        cast.education,
        "facilitator",
        cast.education_administrator,
    )
    end = cast.url(cast.education, "staff_end", pk=grant.pk)
    assert "Fresh Face" in client.get(end).text
    assert client.post(end, {"go": "1"}).status_code == 302
    assert live_grants(user, now=datetime.datetime.now(datetime.UTC)) == []
    assert client.get(cast.url(cast.education, "staff")).status_code == 200


def test_first_password_that_an_administrator_saw_opens_no_track(cast):
    client = cast.client("education_administrator")
    values = {"email": "fresh@example.org", "name": "Fresh Face", "role": "facilitator", "valid_from": "2026-01-01"}
    page = client.post(cast.url(cast.education, "staff_new"), values)
    password = re.search(r"<code>(.*?)</code>", page.text)[1]
    fresh = Client()
    sign_in(fresh, login="fresh@example.org", password=password)
    my_day = cast.url(cast.education, "my_day")
    assert fresh.get(my_day).url == reverse("account_change_password")
    new = "another-long-password-9"
    fresh.post(reverse("account_change_password"), {"oldpassword": password, "password1": new, "password2": new})
    assert fresh.get(my_day).status_code == 200
    actions = Event.objects.filter(actor_id=User.objects.get(email="fresh@example.org").pk).order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["sign_in", "password.changed"]


def test_too_many_tries_are_on_record_too(cast):
    for _ in range(8):
        sign_in(Client(), password="wrong-password-123")
    assert Event.objects.filter(action="sign_in", outcome="refused").count() == 8


def test_account_made_elsewhere_is_not_named(cast):
    """Who gives access to an address learns nothing about the account behind it from the answer."""
    client = cast.client("education_administrator")
    values = {"email": "services_counsellor@example.org", "role": "facilitator", "valid_from": "2026-01-01"}
    page = client.post(cast.url(cast.education, "staff_new"), values, follow=True)
    message = re.search(r'class="[^"]*(?:alert|message)[^"]*".*?</', page.text, re.DOTALL)[0]
    assert "Services Counsellor" not in message


def test_wrong_input_is_shown_again(cast):
    client = cast.client("education_administrator")
    response = client.post(
        cast.url(cast.education, "staff_new"),
        {"email": "typed@", "name": "Typed Name", "role": "facilitator", "valid_from": "2026-01-01"},
    )
    assert response.status_code == 422
    assert "Typed Name" in response.text
    assert not User.objects.filter(name="Typed Name").exists()


def test_grant_of_another_track_cannot_be_ended(cast):
    grant = cast.services_caseworker.grants.get()
    client = cast.client("education_administrator")
    assert client.post(cast.url(cast.education, "staff_end", pk=grant.pk), {"go": "1"}).status_code == 404
    assert TrackGrant.objects.get(pk=grant.pk).valid_until is None


@pytest.mark.parametrize("newcomers", [1, 3])
def test_staff_page_has_a_fixed_number_of_statements(cast, newcomers):
    for number in range(newcomers):
        user = create_user(email=f"new{number}@example.org", name=f"New {number}", password=None, by=None)
        grant_access(user=user, track=cast.education, role="facilitator", valid_from=DAY, by=None)
    client, url = cast.client("education_administrator"), cast.url(cast.education, "staff")
    with exactly(6):
        assert client.get(url).text.count("@example.org") >= newcomers


def test_staff_page_shows_this_track_only(cast):
    response = cast.client("education_administrator").get(cast.url(cast.education, "staff"))
    assert "education_caseworker@example.org" in response.text
    assert "services_caseworker@example.org" not in response.text
