"""Rows of a stay: participant, enrollment, requirements, sessions and attendance, notes, and the end."""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal

from participants.completion.models import Disposition, ExitProposal, Recommendation
from participants.completion.rules import Decision, Disposed, Reason, Recommended
from participants.consent.models import Agreement
from participants.demo.making import Making
from participants.demo.stays import SITES, Meeting, Presence, Stay
from participants.demo.story import Course
from participants.enrollment.models import Enrollment
from participants.people.models import Participant
from participants.referrals.models import Referral
from participants.requirements.models import Credit, Requirement, RequirementTemplate
from participants.sessions.models import Attendance, Note, Session, Site
from participants.sessions.rules import Mark, State, instant

MISSED = "Missed three classes and did not answer two letters that offered other dates."
HEARD = "Says that the letters went to an old address, and that work allowed no evening classes."
UPHELD = "The letters were sent to the address on file; make-up classes on two weekends were offered."
OUTSIDE = "Told by counsel; the papers are on file."


class StayRows:
    """Makes unsaved rows, inside the scope of the track; its sites are saved at once."""

    def __init__(self, making: Making):
        self.making = making
        self.templates = list(RequirementTemplate.objects.filter(in_use=True, quantity__gt=0))
        self.sites = Site.objects.bulk_create(
            Site(id=making.ids.at(making.today), name=name, address=address)
            for name, address in SITES[making.track.kind]
        )

    def batches(
        self,
        meetings: list[Meeting],
        stays: list[Stay],
        referrals: Mapping[int, Referral],
        agreements: Mapping[int, Agreement],
    ) -> list[list]:
        """The batches of everything that hangs on a stay, in the order in which they can be written."""
        people, enrollments, asked, credits, attendances, notes, ends = ([] for _ in range(7))
        said, decided = [], []
        held = dict.fromkeys(presence.meeting for stay in stays for presence in stay.presences)
        held |= dict.fromkeys(meeting for meeting in meetings if meeting.on >= self.making.today)
        sessions = {meeting: self._session(meeting) for meeting in held}
        for stay in stays:
            course, number = stay.course, stay.course.number
            people.append(self._participant(course))
            enrollments.append(self._enrollment(stay, people[-1], referrals[number], agreements[number]))
            mine = (people[-1], enrollments[-1])
            requirements = self._requirements(stay, *mine)
            asked += requirements.values()
            credits += [
                Credit(
                    id=self.making.ids.at(payment.on),
                    requirement=requirements[payment.kind],
                    participant=mine[0],
                    quantity=Decimal(payment.quantity),
                    earned_on=payment.on,
                    note=payment.proof,
                    recorded_by=self.making.staff[stay.caseworker],
                    recorded_at=self.making.afternoon(payment.on),
                )
                for payment in stay.payments
            ]
            attendances += [self._attendance(presence, sessions, *mine) for presence in stay.presences]
            notes += [
                Note(
                    id=self.making.ids.at(remark.on),
                    participant=mine[0],
                    session=sessions[remark.meeting] if remark.meeting else None,
                    author=self.making.staff[remark.staff],
                    keeper=self.making.staff[remark.staff],
                    visibility=remark.visibility,
                    text=remark.text,
                    written_at=self.making.afternoon(remark.on),
                )
                for remark in stay.remarks
            ]
            if course.exit.proposed_on:
                ends.append(self._proposal(stay, *mine))
            said += self._recommendation(course, *mine)
            decided += self._disposition(course, referrals[number])
        return [
            people,
            enrollments,
            asked,
            credits,
            list(sessions.values()),
            attendances,
            notes,
            ends,
            said,
            decided,
        ]

    def _participant(self, course: Course) -> Participant:
        person = course.person
        return Participant(
            id=self.making.ids.at(course.placed_on),
            reference=self.making.ids.reference(),
            name=person.name,
            preferred_name=person.preferred_name,
            date_of_birth=person.date_of_birth,
            phone=person.phone,
            safe_contact=person.safe_contact,
            language=person.language,
            gender=person.gender,
            race=person.race,
            version=1 if person.preferred_name or person.safe_contact else 0,
        )

    def _enrollment(self, stay: Stay, participant: Participant, referral: Referral, agreement: Agreement) -> Enrollment:
        course = stay.course
        ended = course.exit.exited_on is not None
        return Enrollment(
            id=self.making.ids.at(course.placed_on),
            participant=participant,
            referral=referral,
            agreement=agreement,
            caseworker=self.making.staff[stay.caseworker],
            placed_on=course.placed_on,
            term_ends_on=agreement.term_ends_on,
            status=course.exit.type if ended else Enrollment.Status.ACTIVE,
            exited_on=course.exit.exited_on,
            exit_detail=course.exit.detail if ended else "",
            requirements_met_on=course.exit.met_on,
        )

    def _requirements(self, stay: Stay, participant: Participant, enrollment: Enrollment) -> dict[str, Requirement]:
        """What the templates ask, by kind, with what was reduced or waived."""
        asked = {
            template.kind: Requirement(
                id=self.making.ids.at(stay.course.placed_on),
                enrollment=enrollment,
                participant=participant,
                kind=template.kind,
                quantity=template.quantity,
                service=template.service,
                basis=template.basis,
                position=template.position,
            )
            for template in self.templates
        }
        for relief in stay.reliefs:
            requirement = asked[relief.kind]
            if relief.quantity is None:
                requirement.waived_on = relief.on
            else:
                requirement.reduced_from, requirement.quantity = requirement.quantity, Decimal(relief.quantity)
            requirement.change_reason = relief.reason
            requirement.changed_by = self.making.staff["manager"]
            requirement.version = 1
        return asked

    def _session(self, meeting: Meeting) -> Session:
        starts_at = instant(meeting.on, meeting.starts, self.making.track.program.zone)
        return Session(
            id=self.making.ids.at(meeting.on),
            kind=meeting.kind,
            title=meeting.title,
            held_on=meeting.on,
            starts_at=starts_at,
            ends_at=starts_at + datetime.timedelta(minutes=meeting.minutes),
            site=None if meeting.site is None else self.sites[meeting.site],
            facilitator=self.making.staff[meeting.staff],
            language=meeting.language,
            capacity=meeting.seats,
            state=State.HELD if meeting.taken else State.SCHEDULED,
        )

    def _attendance(
        self, presence: Presence, sessions: Mapping[Meeting, Session], participant: Participant, enrollment: Enrollment
    ) -> Attendance:
        meeting, session = presence.meeting, sessions[presence.meeting]
        taken = presence.mark != Mark.BOOKED
        return Attendance(
            id=self.making.ids.at(meeting.on),
            session=session,
            enrollment=enrollment,
            participant=participant,
            mark=presence.mark,
            minutes=presence.minutes,
            reason=presence.reason,
            recorded_by=session.facilitator if taken else None,
            recorded_at=session.ends_at if taken else None,
            version=1 if taken else 0,
        )

    def _proposal(self, stay: Stay, participant: Participant, enrollment: Enrollment) -> ExitProposal:
        end = stay.course.exit
        notice = {}
        if end.type == Enrollment.Status.TERMINATED:
            notice = {
                "reason_codes": [Reason.MISSED],
                "reasons": MISSED,
                "notice_on": end.proposed_on,
                "contest_by": end.contest_by,
                "statement": HEARD if end.statement_on else "",
                "statement_on": end.statement_on,
                "decision_reason": UPHELD if end.exited_on else "",
            }
        elif end.type == Enrollment.Status.NEUTRAL:
            notice = {"exit_detail": end.detail, "reasons": OUTSIDE}
        return ExitProposal(
            id=self.making.ids.at(end.proposed_on),
            enrollment=enrollment,
            participant=participant,
            exit_type=end.type,
            proposed_by=self.making.staff[stay.caseworker],
            proposed_on=end.proposed_on,
            decision=Decision.APPROVED if end.exited_on else Decision.WAITING,
            decided_by=self.making.staff["manager"] if end.exited_on else None,
            decided_on=end.exited_on,
            **notice,
        )

    def _recommendation(
        self, course: Course, participant: Participant, enrollment: Enrollment
    ) -> Iterable[Recommendation]:
        if course.exit.recommended_on:
            completed = course.exit.type == Enrollment.Status.COMPLETED
            yield Recommendation(
                id=self.making.ids.at(course.exit.recommended_on),
                enrollment=enrollment,
                participant=participant,
                recommended=Recommended.DISMISSAL if completed else Recommended.REVERT,
                made_on=course.exit.recommended_on,
                made_by=self.making.staff["manager"],
            )

    def _disposition(self, course: Course, referral: Referral) -> Iterable[Disposition]:
        if course.exit.disposed_on:
            completed = course.exit.type == Enrollment.Status.COMPLETED
            yield Disposition(
                id=self.making.ids.at(course.exit.disposed_on),
                referral=referral,
                disposed=Disposed.NOLLE_PROSEQUI if completed else Disposed.PROSECUTED,
                decided_on=course.exit.disposed_on,
                recorded_by=self.making.staff["liaison"],
            )
