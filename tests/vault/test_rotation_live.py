"""A change of keys while others work, with real commits; and the keys of what belongs to no track."""

import base64
import datetime
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection, transaction

from participants.audit.models import Event
from participants.duplicates.finding import possible_duplicates
from participants.errors import ProgramError
from participants.files.intake import judge
from participants.files.sheet import read
from participants.models import Participant, Referral
from participants.people.actions import change_participant
from participants.staff import second_factor
from participants.tracks.scope import in_track
from participants.tracks.writers import wait_for_writers
from participants.vault import keyring
from participants.vault.rotation import rotate_installation, rotate_scope_key
from tests.builders import RECEIVED, make_enrollment, make_referral
from tests.vault.turning import begin, half_way, held, opened, rotate

TODAY = RECEIVED + datetime.timedelta(days=3)


@pytest.fixture
def live(standing_cast, live_db):
    """The cast, committed, so that every thread sees it."""
    return standing_cast.put()


def test_edits_while_the_keys_change_are_all_there_afterwards(live):
    """Somebody saves again and again, somebody receives cases, and the keys change twice meanwhile."""
    track, worker = live.education, live.education_caseworker
    people = [make_enrollment(live, track, name=f"Person {number}").participant_id for number in range(4)]
    stop = threading.Event()
    saved: dict = {}
    received = []

    def edit():
        number = 0
        try:
            while not stop.is_set():
                pk = people[number % len(people)]
                phone = f"305-555-{number:04}"
                with in_track(track, by=worker, write=True):
                    person = Participant.objects.get(pk=pk)
                    change_participant(participant=person, version=person.version, phone=phone, by=worker)
                saved[pk] = phone
                number += 1
                time.sleep(0.01)
        finally:
            connection.close()
        return number

    def receive():
        try:
            while not stop.is_set():
                name = f"Newcomer {len(received)}"
                make_referral(live, track, name=name, case_number=f"L-{len(received)}")
                received.append(name)
                time.sleep(0.01)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(edit), pool.submit(receive)]
        time.sleep(0.2)
        try:
            turns = [rotate(track, wait=1), rotate(track, wait=1)]
        finally:
            stop.set()
        edits, _ = (job.result(timeout=60) for job in jobs)
    assert edits > 10
    assert len(received) > 5
    assert [turn["seal"].destroyed and turn["search"].destroyed for turn in turns] == [True, True]
    assert (held(track, "seal")[""], held(track, "search")[""]) == (0, 0)
    with in_track(track):
        assert {pk: Participant.objects.get(pk=pk).phone for pk in saved} == saved
        names = {row.name for row in Referral.objects.all()}
        assert names >= set(received)
        assert all(row.version for row in Participant.objects.all())
    assert opened(track)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason='needs PostgreSQL: eval "$(.ci/services start)"')
