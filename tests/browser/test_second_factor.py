"""The second factor in a real browser: an app at the first sign-in, then a passkey that signs in alone."""

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_every_page import too_wide, violations
from tests.cast import PASSWORD
from tests.staff.totp import code_of


def check(visitor, name: str) -> None:
    visitor.picture(name)
    assert violations(visitor.page) + visitor.complaints == [], name
    assert not too_wide(visitor.page), name


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_app_at_the_first_sign_in_then_a_passkey(visit, cast, settings, viewport):
    settings.SECOND_FACTOR_REQUIRED = True
    visitor = visit(viewport)
    page, width = visitor.page, viewport["width"]
    device = visitor.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**options, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    visitor.go("/account/login/")
    page.fill("[name=login]", "education_caseworker@example.org")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/second/")
    check(visitor, f"second-index-{width}")
    page.click("text=Set up an app")
    check(visitor, f"second-app-{width}")
    secret = page.locator("details code").text_content()
    page.fill("[name=code]", code_of(secret))
    page.keyboard.press("Enter")
    page.wait_for_url("**/recovery/")
    check(visitor, f"second-recovery-{width}")
    visitor.go("/account/second/passkeys/new/")
    check(visitor, f"second-passkey-new-{width}")
    page.check("[name=passwordless]")
    page.click("#add_passkey")
    page.wait_for_url("**/account/second/")
    visitor.go("/account/second/passkeys/")
    check(visitor, f"second-passkeys-{width}")
    visitor.context.clear_cookies()
    visitor.go("/account/login/")
    check(visitor, f"second-login-{width}")
    page.click("#use_passkey")
    page.wait_for_url(lambda url: "/account/" not in url)
    assert page.title().startswith("My day")
