"""Every address x every member of the cast x every method: the other track 404, lacking permission 403, anonymous to
sign-in; and those whose grant has ended, has not begun, or whose account is not in use."""

import random
import re

import pytest
from django.test import Client
from django.urls import reverse

from participants.audit.models import Event
from participants.staff.models import permissions_of
from participants.staff.roles import ROLES
from participants.tracks.scope import in_track
from tests.access.conftest import NOT_IN_FORCE, NOT_IN_USE
from tests.world import OWN, patterns, program_patterns, track_patterns, unknown

PATTERNS = track_patterns()
KINDS = ("education", "services")
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
NEVER = ("put", "patch", "delete", "options", "trace")
# Addresses whose page does not exist in a track, whoever asks.
ABSENT = {("termination_propose", "services"), ("exit_statement", "services")}
MEMBERS = [f"{place}_{role}" for place in (*KINDS, "elsewhere") for role in ROLES] + [
    "harbor_sender",
    "river_sender",
    "outsider",
]
# Outside the tracks, without a permission: they show the reader's own account only, or nothing.
OPEN = re.compile(r"account_\w+|mfa_\w+|home|health")


def plain(response) -> tuple[int, str]:
    """Status and page, without the token that differs from page to page."""
    token = r'(csrfmiddlewaretoken" value=|x-csrftoken":)"\w+"'
    return response.status_code, re.sub(token, "", response.text)


def needed(pattern) -> frozenset:
    """The permissions that the view asks for."""
    return pattern.callback.permissions


def held_in(land, member: str, kind: str) -> frozenset:
    track = land.cast.tracks[kind]
    return permissions_of([grant for grant in land.cast.people[member].grants.all() if grant.track == track])


def may_open(land, kind: str, pattern) -> list[str]:
    """The members of a track whose roles give what the view asks for."""
    names = [f"{kind}_{role}" for role in ROLES]
    if pattern.name in OWN:
        return [f"{kind}_manager"]
    return [name for name in names if needed(pattern) <= held_in(land, name, kind)]


def test_every_address_is_in_the_matrix(land):
    """A new address is driven by itself, and what leads to it is in tests/world.py."""
    needing = {pattern.name for pattern in PATTERNS if "<" in str(pattern.pattern)}
    for world in land.worlds.values():
        assert set(world.kwargs) == needing
    assert len(PATTERNS) > 90
    inside = {id(pattern) for pattern in (*PATTERNS, *program_patterns())}
    outside = [pattern for _, pattern in patterns() if id(pattern) not in inside]
    assert {pattern.name for pattern in outside if not hasattr(pattern.callback, "permission")} == {
        pattern.name for pattern in outside if OPEN.fullmatch(pattern.name)
    }


@pytest.mark.parametrize("member", MEMBERS)
def test_every_address_as_every_member(land, member):
    client = land.cast.client(member)
    answers, expected, shown = {}, {}, []
    for kind in KINDS:
        held = held_in(land, member, kind)
        other = "services" if kind == "education" else "education"
        closed = [land.worlds[name] for name in (kind, other) if not held_in(land, member, name)]
        for pattern in PATTERNS:
            key = (pattern.name, kind)
            if not held or (key in ABSENT and needed(pattern) <= held):
                expected[key] = 404
            elif not needed(pattern) <= held:
                expected[key] = 403
            elif pattern.name in OWN and member != f"{kind}_manager":
                expected[key] = 404
            else:
                expected[key] = 200
            response = client.get(land.url(kind, pattern.name))
            answers[key] = response.status_code
            shown += [
                (key, word) for world in closed for word in (world.person, *world.references) if word in response.text
            ]
    assert {key: found for key, found in answers.items() if found != expected[key]} == {}
    assert shown == []


def as_found(client, url: str, methods=METHODS, allowed=()) -> dict[str, int | str]:
    """What each method is answered with: the status, or where it leads to outside the page."""
    found = {}
    for method in methods:
        response = getattr(client, method)(url)
        away = response.status_code == 302 and response.url.startswith("/account/")
        found[method] = response.url.split("?")[0] if away else response.status_code
        if response.status_code == 405:
            assert set(response["Allow"].split(", ")) <= {"GET", "HEAD", "POST"}, url
    return found


