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
from participants.referrals.models import MustAppear
from participants.requirements.models import Credit
from participants.requirements.queries import progress_of
from participants.requirements.rules import Progress, amount
from participants.screening.queries import with_reviews
from participants.sessions.models import Attendance, Note
from participants.sessions.queries import Next, attendance_of, attended_and_next, notes_of
from participants.sessions.rules import Mark, State, described
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.tracks.scope import active_track


@dataclass(frozen=True)
class Row:
    """One stay in the list, in the words of the page: fifty rows are formatted here far faster than in a template."""

    url: str
    called: str
    reference: str
    caseworker: str
    placed: str
    requirements: list[str]
    ended: str
    status: str
    next_session: str
    court: str


def rows_of(stays: list[Enrollment], *, address: str, now: datetime.datetime) -> list[Row]:
    """The stays of a list with progress and next session. Two statements, however many stays.

    `address` is that of a file, with REFERENCE in place of the reference.
    """
    attended, upcoming = attended_and_next([stay.pk for stay in stays], now)
    progress = progress_of(stays, attended)
    return [_row(stay, progress[stay.pk], upcoming.get(stay.pk), address) for stay in stays]


def _row(stay: Enrollment, progress: list[Progress], following: Next | None, address: str) -> Row:
    person, case = stay.participant, stay.referral
    court = _day(case.next_court_on) if case.next_court_on else ""
    return Row(
        url=address.replace("REFERENCE", person.reference),
        called=person.called,
        reference=person.reference,
        caseworker=stay.caseworker.name,
        placed=_day(stay.placed_on),
        requirements=[f"{one.title}: {_standing(one)}" for one in progress] if stay.is_active else [],
        ended="" if stay.is_active else _day(stay.exited_on),
        status=stay.get_status_display(),
        next_session=f"{following.name}, {_moment(following.starts_at)}" if following else "",
        court=f"{court}, must appear" if court and case.must_appear == MustAppear.YES else court,
    )


def _standing(one: Progress) -> str:
    return "waived" if one.waived else f"{one.text}, met" if one.met else one.text


def _day(on: datetime.date) -> str:
    """Apr 1, 2026, as `|date:"M j, Y"` writes it."""
    return f"{on:%b} {on.day}, {on.year}"


def _moment(at: datetime.datetime) -> str:
    """Apr 1, 9:30 AM, where the program is."""
    at = timezone.localtime(at)
    return f"{at:%b} {at.day}, {at.hour % 12 or 12}:{at:%M %p}"


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
