"""Reading the schedule, rosters, attendance and notes."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from participants.enrollment.models import Enrollment
from participants.people.models import Participant
from participants.people.restrictions import hidden_ids, readable
from participants.sessions.models import Attendance, Note, Session, Site
from participants.sessions.rules import PRESENT, Attended, Kind, Mark, State, Visibility
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.tracks.scope import active_scope


def expected() -> Q:
    """Attendances that hold a seat. A booking falls away by itself when the stay ends before the session."""
    still_there = Q(enrollment__exited_on__isnull=True) | Q(enrollment__exited_on__gte=F("session__held_on"))
    return ~Q(mark=Mark.CANCELLED) & (~Q(mark=Mark.BOOKED) | still_there)


def _to_be_taken() -> QuerySet[Attendance]:
    return Attendance.objects.order_by().filter(expected(), mark=Mark.BOOKED)


def _with_seats(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Sessions with `taken` (seats) and `waiting` (whether attendance of someone is still to be recorded)."""
    of_session = Attendance.objects.order_by().filter(expected(), session=OuterRef("pk"))
    taken = of_session.values("session").annotate(n=Count("pk")).values("n")
    return sessions.select_related("site", "facilitator").annotate(
        taken=Coalesce(Subquery(taken, output_field=IntegerField()), 0),
        waiting=Exists(_to_be_taken().filter(session=OuterRef("pk"))),
    )


def _run_by(facilitator: User | None, sessions: QuerySet[Session]) -> QuerySet[Session]:
    return sessions if facilitator is None else sessions.filter(facilitator=facilitator)


def schedule(from_day: datetime.date, facilitator: User | None = None) -> QuerySet[Session]:
    """Sessions from a day on, all or those that one person runs, with site, facilitator and seats."""
    return _run_by(facilitator, _with_seats(Session.objects.filter(held_on__gte=from_day)))


def past_sessions(before: datetime.date, facilitator: User | None = None) -> QuerySet[Session]:
    """Sessions before a day, all or those that one person runs, with site, facilitator and seats."""
    return _run_by(facilitator, _with_seats(Session.objects.filter(held_on__lt=before)))


def sessions_on(day: datetime.date, facilitator: User | None = None) -> QuerySet[Session]:
    """The sessions of one day by their start, all or those that one person runs."""
    sessions = _with_seats(Session.objects.filter(held_on=day).exclude(state=State.CANCELLED))
    return _run_by(facilitator, sessions).order_by("starts_at", "id")


def unrecorded_before(day: datetime.date, facilitator: User | None = None) -> QuerySet[Session]:
    """Sessions of earlier days of which someone's attendance is still to be recorded, oldest first."""
    sessions = Session.objects.filter(held_on__lt=day, pk__in=_to_be_taken().values("session"))
    sessions = _with_seats(sessions.exclude(state=State.CANCELLED))
    return _run_by(facilitator, sessions).order_by("starts_at", "id")


def session_or_404(pk: UUID, facilitator: User | None = None) -> Session:
    """The session of the active track with this id, and run by this person where one is named. Raises Http404."""
    try:
        return _run_by(facilitator, Session.objects.select_related("site", "facilitator")).get(pk=pk)
    except Session.DoesNotExist as error:
        raise Http404 from error


def open_sites() -> QuerySet[Site]:
    return Site.objects.filter(is_open=True)


def by_name(rows: Iterable) -> list:
    """Rows with a participant by the name that the person goes by. Names are sealed, so Python sorts."""
    return sorted(rows, key=lambda row: (row.participant.called.casefold(), row.participant.reference))


def roster(session: Session) -> list[Attendance]:
    """Everyone booked whose file the acting person may open, by name, those with a cancelled mark included. One
    statement."""
    return by_name(
        readable(_booked(session), participant="participant_id").select_related("participant", "recorded_by")
    )


def closed_seats(session: Session) -> list[Attendance]:
    """Those booked whose files the acting person may not open: they hold a seat, and nothing of them is opened."""
    hidden = hidden_ids("participant")
    return list(_booked(session).filter(participant_id__in=hidden).order_by("id")) if hidden else []


def _booked(session: Session) -> QuerySet[Attendance]:
    return Attendance.objects.filter(expected() | Q(mark=Mark.CANCELLED), session=session)


