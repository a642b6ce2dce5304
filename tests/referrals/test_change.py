"""Changing, stopping, resuming and moving a referral."""

import datetime

import pytest

from participants.audit.models import Event, EventSubject
from participants.court.queries import court_dates
from participants.errors import ProgramError, ValuesRefused
from participants.people.queries import subjects_matching
from participants.referrals.actions import (
    AlreadyReceived,
    ChangedMeanwhile,
    change_referral,
    correct_dates,
    move_referral,
    update_court_details,
)
from participants.referrals.models import Referral
from participants.referrals.rules import NOT_HERE, Status
from participants.tracks.scope import in_track
from tests import builders

D = datetime.date
TODAY = D(2026, 4, 1)
CHILD = {"date_of_birth": D(2009, 5, 17)}
ADULT_DATES = {"date_of_birth": D(1990, 5, 17), "offense_on": D(2026, 2, 20), "checked": True}


@pytest.fixture
def clerk(cast):
    with in_track(cast.education, by=cast.education_intake_clerk, write=True):
        yield cast.education_intake_clerk


def stored(referral) -> Referral:
    return Referral.objects.get(pk=referral.pk)


def test_change_is_stored_and_its_fields_are_on_record(cast, clerk):
    referral = builders.make_referral(cast, cast.education)
    change_referral(referral=referral, version=0, today=TODAY, by=clerk, phone="305 555 0100", source="Court")
    row = stored(referral)
    assert (row.phone, row.source, row.version, row.name) == ("305 555 0100", "Court", 1, "Alex Rivera")
    event = Event.objects.get(action="referral.changed")
    assert event.detail == {"fields": ["phone", "source"], "version": 1}
    assert EventSubject.objects.get(event_id=event.pk).subject_id == referral.pk


def test_changed_name_is_found_and_the_old_one_is_not(cast, clerk):
    referral = builders.make_referral(cast, cast.education)
    change_referral(referral=referral, version=0, today=TODAY, by=clerk, name="Sasha Fenwhistle")
    assert subjects_matching("fenwhistle").exists()
    assert not subjects_matching("rivera").exists()


def test_nothing_different_writes_nothing(cast, clerk):
    referral = builders.make_referral(cast, cast.education)
    change_referral(referral=referral, version=0, today=TODAY, by=clerk, name=" Alex Rivera ", phone="")
    assert stored(referral).version == 0
    assert not Event.objects.filter(action="referral.changed").exists()


def test_second_save_on_an_old_version_is_told_what_changed(cast, clerk):
    referral = builders.make_referral(cast, cast.education)
    first = {"phone": "305 555 0100", "next_court_on": D(2026, 6, 1)}
    change_referral(referral=referral, version=0, today=TODAY, by=cast.education_caseworker, **first)
    with pytest.raises(ChangedMeanwhile) as refusal:
        change_referral(referral=referral, version=0, today=TODAY, by=clerk, phone="305 555 0111", source="Court")
    assert refusal.value.message == (
        "Education Caseworker changed this referral after you opened it: next court date, phone. "
        "Nothing of yours was saved yet: compare, then save again."
    )
    assert (stored(referral).phone, stored(referral).source) == ("305 555 0100", "State Attorney's Office")


def test_change_is_judged_like_a_new_referral(cast, clerk):
    referral = builders.make_referral(cast, cast.education)
    with pytest.raises(ValuesRefused) as refusal:
        change_referral(
            referral=referral,
            version=0,
            today=TODAY,
            by=clerk,
            charge="796.07(2)(e)",
            name="",
            offense_on=D(2027, 1, 1),
        )
    assert {problem.field: problem.text for problem in refusal.value.problems}["charge"] == NOT_HERE
    assert stored(referral).version == 0


def test_change_into_a_case_that_is_here_is_refused(cast, clerk):
    first = builders.make_referral(cast, cast.education)
    second = builders.make_referral(cast, cast.education)
    with pytest.raises(AlreadyReceived) as refusal:
        change_referral(referral=second, version=0, today=TODAY, by=clerk, case_number=first.case_number)
    assert refusal.value.referral == first


