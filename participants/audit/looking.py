"""The last seven days of the track's trail, looked through for patterns: fixed statements, no name opened."""

import datetime
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone

from participants.audit import patterns
from participants.audit.models import Event, EventSubject
from participants.audit.patterns import Finding, Opening
from participants.audit.trail import CASE, MOST_IN_A_STATEMENT, PERSON, names_of, told_by_subject
from participants.enrollment.models import Enrollment
from participants.people.models import SearchToken
from participants.sessions.models import Attendance, Session
from participants.staff.models import TrackGrant, permissions_of
from participants.staff.permissions import Permission
from participants.staff.queries import grants_of
from participants.tracks.models import Track
from participants.tracks.scope import active_track_id
from participants.vault.tokens import LONGEST_PREFIX, NAME, SHORTEST_PREFIX, SOUND, name_sounds, name_words, spellings

PATTERN_DAYS = 7
# Sessions of these days before count as one's own work: a roster of last month is still written up.
SESSION_DAYS = 60
# Addresses of one file, one case or one paper; a list that shows many opens none of them.
ONE_FILE = ("/participants/<str:reference>/", "/referrals/<uuid:pk>/", "/papers/<uuid:pk>/", "/offers/<uuid:pk>/")
# Whose work is every file of the track: who decides how stays end, and who supervises the counsellors. Who screens and
# offers but accompanies nobody has no caseload either, and opens no participant's file.
EVERY_FILE = frozenset({Permission.APPROVE_EXITS, Permission.READ_PRIVILEGED})


@dataclass(frozen=True)
class Told:
    """One finding to read; `query` leads to the events in the trail."""

    who: str
    words: str
    when: str
    query: str


@dataclass(frozen=True)
class Pattern:
    """One kind of pattern, why it is worth a look, and what was found."""

    key: str
    title: str
    why: str
    found: tuple[Told, ...]


@dataclass(frozen=True)
class Week:
    """What the patterns are sought in."""

    openings: list[Opening]
    lists: list[Opening]
    refusals: list[tuple[UUID, datetime.datetime]]
    vain_searches: list[tuple[UUID, datetime.datetime]]
    names: dict[UUID, str]


def findings(*, track: Track, now: datetime.datetime) -> list[Pattern]:
    """Every pattern with what was found of it in the last seven days. Thirteen statements at most."""
    since = now - datetime.timedelta(days=PATTERN_DAYS)
    week = _week(since)
    found = {
        "files": patterns.many_in_an_hour(week.openings),
        "names": patterns.many_in_an_hour(week.lists, patterns.MOST_NAMES_IN_AN_HOUR),
        "surname": patterns.own_surname(week.openings, _namesakes(week)),
        "caseload": patterns.outside_caseload(week.openings, _own_people(week, since), _bound(track, since)),
        "hours": patterns.after_hours(week.openings, _own_sessions(week, since)),
        "refusals": patterns.many_a_day(week.refusals, patterns.MOST_REFUSALS_A_DAY),
        "searches": patterns.many_a_day(week.vain_searches, patterns.MOST_VAIN_SEARCHES_A_DAY),
    }
    references = _references([one.file for rows in found.values() for one in rows if one.file], week)
    return [
        Pattern(
            key, title, why, tuple(_told(one, words, group, references, week) for one in sorted(found[key], key=_most))
        )
        for key, title, why, words, group in KINDS
    ]


def _most(one: Finding) -> tuple:
    return (-one.number, one.start, one.person.hex)


KINDS: tuple[tuple[str, str, str, Callable[[int], str], str], ...] = (
    (
        "files",
        "Many files in an hour",
        f"More than {patterns.MOST_FILES_IN_AN_HOUR} different files within sixty minutes.",
        lambda number: f"{number} files within one hour",
        "opened",
    ),
    (
        "names",
        "Many names in an hour",
        f"More than {patterns.MOST_NAMES_IN_AN_HOUR} different people and cases within sixty minutes, on lists and in "
        "searches.",
        lambda number: f"{number} names on lists and in searches within one hour",
        "opened",
    ),
    (
        "surname",
        "People with the same surname",
        "A file was opened by somebody who bears the person's surname. Compared without opening any name.",
        lambda number: f"opened {number} time{'' if number == 1 else 's'}",
        "opened",
    ),
    (
        "caseload",
        "Files outside the caseload",
        f"More than {patterns.MOST_FILES_OUTSIDE_CASELOAD} participants who are neither assigned to the person nor in "
        "sessions the person runs. Managers and clinical supervisors are left out.",
        lambda number: f"{number} participants of others",
        "opened",
    ),
    (
        "hours",
        "After hours",
        f"More than {patterns.MOST_FILES_AFTER_HOURS} files before {patterns.OPENS:%H:%M}, after "
        f"{patterns.CLOSES:%H:%M} or at the weekend, except around the person's own sessions.",
        lambda number: f"{number} files after hours",
        "opened",
    ),
    (
        "refusals",
        "Many refusals",
        f"Refused more than {patterns.MOST_REFUSALS_A_DAY} times on one day.",
        lambda number: f"refused {number} times in a day",
        "refused",
    ),
    (
        "searches",
        "Many searches that found nobody",
        f"More than {patterns.MOST_VAIN_SEARCHES_A_DAY} searches without a hit on one day.",
        lambda number: f"{number} searches without a hit in a day",
        "searched",
    ),
)


