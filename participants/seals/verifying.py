"""Checking that the audit trail is as it was sealed, in pages and so with bounded memory however long it is.

First every seal against its keyed hash, the one before it and the events that it names; then every event, for those
that no seal names; then what stands beside the events; then the file of heads. Only the keys and
that file are trusted, no row of the database is.
"""

import datetime
from collections.abc import Callable
from uuid import UUID

import tink

from participants.seals import beside, heads, heads_check
from participants.seals.chains import (
    CHUNK,
    GRACE,
    Chain,
    Fact,
    SealedInOrder,
    as_bytes,
    chains,
    drawn_at,
    event_ids,
    facts,
    floor_of,
    instant_of,
    milliseconds,
    readable,
)
from participants.seals.digests import SEAL_COLUMNS, Entry, NotEntries, spoken_for, unpacked
from participants.seals.findings import Report, counted, numbers, told
from participants.seals.models import Seal
from participants.vault import keyring

# Seals in one page; with the most events that a seal holds about 8 MB.
SEALS = 20
# Ids of events in one page.
EVENTS = 5000
# An event is sealed at the next run, five minutes later. Longer than a clock that is put right by an hour explains.
LATE = datetime.timedelta(hours=2)
# Seals of which a note says that they came late.
TOLD_LATE = 20
# Failed seals that are looked up in the file of heads, and removed events whose subjects are told with them.
REMEMBERED = 1000


def verify(chosen: list[Chain], *, now: datetime.datetime, all_of_them: bool) -> list[Report]:
    """Check these chains; one report each. Raises KeyMissing when a chain has no key. `all_of_them` also looks for
    files of heads that belong to no chain."""
    reports = [verify_chain(chain, now=now) for chain in chosen]
    if all_of_them and chosen:
        for name in heads.files_of_none(chains()):
            reports[0].add(
                "track_removed",
                f"The file of heads {name} speaks of a track that the database does not know: the track was removed, "
                "or the file was put there.",
            )
    return reports


def verify_chain(chain: Chain, *, now: datetime.datetime) -> Report:
    report = Report(chain)
    links = _Links(chain, report)
    links.check()
    _check_events_without_seal(chain, report, links, now)
    beside.check_subjects(chain, report, links.removed)
    beside.check_reviews(chain, report)
    heads_check.check(chain, report, failed=links.failed, now=now)
    return report


