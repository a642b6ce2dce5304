"""Two people work the same group at the same moment, with real commits."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from participants.audit.models import Event
from participants.models import Offer, Referral, Screening
from participants.tracks.scope import in_track
from tests.operations.grouped import night, statuses
from tests.operations.test_group import work


@pytest.fixture
def cast(standing_cast, live_db):
    """The cast, committed, so that every thread sees it."""
    return standing_cast.put()


def test_two_people_do_not_collide_and_nobody_is_decided_on_twice(cast):
    source = night(cast, cast.education, 8)
    with in_track(cast.education):
        chosen = list(Referral.objects.order_by("pk").values_list("pk", flat=True))
    start = threading.Barrier(2)

    def working(by, people):
        def job():
            start.wait(timeout=30)
            try:
                return work(cast, source, people, by=by)
            finally:
                connection.close()

        return job

    jobs = [working(cast.education_intake_clerk, chosen), working(cast.education_caseworker, chosen[::-1])]
    with ThreadPoolExecutor(2) as pool:
        answers = [future.result(timeout=60) for future in [pool.submit(job) for job in jobs]]
    assert sorted(done.offered for done in answers) == [0, 8]
    (late,) = [done for done in answers if done.nothing]
    assert dict(late.left) == {"Worked on already: it stands at “Offer made”.": 8}
    assert statuses(cast.education) == ["offered"] * 8
    with in_track(cast.education):
        assert (Screening.objects.count(), Offer.objects.count()) == (8, 8)
        for action in ("referral.assigned", "referral.screened", "offer.made"):
            assert len({event.actor_id for event in Event.objects.filter(action=action)}) == 1
