"""Steps of a stay towards its end, by the program's own actions. Each opens the track itself."""

import datetime
from decimal import Decimal

from participants.completion.actions import (
    decide_exit,
    give_termination_notice,
    propose_completion,
    propose_neutral,
    withdraw,
)
from participants.completion.models import ExitProposal
from participants.enrollment.models import Enrollment
from participants.requirements.actions import adjust_requirement, record_credit
from participants.requirements.models import Requirement
from participants.sessions.actions import Entry, book, log_individual, schedule_session, take_attendance
from participants.sessions.models import Attendance, Session
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from tests import builders
from tests.cast import Cast

# The stays of `builders` are placed on 12 March 2026.
MET = datetime.date(2026, 4, 20)
TODAY = datetime.date(2026, 5, 4)
CONTEST_BY = datetime.date(2026, 5, 18)
AFTER = datetime.date(2026, 5, 19)
NOW = datetime.datetime(2026, 5, 4, 15, tzinfo=datetime.UTC)


def inside(track: Track):
    return in_track(track, write=True)


def fresh(row):
    """The row as it lies in the database."""
    return type(row).objects.get(pk=row.pk)


def requirement_of(stay: Enrollment, kind: str) -> Requirement:
    return Requirement.objects.get(enrollment=stay, kind=kind)


def attend_class(cast: Cast, stay: Enrollment, *, on: datetime.date = MET) -> None:
    """Eight hours of class on one day."""
    by = cast.education_caseworker
    with inside(cast.education):
        session = schedule_session(
            kind="class",
            held_on=on,
            starts=datetime.time(9),
            ends=datetime.time(17),
            facilitator=cast.education_facilitator,
            today=on,
            by=by,
        )
        (attendance,) = book(session=session, enrollments=[stay], by=by)
        take_attendance(
            session=session,
            version=session.version,
            entries=[Entry(attendance.pk, "attended", 480)],
            today=on,
            now=NOW,
            by=by,
        )


def correct_to_no_show(cast: Cast) -> None:
    """The only attendance on record was a mistake."""
    with inside(cast.education):
        session, attendance = Session.objects.get(), Attendance.objects.get()
        take_attendance(
            session=session,
            version=session.version,
            entries=[Entry(attendance.pk, "no_show", version=attendance.version)],
            today=TODAY,
            now=NOW,
            by=cast.education_caseworker,
        )


def serve_hours(cast: Cast, stay: Enrollment, *, on: datetime.date = MET) -> None:
    """Twenty hours of community service."""
    with inside(cast.education):
        record_credit(
            requirement=requirement_of(stay, "community_service_hours"),
            quantity=Decimal(20),
            earned_on=on,
            today=on,
            now=NOW,
            by=cast.education_caseworker,
        )


def come_by(cast: Cast, stay: Enrollment, *, times: int = 6, until: datetime.date = MET) -> None:
    """Sessions of the person's own choice, the last one on `until`."""
    with inside(cast.services):
        for position in range(times):
            on = until - datetime.timedelta(days=position)
            log_individual(
                enrollment=stay,
                kind="individual",
                held_on=on,
                starts=datetime.time(10),
                minutes=50,
                today=on,
                now=NOW,
                by=cast.services_caseworker,
            )


def waive(cast: Cast, track: Track, stay: Enrollment, kind: str) -> None:
    with inside(track):
        requirement = requirement_of(stay, kind)
        adjust_requirement(
            requirement=requirement,
            version=requirement.version,
            waive=True,
            reason="Not possible with the person's health.",
            today=MET,
            by=builders.staff(cast, track, "manager"),
        )


def make_met(cast: Cast, track: Track) -> Enrollment:
    """A stay with everything met that completion waits for; in education the fee is not paid."""
    stay = builders.make_enrollment(cast, track)
    if track == cast.services:
        come_by(cast, stay)
    else:
        attend_class(cast, stay)
        serve_hours(cast, stay)
    return stay


def make_proposed(cast: Cast, track: Track, *, stay: Enrollment | None = None, today=TODAY) -> ExitProposal:
    """A completion that the caseworker proposed."""
    stay = stay or make_met(cast, track)
    with inside(track):
        return propose_completion(enrollment=stay, today=today, by=builders.staff(cast, track, "caseworker"))


def make_neutral(cast: Cast, track: Track, *, stay: Enrollment | None = None, **over) -> ExitProposal:
    stay = stay or builders.make_enrollment(cast, track)
    values = {"detail": "transfer", "reasons": "Moved to another county.", "today": TODAY}
    with inside(track):
        return propose_neutral(enrollment=stay, **values | over, by=builders.staff(cast, track, "caseworker"))


NOTICE = {
    "reason_codes": ["missed_sessions", "fee"],
    "reasons": "Three classes missed, no make-up taken.",
    "notice_on": TODAY,
    "contest_by": CONTEST_BY,
    "today": TODAY,
}


def make_notice(cast: Cast, *, stay: Enrollment | None = None, **over) -> ExitProposal:
    """A notice of termination that the education caseworker gave."""
    stay = stay or builders.make_enrollment(cast, cast.education)
    with inside(cast.education):
        return give_termination_notice(enrollment=stay, **NOTICE | over, by=cast.education_caseworker)


def make_completed(cast: Cast, track: Track, *, stay: Enrollment | None = None) -> Enrollment:
    """A stay whose completion the manager approved."""
    proposal = make_proposed(cast, track, stay=stay)
    with inside(track):
        decide_exit(proposal=proposal, approve=True, reason="", today=TODAY, by=builders.staff(cast, track, "manager"))
        return Enrollment.objects.get(pk=proposal.enrollment_id)


def make_terminated(cast: Cast) -> Enrollment:
    proposal = make_notice(cast)
    with inside(cast.education):
        decide_exit(proposal=proposal, approve=True, reason="As in the notice.", today=AFTER, by=cast.education_manager)
        return Enrollment.objects.get(pk=proposal.enrollment_id)


def make_withdrawn(cast: Cast, track: Track, *, stay: Enrollment | None = None, **over) -> Enrollment:
    stay = stay or builders.make_enrollment(cast, track)
    values = {"on": TODAY, "today": TODAY}
    with inside(track):
        return withdraw(enrollment=stay, **values | over, by=builders.staff(cast, track, "caseworker"))
