"""What an agreement asks, credits, reductions and waivers; what neither rule nor database lets into services."""

import datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from participants.audit.models import Event
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError
from participants.requirements.actions import adjust_requirement, record_credit, set_requirements
from participants.requirements.models import Credit, Requirement, RequirementTemplate
from participants.requirements.queries import progress_of
from participants.sessions.actions import log_individual
from participants.tracks.scope import in_track
from tests.builders import PLACED, make_ended, make_enrollment
from tests.sessions.arrange import no_audit

TODAY = PLACED + datetime.timedelta(days=30)
NOW = datetime.datetime(2026, 4, 11, 16, tzinfo=datetime.UTC)
HOURS, FEE, SERVICE = "class_hours", "fee", "community_service_hours"


def requirement_of(cast, stay: Enrollment, kind: str, track=None) -> Requirement:
    with in_track(track or cast.education):
        return Requirement.objects.get(enrollment=stay, kind=kind)


def credit(cast, requirement, quantity="10", **over) -> Credit:
    by = cast.education_caseworker
    values = {"quantity": Decimal(quantity), "earned_on": TODAY, "note": "receipt 17", "today": TODAY, "now": NOW}
    with in_track(cast.education, by=by, write=True):
        return record_credit(requirement=requirement, **{**values, **over}, by=by)


def adjust(cast, requirement, **over) -> Requirement:
    by = cast.education_manager
    values = {"version": 0, "reason": "cannot pay", "today": TODAY}
    with in_track(cast.education, by=by, write=True):
        return adjust_requirement(requirement=requirement, **{**values, **over}, by=by)


def progress(cast, stay, kind):
    with in_track(cast.education):
        return next(item for item in progress_of([stay])[stay.pk] if item.kind == kind)


# --- what is asked ------------------------------------------------------------------------------------------------


def test_stay_is_asked_what_the_templates_in_use_ask(cast):
    with in_track(cast.education, write=True):
        RequirementTemplate.objects.filter(kind=SERVICE).update(in_use=False)
    stay = make_enrollment(cast, cast.education)
    with in_track(cast.education):
        asked = list(Requirement.objects.values_list("kind", "quantity", "service", "participant"))
        assert Event.objects.get(action="requirements.set").detail == {"count": 2}
    assert asked == [
        (HOURS, Decimal(8), "Education class", stay.participant_id),
        (FEE, Decimal(200), "", stay.participant_id),
    ]


def test_stay_keeps_what_it_was_asked(cast):
    stay = make_enrollment(cast, cast.education)
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        RequirementTemplate.objects.update(quantity=99)
        set_requirements(enrollment=stay, by=by)
        quantities = list(Requirement.objects.values_list("quantity", flat=True))
    assert quantities == [Decimal(8), Decimal(20), Decimal(200)]


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "own_choice_sessions", "service": "Therapy"},
        {"kind": "class_hours", "service": ""},
        {"kind": "community_service_hours", "service": ""},
    ],
)
def test_services_cannot_hold_a_requirement_that_names_a_service(cast, values):
    stay = make_enrollment(cast, cast.services)
    common = {"quantity": Decimal(3), "basis": "assessed"}
    with in_track(cast.services, write=True):
        with pytest.raises(IntegrityError), transaction.atomic():
            RequirementTemplate.objects.create(**common, **values)
        with pytest.raises(IntegrityError), transaction.atomic():
            Requirement.objects.create(enrollment=stay, participant=stay.participant, **common, **values)
        row = Requirement.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            Requirement.objects.filter(pk=row.pk).update(**values)
        assert list(Requirement.objects.values_list("kind", "service")) == [("own_choice_sessions", "")]


def test_education_may_name_a_class(cast):
    stay = make_enrollment(cast, cast.education)
    assert requirement_of(cast, stay, HOURS).title == "Education class"
    assert requirement_of(cast, stay, FEE).title == "Fee"


# --- credits ------------------------------------------------------------------------------------------------------


def test_credit_counts_and_is_on_record(cast):
    stay = make_enrollment(cast, cast.education)
    made = credit(cast, requirement_of(cast, stay, SERVICE), "12.5")
    found = progress(cast, stay, SERVICE)
    assert (found.done, found.missing) == (Decimal("12.5"), "7.5 hours are missing.")
    with in_track(cast.education):
        event = Event.objects.get(action="credit.recorded")
        assert Credit.objects.get().note == "receipt 17"
    assert (made.recorded_by, made.recorded_at) == (cast.education_caseworker, NOW)
    assert event.detail == {"kind": SERVICE, "fields": ["earned_on", "note", "quantity"]}


@pytest.mark.parametrize(
    ("kind", "over", "sentence"),
    [
        (HOURS, {}, "This requirement counts sessions attended. Record them on the session's page."),
        (FEE, {"quantity": "0"}, "Enter more than zero."),
        (FEE, {"quantity": "-1"}, "Enter more than zero."),
        (FEE, {"earned_on": TODAY + datetime.timedelta(days=1)}, "This day is still to come."),
        (
            FEE,
            {"earned_on": PLACED - datetime.timedelta(days=1)},
            "This is before the person was placed, on March 12, 2026.",
        ),
    ],
)
def test_credit_that_does_not_hold_writes_nothing(cast, kind, over, sentence):
    stay = make_enrollment(cast, cast.education)
    over = dict(over)
    with pytest.raises(ProgramError) as refused:
        credit(cast, requirement_of(cast, stay, kind), over.pop("quantity", "10"), **over)
    assert refused.value.message == sentence
    with in_track(cast.education):
        assert not Credit.objects.exists()


