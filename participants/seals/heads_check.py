"""The file of heads against the seals of its chain: what the database no longer has, and what the file lacks."""

import datetime
from itertools import islice

from participants.seals import heads
from participants.seals.chains import Chain, readable
from participants.seals.findings import Report, numbers, ranges
from participants.seals.heads import Head, Line

# Lines that are compared with one statement.
PART = 500
# A head is written right after its seal; a run that was killed is made up for by the next.
SOON = datetime.timedelta(minutes=15)
# Numbers that are remembered of each kind of difference.
REMEMBERED = 1000
# The column holds no larger number.
HIGHEST = 2**63


def check(chain: Chain, report: Report, *, failed: dict[int, str], now: datetime.datetime) -> None:
    """Compare, and say of the seals in `failed` (number: keyed hash) what the file knows of them."""
    comparison = _Comparison(chain, report, failed)
    try:
        lines = heads.lines_of(chain)
        while part := list(islice(lines, PART)):
            comparison.compare(part)
    except OSError as error:
        report.add(
            "heads_unreadable", f"The file of heads cannot be read ({error.strerror}), so a cut end is not seen."
        )
        comparison.tell_of_failed()
        return
    comparison.tell()
    comparison.tell_of_failed()
    comparison.tell_of_missing(now)


class _Comparison:
    """What the lines so far have told."""

    def __init__(self, chain: Chain, report: Report, failed: dict[int, str]):
        self.chain, self.report, self.failed = chain, report, failed
        self.expected = 1
        self.lacking: set[int] = set()  # numbers that the file jumped over
        self.moved: list[int] = []
        self.gone: list[int] = []  # the file knows them, the database does not
        self.other: set[int] = set()  # the two say different things
        self.again: list[int] = []  # the file has them twice: first as they were, then as they are
        self.number_of = {mac: number for number, mac in failed.items() if mac}
        self.stood_at: dict[int, int] = {}  # number of a failed seal: the number that the file knows its hash by
        self.known: set[int] = set()  # failed seals whose number the file knows

    def compare(self, part: list[Line]) -> None:
        named = {line.head.number for line in part if line.head and line.head.number < HIGHEST}
        with self.chain.opened():
            there = {head.number: head for head in readable(self._in_database, sorted(named), lambda number: None)}
        for line in part:
            self.report.heads += 1
            if line.head is None:
                self._altered(line, "holds no head")
            elif line.head.chain != self.chain.key:
                self._altered(line, "speaks of another audit trail")
            else:
                self._follow(line.head.number)
                self._head(line, line.head, there.get(line.head.number))

    def _in_database(self, named: list[int]) -> list[Head]:
        return list(heads.heads_in_database(chain=self.chain, number__in=named))

    def _altered(self, line: Line, how: str) -> None:
        self.report.add("heads_altered", f"Line {line.place} of the file of heads {how}: the file was altered.")

    def _head(self, line: Line, head: Head, seal: Head | None) -> None:
        if head.number in self.failed:
            self.known.add(head.number)
        if head.mac in self.number_of and (seal is None or seal.mac != head.mac):
            self.stood_at[self.number_of[head.mac]] = head.number
        if seal is None:
            _remember(self.gone, head.number)
        elif head.mac != seal.mac:
            if head.number not in self.failed and len(self.other) < REMEMBERED:
                self.other.add(head.number)
        elif head.number in self.other:
            self.other.discard(head.number)
            _remember(self.again, head.number)
        elif head.of_seal != seal.of_seal and head.number not in self.failed:
            self._altered(line, f"gives seal {head.number} another time or number of events")

    def _follow(self, number: int) -> None:
        """Are the numbers of the lines one after the other?"""
        if number > self.expected:
            room = max(0, REMEMBERED - len(self.lacking))
            self.lacking.update(range(self.expected, min(number, self.expected + room)))
        elif number in self.lacking:
            self.lacking.discard(number)
            _remember(self.moved, number)
        self.expected = max(self.expected, number + 1)

    def tell(self) -> None:
        for first, last in ranges(self.moved):
            self.report.add(
                "heads_reordered",
                f"The line of {numbers(first, last)} stands in the wrong place of the file of heads: it was moved.",
                seal=first,
            )
        for first, last in ranges([number for number in self.lacking if number <= self.report.newest]):
            self.report.add(
                "heads_missing",
                f"The line of {numbers(first, last)} is missing in the file of heads: it was taken out.",
                seal=first,
            )
        for first, last in ranges(self.again):
            self.report.add(
                "tail_cut",
                f"The end of the trail was cut off and made again from {numbers(first, last)} on, or an older copy of "
                "the database was put back.",
                seal=first,
            )
        for first, last in ranges(sorted(self.other)):
            self.report.add(
                "heads_differ",
                f"The file of heads knows {numbers(first, last)} otherwise than the database: the line was altered, or "
                "the end of the trail was cut off and made again.",
                seal=first,
            )
        cut = [number for number in self.gone if number > self.report.newest]
        for first, last in ranges(cut):
            self.report.add(
                "tail_cut",
                f"The end of the trail was cut off: the file of heads knows {numbers(first, last)}, the database ends "
                f"with seal {self.report.newest}. Or an older copy of the database was put back.",
                seal=first,
            )

    def tell_of_failed(self) -> None:
        """What happened to the seals whose keyed hash does not hold."""
        for number in sorted(self.failed):
            elsewhere = self.stood_at.get(number)
            if elsewhere is not None and elsewhere != number:
                kind, words = "seal_reordered", f"Seal {number} was seal {elsewhere} before: the seals were reordered."
            elif self.report.heads and number not in self.known and number >= self.expected:
                kind, words = "seal_inserted", f"Seal {number} was put there by someone without the key."
            else:
                kind, words = "seal_altered", f"Seal {number} was altered, so it proves none of the events it names."
            self.report.add(kind, words, seal=number)

    def tell_of_missing(self, now: datetime.datetime) -> None:
        """Seals whose heads are not in the file: the file was shortened, unless the seals are young."""
        if self.expected > self.report.newest:
            return
        with self.chain.opened():
            first = list(readable(self._in_database, [self.expected], lambda number: None))
        told = numbers(self.expected, self.report.newest)
        if first and first[0].at and now - datetime.datetime.fromisoformat(first[0].at) < SOON:
            self.report.notes.append(f"The head of {told} is not in its file yet.")
        else:
            self.report.add(
                "heads_missing",
                f"The file of heads lacks {told}: it was shortened, or could not be written.",
                seal=self.expected,
            )


def _remember(found: list, value) -> None:
    if len(found) < REMEMBERED:
        found.append(value)
