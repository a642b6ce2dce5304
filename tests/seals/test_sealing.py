"""Sealing: what is new is taken once, late commits by the next seal, and two sealers do no harm."""

import threading
import tracemalloc
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from diversion.celery import SWEEPS
from participants.audit.actions import record_each
from participants.audit.models import Event, EventSubject
from participants.management.sweeps import sweep_once
from participants.seals.chains import Chain, chains, facts
from participants.seals.digests import (
    ENTRY,
    EVENT_COLUMNS,
    SEAL_COLUMNS,
    SUBJECT_COLUMNS,
    encoded,
    keys_of,
    number_of_entries,
    packed,
    spoken_for,
)
from participants.seals.models import Seal
from participants.seals.sealing import NotSealed, newest_seal, seal_all, seal_chain
from participants.seals.tasks import seal_audit
from participants.vault import keyring
from participants.vault.rotation import rotate_track
from participants.web import clock
from tests.seals.tampering import (
    HOUR,
    checked,
    drawn,
    events_of,
    heads,
    kinds,
    make_track,
    make_trail,
    note,
    seals_of,
)
from tests.statements import FRAME, exactly


@pytest.fixture(autouse=True)
def own_heads(settings, tmp_path):
    settings.AUDIT_HEADS = tmp_path / "heads"


@pytest.fixture
def chain(db):
    return Chain(make_track())


@pytest.fixture
def live_chain(live_db):
    return Chain(make_track())


def sealed_ids(chain):
    return [uuid.UUID(bytes=key) for seal in seals_of(chain) for key in keys_of(bytes(seal.entries))]


def test_a_seal_names_the_columns_of_the_tables():
    """Digests of years ago are made of these; a new column needs a new version of the encoding."""
    for model, columns in ((Event, EVENT_COLUMNS), (EventSubject, SUBJECT_COLUMNS), (Seal, SEAL_COLUMNS)):
        assert sorted(columns) == sorted(field.attname for field in model._meta.local_concrete_fields)


@pytest.mark.parametrize(
    ("one", "another"),
    [
        (["ab", "c"], ["a", "bc"]),
        ([None], [""]),
        (["1"], [1]),
        ([{"a": 1}], ['{"a":1}']),
        ([[]], [{}]),
        ([b"a"], ["a"]),
    ],
)
def test_encoding_is_unambiguous(one, another):
    assert encoded(one) != encoded(another)


def test_encoding_does_not_hang_on_the_order_of_keys():
    assert encoded([{"a": 1, "b": 2}]) == encoded([{"b": 2, "a": 1}])


def test_every_event_is_sealed_once_in_order(chain):
    seal_chain(chain, now=clock.now(), most=3)
    note(chain, "one", "two")
    assert seal_chain(chain, now=clock.now(), most=3) == 2
    seals = seals_of(chain)
    assert [seal.number for seal in seals] == list(range(1, len(seals) + 1))
    assert sorted(sealed_ids(chain)) == [event.pk for event in events_of(chain)]
    assert all(number_of_entries(bytes(seal.entries)) <= 3 for seal in seals)
    assert [bytes(seal.previous) for seal in seals] == [b"", *(bytes(seal.mac) for seal in seals[:-1])]


def test_nothing_new_is_not_sealed(chain):
    assert seal_chain(chain, now=clock.now()) > 0
    assert seal_chain(chain, now=clock.now()) == 0
    assert len(seals_of(chain)) == len(heads(chain)) == 1


@pytest.mark.parametrize("new", [1, 3])
def test_a_run_has_a_fixed_number_of_statements(chain, new):
    seal_chain(chain, now=clock.now())
    note(chain, *["new"] * new)
    # newest; ids, seals near them, events, subjects; the new seal; the last two heads
    with exactly(7):
        seal_chain(chain, now=clock.now())
    with exactly(4):  # newest; ids, seals near them; the last head
        seal_chain(chain, now=clock.now())


def test_the_task_seals_every_chain(chain):
    assert SWEEPS["participants.seals.seal_audit"] == 5 * 60
    assert seal_audit.apply(throw=True).get() > 6
    assert {len(seals_of(one)) for one in chains()} == {1}
    assert len(chains()) == 3


def test_a_chain_without_a_key_stops_no_other(chain, tmp_path):
    hidden = keyring.key_file(chain.id).rename(tmp_path / "hidden")
    try:
        with pytest.raises(NotSealed, match=r"Not sealed: harbor/education\."):
            seal_all(now=clock.now())
    finally:
        hidden.rename(keyring.key_file(chain.id))
    assert [len(seals_of(one)) for one in chains()] == [1, 0, 1]


