"""A child's referral and the two steps of its hand-off, as the tests of hand-offs start from."""

import datetime

from participants.handoffs.actions import finish_handoff, start_handoff
from participants.models import Handoff, Referral
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import staff

TODAY = datetime.date(2026, 3, 6)
NOW = datetime.datetime(2026, 3, 6, 15, tzinfo=datetime.UTC)
CALL = datetime.datetime(2026, 3, 6, 14, 30, tzinfo=datetime.UTC)  # 9:30 in New York
CHILD = {"name": "Kim Minorson", "date_of_birth": datetime.date(2009, 5, 17)}


def make_stopped(cast, *, track=None, **over) -> Referral:
    """A referral of somebody under 18, stopped when it was received."""
    return builders.make_referral(cast, track or cast.education, **{**CHILD, **over})


def start(cast, row: Referral, *, track=None, by=None, version=None, checked=True, now=NOW) -> Handoff:
    track = track or cast.education
    by = by or staff(cast, track, "caseworker")
    with in_track(track, by=by, write=True):
        return start_handoff(
            referral=row,
            version=row.version if version is None else version,
            checked=checked,
            today=TODAY,
            now=now,
            by=by,
        )


def finish(cast, handoff: Handoff, *, track=None, by=None, now=NOW, **over) -> Handoff:
    track = track or cast.education
    by = by or staff(cast, track, "caseworker")
    values = {"report": "reported", "told_at": CALL, "told_to": "Counselor 114", "report_number": "2026-778812"}
    with in_track(track, by=by, write=True):
        return finish_handoff(handoff=handoff, **{**values, **over}, today=TODAY, now=now, by=by)
