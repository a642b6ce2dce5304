"""A change of keys while the site runs: a new key becomes the primary one, all that former keys hold is written anew,
and when nothing is left of it they are destroyed.

How far it came is seen from the data, for every value names its key. So a rotation that was killed is run again.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tink import TinkError

from participants.audit.actions import record
from participants.errors import ProgramError
from participants.staff.models import User
from participants.staff.second_factor import reseal_some
from participants.tracks.models import Track, TrackRecord
from participants.tracks.policies import publish_scope_keys
from participants.tracks.scope import in_track
from participants.tracks.writers import wait_for_writers
from participants.vault import holders, keyfiles, keyring
from participants.vault.fields import BrokenSeal, Sealed, SealedBytesField, SealedField
from participants.vault.rehashing import rehash

# Rows that are read, sealed anew and written in one go; of files, which may have 10 MB each, a few.
BATCH = 100
FILES = 2
# How many sentences about what could not be written anew are kept.
MOST_TOLD = 20
# How long a transaction that began before the change of keys is waited for, in seconds.
PATIENCE = 600
# What the former keys of a purpose go on to open for good: seals over the trail cannot be written anew.
KEPT_FOR_GOOD = {"audit"}


@dataclass
class Turned:
    """What became of the keys of one purpose. `former` are the ids of those before, `left` how many values they still
    hold, `written` how many were written anew."""

    purpose: str
    primary: str
    former: list[str]
    added: bool
    written: int = 0
    left: int = 0
    destroyed: bool = False
    told: list[str] = field(default_factory=list)

    def note(self, number: int, sentences: Iterable[str] = ()) -> None:
        self.written += number
        self.told += list(sentences)[: MOST_TOLD - len(self.told)]

    def as_json(self) -> dict:
        return {name: value for name, value in vars(self).items() if name != "purpose"}


Say = Callable[[str], None]


def rotate_track(*, track: Track, purposes: Iterable[str], wait: float, say: Say, by: User | None) -> list[Turned]:
    """Change the keys of a track. `wait` is for how many seconds after the change a process that had read the old key
    may still be on its way to write with it. Raises ProgramError while another change of keys goes on, KeyMissing.

    Ends with the former keys destroyed, or says what they still hold.
    """
    purposes = list(purposes)
    with keyfiles.changing(keyring.folder()):
        with in_track(track, write=True):
            turns = _add(track.pk, purposes, by)
        work = {"seal": lambda: reseal(track), "search": lambda: rehash(track)}

        def left(turn: Turned) -> int:
            with in_track(track):
                return _held(holders.COUNTED[turn.purpose], turn)

        for turn in turns:
            _empty(track.pk, turn, work=work.get(turn.purpose), left=left, wait=wait, say=say)
        with in_track(track, write=True):
            _record_end(turns, by)
    return turns


def rotate_installation(*, purposes: Iterable[str], wait: float, say: Say, by: User | None) -> list[Turned]:
    """The same for what belongs to no track: secrets of second factors, seals over its trail."""
    purposes = list(purposes)
    with keyfiles.changing(keyring.folder()):
        turns = _add(None, purposes, by)
        for turn in turns:
            work = {"seal": _reseal_secrets}.get(turn.purpose)
            _empty(None, turn, work=work, left=_left_outside, wait=wait, say=say)
        _record_end(turns, by)
    return turns


def rotate_scope_key(*, by: User | None) -> None:
    """Draw a new key that signs the scope. While it changes the database accepts both."""
    with keyfiles.changing(keyring.folder()):
        path = keyring.installation_file()
        contents, before = keyfiles.read(path), keyring.scope_key()
        contents["scope"] = keyfiles.draw_secret()
        publish_scope_keys(before, bytes.fromhex(contents["scope"]))
        keyfiles.replace(path, contents)
        publish_scope_keys()
        record("keys.rotated", by=by, detail={"purposes": ["scope"]})


def _add(track_id: UUID | None, purposes: list[str], by: User | None) -> list[Turned]:
    """Add a new primary key for each purpose, unless a change of keys was begun and not ended: then that is taken up.
    It is on record before it is done."""
    present = {purpose: keyring.key_ids(track_id, purpose) for purpose in purposes}
    if missing := [purpose for purpose, ids in present.items() if not ids]:
        raise ProgramError(f"The key file has no {' and no '.join(missing)} key. Bring the right file back first.")
    begun = any(len(ids) > 1 for purpose, ids in present.items() if purpose not in KEPT_FOR_GOOD)
    if not begun:
        record("keys.rotation_begun", by=by, detail={"purposes": purposes, "former": present})
        keyfiles.add_keys(keyring.file_of(track_id), {purpose: keyring.draw(purpose) for purpose in purposes})
    turns = []
    for purpose in purposes:
        primary, *former = keyring.key_ids(track_id, purpose)
        if former or not begun:
            turns.append(Turned(purpose, primary, former, added=not begun))
    return turns


def _empty(track_id: UUID | None, turn: Turned, *, work, left, wait: float, say: Say) -> None:
    """Write anew what the former keys hold, until a look that nobody could have missed finds nothing; then destroy
    them."""
    if turn.purpose in KEPT_FOR_GOOD:
        turn.left = left(turn)
        return
    _work(turn, work, say)
    now = datetime.now(UTC)
    added = keyfiles.added(keyring.file_of(track_id), turn.purpose, turn.primary) or now
    due = min(added, now) + timedelta(seconds=wait)
    time.sleep(max(0.0, (due - now).total_seconds()))
    if not wait_for_writers(due, seconds=PATIENCE if wait else 0):
        turn.note(0, ["A transaction that began before the change of keys is still open: run this again later."])
        turn.left = left(turn)
        return
    _work(turn, work, say)
    turn.left = left(turn)
    if turn.left == 0:
        keyfiles.destroy_keys(keyring.file_of(track_id), turn.purpose, turn.former)
        turn.destroyed = True


def _work(turn: Turned, work, say: Say) -> None:
    """One look over everything. What could not be written anew at the last one is said."""
    turn.told.clear()
    spoken = time.monotonic()
    for number, sentences in work():
        turn.note(number, sentences)
        if time.monotonic() - spoken > 1:
            spoken = time.monotonic()
            say(f"{turn.purpose}: {turn.written} written anew")


def _held(counted: Callable, turn: Turned) -> int:
    held, _ = counted(turn.former)
    return held.total()


def _left_outside(turn: Turned) -> int:
    return _held(holders.OUTSIDE_COUNTED[turn.purpose], turn)


def _record_end(turns: list[Turned], by: User | None) -> None:
    purposes = {
        turn.purpose: {key: value for key, value in turn.as_json().items() if key not in ("told", "added")}
        for turn in turns
    }
    record("keys.rotated", by=by, detail={"purposes": purposes})


def reseal(track: Track) -> Iterator[tuple[int, list[str]]]:
    """Seal anew what former keys of a track have sealed: for each batch how many values, and in a sentence what could
    not be opened. Rows change in their sealed columns only, their version does not."""
    for model, fields in holders.sealed_models():
        most = FILES if any(isinstance(field, SealedBytesField) for field in fields) else BATCH
        after = UUID(int=0)
        while rows := _stale(track, model, fields, after, most):
            yield _reseal_rows(track, model, fields, rows)
            after = rows[-1][0]


def _stale(track: Track, model: type[TrackRecord], fields: list[SealedField], after: UUID, most: int) -> list[tuple]:
    stale = holders.sealed_with_others(fields, keyring.key_ids(track.pk, "seal")[0])
    with in_track(track):
        rows = model.objects.filter(stale, pk__gt=after).order_by("pk")
        return list(rows.values_list("pk", *(field.name for field in fields))[:most])


def _reseal_rows(track: Track, model, fields: list[SealedField], rows: list[tuple]) -> tuple[int, list[str]]:
    """Write a batch, each row only where what was read still stands: whoever saved it in between has sealed it with
    the new key already."""
    told, ready = [], []
    for pk, *values in rows:
        try:
            ready.append((pk, _renewed(track.pk, pk, fields, values)))
        except BrokenSeal as error:
            told.append(str(error))
    number = 0
    with in_track(track, write=True):
        for pk, changes in ready:
            stood = {f"{name}__stored": old for name, (old, _) in changes.items()}
            new = {name: sealed for name, (_, sealed) in changes.items()}
            number += model.objects.filter(pk=pk, **stood).update(**new) * len(changes)
    return number, told


def _renewed(track_id: UUID, pk: UUID, fields: list[SealedField], values: list[Sealed | None]) -> dict:
    """Of one row the values that another key has sealed: as they stand, and under the primary key."""
    changes = {}
    for sealed_field, old in zip(fields, values, strict=True):
        if old is not None and (new := sealed_field.renewed(track_id, pk, old)) is not old:
            changes[sealed_field.name] = (old, new)
    return changes


def _reseal_secrets() -> Iterator[tuple[int, list[str]]]:
    """Secrets of second factors, a page at a time."""
    former = keyring.key_ids(None, "seal")[1:]
    before, _ = holders.outside_values_by_key(former)
    after: int | None = 0
    try:
        while after is not None:
            after = reseal_some(after=after)
            yield 0, []
    except TinkError as error:
        yield 0, [str(error)]
    now, _ = holders.outside_values_by_key(former)
    yield before.total() - now.total(), []