def test_credit_to_an_ended_stay_or_a_waived_requirement_is_refused(cast):
    stay = make_enrollment(cast, cast.education)
    fee, hours = requirement_of(cast, stay, FEE), requirement_of(cast, stay, SERVICE)
    adjust(cast, fee, waive=True)
    with pytest.raises(ProgramError, match="waived"):
        credit(cast, fee)
    make_ended(cast, cast.education, enrollment=stay)
    with pytest.raises(ProgramError, match="stay has ended"):
        credit(cast, hours)


def test_credit_is_not_recorded_without_its_audit_event(cast):
    stay = make_enrollment(cast, cast.education)
    fee = requirement_of(cast, stay, FEE)
    with no_audit(), pytest.raises(DatabaseError, match="no room for events"):
        credit(cast, fee)
    with in_track(cast.education):
        assert not Credit.objects.exists()


def test_credit_of_nothing_is_refused_by_the_database(cast):
    stay = make_enrollment(cast, cast.education)
    fee = requirement_of(cast, stay, FEE)
    made = credit(cast, fee)
    with in_track(cast.education, write=True), pytest.raises(IntegrityError), transaction.atomic():
        Credit.objects.filter(pk=made.pk).update(quantity=0)


# --- reductions and waivers ---------------------------------------------------------------------------------------


def test_fee_is_reduced_for_a_reason(cast):
    stay = make_enrollment(cast, cast.education)
    adjust(cast, requirement_of(cast, stay, FEE), quantity=Decimal(50))
    adjust(cast, requirement_of(cast, stay, FEE), version=1, quantity=Decimal("20.50"))
    with in_track(cast.education):
        row = Requirement.objects.get(kind=FEE)
        events = Event.objects.filter(action="requirement.reduced")
        assert row.change_reason == "cannot pay"
        assert [event.detail for event in events] == [{"kind": FEE, "fields": ["change_reason", "quantity"]}] * 2
    assert (row.quantity, row.reduced_from, row.version) == (Decimal("20.50"), Decimal(200), 2)
    assert row.changed_by_id == cast.education_manager.pk
    assert progress(cast, stay, FEE).missing == "$20.50 is not paid yet."


def test_fee_is_waived_for_a_reason(cast):
    stay = make_enrollment(cast, cast.education)
    adjust(cast, requirement_of(cast, stay, FEE), waive=True)
    found = progress(cast, stay, FEE)
    assert (found.waived, found.waived_on, found.missing, found.holds_up) == (True, TODAY, "", False)
    with in_track(cast.education):
        assert Event.objects.get(action="requirement.waived").detail == {
            "kind": FEE,
            "fields": ["change_reason", "waived_on"],
        }


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"waive": True, "reason": "  "}, "Enter the reason."),
        ({"quantity": Decimal(200)}, "Enter less than what is asked now, 200."),
        ({"quantity": Decimal(0)}, "To ask for nothing, waive the requirement."),
        ({}, "Enter how much is asked from now on."),
        (
            {"waive": True, "version": 4},
            "Someone else changed this requirement meanwhile. Check what it says now and save again.",
        ),
    ],
)
def test_change_that_does_not_hold_writes_nothing(cast, over, sentence):
    stay = make_enrollment(cast, cast.education)
    with pytest.raises(ProgramError) as refused:
        adjust(cast, requirement_of(cast, stay, FEE), **over)
    assert refused.value.message == sentence
    row = requirement_of(cast, stay, FEE)
    assert (row.quantity, row.waived_on, row.version) == (Decimal(200), None, 0)


# --- progress -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("people", [1, 3])
def test_progress_of_many_takes_two_statements(cast, people, django_assert_num_queries):
    stays = [make_enrollment(cast, cast.education, name=f"Person {n}") for n in range(people)]
    by = cast.education_caseworker
    for stay in stays:
        credit(cast, requirement_of(cast, stay, FEE))
        with in_track(cast.education, by=by, write=True):
            log_individual(
                enrollment=stay,
                kind="community_service",
                held_on=TODAY,
                starts=datetime.time(9),
                minutes=240,
                today=TODAY,
                now=NOW,
                by=by,
            )
    with in_track(cast.education), django_assert_num_queries(2):
        found = progress_of(stays)
    assert {pk: [(item.kind, item.done) for item in items] for pk, items in found.items()} == {
        stay.pk: [(HOURS, Decimal(0)), (SERVICE, Decimal(4)), (FEE, Decimal(10))] for stay in stays
    }


def test_progress_of_nobody_is_nothing(cast):
    make_enrollment(cast, cast.education)
    with in_track(cast.education):
        assert progress_of([]) == {}
