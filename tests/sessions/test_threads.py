"""Many at once, with real commits: the last seat, two savers of one roster, and eight people reading and logging."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from participants.audit.models import Event
from participants.errors import ProgramError
from participants.sessions.actions import Entry, RecordedMeanwhile, book, take_attendance
from participants.sessions.models import Attendance, Note, Session
from participants.sessions.queries import roster, seats_taken
from participants.tracks.scope import in_track
from tests.builders import make_enrollment, staff
from tests.sessions.arrange import DAY, NOW, fields_of, make_class, make_session

THREADS = 8
ROUNDS = 3


@pytest.fixture
def world(live_db, request):
    """The cast, committed, so that every thread sees it."""
    return request.getfixturevalue("cast")


def at_once(*jobs) -> list:
    """Run jobs in threads of their own that start together; what each returned, or the refusal it met."""
    start = threading.Barrier(len(jobs))

    def run(job):
        start.wait(timeout=30)
        try:
            return job()
        except ProgramError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result(timeout=120) for future in [pool.submit(run, job) for job in jobs]]


def test_last_seat_goes_to_one_of_two(world):
    track, by = world.education, world.education_caseworker
    session = make_session(world, track, capacity=1)
    stays = [make_enrollment(world, track, name=f"Person {n}") for n in "AB"]

    def booking(stay):
        def job():
            with in_track(track, by=by, write=True):
                return book(session=session, enrollments=[stay], by=by)

        return job

    answers = at_once(*(booking(stay) for stay in stays))
    refused = [answer for answer in answers if isinstance(answer, ProgramError)]
    assert [refusal.message for refusal in refused] == ["The only seat is taken."]
    with in_track(track):
        assert seats_taken(session) == 1
        assert Event.objects.filter(action="session.booked").count() == 1


def test_two_savers_at_the_same_moment_never_mix(world):
    track = world.education
    session = make_class(world, track, people=4)
    with in_track(track):
        rows = roster(session)

    def saving(by, mark):
        def job():
            entries = [Entry(row.pk, mark) for row in rows]
            with in_track(track, by=by, write=True):
                return take_attendance(session=session, version=0, entries=entries, today=DAY, now=NOW, by=by)

        return job

    answers = at_once(
        saving(world.education_caseworker, "attended"),
        saving(world.education_manager, "no_show"),
    )
    assert sum(isinstance(answer, RecordedMeanwhile) for answer in answers) == 1
    with in_track(track):
        recorded = {(row.mark, row.version, row.recorded_by_id) for row in Attendance.objects.all()}
    assert recorded in (
        {("attended", 1, world.education_caseworker.pk)},
        {("no_show", 1, world.education_manager.pk)},
    )


def test_the_same_log_sent_twice_at_once_is_written_once(world):
    track = world.education
    stay = make_enrollment(world, track)
    member = staff(world, track, "caseworker")
    address = world.url(track, "session_log")
    clients = [world.client(member) for _ in range(2)]
    sent = fields_of(clients[0].get(address).content.decode())
    sent |= {"person": str(stay.pk), "held_on": "2026-04-14", "starts": "09:00", "minutes": "50", "note": "Once."}
    answers = at_once(*((lambda client=client: client.post(address, sent).status_code) for client in clients))
    assert answers == [302, 302]
    with in_track(track):
        assert (Session.objects.count(), Attendance.objects.count(), Note.objects.count()) == (1, 1, 1)


def test_eight_people_read_and_log_at_once_without_an_error(world):
    track = world.education
    stays = [make_enrollment(world, track, name=f"Person {n}") for n in range(THREADS)]
    member = staff(world, track, "caseworker")
    pages = ("sessions", "session_log", "session_new", "my_day")

    def working(client: Client, stay):
        def job():
            answers = []
            for number in range(ROUNDS):
                answers += [client.get(world.url(track, page)).status_code for page in pages]
                address = world.url(track, "session_log")
                sent = fields_of(client.get(address).content.decode()) | {
                    "person": str(stay.pk),
                    "held_on": f"2026-04-{10 + number}",
                    "starts": "09:00",
                    "minutes": "50",
                    "note": f"Round {number}",
                }
                answers.append(client.post(address, sent).status_code)
            return answers

        return job

    answers = at_once(*(working(world.client(member), stay) for stay in stays))
    assert answers == [[*[200] * len(pages), 302] * ROUNDS] * THREADS
    with in_track(track):
        assert Session.objects.filter(kind="individual").count() == THREADS * ROUNDS
        assert Attendance.objects.count() == THREADS * ROUNDS
        assert sorted(note.text for note in Note.objects.all()) == sorted(
            f"Round {number}" for number in range(ROUNDS) for _ in range(THREADS)
        )
        assert Event.objects.filter(action="session.logged").count() == THREADS * ROUNDS
