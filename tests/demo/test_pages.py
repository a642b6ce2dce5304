"""The pages that show the demonstration: every kind of file opens, for those whose work it is."""

import datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from participants.access.context import PAGES
from participants.sessions.models import Session
from participants.staff.queries import staff_with
from participants.tracks.scope import in_track
from tests.demo.conftest import NOW, TODAY, one_of_each


@pytest.fixture(autouse=True)
def on_the_day():
    with time_machine.travel(NOW, tick=False):
        yield


def browser(demo, track, key: str) -> Client:
    client = Client()
    client.force_login(demo.staff(track.kind, key))
    return client


def test_file_of_every_stage_opens(demo, track):
    client = browser(demo, track, "caseworker")
    place = {"program": track.program.slug, "track": track.kind}
    with in_track(track):
        cases = [
            (referral.pk, getattr(getattr(referral, "enrollment", None), "participant", None))
            for referral in one_of_each()
        ]
    for pk, participant in cases:
        assert client.get(reverse("referral", kwargs={**place, "pk": pk})).status_code == 200
        if participant is not None:
            address = reverse("participant", kwargs={**place, "reference": participant.reference})
            assert client.get(address).status_code == 200


def test_roster_of_every_session_about_today_opens(demo, track):
    client = browser(demo, track, "caseworker")
    week = datetime.timedelta(days=8)
    with in_track(track):
        near = Session.objects.filter(held_on__range=(TODAY - week, TODAY + week)).values_list("pk", flat=True)
        addresses = [
            reverse("session", kwargs={"program": track.program.slug, "track": track.kind, "pk": pk}) for pk in near
        ]
    assert len(addresses) >= 3
    assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)


@pytest.mark.parametrize(("name", "permission"), [(page[0], page[2]) for page in PAGES])
def test_menu_opens_for_everyone_who_has_it(demo, track, name, permission):
    able = list(staff_with(permission, track=track, on=TODAY))
    assert able
    for user in able:
        client = Client()
        client.force_login(user)
        answer = client.get(reverse(name, kwargs={"program": track.program.slug, "track": track.kind}))
        assert answer.status_code == 200
