"""Offers end with their last day, in the program's own calendar, whenever the sweep comes by."""

import datetime

import pytest
import time_machine

from participants.audit.models import Event
from participants.consent.actions import lapse_offers
from participants.consent.tasks import lapse_offers as task
from participants.models import Offer, Referral
from participants.referrals.actions import change_referral
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import make_accepted, make_declined, make_offer

DAY = datetime.timedelta(days=1)


def decisions(cast) -> dict[str, str]:
    found = {}
    for place, track in cast.tracks.items():
        with in_track(track):
            found[place] = Offer.objects.get().decision
    return found


def test_offer_lapses_after_its_last_day(cast):
    offer = make_offer(cast, cast.education)
    with in_track(cast.education, write=True):
        assert lapse_offers(today=offer.decide_by) == 0
        assert lapse_offers(today=offer.decide_by + 5 * DAY) == 1
        stored = Offer.objects.get()
        assert (stored.decision, stored.decided_on) == ("lapsed", offer.decide_by + DAY)
        assert stored.decided_at == builders.at(offer.decide_by + DAY, 0)
        assert Referral.objects.get().status == "lapsed"
        assert Event.objects.get(action="offer.lapsed").actor_id is None


def test_second_run_finds_nothing(cast):
    offer = make_offer(cast, cast.education)
    with in_track(cast.education, write=True):
        assert [lapse_offers(today=offer.decide_by + DAY) for _ in range(2)] == [1, 0]
        assert Event.objects.filter(action="offer.lapsed").count() == 1


def test_answered_offers_stay_as_they_are(cast):
    make_accepted(cast, cast.education)
    make_declined(cast, cast.education)
    with in_track(cast.education, write=True):
        assert lapse_offers(today=builders.DECIDE_BY + 30 * DAY) == 0
        assert {offer.decision for offer in Offer.objects.all()} == {"accepted", "declined"}


def test_offer_of_a_stopped_referral_lapses_and_the_referral_stays_stopped(cast):
    """It must not hold up the sweep of everybody else's offers."""
    stopped = make_offer(cast, cast.education)
    other = make_offer(cast, cast.education)
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        referral = Referral.objects.get(pk=stopped.referral_id)
        change_referral(
            referral=referral,
            version=referral.version,
            date_of_birth=datetime.date(2010, 1, 1),
            today=builders.OFFERED,
            by=by,
        )
        assert lapse_offers(today=builders.DECIDE_BY + DAY) == 2
        assert Referral.objects.get(pk=stopped.referral_id).status == "stopped"
        assert Referral.objects.get(pk=other.referral_id).status == "lapsed"


@pytest.mark.parametrize(
    ("instant", "lapsed"),
    [
        ("2026-03-12T03:30:00Z", set()),  # the 11th, 23:30 in New York and 22:30 in Chicago
        ("2026-03-12T04:30:00Z", {"education", "services"}),  # the 12th in New York, still the 11th in Chicago
        ("2026-03-12T05:30:00Z", {"education", "services", "elsewhere"}),
    ],
)
def test_task_sweeps_every_track_by_its_own_calendar(cast, instant, lapsed):
    for track in cast.tracks.values():
        make_offer(cast, track)
    with time_machine.travel(instant, tick=False):
        assert task() == len(lapsed)
        assert task() == 0
    assert {place for place, decision in decisions(cast).items() if decision == "lapsed"} == lapsed


def test_task_is_in_the_beat_table():
    from diversion.celery import SWEEPS

    assert task.name in SWEEPS
