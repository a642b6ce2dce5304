"""Two files of one person: made one with all that hangs on them, and parted again exactly."""

import datetime
from decimal import Decimal

import pytest
from django.apps import apps

from participants.audit.models import Event, EventSubject
from participants.enrollment.queries import find
from participants.errors import ProgramError
from participants.models import Attendance, Credit, Enrollment, Note, Participant, Requirement, SearchToken
from participants.people.joining import merge_files, undo_merge, what_moves
from participants.people.models import FileMerge, Restriction
from participants.people.restricting import restrict_file
from participants.requirements.actions import record_credit
from participants.sessions.actions import book, schedule_session, write_note
from participants.tracks.models import TrackRecord
from participants.tracks.scope import in_track
from tests.builders import make_ended, make_enrollment, staff
from tests.referrals.typed import text_of

TODAY = datetime.date(2026, 5, 4)
DAY = datetime.date(2026, 4, 1)
NOON = datetime.datetime(2026, 4, 1, 16, tzinfo=datetime.UTC)


@pytest.fixture
def manager(cast):
    return staff(cast, cast.education, "manager")


@pytest.fixture
def scope(cast, manager):
    with in_track(cast.education, by=manager, write=True) as scope:
        yield scope


@pytest.fixture
def one(cast):
    """The file to keep, with a stay that goes on."""
    return make_enrollment(cast, cast.education, name="José Hernández", case_number="A-1").participant


@pytest.fixture
def two(cast):
    """The other file: a stay that has ended, with a session, a credit and a note."""
    stay = make_enrollment(cast, cast.education, name="Pepe Hernandes", case_number="B-2")
    worker = staff(cast, cast.education, "caseworker")
    with in_track(cast.education, by=worker, write=True):
        session = schedule_session(
            kind="class",
            held_on=DAY,
            starts=datetime.time(10),
            ends=datetime.time(12),
            facilitator=staff(cast, cast.education, "facilitator"),
            today=DAY,
            by=worker,
        )
        book(session=session, enrollments=[stay], by=worker)
        money = Requirement.objects.filter(enrollment=stay).exclude(kind="sessions").last()
        record_credit(requirement=money, quantity=Decimal(2), earned_on=DAY, today=DAY, now=NOON, by=worker)
        write_note(participant=stay.participant, text="Called.", visibility="case", now=NOON, by=worker)
    make_ended(cast, cast.education, enrollment=stay)
    return stay.participant


def stored() -> dict:
    """Every row of the track that a person could look at, without versions; search tokens without their keys."""
    found = {}
    for model in apps.get_app_config("participants").get_models():
        if not issubclass(model, TrackRecord) or model in (FileMerge, SearchToken):
            continue
        names = [field.attname for field in model._meta.concrete_fields if field.name != "version"]
        for row in model.objects.order_by("pk"):
            found[model.__name__, row.pk] = [getattr(row, name) for name in names]
    found["tokens"] = set(SearchToken.objects.order_by("pk").values_list("kind", "subject_id", "token"))
    return found


def about(action: str) -> set:
    event = Event.objects.get(action=action)
    return set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id"))


def test_everything_moves_and_the_old_names_find_the_kept_file(scope, manager, one, two):
    assert dict(what_moves(two)) == {
        "stay": 1, "requirements": 3, "record of attendance": 1, "credit": 1, "note": 1
    }  # fmt: skip
    merge = merge_files(kept=one, absorbed=two, today=TODAY, by=manager)
    again = merge_files(kept=one, absorbed=two, today=TODAY, by=manager)
    assert again == merge
    kept, absorbed = Participant.objects.get(pk=one.pk), Participant.objects.get(pk=two.pk)
    assert absorbed.merged_into == kept
    assert kept.name == "José Hernández"
    assert what_moves(absorbed) == []
    for model in (Enrollment, Requirement, Attendance, Credit, Note):
        assert {row.participant for row in model.objects.all()} == {kept}
    for text in ("pepe hernandes", "B-2", "A-1"):
        assert find(text).participants == [kept]
    assert find(absorbed.reference).participants == [absorbed]
    assert about("participants.merged") == {("participant", kept.pk), ("participant", absorbed.pk)}


def test_undo_restores_every_row(cast, scope, manager, one, two):
    worker = staff(cast, cast.education, "second_caseworker")
    restrict_file(staff=worker, participant=two, today=TODAY, by=manager)
    before = stored()
    merge = merge_files(kept=one, absorbed=two, today=TODAY, by=manager)
    assert stored() != before
    undo_merge(merge=merge, today=TODAY, by=manager)
    assert stored() == before
    assert undo_merge(merge=merge, today=TODAY, by=manager).undone_by == manager
    assert about("participants.merge_undone") == {("participant", one.pk), ("participant", two.pk)}
    merge_files(kept=one, absorbed=two, today=TODAY, by=manager)


