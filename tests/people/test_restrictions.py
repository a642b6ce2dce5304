"""A person names staff who may not open their file: what is written, what is refused, what is carried along."""

import datetime

import pytest

from participants.audit.models import Event, EventSubject
from participants.duplicates.actions import decide_comparison, undo_comparison
from participants.enrollment.actions import change_caseworker, place
from participants.enrollment.queries import caseload, find
from participants.errors import ProgramError
from participants.models import Enrollment, Note, Participant, Referral, Restriction
from participants.people.restricting import OneFile, carry_restrictions, lift_restriction, restrict_file
from participants.sessions.actions import write_note
from participants.tracks.scope import RestrictedRecord, in_track
from tests import builders
from tests.builders import at
from tests.statements import exactly

TODAY = datetime.date(2026, 4, 1)


def restrict(cast, staff, *, track=None, by=None, **about):
    track = track or cast.education
    by = by or builders.staff(cast, track, "manager")
    with in_track(track, by=by, write=True):
        return restrict_file(staff=staff, **about, today=TODAY, by=by)


def lift(cast, staff, *, track=None, by=None, **about):
    track = track or cast.education
    by = by or builders.staff(cast, track, "manager")
    with in_track(track, by=by, write=True):
        lift_restriction(staff=staff, **about, today=TODAY, by=by)


def standing(cast, track=None):
    with in_track(track or cast.education):
        rows = Restriction.objects.filter(lifted_on__isnull=True).order_by("id")
        return {(row.staff_id, row.referral_id, row.participant_id) for row in rows}


def opens(track, row, reader) -> bool:
    with in_track(track, by=reader):
        try:
            return bool(type(row).objects.get(pk=row.pk).name)
        except RestrictedRecord:
            return False


def test_a_case_is_closed_to_whom_the_person_names(cast):
    row = builders.make_referral(cast, cast.education, name="Rosa Shy")
    named, other = cast.education_caseworker, cast.education_intake_clerk
    restrict(cast, named, referral=row)
    assert not opens(cast.education, row, named)
    assert opens(cast.education, row, other)
    with in_track(cast.education, by=named):
        assert len(find("Rosa")) == 0
    with in_track(cast.education, by=other):
        assert len(find("Rosa")) == 1
    with in_track(cast.education):
        event = Event.objects.get(action="file.restricted")
        assert event.detail == {"staff": str(named.pk)}
        subjects = EventSubject.objects.filter(event_id=event.pk)
        assert list(subjects.values_list("kind", "subject_id")) == [("referral", row.pk)]


def test_named_twice_is_named_once(cast):
    row = builders.make_referral(cast, cast.education)
    assert len(restrict(cast, cast.education_counsellor, referral=row)) == 1
    assert restrict(cast, cast.education_counsellor, referral=row) == []
    with in_track(cast.education):
        assert Restriction.objects.count() == 1
        assert Event.objects.filter(action="file.restricted").count() == 1


def test_lifted_opens_again_and_can_be_named_again(cast):
    row = builders.make_referral(cast, cast.education)
    named = cast.education_caseworker
    restrict(cast, named, referral=row)
    lift(cast, named, referral=row)
    assert opens(cast.education, row, named)
    restrict(cast, named, referral=row)
    assert not opens(cast.education, row, named)
    with in_track(cast.education):
        assert Event.objects.filter(action="file.opened_again").count() == 1
        assert Restriction.objects.count() == 2


@pytest.mark.parametrize("who", ["services_caseworker", "outsider", "elsewhere_manager"])
def test_only_staff_of_the_track_are_named(cast, who):
    row = builders.make_referral(cast, cast.education)
    with pytest.raises(ProgramError, match="works in this track"):
        restrict(cast, cast.people[who], referral=row)
    assert standing(cast) == set()


def test_nobody_names_or_lifts_themselves(cast):
    row = builders.make_referral(cast, cast.education)
    manager = cast.education_manager
    with pytest.raises(ProgramError, match="Nobody names themselves"):
        restrict(cast, manager, referral=row)
    restrict(cast, manager, referral=row, by=cast.education_second_manager)
    with pytest.raises(ProgramError, match="themselves"):
        lift(cast, manager, referral=row)
    assert not opens(cast.education, row, manager)


