"""Receiving a referral: what is stored, what is refused, what is on record."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from participants.audit.models import Event, EventSubject
from participants.errors import ValuesRefused
from participants.operations.models import Operation
from participants.people.models import SearchToken
from participants.people.queries import subjects_matching
from participants.referrals.actions import AlreadyReceived, receive_referral
from participants.referrals.case import NewOperation
from participants.referrals.models import Referral
from participants.referrals.rules import NOT_HERE, Status
from participants.staff.models import User
from participants.tracks.models import new_id
from participants.tracks.scope import in_track

D = datetime.date
TODAY = D(2026, 4, 1)
CASE = {
    "name": "Maya Quillford",
    "date_of_birth": D(1990, 2, 28),
    "case_number": "F26-01234",
    "charge": "796.07(2)(f)",
    "offense_on": D(2026, 3, 1),
    "received_on": D(2026, 3, 3),
    "source": "State Attorney",
    "today": TODAY,
}


@pytest.fixture
def clerk(cast):
    """The education track is open, its intake clerk at work."""
    with in_track(cast.education, by=cast.education_intake_clerk, write=True):
        yield cast.education_intake_clerk


def refused(**over) -> dict[str, str]:
    with pytest.raises(ValuesRefused) as refusal:
        receive_referral(**{**CASE, **over})
    return {problem.field: problem.text for problem in refusal.value.problems}


def test_referral_is_stored_with_what_follows_from_it(clerk):
    made = receive_referral(**{**CASE, "charge": "s. 796.07 (2) (F)", "name": "  Maya Quillford "}, by=clerk)
    stored = Referral.objects.get()
    assert stored == made
    assert (stored.name, stored.charge, stored.status) == ("Maya Quillford", "796.07(2)(f)", Status.RECEIVED)
    assert (stored.age_at_offense, stored.version, stored.language) == (36, 0, "en")


def test_referral_is_on_record_without_values(clerk):
    made = receive_referral(**CASE, by=clerk)
    event = Event.objects.get(action="referral.received")
    assert event.actor_id == clerk.pk
    assert [(subject.kind, subject.subject_id) for subject in EventSubject.objects.filter(event_id=event.pk)] == [
        ("referral", made.pk)
    ]
    assert "Maya" not in str(event.detail)


@pytest.mark.parametrize("text", ["quillford", "may", "MAYA quill", "F26-01234", "f26 01234"])
def test_referral_is_found_by_name_and_case_number(clerk, text):
    made = receive_referral(**CASE, by=clerk)
    assert set(subjects_matching(text).values_list("subject_id", flat=True)) == {made.pk}


def test_nothing_is_stored_when_the_event_cannot_be_written(cast, clerk):
    nobody = User(name="Nobody")
    nobody.pk = "not an id"
    with pytest.raises(ValidationError):
        receive_referral(**CASE, by=nobody)
    assert not Referral.objects.exists()
    assert not SearchToken.objects.exists()


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "!!! ???"}, "name"),
        ({"name": "Ann\x07"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"case_number": "---"}, "case_number"),
        ({"case_number": "1" * 51}, "case_number"),
        ({"charge": "812.014"}, "charge"),
        ({"charge": ""}, "charge"),
        ({"offense_on": D(2026, 4, 2)}, "offense_on"),
        ({"source": " "}, "source"),
        ({"language": "Spanish"}, "language"),
        ({"gender": "x"}, "gender"),
        ({"must_appear": "perhaps"}, "must_appear"),
    ],
)
def test_bad_value_is_refused_by_its_field_and_nothing_is_written(clerk, over, field):
    assert field in refused(**over, by=clerk)
    assert not Referral.objects.exists()
    assert not Event.objects.filter(action="referral.received").exists()


def test_all_problems_are_told_at_once(clerk):
    assert set(refused(name="", charge="1", date_of_birth=D(2027, 1, 1), by=clerk)) == {
        "name",
        "charge",
        "date_of_birth",
    }


def test_charge_of_the_other_track_is_refused_and_says_no_more(clerk):
    assert refused(charge="796.07(2)(e)", by=clerk) == {"charge": NOT_HERE}
    assert not Referral.objects.exists()


def test_charge_that_decides_nothing_may_be_entered_in_either_track(cast):
    for track in (cast.education, cast.services):
        with in_track(track, by=None, write=True):
            made = receive_referral(**{**CASE, "charge": "796.07(2)(g)"}, by=None)
            assert made.charge == "796.07(2)(g)"


def test_same_case_is_received_once_however_it_is_written(clerk):
    first = receive_referral(**CASE, by=clerk)
    with pytest.raises(AlreadyReceived, match=r"already received on March 3, 2026") as refusal:
        receive_referral(**{**CASE, "case_number": "f26 01234", "name": "MAYA QUILLFORD", "phone": "1"}, by=clerk)
    assert refusal.value.referral == first
    assert Referral.objects.count() == 1


@pytest.mark.parametrize(
    "over",
    [
        {"case_number": "F26-01235"},
        {"name": "Mya Quillford"},
        {"date_of_birth": D(1990, 2, 27)},
        {"date_of_birth": None},
        {"charge": "796.07(2)(i)"},
    ],
)
def test_another_case_is_received(clerk, over):
    receive_referral(**CASE, by=clerk)
    receive_referral(**{**CASE, **over}, by=clerk)
    assert Referral.objects.count() == 2


def test_same_case_in_the_other_track_says_nothing(cast):
    both = {**CASE, "charge": "796.07(2)(g)"}
    for track in (cast.education, cast.services, cast.elsewhere):
        with in_track(track, by=None, write=True):
            receive_referral(**both, by=None)
            assert Referral.objects.count() == 1


def test_same_form_twice_writes_once(clerk):
    row_id = new_id()
    first = receive_referral(row_id=row_id, **CASE, by=clerk)
    assert receive_referral(row_id=row_id, **CASE, by=clerk) == first
    assert Event.objects.filter(action="referral.received").count() == 1


def test_same_form_with_other_content_loses_nothing_silently(clerk):
    row_id = new_id()
    receive_referral(row_id=row_id, **CASE, by=clerk)
    with pytest.raises(AlreadyReceived, match="saved before"):
        receive_referral(row_id=row_id, **{**CASE, "phone": "305 555 0100"}, by=clerk)
    assert Referral.objects.get().phone == ""


def test_new_operation_is_made_once(clerk):
    sweep = NewOperation("City Police", "Night Harbor", D(2026, 3, 1))
    first = receive_referral(**CASE, operation=sweep, by=clerk)
    second = receive_referral(**{**CASE, "case_number": "F26-2"}, operation=sweep, by=clerk)
    assert first.operation == second.operation == Operation.objects.get()
    assert Event.objects.filter(action="operation.added").count() == 1


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        (NewOperation("City Police", "Night", D(2026, 4, 2)), "operation_on"),
        (NewOperation("", "Night", D(2026, 3, 1)), "operation_agency"),
        (NewOperation("City Police", "N" * 151, D(2026, 3, 1)), "operation_name"),
    ],
)
def test_bad_operation_is_refused_with_the_referral(clerk, operation, field):
    assert set(refused(operation=operation, by=clerk)) == {field}
    assert not Operation.objects.exists()
    assert not Referral.objects.exists()


@pytest.mark.parametrize("born", [D(2008, 3, 2), D(2012, 1, 1), D(2026, 3, 1)])
def test_minor_on_the_offense_date_is_stopped(clerk, born):
    made = receive_referral(**{**CASE, "date_of_birth": born}, by=clerk)
    assert made.status == Status.STOPPED
    assert Event.objects.filter(action="referral.stopped").count() == 1


def test_eighteenth_birthday_on_the_offense_date_is_an_adult(clerk):
    assert receive_referral(**{**CASE, "date_of_birth": D(2008, 3, 1)}, by=clerk).status == Status.RECEIVED


def test_no_date_of_birth_is_received_without_age(clerk):
    made = receive_referral(**{**CASE, "date_of_birth": None}, by=clerk)
    assert (made.status, made.age_at_offense) == (Status.RECEIVED, None)
