"""Taking attendance: set-based, once, and never over what someone else recorded."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from participants.audit.models import Event, EventSubject
from participants.enrollment.actions import end_stay
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError
from participants.sessions.actions import Entry, RecordedMeanwhile, cancel_session, take_attendance
from participants.sessions.models import Attendance, Session
from participants.sessions.queries import roster
from participants.tracks.scope import in_track
from tests import raw
from tests.builders import make_enrollment
from tests.sessions.arrange import BEFORE, DAY, NOW, book_into, make_class, make_session, no_audit


def take(cast, session, entries, *, by=None, today=DAY, version=0):
    by = by or cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        return take_attendance(session=session, version=version, entries=entries, today=today, now=NOW, by=by)


def rows_of(cast, session) -> list[Attendance]:
    with in_track(cast.education):
        return roster(session)


def recorded(cast, session) -> list[tuple]:
    with in_track(cast.education):
        return [(row.mark, row.minutes, row.reason, row.version) for row in roster(session)]


def test_attendance_is_recorded_at_once_and_makes_the_session_held(cast):
    session = make_class(cast, cast.education, people=4)
    ana, ben, cleo, _dan = rows_of(cast, session)
    changed = take(
        cast,
        session,
        [
            Entry(ana.pk, "attended"),
            Entry(ben.pk, "late", 95),
            Entry(cleo.pk, "excused", None, "called in ill"),
        ],
    )
    assert {row.pk for row in changed} == {ana.pk, ben.pk, cleo.pk}
    assert recorded(cast, session) == [
        ("attended", 120, "", 1),
        ("late", 95, "", 1),
        ("excused", None, "called in ill", 1),
        ("booked", None, "", 0),
    ]
    with in_track(cast.education):
        now = Session.objects.get()
        row = Attendance.objects.get(pk=ben.pk)
        event = Event.objects.get(action="attendance.taken")
        subjects = {(one.kind, one.subject_id) for one in EventSubject.objects.filter(event_id=event.pk)}
    assert (now.state, now.version) == ("held", 0)
    assert (row.recorded_by_id, row.recorded_at) == (cast.education_caseworker.pk, NOW)
    assert event.detail == {"count": 3, "fields": ["mark", "minutes", "reason"]}
    assert event.actor_id == cast.education_caseworker.pk
    assert subjects == {
        ("session", session.pk),
        *(("participant", one.participant_id) for one in (ana, ben, cleo)),
    }


@pytest.mark.parametrize("people", [2, 12])
def test_statements_do_not_grow_with_the_class(cast, people, django_assert_num_queries):
    session = make_class(cast, cast.education, people=people)
    entries = [Entry(row.pk, "excused", None, "storm") for row in rows_of(cast, session)]
    by = cast.education_caseworker
    # Savepoint, lock, read, what is closed to who acts, marks, session, event, its subjects, release.
    with in_track(cast.education, by=by, write=True), django_assert_num_queries(9):
        take_attendance(session=session, version=0, entries=entries, today=DAY, now=NOW, by=by)
    assert recorded(cast, session) == [("excused", None, "storm", 1)] * people


def test_saving_twice_changes_nothing(cast):
    session = make_class(cast, cast.education)
    entries = [Entry(row.pk, "late", 60) for row in rows_of(cast, session)]
    take(cast, session, entries)
    before = recorded(cast, session)
    assert take(cast, session, entries, by=cast.education_manager) == []
    assert recorded(cast, session) == before
    with in_track(cast.education):
        assert Attendance.objects.count() == 2
        assert Event.objects.filter(action="attendance.taken").count() == 1


def test_rows_that_do_not_change_are_not_written_again(cast):
    session = make_class(cast, cast.education)
    ana, ben = rows_of(cast, session)
    take(cast, session, [Entry(ana.pk, "attended"), Entry(ben.pk, "attended")])
    [changed] = take(
        cast,
        session,
        [Entry(ana.pk, "attended", 120, "", 1), Entry(ben.pk, "left_early", 30, "", 1)],
        by=cast.education_manager,
    )
    assert changed.pk == ben.pk
    assert [(row.version, row.recorded_by.name) for row in rows_of(cast, session)] == [
        (1, "Education Caseworker"),
        (2, "Education Manager"),
    ]


def test_second_saver_is_told_and_overwrites_nothing(cast):
    session = make_class(cast, cast.education, people=3)
    ana, ben, cleo = rows_of(cast, session)
    take(cast, session, [Entry(ana.pk, "late", 80), Entry(ben.pk, "attended")])
    before = recorded(cast, session)
    with pytest.raises(RecordedMeanwhile) as refused:
        take(
            cast,
            session,
            [Entry(ana.pk, "attended"), Entry(ben.pk, "attended"), Entry(cleo.pk, "no_show")],
            by=cast.education_manager,
        )
    assert [(row.pk, row.mark, row.minutes, row.recorded_by.name) for row in refused.value.rows] == [
        (ana.pk, "late", 80, "Education Caseworker")
    ]
    assert str(refused.value.args[0]) == (
        "Someone else recorded attendance since you opened this page. Nothing was overwritten."
    )
    assert recorded(cast, session) == before


def test_two_savers_of_different_people_both_save(cast):
    session = make_class(cast, cast.education)
    ana, ben = rows_of(cast, session)
    take(cast, session, [Entry(ana.pk, "late", 80)])
    take(cast, session, [Entry(ben.pk, "no_show")], by=cast.education_manager)
    assert recorded(cast, session) == [("late", 80, "", 1), ("no_show", None, "", 1)]


def test_reason_goes_when_the_person_was_there_after_all(cast):
    session = make_class(cast, cast.education, people=1)
    [ana] = rows_of(cast, session)
    take(cast, session, [Entry(ana.pk, "excused", None, "ill")])
    take(cast, session, [Entry(ana.pk, "late", 30, "ill", 1)])
    assert recorded(cast, session) == [("late", 30, "", 2)]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (("attended", 121), "Enter 0 to 120 minutes: the session was planned for 120."),
        (("late", None), "How many minutes was the person there?"),
        (("booked", None), "Choose one of the marks."),
    ],
)
def test_refused_mark_writes_nothing_of_the_whole_list(cast, entry, sentence):
    session = make_class(cast, cast.education)
    ana, ben = rows_of(cast, session)
    with pytest.raises(ProgramError) as refused:
        take(cast, session, [Entry(ana.pk, "attended"), Entry(ben.pk, *entry)])
    assert refused.value.message == sentence
    assert recorded(cast, session) == [("booked", None, "", 0)] * 2


def test_session_to_come_is_refused(cast):
    session = make_class(cast, cast.education)
    [ana, _] = rows_of(cast, session)
    with pytest.raises(ProgramError) as refused:
        take(cast, session, [Entry(ana.pk, "attended")], today=BEFORE)
    assert refused.value.message == "This session is still to come. Attendance is taken on the day."
    assert recorded(cast, session) == [("booked", None, "", 0)] * 2


def test_cancelled_session_is_refused(cast):
    session = make_class(cast, cast.education)
    [ana, _] = rows_of(cast, session)
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        cancel_session(session=session, now=NOW, by=by)
    assert recorded(cast, session) == [("cancelled", None, "", 1)] * 2
    with pytest.raises(ProgramError, match="cancelled"):
        take(cast, session, [Entry(ana.pk, "attended", version=1)], version=1)
    assert recorded(cast, session) == [("cancelled", None, "", 1)] * 2


def test_session_changed_meanwhile_is_refused(cast):
    session = make_class(cast, cast.education)
    [ana, _] = rows_of(cast, session)
    with pytest.raises(ProgramError, match="changed since you opened it"):
        take(cast, session, [Entry(ana.pk, "attended")], version=7)


def test_person_of_another_session_is_refused(cast):
    session, other = make_class(cast, cast.education), make_class(cast, cast.education, people=1)
    [stranger] = rows_of(cast, other)
    with pytest.raises(ProgramError, match="not booked into this session"):
        take(cast, session, [Entry(stranger.pk, "attended")])
    assert recorded(cast, other) == [("booked", None, "", 0)]


def test_nothing_is_recorded_without_its_audit_event(cast):
    session = make_class(cast, cast.education, people=1)
    [ana] = rows_of(cast, session)
    with no_audit(), pytest.raises(DatabaseError, match="no room for events"):
        take(cast, session, [Entry(ana.pk, "attended")])
    assert recorded(cast, session) == [("booked", None, "", 0)]


def test_booking_falls_away_when_the_stay_ends_before_the_session(cast):
    session = make_class(cast, cast.education)
    ana, ben = rows_of(cast, session)
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        stays = {stay.pk: stay for stay in Enrollment.objects.all()}
        end_stay(enrollment=stays[ana.enrollment_id], status="withdrew", exited_on=BEFORE, by=by)
        end_stay(enrollment=stays[ben.enrollment_id], status="withdrew", exited_on=DAY, by=by)
    assert [row.pk for row in rows_of(cast, session)] == [ben.pk]


def test_attendance_of_one_person_cannot_be_there_twice(cast):
    session = make_session(cast, cast.education)
    stay = make_enrollment(cast, cast.education)
    book_into(cast, cast.education, session, [stay])
    book_into(cast, cast.education, session, [stay])
    with in_track(cast.education, write=True):
        assert Attendance.objects.count() == 1
        with pytest.raises(IntegrityError), transaction.atomic():
            Attendance.objects.create(session=session, enrollment=stay, participant_id=stay.participant_id)


def test_reasons_lie_sealed_in_the_database(cast):
    session = make_class(cast, cast.education, people=1)
    [ana] = rows_of(cast, session)
    take(cast, session, [Entry(ana.pk, "excused", None, "an unmistakable reason")])
    [(stored,)] = raw.rows("participants_attendance", "reason")
    assert b"unmistakable" not in bytes(stored)
