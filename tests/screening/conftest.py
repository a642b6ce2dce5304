"""What the tests of screening share."""

import datetime

import pytest

from tests import builders

TODAY = datetime.date(2026, 4, 1)


@pytest.fixture(params=["education", "services"])
def track(cast, request):
    """Both kinds of track, one after the other."""
    return cast.tracks[request.param]


@pytest.fixture
def today():
    return TODAY


@pytest.fixture
def people(cast, track):
    """Who screens, and two managers: `people["intake_clerk"]`, `people["manager"]`, `people["second"]`."""
    place = next(place for place, known in cast.tracks.items() if known == track)
    roles = {role: builders.staff(cast, track, role) for role in ("intake_clerk", "caseworker", "manager")}
    return {**roles, "second": cast.people[f"{place}_second_manager"]}
