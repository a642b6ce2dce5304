"""Key files that are there, missing, or of no track."""

import datetime

import pytest
from django.db import transaction

from participants.models import Participant
from participants.tracks.actions import create_program
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from participants.vault import keyfiles, keyring
from participants.vault.keeping import create_missing, standing
from participants.vault.rotation import rotate_track

DAY = datetime.date(2026, 1, 5)


def tracks():
    return list(Track.objects.select_related("program").order_by("pk"))


def test_program_that_was_not_made_after_all_leaves_files_that_hurt_nobody(cast):
    before = set(standing(tracks())[1])
    with transaction.atomic():
        create_program(slug="lake", name="Lake", time_zone="America/Denver", on=DAY)
        transaction.set_rollback(True)
    found, others = standing(tracks())
    assert len(set(others) - before) == 2
    assert not [problem for one in found for problem in one.problems]
    lake = create_program(slug="lake", name="Lake", time_zone="America/Denver", on=DAY)
    for track in lake.tracks.select_related("program"):
        with in_track(track, write=True):
            assert Participant.objects.get(pk=Participant.objects.create(name="Ann").pk).name == "Ann"
    for name in set(others) - before:
        (keyring.folder() / name).unlink()


def test_file_without_instants_is_told_and_rotated(cast):
    """As a file of the first version of the product has none."""
    path = keyring.key_file(cast.education.pk)
    contents = keyfiles.read(path)
    del contents["added"]
    keyfiles.replace(path, contents)
    one = next(one for one in standing(tracks())[0] if one.name == "harbor/education")
    assert [key["added"] for key in one.purposes["seal"]["keys"]] == [None]
    (turn,) = rotate_track(track=cast.education, purposes=["seal"], wait=0, say=lambda sentence: None, by=None)
    assert turn.destroyed


def test_nothing_is_made_where_all_is_there(cast):
    before = {path: path.read_bytes() for path in keyring.folder().glob("*.json")}
    answer = create_missing(tracks(), first=False)
    assert (answer.made, answer.refused) == ([], [])
    assert {path: path.read_bytes() for path in keyring.folder().glob("*.json")} == before


@pytest.mark.parametrize("purpose", ["seal", "search", "audit"])
def test_key_is_gone_for_good_once_destroyed(cast, purpose):
    path = keyring.key_file(cast.education.pk)
    (former,) = keyring.key_ids(cast.education.pk, purpose)
    with pytest.raises(ValueError, match="primary key"):
        keyfiles.destroy_keys(path, purpose, [former])
    keyfiles.add_keys(path, {purpose: keyring.draw(purpose)})
    material = next(
        key["keyData"]["value"] for key in keyfiles.read(path)[purpose]["key"] if f"{key['keyId']:08x}" == former
    )
    keyfiles.destroy_keys(path, purpose, [former])
    left = [entry for entry in keyring.folder().iterdir() if entry.is_file() and material in entry.read_text()]
    assert left == []