def test_whoever_works_on_the_case_hands_it_over_first(cast):
    stay = builders.make_enrollment(cast, cast.education)
    worker, second = cast.education_caseworker, cast.education_second_caseworker
    with in_track(cast.education):
        person = Participant.objects.get(pk=stay.participant_id)
    with pytest.raises(ProgramError, match="Hand it over"):
        restrict(cast, worker, participant=person)
    with pytest.raises(ProgramError, match="Hand it over"):
        restrict(cast, worker, referral=stay.referral)
    manager = cast.education_manager
    with in_track(cast.education, by=manager, write=True):
        change_caseworker(enrollment=stay, caseworker=second, today=TODAY, by=manager)
    restrict(cast, worker, participant=person)
    with in_track(cast.education, by=manager, write=True):
        with pytest.raises(ProgramError, match="does not wish") as refused:
            change_caseworker(enrollment=stay, caseworker=worker, today=TODAY, by=manager)
        assert refused.value.field == "caseworker"
        assert Enrollment.objects.get(pk=stay.pk).caseworker == second


def test_who_a_referral_is_assigned_to_hands_it_over_first(cast):
    row = builders.make_referral(cast, cast.education)
    with in_track(cast.education, write=True):
        Referral.objects.filter(pk=row.pk).update(assigned_to=cast.education_caseworker)
        row = Referral.objects.get(pk=row.pk)
    with pytest.raises(ProgramError, match="Hand it over"):
        restrict(cast, cast.education_caseworker, referral=row)


def test_placing_carries_it_to_the_participant(cast):
    agreement = builders.make_agreement(cast, cast.education, person={"name": "Rosa Shy"})
    named = cast.education_counsellor
    with in_track(cast.education):
        row = Referral.objects.get(pk=agreement.referral_id)
    restrict(cast, named, referral=row)
    stay = builders.make_enrollment(cast, cast.education, agreement=agreement)
    assert standing(cast) == {(named.pk, row.pk, None), (named.pk, None, stay.participant_id)}
    assert not opens(cast.education, stay.participant, named)
    with in_track(cast.education, by=named):
        assert list(caseload()) == []
        assert len(find("Rosa")) == 0


def test_nobody_becomes_the_caseworker_of_a_file_closed_to_them(cast):
    agreement = builders.make_agreement(cast, cast.education)
    with in_track(cast.education):
        row = Referral.objects.get(pk=agreement.referral_id)
    restrict(cast, cast.education_second_caseworker, referral=row)
    clerk, named, day = cast.education_intake_clerk, cast.education_second_caseworker, builders.PLACED
    with in_track(cast.education, by=clerk, write=True), pytest.raises(ProgramError, match="does not wish"):
        place(referral=row, caseworker=named, placed_on=day, today=day, by=clerk)
    with in_track(cast.education):
        assert not Enrollment.objects.exists()


def test_a_participants_restriction_covers_the_cases(cast):
    stay = builders.make_enrollment(cast, cast.education)
    named = cast.education_intake_clerk
    restrict(cast, named, participant=stay.participant)
    assert standing(cast) == {(named.pk, stay.referral_id, None), (named.pk, None, stay.participant_id)}
    assert not opens(cast.education, stay.referral, named)
    lift(cast, named, referral=stay.referral)
    assert standing(cast) == set()


def test_files_made_one_keep_what_stands_on_either(cast):
    kept, absorbed = (builders.make_enrollment(cast, cast.education) for _ in range(2))
    named = cast.education_counsellor
    restrict(cast, named, participant=absorbed.participant)
    manager = cast.education_manager
    with in_track(cast.education, by=manager, write=True):
        carry_restrictions(participant=kept.participant, others=[absorbed.participant], today=TODAY, by=manager)
    assert not opens(cast.education, kept.participant, named)
    assert not opens(cast.education, kept.referral, named)


def test_rows_about_the_person_do_not_open_either(cast):
    """A note is on record under itself; it is the person's all the same."""
    stay = builders.make_enrollment(cast, cast.education)
    writer, named = cast.education_caseworker, cast.education_counsellor
    with in_track(cast.education, by=writer, write=True):
        note = write_note(participant=stay.participant, text="Between us.", visibility="case", now=at(TODAY), by=writer)
    restrict(cast, named, participant=stay.participant)
    with in_track(cast.education, by=named), pytest.raises(RestrictedRecord):
        assert Note.objects.get(pk=note.pk).text


def test_the_other_track_is_not_concerned(cast):
    """The same two names in both tracks: nothing of one reaches the other."""
    here = builders.make_referral(cast, cast.education, name="Rosa Shy")
    there = builders.make_referral(cast, cast.services, name="Rosa Shy")
    restrict(cast, cast.education_counsellor, referral=here)
    assert standing(cast, cast.services) == set()
    assert opens(cast.services, there, cast.services_counsellor)
    with in_track(cast.services, by=cast.services_manager, write=True), pytest.raises(Restriction.DoesNotExist):
        Restriction.objects.get(staff=cast.education_counsellor)


