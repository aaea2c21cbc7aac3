"""Members whose times a provider gives: visitors book inside its page, and on our own. Webhooks over real HTTP."""

import re
import time
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from directory.models import Professional
from integrations import connections, parity, remote_times, sync, tasks
from integrations.models import Connection, Mirror
from integrations.providers.meetergo import Meetergo
from integrations.sandbox.meetergo.seed import KEY
from scheduling.models import Booking
from scheduling.models.bookings import Status
from tests.browser.test_visitor import fill_in, press_book
from tests.browser.tools import assert_no_axe_violations, assert_no_horizontal_scroll
from tests.conftest import client_of


@pytest.fixture
def connection(sandbox, directory, alice: Professional, origin: str, live_server) -> Connection:
    """Alice and charlie are onboarded at the copy of meetergo, which sends its webhooks to the live server."""
    base = f"http://localhost:{urlsplit(sandbox.url).port}/meetergo"
    made = Connection.objects.create(
        brand=directory,
        provider="meetergo",
        name="meetergo",
        is_default=True,
        base_url=f"{base}/v4",
        options={"embed_hosts": ["localhost"], "booking_domain": base, "rate": [[1000, 1.0]]},
    )
    connections.set_credentials(made, {"api_key": KEY})
    connection = Connection.objects.get(pk=made.pk)
    parity.sweep(connection)
    until = time.monotonic() + 60
    while Mirror.objects.exclude(due_at=None).exists() and time.monotonic() < until:
        sync.work()
        Mirror.objects.filter(due_at__gt=timezone.now()).update(due_at=timezone.now())
    for row in alice.meeting_types.values_list("pk", flat=True):
        tasks.fetch_times(row)
    hook = urlsplit(connection.webhook_url).path
    Meetergo.webhook(connection.open()).register(f"{live_server.url}{hook}")
    return connection


def until_true(ask, seconds: float = 10.0):
    """What the worker does every few seconds, until it has happened."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        tasks.apply_webhooks()
        if found := ask():
            return found
        time.sleep(0.2)
    raise AssertionError("It did not happen.")


def in_her_calendar(alice: Professional, booking: Booking) -> bool:
    page = client_of(alice.brand, alice.person.user).get("/my/bookings/")
    return page.status_code == 200 and booking.client_name in page.content.decode()


def test_inside_the_providers_page(connection, new_page, alice, sandbox):
    Connection.objects.update(booking="embed")
    page: Page = new_page()
    page.goto("/p/alice-ahrens/")
    expect(page.locator("iframe")).to_have_count(0)
    assert_no_axe_violations(page)
    page.locator("#book").get_by_role("link", name="Show free times").click()

    frame = page.frame_locator("iframe.embed-frame")
    expect(frame.locator("button.spot").first).to_be_visible()
    expect(page.locator("iframe.embed-frame")).to_have_attribute("style", re.compile("height: *[1-9]"))
    assert_no_horizontal_scroll(page)
    spot = frame.locator("button.spot").nth(2)
    start = datetime.fromisoformat(str(spot.get_attribute("value")))
    spot.click()
    frame.get_by_label("First name").fill("Bob")
    frame.get_by_label("Last name").fill("Berg")
    frame.get_by_label("E-mail").fill("bob@example.org")
    frame.get_by_role("button", name="Book this time").click()

    expect(page.locator("[data-embed-booked]")).to_be_visible()
    expect(page.locator("[data-embed-failed]")).to_be_hidden()
    booking = until_true(lambda: Booking.objects.filter(status=Status.CONFIRMED, starts_at=start, host=alice).first())
    assert (booking.client_name, booking.client_email) == ("Bob Berg", "bob@example.org")
    assert in_her_calendar(alice, booking)


def test_the_frame_works_without_scripts_of_ours(connection, new_page):
    Connection.objects.update(booking="embed")
    page = new_page(javascript=False)
    page.goto("/p/alice-ahrens/")
    page.locator("#book").get_by_role("link", name="Show free times").click()
    expect(page.frame_locator("iframe.embed-frame").locator("button.spot").first).to_be_visible()
    expect(page.get_by_role("link", name="Open the calendar in a new tab")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_on_our_own_pages(connection, new_page, alice, sandbox, javascript, monkeypatch):
    # The machine that runs tests may be slower than a visitor's patience.
    monkeypatch.setattr(remote_times, "BUDGET", 3.0)
    page: Page = new_page(javascript=javascript)
    page.goto("/p/alice-ahrens/")
    expect(page.get_by_text("Times as of")).to_be_visible()
    if javascript:
        assert_no_axe_violations(page)
    chosen = page.locator("button.time").first
    start = datetime.fromisoformat(str(chosen.get_attribute("value")))
    chosen.click()
    fill_in(page)
    press_book(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("is confirmed"))
    booking = Booking.objects.get(status=Status.CONFIRMED)
    assert (booking.starts_at, booking.host) == (start, alice)
    assert in_her_calendar(alice, booking)
    [there] = sandbox.objects("meetergo", "appointment")
    assert datetime.fromisoformat(there["start"]) == start


def test_a_booking_in_doubt_says_so_and_settles_before_the_visitors_eyes(connection, new_page, sandbox, monkeypatch):
    monkeypatch.setattr(remote_times, "BUDGET", 3.0)
    sandbox.fault("status", path="/v4/booking", method="POST", status=503)
    page: Page = new_page()
    page.goto("/p/alice-ahrens/")
    page.locator("button.time").first.click()
    fill_in(page)
    press_book(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your request is being confirmed")
    assert_no_axe_violations(page)
    Mirror.objects.filter(kind="booking").update(due_at=timezone.now())
    sync.work()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is confirmed", timeout=12_000)
