"""Whatever an owner of the database changes in a sealed trail, the check finds and names."""

import datetime
import uuid

import pytest
from django.db import connection

from participants.audit.models import Event, EventSubject
from participants.seals.digests import Entry, entry_of, packed, unpacked
from participants.seals.models import Seal
from participants.seals.sealing import seal_chain
from participants.tracks.models import new_id
from participants.web import clock
from tests.seals.tampering import (
    HOUR,
    alter,
    checked,
    drawn,
    events_of,
    heads,
    kinds,
    make_track,
    make_trail,
    note,
    other,
    put,
    remove,
    seals_of,
    subjects_of,
    write_heads,
)


@pytest.fixture(params=["track", "outside"])
def chain(live_db, settings, tmp_path, request):
    """A sealed trail: of a track, and of what belongs to none."""
    settings.AUDIT_HEADS = tmp_path / "heads"
    track = make_track()
    return make_trail(track if request.param == "track" else None)


@pytest.fixture
def track_chain(live_db, settings, tmp_path):
    settings.AUDIT_HEADS = tmp_path / "heads"
    return make_trail(make_track())


def columns(model, *without: str):
    return [
        pytest.param(field, id=field.name) for field in model._meta.local_concrete_fields if field.name not in without
    ]


def test_untouched_trail_is_proven(chain):
    report = checked(chain)
    assert (report.proven, report.seals, report.heads, report.waiting, report.notes) == (True, 3, 3, 0, [])
    assert report.events == len(events_of(chain)) >= 6


@pytest.mark.parametrize("field", columns(Event, "id"))
def test_altered_event_is_named(track_chain, field):
    event = events_of(track_chain, action="test.1_0")[0]
    value = other(getattr(event, field.attname), field)
    alter(event, **{field.column: value})
    [finding] = checked(track_chain).findings
    gone = field.name == "track_id"
    assert finding.kind == ("event_removed" if gone else "event_altered")
    assert (finding.event, finding.seal) == (event.pk, 2)
    assert str(event.pk) in finding.words
    assert finding.action == ("" if gone else value if field.name == "action" else "test.1_0")


def test_event_with_another_id_is_removed_and_added(track_chain):
    event = events_of(track_chain, action="test.1_0")[0]
    new = uuid.UUID(int=event.pk.int - (5 * 3600 * 1000 << 80))
    alter(event, id=new)
    found = {finding.kind: finding.event for finding in checked(track_chain).findings}
    assert found == {"event_removed": event.pk, "event_inserted": new}


@pytest.mark.parametrize("field", columns(EventSubject))
def test_altered_subject_is_told_of_its_event(track_chain, field):
    event = events_of(track_chain, action="test.1_0")[0]
    subject = subjects_of(track_chain, event)[0]
    alter(subject, **{field.column: other(getattr(subject, field.attname), field)})
    finding, *more = checked(track_chain).findings
    gone = field.name in ("track_id", "event_id")
    assert [one.kind for one in more] == (["subjects_without_event"] if field.name == "event_id" else [])
    assert finding.kind == ("subjects_removed" if gone else "subjects_altered")
    assert (finding.event, finding.action) == (event.pk, "test.1_0")


def test_added_and_removed_subjects_are_told(chain):
    first, second = events_of(chain, action__in=["test.0_0", "test.2_1"])
    put(EventSubject(track_id=chain.id, event_id=first.pk, kind="participant", subject_id=uuid.uuid4()))
    remove(subjects_of(chain, second)[1])
    told = {finding.event: finding.words for finding in checked(chain).findings}
    assert told[first.pk].endswith("now names 1 record more than when it was sealed.")
    assert told[second.pk].endswith("names 1 record fewer than when it was sealed.")


