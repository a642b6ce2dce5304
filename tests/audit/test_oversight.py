"""What belongs to no track: for overseers only, without reference, name of a participant or address of a record."""

import csv
import io
import re

import pytest
import time_machine
from django.test import Client

from participants.audit.actions import origin, record
from participants.audit.models import Event
from participants.models import Participant, Referral
from participants.staff.actions import end_access, grant_access
from participants.tracks.scope import in_track
from tests.access.test_matrix import plain
from tests.cast import PASSWORD, START
from tests.statements import exactly
from tests.world import build_world, oversight_patterns

ADDRESSES = ("/oversight/", "/oversight/export/", "/oversight/review/")


def test_every_address_as_every_member(cast):
    assert {f"/{pattern.pattern}" for pattern in oversight_patterns()} == set(ADDRESSES)
    for name, user in cast.people.items():
        client = cast.client(user)
        expected = 200 if name == "harbor_overseer" else 404
        assert [client.get(url).status_code for url in ADDRESSES] == [expected] * 3, name
    assert len(cast.people) > 30


def test_for_others_it_is_a_wrong_address(cast):
    client = cast.client("education_privacy_officer")
    assert len({plain(client.get(url)) for url in (*ADDRESSES, "/oversight/nothing/", "/nowhere/education/")}) == 1
    assert [client.post(url).status_code for url in ADDRESSES] == [404] * 3
    events = Event.objects.filter(action="access.refused", actor_id=cast.education_privacy_officer.pk)
    assert {event.path for event in events} >= {"GET /oversight/", "POST /oversight/review/"}


def test_anonymous_is_led_to_sign_in(cast):
    for url in ADDRESSES:
        for method in ("get", "post"):
            response = getattr(Client(), method)(url)
            assert (response.status_code, response.url.split("?")[0]) == (302, "/account/login/")


def test_wrong_method_is_refused_and_on_record(cast):
    client = cast.client("harbor_overseer")
    assert [client.delete(url).status_code for url in ADDRESSES] == [405] * 3
    assert Event.objects.filter(action="page.refused", detail__answer="MethodNotAllowed").count() == 3


def test_ended_grant_and_inactive_account(cast):
    client = cast.client("harbor_overseer")
    end_access(grant=cast.harbor_overseer.program_grants.get(), on=START.replace(month=2), by=None)
    assert client.get("/oversight/").status_code == 404


def test_overseer_opens_nothing_of_a_track_and_no_drop(cast):
    client = cast.client("harbor_overseer")
    for url in ("/harbor/drop/", "/river/drop/", "/harbor/education/", "/harbor/services/audit/"):
        assert client.get(url).status_code == 404


def test_overseer_lands_there_and_chooses_with_a_track(cast):
    client = cast.client("harbor_overseer")
    assert client.get("/", follow=True).redirect_chain == [("/oversight/", 302)]
    grant_access(user=cast.harbor_overseer, track=cast.services, role="caseworker", valid_from=START, by=None)
    home = client.get("/").text
    assert ('href="/oversight/"' in home, 'href="/harbor/services/"' in home) == (True, True)
    assert "Change track" in client.get("/oversight/").text
    assert "Change track" in client.get("/harbor/services/").text