def test_an_event_that_commits_late_is_taken_by_the_next_seal(chain):
    """Its id is older than those that are sealed already."""
    early = drawn(clock.now() - 14 * HOUR / 60)
    note(chain, "sooner")
    seal_chain(chain, now=clock.now())
    with chain.opened(write=True):
        late = Event.objects.create(id=early, track_id=chain.id, at=clock.now() - 14 * HOUR / 60, action="late")
    assert (checked(chain).proven, checked(chain).waiting) == (True, 1)
    assert seal_chain(chain, now=clock.now()) == 1
    assert sealed_ids(chain)[-1] == late.pk
    assert (checked(chain).proven, checked(chain).waiting) == (True, 0)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="no PostgreSQL: set DATABASE_URL and DATABASE_OWNER_URL")
def test_a_transaction_that_stays_open_over_a_seal_is_no_tampering(live_chain):
    written, sealed = threading.Event(), threading.Event()

    def slow():
        try:
            with live_chain.opened(write=True):
                note(live_chain, "slow")
                written.set()
                assert sealed.wait(timeout=30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(slow)
        assert written.wait(timeout=30)
        note(live_chain, "quick")
        seal_chain(live_chain, now=clock.now())
        assert (checked(live_chain).proven, checked(live_chain).waiting) == (True, 0)
        sealed.set()
        running.result(timeout=30)
    [slow_one] = events_of(live_chain, action="slow")
    assert slow_one.pk < max(sealed_ids(live_chain))
    assert (checked(live_chain).proven, checked(live_chain).waiting) == (True, 1)
    assert seal_chain(live_chain, now=clock.now()) == 1
    assert (checked(live_chain).proven, checked(live_chain).waiting) == (True, 0)


def test_two_sealers_at_once_do_no_harm(live_chain):
    note(live_chain, *[f"n{number}" for number in range(60)])
    start = threading.Barrier(2)

    def run():
        try:
            start.wait(timeout=30)
            return seal_chain(live_chain, now=clock.now(), most=4)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        taken = sum(future.result(timeout=120) for future in [pool.submit(run) for _ in range(2)])
    taken += seal_chain(live_chain, now=clock.now(), most=4)
    assert taken == len(events_of(live_chain)) == len(sealed_ids(live_chain)) == len(set(sealed_ids(live_chain)))
    report = checked(live_chain)
    assert (report.proven, report.heads, report.notes) == (True, len(seals_of(live_chain)), [])


def test_the_second_of_two_sealers_writes_nothing(chain):
    """Both have read the same end of the chain."""
    from participants.seals.sealing import Newest, _added, _not_sealed, _seal

    [entries] = _not_sealed(chain, drawn(clock.now() - HOUR), 5000)
    mine, other = (_seal(chain, Newest(), entries, clock.now()) for _ in range(2))
    assert _added(chain, mine) is True
    assert _added(chain, other) is False
    assert [seal.pk for seal in seals_of(chain)] == [mine.pk]


def test_a_clock_that_is_put_back_by_an_hour_breaks_nothing(chain):
    now = clock.now()
    for at in (now - 3 * HOUR, now - 2 * HOUR, now - 3 * HOUR, now - 2.5 * HOUR, now - 2 * HOUR):
        note(chain, "before", "after", at=at)
        assert seal_chain(chain, now=at) >= 2
    assert sorted(sealed_ids(chain)) == [event.pk for event in events_of(chain)]
    report = checked(chain)
    assert (report.proven, report.waiting) == (True, 0)


def test_a_clock_that_ran_a_day_ahead_breaks_nothing(chain):
    now = clock.now()
    for at in (now - HOUR, now + 24 * HOUR, now - HOUR / 2, now):
        note(chain, "one", at=at)
        assert seal_chain(chain, now=at) >= 1
    assert sorted(sealed_ids(chain)) == [event.pk for event in events_of(chain)]
    assert checked(chain).proven


def test_a_sealer_that_stood_still_for_days_loses_nothing(chain):
    now = clock.now()
    make_trail(chain.track)
    seal_chain(chain, now=now)
    note(chain, "lonely", at=now + 50 * HOUR)
    waiting = checked(chain, later=90 * HOUR)
    assert (waiting.proven, waiting.waiting, kinds(waiting)) == (False, 1, ["not_sealed"])
    assert waiting.findings[0].words.endswith(": does the worker run?")
    assert seal_chain(chain, now=now + 90 * HOUR) == 1
    after = checked(chain, later=90 * HOUR)
    assert (after.proven, after.waiting) == (True, 0)
    assert after.notes[-1].startswith("Seal 4 took 1 event hours after their time.")


def test_a_rotated_key_still_proves_what_the_old_one_sealed(chain):
    make_trail(chain.track, seals=2)
    rotate_track(track=chain.track, purposes=["audit"], wait=0, say=lambda *told: None, by=None)
    note(chain, "new key")
    seal_chain(chain, now=clock.now())
    first, *_, last = seals_of(chain)
    assert bytes(first.mac)[:5] != bytes(last.mac)[:5]  # the prefix names the key
    assert kinds(checked(chain)) == []


def test_a_trail_that_nobody_seals_is_not_proven(chain):
    """Neither before the first seal nor after one; the next run makes it good."""
    assert kinds(checked(chain, later=1.9 * HOUR)) == []
    assert kinds(checked(chain, later=2.1 * HOUR)) == ["not_sealed"]
    seal_chain(chain, now=clock.now())
    assert kinds(checked(chain, later=90 * HOUR)) == []
    note(chain, "one")
    assert kinds(checked(chain, later=1.9 * HOUR)) == []
    report = checked(chain, later=2.1 * HOUR)
    assert kinds(report) == ["not_sealed"]
    assert report.lines()[0].startswith("harbor/education: NOT PROVEN, 1 finding.")


def test_who_kept_a_former_key_seals_nothing_any_more(chain):
    """They write on in the chain with it, after the true sealer has used the new one."""
    kept = keyring.audit_mac(chain.id)
    make_trail(chain.track, seals=2)
    rotate_track(track=chain.track, purposes=["audit"], wait=0, say=lambda *told: None, by=None)
    note(chain, "true")
    seal_chain(chain, now=clock.now())
    assert kinds(checked(chain)) == []
    event = note(chain, "forged")[0]
    with chain.opened(write=True):
        entries = packed([facts([event.pk])[event.pk].entry])
        about = {"at": clock.now(), "first_id": event.pk, "last_id": event.pk, "entries": entries}
        seal = Seal(track_id=chain.id, number=4, previous=newest_seal().mac, **about)
        seal.mac = kept.compute_mac(spoken_for(getattr(seal, column) for column in SEAL_COLUMNS))
        seal.save(force_insert=True)
    note(chain, "later")
    seal_chain(chain, now=clock.now())
    [finding] = checked(chain).findings
    assert (finding.kind, finding.seal) == ("seal_by_former_key", 4)
    assert "which is out of use since seal 3" in finding.words


@pytest.mark.parametrize("change", ["UPDATE participants_seal SET number = 9", "DELETE FROM participants_seal"])
def test_seals_are_append_only(chain, change):
    seal_chain(chain, now=clock.now())
    with chain.opened(write=True):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
        assert [seal.number for seal in Seal.objects.all()] == [1]


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="no PostgreSQL: set DATABASE_URL and DATABASE_OWNER_URL")
def test_who_serves_may_add_seals_and_no_more(db):
    with connection.cursor() as cursor:
        rights = {}
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            cursor.execute("SELECT has_table_privilege(current_user, 'participants_seal', %s)", [right])
            [rights[right]] = cursor.fetchone()
    assert rights == {"SELECT": True, "INSERT": True, "UPDATE": False, "DELETE": False}


