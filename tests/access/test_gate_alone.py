"""The gate of the address by itself: scope hardening switched off and no row security, it still answers 404."""

import pytest
from django.db import connection, models

from participants.models import Referral
from participants.tracks.models import Track
from participants.tracks.scope import ScopedQuery
from tests.world import track_patterns


def unscoped(self, using=None, connection=None, elide_empty=True):
    """Compile as Django does, with no track's filter."""
    return super(ScopedQuery, self).get_compiler(using, connection, elide_empty)


@pytest.fixture
def no_scope(monkeypatch):
    monkeypatch.setattr(ScopedQuery, "get_compiler", unscoped)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite has no row security: both walls are off there.")
def test_the_walls_are_off(land, no_scope):
    """The tests below would show nothing if a wall still stood: without a scope every track's rows are read."""
    found = models.QuerySet.count(Referral.objects.all())
    assert found > 10
    assert Track.objects.count() > 2
    assert {row.track_id for row in Referral.objects.all()} == {land.cast.education.pk, land.cast.services.pk}


@pytest.mark.parametrize("member", ["services_manager", "education_ended", "education_coming", "outsider"])
def test_address_of_a_track_without_a_live_grant_answers_404(land, no_scope, member):
    client, wrong = land.cast.client(member), []
    world = land.worlds["education"]
    for pattern in track_patterns():
        url = land.url("education", pattern.name)
        for response in (client.get(url), client.post(url, {"x": "1"})):
            shown = [word for word in (world.person, *world.references) if word in response.text]
            if response.status_code != 404 or shown:
                wrong.append((pattern.name, response.status_code, shown))
    assert wrong == []
