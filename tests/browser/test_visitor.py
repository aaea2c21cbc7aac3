"""The visitor's story, with JavaScript and without: find, choose, book, keep, move, cancel."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from playwright.sync_api import Page, expect

from scheduling import tasks
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import Status
from tests import factories

WITH_AND_WITHOUT = pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])


def calendar_file(page: Page) -> icalendar.Event:
    """What the download button hands over."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Calendar file").click()
    calendar = icalendar.Calendar.from_ical(Path(download.value.path()).read_bytes())
    (event,) = calendar.walk("VEVENT")
    return event


def start_of(event: icalendar.Event) -> datetime:
    start = event.decoded("DTSTART")
    assert start.tzinfo is not None
    return start


def fill_in(page: Page, **typed: str) -> None:
    page.get_by_label("First and last name").fill(typed.get("name", "Bob Berg"))
    page.get_by_label("E-mail", exact=True).fill(typed.get("email", "bob@example.org"))
    page.get_by_label(re.compile("I have read the privacy notice")).check()


def press_book(page: Page) -> None:
    page.get_by_role("button", name="Book this appointment").click()


def mails_to(mailoutbox, address: str) -> list:
    """After the worker has done what is due, as it does every few seconds."""
    tasks.send_due_messages()
    return [mail for mail in mailoutbox if mail.to == [address]]


def link_in(mail, pattern: str) -> str:
    found = re.search(pattern, mail.body)
    assert found, mail.body
    return found.group(0)