def test_restrictions_of_both_hold(cast, scope, manager, one, two):
    first, second = (staff(cast, cast.education, role) for role in ("second_caseworker", "second_manager"))
    restrict_file(staff=first, participant=one, today=TODAY, by=manager)
    restrict_file(staff=second, participant=two, today=TODAY, by=manager)
    merge = merge_files(kept=one, absorbed=two, today=TODAY, by=manager)
    for person in (first, second):
        closed = Restriction.objects.filter(staff=person, lifted_on__isnull=True)
        assert closed.filter(participant=one).exists()
        assert closed.filter(referral__enrollment__participant=one).count() == 2
    # What is asked for meanwhile stands on both files afterwards.
    third = staff(cast, cast.education, "counsellor")
    restrict_file(staff=third, participant=one, today=TODAY, by=manager)
    undo_merge(merge=merge, today=TODAY, by=manager)
    standing = Restriction.objects.filter(lifted_on__isnull=True, participant__isnull=False)
    assert set(standing.values_list("participant", "staff")) == {
        (one.pk, first.pk), (two.pk, second.pk), (one.pk, third.pk), (two.pk, third.pk)
    }  # fmt: skip


def test_two_active_stays_are_refused(cast, scope, manager, one):
    other = make_enrollment(cast, cast.education).participant
    before = stored()
    with pytest.raises(ProgramError, match="Both files have an active stay"):
        merge_files(kept=one, absorbed=other, today=TODAY, by=manager)
    assert stored() == before


def test_a_file_is_not_merged_into_itself_or_twice(cast, scope, manager, one, two):
    third = make_ended(cast, cast.education).participant
    with pytest.raises(ProgramError, match="same file"):
        merge_files(kept=one, absorbed=one, today=TODAY, by=manager)
    merge_files(kept=one, absorbed=two, today=TODAY, by=manager)
    with pytest.raises(ProgramError, match="part of another file already"):
        merge_files(kept=third, absorbed=two, today=TODAY, by=manager)
    with pytest.raises(ProgramError, match="Another file is part of that one"):
        merge_files(kept=third, absorbed=one, today=TODAY, by=manager)


def test_undo_is_refused_when_something_new_hangs_on_what_moved(scope, manager, one, two):
    merge = merge_files(kept=one, absorbed=two, today=TODAY, by=manager)
    new = {"quantity": 1, "earned_on": DAY, "recorded_by": manager, "recorded_at": NOON}
    Credit.objects.create(requirement=Credit.objects.get().requirement, participant=one, **new)
    before = stored()
    with pytest.raises(ProgramError, match=r"added to a stay of the other file since \(credits\)"):
        undo_merge(merge=merge, today=TODAY, by=manager)
    assert stored() == before


# --- pages ---------------------------------------------------------------------------------------------------
def test_preview_then_merge_then_undo(cast, manager, one, two):
    client = cast.client(manager)
    url = cast.url(cast.education, "participant_merge", reference=one.reference)
    preview = client.post(url, {"reference": two.reference.lower()})
    text = text_of(preview)
    assert "Pepe Hernandes" in text
    assert "1 stay" in text
    with in_track(cast.education):
        assert not FileMerge.objects.exists()
    file = cast.url(cast.education, "participant", reference=one.reference)
    assert client.post(url, {"reference": two.reference, "confirm": "1"}).url == file
    assert f"{two.reference} part of this one" in text_of(client.get(file))
    old = client.get(cast.url(cast.education, "participant", reference=two.reference))
    assert f"This file is part of {one.reference} ." in text_of(old)
    for name in ("participant_edit", "participant_court", "note_new", "participant_merge"):
        assert client.get(cast.url(cast.education, name, reference=two.reference)).status_code == 404
    with in_track(cast.education):
        merge = FileMerge.objects.get()
    undo = cast.url(cast.education, "merge_undo", pk=merge.pk)
    assert "What goes back to Pepe Hernandes" in text_of(client.get(undo))
    assert client.post(undo).url == file
    with in_track(cast.education):
        assert Participant.objects.get(pk=two.pk).merged_into is None


@pytest.mark.parametrize("typed", ["", "2222-2222", "own", "theirs"])
def test_a_reference_that_cannot_be_taken_stays_in_the_form(cast, manager, one, typed):
    theirs = make_enrollment(cast, cast.services, name="José Hernández").participant
    reference = {"own": one.reference, "theirs": theirs.reference}.get(typed, typed)
    url = cast.url(cast.education, "participant_merge", reference=one.reference)
    answer = cast.client(manager).post(url, {"reference": reference, "confirm": "1"})
    assert answer.status_code == 422
    assert f'value="{reference}"' in answer.content.decode() or not reference
    sentence = {"": "required", "own": "same file"}.get(typed, "No file of this track has this reference.")
    assert sentence in text_of(answer)
    with in_track(cast.education):
        assert not FileMerge.objects.exists()


def test_only_managers_merge(cast, one, two):
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "participant_merge", reference=one.reference)
    assert client.get(url).status_code == client.post(url, {"reference": two.reference}).status_code == 403
    assert "Same person as" not in text_of(client.get(cast.url(cast.education, "participant", reference=one.reference)))
