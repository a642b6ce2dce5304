"""Patterns that are worth a look: pure rules on plain values. A finding is a question to somebody, never a verdict.

Instants are local ones of the program. Each threshold says why it is where it is; a week of the trail is looked at.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

HOUR = datetime.timedelta(hours=1)
# Whoever works on a file spends some minutes with it: twenty in an hour are one in three minutes, all hour long. A
# class of forty is logged on one page and opens no file.
MOST_FILES_IN_AN_HOUR = 20
# A list shows fifty people on a page, and a day's work comes back to the same ones: caseload, queue, sessions of the
# day. More than two hundred different ones in an hour are page after page, or search after search, of strangers.
MOST_NAMES_IN_AN_HOUR = 200
# A colleague who is ill leaves a handful of files to others; more than that has been arranged, and can be asked about.
MOST_FILES_OUTSIDE_CASELOAD = 5
# Offices work from eight to six; an hour before and two after are nobody's concern. A forgotten court date on a Sunday
# makes one or two files.
OPENS, CLOSES = datetime.time(7), datetime.time(20)
FIRST_FREE_WEEKDAY = 5  # Saturday
MOST_FILES_AFTER_HOURS = 3
# Before and after a session of one's own, in the evening or on a Saturday, its files are opened rightly.
AROUND_A_SESSION = HOUR
# A link that has gone stale refuses once or twice a day; somebody who tries doors is refused again and again.
MOST_REFUSALS_A_DAY = 10
# A name that is not here is typed three ways. More than ten in a day look for somebody who is not in the program.
MOST_VAIN_SEARCHES_A_DAY = 10


@dataclass(frozen=True)
class Opening:
    """One page or paper of a file or a case: who opened it, when, and of whom. `people` are the participants among
    `files`; the others are cases of people who take no part yet."""

    person: UUID
    at: datetime.datetime
    files: frozenset[UUID]
    people: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Finding:
    """What is worth a look of one person: how many, from when to when, and of whom where it is about one file."""

    person: UUID
    number: int
    start: datetime.datetime
    end: datetime.datetime
    file: UUID | None = None


def many_in_an_hour(openings: Iterable[Opening], most: int = MOST_FILES_IN_AN_HOUR) -> list[Finding]:
    """More than `most` different files within sixty minutes; of each person the hour with the most."""
    found = []
    for person, rows in _by_person(openings).items():
        best, first, within = None, 0, Counter()
        for row in rows:
            within.update(row.files)
            while row.at - rows[first].at >= HOUR:
                _take_away(within, rows[first].files)
                first += 1
            if len(within) > most and (best is None or len(within) > best.number):
                best = Finding(person, len(within), rows[first].at, row.at)
        found += [best] if best else []
    return found


def crowded_hours(shown: Iterable[tuple[UUID, UUID, datetime.datetime, int]], most: int) -> set[UUID]:
    """The events that stand in sixty minutes in which a person was shown more than `most` records, however often the
    same. `shown` are event, person, instant and number of records: what is worth counting exactly."""
    rows = defaultdict(list)
    for event, person, at, number in sorted(shown, key=lambda one: one[2]):
        rows[person].append((event, at, number))
    found: set[UUID] = set()
    for own in rows.values():
        first = total = marked = 0
        for place, (_, at, number) in enumerate(own):
            total += number
            while at - own[first][1] >= HOUR:
                total -= own[first][2]
                first += 1
            if total > most:
                found.update(event for event, _, _ in own[max(first, marked) : place + 1])
                marked = place + 1
    return found


def _take_away(counted: Counter, files: frozenset[UUID]) -> None:
    for pk in files:
        counted[pk] -= 1
        if not counted[pk]:
            del counted[pk]


def own_surname(openings: Iterable[Opening], namesakes: Mapping[UUID, frozenset[UUID]]) -> list[Finding]:
    """Files of people who bear the surname of who opened them, each told once. `namesakes` are records by person."""
    return _of_each_file(openings, lambda row: row.files & namesakes.get(row.person, frozenset()))


def outside_caseload(
    openings: Iterable[Opening],
    own: Mapping[UUID, frozenset[UUID]],
    bound: frozenset[UUID],
    most: int = MOST_FILES_OUTSIDE_CASELOAD,
) -> list[Finding]:
    """More than `most` files of participants who are neither in one's caseload nor in one's sessions. `own` are those
    who are, by person; `bound` are the people whose work is a caseload."""
    kept = (row for row in openings if row.person in bound)
    return _of_each_person(kept, lambda row: row.people - own.get(row.person, frozenset()), most)


def after_hours(
    openings: Iterable[Opening],
    sessions: Mapping[UUID, list[tuple[datetime.datetime, datetime.datetime]]],
    most: int = MOST_FILES_AFTER_HOURS,
) -> list[Finding]:
    """More than `most` files before seven, after eight in the evening or at the weekend, but for the time around a
    session of one's own. `sessions` are start and end by person."""
    late = (row for row in openings if is_after_hours(row.at) and not _in_session(row, sessions.get(row.person, ())))
    return _of_each_person(late, lambda row: row.files, most)


def is_after_hours(at: datetime.datetime) -> bool:
    """Whether the office is closed at a local instant.

    >>> [is_after_hours(datetime.datetime(2026, 3, 6, *at)) for at in ((6, 59), (7, 0), (19, 59), (20, 0))]
    [True, False, False, True]
    """
    return at.weekday() >= FIRST_FREE_WEEKDAY or not OPENS <= at.time() < CLOSES


def many_a_day(instants: Iterable[tuple[UUID, datetime.datetime]], most: int) -> list[Finding]:
    """More than `most` on one day; every such day of every person."""
    days = defaultdict(list)
    for person, at in instants:
        days[person, at.date()].append(at)
    return [
        Finding(person, len(times), min(times), max(times)) for (person, _), times in days.items() if len(times) > most
    ]


def _in_session(row: Opening, sessions) -> bool:
    return any(start - AROUND_A_SESSION <= row.at <= end + AROUND_A_SESSION for start, end in sessions)


def _by_person(openings: Iterable[Opening]) -> dict[UUID, list[Opening]]:
    found = defaultdict(list)
    for row in sorted(openings, key=lambda row: row.at):
        found[row.person].append(row)
    return found


def _of_each_person(
    openings: Iterable[Opening], files: Callable[[Opening], frozenset[UUID]], most: int
) -> list[Finding]:
    found = []
    for person, rows in _by_person(openings).items():
        rows = [row for row in rows if files(row)]
        number = len(frozenset().union(*map(files, rows)))
        if number > most:
            found.append(Finding(person, number, rows[0].at, rows[-1].at))
    return found


def _of_each_file(openings: Iterable[Opening], files: Callable[[Opening], frozenset[UUID]]) -> list[Finding]:
    times = defaultdict(list)
    for row in openings:
        for pk in files(row):
            times[row.person, pk].append(row.at)
    return [Finding(person, len(seen), min(seen), max(seen), pk) for (person, pk), seen in times.items()]