@pytest.mark.parametrize("with_subjects", [True, False])
def test_removed_event_is_named(chain, with_subjects):
    event = events_of(chain, action="test.1_1")[0]
    remove(event, *(subjects_of(chain, event) if with_subjects else ()))
    [finding] = checked(chain).findings
    assert (finding.kind, finding.event, finding.seal) == ("event_removed", event.pk, 2)
    assert abs(finding.at - event.at) < HOUR


def event_of_the_past(chain, **over) -> Event:
    at = clock.now() - 72 * HOUR
    return Event(**{"id": drawn(at), "track_id": chain.id, "at": at, "action": "page.viewed", **over})


def test_event_added_with_a_past_date_is_named(chain):
    event = event_of_the_past(chain)
    put(event)
    [finding] = checked(chain).findings
    assert (finding.kind, finding.event, finding.action) == ("event_inserted", event.pk, "page.viewed")
    seal_chain(chain, now=clock.now())  # no later seal makes it true
    assert kinds(checked(chain)) == ["event_inserted"]


def test_event_that_says_another_time_than_that_of_its_recording(chain):
    event = event_of_the_past(chain, id=new_id())
    put(event)
    assert checked(chain).waiting == 1
    seal_chain(chain, now=clock.now())
    [finding] = checked(chain).findings
    assert (finding.kind, finding.event) == ("event_backdated", event.pk)


@pytest.mark.parametrize("field", columns(Seal))
def test_altered_seal_is_told(track_chain, field):
    seal = seals_of(track_chain)[1]
    alter(seal, **{field.column: other(getattr(seal, field.attname), field)})
    report = checked(track_chain)
    if field.name == "track_id":
        assert kinds(report) == ["events_without_seal", "seal_removed"]
    elif field.name == "number":
        assert kinds(report) == ["seal_removed", "seal_removed", "seal_reordered"]
        assert "Seal 102 was seal 2 before: the seals were reordered." in [one.words for one in report.findings]
    else:
        # The last byte of the entries is the number of subjects of the last event.
        assert kinds(report) == ["seal_altered"]
        assert [finding.seal for finding in report.findings] == [2]


def test_removed_seal_is_told(chain):
    remove(seals_of(chain)[1])
    report = checked(chain)
    assert kinds(report) == ["events_without_seal", "seal_removed"]
    assert "Seal 2 was removed from the chain." in report.lines()[1]
    assert any("2 events that no seal covers" in line for line in report.lines())


def test_swapped_seals_are_told(chain):
    first, second, _ = seals_of(chain)
    alter(first, number=99)
    alter(second, number=1)
    alter(first, number=2)
    told = [finding.words for finding in checked(chain).findings if finding.kind == "seal_reordered"]
    assert told == [
        "Seal 1 was seal 2 before: the seals were reordered.",
        "Seal 2 was seal 1 before: the seals were reordered.",
    ]


def test_rewritten_event_with_its_digest_recomputed(chain):
    """Without the key nobody can seal what they wrote."""
    event, seal = events_of(chain, action="test.1_0")[0], seals_of(chain)[1]
    alter(event, action="page.viewed")
    with chain.opened():
        row = Event.objects.filter(pk=event.pk).values_list(*EVENT).get()
        own = EventSubject.objects.filter(event_id=event.pk).values_list(*SUBJECT)
        forged = entry_of(row, list(own))
    entries = [forged if entry.id == event.pk else entry for entry in unpacked(bytes(seal.entries))]
    alter(seal, entries=packed(entries))
    [finding] = checked(chain).findings
    assert (finding.kind, finding.seal) == ("seal_altered", 2)


EVENT = ("id", "track_id", "at", "action", "outcome", "actor_id", "source", "path", "detail")
SUBJECT = ("id", "track_id", "event_id", "kind", "subject_id")


