"""The data that pages are measured on: the demonstration at a scale, with caseloads and a class as they are in life."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from participants.demo.actions import load_demo
from participants.demo.staff import SLUG
from participants.enrollment.models import Enrollment
from participants.enrollment.rules import Status
from participants.people.models import Participant
from participants.referrals.models import Referral
from participants.sessions.actions import book, schedule_session
from participants.sessions.models import Attendance, Session
from participants.staff.actions import create_user, grant_access
from participants.staff.models import User
from participants.staff.second_factor import belonging_to
from participants.tracks.models import Track
from participants.tracks.scope import in_track

# People. XS is for trying the measurement out; its figures say little.
SCALES = {"XS": 400, "S": 2_000, "M": 20_000, "L": 200_000}
KIND = "education"
CASELOAD = 50  # stays of one worker: one page
CLASS = 40


@dataclass(frozen=True)
class Place:
    """Where to measure: who signs in, the class to open, what to search for, and how much there is."""

    track: Track
    worker: User
    roster: Session
    name: str
    number: str
    people: int
    attendances: int


def seed(people: int, *, now: datetime.datetime) -> Place:
    """Load the demonstration into an empty database, the same for the same number and day."""
    load_demo(people=people, now=now)
    track = Track.objects.select_related("program").get(program__slug=SLUG, kind=KIND)
    today = now.astimezone(track.program.zone).date()
    with in_track(track, write=True):
        stays = list(Enrollment.objects.filter(status=Status.ACTIVE).order_by("id").values_list("pk", flat=True))
        workers = [
            _worker(track, number, Enrollment.objects.filter(pk__in=part), today)
            for number, part in enumerate(_parts(stays, CASELOAD))
        ]
        roster = _class_of(stays[:CLASS], workers[0], today)
        person = Participant.objects.order_by("id").first()
        case = Referral.objects.order_by("id").first()
        return Place(
            track=track,
            worker=workers[0],
            roster=roster,
            name=person.name.split()[-1],
            number=case.case_number,
            people=Participant.objects.count(),
            attendances=Attendance.objects.count(),
        )


def _parts(rows: list, size: int) -> Iterator[list]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _worker(track: Track, number: int, stays, today: datetime.date) -> User:
    """A caseworker of these stays."""
    worker = create_user(email=f"worker{number}@bench.example", name=f"Worker {number}", password=None, by=None)
    with belonging_to(worker):  # without a second factor the server would let nobody in
        TOTP.activate(worker, generate_totp_secret())
    grant_access(user=worker, track=track, role="caseworker", valid_from=today, by=None)
    stays.update(caseworker=worker)
    return worker


def _class_of(stays: list, worker: User, today: datetime.date) -> Session:
    session = schedule_session(
        kind="class",
        title="",
        held_on=today,
        starts=datetime.time(10),
        ends=datetime.time(12),
        site=None,
        facilitator=worker,
        language="en",
        capacity=CLASS,
        today=today,
        by=worker,
    )
    book(session=session, enrollments=list(Enrollment.objects.filter(pk__in=stays)), by=worker)
    return session
