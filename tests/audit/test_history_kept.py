"""What the value history says, for whom it opens, and how long it stays."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.audit.changes import label_of
from participants.audit.models import Event, FieldChange
from participants.court.actions import correct_court_result, record_court_result
from participants.enrollment.actions import change_caseworker
from participants.files.batches import undo_batch
from participants.models import Attendance, Referral, Requirement
from participants.people.actions import change_participant
from participants.people.joining import merge_files, undo_merge
from participants.people.restricting import restrict_file
from participants.referrals.actions import change_referral, update_court_details
from participants.referrals.assignment import assign, assign_all
from participants.requirements.actions import adjust_requirement
from participants.screening.actions import screen
from participants.screening.queries import current_criteria
from participants.sessions.actions import Entry, take_attendance
from participants.tracks.scope import RestrictedRecord, in_track
from tests import builders, sending
from tests.handoffs.handing import finish, make_stopped, start
from tests.sessions.arrange import DAY as HELD
from tests.sessions.arrange import NOW, make_class
from tests.statements import exactly

TODAY = datetime.date(2026, 4, 1)
WEEK = datetime.timedelta(days=7)


def act(cast, name="caseworker"):
    return in_track(cast.education, by=cast.people[f"education_{name}"], write=True)


def told(**of):
    rows = FieldChange.objects.filter(**of).select_related("changed_by").order_by("id")
    return [(row.field, row.before, row.after, row.changed_by.name) for row in rows]


def rename(cast, row, name="Alexandra Rivera"):
    by = cast.education_caseworker
    return change_referral(referral=row, version=row.version, name=name, today=TODAY, by=by)


def test_it_says_what_it_was_what_it_became_who_and_when(cast):
    row = builders.make_referral(cast, cast.education, language="en")
    with act(cast):
        by = cast.education_caseworker
        change_referral(referral=row, version=0, must_appear="no", language="ht", phone="", today=TODAY, by=by)
        kept = {change.field: change for change in FieldChange.objects.filter(subject_id=row.pk)}
        event = Event.objects.get(action="referral.changed")
        assert set(kept) == {"must_appear", "language"}  # the phone was empty before
        assert (kept["must_appear"].before, kept["must_appear"].after) == ("Not known", "No")
        assert (kept["language"].before, kept["language"].after) == ("English", "Haitian Creole")
        assert {(change.kind, change.changed_by, change.changed_at) for change in kept.values()} == {
            ("referral", by, event.at)
        }
        assert label_of(kept["must_appear"]) == "must the person appear?"


def test_nothing_changed_writes_nothing(cast):
    row = builders.make_referral(cast, cast.education)
    with act(cast):
        change_referral(referral=row, version=0, name=row.name, today=TODAY, by=cast.education_caseworker)
        assert not FieldChange.objects.exists()


def test_values_are_sealed(cast):
    row = builders.make_referral(cast, cast.education, name="Alexander Findme")
    with act(cast):
        rename(cast, row, "Alexandra Findmetoo")
    with in_track(cast.education), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM participants_fieldchange")
        stored = [bytes(value) for line in cursor.fetchall() for value in line if isinstance(value, bytes | memoryview)]
    assert stored
    assert not [value for value in stored if b"Findme" in value]


def test_a_change_costs_one_statement_for_its_history(cast, monkeypatch):
    """However many fields: the same action without it takes one statement less."""
    rows = [builders.make_referral(cast, cast.education) for _ in range(2)]
    values = {"counsel_name": "Jo Defender", "counsel_contact": "jo@example.org", "source": "Court"}
    with act(cast) as scope:
        assert not scope.hidden  # asked for once in a request

        def statements(row):
            with CaptureQueriesContext(connection) as captured:
                change_referral(referral=row, version=0, **values, today=TODAY, by=cast.education_caseworker)
            return [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]

        asked = statements(rows[0])
        assert len([sql for sql in asked if "participants_fieldchange" in sql]) == 1
        monkeypatch.setattr("participants.referrals.actions.keep_changes", lambda *args, **kwargs: [])
        assert len(statements(rows[1])) == len(asked) - 1


def test_a_batch_of_cases_is_assigned_with_one_statement_of_history(cast):
    rows = [builders.make_referral(cast, cast.education) for _ in range(4)]
    with act(cast, "manager"):
        found = list(Referral.objects.select_related("assigned_to").filter(pk__in=[row.pk for row in rows]))
        to, by = cast.education_caseworker, cast.education_manager
        with exactly(6):  # who may be given cases, who is barred, the rows, events, subjects, history
            assign_all(referrals=found, to=to, today=TODAY, by=by)
        assert told(field="assigned_to") == [("assigned_to", "", to.name, by.name)] * 4


def test_a_stay_is_told_with_its_case(cast):
    stay = builders.make_enrollment(cast, cast.education)
    other = cast.education_second_caseworker
    with act(cast, "manager"):
        by = cast.education_manager
        change_caseworker(enrollment=stay, caseworker=other, today=TODAY, by=by)
        row = Requirement.objects.filter(enrollment=stay, quantity__gt=1).exclude(kind="fee").first()
        was = str(row.quantity.normalize())
        reason = "Works nights and cares for a child."
        adjust_requirement(requirement=row, version=0, quantity=Decimal(1), reason=reason, today=TODAY, by=by)
        assert told(subject_id=stay.referral_id) == [
            ("enrollment.caseworker", stay.caseworker.name, other.name, by.name),
            ("requirement.quantity", f"{row.title}: {was}", f"{row.title}: 1", by.name),
            ("requirement.change_reason", "", f"{row.title}: {reason}", by.name),
        ]
        labels = [label_of(change) for change in FieldChange.objects.order_by("id")]
        assert labels == ["caseworker", "quantity", "change reason"]


def test_a_corrected_court_result_and_attendance_are_told_with_the_case(cast):
    session = make_class(cast, cast.education, people=1)
    with act(cast, "manager"):
        by, mark = cast.education_manager, Attendance.objects.select_related("enrollment__referral").get()
        for version, state in enumerate(("no_show", "attended", "attended")):
            entry = Entry(attendance_id=mark.pk, mark=state, minutes=None, version=version)
            take_attendance(session=session, version=0, entries=[entry], today=HELD, now=NOW, by=by)
        case = mark.enrollment.referral
        about = f"{session.name}, {HELD.isoformat()}"
        assert told(subject_id=case.pk) == [
            ("attendance.mark", f"{about}: No-show", f"{about}: Present", by.name),
            ("attendance.minutes", "", f"{about}: 120", by.name),
        ]
        heard = record_court_result(
            referral=case,
            version=case.version,
            held_on=HELD,
            outcome="missed",
            next_court_on=HELD + WEEK,
            must_appear="yes",
            today=HELD,
            by=by,
        )
        correct_court_result(result=heard, outcome="appeared", note="", today=HELD, by=by)
        last = told(subject_id=case.pk, field__startswith="courtresult")
        assert last == [("courtresult.outcome", f"{HELD}: Did not appear", f"{HELD}: Appeared", by.name)]


def test_answers_of_a_screening_that_was_begun_are_told(cast):
    row = builders.make_referral(cast, cast.education)
    with act(cast):
        by, criteria = cast.education_caseworker, current_criteria(TODAY).criteria
        answers = {one["key"]: one["wanted"] for one in criteria}
        key = criteria[0]["key"]
        begun = screen(referral=row, answers=answers | {key: "unknown"}, note="Ask.", today=TODAY, by=by)
        assert told() == []
        screen(referral=row, answers=answers, note="Asked.", version=begun.version, today=TODAY, by=by)
        kept = {field: (before, after) for field, before, after, _ in told()}
        assert set(kept) == {"screening.answers", "screening.note"}
        assert f"{key}: unknown" in kept["screening.answers"][0]
        assert f"{key}: {answers[key]}" in kept["screening.answers"][1]
        assert kept["screening.note"] == ("Ask.", "Asked.")


def test_it_closes_with_the_file(cast):
    """Whoever may not open a case does not open what it held before, whatever page asks."""
    stay = builders.make_enrollment(cast, cast.education)
    named = cast.education_second_manager
    with act(cast, "manager"):
        change_caseworker(
            enrollment=stay,
            caseworker=cast.education_second_caseworker,
            today=TODAY,
            by=cast.education_manager,
        )
        restrict_file(participant=stay.participant, staff=named, today=TODAY, by=cast.education_manager)
    with in_track(cast.education, by=named), pytest.raises(RestrictedRecord):
        _ = FieldChange.objects.get().before


def test_it_survives_two_files_made_one_and_parted(cast):
    kept, gone = (
        builders.make_ended(
            cast, cast.education, enrollment=builders.make_enrollment(cast, cast.education, name=f"Alex {name}")
        )
        for name in ("Kept", "Gone")
    )
    with act(cast):
        by = cast.education_caseworker
        for stay in (kept, gone):
            person = stay.participant
            change_participant(participant=person, version=person.version, preferred_name="Lex", by=by)
            referral = Referral.objects.get(pk=stay.referral_id)
            update_court_details(
                referral=referral,
                version=referral.version,
                next_court_on=None,
                must_appear="unknown",
                counsel_name="Jo Defender",
                counsel_contact="",
                by=by,
            )
        subjects = {stay.participant_id for stay in (kept, gone)} | {stay.referral_id for stay in (kept, gone)}
        before = [told(subject_id=pk) for pk in sorted(subjects)]
        assert all(before)
        merge = merge_files(kept=kept.participant, absorbed=gone.participant, today=TODAY, by=by)
        assert [told(subject_id=pk) for pk in sorted(subjects)] == before
        undo_merge(merge=merge, today=TODAY, by=by)
        assert [told(subject_id=pk) for pk in sorted(subjects)] == before


def test_erasure_takes_it_along(cast):
    row, other = make_stopped(cast), builders.make_referral(cast, cast.education)
    with act(cast):
        FieldChange.objects.create(
            kind="referral", subject_id=row.pk, field="name", before="Old", after="New", changed_at=NOW
        )
        rename(cast, other)
    finish(cast, start(cast, row))
    with in_track(cast.education):
        assert set(FieldChange.objects.values_list("subject_id", flat=True)) == {other.pk}


def test_a_file_taken_back_takes_it_along(cast):
    batch = sending.make_batch(cast, cast.education, sending.rows_of(cast.education, "Ann Foxglen"))
    with act(cast, "manager"):
        row, by = Referral.objects.get(batch=batch), cast.education_manager
        assign(referral=row, to=cast.education_caseworker, seen=None, today=TODAY, by=by)
        assign(referral=row, to=None, seen=cast.education_caseworker.pk, today=TODAY, by=by)
        assert FieldChange.objects.count() == 2
        undo_batch(batch=batch, by=by)
        assert not FieldChange.objects.exists()