def test_placed_referral_is_not_changed_here(cast, clerk):
    referral = builders.make_enrollment(cast, cast.education).referral
    with pytest.raises(ProgramError, match="placed"):
        change_referral(referral=referral, version=0, today=TODAY, by=clerk, phone="1")


def test_unknown_field_is_a_fault(cast, clerk):
    with pytest.raises(TypeError):
        change_referral(
            referral=builders.make_referral(cast, cast.education), version=0, today=TODAY, by=clerk, status="placed"
        )


def test_date_that_shows_a_minor_stops_the_referral(cast, clerk):
    referral = builders.make_eligible(cast, cast.education)
    change_referral(referral=referral, version=0, today=TODAY, by=clerk, **CHILD)
    assert (stored(referral).status, stored(referral).age_at_offense) == (Status.STOPPED, 16)
    with pytest.raises(ProgramError, match="stopped"):
        change_referral(referral=stored(referral), version=1, today=TODAY, by=clerk, phone="1")


def test_corrected_dates_need_a_document(cast, clerk):
    referral = builders.make_referral(cast, cast.education, **CHILD)
    with pytest.raises(ProgramError) as refusal:
        correct_dates(referral=referral, version=0, today=TODAY, by=clerk, **{**ADULT_DATES, "checked": False})
    assert refusal.value.field == "checked"
    assert stored(referral).date_of_birth == CHILD["date_of_birth"]


def test_corrected_date_of_an_adult_moves_the_referral_back_to_received(cast, clerk):
    referral = builders.make_referral(cast, cast.education, **CHILD)
    assert referral.status == Status.STOPPED
    correct_dates(referral=referral, version=0, today=TODAY, by=clerk, **ADULT_DATES)
    assert (stored(referral).status, stored(referral).age_at_offense) == (Status.RECEIVED, 35)
    assert Event.objects.filter(action="referral.resumed").count() == 1


def test_corrected_date_of_a_child_stays_stopped(cast, clerk):
    referral = builders.make_referral(cast, cast.education, **CHILD)
    correct_dates(
        referral=referral, version=0, today=TODAY, by=clerk, **{**ADULT_DATES, "date_of_birth": D(2009, 1, 1)}
    )
    assert stored(referral).status == Status.STOPPED


@pytest.mark.parametrize(
    ("build", "status"),
    [
        (builders.make_ineligible, Status.INELIGIBLE),
        (builders.make_eligible, Status.ELIGIBLE),
        (builders.make_offer, Status.OFFERED),
        (builders.make_accepted, Status.ACCEPTED),
        (builders.make_declined, Status.DECLINED),
        (builders.make_lapsed, Status.LAPSED),
    ],
)
def test_mistyped_date_that_is_corrected_destroys_nothing(cast, clerk, build, status):
    made = build(cast, cast.education)
    referral = stored(getattr(made, "referral", made))
    assert referral.status == status
    change_referral(referral=referral, version=0, today=TODAY, by=clerk, **CHILD)
    assert stored(referral).status == Status.STOPPED
    correct_dates(referral=stored(referral), version=1, today=TODAY, by=clerk, **ADULT_DATES)
    assert stored(referral).status == status


def test_stopped_referral_moves_nowhere_but_to_the_hand_off(cast, clerk):
    referral = builders.make_referral(cast, cast.education, **CHILD)
    for status in set(Status) - {Status.STOPPED, Status.HANDED_OFF}:
        with pytest.raises(ProgramError, match="Stopped: under 18"):
            move_referral(referral=referral, to=status)


def test_two_people_cannot_both_move_a_referral(cast, clerk):
    referral = builders.make_referral(cast, cast.education)
    mine, theirs = stored(referral), stored(referral)
    move_referral(referral=theirs, to=Status.INELIGIBLE)
    with pytest.raises(ProgramError, match="just moved"):
        move_referral(referral=mine, to=Status.ELIGIBLE)
    assert (stored(referral).status, mine.status) == (Status.INELIGIBLE, Status.RECEIVED)


