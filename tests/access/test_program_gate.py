"""Addresses of a program, outside its tracks, x every member of the cast; and what the gate there leaves behind."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import path, reverse

from diversion.urls import urlpatterns as project
from participants.access.gate import requires
from participants.audit.models import Event, EventSubject
from participants.models import Referral
from participants.staff.actions import create_user, grant_access, grant_drop
from participants.staff.permissions import Permission
from participants.tracks.scope import NoTrackInScope, active_scope_or_none
from participants.web import views as web
from tests.access.test_matrix import plain
from tests.cast import START
from tests.world import program_patterns

PATTERNS = program_patterns()


def address(pattern, program="harbor") -> str:
    return reverse(pattern.name, kwargs={"program": program})


def test_every_address_as_every_member(cast):
    assert PATTERNS
    answers, expected = {}, {}
    for name, user in cast.people.items():
        client = cast.client(user)
        for pattern in PATTERNS:
            for program in ("harbor", "river", "nowhere"):
                key = (name, pattern.name, program)
                expected[key] = 200 if name == f"{program}_sender" else 404
                answers[key] = client.get(address(pattern, program)).status_code
    assert answers == expected
    assert len(cast.people) > 30


def test_anonymous_is_led_to_sign_in(cast):
    for pattern in PATTERNS:
        for method in ("get", "post"):
            response = getattr(Client(), method)(address(pattern))
            assert (response.status_code, response.url.split("?")[0]) == (302, "/account/login/")


def test_wrong_method_is_refused(cast):
    for pattern in PATTERNS:
        assert cast.client("harbor_sender").delete(address(pattern)).status_code == 405


def test_other_program_and_wrong_address_answer_alike(cast):
    client = cast.client("harbor_sender")
    urls = ("/river/drop/", "/nowhere/drop/", "/harbor/education/", "/harbor/nothing/", "/harbor/drop/nothing/")
    pages = {plain(client.get(url)) for url in urls}
    assert len(pages) == 1
    assert pages.pop()[0] == 404


def test_refusal_and_view_are_on_record_without_a_track_or_a_person(cast):
    cast.client("education_manager").get("/harbor/drop/")
    cast.client("harbor_sender").get("/harbor/drop/")
    refused, viewed = Event.objects.filter(action__in=("access.refused", "page.viewed")).order_by("id")
    assert (refused.actor_id, refused.outcome, refused.path) == (
        cast.education_manager.pk, "refused", "GET /<slug:program>/drop/",
    )  # fmt: skip
    assert (viewed.actor_id, viewed.track_id, viewed.detail) == (
        cast.harbor_sender.pk, None, {"page": "drop", "program": "harbor"},
    )  # fmt: skip
    assert not EventSubject.objects.filter(event_id__in=(refused.pk, viewed.pk)).exists()


def test_grant_begins_and_ends_with_the_programs_day(cast):
    user = create_user(email="late@example.org", name="Late", password=None, by=None)
    day = datetime.date(2026, 3, 10)
    grant_drop(user=user, program=cast.harbor, agency="A", valid_from=day, valid_until=day, by=None)
    answers = []
    for at in ("2026-03-10T03:59Z", "2026-03-10T04:01Z", "2026-03-11T03:59Z", "2026-03-11T04:01Z"):
        with time_machine.travel(datetime.datetime.fromisoformat(at), tick=False):
            answers.append(cast.client(user).get("/harbor/drop/").status_code)
    assert answers == [404, 200, 200, 404]


def test_inactive_account_sends_nothing(cast):
    client = cast.client("harbor_sender")
    cast.harbor_sender.is_active = False
    cast.harbor_sender.save()
    assert client.get("/harbor/drop/").status_code == 302


def test_first_password_opens_no_drop(cast):
    cast.harbor_sender.must_change_password = True
    cast.harbor_sender.save()
    response = cast.client("harbor_sender").get("/harbor/drop/")
    assert (response.status_code, response.url) == (302, reverse("account_change_password"))


# --- where one lands -----------------------------------------------------------------------------------------
def test_sender_lands_on_the_drop(cast):
    response = cast.client("harbor_sender").get("/", follow=True)
    assert response.redirect_chain == [("/harbor/drop/", 302)]
    assert 'aria-current="page">Send referrals' in response.text
    assert "Change track" not in response.text


def test_sender_who_works_in_a_track_too_chooses(cast):
    grant_access(user=cast.harbor_sender, track=cast.services, role="caseworker", valid_from=START, by=None)
    client = cast.client("harbor_sender")
    home = client.get("/")
    assert (home.status_code, 'href="/harbor/drop/"' in home.text, 'href="/harbor/services/"' in home.text) == (
        200,
        True,
        True,
    )
    for url in ("/harbor/drop/", "/harbor/services/"):
        assert "Change track" in client.get(url).text
    assert client.get("/harbor/education/").status_code == 404


def test_sender_for_two_programs_chooses(cast):
    grant_drop(user=cast.harbor_sender, program=cast.river, agency="Harbor Police", valid_from=START, by=None)
    home = cast.client("harbor_sender").get("/")
    assert ("/harbor/drop/" in home.text, "/river/drop/" in home.text) == (True, True)


def test_staff_of_one_track_land_there_as_before(cast):
    assert cast.client("education_caseworker").get("/").url == "/harbor/education/"


# --- views behind this gate ----------------------------------------------------------------------------------
ENDINGS = {"denied": PermissionDenied, "missing": Http404}


@requires(Permission.SEND_REFERRALS)
def look(request, ending):
    assert active_scope_or_none() is None
    if ending == "ask":
        Referral.objects.exists()
    if ending == "other":
        request.may = lambda permission: False
        return requires(Permission.SEND_REFERRALS)(look)(request, ending)
    raise ENDINGS[ending]("secret words")


@requires(Permission.VIEW_REFERRALS)
def of_a_track(request):
    return HttpResponse("never")


urlpatterns = [
    path("<slug:program>/look/<str:ending>/", look, name="look"),
    path("<slug:program>/listed/", of_a_track, name="listed"),
    *project,
]
handler404 = web.not_found
handler403 = web.forbidden


@pytest.mark.urls(__name__)
def test_no_scope_is_open_outside_the_tracks(cast):
    with pytest.raises(NoTrackInScope):
        cast.client("harbor_sender").get("/harbor/look/ask/")


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("url", "status", "answer"),
    [
        ("/harbor/look/denied/", 403, "PermissionDenied"),
        ("/harbor/look/missing/", 404, "Http404"),
        ("/harbor/look/other/", 403, "PermissionDenied"),
        ("/harbor/listed/", 403, "PermissionDenied"),
    ],
)
def test_refused_page_is_on_record(cast, url, status, answer):
    response = cast.client("harbor_sender").get(url)
    assert response.status_code == status
    assert "secret words" not in response.text
    event = Event.objects.get(action="page.refused")
    assert (event.detail["answer"], event.detail["program"], event.outcome) == (answer, "harbor", "refused")
    assert not Event.objects.filter(action="page.viewed").exists()
