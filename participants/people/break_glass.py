"""Break-glass: a manager opens one file that is closed to them, for a stated reason and a limited time.

The privacy officer is told at once, and everything that is read or changed meanwhile is on record with it. What opens
is the case before placement, and the participant's file with its cases after it; never a minor's case, never a
privileged note (`sessions.queries.notes_of`). How long it stays open is asked of the clock on every page
(`restrictions.open_now`).
"""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from participants.audit.actions import GLASS, record
from participants.audit.models import Event, EventSubject
from participants.audit.rules import in_words
from participants.errors import ProgramError
from participants.people.models import BreakGlass, Participant, Restriction
from participants.people.queries import reference_in
from participants.referrals.models import Referral
from participants.referrals.rules import NAMELESS, text_problem
from participants.staff.models import User
from participants.tracks.scope import active_scope, active_track_id
from participants.vault.tokens import fingerprints, number_key

MINUTES = (15, 30, 60)
USUAL_MINUTES = 30
# A sentence that somebody else can judge, not a word.
SHORTEST_REASON, FEWEST_WORDS = 20, 4
NOT_CLOSED = (
    "No file of this reference or number is closed to you, or more than one is. Check what you typed. A file that is "
    "not closed to you opens as usual."
)


@transaction.atomic
def open_closed_file(*, asked_for: str, reason: str, minutes: int, now: datetime.datetime, by: User) -> BreakGlass:
    """Open the file of a reference or court case number, closed to `by`, until `minutes` from now.

    While it is open already, the opening that stands is the answer. Raises ProgramError, in the same words and after
    the same statements whether there is no such file or it is not closed to `by`.
    """
    reason = " ".join(reason.split())
    _check_reason(reason)
    if minutes not in MINUTES:
        raise ProgramError("Choose how long.", field="minutes")
    file = _closed_file(asked_for, by)
    if file is None:
        raise ProgramError(NOT_CLOSED, field="asked_for")
    # Held, so that of two posts at once the second finds what the first has opened.
    file = type(file).objects.select_for_update().get(pk=file.pk)
    about = {file._meta.model_name: file}
    standing = BreakGlass.objects.filter(**about, opened_by=by, until__gt=now, ended_at__isnull=True).first()
    if standing is not None:
        return standing
    until = now + datetime.timedelta(minutes=minutes)
    glass = BreakGlass.objects.create(**about, reason=reason, opened_by=by, opened_at=now, until=until)
    record("glass.opened", by=by, subjects=[file, (GLASS, glass.pk)], detail={"minutes": minutes})
    return glass


@transaction.atomic
def close_again(*, glass: BreakGlass, now: datetime.datetime, by: User) -> BreakGlass:
    """Close a file before its time is over. Twice, or after the time, is harmless. Only by who opened it."""
    glass = BreakGlass.objects.select_for_update().get(pk=glass.pk)
    if glass.opened_by_id != by.pk:
        raise ProgramError("Somebody else opened this file.")
    if now < glass.closes_at:
        glass.ended_at = now
        glass.save(update_fields=("ended_at",))
        record("glass.ended", by=by, subjects=[glass, (GLASS, glass.pk)])
    return glass


@transaction.atomic
def mark_seen(*, glass: BreakGlass, now: datetime.datetime, by: User) -> BreakGlass:
    """The privacy officer has looked at it; the first one stays. Nobody does so for what they opened themselves."""
    glass = BreakGlass.objects.select_for_update().get(pk=glass.pk)
    if glass.opened_by_id == by.pk:
        raise ProgramError("You opened this file yourself. Somebody else has to look at it.")
    if glass.seen_at is None:
        glass.seen_by, glass.seen_at = by, now
        glass.save(update_fields=("seen_by", "seen_at"))
        record("glass.seen", by=by, subjects=[glass, (GLASS, glass.pk)])
    return glass


