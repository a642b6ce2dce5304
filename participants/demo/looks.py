"""Readings of invented people in the demonstration, so that the audit trail and its patterns have something to show.

They stand at the instant of the load: an event is stamped when it is written, in a demonstration too.
"""

from collections.abc import Mapping

from participants.audit.actions import origin, record
from participants.audit.models import Event
from participants.enrollment.models import Enrollment
from participants.referrals.models import Referral
from participants.staff.models import User

HERE = "127.0.0.1"
INSIDE = "GET /<slug:program>/<slug:track>/"
# Of each a little more than what the patterns leave alone.
CASES, FILES, REFUSALS, SEARCHES = 24, 8, 12, 11


def add_looks(staff: Mapping[str, User]) -> None:
    """In the active track: one who leafs through cases, one who opens a colleague's files, one who tries doors, and
    one who looks for somebody who is not there."""
    clerk, curious = staff["intake_clerk"], staff["caseworker2"]
    with origin(HERE, f"{INSIDE}referrals/<uuid:pk>/"):
        for row in Referral.objects.order_by("-received_on", "id")[:CASES]:
            record("page.viewed", by=clerk, subjects=[row], detail={"page": "referral"})
    with origin(HERE, f"{INSIDE}participants/<str:reference>/"):
        others = Enrollment.objects.exclude(caseworker=curious).exclude(referral__assigned_to=curious)
        others = others.exclude(attendances__session__facilitator=curious).order_by("-placed_on", "id")
        for stay in others[:FILES]:
            record("page.viewed", by=curious, subjects=[stay], detail={"page": "participant"})
    with origin(HERE, f"{INSIDE}participants/"):
        for _ in range(REFUSALS):
            refused = {"page": "participants", "answer": "PermissionDenied"}
            record("page.refused", by=staff["facilitator"], outcome=Event.Outcome.REFUSED, detail=refused)
    with origin(HERE, f"POST {INSIDE.removeprefix('GET ')}search/"):
        for _ in range(SEARCHES):
            record("search.made", by=staff["counsellor"], detail={"found": 0, "more": False})
