"""The log of a session with one person, and notes: who reads them, and that nobody reads them in the database."""

import datetime
from html import unescape
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from participants.audit.models import Event, EventSubject
from participants.errors import ProgramError
from participants.people.models import Participant
from participants.sessions.actions import LikelyDouble, log_individual, write_note
from participants.sessions.models import Attendance, Note, Session
from participants.sessions.queries import notes_of
from participants.staff.roles import ROLES
from participants.tracks.scope import in_track
from tests import raw
from tests.builders import PLACED, make_ended, make_enrollment
from tests.sessions.arrange import DAY, NOW, OPENING, fields_of, no_audit

pytestmark = pytest.mark.usefixtures("evening")
NAUGHTY = (
    "undefined",
    "<script>alert(1)</script>",
    "'; DROP TABLE participants_note; --",
    "{{ 7 * 7 }}{% load x %}",
    "Ṱ̺̺o͞ ͔i̸nvoke",
    "田中さんにあげて下さい",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "‮right to left‬",
    "a\u200bzero\ufeffwidth",
    "line one\r\nline two\ttab",
    "=HYPERLINK(1)",
    "x" * 10_000,
)


def log(cast, stay, *, track=None, by=None, **over) -> Session:
    track, by = track or cast.education, by or cast.education_caseworker
    values = {"kind": "individual", "held_on": DAY, "starts": datetime.time(9), "minutes": 50, "today": DAY, "now": NOW}
    with in_track(track, by=by, write=True):
        return log_individual(enrollment=stay, **{**values, **over}, by=by)


def log_page(cast, member: str, query: str = "", track=None):
    track = track or cast.education
    client = cast.client(member)
    address = cast.url(track, "session_log") + query
    return client, address, fields_of(client.get(address).content.decode())


def counts(cast, track=None) -> tuple[int, int, int]:
    with in_track(track or cast.education):
        return Session.objects.count(), Attendance.objects.count(), Note.objects.count()


# --- the action ---------------------------------------------------------------------------------------------------


def test_log_writes_session_attendance_and_note_together(cast):
    stay = make_enrollment(cast, cast.education, language="es")
    session = log(cast, stay, note="Talked about work.")
    with in_track(cast.education):
        row = Attendance.objects.select_related("session").get()
        note = Note.objects.get()
        events = dict(Event.objects.filter(action__in=("session.logged", "note.written")).values_list("action", "id"))
        subjects = EventSubject.objects.filter(event_id=events["session.logged"])
        assert {(one.kind, one.subject_id) for one in subjects} == {
            ("session", session.pk),
            ("participant", stay.participant_id),
        }
        assert (note.text, note.visibility, note.session_id) == ("Talked about work.", "case", session.pk)
    assert (row.mark, row.minutes, row.enrollment_id, row.recorded_at) == ("attended", 50, stay.pk, NOW)
    assert (session.state, session.kind, session.held_on, session.planned_minutes, session.language) == (
        "held",
        "individual",
        DAY,
        50,
        "es",
    )
    assert set(events) == {"session.logged", "note.written"}


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"held_on": DAY + datetime.timedelta(days=1)}, "This day is still to come. Schedule the session instead."),
        (
            {"held_on": PLACED - datetime.timedelta(days=1)},
            "This is before the person was placed, on March 12, 2026.",
        ),
        ({"minutes": 0}, "Enter 1 to 960 minutes."),
        ({"minutes": 961}, "Enter 1 to 960 minutes."),
        ({"kind": "class"}, "This track holds no sessions of this kind."),
        ({"note": "x" * 10_001}, "A note has at most 10000 characters; this one has 10001."),
    ],
)
def test_log_that_does_not_hold_writes_nothing(cast, over, sentence):
    stay = make_enrollment(cast, cast.education)
    with pytest.raises(ProgramError) as refused:
        log(cast, stay, **over)
    assert refused.value.message == sentence
    assert counts(cast) == (0, 0, 0)


def test_log_for_a_stay_that_ended_is_refused(cast):
    stay = make_ended(cast, cast.education)
    with pytest.raises(ProgramError, match="stay has ended"):
        log(cast, stay)
    assert counts(cast) == (0, 0, 0)


def test_log_is_not_written_without_its_audit_event(cast):
    stay = make_enrollment(cast, cast.education)
    with no_audit(), pytest.raises(DatabaseError, match="no room for events"):
        log(cast, stay)
    assert counts(cast) == (0, 0, 0)


def test_log_after_midnight_keeps_the_day_on_which_it_began(cast):
    stay = make_enrollment(cast, cast.education)
    session = log(cast, stay, starts=datetime.time(23, 30), minutes=90)
    assert (session.held_on, session.starts_at) == (DAY, datetime.datetime(2026, 4, 15, 3, 30, tzinfo=datetime.UTC))
    assert session.planned_minutes == 90


