"""A member adds a passkey, logs out, and logs in with nothing else. Chromium's own virtual authenticator holds the key."""

from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.tools import assert_no_axe_violations, assert_no_horizontal_scroll

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_from_adding_to_logging_in(directory, new_page):
    page: Page = new_page(viewport={"width": 360, "height": 740})
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]

    def look():
        assert_no_axe_violations(page)
        assert_no_horizontal_scroll(page)

    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("alice@example.org")
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.goto("/accounts/2fa/")
    look()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    look()
    page.get_by_label("Name").fill("Phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    look()
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_role("heading", name="Phone")).to_be_visible()
    look()
    page.goto("/accounts/sessions/")
    look()
    page.get_by_role("button", name="Log out").click()

    page.goto("/accounts/login/")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_text("The passkey was not used. You can try again.")).to_be_visible()
    look()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url("**/my/")


def test_without_javascript_the_password_is_offered_and_the_app_can_be_set_up(directory, page_nojs):
    page = page_nojs
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="Log in with a passkey")).to_be_hidden()
    page.get_by_label("Email").fill("alice@example.org")
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.goto("/accounts/2fa/totp/activate/")
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_alt_text("QR code for the app")).to_be_visible()
