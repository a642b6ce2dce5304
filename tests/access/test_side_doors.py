"""What could leak by a side door: everything of one track is looked for, byte by byte, in all that the other is given.

The markers are what the world of the education track holds: names, references, case numbers and every id.
"""

import inspect
import logging
import random
import re

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import participants.tasks  # noqa: F401
from diversion.celery import app
from participants.access.kept import replace
from participants.audit.models import Event
from participants.models import Participant, Referral, Site
from participants.sessions.actions import write_note
from participants.staff.models import permissions_of
from participants.staff.roles import ROLES
from participants.tracks.models import TrackRecord
from participants.tracks.scope import in_track
from tests.world import patterns, track_patterns

KINDS = ("education", "services")
# What is written by hand, each where only its own track may read it.
TYPED = {
    "case note": "He asked Zebulon about the Thursday bus.",
    "privileged note": "She dreams of Quillfeather and wakes.",
    "kept form": "Half a sentence about Ottoline",
    "site": "Room 4 of the marker house",
}


def markers_of(track) -> set[bytes]:
    """Names, case numbers, references and ids of every row of a track, as bytes that nothing else holds."""
    words = set()
    with in_track(track):
        for row in Referral.objects.order_by("pk"):
            words |= {row.name, row.case_number}
        words |= set(Participant.objects.order_by("pk").values_list("reference", flat=True))
        for model in apps.get_app_config("participants").get_models():
            if issubclass(model, TrackRecord):
                for key in model.objects.order_by("pk").values_list("pk", flat=True):
                    words |= {str(key), key.hex}
    return {word.encode() for word in words if len(word) > 5}