def test_second_log_of_the_same_kind_and_day_needs_a_yes(cast):
    stay = make_enrollment(cast, cast.education)
    log(cast, stay)
    log(cast, stay, kind="check_in")
    with pytest.raises(LikelyDouble) as refused:
        log(cast, stay, starts=datetime.time(16))
    assert refused.value.message == (
        "This person already has a session of this kind that day: Individual, 9:00 AM, 50 minutes. "
        "If this is another one, tick the box and save again."
    )
    assert counts(cast) == (2, 2, 0)
    log(cast, stay, starts=datetime.time(16), again=True)
    assert counts(cast) == (3, 3, 0)


# --- the page -----------------------------------------------------------------------------------------------------


def test_page_starts_from_my_caseload_and_today(cast):
    make_enrollment(cast, cast.education, name="Mine Own")
    make_enrollment(cast, cast.education, name="Other Load", caseworker=cast.education_second_caseworker)
    client, address, sent = log_page(cast, "education_caseworker")
    html = client.get(address).content.decode()
    assert "Mine Own" in html and "Other Load" not in html
    assert (sent["held_on"], sent["kind"], sent["minutes"]) == ("2026-04-14", "individual", "")
    everyone = client.get(address + "?everyone=1").content.decode()
    assert "Mine Own" in everyone and "Other Load" in everyone
    assert "Other Load" in cast.client("education_counsellor").get(address).content.decode()


def test_person_can_be_chosen_by_the_address(cast):
    stay = make_enrollment(cast, cast.education, name="Mine Own")
    make_enrollment(cast, cast.education, name="Someone Else")
    client, address, sent = log_page(cast, "education_caseworker", f"?participant={stay.participant.reference}")
    assert sent["person"] == str(stay.pk)
    assert "Someone Else" not in client.get(address).content.decode()
    assert client.get(cast.url(cast.education, "session_log") + "?participant=2222-2222").status_code == 404


def test_log_from_the_page_is_written_once_however_often_it_is_sent(cast):
    stay = make_enrollment(cast, cast.education)
    client, address, sent = log_page(cast, "education_caseworker")
    sent |= {"person": str(stay.pk), "starts": "09:00", "minutes": "50", "note": "A word."}
    responses = [client.post(address, sent) for _ in range(2)]
    home = cast.url(cast.education, "participant", reference=stay.participant.reference)
    assert [response.url for response in responses] == [home, home]
    assert counts(cast) == (1, 1, 1)


def test_save_and_log_another_starts_empty(cast):
    stay = make_enrollment(cast, cast.education)
    make_enrollment(cast, cast.education, name="Second Person")
    query = f"?participant={stay.participant.reference}"
    client, address, sent = log_page(cast, "education_caseworker", query)
    sent |= {"starts": "09:00", "minutes": "50", "note": "A word.", "another": "1"}
    response = client.post(address, sent)
    assert response.url == cast.url(cast.education, "session_log")
    html = client.get(response.url).content.decode()
    assert {name: fields_of(html)[name] for name in ("person", "starts", "minutes", "note")} == {
        "person": "",
        "starts": "",
        "minutes": "",
        "note": "",
    }
    assert fields_of(html)["form_key"] != sent["form_key"]


def test_likely_double_is_shown_with_a_box_to_tick(cast):
    stay = make_enrollment(cast, cast.education)
    log(cast, stay)
    client, address, sent = log_page(cast, "education_caseworker")
    sent |= {"person": str(stay.pk), "starts": "16:00", "minutes": "20", "note": "Second talk."}
    response = client.post(address, sent)
    html = unescape(response.content.decode())
    assert response.status_code == 422
    assert "This person already has a session of this kind that day: Individual, 9:00 AM, 50 minutes." in html
    assert 'type="checkbox" name="again"' in html
    assert fields_of(response.content.decode())["note"] == "Second talk."
    assert counts(cast) == (1, 1, 0)
    assert client.post(address, fields_of(response.content.decode()) | {"again": "on"}).status_code == 302
    assert counts(cast) == (2, 2, 1)


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"person": ""}, "Choose the person."),
        ({"person": "someone"}, "Enter a valid UUID."),
        ({"person": "00000000-0000-0000-0000-000000000000"}, "Choose a person whose stay is active."),
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"held_on": "2026-04-15"}, "This day is still to come."),
        ({"held_on": "0001-01-01"}, "before the person was placed"),
        ({"held_on": "9999-12-31"}, "This day is still to come."),
        ({"starts": "25:00"}, "Enter a valid time."),
        ({"note": "x" * 10_001}, "at most 10000 characters"),
        ({"note": "nul \x00"}, "Null characters are not allowed."),
        ({"form_key": "forged"}, "This form is out of date."),
    ],
)
def test_bad_input_comes_back_with_what_was_typed(cast, over, sentence):
    stay = make_enrollment(cast, cast.education)
    client, address, sent = log_page(cast, "education_caseworker")
    sent |= {"person": str(stay.pk), "starts": "09:00", "minutes": "50", "note": "Kept."} | over
    response = client.post(address, sent)
    assert response.status_code == 422
    assert sentence in unescape(response.content.decode())
    if "note" not in over:
        assert fields_of(response.content.decode())["note"] == "Kept."
    assert counts(cast) == (0, 0, 0)


