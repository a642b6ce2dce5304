"""One of everything in both tracks of a program, and those whose right to be there has ended or not begun."""

import datetime
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.utils import timezone

from participants.staff.actions import grant_access, grant_drop
from participants.staff.roles import ROLES
from tests.cast import START, Cast, build_cast, make_user
from tests.standing import Standing
from tests.world import World, build_world

DAY = datetime.timedelta(days=1)
# Whose grants of every role are not in force, or whose account is not in use: nobody of them meets a page of a track.
NOT_IN_FORCE = ("ended", "coming")
NOT_IN_USE = ("disabled", "new")


@dataclass
class Land:
    """The cast, and the world of each track of its first program."""

    cast: Cast
    worlds: dict[str, World]

    def url(self, kind: str, name: str, **kwargs) -> str:
        """The address of a page of a track; without keywords of one that leads to something."""
        return self.cast.url(self.cast.tracks[kind], name, **(kwargs or self.worlds[kind].kwargs.get(name, {})))


def build_land() -> Land:
    cast = build_cast()
    today = timezone.now().astimezone(cast.harbor.zone).date()
    times = {"ended": (START, today - DAY), "coming": (today + DAY, None)}
    for kind in ("education", "services"):
        for name in (*NOT_IN_FORCE, *NOT_IN_USE):
            user = cast.people[f"{kind}_{name}"] = make_user(f"{kind}_{name}")
            begins, ends = times.get(name, (START, None))
            for role in ROLES:
                grant_access(
                    user=user, track=cast.tracks[kind], role=role, valid_from=begins, valid_until=ends, by=None
                )
    for name in (*NOT_IN_FORCE, *NOT_IN_USE):
        user = cast.people[f"harbor_{name}"] = make_user(f"harbor_{name}")
        begins, ends = times.get(name, (START, None))
        grant_drop(user=user, program=cast.harbor, agency="Police", valid_from=begins, valid_until=ends, by=None)
    for place in ("education", "services", "harbor"):
        disabled, new = cast.people[f"{place}_disabled"], cast.people[f"{place}_new"]
        disabled.is_active, new.must_change_password = False, True
        disabled.save()
        new.save()
    cast.people["both"] = make_user("both")
    for kind in ("education", "services"):
        for role in ROLES:
            grant_access(user=cast.people["both"], track=cast.tracks[kind], role=role, valid_from=START, by=None)
    return Land(
        cast=cast,
        worlds={
            "education": build_world(cast, cast.education, "Edgar Buyerson"),
            "services": build_world(cast, cast.services, "Selma Serviceson"),
        },
    )


@pytest.fixture(scope="session")
def standing_lands(standing_cast) -> dict[datetime.date, Standing]:
    """By the day on which it was made: grants and waiting files count from then."""
    return {}


@pytest.fixture
def land(standing_lands, db) -> Land:
    today = timezone.now().date()
    if today not in standing_lands:
        with transaction.atomic():
            standing_lands[today] = Standing(build_land)
            transaction.set_rollback(True)
    return standing_lands[today].put()
