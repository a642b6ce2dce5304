"""One loaded demonstration for all tests of a module: they read it, and it is rolled back at the end."""

import datetime
from dataclasses import dataclass, field

import pytest
from django.db import transaction

from participants.completion.models import Disposition, ExitProposal, Recommendation
from participants.consent.models import Agreement
from participants.demo.actions import load_demo
from participants.demo.staff import SLUG, SignIn
from participants.enrollment.models import Enrollment
from participants.referrals.models import Referral
from participants.requirements.models import Requirement
from participants.staff.models import User
from participants.tracks.models import Program, Track

# A Thursday noon in New York, where it is the same day as in UTC.
NOW = datetime.datetime(2026, 11, 19, 17, 0, tzinfo=datetime.UTC)
TODAY = NOW.date()


@dataclass
class Demo:
    """The program, its tracks by kind, its sign-ins."""

    program: Program
    sign_ins: list[SignIn]
    tracks: dict[str, Track] = field(default_factory=dict)

    def staff(self, kind: str, key: str) -> User:
        """The account of a key such as "caseworker2"."""
        return User.objects.get(email=f"{key}.{kind}@demo.example")


def opened(sign_ins: list[SignIn]) -> Demo:
    program = Program.objects.get(slug=SLUG)
    tracks = {track.kind: track for track in program.tracks.select_related("program").order_by("kind")}
    return Demo(program, sign_ins, tracks)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield opened(load_demo(now=NOW))
        transaction.set_rollback(True)


@pytest.fixture(params=["education", "services"])
def track(demo, request) -> Track:
    return demo.tracks[request.param]


def one_of_each() -> list[Referral]:
    """In the active track, a case for every status, every end, and every stage on the way to it."""
    found: dict[tuple, Referral] = {}
    for referral in Referral.objects.select_related("operation").order_by("received_on", "id"):
        stay = Enrollment.objects.filter(referral=referral).first()
        proposal = ExitProposal.objects.filter(enrollment=stay).first() if stay else None
        stage = (
            referral.status,
            Agreement.objects.filter(referral=referral).exists(),
            stay and (stay.status, stay.exit_detail),
            proposal and (proposal.exit_type, proposal.decision),
            Recommendation.objects.filter(enrollment=stay).exists() if stay else None,
            Disposition.objects.filter(referral=referral).exists(),
        )
        found.setdefault(stage, referral)
    for relief in ({"waived_on__isnull": False}, {"reduced_from__isnull": False}):
        eased = Requirement.objects.filter(**relief).select_related("enrollment__referral__operation").first()
        if eased:
            found[tuple(relief)] = eased.enrollment.referral
    return list({referral.pk: referral for referral in found.values()}.values())