def _told(one: Finding, words: Callable[[int], str], group: str, references: dict[UUID, str], week: Week) -> Told:
    reference = references.get(one.file, "")
    query = {
        "person": str(one.person),
        "group": group,
        "from": one.start.date().isoformat(),
        "to": one.end.date().isoformat(),
        **({"record": reference} if reference else {}),
    }
    said = words(one.number)
    if one.file:
        said = f"{reference or 'a record that is closed to you or gone'}: {said}"
    return Told(week.names.get(one.person, "an account that is gone"), said, _span(one), urlencode(query))


def _span(one: Finding) -> str:
    """From when to when, to the minute: 2026-03-04, 10:00 to 10:40."""
    first, last = f"{one.start:%Y-%m-%d, %H:%M}", f"{one.end:%Y-%m-%d, %H:%M}"
    if first == last:
        return first
    return f"{first} to {one.end:%H:%M}" if one.start.date() == one.end.date() else f"{first} to {last}"


def _week(since: datetime.datetime) -> Week:
    """Six statements at most."""
    shape = Q()
    for part in ONE_FILE:
        shape |= Q(path__contains=part)
    rows = Event.objects.filter(
        shape, at__gte=since, actor_id__isnull=False, action__in=("page.viewed", "document.downloaded")
    ).order_by()
    subjects = defaultdict(lambda: {PERSON: set(), CASE: set()})
    about = EventSubject.objects.filter(event_id__in=rows.values("pk"), kind__in=(PERSON, CASE)).order_by()
    for event_id, kind, pk in about.values_list("event_id", "kind", "subject_id"):
        subjects[event_id][kind].add(pk)
    openings = []
    for event_id, person, at in rows.values_list("pk", "actor_id", "at"):
        people, cases = (frozenset(subjects[event_id][kind]) for kind in (PERSON, CASE))
        openings.append(Opening(person, timezone.localtime(at), people or cases, people))
    lists = _lists(shape, since)
    others = Event.objects.filter(
        Q(outcome=Event.Outcome.REFUSED) | Q(action="search.made"), at__gte=since, actor_id__isnull=False
    )
    refusals, vain = [], []
    for person, at, outcome, detail in others.order_by().values_list("actor_id", "at", "outcome", "detail"):
        if outcome == Event.Outcome.REFUSED:
            refusals.append((person, timezone.localtime(at)))
        elif detail.get("found") == 0:
            vain.append((person, timezone.localtime(at)))
    people = {row.person for row in (*openings, *lists)} | {person for person, _ in (*refusals, *vain)}
    return Week(openings, lists, refusals, vain, names_of(people))


def _lists(one_file: Q, since: datetime.datetime) -> list[Opening]:
    """What lists and searches showed, of the hours alone in which a person was shown so much that it is worth counting
    without what came twice. One statement; one more for each 5,000 events of such hours."""
    shown = EventSubject.objects.filter(event_id=OuterRef("pk"), kind__in=(PERSON, CASE)).order_by()
    number = Subquery(shown.values("event_id").annotate(number=Count("pk")).values("number"))
    rows = Event.objects.filter(
        ~one_file, at__gte=since, actor_id__isnull=False, action__in=("page.viewed", "search.made")
    ).order_by()
    told = [row for row in rows.annotate(number=number).values_list("pk", "actor_id", "at", "number") if row[3]]
    dense = sorted(patterns.crowded_hours(told, patterns.MOST_NAMES_IN_AN_HOUR))
    subjects = defaultdict(lambda: {PERSON: set(), CASE: set()})
    for start in range(0, len(dense), MOST_IN_A_STATEMENT):
        part = dense[start : start + MOST_IN_A_STATEMENT]
        about = EventSubject.objects.filter(event_id__in=part, kind__in=(PERSON, CASE)).order_by()
        for event_id, kind, pk in about.values_list("event_id", "kind", "subject_id"):
            subjects[event_id][kind].add(pk)
    # A list that names a stay names the person and the case.
    return [
        Opening(person, timezone.localtime(at), frozenset(max(subjects[key].values(), key=len)))
        for key, person, at, _ in told
        if key in subjects
    ]


