"""The fixed cast of the tests: two tracks of one program, one program beside it, and the people who work there."""

import datetime
import time
from dataclasses import dataclass, field

from django.test import Client
from django.urls import reverse

from participants.access.lock import STAMPS
from participants.staff.actions import create_user, grant_access, grant_drop, grant_oversight
from participants.staff.models import User
from participants.staff.roles import ROLES
from participants.tracks.actions import create_program
from participants.tracks.models import Program, Track

PASSWORD = "a-long-test-password-7"
START = datetime.date(2026, 1, 1)


class Attended(Client):
    """A browser whose user is there all the time: where a test moves the clock, the session goes along and stays open.

    What happens when nobody is there is tested with a plain `Client` (tests/access/test_lock.py).
    """

    stamped = 0.0

    def force_login(self, *args, **kwargs):
        super().force_login(*args, **kwargs)
        self.stamped = time.time()

    def request(self, **request):
        now = time.time()
        if self.stamped and abs(now - self.stamped) > 60:
            session = self.session
            if stamps := session.get(STAMPS):
                session[STAMPS] = {**stamps, "signed_in": now, "seen": now}
                session.save()
            self.stamped = now
        return super().request(**request)


@dataclass
class Cast:
    """`education` and `services` are the tracks of `harbor`; `river` is another program."""

    harbor: Program
    river: Program
    education: Track
    services: Track
    elsewhere: Track
    people: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> User:
        """`cast.education_caseworker`, `cast.services_manager`, `cast.elsewhere_manager`, `cast.outsider`."""
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def tracks(self) -> dict[str, Track]:
        return {"education": self.education, "services": self.services, "elsewhere": self.elsewhere}

    def client(self, name: str | User) -> Client:
        """A browser in which a member of the cast has signed in, and who stays at it."""
        client = Attended()
        client.force_login(name if isinstance(name, User) else self.people[name])
        return client

    def url(self, track: Track, name: str, **kwargs) -> str:
        return reverse(name, kwargs={"program": track.program.slug, "track": track.kind, **kwargs})


def build_cast() -> Cast:
    harbor = create_program(slug="harbor", name="Harbor", time_zone="America/New_York", office="Harbor SAO", on=START)
    river = create_program(slug="river", name="River", time_zone="America/Chicago", on=START)
    cast = Cast(
        harbor=harbor,
        river=river,
        education=harbor.tracks.get(kind="education"),
        services=harbor.tracks.get(kind="services"),
        elsewhere=river.tracks.get(kind="education"),
    )
    for place, track in cast.tracks.items():
        for role in ROLES:
            add(cast, f"{place}_{role}", track, role)
    for place in ("education", "services"):  # decisions need two people
        add(cast, f"{place}_second_manager", cast.tracks[place], "manager")
        add(cast, f"{place}_second_caseworker", cast.tracks[place], "caseworker")
    for program, agency in ((harbor, "Harbor Police"), (river, "River Sheriff")):  # outside the tracks
        add_sender(cast, f"{program.slug}_sender", program, agency)
    overseer = cast.people["harbor_overseer"] = make_user("harbor_overseer")
    grant_oversight(user=overseer, program=harbor, valid_from=START, by=None)
    cast.people["outsider"] = create_user(email="outsider@example.org", name="No Grant", password=PASSWORD, by=None)
    return cast


def make_user(name: str) -> User:
    return create_user(email=f"{name}@example.org", name=name.replace("_", " ").title(), password=PASSWORD, by=None)


def add(cast: Cast, name: str, track: Track, role: str) -> User:
    user = make_user(name)
    grant_access(user=user, track=track, role=role, valid_from=START, by=None)
    cast.people[name] = user
    return user


def add_sender(cast: Cast, name: str, program: Program, agency: str) -> User:
    user = make_user(name)
    grant_drop(user=user, program=program, agency=agency, valid_from=START, by=None)
    cast.people[name] = user
    return user
