"""The main line as a caseworker walks it in a real browser, by keyboard."""

import datetime
import re

from participants.models import Attendance, Enrollment, Participant, Referral
from participants.tracks.scope import in_track
from tests import builders
from tests.browser.conftest import NARROW, WIDE
from tests.cast import PASSWORD
from tests.completion.steps import come_by

TODAY = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=1)


def follow(page, text: str) -> None:
    """Reach a link or button with the tab key and press Enter."""
    target = page.locator(f"main a:has-text('{text}'), main button:has-text('{text}')").first
    target.wait_for()
    for _ in range(80):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Enter")
            page.wait_for_load_state()
            return
    raise AssertionError(f"{text} cannot be reached with the tab key")


def test_referral_to_placement_by_keyboard(visit, cast):
    visitor = visit(WIDE)
    page = visitor.page
    visitor.sign_in("education_caseworker@example.org")
    assert page.title().startswith("My day")
    follow(page, "New referral")
    page.fill("[name=name]", "Kimberly Keys")
    page.fill("[name=date_of_birth]", "1985-02-03")
    page.fill("[name=case_number]", "F26-777001")
    page.fill("[name=charge]", "796.07 (2)(f)")
    page.fill("[name=offense_on]", (TODAY - datetime.timedelta(days=9)).isoformat())
    page.fill("[name=received_on]", TODAY.isoformat())
    page.fill("[name=source]", "State Attorney's Office")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/referrals/[0-9a-f-]{36}/$"))
    assert "Kimberly Keys" in page.inner_text("h1")

    follow(page, "Screen")
    for criterion in cast.education.rules.criteria:
        page.locator(f"input[type=radio][name$='{criterion.key}'][value='{criterion.wanted}']").focus()
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/referrals/[0-9a-f-]{36}/$"))

    follow(page, "ffer")
    page.select_option("[name=place]", "office")
    page.select_option("[name=explained_by]", str(cast.education_caseworker.pk))
    page.fill("[name=decide_by]", (TODAY + datetime.timedelta(days=7)).isoformat())
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/referrals/[0-9a-f-]{36}/$"))

    follow(page, "decision")
    page.locator("[name=decision][value=accepted]").focus()
    page.keyboard.press("Space")
    page.locator("[name=asked_to_sign_now]").focus()
    page.keyboard.press("Space")
    counsel = page.locator("[name=counsel][value=consulted]")
    if counsel.count():
        counsel.focus()
        page.keyboard.press("Space")
    else:
        page.select_option("[name=counsel]", "consulted")
    page.fill("[name=counsel_on]", TODAY.isoformat())
    page.fill("[name=counsel_name]", "Dana Webb")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/referrals/[0-9a-f-]{36}/$"))

    follow(page, "agreement")
    ends = (TODAY + datetime.timedelta(days=120)).isoformat()
    page.fill("[name=term_ends_on]", ends)
    page.fill("[name=waived_until]", ends)
    page.locator("[name=speedy_trial_waived]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/referrals/[0-9a-f-]{36}/$"))

    follow(page, "lace")
    page.select_option("[name=caseworker]", str(cast.education_caseworker.pk))
    page.locator("[name=placed_on]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/participants/\w{4}-\w{4}/$"))
    visitor.picture("journey-placed")
    assert visitor.complaints == []
    with in_track(cast.education):
        assert Referral.objects.get().status == "placed"
        assert Enrollment.objects.get().participant.name == "Kimberly Keys"


