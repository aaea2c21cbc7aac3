"""Book for somebody else with questions that depend on answers, and a file; then change an answer, move, cancel."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scheduling.models import Booking, Question
from scheduling.models.bookings import Status
from tests.browser.test_visitor import WITH_AND_WITHOUT, fill_in, link_in, mails_to, press_book


@pytest.fixture
def questions(directory, alice) -> list[Question]:
    meeting_type = alice.meeting_types.get(slug="first-meeting")
    deadline = Question.objects.create(
        meeting_type=meeting_type, kind="yes_no", label="Is there a deadline?", position=0
    )
    ends = Question.objects.create(
        meeting_type=meeting_type,
        kind="text",
        label="When does it end?",
        depends_on=deadline,
        depends_value="yes",
        position=1,
    )
    letter = Question.objects.create(meeting_type=meeting_type, kind="file", label="The letter", position=2)
    return [deadline, ends, letter]


@WITH_AND_WITHOUT
def test_for_somebody_else_with_questions_and_a_file(
    questions, alice, new_page, mailoutbox, origin, javascript, tmp_path: Path
):
    page: Page = new_page(javascript=javascript)
    letter = tmp_path / "letter.txt"
    letter.write_text("You have two weeks.")
    page.goto(f"{alice.get_absolute_url()}book/first-meeting/")
    page.locator("#week-later").click()
    expect(page).to_have_url(re.compile("from="))
    page.locator("button.time").first.click()

    ends = page.get_by_label("When does it end?")
    expect(ends).to_be_visible(visible=not javascript)  # without JavaScript the condition is said in words
    page.get_by_label("Yes").check()
    expect(ends).to_be_visible()
    ends.fill("On Friday")
    page.get_by_label("The letter").set_input_files(letter)
    page.get_by_text("Book for somebody else").click()
    page.get_by_label("Name of the person who comes").fill("Carla Berg")
    fill_in(page)
    press_book(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is confirmed")
    expect(page.get_by_text("Carla Berg")).to_be_visible()
    expect(page.get_by_text("On Friday")).to_be_visible()

    (mail,) = mails_to(mailoutbox, "bob@example.org")
    (hers,) = mails_to(mailoutbox, "alice@example.org")
    assert "Carla Berg" in hers.body
    assert "On Friday" in hers.body
    assert "On Friday" not in mail.body, "anybody can type there"
    manage = link_in(mail, re.escape(origin) + r"/b/[\w-]+/")
    page.goto(manage)
    page.get_by_role("link", name="Change your answers").click()
    expect(page.get_by_text("we have letter.txt")).to_be_visible()
    page.get_by_label("When does it end?").fill("On Monday")
    page.get_by_role("button", name="Save the answers").click()
    expect(page.get_by_text("On Monday")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="letter.txt").click()
    assert Path(download.value.path()).read_text() == "You have two weeks."

    booking = Booking.objects.get()
    before = booking.starts_at
    page.get_by_role("link", name="Move", exact=True).click()
    page.locator("#week-later").click()
    expect(page).to_have_url(re.compile("from="))
    page.locator("a.time").nth(1).click()
    page.get_by_role("button", name="Move the appointment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment has been moved")
    expect(page.get_by_text("On Monday")).to_be_visible()
    booking.refresh_from_db()
    assert booking.starts_at != before

    page.get_by_role("link", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This appointment has been cancelled")
    booking.refresh_from_db()
    assert (booking.status, booking.attendee_name) == (Status.CANCELLED, "Carla Berg")