def test_nothing_that_runs_by_itself_takes_an_event_away(cast, time_machine):
    """The trail has no end of its own: ten years on, when every other record's time is over, it is all there."""
    parts = chains()
    for part in parts:
        note(part, "kept")
    before = [{event.pk for event in events_of(part)} for part in parts]
    time_machine.move_to(clock.now() + 10 * 365 * 24 * HOUR)
    assert sweep_once() == []
    after = [{event.pk for event in events_of(part)} for part in parts]
    assert all(old and old <= new for old, new in zip(before, after, strict=True))


def statements(job) -> int:
    with CaptureQueriesContext(connection) as captured:
        job()
    return len([one for one in captured.captured_queries if not one["sql"].startswith(FRAME)])


class Row:
    def __init__(self, key):
        self.audit_subject = ("participant", key)


def many(chain, number: int) -> None:
    with chain.opened(write=True):
        for _ in range(0, number, 500):
            record_each("page.viewed", rows=[(Row(drawn(clock.now())), {"rows": 3})] * 500)


# All of ten thousand events with their digests would take 15 MB.
BOUND = 6 * 1024 * 1024


def test_ten_thousand_events_take_bounded_memory_and_statements(chain):
    def peak(job) -> int:
        tracemalloc.start()
        try:
            job()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def seal():
        seal_chain(chain, now=clock.now(), most=1000)

    many(chain, 10_000)
    assert peak(seal) < BOUND
    assert peak(lambda: checked(chain)) < BOUND
    assert statements(lambda: checked(chain)) < 60
    many(chain, 4000)
    assert statements(seal) < 60
    report = checked(chain)
    assert (report.proven, report.waiting, report.events >= 14_000) == (True, 0, True)
    assert all(len(seal.entries) <= 1 + 1000 * ENTRY for seal in seals_of(chain))
