"""Privileged notes: for whom they open, and who keeps them when a counsellor leaves."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client

from participants.audit.models import Event, EventSubject, FieldChange
from participants.errors import ProgramError
from participants.models import KeptForm, Note, Participant
from participants.people.break_glass import open_closed_file
from participants.people.restricting import restrict_file
from participants.sessions.actions import write_note
from participants.sessions.keeping import give_notes, keepers, without_keeper
from participants.staff.actions import create_user, end_access, grant_access
from participants.staff.models import permissions_of
from participants.tracks.models import new_id
from participants.tracks.scope import RestrictedRecord, in_track
from tests import builders
from tests.cast import PASSWORD
from tests.statements import exactly
from tests.world import build_world, track_patterns

NOW = datetime.datetime(2026, 4, 1, 16, tzinfo=datetime.UTC)
TODAY = NOW.date()
MARKER = "Zqxmarker: what was said in confidence"
SEALED = (bytes, memoryview)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def stay(cast):
    return builders.make_enrollment(cast, cast.education, name="Ana Marked")


@pytest.fixture
def successor(cast):
    """Another counsellor of the track."""
    user = create_user(email="next@harbor.example", name="Noa Successor", password=PASSWORD, by=None)
    grant_access(user=user, track=cast.education, role="counsellor", valid_from=builders.RECEIVED, by=None)
    return user


def note(cast, stay, *, text=MARKER, by=None, visibility="privileged"):
    by = by or cast.education_counsellor
    with in_track(cast.education, by=by, write=True):
        return write_note(participant=stay.participant, text=text, visibility=visibility, now=NOW, by=by)


def give(cast, keeper, to, by=None):
    by = by or cast.education_clinical_supervisor
    with in_track(cast.education, by=by, write=True):
        return give_notes(keeper=keeper, to=to, today=TODAY, by=by)


def leave(cast, user):
    grant = user.grants.get()
    end_access(grant=grant, on=TODAY, by=cast.education_administrator)


def page_of(cast, stay, name):
    client = cast.client(name)
    return client.get(cast.url(cast.education, "participant", reference=stay.participant.reference)).text


def test_it_opens_for_its_keeper_and_the_supervisor_only(cast, stay, successor):
    note(cast, stay)
    readers = ("counsellor", "clinical_supervisor", "caseworker", "manager")
    seen = {role: MARKER in page_of(cast, stay, f"education_{role}") for role in readers}
    assert seen == {"counsellor": True, "clinical_supervisor": True, "caseworker": False, "manager": False}
    assert MARKER not in page_of(cast, stay, successor)


def addresses(cast, track, world):
    """Every address of a track, with every way to ask for the person's file, and a search for each word of a note."""
    for pattern in track_patterns():
        yield "get", cast.url(track, pattern.name, **world.kwargs.get(pattern.name, {})), {}
    reference = world.kwargs["participant"]["reference"]
    yield "get", cast.url(track, "participant_history", reference=reference) + "?show=values", {}
    yield "get", cast.url(track, "participants") + "?list=all&status=active", {}
    yield "get", cast.url(track, "reports") + "?from=2026-01-01&to=2026-12-31&format=csv", {}
    for words in (MARKER, "Zqxmarker", "confidence", reference):
        yield "post", cast.url(track, "search"), {"q": words}
    yield "post", cast.url(track, "note_new", reference=reference), {"text": "", "visibility": "privileged"}


