"""The story written in batches: the rows that the actions would have written, in a fraction of the time.

One wave of one track at a time, inside the track's scope; sealed fields seal as everywhere.
"""

import uuid
from collections.abc import Iterable

from participants.audit.actions import record
from participants.demo.case_rows import CaseRows
from participants.demo.making import Making
from participants.demo.stay_rows import StayRows
from participants.demo.stays import Meeting, Stay
from participants.demo.story import Course, Wave
from participants.enrollment.models import Enrollment
from participants.people.models import SearchToken
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.vault.tokens import index_tokens


class TrackWriter:
    """Writes the waves of one track. Made inside its scope, and used there."""

    def __init__(self, making: Making):
        self.track = making.track
        self.cases = CaseRows(making)
        self.stays = StayRows(making)
        record("demo.loaded", detail={"site": len(self.stays.sites)})

    def write(self, wave: Wave, courses: list[Course], meetings: list[Meeting], stays: list[Stay]) -> None:
        """All rows of one wave, and one event that names the records."""
        batches: list[list] = []
        sent = sum(course.from_operation for course in courses)
        operation = self.cases.operation(wave, sent)
        if sent:
            batches.append([operation])
        referrals = {course.number: self.cases.referral(course, operation) for course in courses}
        handoffs = [self.cases.handoff(course, referrals[course.number]) for course in courses]
        agreements = {}
        batches += [list(referrals.values()), [row for row in handoffs if row], [], [], [], []]
        screenings, reviews, offers, signed = batches[-4:]
        for course in courses:
            referral = referrals[course.number]
            if course.screened_on:
                screenings.append(self.cases.screening(course, referral))
                if course.status == Status.INELIGIBLE and course.number % 3:
                    decided = course.number % 3 == 1
                    reviews.append(self.cases.second_look(course, screenings[-1], decided=decided))
            elif course.status == Status.RECEIVED and referral.age_at_offense and course.number % 2:
                screenings.append(self.cases.open_screening(course, referral))
            if course.offered_on:
                offers.append(self.cases.offer(course, referral))
            if course.signed_on:
                agreements[course.number] = self.cases.agreement(course, referral, offers[-1])
                signed.append(agreements[course.number])
        batches += self.stays.batches(meetings, stays, referrals, agreements)
        enrollments = [row for batch in batches for row in batch if isinstance(row, Enrollment)]
        batches.append(self._tokens(referrals.values(), enrollments))
        batches = [batch for batch in batches if batch]
        for batch in batches:
            type(batch[0]).objects.bulk_create(batch)
        record(
            "demo.loaded",
            subjects=[*referrals.values(), *enrollments],
            detail={batch[0]._meta.model_name: len(batch) for batch in batches},
        )

    def _tokens(self, referrals: Iterable[Referral], enrollments: Iterable[Enrollment]) -> list[SearchToken]:
        """The blind index of referrals and participants, as `index_record` writes it."""
        found = []
        for referral in referrals:
            if referral.status == Status.HANDED_OFF:
                continue
            found += self._found_by(SearchToken.Kind.REFERRAL, referral.pk, [referral.name], referral, referral.phone)
        for stay in enrollments:
            names = [stay.participant.name, stay.participant.preferred_name]
            phone = stay.participant.phone
            found += self._found_by(SearchToken.Kind.PARTICIPANT, stay.participant_id, names, stay.referral, phone)
        return found

    def _found_by(
        self, kind: str, pk: uuid.UUID, names: list[str], referral: Referral, phone: str
    ) -> list[SearchToken]:
        numbers, born = [referral.case_number], referral.date_of_birth
        tokens = index_tokens(self.track.pk, names=names, numbers=numbers, born=born, phone=phone)
        return [SearchToken(token=token, kind=kind, subject_id=pk) for token in sorted(tokens)]
