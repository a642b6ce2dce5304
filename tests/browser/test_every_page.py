"""Every page in a real browser, wide and on a phone: axe finds nothing, the browser complains of nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from participants.staff.models import permissions_of
from tests.browser.conftest import NARROW, WIDE
from tests.world import DOWNLOADS, build_world, oversight_patterns, track_patterns

AXE_OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page) -> list[str]:
    results = Axe().run(page, options=AXE_OPTIONS)
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


def too_wide(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("kind", ["education", "services"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page(visit, cast, kind, viewport):
    track = cast.tracks[kind]
    world = build_world(cast, track, "Paula Pageson")
    found = {}
    left = {pattern.name: pattern for pattern in track_patterns() if pattern.name not in DOWNLOADS}
    for role in ("manager", "caseworker", "clinical_supervisor", "liaison", "privacy_officer", "administrator"):
        person = cast.people[f"{kind}_{role}"]
        permissions = permissions_of(list(person.grants.all()))
        visitor = visit(viewport)
        visitor.sign_in(person.email)
        for name in [name for name, pattern in left.items() if pattern.callback.permissions <= permissions]:
            del left[name]
            response = visitor.go(cast.url(track, name, **world.kwargs.get(name, {})))
            if response.status == 404:  # termination in services
                visitor.complaints.clear()
                continue
            problems = violations(visitor.page) + visitor.complaints
            if too_wide(visitor.page):
                problems.append("wider than the screen")
            if visitor.page.locator("h1").count() != 1:
                problems.append("not one h1")
            visitor.complaints.clear()
            visitor.picture(f"{kind}-{name}-{viewport['width']}")
            if problems:
                found[name] = problems
    assert not left
    assert found == {}


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pages_outside_the_tracks(visit, cast, viewport):
    visitor = visit(viewport)
    visitor.go("/account/login/")
    assert violations(visitor.page) + visitor.complaints == []
    visitor.picture(f"sign-in-{viewport['width']}")
    visitor.page.fill("[name=login]", "nobody@example.org")
    visitor.page.fill("[name=password]", "not the password")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_selector("[role=alert], .invalid-feedback, .alert")
    assert violations(visitor.page) == []
    visitor.sign_in("outsider@example.org")
    assert violations(visitor.page) + visitor.complaints == []
    visitor.go("/account/password/change/")
    assert violations(visitor.page) == []
    visitor.go("/harbor/education/")
    assert "404" not in visitor.page.title()
    assert violations(visitor.page) == []


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pages_of_what_belongs_to_no_track(visit, cast, viewport):
    visitor = visit(viewport)
    visitor.sign_in("harbor_overseer@example.org")
    for name in [pattern.name for pattern in oversight_patterns() if pattern.name not in DOWNLOADS]:
        visitor.go(reverse(name))
        assert violations(visitor.page) + visitor.complaints == [], name
        assert not too_wide(visitor.page), name
        visitor.picture(f"{name}-{viewport['width']}")
    visitor.go("/oversight/?group=nothing")
    visitor.page.wait_for_selector("[aria-invalid=true]")
    assert violations(visitor.page) + visitor.complaints == []


@pytest.mark.parametrize("page", ["referral_new", "session_new", "sites", "staff_new"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_refused_forms(visit, cast, page, viewport):
    """What is refused is said in a summary and next to the field, and axe still finds nothing."""
    visitor = visit(viewport)
    visitor.sign_in(f"education_{'administrator' if page == 'staff_new' else 'manager'}@example.org")
    visitor.go(cast.url(cast.education, page))
    visitor.page.locator("main form[method=post] button[type=submit]").first.click()
    visitor.page.wait_for_selector("[aria-invalid=true]")
    assert violations(visitor.page) + visitor.complaints == []
    assert not too_wide(visitor.page)
    visitor.picture(f"refused-{page}-{viewport['width']}")