READERS = {
    "caseworker": "education_caseworker",
    "manager with break-glass": "education_manager",
    "administrator": "education_administrator",
    "privacy officer": "education_privacy_officer",
    "clerk": "education_intake_clerk",
    "facilitator": "education_facilitator",
    "liaison": "education_liaison",
    "counsellor of the other track": "services_counsellor",
    "supervisor of the other track": "services_clinical_supervisor",
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_no_address_gives_it_to_anybody_else(cast, reader):
    world = build_world(cast, cast.education, "Rosa Marked")
    reference = world.kwargs["participant"]["reference"]
    with in_track(cast.education, by=cast.education_counsellor, write=True):
        person = Participant.objects.get(reference=reference)
        for visibility, text in (("privileged", MARKER), ("case", "Zqxordinary: came in time")):
            write_note(participant=person, text=text, visibility=visibility, now=NOW, by=cast.education_counsellor)
    manager = cast.education_manager
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        restrict_file(participant=person, staff=manager, today=TODAY, by=cast.education_caseworker)
    with in_track(cast.education, by=manager, write=True):
        reason = "The court called and his caseworker is ill."
        open_closed_file(asked_for=reference, reason=reason, minutes=60, now=NOW, by=manager)
    client, ordinary, answers = cast.client(reader), False, 0
    for method, url, sent in addresses(cast, cast.education, world):
        response = getattr(client, method)(url, sent, follow=True)
        text = b"".join(response.streaming_content) if response.streaming else response.content
        answers += response.status_code == 200
        ordinary |= b"Zqxordinary" in text
        if "search" in url:  # the page repeats what was typed
            text = text.replace(f'value="{sent["q"]}"'.encode() if sent else b"-", b"")
        assert b"Zqxmarker" not in text, url
        assert b"in confidence" not in text, url
    if reader in ("education_caseworker", "education_manager"):
        assert ordinary, "these open the file, and see the note beside it"
    assert answers > 0 or reader.startswith("services")


@pytest.mark.parametrize("name", ["caseworker", "manager", "privacy_officer", "administrator"])
def test_its_text_does_not_open_whatever_page_asks(cast, stay, name):
    written, user = note(cast, stay), cast.people[f"education_{name}"]
    with in_track(cast.education, by=user) as scope:
        scope.privileges = permissions_of(list(user.grants.all()))
        with pytest.raises(RestrictedRecord):
            _ = Note.objects.get(pk=written.pk).text


def test_what_is_typed_on_a_locked_session_comes_back_to_its_writer_only(cast, stay, noon):
    url = cast.url(cast.education, "note_new", reference=stay.participant.reference)
    writer = Client()
    writer.force_login(cast.education_counsellor)
    assert writer.get(url).status_code == 200
    noon.shift(datetime.timedelta(minutes=31))
    writer.post(url, {"text": MARKER, "visibility": "privileged"})
    with in_track(cast.education):
        assert (Note.objects.count(), KeptForm.objects.count()) == (0, 1)
    with in_track(cast.education), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM participants_keptform")
        assert b"Zqxmarker" not in b"".join(bytes(cell) for cell in cursor.fetchone() if isinstance(cell, SEALED))
    for name in ("caseworker", "manager", "clinical_supervisor"):
        page = cast.client(f"education_{name}").get(url)
        assert (page.status_code, MARKER in page.text) == (200, False), name
    assert MARKER in cast.client("education_counsellor").get(url).text
    leave(cast, cast.education_counsellor)
    assert cast.client("education_counsellor").get(url).status_code == 404


def test_given_to_somebody_else_it_opens_for_them_and_not_for_who_left(cast, stay, successor):
    written = note(cast, stay)
    case_note = note(cast, stay, text="An ordinary note", visibility="case")
    leave(cast, cast.education_counsellor)
    assert give(cast, cast.education_counsellor, successor) == (1, 0)
    assert MARKER in page_of(cast, stay, successor)
    grant_access(
        user=cast.education_counsellor, track=cast.education, role="counsellor", valid_from=TODAY, by=None
    )  # back again
    assert MARKER not in page_of(cast, stay, "education_counsellor")
    with in_track(cast.education):
        stored = Note.objects.get(pk=written.pk)
        assert (stored.author, stored.keeper) == (cast.education_counsellor, successor)
        assert Note.objects.get(pk=case_note.pk).keeper == cast.education_counsellor


def test_it_is_on_record_with_every_note_and_without_a_word_of_them(cast, stay, successor):
    notes = {note(cast, stay, text=f"{MARKER} {number}").pk for number in range(3)}
    give(cast, cast.education_counsellor, successor)
    with in_track(cast.education):
        event = Event.objects.get(action="notes.reassigned")
        assert event.actor_id == cast.education_clinical_supervisor.pk
        people = {"from": str(cast.education_counsellor.pk), "to": str(successor.pk)}
        assert event.detail == {**people, "count": 3, "fields": ["keeper"]}
        about = EventSubject.objects.filter(event_id=event.pk, kind="note")
        assert set(about.values_list("subject_id", flat=True)) == notes
        assert not FieldChange.objects.exists()  # others read that, and would learn that there are such notes


def test_the_same_form_of_the_writer_sent_again_tells_no_text(cast, stay, successor):
    with in_track(cast.education, by=cast.education_counsellor, write=True) as scope:
        key, by = new_id(), cast.education_counsellor
        scope.privileges = permissions_of(list(by.grants.all()))
        values = {"participant": stay.participant, "text": MARKER, "visibility": "privileged", "now": NOW, "by": by}
        write_note(**values, row_id=key)
        Note.objects.filter(pk=key).update(keeper=successor)
        with pytest.raises(ProgramError, match="saved before"):
            write_note(**values, row_id=key)


def test_who_may_be_chosen(cast, stay, successor):
    note(cast, stay)
    for to in (cast.education_counsellor, cast.education_manager, cast.services_counsellor):
        with pytest.raises(ProgramError) as refused:
            give(cast, cast.education_counsellor, to)
        assert refused.value.field == "to"
    with pytest.raises(ProgramError) as refused:
        give(cast, successor, cast.education_clinical_supervisor)
    assert refused.value.field == "keeper"
    leave(cast, successor)
    with pytest.raises(ProgramError, match="role keeps"):
        give(cast, cast.education_counsellor, successor)


def test_a_note_stays_where_the_person_does_not_want_the_new_keeper(cast, stay, successor):
    other = builders.make_enrollment(cast, cast.education, name="Bo Other")
    note(cast, stay)
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        restrict_file(participant=stay.participant, staff=successor, today=TODAY, by=cast.education_caseworker)
    with pytest.raises(ProgramError, match="do not want"):
        give(cast, cast.education_counsellor, successor)
    note(cast, other)
    assert give(cast, cast.education_counsellor, successor) == (1, 1)
    with in_track(cast.education):
        assert Note.objects.get(participant=stay.participant).keeper == cast.education_counsellor


def test_my_day_of_the_supervisor_tells_when_a_keeper_has_left(cast, stay):
    url = cast.url(cast.education, "my_day")
    note(cast, stay)
    note(cast, stay)
    supervisor = cast.client("education_clinical_supervisor")
    assert "without a keeper" not in supervisor.get(url).text
    leave(cast, cast.education_counsellor)
    page = supervisor.get(url)
    assert "Privileged notes without a keeper" in page.text
    assert cast.education_counsellor.name in page.text
    assert [(row.keeper, row.number) for row in page.context["day"].orphans] == [(cast.education_counsellor, 2)]
    assert "without a keeper" not in cast.client("education_manager").get(url).text
    give(cast, cast.education_counsellor, cast.education_clinical_supervisor)
    assert "without a keeper" not in supervisor.get(url).text


def test_a_disabled_account_keeps_nothing_either(cast, stay):
    note(cast, stay)
    user = cast.education_counsellor
    user.is_active = False
    user.save(update_fields=("is_active",))
    with in_track(cast.education):
        assert [row.keeper for row in without_keeper(today=TODAY)] == [user]


def test_the_page_gives_them_and_shows_counts_only(cast, stay, successor):
    note(cast, stay)
    client, url = cast.client("education_clinical_supervisor"), cast.url(cast.education, "note_keepers")
    page = client.get(url)
    assert cast.education_counsellor.name in page.text
    for secret in (MARKER, "Ana Marked", stay.participant.reference):
        assert secret not in page.text
    sent = {"keeper": str(cast.education_counsellor.pk), "to": str(successor.pk)}
    assert client.post(url, {**sent, "to": str(cast.services_counsellor.pk)}).status_code == 422
    assert client.post(url, {}).status_code == 422
    assert client.post(url, sent, follow=True).status_code == 200
    assert client.post(url, sent).status_code == 422  # nothing is left to give
    with in_track(cast.education):
        assert Note.objects.get().keeper == successor
        assert Event.objects.filter(action="notes.reassigned").count() == 1


@pytest.mark.parametrize("role", ["manager", "caseworker", "counsellor", "administrator", "privacy_officer"])
def test_nobody_else_has_the_page(cast, role):
    assert cast.client(f"education_{role}").get(cast.url(cast.education, "note_keepers")).status_code == 403


def test_notes_of_the_other_track_are_nobodys_here(cast, stay):
    note(cast, stay)
    with in_track(cast.services):
        assert keepers(today=TODAY) == []
        assert without_keeper(today=TODAY) == []


def test_statements_do_not_grow_with_the_notes(cast, stay, successor):
    for number in range(5):
        note(cast, stay, text=f"{MARKER} {number}")
    with in_track(cast.education), exactly(3):
        keepers(today=TODAY)
    with in_track(cast.education), exactly(1):
        without_keeper(today=TODAY)
    with exactly(6):  # who may keep, the notes, restrictions, the change, the event and its subjects
        give(cast, cast.education_counsellor, successor)