def bookable(session: Session) -> QuerySet[Enrollment]:
    """Active stays that began by the session's day and are not booked into it."""
    booked = Attendance.objects.order_by().filter(session=session).values("enrollment")
    active = Enrollment.objects.filter(status=Enrollment.Status.ACTIVE, placed_on__lte=session.held_on)
    return readable(active, participant="participant_id").exclude(pk__in=booked).select_related("participant")


def seats_taken(session: Session) -> int:
    return Attendance.objects.filter(expected(), session=session).count()


def attendance_of(enrollment: Enrollment) -> QuerySet[Attendance]:
    """Every record of one stay, latest session first, with its session, site and facilitator."""
    return (
        Attendance.objects.filter(enrollment=enrollment)
        .select_related("session__site", "session__facilitator")
        .order_by("-session__starts_at", "-id")
    )


def counted_attendance(enrollment_ids: Iterable[UUID]) -> list[Attended]:
    """What the people of these stays attended, in order of time. One statement."""
    rows = (
        Attendance.objects.filter(enrollment_id__in=list(enrollment_ids), mark__in=PRESENT)
        .select_related("session")
        .order_by("session__starts_at", "id")
    )
    return [
        Attended(row.enrollment_id, row.session.kind, row.session.held_on, row.session.name, row.minutes)
        for row in rows
    ]


@dataclass(frozen=True)
class Next:
    """The next session that a person is booked into."""

    name: str
    starts_at: datetime.datetime


def attended_and_next(
    enrollment_ids: Iterable[UUID], after: datetime.datetime
) -> tuple[list[Attended], dict[UUID, Next]]:
    """What the people of these stays attended, in order of time, and for each the next session after an instant that
    they are booked into. One statement, without the rows that a list does not show."""
    booked = Q(mark=Mark.BOOKED, session__state=State.SCHEDULED, session__starts_at__gt=after)
    rows = (
        Attendance.objects.filter(Q(mark__in=PRESENT) | booked, enrollment_id__in=list(enrollment_ids))
        .order_by("session__starts_at", "id")
        .values_list(
            "enrollment_id", "mark", "minutes",
            "session__kind", "session__held_on", "session__title", "session__starts_at",
        )
    )  # fmt: skip
    attended: list[Attended] = []
    upcoming: dict[UUID, Next] = {}
    for enrollment_id, mark, minutes, kind, held_on, title, starts_at in rows:
        name = title or Kind(kind).label
        if mark in PRESENT:
            attended.append(Attended(enrollment_id, kind, held_on, name, minutes))
        else:
            upcoming.setdefault(enrollment_id, Next(name, starts_at))
    return attended, upcoming


def sessions_like(enrollment: Enrollment, *, kind: str, held_on: datetime.date) -> QuerySet[Session]:
    """Sessions of one kind on one day that the person is on record for: perhaps the same one, logged twice."""
    return Session.objects.filter(attendances__enrollment=enrollment, kind=kind, held_on=held_on).exclude(
        state=State.CANCELLED
    )


def notes_of(participant: Participant, reader: User, permissions: frozenset[Permission]) -> QuerySet[Note]:
    """The notes that a reader may see, newest first: a privileged one only who keeps it and who supervises, and
    nobody in a file that is open by break-glass."""
    notes = Note.objects.filter(participant=participant).select_related("author", "keeper", "session")
    if participant.audit_subject in active_scope().opened:
        return notes.filter(visibility=Visibility.CASE)
    if Permission.READ_PRIVILEGED in permissions:
        return notes
    return notes.filter(Q(visibility=Visibility.CASE) | Q(keeper=reader))


def only_of(user: User, permissions: frozenset[Permission]) -> User | None:
    """Whose sessions a reader sees: everyone's (None) who schedules them, else only those that one runs oneself.

    A session with one person tells who is counselled, so a facilitator's reading ends at the own rosters.
    """
    return None if Permission.SCHEDULE_SESSIONS in permissions else user


def may_take(session: Session, user: User, permissions: frozenset[Permission]) -> bool:
    """Whoever schedules sessions takes any attendance; a facilitator only that of sessions they run."""
    if Permission.TAKE_ATTENDANCE not in permissions:
        return False
    return Permission.SCHEDULE_SESSIONS in permissions or session.facilitator_id == user.pk