def _check_reason(reason: str) -> None:
    longest = BreakGlass._meta.get_field("reason").max_length
    if len(reason) < SHORTEST_REASON or len(reason.split()) < FEWEST_WORDS:
        raise ProgramError("Write at least a sentence: what happened, and why you need this file now.", field="reason")
    if len(reason) > longest:
        raise ProgramError(f"The reason has at most {longest} characters; this one has {len(reason)}.", field="reason")
    if sentence := text_problem(reason):
        raise ProgramError(sentence, field="reason")


def _closed_file(asked_for: str, by: User) -> Participant | Referral | None:
    """The one file of this reference or court case number that its person has closed to `by`: the participant's if
    there is one, else the case's. One statement, whatever is found."""
    numbers = fingerprints(active_track_id(), "case", number_key(asked_for))
    meant = Q(participant__reference=reference_in(asked_for) or "") | Q(referral__case_key__in=numbers)
    rows = Restriction.objects.filter(meant, staff=by, lifted_on__isnull=True).exclude(referral__status__in=NAMELESS)
    stay = "enrollment__participant__merged_into"
    rows = rows.select_related("participant__merged_into", f"referral__{stay}", f"referral__merged_into__{stay}")
    files = {_file_of(row) for row in rows}
    return files.pop() if len(files) == 1 else None


def _file_of(row: Restriction) -> Participant | Referral:
    if row.referral is None:
        return row.participant.merged_into or row.participant
    case = row.referral.merged_into or row.referral
    if (stay := getattr(case, "enrollment", None)) is None:
        return case
    return stay.participant.merged_into or stay.participant


def openings() -> QuerySet[BreakGlass]:
    """Every opening of the track, latest first, with the people and the file."""
    return BreakGlass.objects.select_related("participant", "opened_by", "seen_by").order_by("-opened_at", "-id")


def openings_of(ids: Iterable[UUID]) -> list[BreakGlass]:
    """The openings of a file or case for its history: by the ids of its participants and cases. One statement."""
    ids = list(ids)
    return list(openings().filter(Q(participant__in=ids) | Q(referral__in=ids)))


def not_seen() -> list[BreakGlass]:
    """What the privacy officer has not looked at yet, latest first. One statement."""
    return list(openings().filter(seen_at__isnull=True).defer("reason"))


@dataclass(frozen=True)
class Opening:
    """An opening as the privacy officer reads it. `reference` and `reason` are empty where the file is closed to the
    reader too; `done` says in words what was read and changed, each with how often."""

    glass: BreakGlass
    reference: str
    reason: str
    done: list[tuple[str, int]]


def told(rows: Collection[BreakGlass]) -> list[Opening]:
    """Openings with what was done by them: two statements, however many."""
    done = _done({row.pk for row in rows})
    closed = active_scope().hidden
    return [
        Opening(
            glass=row,
            reference="" if row.audit_subject in closed else _reference(row),
            reason="" if row.audit_subject in closed else row.reason,
            done=sorted(done.get(row.pk, {}).items()),
        )
        for row in rows
    ]


def _reference(row: BreakGlass) -> str:
    """A participant's reference; of a case the last eight digits of its id, as the audit trail tells it."""
    return row.participant.reference if row.participant_id else f"case {row.referral_id.hex[-8:]}"


def _done(ids: set[UUID]) -> dict[UUID, Counter[str]]:
    about = EventSubject.objects.filter(kind=GLASS, subject_id__in=ids).order_by()
    pairs = list(about.values_list("event_id", "subject_id"))
    events = Event.objects.filter(pk__in={event_id for event_id, _ in pairs}).exclude(action__startswith="glass.")
    words = {
        event.pk: in_words(event.action, page=event.detail.get("page", ""), refused=event.outcome == "refused")
        for event in events.order_by()
    }
    found: dict[UUID, Counter[str]] = {}
    for event_id, glass_id in pairs:
        if event_id in words:
            found.setdefault(glass_id, Counter())[words[event_id]] += 1
    return found