def test_key_stays_while_somebody_is_still_writing(live):
    """A transaction that sealed with the key before and has not ended holds it."""
    track = live.education
    make_referral(live, track, name="Ann Oakum")
    wrote, go_on = threading.Event(), threading.Event()

    def long_import():
        try:
            with in_track(track, by=live.education_intake_clerk, write=True):
                make_referral(live, track, name="Late Comer", case_number="LATE-1")
                wrote.set()
                go_on.wait(timeout=30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(long_import)
        assert wrote.wait(timeout=30)
        turn = rotate(track, purposes=["seal"], wait=0)["seal"]
        assert not turn.destroyed
        assert "still open" in turn.told[0]
        go_on.set()
        job.result(timeout=30)
    assert rotate(track, purposes=["seal"])["seal"].destroyed
    with in_track(track):
        assert {row.name for row in Referral.objects.all()} == {"Ann Oakum", "Late Comer"}


def test_waiting_for_writers_ends_when_they_have(live):
    moment = datetime.datetime.now(datetime.UTC)
    assert wait_for_writers(moment, seconds=5)
    with transaction.atomic():
        assert wait_for_writers(moment, seconds=0)  # one's own does not count


def test_likeness_and_files_know_those_of_either_key(cast):
    """What a person is warned of, and what a file's rows meet, is the same before, during and after."""
    track = cast.education
    born = datetime.date(1990, 5, 7)
    for number in range(4):
        make_referral(cast, track, name="José Hernández", date_of_birth=born, case_number=f"A-{number}")
    same = make_referral(cast, track, name="Ana Birch", case_number="A-77", date_of_birth=born)
    header = "name,date of birth,case number,charge,offense date,received date,source\n"
    day = (RECEIVED - datetime.timedelta(days=10)).isoformat()
    rows = (
        f"Ana Birch,1990-05-07,A-77,796.07(2)(f),{day},{RECEIVED},Office\n"
        f"Ann Birch,1990-05-07,A-77,796.07(2)(f),{day},{RECEIVED},Office\n"
        f"José Hernández,1990-05-07,Z-1,796.07(2)(f),{day},{RECEIVED},Office\n"
    )

    def told():
        with in_track(track):
            sheet = read((header + rows).encode(), today=TODAY)
            judged = judge(sheet.rows, sheet, today=TODAY).good
            likes = [
                (match.referral.pk, match.score) for match in possible_duplicates(Referral.objects.get(pk=same.pk))
            ]
            return [(row.same, row.possible_duplicate, len(row.alike)) for row in judged], likes

    before = told()
    assert before[0][0][0] is True
    assert [alike for _, alike, _ in before[0]] == [False, True, True]
    half_way(track)
    assert told() == before
    rotate(track)
    assert told() == before


def test_second_factors_open_after_the_installations_keys_changed(cast):
    """They are sealed for their user, and stay so."""
    users = [cast.education_caseworker, cast.services_caseworker]
    for user in users:
        Authenticator.objects.create(
            user=user, type="totp", data={"secret": second_factor.seal(f"SECRET{user.pk.hex}", user.pk)}
        )
    former = keyring.key_ids(None, "seal")
    turns = rotate_installation(
        purposes=["seal", "audit"], wait=0, say=lambda sentence: None, by=cast.education_administrator
    )
    (new,) = keyring.key_ids(None, "seal")
    assert [new] != former
    assert (turns[0].written, turns[0].left, turns[0].destroyed) == (2, 0, True)
    for row in Authenticator.objects.order_by("pk"):
        sealed = row.data["secret"]
        assert keyring.sealing_key(base64.b64decode(sealed)) == new
        assert second_factor.open_sealed(sealed, row.user_id) == f"SECRET{row.user_id.hex}"
    event = Event.objects.get(action="keys.rotated")
    assert (event.actor_id, event.track_id) == (cast.education_administrator.pk, None)


def test_lost_secret_of_a_second_factor_is_told_and_keeps_the_key(cast):
    user = cast.education_caseworker
    elsewhere = second_factor.seal("SECRET", cast.services_caseworker.pk)
    Authenticator.objects.create(user=user, type="totp", data={"secret": elsewhere})
    (turn,) = rotate_installation(purposes=["seal"], wait=0, say=lambda sentence: None, by=None)
    assert not turn.destroyed
    assert turn.left == 1
    assert len(turn.told) == 1
    assert len(keyring.key_ids(None, "seal")) == 2


def test_scope_key_changes_and_the_tracks_stay_open(live):
    before = keyring.scope_key()
    make_referral(live, live.education, name="Ann Oakum")
    rotate_scope_key(by=live.education_administrator)
    assert keyring.scope_key() != before
    with in_track(live.education):
        assert [row.name for row in Referral.objects.all()] == ["Ann Oakum"]


def test_track_without_its_key_cannot_be_rotated(cast):
    keyring.key_file(cast.education.pk).unlink()
    with pytest.raises(keyring.KeyMissing, match=str(cast.education.pk)):
        rotate(cast.education)


def test_key_that_the_file_never_had_is_told(cast):
    path = keyring.key_file(cast.education.pk)
    path.write_text('{"seal": ' + path.read_text().split('"seal": ', 1)[1].split(', "search"', 1)[0] + "}")
    with pytest.raises(ProgramError, match="no search and no audit key"):
        rotate(cast.education)
    begin(cast.education, "seal")
