"""A video appointment from both chairs: booked, its room made by a worker, entered, moved, cancelled. And rooms of brick."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from playwright.sync_api import Page, expect

from integrations.models import Connection, Mirror
from scheduling.models import Booking, MeetingRoom, MeetingType
from scheduling.models.bookings import Status
from tests import factories
from tests.browser.test_visitor import fill_in, press_book
from tests.browser.tools import assert_no_axe_violations
from tests.browser.world import EVERY_DAY
from tests.integrations import test_liveminutes, test_meetrs
from tests.integrations.meetbit_world import settle
from tests.integrations.rooms_world import path

KEYS = {"meetrs": test_meetrs.KEYS, "liveminutes": test_liveminutes.KEYS}


@pytest.fixture(params=list(KEYS))
def provider(request, sandbox, directory, alice) -> str:
    """Rooms of the brand come from this provider; alice has entered no link of her own."""
    name = request.param
    # A page of the copy has to be one that a browser test may open.
    base = f"http://localhost:{urlsplit(sandbox.url).port}/{name}"
    Connection.objects.create(
        brand=directory, provider=name, name=name, for_rooms=True, base_url=base, credentials=[KEYS[name]],
        options={"rate": [[1000, 1]]},
    )  # fmt: skip
    MeetingType.objects.filter(slug="video-call").update(video_url="", cancel_cutoff=0, move_cutoff=0)
    return str(name)


def enter(page: Page, booking: Booking, side: str) -> str:
    """Through our own link into the room of the provider; where one is asked for a passcode, with hers. Its address."""
    page.goto(path(booking, side))
    if page.get_by_role("heading", name="Your video room is ready").count():
        assert_no_axe_violations(page)
        passcode = page.locator(".passcode code").inner_text()
        page.get_by_role("link", name="Enter the room").click()
        page.get_by_label("Passcode, or the address of your log-in").fill(passcode)
    page.get_by_role("button", name="Enter", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("You are in the room")
    return page.url


def test_booked_prepared_entered_moved_cancelled(provider, new_page, sandbox, alice):
    page, hers = new_page(), new_page()
    page.goto("/p/alice-ahrens/book/video-call/")
    page.locator("#week-later").click()
    expect(page).to_have_url(re.compile("from="))
    page.locator("button.time").first.click()
    fill_in(page)
    press_book(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is confirmed")
    expect(page.get_by_text("The room is being prepared")).to_be_visible()
    manage, booking = page.url, Booking.objects.get()
    ours = page.get_by_role("link", name="Your link to the video call")
    assert "/join/" in str(ours.get_attribute("href"))
    ours.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are a little early")

    with time_machine.travel(booking.starts_at - timedelta(minutes=5), tick=True):
        page.goto(path(booking))
        expect(page.get_by_role("heading", level=1)).to_have_text("Your video room is being prepared")
        assert_no_axe_violations(page)
        settle()
        assert Mirror.objects.get(kind="conference").state == "done"
        page.get_by_role("link", name="Look again").click()
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Your video room is being prepared")
        theirs, host = enter(page, booking, "client"), enter(hers, booking, "host")
        assert urlsplit(theirs).hostname == urlsplit(host).hostname == "localhost"
        assert (theirs == host) is (provider == "meetrs"), "who shares an address has a passcode of her own"
        assert path(booking, "client") != path(booking, "host")

    page.goto(manage)
    expect(page.get_by_text("It opens the room 15 minutes before the start.")).to_be_visible()
    page.get_by_role("link", name="Move", exact=True).click()
    page.locator("#week-later").click()
    expect(page).to_have_url(re.compile("from="))
    page.locator("a.time").nth(1).click()
    page.get_by_role("button", name="Move the appointment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment has been moved")
    settle()
    booking.refresh_from_db()
    with time_machine.travel(booking.starts_at - timedelta(minutes=5), tick=True):
        enter(page, booking, "client")

    page.goto(manage)
    page.get_by_role("link", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This appointment has been cancelled")
    settle()
    page.goto(path(booking))
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no call to join")
    expect(page.get_by_text("This appointment has been cancelled.")).to_be_visible()
    assert_no_axe_violations(page)
    assert Booking.objects.get().status == Status.CANCELLED


def test_a_room_that_is_taken_is_not_offered_by_the_next_host(directory, new_page, alice, charlie):
    """Both want the only room; who comes second, to another host, does not see the time."""
    MeetingRoom.objects.create(brand=directory, name="Fjord", location="Second floor")
    for host in (alice, charlie):
        factories.set_hours(host, EVERY_DAY)
        factories.make_meeting_type(host, slug="in-the-room", title="In the room", duration=60, needs_room=True)
    first, second = new_page(), new_page()
    first.goto("/p/alice-ahrens/book/in-the-room/")
    first.locator("#week-later").click()
    expect(first).to_have_url(re.compile("from="))
    chosen = first.locator("button.time").first
    start = str(chosen.get_attribute("value"))
    second.goto("/p/charlie-christ/book/in-the-room/")
    second.locator("#week-later").click()
    expect(second.locator(f"button.time[value='{start}']")).to_have_count(1)
    chosen.click()
    fill_in(first)
    press_book(first)
    expect(first.get_by_text("Fjord, Second floor")).to_be_visible()
    second.reload()
    expect(second.locator("button.time").first).to_be_visible()
    expect(second.locator(f"button.time[value='{start}']")).to_have_count(0)
    assert Booking.objects.get(status=Status.CONFIRMED).starts_at == datetime.fromisoformat(start)
