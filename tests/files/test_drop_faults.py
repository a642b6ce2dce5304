"""The drop when something fails, and when two send at once: with real commits."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from participants.audit.models import Event
from participants.models import Batch, Referral
from participants.tracks.scope import active_scope_or_none, in_track
from participants.vault import keyring
from tests.access.test_matrix import plain
from tests.files.test_drop import ANN, BEN, EVE, SAM, URL, content, figures
from tests.referrals.typed import text_of
from tests.sessions.test_threads import at_once


@pytest.fixture
def cast(standing_cast, live_db):
    return standing_cast.put()


def send(cast, *rows: str):
    return cast.client("harbor_sender").post(URL, {"file": SimpleUploadedFile("cases.csv", content(*rows))})


def stored(track) -> tuple[int, int, int]:
    with in_track(track):
        imported = Event.objects.filter(action="referrals.imported").count()
        return Referral.objects.count(), Batch.objects.count(), imported


@pytest.fixture
def without_keys():
    """Take the key file of a track away, as a disk that is not there does; returns how to bring it back."""
    taken = {}

    def take(track):
        path = keyring.key_file(track.pk)
        taken[path] = path.read_bytes()
        path.unlink()

    def give_back():
        for path, key in taken.items():
            path.write_bytes(key)
        taken.clear()

    take.back = give_back
    yield take
    give_back()


@pytest.mark.parametrize("broken", ["education", "services"])
def test_fault_in_one_track_leaves_the_other_and_the_file_can_be_sent_again(cast, without_keys, broken):
    other = "services" if broken == "education" else "education"
    without_keys(cast.tracks[broken])
    response = send(cast, ANN, EVE, SAM)
    assert (response.status_code, figures(response)) == (200, (3, 1, 1))
    assert "1 row could not be received just now. Send the whole file once more" in text_of(response)
    assert active_scope_or_none() is None
    assert stored(cast.tracks[broken]) == (0, 0, 0)
    assert stored(cast.tracks[other]) == (1, 1, 1)

    without_keys.back()
    again = send(cast, ANN, EVE, SAM)
    assert figures(again) == (3, 2, 1)
    assert stored(cast.tracks[broken]) == (1, 1, 1)
    assert stored(cast.tracks[other]) == (1, 1, 2)


def test_two_who_send_the_same_file_at_once_are_told_the_same(cast):
    rows = [ANN, BEN, EVE, *(ANN.replace("F26-1", f"F26-1{number}") for number in range(20))]
    answers = at_once(*[lambda: send(cast, *rows)] * 4)
    assert {figures(answer) for answer in answers} == {(23, 23, 0)}
    assert len({plain(answer) for answer in answers}) == 1
    assert stored(cast.education)[:2] == (22, 1)
    assert stored(cast.services)[:2] == (1, 1)
