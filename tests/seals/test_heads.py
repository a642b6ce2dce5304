"""The heads of the seals in their folder: written after each seal, completed when a run was lost, and checked."""

import fcntl
import io
import json
import logging
import stat

import pytest

from diversion.logging import PlainFormatter
from participants.seals.chains import chains
from participants.seals.sealing import seal_chain
from participants.seals.verifying import verify
from participants.web import clock
from tests.seals.tampering import (
    HOUR,
    checked,
    events_of,
    head_file,
    heads,
    kinds,
    make_track,
    make_trail,
    note,
    remove,
    seals_of,
    subjects_of,
    write_heads,
)


@pytest.fixture(autouse=True)
def own_heads(settings, tmp_path):
    settings.AUDIT_HEADS = tmp_path / "heads"


@pytest.fixture(params=["track", "outside"])
def chain(db, request):
    track = make_track()
    return make_trail(track if request.param == "track" else None)


@pytest.fixture
def log():
    """What the program's own log handler writes."""
    written = io.StringIO()
    [handler] = [one for one in logging.getLogger().handlers if isinstance(one.formatter, PlainFormatter)]
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def seal_more(chain) -> int:
    note(chain, "more")
    return seal_chain(chain, now=clock.now())


def test_every_seal_has_its_head(chain):
    file = head_file(chain)
    assert file.name == ("installation.jsonl" if chain.id is None else f"{chain.id}.jsonl")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    told = [json.loads(line) for line in heads(chain)]
    assert [(one["chain"], one["number"], one["mac"], one["at"]) for one in told] == [
        (chain.key, seal.number, bytes(seal.mac).hex(), seal.at.isoformat()) for seal in seals_of(chain)
    ]
    assert [one["events"] for one in told[1:]] == [2, 2]


def test_heads_that_a_lost_run_left_out_are_written_by_the_next(chain):
    lines = heads(chain)
    write_heads(chain, lines[:1])  # as it stands when a run dies between its commit and its heads
    assert seal_chain(chain, now=clock.now()) == 0
    assert [json.loads(line)["number"] for line in heads(chain)] == [1, 2, 3]
    assert checked(chain, later=HOUR).proven


@pytest.mark.parametrize("kept", [1, 40, 80, -2])
def test_a_line_that_was_torn_off_is_written_again(chain, kept):
    whole = head_file(chain).read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    head_file(chain).write_bytes(whole[: start + kept] if kept > 0 else whole[:kept])
    assert checked(chain).proven or kinds(checked(chain)) == ["heads_missing"]
    seal_more(chain)
    assert [json.loads(line)["number"] for line in heads(chain)[-2:]] == [3, 4]
    assert (checked(chain).proven, checked(chain).heads) == (True, 4)


def test_seals_are_made_though_the_folder_cannot_be_written(chain, settings, tmp_path, log):
    before = settings.AUDIT_HEADS
    (tmp_path / "file").write_text("")
    settings.AUDIT_HEADS = tmp_path / "file" / "heads"
    assert seal_more(chain) == 1
    assert f"ERROR participants.seals.heads: The heads of the audit trail {chain.name} could not" in log.getvalue()
    assert len(seals_of(chain)) == 4
    settings.AUDIT_HEADS = before
    assert len(heads(chain)) == 3
    seal_chain(chain, now=clock.now())
    assert len(heads(chain)) == 4
    assert checked(chain).proven


def test_file_that_another_process_keeps_stops_no_seal(chain, log):
    with head_file(chain).open("rb") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        assert seal_more(chain) == 1
    assert "TimeoutError at " in log.getvalue()
    assert (len(seals_of(chain)), len(heads(chain))) == (4, 3)
    seal_chain(chain, now=clock.now())
    assert len(heads(chain)) == 4


def test_heads_that_cannot_be_read_prove_nothing(chain):
    head_file(chain).unlink()
    head_file(chain).mkdir()
    assert kinds(checked(chain)) == ["heads_unreadable"]


