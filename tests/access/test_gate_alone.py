"""The gate of the address by itself: scope hardening switched off and no row security, it still answers 404."""

import pytest
from django.db import connection, connections, models

from participants.models import Referral
from participants.tracks import policies, walls
from participants.tracks.models import Track
from participants.tracks.scope import ScopedQuery
from tests.world import track_patterns

MEMBERS = ("services_manager", "education_ended", "education_coming", "outsider", "harbor_sender", "elsewhere_manager")


def unscoped(self, using=None, connection=None, elide_empty=True):
    """Compile as Django does, with no track's filter."""
    return super(ScopedQuery, self).get_compiler(using, connection, elide_empty)


def without_row_security() -> None:
    """As the owner: no policy, and every row is anybody's. What empties the database at the end builds them again."""
    owner = connections[walls.owner_alias("default")]
    policies.drop(owner)
    with owner.cursor() as cursor:
        for table in policies.conditions():
            cursor.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')


@pytest.fixture
def no_walls(live_db, land, monkeypatch):
    """Neither wall stands."""
    monkeypatch.setattr(ScopedQuery, "get_compiler", unscoped)
    if connection.vendor == "postgresql":
        without_row_security()


def test_address_of_a_track_without_a_live_grant_answers_404(land, no_walls):
    # The answers below would show nothing if a wall still stood: without a scope every track's rows are read.
    assert Track.objects.count() > 2
    assert models.QuerySet.count(Referral.objects.all()) > 10
    assert {row.track_id for row in Referral.objects.all()} == {land.cast.education.pk, land.cast.services.pk}

    clients, wrong = [(member, land.cast.client(member)) for member in MEMBERS], []
    world = land.worlds["education"]
    for number, pattern in enumerate(track_patterns()):
        url = land.url("education", pattern.name)
        for member, client in (clients[number % 3], clients[3 + number % 3]):
            for response in (client.get(url), client.post(url, {"x": "1"})):
                shown = [word for word in (world.person, *world.references) if word in response.text]
                if response.status_code != 404 or shown:
                    wrong.append((member, pattern.name, response.status_code, shown))
    assert wrong == []
