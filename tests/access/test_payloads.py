"""Strings that break programs in every address and every form: no fault, and nothing shown unescaped."""

import pytest
from django.apps import apps
from django.test import Client

from participants.tracks.models import TrackRecord
from participants.tracks.scope import in_track
from tests.shared_data import shared_data
from tests.world import track_patterns

FILES = ("csv-injection.txt", "sqli-auth-bypass.txt", "sqli-generic-sqli.txt")
BAD_PATHS = ("../../etc/passwd", "%2e%2e%2f", "%00", "'%20OR%201=1--", "%0d%0aSet-Cookie:x=1", "a" * 3000, "%ff%fe")
FORGED = ("track", "track_id", "status", "state", "role", "id", "pk", "version", "participant", "by", "kind")


def rows(land) -> dict:
    """The record of every row of both tracks, but of what says that somebody looked."""
    found = {}
    for kind, track in land.cast.tracks.items():
        with in_track(track):
            for model in apps.get_app_config("participants").get_models():
                if issubclass(model, TrackRecord):
                    columns = [field.attname for field in model._meta.concrete_fields if field.attname != "fields"]
                    found[kind, model.__name__] = list(model.objects.order_by("pk").values_list(*columns))
    return found


def client_of(land) -> Client:
    client = land.cast.client("both")
    client.raise_request_exception = False
    return client


def test_bad_paths_lead_nowhere(land):
    client, before, wrong = client_of(land), rows(land), []
    for number, pattern in enumerate(track_patterns()):
        kind = ("education", "services")[number % 2]
        url = land.url(kind, pattern.name)
        for turn, bad in enumerate(BAD_PATHS):  # below the page, or in place of the last part of its address
            address = (f"{url}{bad}/", url.rstrip("/").rsplit("/", 1)[0] + f"/{bad}/")[(number + turn) % 2]
            response = client.get(address)
            if response.status_code >= 500 or "Set-Cookie" in response or "x=1" in str(response.items()):
                wrong.append((address[:80], response.status_code))
    assert wrong == []
    assert rows(land) == before


@pytest.mark.shared_data
def test_payload_in_place_of_a_form_breaks_no_page(land):
    """A payload in each forged field and query, for every address: no fault, and nothing of it is shown unescaped."""
    texts = [
        line
        for name in FILES
        for line in shared_data(f"payloads/{name}").read_text(encoding="utf-8").split("\n")
        if line.strip()
    ]
    client, wrong = client_of(land), []
    for number, pattern in enumerate(track_patterns()):
        kind = ("education", "services")[number % 2]
        text = texts[number * 7 % len(texts)] + "<script>alert(1)</script>\0"
        for response in (
            client.get(land.url(kind, pattern.name), {"q": text, "page": text, "from": text, "next": text}),
            client.post(land.url(kind, pattern.name), dict.fromkeys(FORGED, text)),
        ):
            body = b"".join(response.streaming_content) if response.streaming else response.content
            if response.status_code >= 500 or b"<script>alert(1)" in body:
                wrong.append((pattern.name, response.status_code))
    assert wrong == []