@pytest.mark.parametrize("name", [*NOT_IN_FORCE, *NOT_IN_USE])
def test_every_method_without_a_right_in_force(land, name):
    """Grants of every role that ended yesterday or start tomorrow; a disabled account; a first password."""
    answer = {"disabled": reverse("account_login"), "new": reverse("account_change_password")}.get(name, 404)
    wrong = {}
    for kind in KINDS:
        client = land.cast.client(f"{kind}_{name}")
        # A link of one's own track and one of the other one; every method where the method could matter.
        for number, pattern in enumerate(PATTERNS):
            methods = METHODS if number % 4 == KINDS.index(kind) else ("get", "post")
            found = as_found(client, land.url(kind, pattern.name), methods)
            if set(found.values()) != {answer}:
                wrong[kind, pattern.name] = found
        assert client.get("/").status_code in (200, 302)
        assert f"/harbor/{kind}/" not in client.get("/").text
    client = land.cast.client(f"harbor_{name}")
    for pattern in program_patterns():
        found = as_found(client, reverse(pattern.name, kwargs={"program": "harbor"}))
        if set(found.values()) != {answer}:
            wrong["program", pattern.name] = found
    assert wrong == {}


def test_every_method_of_who_may_not(land):
    """One member of the other track and one without the permission for each address, drawn anew for every address."""
    draw = random.Random(4)
    wrong, clients = {}, {name: land.cast.client(name) for name in MEMBERS}
    for number, pattern in enumerate(PATTERNS):
        kind = KINDS[number % 2]
        url = land.url(kind, pattern.name)
        stranger = draw.choice([name for name in MEMBERS if not name.startswith(kind)])
        found = as_found(clients[stranger], url)
        if set(found.values()) != {404}:
            wrong[stranger, pattern.name] = found
        lacking = [f"{kind}_{role}" for role in ROLES if not needed(pattern) <= held_in(land, f"{kind}_{role}", kind)]
        if not lacking:
            continue
        member = draw.choice(lacking)
        found = as_found(clients[member], url)
        # A method that the address does not take is refused before anyone asks who sends it.
        if not set(found.values()) <= {403, 405} or found["get"] == found["post"] == 405:
            wrong[member, pattern.name] = found
    assert wrong == {}


def test_every_method_of_who_may(land):
    """Nothing but GET, HEAD and POST is ever taken, and HEAD answers as GET does, without a page."""
    wrong = {}
    clients = {f"{kind}_{role}": land.cast.client(f"{kind}_{role}") for kind in KINDS for role in ROLES}
    for number, pattern in enumerate(PATTERNS):
        kind = KINDS[number % 2]
        member = may_open(land, kind, pattern)[number % 2 - 1]
        url = land.url(kind, pattern.name)
        found = as_found(clients[member], url, ("get", "head", *NEVER))
        if {found[method] for method in NEVER} != {405}:
            wrong[member, pattern.name] = found
        if found["head"] not in (found["get"], 405):
            wrong[member, pattern.name] = found
    assert wrong == {}


def test_anonymous_is_led_to_sign_in_by_every_method(land):
    client, wrong = Client(), {}
    for kind in KINDS:
        for pattern in PATTERNS:
            found = as_found(client, land.url(kind, pattern.name))
            if set(found.values()) != {reverse("account_login")}:
                wrong[kind, pattern.name] = found
    assert wrong == {}


def test_id_of_the_other_track_is_unknown_here(land):
    """A right address with the other track's id answers as one with an id that does not exist."""
    wrong = {}
    for kind, other in (KINDS, KINDS[::-1]):
        clients = {role: land.cast.client(f"{kind}_{role}") for role in ROLES}
        for pattern in PATTERNS:
            theirs = land.worlds[other].kwargs.get(pattern.name)
            if theirs is None:
                continue
            role = next(role for role in ROLES if needed(pattern) <= held_in(land, f"{kind}_{role}", kind))
            answers = []
            for kwargs in (theirs, unknown(theirs)):
                url = land.url(kind, pattern.name, **kwargs)
                answers.append([plain(clients[role].get(url)), plain(clients[role].post(url, {"x": "1"}))])
            statuses = [status for status, _ in answers[0]]
            if answers[0] != answers[1] or statuses[0] not in {404, 405} or statuses[1] not in {404, 405}:
                wrong[kind, pattern.name] = statuses
            if statuses == [405, 405]:
                wrong[kind, pattern.name] = statuses
    assert wrong == {}


def test_denials_are_on_record(land):
    cast = land.cast
    client = cast.client("education_facilitator")
    client.get(cast.url(cast.education, "participants"))
    with in_track(cast.education):
        event = Event.objects.get(action="page.refused")
        assert (event.actor_id, event.outcome, event.detail["page"]) == (
            cast.education_facilitator.pk,
            "refused",
            "participants",
        )
    reference = land.worlds["services"].kwargs["participant"]["reference"]
    client.get(cast.url(cast.services, "participant", reference=reference))
    event = Event.objects.get(action="access.refused")
    assert event.actor_id == cast.education_facilitator.pk
    assert "<str:reference>" in event.path
    assert reference not in event.path


def test_wrong_track_wrong_program_and_wrong_address_answer_alike(land):
    client = land.cast.client("education_caseworker")
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
