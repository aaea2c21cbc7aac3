"""The provider's hosted page in a frame of another origin: a visitor books, and the page around it is told."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from playwright.sync_api import FrameLocator, Page, expect

from integrations.sandbox.meetergo.seed import ADMIN_ID, KEY
from tests.browser.tools import assert_no_axe_violations, assert_no_horizontal_scroll

PARENT = """<!doctype html><html lang="en"><title>Profile</title><main><h1>Profile</h1>
<iframe src="{src}" title="Book" width="600" height="700"></iframe></main>
<script>window.heard = []; addEventListener("message", (e) => heard.push({{origin: e.origin, ...e.data}}));</script>"""


@pytest.fixture
def booking_url(sandbox) -> str:
    sandbox.clock(datetime(2027, 3, 20, 12, tzinfo=UTC))
    sandbox.edit("meetergo", "credential", KEY.split(":")[1], expiresAt="2027-06-01T00:00:00.000Z")
    sandbox.switch("meetergo", "booking_base", sandbox.seen("meetergo"))
    body = {
        "email": "erika@example.org",
        "givenName": "Erika",
        "familyName": "Muster",
        "timezone": "Europe/Berlin",
        "meetingType": {"name": "Erstgespräch", "duration": 30, "slug": "erst"},
    }
    headers = {"Authorization": f"Bearer {KEY}", "x-meetergo-api-user-id": ADMIN_ID}
    return requests.post(sandbox.base("meetergo") + "/v4/user", json=body, headers=headers, timeout=5).json()[
        "bookingUrl"
    ]


def heard(page: Page, event: str) -> list[dict]:
    return [message for message in page.evaluate("heard") if message.get("event") == event]


@pytest.fixture
def frame_it() -> Iterator[Callable[[Page, str], FrameLocator]]:
    """Show an address in a frame of a page that really comes from another origin."""

    class Parent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PARENT.format(src=src[0]).encode() if self.path == "/" else b""
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    src: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Parent)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def show(page: Page, address: str) -> FrameLocator:
        src[:] = [escape(address)]
        page.goto(f"http://parent.localhost:{server.server_port}/")
        return page.frame_locator("iframe")

    yield show
    server.shutdown()
    server.server_close()


def test_a_visitor_books_in_the_frame(page: Page, frame_it, sandbox, booking_url):
    frame = frame_it(page, booking_url + "?embed=true&lang=en")
    frame.get_by_role("button", name=re.compile(r"^\d\d:\d\d$")).first.click()
    frame.get_by_label("First name").fill("Vera")
    frame.get_by_label("Last name").fill("Besucher")
    frame.get_by_label("E-mail").fill("vera@example.org")
    frame.get_by_role("button", name="Book this time").click()
    expect(frame.get_by_text("Your appointment is booked.")).to_be_visible()
    page.wait_for_function("heard.some((m) => m.event === 'booking-successful')")
    (told,) = heard(page, "booking-successful")
    (stored,) = sandbox.objects("meetergo", "appointment")
    assert told["data"]["appointmentId"] == stored["id"]
    assert told["origin"] == sandbox.seen("meetergo").removesuffix("/meetergo")
    assert len(heard(page, "meetergo:ready")) == 3
    assert all(message["payload"]["height"] > 100 for message in heard(page, "meetergo:page_height"))


def test_a_page_that_is_gone_says_so(page: Page, frame_it, sandbox, booking_url):
    frame_it(page, booking_url + "-gone?embed=true&lang=en")
    page.wait_for_function("heard.some((m) => m.event === 'meetergo:link_failed')")


def test_times_are_shown_in_the_visitors_zone(new_page, booking_url):
    page = new_page(timezone_id="Europe/Lisbon")
    page.goto(booking_url + "?lang=en")
    expect(page.get_by_text("Times in Europe/Lisbon")).to_be_visible()
    expect(page.get_by_role("button", name="08:00")).to_have_count(5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_used_by_everybody(new_page, sandbox, booking_url, scheme):
    page = new_page(viewport={"width": 320, "height": 800}, color_scheme=scheme)
    page.goto(booking_url + "?lang=en&timezone=Europe/Berlin")
    assert_no_axe_violations(page)
    assert_no_horizontal_scroll(page)
    page.get_by_role("button", name="09:00").first.click()
    assert_no_axe_violations(page)
    page.goto(sandbox.seen("meetergo").removesuffix("/meetergo") + "/")
    assert_no_horizontal_scroll(page)
    assert_no_axe_violations(page)
