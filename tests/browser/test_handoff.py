"""The pages of a hand-off that no world holds still on: the call, somebody else's, the alert, the log, a closed row."""

import datetime

import pytest

from participants.models import Attendance
from participants.people.restricting import restrict_file
from participants.tracks.scope import in_track
from participants.web import clock
from tests import builders
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_every_page import too_wide, violations
from tests.handoffs.handing import finish, make_stopped, start
from tests.sessions.arrange import make_class


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pages_of_a_hand_off(visit, cast, viewport):
    track, now = cast.education, clock.now()
    child = make_stopped(cast, phone="305-555-0101", case_number="J26-1")
    grown = make_stopped(cast, date_of_birth=datetime.date(2008, 3, 1), case_number="J26-2")
    theirs = make_stopped(cast, case_number="J26-3")
    for row in (child, grown):
        start(cast, row, now=now)
    start(cast, theirs, by=cast.education_second_caseworker, now=now)
    finish(cast, start(cast, make_stopped(cast, case_number="J26-4"), now=now), told_at=now, now=now)
    gone = make_stopped(cast, case_number="J26-5")
    finish(cast, start(cast, gone, now=now), told_at=now, now=now)
    session = make_class(cast, track, people=2)
    with in_track(track, by=cast.education_manager, write=True):
        closed = Attendance.objects.select_related("participant").filter(session=session).first().participant
        restrict_file(
            participant=closed, staff=cast.education_facilitator, today=builders.PLACED, by=cast.education_manager
        )
        reference = closed.reference
    pages = {
        "education_caseworker": [
            ("call", "handoff", {"pk": child.pk}),
            ("adult", "handoff", {"pk": grown.pk}),
            ("day", "my_day", {}),
            ("list", "handoffs", {}),
            ("gone", "referral", {"pk": gone.pk}),
            ("referrals", "referrals", {}),
        ],
        "education_manager": [
            ("other", "handoff", {"pk": theirs.pk}),
            ("log", "handoffs", {}),
            ("named", "participant_restrict", {"reference": reference}),
        ],
        "education_facilitator": [("closed", "session", {"pk": session.pk})],
    }
    found = {}
    for member, opened in pages.items():
        visitor = visit(viewport)
        visitor.sign_in(cast.people[member].email)
        for title, name, kwargs in opened:
            assert visitor.go(cast.url(track, name, **kwargs)).status == 200, title
            problems = violations(visitor.page) + visitor.complaints
            if too_wide(visitor.page):
                problems.append("wider than the screen")
            if visitor.page.locator("h1").count() != 1:
                problems.append("not one h1")
            visitor.complaints.clear()
            visitor.picture(f"handoff-{title}-{viewport['width']}")
            if problems:
                found[title] = problems
    assert found == {}
