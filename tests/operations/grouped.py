"""People of one operation, as a night brings them, and the answers that speak for entering."""

import datetime

from participants.models import Operation, Referral
from participants.referrals.case import NewOperation
from participants.screening.queries import current_criteria
from participants.tracks.scope import in_track
from tests import builders

TODAY = datetime.date(2026, 3, 3)
NIGHT = NewOperation("County Police", "Clear Harbor", builders.RECEIVED)
FIRST = ("Ada", "Bo", "Cyrus", "Dolores", "Emil", "Fatou", "Goran", "Hiro", "Ines", "Jorge")
LAST = ("Alvarez", "Bennett", "Coleman", "Duval", "Estrada", "Fontaine")


def night(cast, track, number, **over):
    """So many people who look like nobody else, and their operation."""
    for index in range(number):
        values = {
            "name": f"{FIRST[index % 10]} {LAST[index // 10 % 6]}",
            "date_of_birth": datetime.date(1970 + index % 25, 1 + index % 12, 1 + index % 27),
            "case_number": f"N26-{1000 + 37 * index}",
            "operation": NIGHT,
        }
        builders.make_referral(cast, track, **{**values, **over})
    return operation_of(track)


def operation_of(track):
    with in_track(track):
        return Operation.objects.get(name=NIGHT.name)


def add(cast, track, **over):
    """One more person of the night."""
    return builders.make_referral(cast, track, operation=NIGHT, **over)


def wanted(track, on=TODAY):
    with in_track(track):
        return {one["key"]: one["wanted"] for one in current_criteria(on).criteria}


def statuses(track):
    with in_track(track):
        return sorted(Referral.objects.values_list("status", flat=True))