def _namesakes(week: Week) -> dict[UUID, frozenset[UUID]]:
    """The records of which a word of the name is, letter for letter and by its sound, a surname of each person who
    opened any. Only keyed hashes are compared. One statement.

    A beginning of a name has a hash too, so the letters alone would take Bellamy for Bell; of two names of which one
    begins the other and both sound alike (River, Rivera) either is found.
    """
    asked = {person: _surname_tokens(week.names.get(person, "")) for person in {row.person for row in week.openings}}
    wanted = {token for words in asked.values() for word in words for tokens in word for token in tokens}
    having = defaultdict(set)
    rows = SearchToken.objects.filter(token__in=sorted(wanted)).order_by()
    for token, pk in rows.values_list("token", "subject_id"):
        having[bytes(token)].add(pk)
    return {person: frozenset().union(*(_with_both(having, word) for word in words)) for person, words in asked.items()}


def _surname_tokens(name: str) -> list[tuple[tuple[bytes, ...], tuple[bytes, ...]]]:
    """For each word of the last name the tokens of its letters and of its sound, under every key in use."""
    track_id = active_track_id()
    return [
        (spellings(track_id, NAME, word[:LONGEST_PREFIX]), spellings(track_id, SOUND, sound))
        for word in name_words(" ".join(name.split()[-1:]))
        if len(word) >= SHORTEST_PREFIX
        for sound in name_sounds(word)
    ]


def _with_both(having: dict[bytes, set[UUID]], word: tuple[tuple[bytes, ...], ...]) -> frozenset[UUID]:
    """The records that have one of the tokens of the letters and one of those of the sound."""
    letters, sounds = (frozenset().union(*(having.get(token, set()) for token in tokens)) for tokens in word)
    return letters & sounds


def _own_people(week: Week, since: datetime.datetime) -> dict[UUID, frozenset[UUID]]:
    """The participants whom each person accompanies or has accompanied, brought into the program, or has in sessions.
    Two statements."""
    people = sorted({row.person for row in week.openings})
    own = defaultdict(set)
    stays = Enrollment.objects.filter(Q(caseworker__in=people) | Q(referral__assigned_to__in=people)).order_by()
    for caseworker, clerk, pk in stays.values_list("caseworker_id", "referral__assigned_to_id", "participant_id"):
        own[caseworker].add(pk)
        own[clerk].add(pk)
    first = since.date() - datetime.timedelta(days=SESSION_DAYS)
    seats = Attendance.objects.filter(session__facilitator__in=people, session__held_on__gte=first).order_by()
    for facilitator, pk in seats.values_list("session__facilitator_id", "participant_id").distinct():
        own[facilitator].add(pk)
    return {person: frozenset(own[person]) for person in people}


def _own_sessions(week: Week, since: datetime.datetime) -> dict[UUID, list]:
    """Start and end of the sessions that each person ran in these days. One statement."""
    people = sorted({row.person for row in week.openings})
    day = datetime.timedelta(days=1)
    rows = Session.objects.filter(facilitator__in=people, ends_at__gte=since - day).order_by()
    found = defaultdict(list)
    for person, start, end in rows.values_list("facilitator_id", "starts_at", "ends_at"):
        found[person].append((start, end))
    return found


def _bound(track: Track, since: datetime.datetime) -> frozenset[UUID]:
    """Whose work is a caseload: who opens participants' files and answers for no others' files. One statement."""
    held: dict[UUID, list[TrackGrant]] = defaultdict(list)
    for grant in grants_of(track):
        if grant.valid_until is None or grant.valid_until >= since.date():
            held[grant.user_id].append(grant)
    return frozenset(
        person
        for person, grants in held.items()
        if Permission.VIEW_PARTICIPANTS in (may := permissions_of(grants)) and not may & EVERY_FILE
    )


def _references(files: list[UUID], week: Week) -> dict[UUID, str]:
    """How the filter calls these records; "" for one that is closed to the reader. One statement."""
    people = frozenset().union(*(row.people for row in week.openings))
    subjects = {pk: (PERSON if pk in people else CASE, pk) for pk in files}
    told = told_by_subject(set(subjects.values()))
    return {pk: told[subject].reference for pk, subject in subjects.items()}
