"""What could leak by a side door: everything of one track is looked for, byte by byte, in all that the other is given.

The markers are what the world of the education track holds: names, references, case numbers and every id.
"""

import inspect
import logging
import re

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

import participants.tasks  # noqa: F401
from diversion.celery import app
from participants.audit.models import Event
from participants.models import Participant, Referral, Site
from participants.staff.models import permissions_of
from participants.staff.roles import ROLES
from participants.tracks.models import TrackRecord
from participants.tracks.scope import in_track
from tests.world import patterns, track_patterns

OTHERS = [*(f"services_{role}" for role in ROLES), "both", "harbor_sender", "outsider"]


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


@pytest.fixture
def markers(land) -> set[bytes]:
    # A case number that both tracks hold tells nothing of the other one.
    found = markers_of(land.cast.education) - markers_of(land.cast.services)
    assert len(found) > 150
    return found


def test_markers_are_shown_to_those_they_are_for(land, markers):
    """The tests below would pass on markers that no page ever shows."""
    client, seen = land.cast.client("education_caseworker"), set()
    for name in ("referrals", "participants", "my_day", "participant", "session"):
        seen |= set(leaks(client.get(land.url("education", name)), markers))
    assert len(seen) > 20


@pytest.mark.parametrize("member", OTHERS)
def test_no_page_of_the_other_track_holds_a_marker(land, markers, member, caplog):
    """Lists, counts, My day, reports, exports, audit pages, form choices, downloads, headers, cookies, the log, the
    cache and the session rows of a walk through every page."""
    client, shown = land.cast.client(member), []
    caplog.set_level(logging.DEBUG)
    for pattern in track_patterns():
        response = client.get(land.url("services", pattern.name))
        shown += [("get", pattern.name, word) for word in leaks(response, markers)]
        if pattern.name not in {"staff_end", "staff_unlock", "staff_second_factor"}:
            response = client.post(land.url("services", pattern.name), {"nothing": "known"})
            shown += [("post", pattern.name, word) for word in leaks(response, markers)]
    # The messages framework and the pages that name a track.
    for url in ("/", "/account/password/change/"):
        shown += [("get", url, word) for word in leaks(client.get(url), markers)]
    log = caplog.text.encode()
    shown += [("log", "", word) for word in markers if word in log and b"SELECT" not in log]
    sessions = [row.get_decoded() for row in Session.objects.all()]
    held = repr(getattr(cache, "_cache", {})).encode() + repr(sessions).encode()
    shown += [("cache or session", "", word) for word in markers if word in held]
    assert shown == []


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


def test_both_tracks_may_hold_the_same_outside_keys(land):
    """The same site name is written in both tracks, without a hint that the other one has it."""
    made = []
    for kind in ("education", "services"):
        track = land.cast.tracks[kind]
        with in_track(track, write=True):
            made.append(Site.objects.create(name="Room 4 of the marker house"))
    client = land.cast.client("services_manager")
    page = client.get(land.url("services", "sites")).content
    assert page.count(b"Room 4 of the marker house") >= 1
    assert str(made[0].pk).encode() not in page


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
