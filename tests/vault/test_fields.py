"""Sealed fields: what lies in the database, who can open it, and what is refused."""

import datetime
import shutil

import pytest
from django.core.exceptions import FieldError
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from participants.models import Note, Participant
from participants.tracks.models import Track
from participants.tracks.scope import NoTrackInScope, OtherTrack, active_scope, in_track
from participants.vault import keyring
from participants.vault.fields import BrokenSeal, Sealed, fill, unfill
from participants.vault.keyring import KeyMissing

NAME = "Guerline Désir-Ñandú"
BORN = datetime.date(1990, 2, 3)


@pytest.fixture
def participant(cast):
    with in_track(cast.services):
        return Participant.objects.create(name=NAME, date_of_birth=BORN, phone="305-555-0123")


def track_of(participant):
    """Inside it raw SQL sees the row: elsewhere row security hides it."""
    return in_track(Track.objects.select_related("program").get(pk=participant.track_id), write=True)


def stored(participant, column="name") -> bytes:
    with track_of(participant), connection.cursor() as cursor:
        key = participant.pk.hex if connection.vendor == "sqlite" else str(participant.pk)
        cursor.execute(f"SELECT {column} FROM participants_participant WHERE id = %s", [key])
        return bytes(cursor.fetchone()[0])


def test_value_comes_back(cast, participant):
    with in_track(cast.services):
        again = Participant.objects.get(pk=participant.pk)
        assert (again.name, again.date_of_birth, again.phone) == (NAME, BORN, "305-555-0123")


def test_database_holds_no_readable_value(participant):
    assert NAME.encode() not in stored(participant)
    assert b"1990-02-03" not in stored(participant, "date_of_birth")


def test_equal_values_are_sealed_differently(cast, participant):
    with in_track(cast.services):
        twin = Participant.objects.create(name=NAME)
    assert stored(twin) != stored(participant)


def test_length_says_little(cast, participant):
    """Nobody can tell from the database who has a note, or how long a name is."""
    with in_track(cast.services):
        short, long = (Participant.objects.create(name=name) for name in ("Li", "Maximiliana Featherstonehaugh-Ormsby"))
    assert len(stored(short)) == len(stored(long)) == len(stored(participant, "safe_contact"))


@given(data=st.binary(max_size=300))
def test_filling_is_undone(data):
    assert unfill(fill(data)) == data
    assert len(fill(data)) % 64 == 0


def test_opening_marks_the_row_as_read(cast, participant):
    with in_track(cast.services):
        again = Participant.objects.get(pk=participant.pk)
        assert active_scope().read == set()
        assert again.name
        assert active_scope().read == {("participant", participant.pk)}


def test_value_moved_to_another_row_does_not_open(cast, participant):
    with in_track(cast.services):
        other = Participant.objects.create(name="Someone Else")
    with track_of(participant), connection.cursor() as cursor:
        cursor.execute("UPDATE participants_participant SET name = %s", [stored(participant)])
    with in_track(cast.services):
        with pytest.raises(BrokenSeal, match=str(other.pk)):
            _ = Participant.objects.get(pk=other.pk).name
        assert Participant.objects.get(pk=participant.pk).name == NAME


def test_value_moved_to_another_column_does_not_open(cast, participant):
    with track_of(participant), connection.cursor() as cursor:
        cursor.execute("UPDATE participants_participant SET phone = name")
    with in_track(cast.services), pytest.raises(BrokenSeal):
        _ = Participant.objects.get(pk=participant.pk).phone


def test_altered_value_does_not_open(cast, participant):
    broken = bytearray(stored(participant))
    broken[-1] ^= 1
    with track_of(participant), connection.cursor() as cursor:
        cursor.execute("UPDATE participants_participant SET name = %s", [bytes(broken)])
    with in_track(cast.services), pytest.raises(BrokenSeal):
        _ = Participant.objects.get(pk=participant.pk).name


def test_opening_needs_the_scope_of_the_row(cast, participant):
    with in_track(cast.services):
        again = Participant.objects.get(pk=participant.pk)
    with pytest.raises(NoTrackInScope):
        _ = again.name
    with in_track(cast.education), pytest.raises(OtherTrack):
        _ = again.name


def test_lost_key_is_named_not_blank(cast, participant, settings, tmp_path):
    shutil.copy(keyring.installation_file(), tmp_path)
    settings.KEYS = tmp_path
    with in_track(cast.services), pytest.raises(KeyMissing, match=str(cast.services.pk)):
        _ = Participant.objects.get(pk=participant.pk).name


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Participant.objects.filter(name=NAME),
        lambda: Participant.objects.filter(name__icontains="a"),
        lambda: Participant.objects.filter(date_of_birth__lt=BORN),
        lambda: Participant.objects.exclude(phone="x"),
        lambda: Participant.objects.update(name="x"),
        lambda: Participant.objects.bulk_update([Participant.objects.get()], ["name"]),
    ],
)
def test_searching_or_updating_in_bulk_is_refused(cast, participant, ask):
    with in_track(cast.services), pytest.raises(FieldError), transaction.atomic():
        list(ask() or ())


def test_isnull_is_allowed(cast, participant):
    with in_track(cast.services):
        assert Participant.objects.filter(date_of_birth__isnull=False).count() == 1


def test_bulk_create_seals(cast):
    with in_track(cast.services):
        Participant.objects.bulk_create([Participant(name=f"Person {n}") for n in range(3)])
        assert sorted(row.name for row in Participant.objects.all()) == ["Person 0", "Person 1", "Person 2"]
        assert {type(value) for value in Participant.objects.values_list("name", flat=True)} == {Sealed}


def test_sealed_value_does_not_show_in_text_form(cast, participant):
    with in_track(cast.services):
        row = Participant.objects.get(pk=participant.pk)
        assert NAME not in f"{row!r} {row} {vars(row)}"
        assert "<sealed>" in f"{Participant.objects.values_list('name', flat=True)[0]}"


def test_saving_an_unopened_row_keeps_its_values(cast, participant):
    before = stored(participant)
    with in_track(cast.services):
        Participant.objects.get(pk=participant.pk).save()
    assert stored(participant) == before


@given(text=st.text(max_size=200))
def test_any_text_survives(django_db_blocker, text):
    """The pair of encode and decode, without a database."""
    field = Note._meta.get_field("text")
    if "\ud800" <= max(text, default="a") <= "\udfff":
        return
    assert field.decode(field.encode(text)) == text


def test_key_file_is_the_owners_only(cast):
    path = keyring.key_file(cast.services.pk)
    assert path.stat().st_mode & 0o777 == 0o600


def test_keys_are_never_overwritten(cast):
    before = keyring.key_file(cast.services.pk).read_bytes()
    with pytest.raises(FileExistsError):
        keyring.create_keys(cast.services.pk)
    assert keyring.key_file(cast.services.pk).read_bytes() == before


def test_tracks_have_keys_of_their_own(cast):
    keys = {keyring.key_file(track.pk).read_text() for track in cast.tracks.values()}
    assert len(keys) == 3