def test_nothing_of_a_track_is_shown(cast):
    """Byte by byte: ids, references, names and addresses of everything in both tracks, used by many people."""
    worlds = {
        kind: build_world(cast, cast.tracks[kind], f"Selma {kind.title()}son") for kind in ("education", "services")
    }
    secrets = {"Educationson", "Servicesson"}
    for kind, world in worlds.items():
        other = {"education": "services", "services": "education"}[kind]
        for name in ("manager", "caseworker", "privacy_officer"):
            for client in (cast.client(f"{kind}_{name}"), cast.client(f"{other}_{name}")):
                for page in ("participant", "referral", "participant_history", "session", "approval"):
                    url = cast.url(cast.tracks[kind], page, **world.kwargs[page])
                    client.get(url)
                    client.delete(url)
                    Client(enforce_csrf_checks=True).post(url)
        with in_track(cast.tracks[kind]):
            for model in (Participant, Referral):
                ids = list(model.objects.values_list("pk", flat=True))
                secrets |= {form for pk in ids for form in (str(pk), pk.hex, pk.hex[-8:])}
            secrets |= set(Participant.objects.values_list("reference", flat=True))
            secrets |= {row.case_number for row in Referral.objects.all()} - {""}
    client = cast.client("harbor_overseer")
    seen = ""
    for url in ADDRESSES:
        response = client.get(url)
        seen += response.text
        while response.context and response.context.get("next_url"):
            response = client.get(url + response.context["next_url"])
            seen += response.text
    assert "access.refused" in seen
    assert "&lt;slug:program&gt;/&lt;slug:track&gt;/participants/&lt;str:reference&gt;/" in seen
    seen = re.sub(r'(csrfmiddlewaretoken" value=|x-csrftoken":)"\w+"', "", seen)
    assert len(secrets) > 60
    assert not [secret for secret in secrets if secret in seen]


def test_sign_ins_failures_and_accounts_are_shown(cast):
    client = cast.client("harbor_overseer")
    typed = {"login": "education_manager@example.org", "password": "wrong-horse-wrong"}
    Client().post("/account/login/", typed)
    page = client.get("/oversight/", {"group": "signed_in", "outcome": "refused"})
    assert [(line.what, line.is_refused, line.who) for line in page.context["lines"]] == [
        ("Failed to sign in", True, "nobody signed in")
    ]
    assert typed["password"] not in page.text
    Client().post("/account/login/", {**typed, "password": PASSWORD})
    lines = client.get("/oversight/", {"group": "signed_in", "person": str(cast.education_manager.pk)}).context["lines"]
    assert "Signed in" in [line.what for line in lines]
    page = client.get("/oversight/", {"group": "accounts"})
    assert "the account of No Grant" in page.text
    assert "Gave access" in page.text


def test_filter_that_cannot_be_read_shows_no_row(cast):
    client = cast.client("harbor_overseer")
    for query in ({"group": "x"}, {"person": "x"}, {"from": "x"}, {"to": "2222-01-01"}):
        for url in ADDRESSES[:2]:
            response = client.get(url, query)
            assert (response.status_code, response.context["lines"]) == (422, [])


def test_filter_by_record_is_not_offered(cast):
    page = cast.client("harbor_overseer").get("/oversight/", {"record": "2222-2222"})
    assert page.status_code == 200
    assert "record" not in page.context["form"].fields


def test_export_is_what_the_page_shows(cast):
    with time_machine.travel("2026-05-01T16:00:00Z", tick=False), origin("10.0.0.9", "GET /<slug:program>/drop/"):
        record("access.refused", by=cast.education_manager, outcome="refused")
        record("drop.received", by=cast.harbor_sender, subjects=[("batch", cast.education.pk)], detail={"rows": 3})
    client = cast.client("harbor_overseer")
    response = client.get("/oversight/export/", {"from": "2026-05-01", "to": "2026-05-01"})
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [(row["action"], row["account"], row["records"], row["page"]) for row in rows] == [
        ("drop.received", "harbor_sender@example.org", "a batch", "GET /<slug:program>/drop/"),
        ("access.refused", "education_manager@example.org", "", "GET /<slug:program>/drop/"),
    ]
    event = Event.objects.get(action="audit.exported")
    assert (event.actor_id, event.track_id, event.detail) == (
        cast.harbor_overseer.pk, None, {"filters": ["from", "to"], "count": 2},
    )  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
def test_page_has_a_fixed_number_of_statements(cast, rows):
    with time_machine.travel("2026-05-01T16:00:00Z", tick=False):
        for _ in range(rows):
            record("account.created", by=cast.education_manager, subjects=[("user", cast.outsider.pk)])
    client = cast.client("harbor_overseer")
    client.get("/oversight/")
    with exactly(10):
        page = client.get("/oversight/", {"from": "2026-05-01", "to": "2026-05-01"})
    assert len(page.context["lines"]) == rows
