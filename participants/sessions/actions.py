"""Writers of sites, sessions, bookings, attendance and notes."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.formats import date_format

from participants.audit.actions import record
from participants.audit.changes import keep_all
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError, check_same, saved_before
from participants.people.models import Participant
from participants.people.restrictions import readable
from participants.sessions import rules
from participants.sessions.models import Attendance, Note, Session, Site
from participants.sessions.queries import seats_taken, sessions_like
from participants.sessions.rules import Mark, State, Visibility
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.tracks.models import new_id
from participants.tracks.scope import active_track

# The fields that taking attendance writes.
TAKEN = ("mark", "minutes", "reason", "recorded_by", "recorded_at", "version")


@dataclass(frozen=True)
class Entry:
    """What someone wants to record of one person. `version` is that of the attendance on their page."""

    attendance_id: UUID
    mark: str
    minutes: int | None = None
    reason: str = ""
    version: int = 0


class RecordedMeanwhile(ProgramError):
    """Someone else changed marks since the page was opened. `rows` are those, as they are now."""

    def __init__(self, rows: list[Attendance]):
        super().__init__("Someone else recorded attendance since you opened this page. Nothing was overwritten.")
        self.rows = rows


class LikelyDouble(ProgramError):
    """The same person has a session of this kind on this day already; saving it again needs a yes."""


@transaction.atomic
def add_site(*, name: str, address: str = "", by: User, row_id: UUID | None = None) -> Site:
    """A place of this track. Raises ProgramError when the track has one of this name.

    Here and below, the same `row_id` with the same content is the same form sent twice, with other content refused.
    """
    name, address = " ".join(name.split()), " ".join(address.split())
    if not name:
        raise ProgramError("Enter a name.", field="name")
    if Site.objects.filter(name__iexact=name).exclude(pk=row_id).exists():
        raise ProgramError("There is a site with this name already.", field="name")
    values = {"name": name, "address": address}
    site, added = Site.objects.get_or_create(pk=row_id or new_id(), defaults=values)
    if added:
        record("site.added", by=by, subjects=[site], fields=["name", "address"])
    else:
        check_same(site, values, f"The site saved then is {site.name}, in the list of sites.")
    return site


@transaction.atomic
def schedule_session(
    *,
    kind: str,
    held_on: datetime.date,
    starts: datetime.time,
    ends: datetime.time,
    facilitator: User,
    title: str = "",
    site: Site | None = None,
    language: str = "en",
    capacity: int | None = None,
    today: datetime.date,
    by: User,
    row_id: UUID | None = None,
) -> Session:
    """A session on a local day, from `starts` to `ends` of the program's clock.

    Raises ProgramError for a kind that the track does not hold, times that do not exist or are reversed, a
    facilitator who may not take attendance, a closed site, or an impossible number of seats.
    """
    track = active_track()
    _check_kind(kind, track.rules.session_kinds)
    rules.check_day(held_on, today)
    rules.check_seats(capacity)
    starts_at, ends_at = rules.planned_times(held_on, starts, ends, track.program.zone)
    if not staff_with(Permission.TAKE_ATTENDANCE, track=track, on=today).filter(pk=facilitator.pk).exists():
        raise ProgramError(f"{facilitator.name} does not take attendance in this track.", field="facilitator")
    if site is not None and not site.is_open:
        raise ProgramError("This site is not in use any more.", field="site")
    values = {
        "kind": kind,
        "title": " ".join(title.split()),
        "held_on": held_on,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "site_id": site.pk if site else None,
        "facilitator_id": facilitator.pk,
        "language": language,
        "capacity": capacity,
    }
    session, added = Session.objects.get_or_create(pk=row_id or new_id(), defaults=values)
    if added:
        record("session.scheduled", by=by, subjects=[session], detail={"kind": kind})
    else:
        where = f"The session saved then is {session.name} on {date_format(session.held_on)}, in the schedule."
        check_same(session, values, where)
    return session


def _check_kind(kind: str, allowed: Iterable[str]) -> None:
    if kind not in set(allowed):
        raise ProgramError("This track holds no sessions of this kind.", field="kind")


def locked(session: Session) -> Session:
    """The session as it is now, held until the transaction ends, so that seats and marks are counted in turn."""
    return Session.objects.select_for_update().get(pk=session.pk)


@transaction.atomic
def book(*, session: Session, enrollments: Iterable[Enrollment], by: User) -> list[Attendance]:
    """Book people into a session; who is booked already is passed over. Returns the new bookings.

    All or nobody: raises ProgramError when the session is cancelled, someone's stay is not active or began
    later, or the seats do not suffice.
    """
    wanted = {enrollment.pk for enrollment in enrollments}
    if not wanted:
        raise ProgramError("Choose at least one person.", field="people")
    session = locked(session)
    if session.state == State.CANCELLED:
        raise ProgramError("This session is cancelled. Nobody can be booked into it.")
    booked = set(Attendance.objects.filter(session=session).values_list("enrollment_id", flat=True))
    new = wanted - booked
    # Read again under the lock: a stay may have ended since the page was shown.
    active = Enrollment.objects.filter(pk__in=new, status=Enrollment.Status.ACTIVE, placed_on__lte=session.held_on)
    stays = list(readable(active, participant="participant_id"))
    if len(stays) < len(new):
        raise ProgramError("Someone chosen has no active stay on the day of the session. Choose again.", field="people")
    if not new:
        return []
    _check_room(session, seats_taken(session), len(new))
    attendances = Attendance.objects.bulk_create(
        Attendance(session=session, enrollment=stay, participant_id=stay.participant_id) for stay in stays
    )
    record("session.booked", by=by, subjects=[session, *attendances], detail={"count": len(attendances)})
    return attendances


def _check_room(session: Session, taken: int, asked: int) -> None:
    seats = rules.MOST_SEATS if session.capacity is None else session.capacity
    free = max(seats - taken, 0)
    if asked <= free:
        return
    if not free:
        full = "The only seat is taken." if seats == 1 else f"All {seats} seats are taken."
        raise ProgramError(full, field="people")
    left = "1 seat is" if free == 1 else f"{free} seats are"
    raise ProgramError(f"Only {left} free, and you chose {asked} people.", field="people")


@transaction.atomic
def take_attendance(
    *, session: Session, version: int, entries: list[Entry], today: datetime.date, now: datetime.datetime, by: User
) -> list[Attendance]:
    """Record marks of a session at once; returns the rows that changed. The first one makes the session held.

    One lock, one read, one write, whatever the number of people. Rows whose values are recorded already are left
    alone, so saving twice is harmless. Raises ProgramError for a session to come, cancelled or changed, and for
    minutes beyond those planned; RecordedMeanwhile when someone else changed rows since they were read, and then
    nothing is written.
    """
    session = locked(session)
    _check_takeable(session, version, today)
    planned = session.planned_minutes
    wanted = {
        entry.attendance_id: (entry.version, rules.settled(entry.mark, entry.minutes, entry.reason, planned))
        for entry in entries
    }
    rows = readable(Attendance.objects.filter(session=session, pk__in=list(wanted)), participant="participant_id")
    found = {row.pk: row for row in rows.select_related("participant", "recorded_by", "enrollment").order_by("id")}
    if wanted.keys() - found.keys():
        raise ProgramError("Someone on your list is not booked into this session. Open it again.")
    changed = [row for row in found.values() if (row.mark, row.minutes, row.reason) != wanted[row.pk][1]]
    overtaken = [row for row in changed if row.version != wanted[row.pk][0]]
    if overtaken:
        raise RecordedMeanwhile(overtaken)
    if not changed:
        return []
    corrected = [(row, _marked(row)) for row in changed if row.recorded_at is not None]
    for row in changed:
        row.session = session
        row.mark, row.minutes, row.reason = wanted[row.pk][1]
        row.recorded_by, row.recorded_at = by, now
        row.version += 1
    # `bulk_update` cannot seal the reasons; an insert that meets its own row seals and updates it.
    Attendance.objects.bulk_create(changed, update_conflicts=True, unique_fields=["id"], update_fields=TAKEN)
    if session.state == State.SCHEDULED:
        session.state = State.HELD
        session.save(update_fields=("state",))
    record(
        "attendance.taken",
        by=by,
        subjects=[session, *changed],
        fields=["mark", "minutes", "reason"],
        detail={"count": len(changed)},
    )
    keep_all(corrected, by=by, at=now)
    return changed


def _marked(row: Attendance) -> dict:
    """What is recorded of one person at a session, before it is corrected."""
    return {name: getattr(row, name) for name in ("mark", "minutes", "reason")}


def _check_takeable(session: Session, version: int, today: datetime.date) -> None:
    if session.state == State.CANCELLED:
        raise ProgramError("This session is cancelled. There is no attendance to record.")
    if session.held_on > today:
        raise ProgramError("This session is still to come. Attendance is taken on the day.")
    if session.version != version:
        raise ProgramError("This session was changed since you opened it. Check what it says now and save again.")


@transaction.atomic
def cancel_session(*, session: Session, now: datetime.datetime, by: User) -> Session:
    """Cancel a session that was not held; everyone booked is marked cancelled. Doing it twice is harmless."""
    session = locked(session)
    if session.state == State.CANCELLED:
        return session
    if session.state == State.HELD:
        raise ProgramError("Attendance of this session is recorded, so it cannot be cancelled.")
    attendances = list(Attendance.objects.filter(session=session).only("id", "track_id", "participant_id"))
    Attendance.objects.filter(session=session).update(
        mark=Mark.CANCELLED, minutes=None, recorded_by=by, recorded_at=now, version=F("version") + 1
    )
    session.state = State.CANCELLED
    session.version += 1
    session.save(update_fields=("state", "version"))
    record("session.cancelled", by=by, subjects=[session, *attendances], detail={"count": len(attendances)})
    return session


@transaction.atomic
def log_individual(
    *,
    enrollment: Enrollment,
    kind: str,
    held_on: datetime.date,
    starts: datetime.time,
    minutes: int,
    note: str = "",
    visibility: str = "",
    again: bool = False,
    today: datetime.date,
    now: datetime.datetime,
    by: User,
    row_id: UUID | None = None,
) -> Session:
    """A session with one person that took place: session, attendance and perhaps a note, at once.

    `visibility` of the note is the track's default when empty. Raises ProgramError for a day to come or before
    the placement, and LikelyDouble when the same kind is on record for that day, unless `again` says it is meant.
    """
    track = active_track()
    _check_kind(kind, set(track.rules.session_kinds) & set(rules.LOGGED))
    if held_on > today:
        raise ProgramError("This day is still to come. Schedule the session instead.", field="held_on")
    if not 1 <= minutes <= rules.LONGEST_MINUTES:
        raise ProgramError(f"Enter 1 to {rules.LONGEST_MINUTES} minutes.", field="minutes")
    starts_at = rules.instant(held_on, starts, track.program.zone)
    # Two people logging for one person take turns, so that the second is asked about the first's.
    stays = readable(Enrollment.objects.all(), participant="participant_id").filter(pk=enrollment.pk)
    enrollment = stays.select_for_update(of=("self",)).select_related("participant").first()
    if enrollment is None:
        raise ProgramError("Choose a person whose stay is active.", field="person")
    ends_at = starts_at + datetime.timedelta(minutes=minutes)
    visibility = visibility or track.rules.note_visibility
    if row_id is not None and (written := Session.objects.filter(pk=row_id).first()) is not None:
        values = {"kind": kind, "held_on": held_on, "starts_at": starts_at, "ends_at": ends_at}
        _check_same_log(written, values, enrollment, note.strip(), visibility)
        return written
    if not enrollment.is_active:
        raise ProgramError("This person's stay has ended.", field="person")
    if held_on < enrollment.placed_on:
        raise ProgramError(
            f"This is before the person was placed, on {date_format(enrollment.placed_on)}.", field="held_on"
        )
    if not again and (double := sessions_like(enrollment, kind=kind, held_on=held_on).order_by("starts_at").first()):
        raise LikelyDouble(_double_sentence(double), field="again")
    session = Session.objects.create(
        pk=row_id or new_id(),
        kind=kind,
        held_on=held_on,
        starts_at=starts_at,
        ends_at=ends_at,
        facilitator=by,
        language=enrollment.participant.language,
        capacity=1,
        state=State.HELD,
    )
    attendance = Attendance.objects.create(
        session=session,
        enrollment=enrollment,
        participant=enrollment.participant,
        mark=Mark.ATTENDED,
        minutes=minutes,
        recorded_by=by,
        recorded_at=now,
        version=1,
    )
    record("session.logged", by=by, subjects=[session, attendance], detail={"kind": kind})
    if note.strip():
        write_note(
            participant=enrollment.participant,
            session=session,
            text=note,
            visibility=visibility,
            now=now,
            by=by,
        )
    return session


def _check_same_log(written: Session, values: dict, enrollment: Enrollment, text: str, visibility: str) -> None:
    attendance = Attendance.objects.select_related("participant").get(session=written)
    where = f"The session saved then is on the file of {attendance.participant.reference}."
    check_same(written, values, where)
    check_same(attendance, {"enrollment_id": enrollment.pk}, where)
    note = Note.objects.filter(session=written).order_by("written_at", "id").first()
    if note is None and text:
        raise saved_before(where)
    if note is not None:
        check_same(note, {"keeper_id": written.facilitator_id, "visibility": visibility, "text": text}, where)


def _double_sentence(session: Session) -> str:
    at = session.starts_at.astimezone(active_track().program.zone)
    return (
        f"This person already has a session of this kind that day: {session.name}, {rules.clock(at)}, "
        f"{rules.in_minutes(session.planned_minutes)}. If this is another one, tick the box and save again."
    )


@transaction.atomic
def write_note(
    *,
    participant: Participant,
    session: Session | None = None,
    text: str,
    visibility: str,
    now: datetime.datetime,
    by: User,
    row_id: UUID | None = None,
) -> Note:
    """A note on a person's file. Raises ProgramError when it is empty or too long."""
    text = text.strip()
    longest = Note._meta.get_field("text").max_length
    if not text:
        raise ProgramError("Write something first.", field="text")
    if len(text) > longest:
        raise ProgramError(f"A note has at most {longest} characters; this one has {len(text)}.", field="text")
    if visibility not in Visibility.values:
        raise ProgramError("Choose who may read the note.", field="visibility")
    values = {
        "participant_id": participant.pk,
        "session_id": session.pk if session else None,
        "author_id": by.pk,
        "keeper_id": by.pk,
        "visibility": visibility,
        "text": text,
    }
    note, added = Note.objects.select_related("participant").get_or_create(
        pk=row_id or new_id(), defaults={**values, "written_at": now}
    )
    if added:
        record("note.written", by=by, subjects=[note, participant], fields=["text"], detail={"visibility": visibility})
    else:
        check_same(note, values, f"The note saved then is on the file of {note.participant.reference}.")
    return note
