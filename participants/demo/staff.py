"""The accounts of the demonstration: one for every role in each track, a second pair where two must decide, a manager
of both tracks, one who sends cases from outside, and one who oversees what belongs to no track. Their password is
known to everyone, so they exist in a demonstration only."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.contrib.auth.hashers import make_password

from participants.staff.actions import create_user, grant_access, grant_drop, grant_oversight
from participants.staff.models import User
from participants.staff.roles import ROLES
from participants.tracks.models import RULES, Track

SLUG = "demand-more"
PASSWORD = "Try-the-demo-2026"  # noqa: S105  (printed by the command that makes the accounts)
DOMAIN = "demo.example"
SECONDS = ("caseworker", "manager")
BOTH = "manager.both"
SENDER = f"sender@{DOMAIN}"
OVERSEER = f"overseer@{DOMAIN}"
AGENCY = "Harborview Police (invented)"
NAMES = {
    "education": {
        "intake_clerk": "Ingrid Pennant",
        "caseworker": "Carlos Driftwood",
        "caseworker2": "Celeste Anchorage",
        "facilitator": "Farid Lighthouse",
        "counsellor": "Connie Bayliner",
        "clinical_supervisor": "Clara Soundings",
        "manager": "Miriam Keelson",
        "manager2": "Malik Topgallant",
        "liaison": "Liam Harbormaster",
        "privacy_officer": "Priya Breakwater",
        "administrator": "Adela Quayside",
    },
    "services": {
        "intake_clerk": "Imani Seagrass",
        "caseworker": "Cassandra Tidepool",
        "caseworker2": "Cyril Sandbar",
        "facilitator": "Fiona Coralreef",
        "counsellor": "Consuelo Mangrove",
        "clinical_supervisor": "Claude Pelican",
        "manager": "Magdalena Heron",
        "manager2": "Mona Egret",
        "liaison": "Leon Spoonbill",
        "privacy_officer": "Paul Sandpiper",
        "administrator": "Agnes Plover",
    },
}


@dataclass(frozen=True)
class SignIn:
    """What is needed to enter as one role in one track."""

    email: str
    password: str
    role: str
    program: str
    track: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def _keys() -> list[str]:
    return [*ROLES, *(f"{role}2" for role in SECONDS)]


def sign_ins() -> list[SignIn]:
    """Every sign-in of the demonstration, the same each time."""
    found = [
        SignIn(f"{key}.{kind}@{DOMAIN}", PASSWORD, key.rstrip("2"), SLUG, kind) for kind in RULES for key in _keys()
    ]
    return found + [SignIn(f"{BOTH}@{DOMAIN}", PASSWORD, "manager", SLUG, kind) for kind in RULES]


def create_accounts(tracks: Mapping[str, Track], *, on: datetime.date) -> dict[str, dict[str, User]]:
    """All accounts with their grants, which began on a day; returns them by track and key ("caseworker2")."""
    # One hash for all: it is one known password, and a hash costs a twentieth of a second each.
    password = make_password(PASSWORD)
    staff: dict[str, dict[str, User]] = {}
    for kind, track in tracks.items():
        staff[kind] = {}
        for key in _keys():
            user = create_user(email=f"{key}.{kind}@{DOMAIN}", name=NAMES[kind][key], password=None, by=None)
            grant_access(user=user, track=track, role=key.rstrip("2"), valid_from=on, by=None)
            staff[kind][key] = user
    both = create_user(email=f"{BOTH}@{DOMAIN}", name="Bettina Manychart", password=None, by=None)
    for track in tracks.values():
        grant_access(user=both, track=track, role="manager", valid_from=on, by=None)
    sender = create_user(email=SENDER, name="Sergio Lookout", password=None, by=None)
    grant_drop(user=sender, program=next(iter(tracks.values())).program, agency=AGENCY, valid_from=on, by=None)
    overseer = create_user(email=OVERSEER, name="Olga Watchtower", password=None, by=None)
    grant_oversight(user=overseer, program=next(iter(tracks.values())).program, valid_from=on, by=None)
    made = [both.pk, sender.pk, overseer.pk, *(user.pk for accounts in staff.values() for user in accounts.values())]
    User.objects.filter(pk__in=made).update(password=password)
    return staff