def everything(response) -> bytes:
    """Body, headers and cookies as they go over the line."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body + str(list(response.items())).encode() + response.cookies.output().encode()


def leaks(response, markers: set[bytes]) -> list[bytes]:
    answer = everything(response)
    return [marker for marker in markers if marker in answer]


def write_by_hand(land) -> None:
    """A note that the staff of the education track reads, one that its author keeps, a form that came back, a site."""
    author = land.cast.people["education_counsellor"]
    with in_track(land.cast.education, by=author, write=True):
        person = Participant.objects.get(reference=land.worlds["education"].references[0])
        for name in ("case", "privileged"):
            text, stamp = TYPED[f"{name} note"], timezone.now()
            write_note(participant=person, text=text, visibility=name, now=stamp, by=author)
        replace(
            user=land.cast.people["both"], address=b"a" * 20, fields={"x": [TYPED["kept form"]]}, now=timezone.now()
        )
        Site.objects.create(name=TYPED["site"])


@pytest.fixture
def markers(land) -> set[bytes]:
    write_by_hand(land)
    # A case number that both tracks hold tells nothing of the other one.
    found = markers_of(land.cast.education) - markers_of(land.cast.services)
    assert len(found) > 150
    return found | {text.encode() for text in TYPED.values()}


def test_markers_are_shown_to_those_they_are_for(land, markers):
    """The tests below would pass on markers that no page ever shows."""
    client, seen = land.cast.client("education_caseworker"), set()
    for name in ("referrals", "participants", "my_day", "participant", "session"):
        seen |= set(leaks(client.get(land.url("education", name)), markers))
    assert len(seen) > 20


def test_typed_words_are_shown_to_those_they_are_for(land, markers):
    """A case note to a caseworker, a privileged one to its author, the site to who plans."""
    file = land.url("education", "participant")
    caseworker, author = land.cast.client("education_caseworker"), land.cast.client("education_counsellor")
    assert TYPED["case note"] in caseworker.get(file).text
    assert TYPED["privileged note"] not in caseworker.get(file).text
    assert TYPED["privileged note"] in author.get(file).text
    assert TYPED["site"] in caseworker.get(land.url("education", "sites")).text


WRITES = {"staff_end", "staff_unlock", "staff_second_factor"}  # would take the walker's own way away


def walkers(land) -> dict[str, list]:
    """The addresses that each member of the other track walks: whoever has every role in both tracks all of them, and
    each role those that are its own, shared by drawing two for every address."""
    draw, shared = random.Random(8), {"both": track_patterns()}
    for number, pattern in enumerate(track_patterns()):
        needed = pattern.callback.permissions
        may = [
            name
            for name in (f"services_{role}" for role in ROLES)
            if needed <= permissions_of(list(land.cast.people[name].grants.all()))
        ]
        refused = ["services_facilitator", "services_liaison", "harbor_sender", "outsider"][number % 4]
        for name in {*draw.sample(may, min(2, len(may))), refused}:
            shared.setdefault(name, []).append(pattern)
    assert set(shared) > {f"services_{role}" for role in ROLES}
    return shared


def test_no_page_of_the_other_track_holds_a_marker(land, markers, caplog):
    """Lists, counts, My day, reports, exports, audit pages, form choices, downloads, headers, cookies, the log, the
    cache and the session rows of walks through every page."""
    shown = []
    caplog.set_level(logging.DEBUG)
    for member, walked in walkers(land).items():
        client = land.cast.client(member)
        for pattern in walked:
            url = land.url("services", pattern.name)
            shown += [(member, "get", pattern.name, word) for word in leaks(client.get(url), markers)]
            if pattern.name not in WRITES:
                response = client.post(url, {"nothing": "known"})
                shown += [(member, "post", pattern.name, word) for word in leaks(response, markers)]
        # The messages framework and the pages that name a track.
        for url in ("/", "/account/password/change/"):
            shown += [(member, "get", url, word) for word in leaks(client.get(url), markers)]
    # Django writes its statements on this logger in a debugging process only, where nothing is anybody's.
    lines = [row.getMessage() for row in caplog.records if not row.name.startswith("django.db")]
    assert len(lines) > 50
    log = "\n".join(lines).encode()
    shown += [("log", "", "", word) for word in markers if word in log]
    sessions = [row.get_decoded() for row in Session.objects.all()]
    held = repr(getattr(cache, "_cache", {})).encode() + repr(sessions).encode()
    shown += [("cache or session", "", "", word) for word in markers if word in held]
    assert shown == []


@pytest.mark.parametrize("debug", [False, True])
def test_fault_with_a_file_open_shows_nothing_of_it(land, markers, settings, debug):
    """A page that fails while rows are read: with debug pages on, neither those who work there nor others see them."""
    settings.ROOT_URLCONF, settings.DEBUG = "tests.project.broken_urls", debug
    answers = {}
    for member in ("both", "services_manager"):
        client = land.cast.client(member)
        client.raise_request_exception = False
        for kind in KINDS:
            response = client.get(f"/harbor/{kind}/broken/value/")
            answers[member, kind] = response.status_code
            assert leaks(response, markers) == []
    assert answers == {
        ("both", "education"): 500,
        ("both", "services"): 500,
        ("services_manager", "education"): 404,
        ("services_manager", "services"): 500,
    }


@pytest.mark.parametrize("debug", [False, True])
def test_refusal_pages_hold_no_marker_even_with_debug(land, markers, debug):
    client, shown = land.cast.client("services_manager"), []
    client.raise_request_exception = False
    with override_settings(DEBUG=debug):
        for pattern in track_patterns():
            if land.worlds["education"].kwargs.get(pattern.name) is None:
                continue
            theirs = land.worlds["education"].kwargs[pattern.name]
            response = client.get(land.url("services", pattern.name, **theirs))
            body = everything(response)
            asked = {str(value).encode() for value in theirs.values()} | {
                value.hex.encode() for value in theirs.values() if hasattr(value, "hex")
            }  # what the address itself says is no news
            shown += [(pattern.name, word) for word in markers - asked if word in body]
    assert shown == []


def test_search_finds_and_counts_nobody_of_the_other_track(land, markers):
    client = land.cast.client("both")
    url = land.url("services", "search")
    for text in ("Edgar", "Buyerson", "Edgar Active Buyerson", *land.worlds["education"].references):
        response = client.post(url, {"q": text})
        said = response.content.replace(text.encode(), b"")
        nothing = client.post(url, {"q": "Zzyzzxq"}).content.replace(b"Zzyzzxq", b"")
        token = rb'(csrfmiddlewaretoken" value=|x-csrftoken":)"\w+"'
        assert re.sub(token, b"", said) == re.sub(token, b"", nothing), text
    assert "Buyerson" in client.post(land.url("education", "search"), {"q": "Buyerson"}).text


def test_existing_and_missing_reference_cost_the_same_statements(land):
    """Neither the number nor the text of the statements tells whether the other track has the reference."""
    client, asked, pages = land.cast.client("services_caseworker"), [], []
    for reference in ("2222-2222", land.worlds["education"].references[0]):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(land.url("services", "participant", reference=reference))
        pages.append((response.status_code, response.content.replace(reference.encode(), b"")))
        texts = [query["sql"].replace(reference, "?") for query in captured.captured_queries]
        asked.append([re.sub(r"'[^']*'|\b[0-9a-f]{32}\b|\b\d[\d.:-]*\b|s\d+_x\d+", "?", text) for text in texts])
    token = rb'(csrfmiddlewaretoken" value=|x-csrftoken":)"\w+"'
    assert re.sub(token, b"", pages[0][1]) == re.sub(token, b"", pages[1][1])
    assert pages[0][0] == pages[1][0] == 404
    assert asked[0] == asked[1]


def test_the_trail_of_a_track_names_nobody_of_the_other(land, markers):
    """Wrong-track tries leave the shape of their path, outside both tracks."""
    client = land.cast.client("services_manager")
    for pattern in track_patterns():
        client.get(land.url("education", pattern.name))
    written = repr(list(Event.objects.filter(action="access.refused").values())).encode()
    assert [word for word in markers if word in written] == []
    trail = land.cast.client("services_privacy_officer").get(land.url("services", "audit"))
    assert leaks(trail, markers) == []


def test_task_results_are_ignored_and_tasks_take_ids_only():
    """A broker that is read tells nobody: no result is kept, and no argument is more than ids."""
    assert app.conf.task_ignore_result is True
    for name, task in app.tasks.items():
        if name.startswith("participants."):
            taken = set(inspect.signature(task.run).parameters)
            assert all(one.endswith("_id") or one == "pk" for one in taken), (name, taken)


def test_anonymous_is_given_nothing(land, markers):
    client, shown = Client(), []
    for pattern in track_patterns():
        shown += [(pattern.name, w) for w in leaks(client.get(land.url("services", pattern.name)), markers)]
    assert shown == []
    assert permissions_of([]) == frozenset()
    assert len(patterns()) > 90
