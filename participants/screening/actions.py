"""Writers of criteria and screenings."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict

from django.db import transaction

from participants.audit.actions import record
from participants.errors import ProgramError
from participants.referrals.actions import move_referral
from participants.referrals.models import Referral
from participants.referrals.rules import Problem, Status, ValuesRefused, age_on
from participants.screening.models import CriteriaVersion, Screening
from participants.screening.queries import current_criteria
from participants.screening.rules import decide
from participants.staff.models import User
from participants.tracks.scope import active_track


@transaction.atomic
def install_default_criteria(*, on, by) -> CriteriaVersion:
    """Version 1 of the track's written criteria, from the rules of its kind."""
    version = CriteriaVersion.objects.create(
        number=1, valid_from=on, criteria=[asdict(criterion) for criterion in active_track().rules.criteria]
    )
    record("criteria.installed", by=by, detail={"number": 1})
    return version


@transaction.atomic
def screen(
    *, referral: Referral, answers: Mapping[str, str], note: str, today: datetime.date, by: User
) -> Screening | None:
    """Decide on a received referral under the criteria in force today, and keep answers and reasons.

    Returns None when the person turns out to be under 18: the referral is stopped and no decision is kept.
    Raises ProgramError when no decision can be made yet.
    """
    if referral.status != Status.RECEIVED:
        raise ProgramError(f"This referral stands at “{referral.get_status_display()}”: it is screened already.")
    criteria = current_criteria(today)
    if criteria is None:
        raise ProgramError("The track has no written criteria in force today, so nobody can be screened.")
    born = referral.date_of_birth
    decision = decide(
        criteria.criteria,
        answers,
        age_at_offense=age_on(born, referral.offense_on) if born else None,
        age_today=age_on(born, today) if born else None,
    )
    if decision.stopped:
        move_referral(referral=referral, to=Status.STOPPED)
        record("referral.stopped", by=by, subjects=[referral])
        return None
    keys = [criterion["key"] for criterion in criteria.criteria]
    longest = Screening._meta.get_field("note").max_length
    if len(note) > longest:
        raise ValuesRefused([Problem("note", f"The note is longer than {longest} characters.")])
    screening = Screening(
        referral=referral,
        criteria_version=criteria,
        answers={key: answers[key] for key in keys},
        eligible=decision.eligible,
        reasons=list(decision.reasons),
        note=note,
        decided_on=today,
        decided_by=by,
    )
    move_referral(referral=referral, to=Status.ELIGIBLE if decision.eligible else Status.INELIGIBLE)
    screening.save(force_insert=True)
    record(
        "referral.screened",
        by=by,
        subjects=[referral],
        fields=("answers", "note") if note else ("answers",),
        detail={"eligible": decision.eligible, "criteria": criteria.number},
    )
    return screening
