"""Screening a referral: under the criteria of the day, on record, and once."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from participants.audit.models import Event, EventSubject
from participants.errors import ProgramError
from participants.referrals.actions import receive_referral
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.screening.actions import screen
from participants.screening.models import CriteriaVersion, Screening
from participants.screening.queries import current_criteria, screening_of
from participants.staff.models import User
from participants.tracks.scope import in_track
from tests import builders

D = datetime.date
TODAY = D(2026, 4, 1)


@pytest.fixture(params=["education", "services"])
def track(cast, request):
    return cast.tracks[request.param]


@pytest.fixture
def clerk(cast, track):
    user = builders.staff(cast, track, "intake_clerk")
    with in_track(track, by=user, write=True):
        yield user


def wanted() -> dict[str, str]:
    return {criterion["key"]: criterion["wanted"] for criterion in current_criteria(TODAY).criteria}


def test_eligible_is_kept_with_answers_reasons_and_version(cast, track, clerk):
    referral = builders.make_referral(cast, track)
    made = screen(referral=referral, answers=wanted(), note="Checked with the clerk of court.", today=TODAY, by=clerk)
    row = screening_of(referral)
    assert row == made
    assert (row.eligible, row.answers, row.reasons) == (True, wanted(), ["Every written criterion is met."])
    assert (row.criteria_version.number, row.decided_on, row.decided_by) == (1, TODAY, clerk)
    assert (row.note, Referral.objects.get().status) == ("Checked with the clerk of court.", Status.ELIGIBLE)


def test_screening_is_on_record_without_values(cast, track, clerk):
    referral = builders.make_referral(cast, track)
    screen(referral=referral, answers=wanted(), note="Secret", today=TODAY, by=clerk)
    event = Event.objects.get(action="referral.screened")
    assert event.detail == {"criteria": 1, "eligible": True, "fields": ["answers", "note"]}
    assert EventSubject.objects.get(event_id=event.pk).subject_id == referral.pk


def test_not_eligible_keeps_every_reason(cast, track, clerk):
    referral = builders.make_referral(cast, track)
    answers = {**wanted(), "misdemeanor": "no", "prior_diversion": "yes"}
    screen(referral=referral, answers=answers, note="", today=TODAY, by=clerk)
    assert screening_of(referral).reasons == [
        "The program takes misdemeanor charges only.",
        "The program is for people who have not been in such a program for this kind of charge before.",
    ]
    assert Referral.objects.get().status == Status.INELIGIBLE


def test_question_that_nobody_asked_writes_nothing(cast, track, clerk):
    referral = builders.make_referral(cast, track)
    with pytest.raises(ProgramError, match="Is the charge a misdemeanor"):
        screen(referral=referral, answers={**wanted(), "misdemeanor": ""}, note="", today=TODAY, by=clerk)
    assert (Screening.objects.exists(), Referral.objects.get().status) == (False, Status.RECEIVED)


def test_without_date_of_birth_nothing_is_decided(cast, track, clerk):
    referral = builders.make_referral(cast, track, date_of_birth=None)
    with pytest.raises(ProgramError, match="date of birth"):
        screen(referral=referral, answers=wanted(), note="", today=TODAY, by=clerk)
    assert not Screening.objects.exists()


def test_child_is_stopped_and_no_decision_is_kept(cast, track, clerk):
    """The age is judged again: a row may have come in before the date of birth was looked at."""
    referral = builders.make_referral(cast, track)
    referral.date_of_birth = D(2009, 1, 1)
    referral.save()
    assert screen(referral=referral, answers=wanted(), note="", today=TODAY, by=clerk) is None
    assert (Screening.objects.exists(), Referral.objects.get().status) == (False, Status.STOPPED)
    assert Event.objects.filter(action="referral.stopped").count() == 1


def test_referral_is_screened_once(cast, track, clerk):
    referral = builders.make_referral(cast, track)
    stale = Referral.objects.get()
    screen(referral=referral, answers=wanted(), note="", today=TODAY, by=clerk)
    with pytest.raises(ProgramError, match="screened already"):
        screen(referral=referral, answers=wanted(), note="", today=TODAY, by=clerk)
    with pytest.raises(ProgramError, match="screened already"):
        screen(referral=stale, answers={**wanted(), "misdemeanor": "no"}, note="", today=TODAY, by=clerk)
    assert Screening.objects.get().eligible


def test_nothing_is_written_when_the_event_cannot_be(cast, track, clerk):
    referral = builders.make_referral(cast, track)
    nobody = User(name="Nobody")
    nobody.pk = "not an id"
    with pytest.raises(ValidationError):
        screen(referral=referral, answers=wanted(), note="", today=TODAY, by=nobody)
    assert (Screening.objects.exists(), Referral.objects.get().status) == (False, Status.RECEIVED)


def test_criteria_in_force_on_the_day_decide(cast, track, clerk):
    one = {"key": "only", "question": "Only this?", "wanted": "yes", "reason": "Not this."}
    CriteriaVersion.objects.create(number=2, valid_from=D(2026, 5, 1), criteria=[one])
    assert [current_criteria(on).number for on in (D(2026, 4, 30), D(2026, 5, 1), D(2027, 1, 1))] == [1, 2, 2]
    assert current_criteria(D(2025, 12, 31)) is None
    referral = builders.make_referral(cast, track)
    screen(referral=referral, answers={"only": "no"}, note="", today=D(2026, 5, 1), by=clerk)
    assert (screening_of(referral).reasons, screening_of(referral).criteria_version.number) == (["Not this."], 2)


def test_before_there_are_criteria_nobody_is_screened(cast, track, clerk):
    referral = builders.make_referral(cast, track)
    with pytest.raises(ProgramError, match="no written criteria"):
        screen(referral=referral, answers={}, note="", today=D(2025, 12, 31), by=clerk)


def test_leap_day_birth_is_an_adult_from_the_first_of_march(cast, track, clerk):
    referral = receive_referral(
        name="Leap Day",
        date_of_birth=D(2008, 2, 29),
        case_number="F26-29",
        charge=builders.CHARGES[track.kind],
        offense_on=D(2026, 3, 1),
        received_on=D(2026, 3, 1),
        source="Court",
        today=TODAY,
        by=clerk,
    )
    assert screen(referral=referral, answers=wanted(), note="", today=TODAY, by=clerk).eligible
