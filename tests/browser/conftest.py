"""Headless Chromium on a live server."""

import os
import shutil
from pathlib import Path

import pytest

from tests.cast import PASSWORD

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"],
        )
        yield browser
        browser.close()


class Visitor:
    """One member of staff at one browser window; complains of every error that the browser reports."""

    def __init__(self, chromium, live_server, viewport, javascript=True):
        self.server = live_server.url
        self.context = chromium.new_context(
            viewport=viewport, java_script_enabled=javascript, timezone_id="Asia/Tokyo", reduced_motion="reduce"
        )
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, kind: str, text: str) -> None:
        # A form that is shown again answers 422, which Chromium reports like a missing file.
        if kind in {"error", "warning"} and "422" not in text:
            self.complaints.append(text)

    def go(self, path: str):
        return self.page.goto(self.server + path)

    def sign_in(self, email: str) -> None:
        self.go("/account/login/")
        self.page.fill("[name=login]", email)
        self.page.fill("[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/account/" not in url)

    def picture(self, name: str) -> None:
        """Kept where SCREENSHOTS names a folder, for people to look at."""
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def visit(chromium, live_server, live_db):
    """Make a window: `visit(viewport=NARROW, javascript=False)`."""
    visitors = []

    def make(viewport=WIDE, javascript=True) -> Visitor:
        visitors.append(Visitor(chromium, live_server, viewport, javascript))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()


@pytest.fixture
def cast(standing_cast, live_db):
    return standing_cast.put()
