"""The professional's pages: for everybody's eyes and fingers, wide and narrow, with and without scripts."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from directory.models import Professional
from scheduling import bookings, hours
from scheduling.models import AvailabilityOverride, Booking, MeetingType
from tests.browser.tools import assert_no_axe_violations, assert_no_horizontal_scroll

PAGES = ["my_today", "my_bookings", "my_booking_new", "my_hours", "my_override_new", "my_meeting_types"]
PAGES += ["my_meeting_type_new", "my_profile", "my_settings", "my_leave", "farewell"]


def log_in(page: Page, professional: Professional, origin: str) -> None:
    client = Client()
    client.force_login(professional.person.user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": origin}])


@pytest.fixture
def booking(meeting_type: MeetingType, next_monday) -> Booking:
    return bookings.enter(meeting_type, next_monday, name="Bob Berg", email="bob@example.org", phone="0176 555")


def check(page: Page) -> None:
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert_no_horizontal_scroll(page)
        assert_no_axe_violations(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(page, origin, alice, booking, meeting_type, next_monday, scheme):
    day = (next_monday + timedelta(days=20)).date()
    AvailabilityOverride.objects.create(host=alice, first_date=day, last_date=day, note="Away")
    bookings.enter(meeting_type, next_monday.replace(hour=20), name="Late Guest", outside_rules=True)
    log_in(page, alice, origin)
    page.emulate_media(color_scheme=scheme)
    urls = [reverse(name) for name in PAGES]
    urls += [f"/my/bookings/{booking.pk}/", f"/my/bookings/{booking.pk}/move/", f"/my/meeting-types/{meeting_type.pk}/"]
    for url in urls:
        assert page.goto(origin + url).status == 200
        check(page)


def test_a_draft_and_wrong_hours_are_accessible(page, origin, alice):
    Professional.objects.filter(pk=alice.pk).update(status="draft", about="", refusal_reason="No register number.")
    log_in(page, alice, origin)
    for url in ("/my/", "/my/profile/"):
        page.goto(origin + url)
        check(page)
    page.goto(f"{origin}/my/hours/")
    page.get_by_label("Monday, to").fill("08:00")
    page.get_by_role("button", name="Save the hours").click()
    assert page.get_by_role("alert").inner_text().count("Monday: The end must be after the start.") == 1
    check(page)


def test_hours_without_a_script(page_nojs, origin, alice):
    page = page_nojs
    log_in(page, alice, origin)
    page.goto(f"{origin}/my/hours/")
    page.get_by_label("Monday, to").fill("12:30")
    group = page.locator("#day-0")
    group.get_by_role("button", name="Add hours").click()
    page.get_by_label("Monday, from").nth(1).fill("14")
    page.get_by_label("Monday, to").nth(1).fill("18:00")
    group.locator("summary").click()
    group.get_by_label("Saturday").check()
    group.get_by_role("button", name="Fill in").click()
    assert page.get_by_label("Saturday, from").nth(1).input_value() == "14"
    page.get_by_role("button", name="Remove Friday 14").click()
    page.get_by_role("button", name="Save the hours").click()
    week = hours.week_of(alice)
    assert week[0] == week[1] == week[5] == [(540, 750), (840, 1080)]
    assert week[4] == [(540, 750)]
    assert week[6] == []


def test_a_phone_entry_without_a_script(page_nojs, origin, alice, booking, next_monday):
    page = page_nojs
    log_in(page, alice, origin)
    page.goto(f"{origin}/my/bookings/new/")
    page.get_by_label("Day").fill(str(next_monday.date()))
    page.get_by_label("Time").fill("10:15")
    page.get_by_label("Client's name").fill("Zoe Zimmer")
    page.get_by_role("button", name="Book this time").click()
    assert "This time is taken" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("alert").get_by_role("link", name="Bob Berg").is_visible()
    page.get_by_label("Time").fill("19:00")
    page.get_by_role("button", name="Book this time").click()
    assert "outside your hours" in page.get_by_role("alert").inner_text()
    page.get_by_label("Use this time all the same").check()
    page.get_by_role("button", name="Book this time").click()
    assert page.get_by_role("heading", name="Zoe Zimmer").is_visible()
    assert Booking.objects.get(client_name="Zoe Zimmer").starts_at == next_monday.replace(hour=19)


def test_moving_without_a_script(page_nojs, origin, alice, booking, next_monday):
    page = page_nojs
    log_in(page, alice, origin)
    page.goto(f"{origin}/my/bookings/{booking.pk}/move/")
    page.locator("fieldset.day").nth(1).get_by_text("09:30").click()
    page.get_by_label("Why, in words for the client").first.fill("Court hearing")
    page.get_by_role("button", name="Move to this time").first.click()
    assert page.get_by_text("Court hearing").is_visible()
    booking.refresh_from_db()
    assert booking.starts_at == next_monday.replace(hour=9, minute=30) + timedelta(days=1)