class _Links:
    """The seals of one chain, one after the other."""

    def __init__(self, chain: Chain, report: Report):
        self.chain, self.report = chain, report
        self.mac = keyring.audit_mac(chain.id)
        self.expected, self.previous, self.previous_holds = 1, b"", True
        self.newest_last_id = None
        self.missing = 0
        self.nameless = False  # SQLite alone can hold a number that is none
        self.misplaced: list[int] = []
        self.late: dict[int, int] = {}
        # Number and keyed hash of seals that do not hold: what happened to them the file of heads may know.
        self.failed: dict[int, str] = {}
        # Keys from the first to the last, and the newest that a seal so far was made with: its place, and that seal.
        self.keys = keyring.key_ids(chain.id, "audit")[::-1]
        self.newest_key, self.since_seal = 0, 0
        self.removed: set[UUID] = set()

    def check(self) -> None:
        after, waiting = -1, []
        while page := self._page(after):
            for row in page:
                waiting += [(row[2], row[3], entry) for entry in self._link(row)]
                while len(waiting) >= CHUNK:
                    self._events(waiting[:CHUNK])
                    del waiting[:CHUNK]
            after = page[-1][2]
        self._events(waiting)
        for number, count in sorted(self.late.items()):
            self.report.notes.append(
                f"Seal {number} took {counted(count, 'event')} hours after their time. Sealing did not run then, or "
                "they were added later."
            )
        if self.nameless:
            self.report.add("seal_altered", "A seal was altered: its number is none.")

    def _page(self, after: int) -> list[tuple]:
        with self.chain.opened():
            seals = Seal.objects.order_by("number")
            found = list(seals.filter(number__gt=after).values_list("number", flat=True)[:SEALS])
            self.nameless |= any(type(number) is not int for number in found)
            found = [number for number in found if type(number) is int]
            rows = list(
                readable(
                    lambda keys: list(seals.filter(number__in=keys).values_list(*SEAL_COLUMNS)),
                    found,
                    lambda number: self._failed(number, ""),
                )
            )
        # A page of nothing but unreadable seals is followed by the next one.
        return rows or (self._page(found[-1]) if found else [])

    def _link(self, row: tuple) -> list[Entry]:
        """Check one seal by itself and against the one before it; what it says of its events."""
        row = tuple(
            as_bytes(value) if column in BYTES else value for column, value in zip(SEAL_COLUMNS, row, strict=True)
        )
        _, _, number, at, first_id, last_id, data, previous, mac = row
        if number > self.expected:
            self._gap(self.expected, number - 1)
        entries, holds = self._entries(data), False
        if entries and (entries[0].id, entries[-1].id) != (first_id, last_id):
            self.misplaced.append(number)
        elif entries and at:
            holds = self._keyed(row, mac)
        if not holds:
            self._failed(number, mac.hex())
        elif self.previous_holds and number == self.expected and previous != self.previous:
            self.report.add(
                "seal_replaced",
                f"Seal {number} does not go on from seal {number - 1}: that one was replaced.",
                seal=number,
            )
        if holds:
            self._not_a_former_key(number, mac)
        self.report.seals += 1
        self.report.events += len(entries)
        self.expected, self.previous, self.previous_holds = number + 1, mac, holds
        if holds:
            self.report.newest, self.report.newest_at, self.newest_last_id = number, at, last_id
        return entries

    def _keyed(self, row: tuple, mac: bytes) -> bool:
        try:
            self.mac.verify_mac(mac, spoken_for(row))
        except tink.TinkError:
            return False
        return True

    def _not_a_former_key(self, number: int, mac: bytes) -> None:
        """Once a seal was made with a newer key, one by a former key is somebody's who has kept it."""
        place = self.keys.index(keyring.sealing_key(mac))
        if place > self.newest_key:
            self.newest_key, self.since_seal = place, number
        elif place < self.newest_key:
            self.report.add(
                "seal_by_former_key",
                f"Seal {number} was made with key {self.keys[place]}, which is out of use since seal "
                f"{self.since_seal}: somebody has kept that key. It proves none of the events it names.",
                seal=number,
            )

    def _entries(self, data: bytes) -> list[Entry]:
        try:
            return list(unpacked(data))
        except NotEntries:
            return []

    def _failed(self, number: int, mac: str) -> None:
        if len(self.failed) < REMEMBERED:
            self.failed[number] = mac
        else:
            self.report.add("seal_altered", f"Seal {number} was altered.", seal=number)

    def _gap(self, first: int, last: int) -> None:
        """Seals that are not there; those that are and cannot be read stand in between."""
        for stop in [*sorted(number for number in self.failed if first <= number <= last), last + 1]:
            if first < stop:
                self.missing += stop - first
                said = "was removed" if first == stop - 1 else "were removed"
                named = numbers(first, stop - 1).capitalize()
                self.report.add("seal_removed", f"{named} {said} from the chain.", seal=first)
            first = stop + 1

    def _events(self, named: list[tuple[int, datetime.datetime, Entry]]) -> None:
        """Compare events with what their seals say of them. Two statements."""
        with self.chain.opened():
            found = facts([entry.id for _, _, entry in named])
        for number, at, entry in named:
            self._event(number, entry, found.get(entry.id))
            late = at and milliseconds(at) - drawn_at(entry.id) > milliseconds_of(GRACE + LATE)
            if late and (number in self.late or len(self.late) < TOLD_LATE):
                self.late[number] = self.late.get(number, 0) + 1

    def _event(self, number: int, entry: Entry, fact: Fact | None) -> None:
        tell = self._teller(entry, fact, number)
        if fact is None:
            tell("event_removed", f"was removed; seal {number} names it.")
            if len(self.removed) < REMEMBERED:
                self.removed.add(entry.id)
        elif fact.entry is None:
            tell("event_altered", "was altered: its row can no longer be read.")
        elif fact.entry.event != entry.event:
            tell("event_altered", f"was altered after seal {number}.")
        elif abs(milliseconds(fact.at) - drawn_at(entry.id)) > milliseconds_of(GRACE):
            told_at = told(instant_of(entry.id))
            tell("event_backdated", f"was recorded at {told_at}: its date is false, or a clock was wrong by hours.")
        if fact is None or fact.entry is None or fact.entry.subjects == entry.subjects:
            return
        change = fact.entry.count - entry.count
        if change > 0:
            tell("subjects_added", f"now names {counted(change, 'record')} more than when it was sealed.")
        elif change < 0:
            tell("subjects_removed", f"names {counted(-change, 'record')} fewer than when it was sealed.")
        else:
            tell("subjects_altered", "names other records than when it was sealed.")

    def _teller(self, entry: Entry, fact: Fact | None, number: int) -> Callable[[str, str], None]:
        return lambda kind, what: self.report.add_event(kind, what, entry.id, fact=fact, seal=number)


BYTES = {"entries", "previous", "mac"}


def milliseconds_of(span: datetime.timedelta) -> int:
    return int(span.total_seconds() * 1000)


def _check_events_without_seal(chain: Chain, report: Report, links: _Links, now: datetime.datetime) -> None:
    """Events that no seal names: young ones wait for the next seal, older ones were put there."""
    floor = floor_of(links.newest_last_id, now)
    after, more, broken, old = None, True, set(), 0
    seals = SealedInOrder(besides=links.misplaced[:REMEMBERED])
    while more:
        with chain.opened():
            page = event_ids(after=after, size=EVENTS)
            sealed = seals.among(page.ids)
            loose = [key for key in page.ids if key not in sealed]
            known = facts([key for key in loose if key < floor][:CHUNK])
        for key in loose:
            if key >= floor:
                report.waiting += 1
                report.waiting_since = report.waiting_since or instant_of(key)
            elif links.missing:
                old += 1
            else:
                report.add_event("event_inserted", INSERTED, key, fact=known.get(key))
        broken.update(page.broken)
        more, after = page.more, page.ids[-1] if page.ids else None
    if old:
        report.add(
            "events_without_seal",
            f"{counted(old, 'event')} that no seal covers: they belonged to the removed seals, or were added later. "
            "Nothing proves them.",
        )
    for text in sorted(broken):
        report.add("event_inserted", f"A row in place of an event has an id that is none ({text[:40]!r}).")
    if report.waiting_since and now - report.waiting_since > LATE:
        report.add("not_sealed", f"Not sealed since {told(report.waiting_since)}: does the worker run?")


INSERTED = "was added after its time: no seal names it."
