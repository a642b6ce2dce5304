"""Two at once, with real commits: the result of one court date, and the last place for a paper."""

import datetime
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from participants.court.actions import record_court_result
from participants.documents import rules
from participants.documents.actions import add_document
from participants.documents.models import Document
from participants.errors import ProgramError
from participants.models import CourtResult
from participants.tracks.scope import in_track
from tests import builders
from tests.papers import pdf

TODAY = datetime.date(2026, 4, 1)


@pytest.fixture
def world(live_db, request):
    """The cast, committed, so that every thread sees it."""
    return request.getfixturevalue("cast")


def at_once(track, by, *jobs) -> list:
    """Run jobs in threads of their own that start together; what each returned, or the refusal it met."""
    start = threading.Barrier(len(jobs))

    def run(job):
        start.wait(timeout=30)
        try:
            with in_track(track, by=by, write=True):
                return job()
        except ProgramError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result(timeout=120) for future in [pool.submit(run, job) for job in jobs]]


def refusals(answers: list) -> list[str]:
    return [answer.message for answer in answers if isinstance(answer, ProgramError)]


def test_one_date_has_one_result(world):
    track, by = world.education, world.education_intake_clerk
    case = builders.make_referral(world, track, next_court_on=TODAY)

    def say(outcome):
        return lambda: record_court_result(
            referral=case,
            version=case.version,
            held_on=TODAY,
            outcome=outcome,
            next_court_on=None,
            must_appear="unknown",
            today=TODAY,
            by=by,
        )

    [refused] = refusals(at_once(track, by, say("appeared"), say("missed")))
    assert "is recorded already" in refused
    with in_track(track):
        assert CourtResult.objects.count() == 1


def test_the_last_place_goes_to_one_paper(world, monkeypatch):
    monkeypatch.setattr(rules, "MOST_PAPERS", 1)
    track, by = world.education, world.education_intake_clerk
    case = builders.make_referral(world, track)

    def keep():
        return add_document(row_id=uuid.uuid4(), referral=case, kind="order", file=pdf(), now=builders.at(TODAY), by=by)

    [refused] = refusals(at_once(track, by, keep, keep))
    assert "which is the most" in refused
    with in_track(track):
        assert Document.objects.count() == 1
