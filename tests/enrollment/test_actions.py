"""Placing, handing over, ending a stay: done with an event, or refused with nothing written."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from participants.audit.models import Event, EventSubject
from participants.enrollment.actions import change_caseworker, end_stay, gaps, place
from participants.enrollment.queries import by_name, caseload, current_enrollment, has_caseload
from participants.errors import ProgramError
from participants.models import Enrollment, Participant, Referral, Requirement
from participants.people.actions import create_participant
from participants.tracks.models import new_id
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import (
    make_accepted,
    make_agreement,
    make_declined,
    make_eligible,
    make_ended,
    make_enrollment,
    make_ineligible,
    make_lapsed,
    make_offer,
    make_referral,
)
from tests.consent.test_actions import Nobody, events

DAY = datetime.timedelta(days=1)


def try_to_place(cast, track, referral, **over):
    by = cast.people["education_caseworker" if track == cast.education else "services_caseworker"]
    values = {"caseworker": by, "placed_on": builders.PLACED, "today": builders.PLACED}
    with in_track(track, by=by, write=True):
        return place(referral=Referral.objects.get(pk=referral.pk), **{**values, **over}, by=by)


def test_placement_makes_participant_stay_and_requirements(cast):
    enrollment = make_enrollment(
        cast,
        cast.education,
        name="José Hernández",
        phone="305 555 0100",
        language="es",
        gender="man",
        race="hispanic",
        date_of_birth=datetime.date(1990, 5, 17),
    )
    with in_track(cast.education):
        stay = Enrollment.objects.get()
        person = stay.participant
        assert (person.name, person.phone, person.language) == ("José Hernández", "305 555 0100", "es")
        assert (person.gender, person.race) == ("man", "hispanic")
        assert person.date_of_birth == datetime.date(1990, 5, 17)
        assert (stay.status, stay.placed_on, stay.term_ends_on) == ("active", builders.PLACED, builders.TERM_ENDS)
        assert stay.caseworker == cast.education_caseworker
        assert stay.referral.status == "placed"
        kinds = list(Requirement.objects.filter(enrollment=stay).values_list("kind", flat=True))
        assert kinds == ["class_hours", "community_service_hours", "fee"]
        event = Event.objects.get(action="enrollment.placed")
        subjects = EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id")
        assert set(subjects) == {("participant", person.pk), ("referral", stay.referral_id)}
    assert enrollment == stay


@pytest.mark.parametrize(
    ("make", "sentences"),
    [
        (
            make_referral,
            "The referral has not been screened. No offer has been made. "
            "The participation agreement has not been signed.",
        ),
        (
            make_ineligible,
            "The screening found the referral not eligible. No offer has been made. "
            "The participation agreement has not been signed.",
        ),
        (make_eligible, "No offer has been made. The participation agreement has not been signed."),
        (make_offer, "The offer has not been accepted. The participation agreement has not been signed."),
        (make_declined, "The offer has not been accepted. The participation agreement has not been signed."),
        (make_lapsed, "The offer has not been accepted. The participation agreement has not been signed."),
        (make_accepted, "The participation agreement has not been signed."),
    ],
)
@pytest.mark.parametrize("kind", ["education", "services"])
def test_placement_says_what_is_missing_and_writes_nothing(cast, kind, make, sentences):
    track = cast.tracks[kind]
    made = make(cast, track)
    with in_track(track):
        referral = getattr(made, "referral", made)
        before = Referral.objects.get(pk=referral.pk).status
    with pytest.raises(ProgramError) as refusal:
        try_to_place(cast, track, referral)
    assert refusal.value.message == sentences
    with in_track(track):
        assert not Enrollment.objects.exists()
        assert not Participant.objects.exists()
        assert Referral.objects.get(pk=referral.pk).status == before
    assert events(track, "enrollment.placed") == []


def test_no_placement_on_a_withdrawn_agreement(cast):
    agreement = make_agreement(cast, cast.education)
    make_declined(cast, cast.education, offer=agreement.offer, decided_at=builders.at(builders.PLACED))
    with pytest.raises(ProgramError) as refusal:
        try_to_place(cast, cast.education, agreement.referral)
    assert refusal.value.message == (
        "The offer has not been accepted. The person has withdrawn the participation agreement."
    )


def test_no_placement_of_a_minor(cast):
    referral = make_referral(cast, cast.education, date_of_birth=datetime.date(2009, 6, 1))
    with pytest.raises(ProgramError, match="under 18"):
        try_to_place(cast, cast.education, referral)


def test_eighteen_today_does_not_help_who_was_seventeen_then(cast):
    """Seventeen on the day of the offense, eighteen on the day of placement."""
    referral = make_referral(cast, cast.education, date_of_birth=datetime.date(2008, 3, 1))
    with in_track(cast.education):
        assert any("under 18" in sentence for sentence in gaps(referral, builders.PLACED))


@pytest.mark.parametrize("placed_on", [builders.SIGNED - DAY, builders.PLACED + DAY])
def test_placement_on_a_wrong_day(cast, placed_on):
    agreement = make_agreement(cast, cast.education)
    with pytest.raises(ProgramError) as refusal:
        try_to_place(cast, cast.education, agreement.referral, placed_on=placed_on)
    assert refusal.value.field == "placed_on"


@pytest.mark.parametrize("name", ["services_caseworker", "education_facilitator", "education_intake_clerk", "outsider"])
def test_caseworker_is_one_of_this_track(cast, name):
    agreement = make_agreement(cast, cast.education)
    with pytest.raises(ProgramError) as refusal:
        try_to_place(cast, cast.education, agreement.referral, caseworker=getattr(cast, name))
    assert refusal.value.field == "caseworker"


def test_placed_once(cast):
    agreement, row_id = make_agreement(cast, cast.education), new_id()
    first = try_to_place(cast, cast.education, agreement.referral, row_id=row_id)
    assert try_to_place(cast, cast.education, agreement.referral, row_id=row_id) == first
    with pytest.raises(ProgramError, match="placed already"):
        try_to_place(cast, cast.education, agreement.referral)
    with in_track(cast.education):
        assert (Enrollment.objects.count(), Participant.objects.count()) == (1, 1)


def test_a_reference_that_is_taken_is_drawn_again(cast):
    taken = make_enrollment(cast, cast.education)
    referral = make_referral(cast, cast.education)
    with in_track(cast.education, write=True):
        reference = Participant.objects.get(pk=taken.participant_id).reference
        draws = iter([reference, reference, "CCCC-CCCC"])
        person = create_participant(referral=referral, by=cast.education_caseworker, draw=lambda: next(draws))
    assert person.reference == "CCCC-CCCC"


def test_hand_over_to_another_caseworker(cast):
    enrollment = make_enrollment(cast, cast.education)
    by, to = cast.education_manager, cast.education_second_caseworker
    with in_track(cast.education, by=by, write=True):
        for _ in range(2):
            change_caseworker(enrollment=enrollment, caseworker=to, today=builders.PLACED, by=by)
        assert Enrollment.objects.get().caseworker == to
    assert [event.detail for event in events(cast.education, "enrollment.caseworker_changed")] == [
        {"fields": ["caseworker"]}
    ]


def test_hand_over_is_refused(cast):
    by = cast.education_manager
    active, ended = make_enrollment(cast, cast.education), make_ended(cast, cast.education)
    with in_track(cast.education, by=by, write=True):
        with pytest.raises(ProgramError, match="Choose a caseworker of this track"):
            change_caseworker(enrollment=active, caseworker=cast.services_caseworker, today=builders.PLACED, by=by)
        with pytest.raises(ProgramError, match="has ended"):
            change_caseworker(
                enrollment=ended, caseworker=cast.education_second_caseworker, today=builders.PLACED, by=by
            )
        assert set(Enrollment.objects.values_list("caseworker", flat=True)) == {cast.education_caseworker.pk}


@pytest.mark.parametrize(
    ("kind", "status", "over"),
    [
        ("education", "withdrew", {}),
        ("education", "terminated", {}),
        ("education", "completed", {"requirements_met_on": builders.PLACED + 20 * DAY}),
        ("services", "completed", {"requirements_met_on": builders.PLACED + 20 * DAY}),
        ("services", "withdrew", {"detail": "lapsed"}),
        ("services", "neutral", {"detail": "transfer"}),
    ],
)
def test_stay_ends(cast, kind, status, over):
    track = cast.tracks[kind]
    make_ended(cast, track, enrollment=make_enrollment(cast, track), status=status, **over)
    with in_track(track):
        stay = Enrollment.objects.get()
    assert (stay.status, stay.exit_detail) == (status, over.get("detail", ""))
    assert stay.exited_on == builders.PLACED + 30 * DAY
    assert stay.requirements_met_on == over.get("requirements_met_on")
    assert [event.detail for event in events(track, "enrollment.ended")] == [
        {"exit": status, "why": over.get("detail", "")}
    ]


@pytest.mark.parametrize(
    ("kind", "status", "over"),
    [
        ("services", "terminated", {}),
        ("education", "completed", {}),
        ("education", "neutral", {}),
        ("education", "withdrew", {"detail": "lapsed"}),
        ("education", "withdrew", {"exited_on": builders.PLACED - DAY}),
        ("education", "active", {}),
    ],
)
def test_stay_does_not_end_so(cast, kind, status, over):
    track = cast.tracks[kind]
    enrollment = make_enrollment(cast, track)
    with pytest.raises(ProgramError):
        make_ended(cast, track, enrollment=enrollment, status=status, **over)
    with in_track(track):
        assert Enrollment.objects.get().is_active
    assert events(track, "enrollment.ended") == []


def test_stay_ends_once(cast):
    enrollment = make_ended(cast, cast.education)
    with pytest.raises(ProgramError, match="ended already"):
        make_ended(cast, cast.education, enrollment=enrollment)


def test_without_its_event_nothing_changes(cast):
    enrollment = make_enrollment(cast, cast.education)
    with in_track(cast.education, write=True):
        with pytest.raises(ValidationError):
            end_stay(enrollment=enrollment, status="withdrew", exited_on=builders.PLACED, by=Nobody())
        with pytest.raises(ValidationError):
            change_caseworker(
                enrollment=enrollment,
                caseworker=cast.education_second_caseworker,
                today=builders.PLACED,
                by=Nobody(),
            )
        stay = Enrollment.objects.get()
    assert stay.is_active
    assert stay.caseworker_id == cast.education_caseworker.pk


def copy(stay: Enrollment, **over) -> Enrollment:
    values = {
        name: getattr(stay, name)
        for name in ("participant_id", "referral_id", "agreement_id", "caseworker_id", "placed_on", "term_ends_on")
    }
    return Enrollment(**{**values, **over}, track=stay.track)


def test_database_places_nobody_without_an_agreement(cast):
    stay = make_enrollment(cast, cast.education)
    referral = make_eligible(cast, cast.education)
    with in_track(cast.education, write=True):
        with pytest.raises(IntegrityError), transaction.atomic():
            copy(stay, referral_id=referral.pk, agreement_id=None).save()
        with pytest.raises(IntegrityError), transaction.atomic():  # one agreement, one stay
            copy(stay, referral_id=referral.pk).save()
        assert Enrollment.objects.count() == 1


def test_database_keeps_one_stay_open(cast):
    stay = make_enrollment(cast, cast.education)
    agreement = make_agreement(cast, cast.education)
    with in_track(cast.education, write=True):
        second = copy(stay, referral_id=agreement.referral_id, agreement_id=agreement.pk)
        with pytest.raises(IntegrityError), transaction.atomic():
            second.save()
    make_ended(cast, cast.education, enrollment=stay)
    with in_track(cast.education, write=True):
        second.save()
        assert current_enrollment(stay.participant) == second


def test_database_refuses_an_agreement_of_the_other_track(cast):
    stay, agreement = make_enrollment(cast, cast.education), make_agreement(cast, cast.services)
    referral = make_eligible(cast, cast.education)
    person = make_ended(cast, cast.education).participant_id
    with in_track(cast.education, write=True), pytest.raises(IntegrityError), transaction.atomic():
        copy(stay, participant_id=person, referral_id=referral.pk, agreement_id=agreement.pk).save()


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("services", {"status": "terminated", "exited_on": builders.PLACED}),
        ("education", {"status": "withdrew"}),
        ("education", {"status": "withdrew", "exited_on": builders.PLACED - DAY}),
        ("education", {"status": "completed", "exited_on": builders.PLACED}),
        ("education", {"status": "gone", "exited_on": builders.PLACED}),
        ("education", {"exited_on": builders.PLACED}),
    ],
)
def test_database_refuses_what_no_action_writes(cast, kind, values):
    track = cast.tracks[kind]
    make_enrollment(cast, track)
    with in_track(track, write=True):
        with pytest.raises(IntegrityError), transaction.atomic():
            Enrollment.objects.update(**values)
        assert Enrollment.objects.get().is_active


def test_caseload_is_ones_own_or_all(cast):
    mine = make_enrollment(cast, cast.education, name="Zoe")
    other = make_enrollment(cast, cast.education, name="Ana", caseworker=cast.education_second_caseworker)
    ended = make_ended(cast, cast.education)
    with in_track(cast.education):
        assert set(caseload()) == {mine, other}
        assert list(caseload(cast.education_caseworker)) == [mine]
        assert list(caseload(cast.education_caseworker, "ended")) == [ended]
        assert list(caseload(cast.education_caseworker, "withdrew")) == [ended]
        assert set(caseload(status="")) == {mine, other, ended}
        assert [stay.participant.name for stay in by_name(caseload())] == ["Ana", "Zoe"]
        assert has_caseload(cast.education_caseworker)
        assert not has_caseload(cast.education_manager)


def test_database_refuses_a_stay_that_begins_after_its_term(cast):
    stay = make_enrollment(cast, cast.education)
    with in_track(cast.education, write=True), pytest.raises(IntegrityError), transaction.atomic():
        Enrollment.objects.filter(pk=stay.pk).update(term_ends_on=stay.placed_on - datetime.timedelta(days=1))


def test_placement_after_the_term_is_refused(cast):
    agreement = make_agreement(cast, cast.education)
    late = builders.TERM_ENDS + datetime.timedelta(days=1)
    with pytest.raises(ProgramError, match="program ended on September 8, 2026"):
        make_enrollment(cast, cast.education, agreement=agreement, placed_on=late)
    with in_track(cast.education):
        assert not Enrollment.objects.exists()
