"""Rows of a case on its way to a stay: operation, referral, screening, offer, agreement."""

import datetime

from participants.consent.models import Agreement, ConsentText, Offer
from participants.consent.rules import Counsel, Decision, end_of_day
from participants.demo.making import Making
from participants.demo.story import AGENCY, Course, Wave, days
from participants.enrollment.models import Enrollment
from participants.handoffs.erasure import empty
from participants.handoffs.models import Handoff
from participants.operations.models import Operation
from participants.operations.rules import PlaceKind
from participants.referrals.actions import prepare
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.requirements.agreed import write_agreed
from participants.requirements.queries import track_asks
from participants.screening.models import CriteriaVersion, Review, Screening
from participants.screening.rules import Answer, decide

# A minor who came in the last days is still to be handed over.
WAITS = 7


class CaseRows:
    """Makes unsaved rows, inside the scope of the track."""

    def __init__(self, making: Making):
        self.making = making
        self.criteria = CriteriaVersion.objects.get()
        self.texts = {(text.kind, text.language): text for text in ConsentText.objects.all()}
        self.asked = write_agreed(track_asks())

    def operation(self, wave: Wave, sent: int) -> Operation:
        """An operation that has sent so many cases here. Of every fourth one the agency has told no counts."""
        counts = {}
        if wave.number % 4 != 3:
            arrested = sent + wave.number % 3
            counts = {"calls": 4 * arrested + 7, "came": arrested + 5, "arrested": arrested, "referred": sent}
        return Operation(
            id=self.making.ids.at(wave.operation_on),
            agency=AGENCY,
            name=f"Operation Clear Harbor {wave.number + 1}",
            held_on=wave.operation_on,
            place_kind=PlaceKind.values[wave.number % len(PlaceKind.values)],
            **counts,
        )

    def referral(self, course: Course, operation: Operation) -> Referral:
        person = course.person
        referral = prepare(
            today=self.making.today,
            operation=operation if course.from_operation else None,
            name=person.name,
            date_of_birth=person.date_of_birth,
            phone=person.phone,
            case_number=course.case_number,
            charge=course.charge,
            offense_on=course.offense_on,
            received_on=course.received_on,
            source=course.source,
            next_court_on=course.next_court_on,
            must_appear=course.must_appear,
            counsel_name=person.counsel_name,
            counsel_contact=person.counsel_contact,
            language=person.language,
            gender=person.gender,
            race=person.race,
        )
        referral.pk = self.making.ids.at(course.received_on)
        referral.status = course.status
        return referral

    def handoff(self, course: Course, referral: Referral) -> Handoff | None:
        """The hand-off of a minor, made on the day after receipt; the referral is emptied. None while it waits."""
        day = course.received_on + days(1)
        if referral.status != Status.STOPPED or self.making.today - day < days(WAITS):
            return None
        empty(referral)
        referral.status = Status.HANDED_OFF
        at = self.making.hour_of(day, course.number)
        worker = self.making.staff["intake_clerk"]
        return Handoff(
            id=self.making.ids.at(day),
            referral=referral,
            adult_now=False,
            started_at=at,
            started_by=worker,
            report=Handoff.Report.REPORTED,
            told_at=at,
            told_to="Abuse hotline",
            report_number=f"DEMO-{course.number:06d}",
            done_at=at,
            done_by=worker,
        )

    def screening(self, course: Course, referral: Referral) -> Screening:
        criteria = self.criteria.criteria
        answers = {criterion["key"]: criterion["wanted"] for criterion in criteria}
        if course.status == Status.INELIGIBLE:
            against = self.making.rng.choice(criteria)
            answers[against["key"]] = "no" if against["wanted"] == "yes" else "yes"
        age = referral.age_at_offense
        decision = decide(criteria, answers, age_at_offense=age, age_today=age)
        return Screening(
            id=self.making.ids.at(course.screened_on),
            referral=referral,
            criteria_version=self.criteria,
            answers=answers,
            eligible=decision.eligible,
            reasons=list(decision.reasons),
            decided_on=course.screened_on,
            decided_by=self.making.staff["intake_clerk"],
            version=1,
        )

    def open_screening(self, course: Course, referral: Referral) -> Screening:
        """One that was begun on the day of receipt, with one answer still to be found out."""
        keys = [criterion["key"] for criterion in self.criteria.criteria]
        answers = {criterion["key"]: criterion["wanted"] for criterion in self.criteria.criteria}
        asked = keys[course.number % len(keys)]
        return Screening(
            id=self.making.ids.at(course.received_on),
            referral=referral,
            criteria_version=self.criteria,
            answers=answers | {asked: Answer.UNKNOWN},
            notes={asked: "Asked the clerk of court."},
            eligible=None,
            reasons=[],
            decided_by=self.making.staff["intake_clerk"],
            version=1,
        )

    def second_look(self, course: Course, screening: Screening, *, decided: bool) -> Review:
        """What a person asked for the day after the screening; decided on the same day, by a manager, or waiting."""
        day = min(course.screened_on + days(1), self.making.today)
        review = Review(
            id=self.making.ids.at(day),
            screening=screening,
            kind=Review.Kind.SECOND_LOOK,
            asked_on=day,
            asked_by=self.making.staff["intake_clerk"],
            request="I was told that this was another case.",
            eligible_before=False,
        )
        if decided:
            review.eligible_after, review.decided_on = False, day
            review.decided_by = self.making.staff["manager"]
            review.against = [criterion["key"] for criterion in screening.not_met]
            review.reason = "Compared with the court's docket: the case is the one that was sent."
        return review

    def offer(self, course: Course, referral: Referral) -> Offer:
        return Offer(
            id=self.making.ids.at(course.offered_on),
            referral=referral,
            text=self.texts[ConsentText.Kind.OFFER, course.person.language],
            language=course.person.language,
            place=course.place,
            made_at=self.making.hour_of(course.offered_on, course.number),
            made_on=course.offered_on,
            explained_by=self.making.staff["intake_clerk"],
            decide_by=course.decide_by,
            counsel=course.counsel,
            counsel_on=course.counsel_on,
            counsel_name=course.person.counsel_name if course.counsel == Counsel.CONSULTED else "",
            decision=course.answer,
            decided_at=self._decided_at(course),
            accepted_at=self._decided_at(course) if course.answer == Decision.ACCEPTED else None,
            decided_on=course.answered_on,
        )

    def _decided_at(self, course: Course) -> datetime.datetime | None:
        if course.answer == Decision.LAPSED:
            return end_of_day(course.decide_by, self.making.track.program.zone)
        return course.answered_on and self.making.hour_of(course.answered_on, course.number)

    def agreement(self, course: Course, referral: Referral, offer: Offer) -> Agreement:
        ends_on = course.signed_on + days(self.making.track.rules.term_days)
        left = course.exit.type == Enrollment.Status.WITHDREW and not course.exit.detail
        return Agreement(
            id=self.making.ids.at(course.signed_on),
            referral=referral,
            offer=offer,
            text=self.texts[ConsentText.Kind.AGREEMENT, course.person.language],
            language=course.person.language,
            signed_at=self.making.hour_of(course.signed_on, course.number),
            signed_on=course.signed_on,
            requirements=self.asked,
            speedy_trial_waived=True,
            waived_until=ends_on,
            term_ends_on=ends_on,
            withdrawn_on=course.exit.exited_on if left else None,
            recorded_by=self.making.staff["intake_clerk"],
        )
