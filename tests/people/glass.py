"""A closed file and its opening by break-glass, as the tests of both start from."""

import datetime
from contextlib import contextmanager

from participants.people.break_glass import open_closed_file
from participants.people.restricting import restrict_file
from participants.staff.models import permissions_of
from participants.tracks.scope import in_track
from tests import builders

NOW = datetime.datetime(2026, 4, 1, 18, 2, tzinfo=datetime.UTC)  # 2:02 PM in New York
TODAY = NOW.date()
REASON = "The court called and his caseworker is ill today."


def closed_stay(cast, name, **over):
    stay = builders.make_enrollment(cast, cast.education, name=name, **over)
    close(cast, participant=stay.participant)
    return stay


def close(cast, **about):
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        restrict_file(**about, staff=cast.education_manager, today=TODAY, by=by)


@contextmanager
def scope_of(cast, user=None, **how):
    """The scope of a request of a member of staff, the manager unless somebody else is named."""
    user = user or cast.education_manager
    with in_track(cast.education, by=user, **how) as scope:
        scope.privileges = permissions_of(list(user.grants.all()))
        yield scope


def open_file(cast, asked_for, *, by=None, now=NOW, **over):
    by = by or cast.education_manager
    values = {"reason": REASON, "minutes": 30, **over}
    with scope_of(cast, by, write=True):
        return open_closed_file(asked_for=asked_for, **values, now=now, by=by)


def page_of(cast, stay):
    return cast.url(cast.education, "participant", reference=stay.participant.reference)