@pytest.mark.parametrize("people", [1, 3])
def test_one_statement_says_what_is_closed(cast, people):
    for _ in range(people):
        restrict(cast, cast.education_caseworker, referral=builders.make_referral(cast, cast.education))
    with in_track(cast.education, by=cast.education_caseworker) as scope, exactly(2):  # and what was merged into it
        assert len(scope.hidden) == people
        assert len(scope.hidden) == people
    with in_track(cast.education, by=cast.education_second_caseworker) as scope, exactly(1):
        assert scope.hidden == frozenset()
    with in_track(cast.education) as scope, exactly(0):  # nothing is hidden from the system
        assert scope.hidden == frozenset()


# --- other cases that staff have recorded as the same person's -----------------------------------------------------
def link(cast, one, other):
    clerk = cast.education_intake_clerk
    with in_track(cast.education, by=clerk, write=True):
        return decide_comparison(referral=one, other=other, decision="same_person", today=TODAY, by=clerk)


def test_linked_cases_are_closed_and_opened_together_however_long_the_chain(cast):
    stay = builders.make_enrollment(cast, cast.education)
    first, second = (builders.make_referral(cast, cast.education) for _ in range(2))
    apart = builders.make_referral(cast, cast.education)
    link(cast, second, first)
    link(cast, first, stay.referral)
    named = cast.education_counsellor
    restrict(cast, named, referral=second)
    everything = {(named.pk, row.pk, None) for row in (stay.referral, first, second)}
    assert standing(cast) == {*everything, (named.pk, None, stay.participant_id)}
    assert opens(cast.education, apart, named)
    lift(cast, named, participant=stay.participant)
    assert standing(cast) == set()


def test_a_link_that_was_undone_carries_nothing_on(cast):
    one, other = (builders.make_referral(cast, cast.education) for _ in range(2))
    row = link(cast, one, other)
    with in_track(cast.education, by=cast.education_manager, write=True):
        undo_comparison(comparison=row, today=TODAY, by=cast.education_manager)
    restrict(cast, cast.education_counsellor, referral=one)
    assert standing(cast) == {(cast.education_counsellor.pk, one.pk, None)}


def test_whoever_works_on_a_linked_case_hands_it_over_first(cast):
    stay = builders.make_enrollment(cast, cast.education)
    row = builders.make_referral(cast, cast.education)
    link(cast, row, stay.referral)
    with pytest.raises(ProgramError, match=r"works on another case of this person now\. Hand it over") as refused:
        restrict(cast, cast.education_caseworker, referral=row)
    assert refused.value.field == "staff"
    with pytest.raises(ProgramError, match="works on this case now"):
        restrict(cast, cast.education_caseworker, referral=stay.referral)
    assert standing(cast) == set()


def test_a_childs_case_that_is_linked_is_not_written_to(cast):
    """Nor does a refusal tell that it was stopped."""
    row, young = (builders.make_referral(cast, cast.education) for _ in range(2))
    link(cast, row, young)
    with in_track(cast.education, write=True):
        Referral.objects.filter(pk=young.pk).update(status="stopped")
    restrict(cast, cast.education_counsellor, referral=row)
    assert standing(cast) == {(cast.education_counsellor.pk, row.pk, None)}


@pytest.mark.parametrize("number", [1, 3])
def test_a_file_is_gathered_in_a_fixed_number_of_statements(cast, number):
    row = builders.make_referral(cast, cast.education)
    last = row
    for _ in range(number):
        other = builders.make_referral(cast, cast.education)
        link(cast, last, other)
        last = other
    with in_track(cast.education), exactly(4):  # the case with its participant, links, participants, cases
        assert len(OneFile(referral=row).rows) == number + 1


def test_what_was_merged_into_a_closed_case_is_closed_with_it(cast):
    """Also a case merged before anything was said, and without a row of its own."""
    kept, absorbed = (builders.make_referral(cast, cast.education) for _ in range(2))
    with in_track(cast.education, write=True):
        Referral.objects.filter(pk=absorbed.pk).update(status="merged", merged_into=kept)
        Restriction.objects.create(
            referral=kept, staff=cast.education_caseworker, recorded_on=TODAY, recorded_by=cast.education_manager
        )
    client = cast.client("education_caseworker")
    for case in (kept, absorbed):
        assert client.get(cast.url(cast.education, "referral", pk=case.pk)).status_code == 404
