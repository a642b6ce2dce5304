"""Every address x every member of the cast: the other track 404, lacking permission 403, anonymous to sign-in."""

import re

import pytest
from django.test import Client

from participants.audit.models import Event
from participants.staff.models import permissions_of
from participants.tracks.scope import in_track
from tests.world import OWN, build_world, track_patterns, unknown

PATTERNS = track_patterns()
# Addresses whose page does not exist in a track, whoever asks.
ABSENT = {("termination_propose", "services"), ("exit_statement", "services")}
MEMBERS = [
    f"{place}_{role}"
    for place in ("education", "services", "elsewhere")
    for role in (
        "intake_clerk",
        "caseworker",
        "facilitator",
        "counsellor",
        "clinical_supervisor",
        "manager",
        "liaison",
        "privacy_officer",
        "administrator",
    )
] + ["harbor_sender", "river_sender", "outsider"]


@pytest.fixture
def worlds(cast):
    return {
        "education": build_world(cast, cast.education, "Edgar Buyerson"),
        "services": build_world(cast, cast.services, "Selma Serviceson"),
    }


def plain(response) -> tuple[int, str]:
    """Status and page, without the token that differs from page to page."""
    token = r'(csrfmiddlewaretoken" value=|x-csrftoken":)"\w+"'
    return response.status_code, re.sub(token, "", response.text)


def address(cast, worlds, kind, pattern):
    track = cast.tracks[kind]
    return cast.url(track, pattern.name, **worlds[kind].kwargs.get(pattern.name, {}))


def test_the_world_leads_to_every_page(cast, worlds):
    needing = {pattern.name for pattern in PATTERNS if "<" in str(pattern.pattern)}
    for world in worlds.values():
        assert set(world.kwargs) == needing
    assert len(PATTERNS) > 40


@pytest.mark.parametrize("member", MEMBERS)
def test_every_address(cast, worlds, member):
    client = cast.client(member)
    held = {
        kind: permissions_of([grant for grant in cast.people[member].grants.all() if grant.track == cast.tracks[kind]])
        for kind in worlds
    }
    answers, expected = {}, {}
    for kind in worlds:
        for pattern in PATTERNS:
            key = (pattern.name, kind)
            if not held[kind] or (key in ABSENT and pattern.callback.permission in held[kind]):
                expected[key] = 404
            elif pattern.callback.permission not in held[kind]:
                expected[key] = 403
            elif pattern.name in OWN and member != f"{kind}_manager":
                expected[key] = 404
            else:
                expected[key] = 200
            response = client.get(address(cast, worlds, kind, pattern))
            answers[key] = response.status_code
            for other in worlds:
                if not held[other]:
                    assert worlds[other].person not in response.text, key
                    assert not [ref for ref in worlds[other].references if ref in response.text], key
    assert answers == expected


def test_anonymous_is_led_to_sign_in(cast, worlds):
    for kind in worlds:
        for pattern in PATTERNS:
            url = address(cast, worlds, kind, pattern)
            for method in ("get", "post"):
                response = getattr(Client(), method)(url)
                assert (response.status_code, response.url.split("?")[0]) == (302, "/account/login/"), url


def test_id_of_the_other_track_is_unknown_here(cast, worlds):
    """A right address with the other track's id answers as one with an id that does not exist."""
    for kind, other in (("education", "services"), ("services", "education")):
        clients = {role: cast.client(f"{kind}_{role}") for role in ("manager", "administrator", "liaison")}
        for pattern in PATTERNS:
            theirs = worlds[other].kwargs.get(pattern.name)
            if theirs is None:
                continue
            client = next(
                client
                for role, client in clients.items()
                if pattern.callback.permission in permissions_of(list(cast.people[f"{kind}_{role}"].grants.all()))
            )
            answers = []
            for kwargs in (theirs, unknown(theirs)):
                url = cast.url(cast.tracks[kind], pattern.name, **kwargs)
                answers.append([plain(client.get(url)), plain(client.post(url, {"x": "1"}))])
            assert answers[0] == answers[1], pattern.name
            assert answers[0][0][0] == 404, pattern.name
            assert answers[0][1][0] in {404, 405}, pattern.name


def test_wrong_method_is_refused(cast, worlds):
    for kind in worlds:
        client = cast.client(f"{kind}_manager")
        for pattern in PATTERNS:
            assert client.delete(address(cast, worlds, kind, pattern)).status_code == 405, pattern.name


def test_denials_are_on_record(cast, worlds):
    client = cast.client("education_facilitator")
    client.get(cast.url(cast.education, "participants"))
    with in_track(cast.education):
        event = Event.objects.get(action="page.refused")
        assert (event.actor_id, event.outcome, event.detail["page"]) == (
            cast.education_facilitator.pk,
            "refused",
            "participants",
        )
    reference = worlds["services"].kwargs["participant"]["reference"]
    client.get(cast.url(cast.services, "participant", reference=reference))
    event = Event.objects.get(action="access.refused")
    assert event.actor_id == cast.education_facilitator.pk
    assert "<str:reference>" in event.path
    assert reference not in event.path


def test_wrong_track_wrong_program_and_wrong_address_answer_alike(cast):
    client = cast.client("education_caseworker")
    pages = [
        client.get(url)
        for url in (
            "/harbor/services/participants/",
            "/river/education/participants/",
            "/harbor/nothing/participants/",
            "/nowhere/education/participants/",
            "/harbor/education/nothing/",
        )
    ]
    assert {page.status_code for page in pages} == {404}
    assert len({plain(page) for page in pages}) == 1
