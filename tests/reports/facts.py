"""Cases in bulk for the reports: consistent rows of every step, written inside the track as an import would."""

import datetime
import hashlib
import itertools
from dataclasses import dataclass

from participants.consent.models import Agreement, ConsentText, Offer
from participants.enrollment.models import Enrollment
from participants.people.models import Participant
from participants.referrals.models import Referral
from participants.screening.models import CriteriaVersion, Screening
from participants.staff.models import User
from tests import builders
from tests.builders import at

_number = itertools.count(1)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """How far a case came. `placed_on` and `exited_on` are of the stay; every earlier step is on `day`."""

    day: datetime.date
    source: str = "Court"
    charge: str = "796.07(2)(f)"
    language: str = "en"
    reach: str = "received"  # received, ineligible, eligible, offered, declined, placed
    placed_on: datetime.date | None = None
    status: str = "active"
    exited_on: datetime.date | None = None
    detail: str = ""
    caseworker: User | None = None


REFERRAL_STATUS = {
    "received": "received",
    "ineligible": "ineligible",
    "eligible": "eligible",
    "offered": "offered",
    "declined": "declined",
    "placed": "placed",
}
STEPS = ("received", "ineligible", "eligible", "offered", "declined", "placed")


def write(cases: list[Case], *, by: User) -> list[Referral]:
    """Write cases in the active track; a fixed number of statements."""
    criteria = CriteriaVersion.objects.get()
    offer_text = builders.text_of(ConsentText.Kind.OFFER)
    agreement_text = builders.text_of(ConsentText.Kind.AGREEMENT)
    referrals, screenings, offers, agreements, participants, stays = [], [], [], [], [], []
    for case in cases:
        number = next(_number)
        step = STEPS.index(case.reach)
        referral = Referral(
            name=f"Person {number}",
            case_number=f"B26-{number:06}",
            charge=case.charge,
            offense_on=case.day - 10 * DAY,
            received_on=case.day,
            source=case.source,
            language=case.language,
            status=REFERRAL_STATUS[case.reach],
            fingerprint=hashlib.sha256(str(number).encode()).digest()[:20],
        )
        referrals.append(referral)
        if step >= STEPS.index("ineligible"):
            screenings.append(
                Screening(
                    referral=referral,
                    criteria_version=criteria,
                    answers={},
                    eligible=step > STEPS.index("ineligible"),
                    reasons=[],
                    decided_on=case.day,
                    decided_by=by,
                )
            )
        if step < STEPS.index("offered"):
            continue
        decision = {"offered": "waiting", "declined": "declined", "placed": "accepted"}[case.reach]
        offer = Offer(
            referral=referral,
            text=offer_text,
            language="en",
            place="office",
            made_at=at(case.day),
            made_on=case.day,
            explained_by=by,
            decide_by=case.day + 7 * DAY,
            counsel="consulted" if decision == "accepted" else "",
            counsel_on=case.day if decision == "accepted" else None,
            decision=decision,
            decided_at=None if decision == "waiting" else at(case.day, 13),
            decided_on=None if decision == "waiting" else case.day,
            accepted_at=at(case.day, 13) if decision == "accepted" else None,
        )
        offers.append(offer)
        if case.reach != "placed":
            continue
        placed_on = case.placed_on or case.day
        term_ends_on = placed_on + 180 * DAY
        agreement = Agreement(
            referral=referral,
            offer=offer,
            text=agreement_text,
            language="en",
            signed_at=at(placed_on, 14),
            signed_on=placed_on,
            speedy_trial_waived=True,
            waived_until=term_ends_on,
            term_ends_on=term_ends_on,
            recorded_by=by,
        )
        agreements.append(agreement)
        participant = Participant(name=referral.name)
        participants.append(participant)
        stays.append(
            Enrollment(
                participant=participant,
                referral=referral,
                agreement=agreement,
                caseworker=case.caseworker or by,
                placed_on=placed_on,
                term_ends_on=term_ends_on,
                status=case.status,
                exited_on=case.exited_on,
                exit_detail=case.detail,
                requirements_met_on=case.exited_on if case.status == "completed" else None,
            )
        )
    for model, rows in (
        (Referral, referrals),
        (Screening, screenings),
        (Offer, offers),
        (Agreement, agreements),
        (Participant, participants),
        (Enrollment, stays),
    ):
        model.objects.bulk_create(rows)
    return referrals


START, END = datetime.date(2026, 1, 1), datetime.date(2026, 3, 31)


def worked_example() -> list[Case]:
    """Referred 120, screened 110, eligible 80, offered 78, declined 10, placed 68; exits 50 = completed 38 +
    terminated 6 + withdrew 4 + neutral 2; active 18. All within one quarter, so both cohorts hold the same people."""
    day = datetime.date(2026, 1, 12)
    exits = ["completed"] * 38 + ["terminated"] * 6 + ["withdrew"] * 4 + ["neutral"] * 2
    return [
        *[Case(day) for _ in range(10)],
        *[Case(day, reach="ineligible") for _ in range(30)],
        *[Case(day, reach="eligible") for _ in range(2)],
        *[Case(day, reach="declined") for _ in range(10)],
        *[Case(day, reach="placed") for _ in range(18)],
        *[
            Case(
                day,
                reach="placed",
                status=status,
                exited_on=day + (25 + position) * DAY,
                detail="transfer" if status == "neutral" else "",
                source=("Court", "Police", "Office")[position % 3],
            )
            for position, status in enumerate(exits)
        ],
    ]