@pytest.mark.parametrize("people", [1, 3])
def test_page_takes_a_fixed_number_of_statements(cast, people, django_assert_num_queries):
    for number in range(people):
        make_enrollment(cast, cast.education, name=f"Person {number}")
    client = cast.client("education_caseworker")
    with django_assert_num_queries(9 + OPENING):
        client.get(cast.url(cast.education, "session_log"))


# --- notes --------------------------------------------------------------------------------------------------------


def test_counsellors_note_in_services_is_privileged_unless_chosen_otherwise(cast):
    stay = make_enrollment(cast, cast.services)
    reference = stay.participant.reference
    client = cast.client("services_counsellor")
    address = cast.url(cast.services, "note_new", reference=reference)
    sent = fields_of(client.get(address).content.decode())
    assert sent["visibility"] == "privileged"
    assert [client.post(address, sent | {"text": "For us only."}).status_code for _ in range(2)] == [302, 302]
    sent = fields_of(client.get(address).content.decode())
    client.post(address, sent | {"text": "For all.", "visibility": "case"})
    with in_track(cast.services):
        written = sorted((note.text, note.visibility, note.author_id) for note in Note.objects.all())
    author = cast.services_counsellor.pk
    assert written == [("For all.", "case", author), ("For us only.", "privileged", author)]


def test_caseworkers_note_is_the_tracks_and_cannot_be_made_privileged(cast):
    stay = make_enrollment(cast, cast.services)
    client = cast.client("services_caseworker")
    address = cast.url(cast.services, "note_new", reference=stay.participant.reference)
    sent = fields_of(client.get(address).content.decode())
    assert "visibility" not in sent
    client.post(address, sent | {"text": "Called.", "visibility": "privileged"})
    with in_track(cast.services):
        assert Note.objects.get().visibility == "case"


def test_privileged_note_is_seen_by_author_and_supervision_only(cast):
    stay = make_enrollment(cast, cast.services)
    with in_track(cast.services, by=cast.services_counsellor, write=True):
        for visibility in ("privileged", "case"):
            write_note(
                participant=stay.participant,
                text=visibility,
                visibility=visibility,
                now=NOW,
                by=cast.services_counsellor,
            )
    seen = {}
    with in_track(cast.services):
        for role in ROLES.values():
            reader = cast.people[f"services_{role.key}"]
            seen[role.key] = sorted(note.text for note in notes_of(stay.participant, reader, role.permissions))
    both, one = ["case", "privileged"], ["case"]
    assert seen == {role: both if role in {"counsellor", "clinical_supervisor"} else one for role in ROLES}


def test_another_counsellor_does_not_see_a_privileged_note(cast):
    stay = make_enrollment(cast, cast.services)
    with in_track(cast.services, by=cast.services_clinical_supervisor, write=True):
        write_note(
            participant=stay.participant,
            text="x",
            visibility="privileged",
            now=NOW,
            by=cast.services_clinical_supervisor,
        )
        reader = cast.services_counsellor
        assert list(notes_of(stay.participant, reader, ROLES["counsellor"].permissions)) == []


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_note_keeps_what_was_typed(cast, text):
    stay = make_enrollment(cast, cast.education)
    client = cast.client("education_caseworker")
    address = cast.url(cast.education, "note_new", reference=stay.participant.reference)
    assert client.post(address, fields_of(client.get(address).content.decode()) | {"text": text}).status_code == 302
    with in_track(cast.education):
        assert Note.objects.get().text == text


@pytest.mark.parametrize("text", ["", "   \n ", "x" * 10_001])
def test_empty_or_endless_note_is_refused(cast, text):
    stay = make_enrollment(cast, cast.education)
    client = cast.client("education_caseworker")
    address = cast.url(cast.education, "note_new", reference=stay.participant.reference)
    response = client.post(address, fields_of(client.get(address).content.decode()) | {"text": text})
    assert response.status_code == 422
    assert fields_of(response.content.decode())["text"].strip() == text.strip()
    assert counts(cast) == (0, 0, 0)


def test_no_note_lies_readable_in_the_database(live_db, request):
    cast = request.getfixturevalue("cast")
    stay = make_enrollment(cast, cast.services, name="Wilhelmina Quackenbush")
    secret = "the unmistakable sentence of a note"
    log(cast, stay, track=cast.services, by=cast.services_counsellor, note=secret)
    with in_track(cast.services):
        person = Participant.objects.get()
        assert (Note.objects.get().text, person.name) == (secret, "Wilhelmina Quackenbush")
    assert person.reference in everything_stored()
    assert secret not in everything_stored()
    assert "Quackenbush" not in everything_stored()


def everything_stored() -> str:
    """The database as its file holds it; on PostgreSQL every value of every table."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return _file(cursor)
        tables = connection.introspection.table_names(cursor)
    found = [value for table in tables for row in raw.rows(table) for value in row]
    values = [bytes(value) if isinstance(value, memoryview) else value for value in found]
    return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values)


def _file(cursor) -> str:
    cursor.execute("PRAGMA database_list")
    name = next(row[2] for row in cursor.fetchall() if row[1] == "main")
    if name:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Path(name).read_bytes().decode("latin-1")
    return connection.connection.serialize().decode("latin-1")