def test_last_session_to_completion_in_the_report_by_keyboard(visit, cast):
    """The sixth session is logged, completion proposed by the caseworker, approved by the manager, and counted."""
    stay = builders.make_enrollment(cast, cast.services, name="Lena Last")
    come_by(cast, stay, times=5, until=builders.PLACED + datetime.timedelta(days=14))
    with in_track(cast.services):
        reference = Participant.objects.get(pk=stay.participant_id).reference
    file = cast.url(cast.services, "participant", reference=reference)

    caseworker = visit(WIDE)
    page = caseworker.page
    caseworker.sign_in("services_caseworker@example.org")
    caseworker.go(file)
    assert "5 of 6" in page.inner_text(".progress-figure")
    follow(page, "Log a session")
    page.fill("[name=held_on]", TODAY.isoformat())
    page.fill("[name=starts]", "10:00")
    page.fill("[name=minutes]", "50")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{file}")
    assert "6 of 6" in page.inner_text(".progress-figure")
    follow(page, "Propose completion")
    page.wait_for_url("**/complete/")
    follow(page, "Propose completion")
    page.wait_for_url(f"**{file}")
    assert "Another person decides" in page.inner_text("main")

    manager = visit(WIDE)
    page = manager.page
    manager.sign_in("services_manager@example.org")
    manager.go(cast.url(cast.services, "approvals"))
    follow(page, "Decide")
    page.locator("[name=decision][value=approve]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/approvals/$"))
    assert "Nothing waits for a decision" in page.inner_text("main")
    with in_track(cast.services):
        assert Enrollment.objects.get().status == "completed"

    manager.go(cast.url(cast.services, "reports"))
    page.fill("[name=from]", builders.PLACED.isoformat())
    page.fill("[name=to]", (TODAY + datetime.timedelta(days=2)).isoformat())
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/?from=*")
    assert page.locator("section[aria-labelledby=exits] tr:has(th:text-is('Completed')) td").inner_text() == "1"
    manager.picture("journey-reported")
    assert caseworker.complaints + manager.complaints == []


def roster_of(cast, people: int):
    """A class of today with some people, as the caseworker finds it."""
    from participants.sessions.actions import book, schedule_session

    enrollments = [
        builders.make_enrollment(cast, cast.education, name=f"Person {chr(65 + n)} Class") for n in range(people)
    ]
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        session = schedule_session(
            kind="class",
            held_on=TODAY,
            starts=datetime.time(9),
            ends=datetime.time(11),
            facilitator=cast.education_facilitator,
            capacity=40,
            today=TODAY,
            by=by,
        )
        book(session=session, enrollments=enrollments, by=by)
    return session


def marks(cast):
    with in_track(cast.education):
        return sorted(Attendance.objects.values_list("mark", flat=True))


def test_attendance_by_letter_keys(visit, cast):
    session = roster_of(cast, 3)
    visitor = visit(WIDE)
    page = visitor.page
    visitor.sign_in("education_facilitator@example.org")
    visitor.go(cast.url(cast.education, "session", pk=session.pk))
    page.locator("table[data-roster] input[type=radio]").first.focus()
    for key in ("p", "n", "ArrowUp", "ArrowDown", "p"):
        page.keyboard.press(key)
    visitor.picture("roster-marked")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    page.wait_for_selector("text=/saved|recorded/i")
    assert marks(cast) == ["attended", "attended", "no_show"]
    assert visitor.complaints == []


def test_attendance_without_javascript_on_a_phone(visit, cast):
    session = roster_of(cast, 2)
    visitor = visit(NARROW, javascript=False)
    page = visitor.page
    visitor.sign_in("education_facilitator@example.org")
    visitor.go(cast.url(cast.education, "session", pk=session.pk))
    for row in page.locator("table[data-roster] tbody tr").all():
        row.locator("input[value=attended]").check(force=True)
    visitor.picture("roster-narrow-without-javascript")
    page.locator("main form[method=post] button[type=submit]").last.click()
    page.wait_for_load_state()
    assert marks(cast) == ["attended", "attended"]


def test_letters_outside_the_grid_do_nothing(visit, cast):
    session = roster_of(cast, 2)
    visitor = visit(WIDE)
    page = visitor.page
    visitor.sign_in("education_caseworker@example.org")
    visitor.go(cast.url(cast.education, "session", pk=session.pk))
    page.locator("h1").click()
    for key in "plexnc":
        page.keyboard.press(key)
    assert page.locator("table[data-roster] input[value=no_show]:checked").count() == 0


def test_search_from_the_header(visit, cast):
    builders.make_enrollment(cast, cast.education, name="Quentin Findable")
    visitor = visit(WIDE)
    page = visitor.page
    visitor.sign_in("education_caseworker@example.org")
    page.keyboard.press("/")
    page.keyboard.type("findab")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert "Quentin Findable" in page.inner_text("main")
    assert "findab" not in page.url
    assert visitor.complaints == []


def test_sign_in_starts_in_its_first_field(visit, cast):
    visitor = visit(NARROW)
    visitor.go("/account/login/")
    visitor.page.keyboard.type("education_caseworker@example.org")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.type(PASSWORD)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/harbor/education/")
    assert visitor.complaints == []
