"""The trail as lines to read: who looked at whom, with references only. Nothing sealed is opened for it.

A participant is told by the reference, a case by the last eight digits of its id, as nothing else of them is clear. A
record that is closed to the reader is told by its kind.
"""

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone

from participants.audit.models import Event, EventSubject
from participants.audit.rules import in_words, stamp
from participants.errors import ProgramError
from participants.people.models import Participant
from participants.people.queries import reference_in
from participants.people.restrictions import hidden_ids, readable
from participants.referrals.models import Referral
from participants.tracks.scope import Subject, active_scope_or_none, active_track

PERSON, CASE, ACCOUNT = "participant", "referral", "user"
NOBODY = "the system"
STRANGER = "nobody signed in"
# Of a page with fifty people on it the first few; the event's own page shows all.
MOST_IN_A_LINE = 3
MOST_IN_A_STATEMENT = 5_000
SHORT = 8


@dataclass(frozen=True)
class Told:
    """A record that an event concerned. `reference` is what the filter takes, "" where there is none to tell."""

    kind: str
    reference: str
    words: str


@dataclass(frozen=True)
class Line:
    """One event as it is read. `more` is how many records it concerned besides `records`."""

    event: Event
    when: str
    who: str
    what: str
    fields: tuple[str, ...]
    records: tuple[Told, ...]
    more: int

    @property
    def is_refused(self) -> bool:
        return self.event.outcome == Event.Outcome.REFUSED


def when(at: datetime.datetime) -> str:
    """An instant where the program is, as `rules.stamp` writes it."""
    return stamp(timezone.localtime(at))


def short(pk: UUID) -> str:
    """A case's id as a person can read it out: its last eight digits, which are random."""
    return pk.hex[-SHORT:]


def staff_of_track() -> list[tuple[UUID, str]]:
    """Everybody who ever had access to the active track, by name. One statement."""
    people = get_user_model().objects.filter(grants__track=active_track()).order_by("name", "id").distinct()
    return list(people.values_list("pk", "name"))


def subjects_called(text: str) -> frozenset[Subject]:
    """The records that a reference means: a participant's file with the cases of its stays, or a case; and what was
    merged into them. Raises ProgramError where there is none that the reader may know of. Never takes a name."""
    if (reference := reference_in(text)) and (found := _file(reference)):
        return found
    digits = re.sub(r"(?i)\Acase\b|[\s-]", "", text).lower()
    if re.fullmatch(f"[0-9a-f]{{{SHORT}}}", digits) and (found := _case(digits)):
        return found
    raise ProgramError("No file and no case here has this reference.", field="record")


def _file(reference: str) -> frozenset[Subject]:
    named = readable(Participant.objects.filter(reference=reference), participant="pk")
    files = set(named.values_list("pk", flat=True))
    if files:
        files |= set(Participant.objects.filter(merged_into__in=files).order_by().values_list("pk", flat=True))
        cases = Referral.objects.filter(enrollment__participant__in=files).order_by().values_list("pk", flat=True)
        return frozenset({*((PERSON, pk) for pk in files), *((CASE, pk) for pk in cases)})
    return frozenset()


def _case(digits: str) -> frozenset[Subject]:
    cases = set(readable(Referral.objects.filter(pk__endswith=digits), referral="pk").values_list("pk", flat=True))
    if cases:
        cases |= set(Referral.objects.filter(merged_into__in=cases).order_by().values_list("pk", flat=True))
    return frozenset((CASE, pk) for pk in cases)


def lines_of(rows: list[Event]) -> list[Line]:
    """Events as lines. Three statements in a track, two outside, whatever the rows; one more for accounts."""
    subjects = defaultdict(list)
    about = EventSubject.objects.filter(event_id__in=[row.pk for row in rows]).order_by("id")
    for event_id, kind, pk in about.values_list("event_id", "kind", "subject_id"):
        subjects[event_id].append((kind, pk))
    first = {event_id: sorted(found, key=_people_first)[:MOST_IN_A_LINE] for event_id, found in subjects.items()}
    told = told_by_subject({subject for found in first.values() for subject in found})
    names = names_of({row.actor_id for row in rows})
    return [
        line_of(
            row,
            names,
            records=tuple(told[subject] for subject in first.get(row.pk, ())),
            more=len(subjects[row.pk]) - len(first.get(row.pk, ())),
        )
        for row in rows
    ]


def whole(row: Event) -> tuple[Line, list[Told]]:
    """One event with every record that it concerned."""
    subjects = list(EventSubject.objects.filter(event_id=row.pk).order_by().values_list("kind", "subject_id"))
    told = told_by_subject(set(subjects))
    line = line_of(row, names_of({row.actor_id}), records=(), more=0)
    return line, [told[subject] for subject in sorted(subjects, key=_people_first)]


def line_of(row: Event, names: dict[UUID, str], *, records: tuple[Told, ...], more: int) -> Line:
    """One event in words; `names` are those of accounts, by id."""
    nobody = STRANGER if row.source else NOBODY
    return Line(
        event=row,
        when=when(row.at),
        who=names.get(row.actor_id, "an account that is gone") if row.actor_id else nobody,
        what=in_words(row.action, page=row.detail.get("page", ""), refused=row.outcome == Event.Outcome.REFUSED),
        fields=tuple(name.replace("_", " ") for name in row.detail.get("fields", ())),
        records=records,
        more=more,
    )


def names_of(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of accounts by id. One statement."""
    users = get_user_model().objects.filter(pk__in=sorted(pk for pk in ids if pk))
    return dict(users.order_by().values_list("pk", "name"))


def _people_first(subject: tuple[str, UUID]) -> tuple[int, str, str]:
    kind, pk = subject
    order = (PERSON, CASE)
    return (order.index(kind) if kind in order else len(order), kind, pk.hex)


def told_by_subject(subjects: set[tuple[str, UUID]]) -> dict[tuple[str, UUID], Told]:
    """Records in words. One statement in a track, none outside; one more where there are accounts among them."""
    inside = active_scope_or_none() is not None
    accounts = [pk for kind, pk in subjects if kind == ACCOUNT]
    references = _references(sorted(pk for kind, pk in subjects if kind == PERSON)) if inside else {}
    names = names_of(accounts) if accounts else {}
    closed = set(hidden_ids(CASE)) if inside else set()
    return {
        (kind, pk): _words(kind, pk, references, names, closed, inside=inside)
        for kind, pk in sorted(subjects, key=_people_first)
    }


def _references(people: list[UUID]) -> dict[UUID, str]:
    found = {}
    for start in range(0, len(people), MOST_IN_A_STATEMENT):
        some = Participant.objects.filter(pk__in=people[start : start + MOST_IN_A_STATEMENT])
        found |= dict(readable(some, participant="pk").order_by().values_list("pk", "reference"))
    return found


def _words(kind: str, pk: UUID, references: dict, names: dict, closed: set, *, inside: bool) -> Told:
    if kind == ACCOUNT:
        return Told(kind, "", f"the account of {names[pk]}" if pk in names else "an account")
    if inside and kind == PERSON and pk in references:
        return Told(kind, references[pk], "file")
    if inside and kind == CASE and pk not in closed:
        return Told(kind, short(pk), "case")
    if kind in (PERSON, CASE):
        return Told(kind, "", f"a {'file' if kind == PERSON else 'case'} that is closed to you or gone")
    return Told(kind, "", f"a {kind_words(kind)}")


def kind_words(kind: str) -> str:
    """What a kind of record is called; the kind itself where there is no such table any more."""
    try:
        return str(apps.get_model("participants", kind)._meta.verbose_name)
    except LookupError:
        return kind.replace("_", " ")