def test_court_details_are_kept_right_after_placement_too(cast, clerk):
    enrollment = builders.make_enrollment(cast, cast.education)
    update_court_details(
        referral=enrollment.referral,
        version=0,
        next_court_on=D(2026, 6, 1),
        must_appear="yes",
        counsel_name="Ada Lawson",
        counsel_contact="ada@example.org",
        by=clerk,
    )
    row = stored(enrollment.referral)
    assert (row.next_court_on, row.must_appear, row.counsel_name) == (D(2026, 6, 1), "yes", "Ada Lawson")
    event = Event.objects.get(action="referral.changed")
    assert event.detail["fields"] == ["counsel_contact", "counsel_name", "must_appear", "next_court_on"]
    assert {subject.kind for subject in EventSubject.objects.filter(event_id=event.pk)} == {"referral", "participant"}


def test_second_save_of_court_details_is_told_what_changed(cast, clerk):
    referral = builders.make_enrollment(cast, cast.education).referral
    values = {"must_appear": "yes", "counsel_name": "", "counsel_contact": ""}
    first = update_court_details(
        referral=referral, version=0, next_court_on=D(2026, 6, 1), **values, by=cast.education_caseworker
    )
    assert first.version == 1
    with pytest.raises(ChangedMeanwhile) as refusal:
        update_court_details(referral=referral, version=0, next_court_on=D(2026, 7, 1), **values, by=clerk)
    assert refusal.value.message.startswith(
        "Education Caseworker changed this referral after you opened it: must the person appear?, next court date."
    )
    assert (refusal.value.referral.next_court_on, stored(referral).next_court_on) == (D(2026, 6, 1), D(2026, 6, 1))
    update_court_details(referral=referral, version=1, next_court_on=D(2026, 7, 1), **values, by=clerk)
    assert (stored(referral).next_court_on, stored(referral).version) == (D(2026, 7, 1), 2)


@pytest.mark.parametrize(("over", "field"), [({"next_court_on": D(2026, 1, 1)}, "next_court_on"),
                                             ({"counsel_name": "x\x00"}, "counsel_name"),
                                             ({"must_appear": "x"}, "must_appear")])  # fmt: skip
def test_bad_court_details_are_refused(cast, clerk, over, field):
    referral = builders.make_referral(cast, cast.education)
    values = {"version": 0, "next_court_on": None, "must_appear": "no", "counsel_name": "", "counsel_contact": ""}
    with pytest.raises(ValuesRefused) as refusal:
        update_court_details(referral=referral, **{**values, **over}, by=clerk)
    assert refusal.value.field == field
    assert stored(referral).must_appear == "unknown"


def test_court_dates_are_those_of_open_cases_and_active_stays(cast, clerk):
    soon = {"next_court_on": D(2026, 4, 3)}
    with in_track(cast.education, by=clerk, write=True):
        open_case = builders.make_referral(cast, cast.education, **soon)
        builders.make_referral(cast, cast.education, next_court_on=D(2026, 4, 9))
        builders.make_ineligible(cast, cast.education, **soon)
        active = builders.make_enrollment(cast, cast.education, **soon, name="Ivy Oakmere")
        ended = builders.make_enrollment(cast, cast.education, **soon, name="Quinn Larkspurn")
        builders.make_ended(cast, cast.education, enrollment=ended)
    assert set(court_dates(D(2026, 4, 1), D(2026, 4, 8))) == {open_case, active.referral}
    assert list(court_dates(D(2026, 4, 1), D(2026, 4, 8), caseworker=active.caseworker)) == [active.referral]
    assert not court_dates(D(2026, 4, 1), D(2026, 4, 8), caseworker=cast.education_second_caseworker).exists()
