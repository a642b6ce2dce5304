"""The questions about people who look alike, in a real browser, wide and on a phone."""

import datetime

import pytest

from participants.tracks.scope import in_track
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_every_page import too_wide, violations
from tests.builders import make_agreement, make_ended, make_enrollment, make_referral
from tests.referrals.typed import TYPED

BORN = datetime.date(1990, 2, 28)
PERSON = {"name": "Maria Jose Oneal", "date_of_birth": BORN}


def seen(visitor, name: str, found: dict) -> None:
    problems = violations(visitor.page) + visitor.complaints
    if too_wide(visitor.page):
        problems.append("wider than the screen")
    visitor.complaints.clear()
    visitor.picture(f"{name}-{visitor.page.viewport_size['width']}")
    if problems:
        found[name] = problems


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_questions_previews_and_what_is_left(visit, cast, viewport):
    track, manager = cast.education, cast.education_manager
    make_referral(cast, track, **PERSON, case_number="F26-1", phone="305 555 0101")
    two = make_referral(cast, track, name="María-José O’Neil", date_of_birth=BORN, case_number="F26-2")
    ended = make_ended(cast, track, enrollment=make_enrollment(cast, track, name="Rosa Palmarillo"))
    other = make_ended(cast, track, enrollment=make_enrollment(cast, track, name="Rosita Palmarillo"))
    agreement = make_agreement(cast, track, person={"name": "Rosa Palmarilo", "phone": "305 555 0177"})
    with in_track(track):
        references = [ended.participant.reference, other.participant.reference]
    visitor, found = visit(viewport), {}
    page = visitor.page
    visitor.sign_in(manager.email)

    visitor.go(cast.url(track, "referral_new"))
    for name in ("name", "date_of_birth", "case_number", "charge", "offense_on", "received_on", "source"):
        page.fill(f"[name={name}]", TYPED[name])
    page.click("text=Receive the referral")
    page.wait_for_selector("text=What is case F26-1?")
    seen(visitor, "asked", found)
    for question in page.locator("input[value=same_person]").all():
        question.check()
    page.click("text=Receive the referral")
    page.wait_for_selector("text=Compared with")
    seen(visitor, "linked", found)

    visitor.go(cast.url(track, "referral", pk=two.pk))
    seen(visitor, "alike", found)
    page.click("text=Compare")
    seen(visitor, "compare", found)
    page.check("input[value=same_case]")
    page.click("text=Go on")
    page.wait_for_selector("text=This is what would be kept")
    seen(visitor, "preview", found)
    page.click("text=Make them one case")
    page.wait_for_selector("text=The two are one case now")
    visitor.go(cast.url(track, "referral", pk=two.pk))
    seen(visitor, "merged", found)

    visitor.go(cast.url(track, "placement_new", pk=agreement.referral_id))
    page.wait_for_selector("text=Was this person here before?")
    seen(visitor, "returning", found)

    visitor.go(cast.url(track, "participant_merge", reference=references[0]))
    page.fill("[name=reference]", references[1])
    page.click("text=Show both files")
    page.wait_for_selector("text=This is what would move")
    seen(visitor, "files", found)
    page.click("text=Make them one file")
    page.wait_for_selector("text=Other files of this person")
    seen(visitor, "file", found)
    visitor.go(cast.url(track, "participant", reference=references[1]))
    seen(visitor, "merged-file", found)
    assert found == {}
