"""What the list and the page of participants show, gathered by the named reads of all concepts."""

import datetime
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.utils import timezone

from participants.completion.models import ExitProposal
from participants.completion.queries import proposals_of
from participants.completion.rules import Decision
from participants.consent.choice import Choice, choice_of
from participants.court.queries import Court, court_of
from participants.enrollment.models import Enrollment
from participants.enrollment.queries import stays_of
from participants.people.models import Participant
from participants.people.timeline import timeline
from participants.requirements.models import Credit
from participants.requirements.queries import progress_of
from participants.requirements.rules import Progress, amount
from participants.screening.queries import with_reviews
from participants.sessions.models import Attendance, Note, Session
from participants.sessions.queries import attendance_of, next_sessions, notes_of
from participants.sessions.rules import Mark, State, described
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.tracks.scope import active_track


@dataclass(frozen=True)
class Row:
    """One stay in the list."""

    stay: Enrollment
    progress: list[Progress]
    next_session: Session | None


def rows_of(stays: list[Enrollment], *, now: datetime.datetime) -> list[Row]:
    """The stays of a list with progress and next session. Four statements, however many stays."""
    progress = progress_of(stays)
    upcoming = next_sessions([stay.pk for stay in stays], now)
    return [Row(stay, progress[stay.pk], upcoming.get(stay.pk)) for stay in stays]


@dataclass(frozen=True)
class File:
    """A participant's file: the current stay (or the latest) and what belongs to it."""

    participant: Participant
    stay: Enrollment
    earlier: list[Enrollment]
    progress: list[Progress]
    upcoming: list[Attendance]
    waiting: ExitProposal | None
    timeline: list[dict]
    notes: list[Note]
    court: Court
    choice: Choice

    @property
    def gaps(self) -> list[Progress]:
        """What completion still waits for."""
        return [progress for progress in self.progress if progress.holds_up]


def file_of(
    participant: Participant, *, reader: User, permissions: frozenset[Permission], now: datetime.datetime
) -> File:
    """Everything on one page, in a fixed number of statements; notes only as far as the reader may see them."""
    stays = stays_of(participant)
    stay = next((stay for stay in stays if stay.is_active), stays[0])
    prefetch_related_objects([stay], with_reviews("referral__screening__"))
    proposals = list(proposals_of(stay))
    attendances = list(attendance_of(stay))
    missed = active_track().rules.missed_word
    court = court_of(stay.referral, today=timezone.localdate(now))
    return File(
        participant=participant,
        stay=stay,
        earlier=[other for other in stays if other != stay],
        progress=progress_of([stay])[stay.pk],
        upcoming=[row for row in reversed(attendances) if _is_to_come(row, now)],
        waiting=next((row for row in proposals if row.decision == Decision.WAITING), None),
        timeline=timeline(
            stay,
            attendances=[row for row in attendances if row.mark not in (Mark.BOOKED, Mark.CANCELLED)],
            credits=_credits_of(stay),
            proposals=proposals,
            court=court.items(),
            told=lambda row: described(row.mark, row.minutes, missed),
        ),
        notes=list(notes_of(participant, reader, permissions)),
        court=court,
        choice=choice_of(stay.referral, stay=stay, may_read=True),
    )


def _is_to_come(row: Attendance, now: datetime.datetime) -> bool:
    return row.mark == Mark.BOOKED and row.session.state == State.SCHEDULED and row.session.starts_at > now


def _credits_of(stay: Enrollment) -> list[Credit]:
    rows = Credit.objects.filter(requirement__enrollment=stay).select_related("requirement", "recorded_by")
    credits = list(rows.order_by("earned_on", "id"))
    for credit in credits:
        credit.in_words = amount(credit.requirement.kind, credit.quantity)
    return credits