@pytest.mark.parametrize("copied", [True, False])
def test_seal_without_the_key_is_told(chain, copied):
    last = seals_of(chain)[-1]
    event = note(chain, "page.viewed")[0]
    forged = Seal(
        track_id=chain.id,
        number=4,
        at=clock.now(),
        first_id=event.pk,
        last_id=event.pk,
        entries=packed([Entry(event.pk, b"e" * 32, b"s" * 32, 2)]),
        previous=bytes(last.mac),
        mac=bytes(last.mac) if copied else b"m" * 37,
    )
    put(forged)
    [finding] = [one for one in checked(chain).findings if one.kind != "event_altered" and one.kind[:8] != "subjects"]
    assert (finding.kind, finding.words) == ("seal_inserted", "Seal 4 was put there by someone without the key.")


def test_seal_of_another_chain_does_not_hold(track_chain):
    """Every chain has a key of its own."""
    outside = make_trail(None)
    [seal, *_] = seals_of(outside)
    alter(seals_of(track_chain)[1], entries=bytes(seal.entries), mac=bytes(seal.mac), previous=bytes(seal.previous))
    found = kinds(checked(track_chain))
    assert "seal_altered" in found
    assert kinds(checked(outside)) == []


def test_cut_tail_is_told_by_the_heads(chain):
    lost = [event for event in events_of(chain) if event.action.startswith("test.2")]
    remove(seals_of(chain)[2], *lost, *(subject for event in lost for subject in subjects_of(chain, event)))
    [finding] = checked(chain).findings
    assert (finding.kind, finding.seal) == ("tail_cut", 3)
    assert "knows seal 3, the database ends with seal 2" in finding.words


def test_tail_that_was_cut_and_sealed_again_is_told(chain):
    """The true sealer seals what the tampering left; the heads know that there was another end."""
    event = events_of(chain, action="test.2_0")[0]
    remove(seals_of(chain)[2])
    alter(event, action="page.viewed")
    seal_chain(chain, now=clock.now())
    assert [seal.number for seal in seals_of(chain)] == [1, 2, 3]
    [finding] = checked(chain).findings
    assert (finding.kind, finding.seal) == ("tail_cut", 3)
    assert "made again from seal 3 on" in finding.words
    write_heads(chain, heads(chain)[:3])
    assert kinds(checked(chain)) == ["heads_differ"]


def test_emptied_trail_is_told(chain):
    remove(*seals_of(chain), *events_of(chain))
    finding = checked(chain).findings[-1]
    assert finding.kind == "tail_cut"
    assert set(kinds(checked(chain))) == {"tail_cut", "subjects_without_event"}  # which were left
    assert "knows seals 1 to 3, the database ends with seal 0" in finding.words


def test_replaced_seal_breaks_the_chain(chain):
    """A seal that once was true, put back in place of the one that the chain goes on from."""
    old = seals_of(chain)[2]
    remove(old)
    seal_chain(chain, now=clock.now() + datetime.timedelta(seconds=1))
    made = seals_of(chain)[2]
    note(chain, "later")
    seal_chain(chain, now=clock.now() + datetime.timedelta(seconds=2))
    remove(made)
    put(old)
    found = {finding.kind: finding.words for finding in checked(chain).findings}
    assert found["seal_replaced"] == "Seal 4 does not go on from seal 3: that one was replaced."


def test_row_that_cannot_be_read_is_told(track_chain):
    """SQLite keeps any value; PostgreSQL refuses most and keeps times that nobody can read."""
    event, sealed = events_of(track_chain, action="test.1_0")[0], events_of(track_chain, action="test.1_1")[0]
    alter(event, at="soon" if connection.vendor == "sqlite" else "infinity")
    report = checked(track_chain)
    assert [(finding.kind, finding.event) for finding in report.findings] == [("event_altered", event.pk)]
    if connection.vendor == "sqlite":
        alter(sealed, id="no id")
        alter(seals_of(track_chain)[2], at="soon")
        assert kinds(checked(track_chain)) == ["event_altered", "event_inserted", "event_removed", "seal_altered"]
    note(track_chain, "after")
    assert seal_chain(track_chain, now=clock.now()) == 1
