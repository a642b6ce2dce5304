"""Every address x every member of the cast x every method: the other track 404, lacking permission 403, anonymous to
sign-in; and those whose grant has ended, has not begun, or whose account is not in use.

Where many members are alike to an address they share it: each takes some addresses, drawn by number, so that every
address meets every method from every kind of person.
"""

import random
import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from participants.audit.models import Event
from participants.staff.models import permissions_of
from participants.staff.roles import ROLES
from participants.tracks.scope import in_track
from tests.access.conftest import NOT_IN_FORCE, NOT_IN_USE
from tests.world import OWN, oversight_patterns, patterns, program_patterns, track_patterns, unknown

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


def share_of(member: str) -> list:
    """The addresses at which a member stands for all who have no grant in the track."""
    number, shares = MEMBERS.index(member), 3 if member in MEMBERS[-3:] else 6
    assert len(ROLES) >= 6
    return [pattern for place, pattern in enumerate(PATTERNS) if (place + number) % shares == 0]


@pytest.mark.parametrize("member", MEMBERS)
def test_every_address_as_every_member(land, member):
    client = land.cast.client(member)
    answers, expected, shown = {}, {}, []
    for kind in KINDS:
        held = held_in(land, member, kind)
        closed = [land.worlds[name] for name in KINDS if not held_in(land, member, name)]
        for pattern in PATTERNS if held else share_of(member):
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


def test_every_method_without_a_grant_in_force(land):
    """Grants of every role that ended yesterday or start tomorrow."""
    wrong = {}
    clients = {(kind, name): land.cast.client(f"{kind}_{name}") for kind in KINDS for name in NOT_IN_FORCE}
    for number, pattern in enumerate(PATTERNS):
        kind = KINDS[number % 2]
        whole = NOT_IN_FORCE[number // 2 % 2]
        for name in NOT_IN_FORCE:
            methods = METHODS if name == whole else ("get", "post")
            found = as_found(clients[kind, name], land.url(kind, pattern.name), methods)
            if set(found.values()) != {404}:
                wrong[kind, name, pattern.name] = found
    for (kind, _), client in clients.items():
        assert client.get("/").status_code == 200
        assert f"/harbor/{kind}/" not in client.get("/").text
    assert wrong == {}


@pytest.mark.parametrize("name", NOT_IN_USE)
def test_every_address_with_an_account_not_in_use(land, name):
    """A disabled account is led to sign-in, one with its first password to a new one, by every method."""
    answer = {"disabled": reverse("account_login"), "new": reverse("account_change_password")}[name]
    wrong, clients = {}, [land.cast.client(f"{kind}_{name}") for kind in KINDS]
    for number, pattern in enumerate(PATTERNS):
        url = land.url(KINDS[number % 2], pattern.name)
        found = as_found(clients[number % 2], url, {"get", "post", METHODS[number % len(METHODS)]})
        if set(found.values()) != {answer}:
            wrong[pattern.name] = found
    assert wrong == {}


@pytest.mark.parametrize("name", [*NOT_IN_FORCE, *NOT_IN_USE])
def test_every_method_outside_the_tracks_without_a_right_in_force(land, name):
    """A right to send that has ended or not begun, or whose account is not in use; /oversight/ likewise."""
    answer = {"disabled": reverse("account_login"), "new": reverse("account_change_password")}.get(name, 404)
    client, wrong = land.cast.client(f"harbor_{name}"), {}
    for url in outside_urls():
        found = as_found(client, url)
        if set(found.values()) != {answer}:
            wrong[url] = found
    assert wrong == {}


def outside_urls() -> list[str]:
    """Addresses of a program, and of what belongs to no track."""
    urls = [reverse(pattern.name, kwargs={"program": "harbor"}) for pattern in program_patterns()]
    urls += [reverse(pattern.name) for pattern in oversight_patterns()]
    assert len(urls) > 2
    return urls


@pytest.mark.parametrize("member", ["education_manager", "services_privacy_officer", "outsider", "river_sender"])
def test_every_method_outside_the_tracks_by_staff_of_a_track(land, member):
    """Not even a privacy officer or an administrator of a track reaches what belongs to none."""
    client, wrong = land.cast.client(member), {}
    for url in outside_urls():
        found = as_found(client, url)
        if set(found.values()) != {404}:
            wrong[url] = found
    assert wrong == {}


def test_second_factor_addresses_take_no_other_method(land):
    """They show the reader's own account only: no method that they do not know does anything, whoever asks."""
    own = [pattern for _, pattern in patterns() if re.fullmatch(r"mfa_\w+", pattern.name or "")]
    assert len(own) > 3
    clients, wrong = [land.cast.client(name) for name in ("education_caseworker", "harbor_sender")], {}
    for number, pattern in enumerate(own):
        url = reverse(pattern.name, kwargs={"pk": 1} if "<" in str(pattern.pattern) else None)
        for method in ("put", "patch", "delete", "trace"):
            answers = [getattr(one, method)(url).status_code for one in (clients[number % 2], Client())]
            # A form there takes PUT as it takes POST, with the same token: sent empty it comes back.
            if not set(answers) <= {302, 403, 404, 405} | ({200} if method == "put" else set()):
                wrong[pattern.name, method] = answers
    assert wrong == {}
    assert not Authenticator.objects.exists()


def test_every_method_of_who_may_not(land):
    """One member of the other track and one without the permission for each address, drawn anew for every address."""
    draw = random.Random(4)
    wrong, clients = {}, {name: land.cast.client(name) for name in MEMBERS}
    for number, pattern in enumerate(PATTERNS):
        kind = KINDS[number % 2]
        url = land.url(kind, pattern.name)
        stranger = draw.choice([name for name in MEMBERS if not name.startswith(kind)])
        found = as_found(clients[stranger], url, METHODS[1:])
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
    for number, pattern in enumerate(PATTERNS):
        found = as_found(client, land.url(KINDS[number % 2], pattern.name))
        if set(found.values()) != {reverse("account_login")}:
            wrong[pattern.name] = found
    assert wrong == {}


def test_id_of_the_other_track_is_unknown_here(land):
    """A right address with the other track's id answers as one with an id that does not exist."""
    wrong = {}
    for kind, other in (KINDS, KINDS[::-1]):
        clients = {role: land.cast.client(f"{kind}_{role}") for role in ROLES}
        for number, pattern in enumerate(PATTERNS):
            theirs = land.worlds[other].kwargs.get(pattern.name)
            if theirs is None:
                continue
            role = next(role for role in ROLES if needed(pattern) <= held_in(land, f"{kind}_{role}", kind))
            methods = ("get", "post") if KINDS[number % 2] == kind else ("get",)
            answers = []
            for kwargs in (theirs, unknown(theirs)):
                url = land.url(kind, pattern.name, **kwargs)
                answers.append([plain(getattr(clients[role], method)(url)) for method in methods])
            statuses = [status for status, _ in answers[0]]
            if answers[0] != answers[1] or not set(statuses) <= {404, 405} or statuses == [405, 405]:
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