@WITH_AND_WITHOUT
def test_from_search_to_cancellation(directory, new_page, mailoutbox, origin, javascript):
    page: Page = new_page(javascript=javascript)

    page.goto("/")
    page.get_by_label("What is it about?").select_option(label="Family law")
    page.get_by_role("button", name="Show free times").click()
    expect(page.locator("article.person-card")).to_have_count(1)
    expect(page.get_by_role("link", name="Charlie Christ", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Alice Ahrens", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Alice Ahrens")
    page.locator("#type-video-call").click()
    expect(page.locator("#type-video-call")).to_have_attribute("aria-current", "true")
    week = page.locator(".week-head :is(h2, h3)").inner_text()
    page.locator("#week-later").click()
    expect(page.locator(".week-head :is(h2, h3)")).not_to_have_text(week)
    chosen = page.locator("button.time").first
    start = datetime.fromisoformat(str(chosen.get_attribute("value")))
    chosen.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Your details")
    booking = Booking.objects.get()
    assert (booking.status, booking.starts_at) == (Status.HELD, start)
    fill_in(page, email="bob at example")
    press_book(page)
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("First and last name")).to_have_value("Bob Berg")
    expect(page.get_by_label("E-mail", exact=True)).to_have_attribute("aria-invalid", "true")
    fill_in(page)
    press_book(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is confirmed")
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED
    expect(page.get_by_text(booking.reference).first).to_be_visible()
    event = calendar_file(page)
    uid = event["UID"]
    assert start_of(event) == start
    assert "video.example" not in event.to_ical().decode(), "the room is reached through our own link"

    (mail,) = mails_to(mailoutbox, "bob@example.org")
    assert len(mails_to(mailoutbox, "alice@example.org")) == 1
    page.goto("/")
    page.goto(link_in(mail, re.escape(origin) + r"/b/[\w-]+/"))
    page.get_by_role("link", name="Move", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move the appointment")
    page.locator("#week-later").click()
    expect(page).to_have_url(re.compile("from="))
    page.locator("a.time").nth(1).click()
    page.get_by_role("button", name="Move the appointment").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment has been moved")
    booking.refresh_from_db()
    assert booking.starts_at > start
    assert booking.version == 1
    assert len(mails_to(mailoutbox, "bob@example.org")) == 2
    event = calendar_file(page)
    assert event["UID"] == uid
    assert event["SEQUENCE"] == 1
    assert start_of(event) == booking.starts_at

    page.get_by_role("link", name="Cancel", exact=True).click()
    assert Booking.objects.get().status == Status.CONFIRMED, "looking changes nothing"
    page.get_by_label("Reason").fill("My train does not run.")
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This appointment has been cancelled")
    booking.refresh_from_db()
    assert booking.status == Status.CANCELLED
    assert booking.cancel_reason == "My train does not run."
    subjects = [mail.subject for mail in mails_to(mailoutbox, "bob@example.org")]
    assert len(subjects) == 3, subjects
    assert len(set(subjects)) == 3, subjects

    page.goto(link_in(mail, re.escape(origin) + r"/b/[\w-]+/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("This appointment has been cancelled")


@WITH_AND_WITHOUT
def test_the_first_time_on_a_search_card_is_the_first_step(directory, new_page, javascript):
    page: Page = new_page(javascript=javascript)
    page.goto("/search/?what=tenancy-law")
    link = page.locator(".person-card a.time").first
    start = datetime.fromisoformat(str(link.locator("time").get_attribute("datetime")))
    link.click()
    page.get_by_role("button", name=re.compile("^Continue with")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your details")
    assert Booking.objects.get().starts_at == start


@WITH_AND_WITHOUT
def test_losing_a_race_offers_other_times_and_keeps_what_was_typed(directory, alice, new_page, javascript):
    first, second = new_page(javascript=javascript), new_page(javascript=javascript)
    for page in (first, second):
        page.goto(f"{alice.get_absolute_url()}book/first-meeting/")
        page.locator("#week-later").click()
        expect(page).to_have_url(re.compile("from="))
    lost = str(first.locator("button.time").nth(2).get_attribute("value"))
    first.locator(f"button.time[value='{lost}']").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Your details")
    with second.expect_navigation() as navigation:
        second.locator(f"button.time[value='{lost}']").click()
    assert navigation.value.status == 409
    expect(second.get_by_role("heading", level=1)).to_have_text("This time is no longer free")

    second.locator("button.time").first.click()
    fill_in(second, name="Cleo Clever")
    second.get_by_role("button", name="Choose another time").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Choose a time")
    second.locator("#week-later").click()
    expect(second).to_have_url(re.compile("from="))
    second.locator("button.time").nth(5).click()
    expect(second.get_by_label("First and last name")).to_have_value("Cleo Clever")


def test_the_held_time_counts_down_and_can_be_extended(directory, alice, page):
    page.goto(f"{alice.get_absolute_url()}book/first-meeting/")
    page.locator("#week-later").click()
    expect(page).to_have_url(re.compile("from="))
    page.locator("button.time").first.click()
    expect(page.locator("[data-remaining]")).to_have_text(re.compile(r"\d"))
    before = Booking.objects.get().hold_expires_at
    page.get_by_label("First and last name").fill("Bob Berg")
    page.get_by_label("First and last name").press("Enter")
    expect(page.get_by_role("alert").first).to_be_visible()  # Enter books; it neither extends nor gives the time away
    page.get_by_role("button", name="I need more time").click()
    expect(page.get_by_label("First and last name")).to_have_value("Bob Berg")
    after = Booking.objects.get().hold_expires_at
    assert before is not None
    assert after is not None
    assert after >= before


def test_times_are_shown_in_the_visitors_zone(directory, alice, new_page):
    """On-site stays the place's time; a video call is read where the visitor is, and the zone is named."""
    page: Page = new_page(timezone_id="America/New_York")
    page.goto(f"{alice.get_absolute_url()}book/video-call/?tz=America/New_York")
    expect(page.get_by_text("New York").first).to_be_visible()
    page.locator("#week-later").click()
    expect(page).to_have_url(re.compile("from="))
    button = page.locator("button.time").first
    start = datetime.fromisoformat(str(button.get_attribute("value")))
    local = start.astimezone(ZoneInfo("America/New_York"))
    assert str(local.hour % 12 or 12) in button.inner_text() or f"{local:%H:%M}" in button.inner_text()
    page.goto(f"{alice.get_absolute_url()}book/first-meeting/")
    expect(page.get_by_text("Berlin").first).to_be_visible()


def test_a_type_with_a_link_only_is_bookable_by_its_address(directory, alice, page):
    factories.make_meeting_type(alice, slug="secret", title="By invitation", visibility=MeetingType.Visibility.LINK)
    page.goto(alice.get_absolute_url())
    expect(page.get_by_text("By invitation")).to_have_count(0)
    page.goto(f"{alice.get_absolute_url()}book/secret/")
    expect(page.get_by_role("heading", name="By invitation")).to_be_visible()
