"""Named reads of criteria and screenings."""

import datetime

from participants.referrals.models import Referral
from participants.screening.models import CriteriaVersion, Screening


def current_criteria(on: datetime.date) -> CriteriaVersion | None:
    """The criteria in force on a day."""
    return CriteriaVersion.objects.filter(valid_from__lte=on).order_by("-valid_from", "-number").first()


def screening_of(referral: Referral) -> Screening | None:
    """The decision on a referral, with its criteria and who made it."""
    found = Screening.objects.filter(referral=referral)
    return found.select_related("criteria_version", "decided_by").first()
