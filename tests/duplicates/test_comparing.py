"""What a person decides about two cases, and the way back."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from participants.audit.models import Event, EventSubject
from participants.court.models import CourtResult
from participants.duplicates.actions import (
    decide_comparison,
    merge_referrals,
    receive_compared,
    undo_comparison,
    why_not_merged,
)
from participants.duplicates.models import Comparison
from participants.errors import ProgramError
from participants.people.models import Restriction, SearchToken
from participants.people.queries import subjects_matching
from participants.people.restricting import lift_restriction, restrict_file
from participants.referrals.actions import ChangedMeanwhile, change_referral, receive_referral
from participants.referrals.case import FIELDS
from participants.referrals.models import Referral
from participants.referrals.queries import referral_list, waiting_steps
from participants.reports.queries import completion_report
from participants.tracks.scope import in_track
from tests.builders import CHARGES, RECEIVED, make_eligible, make_enrollment, make_referral, staff
from tests.people.test_search import found

BORN = datetime.date(1990, 5, 7)
TODAY = RECEIVED + datetime.timedelta(days=3)


@pytest.fixture
def clerk(cast):
    return cast.people["education_intake_clerk"]


@pytest.fixture
def scope(cast, clerk):
    with in_track(cast.education, by=clerk, write=True) as scope:
        yield scope


@pytest.fixture
def one(cast):
    return make_referral(
        cast, cast.education, name="José Hernández", date_of_birth=BORN, case_number="A-1", phone="305 555 0101",
        next_court_on=TODAY,
    )  # fmt: skip


@pytest.fixture
def two(cast):
    return make_referral(
        cast, cast.education, name="Jose Hernandes", date_of_birth=None, case_number="A-12", counsel_name="Ruth Palmer"
    )


def merge(one, two, clerk, take=(), **over):
    versions = (one.version, two.version)
    return merge_referrals(
        **{"kept": one, "absorbed": two, "versions": versions, "take": take, "today": TODAY, "by": clerk, **over}
    )


def stored() -> dict:
    """Every referral, opened, without its version; the search tokens; the restrictions."""
    fields = [field.attname for field in Referral._meta.concrete_fields if field.name != "version"]
    return {
        "referrals": {row.pk: [getattr(row, name) for name in fields] for row in Referral.objects.order_by("pk")},
        "tokens": set(SearchToken.objects.order_by("pk").values_list("kind", "subject_id", "token")),
        "restrictions": set(Restriction.objects.order_by("pk").values_list("pk", "referral", "participant", "staff")),
    }


def events(action: str) -> list[tuple[dict, set]]:
    return [
        (event.detail, set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id")))
        for event in Event.objects.filter(action=action).order_by("pk")
    ]


@pytest.mark.parametrize("decision", ["different", "same_person"])
def test_decision_is_kept_and_on_record(scope, clerk, one, two, decision):
    row = decide_comparison(referral=one, other=two, decision=decision, today=TODAY, by=clerk)
    again = decide_comparison(referral=two, other=one, decision=decision, today=TODAY, by=clerk)
    assert again == row
    assert (row.decision, row.score, row.decided_on, row.decided_by) == (decision, 72, TODAY, clerk)
    about = {("referral", one.pk), ("referral", two.pk)}
    assert events("comparison.decided") == [({"decision": decision, "score": 72}, about)]


def test_another_decision_stands_until_it_is_undone(scope, clerk, one, two):
    row = decide_comparison(referral=one, other=two, decision="different", today=TODAY, by=clerk)
    with pytest.raises(ProgramError, match=r"decided on March 5, 2026: different people\. Undo that first"):
        decide_comparison(referral=two, other=one, decision="same_person", today=TODAY, by=clerk)
    with pytest.raises(ProgramError, match="Undo that first"):
        merge(one, two, clerk)
    undo_comparison(comparison=row, today=TODAY, by=clerk)
    decide_comparison(referral=two, other=one, decision="same_person", today=TODAY, by=clerk)
    assert Comparison.objects.count() == 2


def test_a_case_is_not_compared_with_itself(scope, clerk, one):
    with pytest.raises(ProgramError, match="with itself"):
        decide_comparison(referral=one, other=one, decision="different", today=TODAY, by=clerk)


def test_merged_case_is_part_of_the_other_and_counted_nowhere(cast, scope, clerk, one, two):
    merge(one, two, clerk, take=["counsel_name", "case_number"])
    kept, absorbed = Referral.objects.get(pk=one.pk), Referral.objects.get(pk=two.pk)
    assert (absorbed.status, absorbed.merged_into) == ("merged", kept)
    assert (kept.case_number, kept.counsel_name, kept.name) == ("A-12", "Ruth Palmer", "José Hernández")
    assert list(referral_list()) == [kept]
    assert waiting_steps() == {"received": 1}
    assert events("comparison.decided") == [
        ({"decision": "same_case", "score": 72}, {("referral", one.pk), ("referral", two.pk)})
    ]
    # The words of both lead to the one that is kept.
    assert set(subjects_matching("hernandes").values_list("subject_id", flat=True)) == {kept.pk}
    assert found(cast.education, "A-12") == ["José Hernández"]


def test_the_same_row_again_is_still_the_same_case(scope, clerk, one, two):
    """Also where the kept case has taken everything from the other: neither row of the file is received again."""
    first, second = ({field: getattr(row, field) for field in FIELDS} for row in (one, two))
    merge(one, two, clerk, take=FIELDS)
    kept = Referral.objects.get(pk=one.pk)
    assert {field: getattr(kept, field) for field in FIELDS} == second
    for values in (first, second):
        with pytest.raises(ProgramError, match="already received"):
            receive_referral(**values, today=TODAY, by=clerk)


@pytest.mark.parametrize(
    "take", [(), ("name",), ("case_number", "name", "date_of_birth"), ("next_court_on",), tuple(FIELDS)]
)
def test_merge_and_undo_restore_every_row(cast, scope, clerk, one, two, take):
    make_referral(cast, cast.education, name="Bystander Third")
    other = staff(cast, cast.education, "caseworker")
    Restriction.objects.create(referral=two, staff=other, recorded_on=TODAY, recorded_by=clerk)
    Referral.objects.filter(pk=one.pk).update(court_told_on=TODAY)
    before = stored()
    row = merge(one, two, clerk, take=take)
    assert stored() != before
    undo_comparison(comparison=row, today=TODAY, by=clerk)
    assert stored() == before
    assert undo_comparison(comparison=row, today=TODAY, by=clerk).undone_by == clerk
    assert len(events("comparison.undone")) == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(take=st.sets(st.sampled_from(FIELDS)), turned=st.booleans())
def test_merge_and_undo_restore_every_row_whatever_is_taken(scope, clerk, one, two, take, turned):
    """Either way round, any choice of values, again and again on the same two cases."""
    kept, absorbed = (Referral.objects.get(pk=row.pk) for row in ((two, one) if turned else (one, two)))
    before = stored()
    row = merge(kept, absorbed, clerk, take=take)
    undo_comparison(comparison=row, today=TODAY, by=clerk)
    assert stored() == before


def test_undo_is_refused_when_the_kept_case_was_changed(scope, clerk, one, two):
    row = merge(one, two, clerk)
    kept = Referral.objects.get(pk=one.pk)
    change_referral(referral=kept, version=kept.version, phone="305 555 0199", today=TODAY, by=clerk)
    before = stored()
    with pytest.raises(ProgramError, match="cannot be parted"):
        undo_comparison(comparison=row, today=TODAY, by=clerk)
    assert stored() == before
    assert Comparison.objects.get().undone_on is None


def test_undo_is_refused_when_the_kept_case_has_moved_on(cast, clerk, one, two):
    with in_track(cast.education, by=clerk, write=True):
        row = merge(one, two, clerk)
    make_eligible(cast, cast.education, referral=one)
    with in_track(cast.education, by=clerk, write=True), pytest.raises(ProgramError, match="cannot be parted"):
        undo_comparison(comparison=row, today=TODAY, by=clerk)


def test_changed_since_it_was_compared(scope, clerk, one, two):
    change_referral(referral=two, version=0, phone="305 555 0199", today=TODAY, by=clerk)
    with pytest.raises(ChangedMeanwhile):
        merge(one, two, clerk)
    assert not Comparison.objects.exists()


def test_what_has_gone_its_own_way_is_not_absorbed(cast, clerk, one, two):
    screened = make_eligible(cast, cast.education, referral=one)
    with in_track(cast.education, by=clerk, write=True):
        assert why_not_merged(screened, two) is None
        sentence = "The other case stands at “Eligible” already"
        with pytest.raises(ProgramError, match=sentence):
            merge(two, screened, clerk)


def test_what_has_papers_or_results_is_not_absorbed(scope, clerk, one, two):
    CourtResult.objects.create(
        referral=two, held_on=RECEIVED, must_appear="no", outcome="appeared", recorded_on=TODAY, recorded_by=clerk
    )
    assert why_not_merged(one, two) == (
        "Something is kept with the other case already (court result). Keep that one, and merge this one into it."
    )


def test_what_has_absorbed_another_is_not_absorbed(cast, scope, clerk, one, two):
    third = make_referral(cast, cast.education, name="Third Case")
    merge(two, third, clerk)
    assert "(referral)" in why_not_merged(one, Referral.objects.get(pk=two.pk))


def test_a_placed_case_takes_over_court_details_only(cast, clerk, two):
    stay = make_enrollment(cast, cast.education, name="José Hernández", date_of_birth=BORN)
    with in_track(cast.education, by=clerk, write=True):
        kept = stay.referral
        with pytest.raises(TypeError):
            merge(kept, two, clerk, take=["name"])
        before = stored()
        kept.refresh_from_db()
        row = merge(kept, two, clerk, take=["counsel_name"])
        assert Referral.objects.get(pk=kept.pk).counsel_name == "Ruth Palmer"
        tokens = SearchToken.objects.filter(subject_id=stay.participant_id)
        assert subjects_matching("A-12").filter(pk__in=tokens).exists()
        undo_comparison(comparison=row, today=TODAY, by=clerk)
        assert stored() == before


def test_who_may_not_open_the_absorbed_case_may_not_open_the_kept_one(cast, clerk, two):
    stay = make_enrollment(cast, cast.education, name="José Hernández", date_of_birth=BORN)
    other = staff(cast, cast.education, "second_caseworker")
    with in_track(cast.education, by=clerk, write=True):
        Restriction.objects.create(referral=two, staff=other, recorded_on=TODAY, recorded_by=clerk)
        merge(stay.referral, two, clerk)
    with in_track(cast.education, by=other) as scope:
        assert scope.hidden == {
            ("referral", two.pk), ("referral", stay.referral_id), ("participant", stay.participant_id)
        }  # fmt: skip


def closed_to(person) -> set:
    """The cases and participants that are closed to a member of staff."""
    rows = Restriction.objects.filter(staff=person, lifted_on__isnull=True)
    return {pk for pair in rows.values_list("referral_id", "participant_id") for pk in pair if pk}


def test_who_may_not_open_the_kept_case_may_not_open_the_absorbed_one(cast, scope, clerk, one, two):
    other = staff(cast, cast.education, "caseworker")
    restrict_file(staff=other, referral=one, today=TODAY, by=clerk)
    before = stored()
    row = merge(one, two, clerk)
    assert closed_to(other) == {one.pk, two.pk}
    undo_comparison(comparison=row, today=TODAY, by=clerk)
    assert stored() == before


@pytest.mark.parametrize("named_on", ["one", "two"])
def test_a_wish_after_the_merge_stays_on_both_when_they_part(cast, scope, clerk, one, two, named_on):
    other = staff(cast, cast.education, "caseworker")
    row = merge(one, two, clerk)
    about = Referral.objects.get(pk={"one": one, "two": two}[named_on].pk)
    restrict_file(staff=other, referral=about, today=TODAY, by=clerk)
    assert closed_to(other) == {one.pk, two.pk}
    undo_comparison(comparison=row, today=TODAY, by=clerk)
    assert closed_to(other) == {one.pk, two.pk}


def test_a_placed_persons_wish_covers_what_was_merged_into_the_case(cast, clerk, two):
    stay = make_enrollment(cast, cast.education, name="José Hernández", date_of_birth=BORN)
    other = staff(cast, cast.education, "second_caseworker")
    with in_track(cast.education, by=clerk, write=True):
        row = merge(stay.referral, two, clerk)
        restrict_file(staff=other, participant=stay.participant, today=TODAY, by=clerk)
        assert closed_to(other) == {stay.participant_id, stay.referral_id, two.pk}
        undo_comparison(comparison=row, today=TODAY, by=clerk)
        assert closed_to(other) == {stay.participant_id, stay.referral_id, two.pk}


@pytest.mark.parametrize("named", ["before", "after"])
def test_lifted_while_they_are_one_is_lifted_on_both(cast, scope, clerk, one, two, named):
    other = staff(cast, cast.education, "caseworker")
    if named == "before":
        restrict_file(staff=other, referral=two, today=TODAY, by=clerk)
    row = merge(one, two, clerk)
    restrict_file(staff=other, referral=one, today=TODAY, by=clerk)
    lift_restriction(staff=other, referral=one, today=TODAY, by=clerk)
    assert closed_to(other) == set()
    undo_comparison(comparison=row, today=TODAY, by=clerk)
    assert closed_to(other) == set()


def test_whoever_had_the_absorbed_case_and_was_named_since_does_not_get_it_back(cast, scope, clerk, one, two):
    other = staff(cast, cast.education, "caseworker")
    Referral.objects.filter(pk=two.pk).update(assigned_to=other)
    row = merge(one, two, clerk)
    restrict_file(staff=other, referral=one, today=TODAY, by=clerk)
    undo_comparison(comparison=row, today=TODAY, by=clerk)
    assert closed_to(other) == {one.pk, two.pk}
    assert Referral.objects.get(pk=two.pk).assigned_to is None


@pytest.mark.parametrize("decide", ["merge", "same_person"])
@pytest.mark.parametrize("named_on", ["one", "two"])
def test_nobody_works_on_one_who_may_not_open_the_other(cast, scope, clerk, one, two, decide, named_on):
    other = staff(cast, cast.education, "caseworker")
    closed, worked = (one, two) if named_on == "one" else (two, one)
    restrict_file(staff=other, referral=closed, today=TODAY, by=clerk)
    Referral.objects.filter(pk=worked.pk).update(assigned_to=other)
    before = stored()
    with pytest.raises(ProgramError, match=f"{other.name} works on one of the two .* Hand it over"):
        if decide == "merge":
            merge(one, two, clerk)
        else:
            decide_comparison(referral=one, other=two, decision=decide, today=TODAY, by=clerk)
    assert stored() == before
    assert not Comparison.objects.exists()


@pytest.mark.parametrize("named_on", ["one", "two"])
def test_linked_as_one_person_is_closed_on_both_and_stays_closed(cast, scope, clerk, one, two, named_on):
    other = staff(cast, cast.education, "caseworker")
    restrict_file(staff=other, referral={"one": one, "two": two}[named_on], today=TODAY, by=clerk)
    row = decide_comparison(referral=one, other=two, decision="same_person", today=TODAY, by=clerk)
    assert closed_to(other) == {one.pk, two.pk}
    undo_comparison(comparison=row, today=TODAY, by=clerk)
    assert closed_to(other) == {one.pk, two.pk}


def test_different_people_share_no_restriction(cast, scope, clerk, one, two):
    other = staff(cast, cast.education, "caseworker")
    restrict_file(staff=other, referral=one, today=TODAY, by=clerk)
    decide_comparison(referral=one, other=two, decision="different", today=TODAY, by=clerk)
    assert closed_to(other) == {one.pk}


def test_received_with_its_decisions_or_not_at_all(cast, scope, clerk, one):
    values = {
        "name": "Jose Hernandes",
        "date_of_birth": BORN,
        "case_number": "B-1",
        "charge": CHARGES["education"],
        "offense_on": RECEIVED,
        "received_on": RECEIVED,
        "source": "Police",
    }
    row_id = Referral().pk
    made = receive_compared(row_id=row_id, decisions={one.pk: "same_person"}, **values, today=RECEIVED, by=clerk)
    again = receive_compared(row_id=row_id, decisions={one.pk: "same_person"}, **values, today=RECEIVED, by=clerk)
    assert (made.pk, again.pk) == (row_id, row_id)
    assert list(Comparison.objects.values_list("referral", "other", "decision")) == [(one.pk, row_id, "same_person")]
    with pytest.raises(ProgramError):
        receive_compared(
            row_id=Referral().pk, decisions={one.pk: "no answer"}, **{**values, "case_number": "B-2"}, today=RECEIVED,
            by=clerk,
        )  # fmt: skip
    assert Referral.objects.count() == 2


def test_reports_count_a_merged_case_once(cast, clerk, one, two):
    with in_track(cast.education, by=clerk, write=True):
        merge(one, two, clerk)
        report = completion_report(
            track=cast.education, start=RECEIVED, end=TODAY, cohort="exit", by="source", as_of=TODAY
        )
    assert (report.total.referred, [group.counts.referred for group in report.groups]) == (1, [1])
