"""Every unsafe address without a CSRF token answers 403 and does nothing."""

from django.test import Client
from django.urls import reverse

from participants.audit.models import Event
from participants.tracks.scope import in_track
from tests.world import program_patterns, track_patterns

# Every address is tried as the first and as one of the others.
MEMBERS = ("education_manager", "education_administrator", "education_liaison", "education_intake_clerk")


def test_post_without_a_token_is_refused_everywhere(land):
    cast = land.cast
    with in_track(cast.education):
        before = Event.objects.count()
    clients = [Client(enforce_csrf_checks=True) for _ in MEMBERS]
    for client, member in zip(clients, MEMBERS, strict=True):
        client.force_login(cast.people[member])
    for number, pattern in enumerate(track_patterns()):
        for client in (clients[0], clients[1 + number % (len(MEMBERS) - 1)]):
            response = client.post(land.url("education", pattern.name), {"x": "1"})
            assert response.status_code == 403, pattern.name
    with in_track(cast.education):
        assert Event.objects.count() == before
    refused = Event.objects.filter(action="form.refused", outcome="refused")
    assert refused.count() == 2 * len(track_patterns())
    assert all("<slug:program>" in event.path for event in refused)


def test_post_without_a_token_is_refused_outside_the_tracks(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.harbor_sender)
    for pattern in program_patterns():
        url = reverse(pattern.name, kwargs={"program": "harbor"})
        assert client.post(url, {"x": "1"}).status_code == 403, pattern.name
    assert Event.objects.filter(action="form.refused", outcome="refused").count() == len(program_patterns()) > 0


def test_sign_in_without_a_token_is_refused(db):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/account/login/", {"login": "a@example.org", "password": "x"}).status_code == 403
