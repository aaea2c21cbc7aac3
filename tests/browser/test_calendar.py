"""The drawn calendar: a booking is opened and dragged, an empty time is clicked. The visitor's zone must not matter."""

import re
from datetime import datetime, timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from directory.models import Brand
from scheduling import bookings
from scheduling.models import BusyTime
from tests.browser.test_pages import look
from tests.browser.test_professional import log_in


def test_the_calendar_with_a_mouse_far_away(directory: Brand, alice, next_monday: datetime, new_page):
    booking = bookings.enter(alice.meeting_types.first(), next_monday, name="Bob Berg")
    page: Page = new_page(timezone_id="America/New_York")
    log_in(page, "alice@example.org")
    page.goto(f"/my/calendar/?date={next_monday.date()}")
    event = page.locator(".ec-event.is-booking")
    expect(event).to_contain_text("10:00")
    expect(event).to_contain_text("Bob Berg")
    expect(page.locator("#listed")).to_be_hidden()

    look(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    event.scroll_into_view_if_needed()
    box = event.bounding_box()
    assert box
    x, y = box["x"] + 20, box["y"] + 6
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 30, steps=4)
    page.mouse.move(x, y + 60, steps=4)  # two half hours of 30 px
    page.mouse.up()
    expect(page).to_have_url(re.compile("/move/to/"))
    expect(page.get_by_text("11:00–")).to_be_visible()
    page.get_by_role("button", name="Move to this time").click()
    expect(page).to_have_url(re.compile("/my/calendar/"))
    booking.refresh_from_db()
    assert booking.starts_at == next_monday + timedelta(hours=1)

    expect(event).to_contain_text("11:00")
    event.get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/my/bookings/{booking.pk}/"))
    page.go_back()

    expect(event).to_contain_text("11:00")
    box = event.bounding_box()
    assert box
    page.mouse.click(box["x"] + 20, box["y"] + 2 * 60 + 5)
    page.get_by_role("link", name="Block this time").click()
    expect(page.get_by_label("From")).to_have_value("13:00")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".ec-event.is-busy")).to_contain_text("13:00")
    row = BusyTime.objects.get()
    assert timezone.localtime(row.starts_at, next_monday.tzinfo).hour == 13


def test_the_list_is_all_there_without_javascript(directory: Brand, alice, next_monday: datetime, page_nojs: Page):
    bookings.enter(alice.meeting_types.first(), next_monday, name="Bob Berg")
    log_in(page_nojs, "alice@example.org")
    page_nojs.get_by_role("link", name="Calendar").click()
    for _week in range(3):
        if page_nojs.get_by_role("link", name="Bob Berg").count():
            break
        page_nojs.get_by_role("link", name="Later").click()
    page_nojs.get_by_role("link", name="Bob Berg").click()
    expect(page_nojs).to_have_url(re.compile("/my/bookings/"))