def test_shortened_file_is_told(chain):
    write_heads(chain, heads(chain)[:1])
    [finding] = checked(chain).findings
    assert (finding.kind, finding.seal) == ("heads_missing", 2)
    assert finding.words == "The file of heads lacks seals 2 to 3: it was shortened, or could not be written."
    head_file(chain).unlink()
    assert kinds(checked(chain)) == ["heads_missing"]


def test_head_of_this_minute_may_still_be_missing(chain):
    seal_more(chain)
    write_heads(chain, heads(chain)[:3])
    report = checked(chain)
    assert (report.proven, report.notes) == (True, ["The head of seal 4 is not in its file yet."])
    assert kinds(checked(chain, later=HOUR)) == ["heads_missing"]


def test_line_taken_out_of_the_middle_is_told(chain):
    first, _, third = heads(chain)
    write_heads(chain, [first, third])
    [finding] = checked(chain).findings
    assert (finding.kind, finding.seal) == ("heads_missing", 2)


def test_swapped_lines_are_told(chain):
    first, second, third = heads(chain)
    write_heads(chain, [second, first, third])
    [finding] = checked(chain).findings
    assert (finding.kind, finding.seal) == ("heads_reordered", 1)


@pytest.mark.parametrize("field", ["chain", "number", "mac", "at", "events"])
def test_altered_line_is_told(chain, field):
    first, second, third = heads(chain)
    head = json.loads(second)
    value = head[field]
    head[field] = value + 7 if isinstance(value, int) else value[:-1] + ("0" if value[-1] != "0" else "1")
    write_heads(chain, [first, json.dumps(head), third])
    expected = {"chain": "heads_altered", "at": "heads_altered", "events": "heads_altered", "mac": "heads_differ"}
    found = kinds(checked(chain))
    if field == "number":  # it speaks of a seal that there is not, and none speaks of the second
        assert found == ["heads_missing", "heads_reordered", "tail_cut"]
    else:
        assert expected[field] in found
        assert set(found) <= {"heads_altered", "heads_differ", "heads_missing"}


def test_line_that_is_none_is_told(chain):
    first, *others = heads(chain)
    write_heads(chain, [first, "{}", "nothing", "x" * 5000, *others])
    report = checked(chain)
    assert set(kinds(report)) == {"heads_altered"}
    assert "Line 2 of the file of heads holds no head: the file was altered." in report.lines()[1]


def test_file_of_a_track_that_is_gone_is_told(chain):
    (head_file(chain).parent / "0190d3b0-0000-7000-8000-000000000000.jsonl").write_text("")
    (head_file(chain).parent / "notes.txt").write_text("kept aside")
    for one in chains():
        seal_chain(one, now=clock.now())
    first, *others = verify(chains(), now=clock.now(), all_of_them=True)
    assert (kinds(first), [kinds(one) for one in others]) == (["track_removed"], [[], []])
    assert all(one.proven for one in verify(chains(), now=clock.now(), all_of_them=False))


def test_older_copy_of_the_database_goes_on_once_its_heads_are_set_aside(live_db, log, tmp_path):
    """What operations.md says about a restore."""
    chain = make_trail(make_track())
    old = [event for event in events_of(chain) if event.action.startswith(("test.1", "test.2"))]
    remove(*seals_of(chain)[1:], *old, *(subject for event in old for subject in subjects_of(chain, event)))
    assert kinds(checked(chain)) == ["tail_cut"]
    seal_more(chain)
    assert "do not go on from their last head. Run manage.py verify_audit." in log.getvalue()
    assert "tail_cut" in kinds(checked(chain))
    head_file(chain).rename(tmp_path / "before-the-restore.jsonl")
    seal_more(chain)
    assert checked(chain).proven
    assert [json.loads(line)["number"] for line in heads(chain)] == [seal.number for seal in seals_of(chain)]
