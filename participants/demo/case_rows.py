"""Rows of a case on its way to a stay: operation, referral, screening, offer, agreement."""

from participants.consent.models import Agreement, ConsentText, Offer
from participants.demo.making import Making
from participants.demo.story import AGENCY, Course, Wave, days
from participants.enrollment.models import Enrollment
from participants.referrals.actions import prepare
from participants.referrals.models import Operation, Referral
from participants.referrals.rules import Status
from participants.screening.models import CriteriaVersion, Screening
from participants.screening.rules import decide


class CaseRows:
    """Makes unsaved rows, inside the scope of the track."""

    def __init__(self, making: Making):
        self.making = making
        self.criteria = CriteriaVersion.objects.get()
        self.texts = {(text.kind, text.language): text for text in ConsentText.objects.all()}

    def operation(self, wave: Wave) -> Operation:
        return Operation(
            id=self.making.ids.at(wave.operation_on),
            agency=AGENCY,
            name=f"Operation Clear Harbor {wave.number + 1}",
            held_on=wave.operation_on,
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
        )

    def offer(self, course: Course, referral: Referral) -> Offer:
        return Offer(
            id=self.making.ids.at(course.offered_on),
            referral=referral,
            text=self.texts[ConsentText.Kind.OFFER, course.person.language],
            language=course.person.language,
            place=course.place,
            made_on=course.offered_on,
            explained_by=self.making.staff["intake_clerk"],
            decide_by=course.decide_by,
            counsel=course.counsel,
            counsel_on=course.counsel_on,
            decision=course.answer,
            decided_on=course.answered_on,
        )

    def agreement(self, course: Course, referral: Referral, offer: Offer) -> Agreement:
        ends_on = course.signed_on + days(self.making.track.rules.term_days)
        left = course.exit.type == Enrollment.Status.WITHDREW and not course.exit.detail
        return Agreement(
            id=self.making.ids.at(course.signed_on),
            referral=referral,
            offer=offer,
            text=self.texts[ConsentText.Kind.AGREEMENT, course.person.language],
            language=course.person.language,
            signed_on=course.signed_on,
            speedy_trial_waived=True,
            waived_until=ends_on,
            term_ends_on=ends_on,
            withdrawn_on=course.exit.exited_on if left else None,
            recorded_by=self.making.staff["intake_clerk"],
        )
