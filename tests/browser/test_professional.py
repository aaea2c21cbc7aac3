"""The professional's story: sign up, fill in, be approved, be found, be booked. And every page of hers, looked at."""

import re

import pytest
from playwright.sync_api import Page, expect

from directory.models import Brand, Professional
from scheduling import tasks
from scheduling.models import Booking
from scheduling.models.bookings import Status
from tests import factories
from tests.browser.test_pages import confirmed, look

EMAIL = re.compile("^E-?mail", re.IGNORECASE)
PASSWORD = "a quiet harbour town"


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def log_in(page: Page, email: str, password: str = factories.PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.get_by_label(EMAIL).fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(re.compile("/my/"))


def sign_up(page: Page, mailoutbox) -> None:
    page.goto("/")
    page.get_by_role("link", name="Create a profile").click()
    page.get_by_label("First name").fill("Dora")
    page.get_by_label("Last name").fill("Dorn")
    page.get_by_label(EMAIL).fill("dora@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label(re.compile("I accept the terms")).check()
    page.get_by_role("button", name="Create a profile").click()
    heading(page, "Look into your mailbox")
    (mail,) = [mail for mail in mailoutbox if mail.to == ["dora@example.org"]]
    found = re.search(r"http://\S+/accounts/confirm-email/\S+", mail.body)
    assert found, mail.body
    page.goto(found.group(0))
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile("/my/"))


def fill_in_profile(page: Page) -> None:
    page.goto("/my/profile/")
    page.locator("[name=title]").fill("Lawyer for family law")
    page.locator("[name=about]").fill("I have helped families for twenty years, and I begin by listening.")
    page.locator("[name=fees]").fill("First meeting 190 €.")
    page.get_by_label("Family law").check()
    page.get_by_label("English", exact=True).check()
    page.get_by_label("Street and number").fill("Lindenstraße 5")
    page.get_by_label("Postcode").fill("10969")
    page.get_by_label("City").fill("Berlin")
    page.get_by_role("button", name="Save the profile").click()
    expect(page.get_by_text("The profile is complete")).to_be_visible()


def set_hours(page: Page) -> None:
    """Two windows on Monday, copied to the working days."""
    page.goto("/my/hours/")
    monday = page.locator(".hours-day").first
    for index, (start, end) in enumerate([("08:00", "12:00"), ("13:00", "18:00")]):
        if monday.locator(".window").count() <= index:
            monday.locator("button[name=add]").click()
        expect(monday.locator(".window")).to_have_count(index + 1)
        window = monday.locator(".window").nth(index)
        window.get_by_role("textbox").nth(0).fill(start)
        window.get_by_role("textbox").nth(1).fill(end)
    monday.locator("summary").click()
    for box in monday.get_by_role("checkbox").all():
        box.check()
    monday.locator("button[name=copy]").click()
    page.get_by_role("button", name="Save the hours").last.click()
    expect(page.locator(".messages, [role=status]").first).to_be_visible()
    rules = Professional.objects.get(person__email="dora@example.org").availability_rules
    assert sorted(set(rules.values_list("start_minute", "end_minute"))) == [(480, 720), (780, 1080)]
    assert rules.count() == 14


def add_meeting_type(page: Page) -> None:
    page.goto("/my/meeting-types/")
    page.get_by_role("link", name="New meeting type").first.click()
    page.locator("[name=title]").fill("First meeting")
    page.get_by_role("button", name="Add the meeting type").click()
    expect(page.get_by_role("link", name="First meeting", exact=True)).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_from_sign_up_to_the_first_booking(directory: Brand, admin_user, new_page, mailoutbox, javascript: bool):
    page: Page = new_page(javascript=javascript)
    sign_up(page, mailoutbox)
    fill_in_profile(page)
    set_hours(page)
    add_meeting_type(page)
    dora = Professional.objects.get(person__email="dora@example.org")
    visitor: Page = new_page(javascript=javascript)
    response = visitor.goto(dora.get_absolute_url())
    assert response
    assert response.status == 404, "nothing is public before approval"

    page.goto("/my/profile/")
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_text("Waiting for approval").first).to_be_visible()

    admin: Page = new_page()
    approve(admin, dora)
    dora.refresh_from_db()
    assert dora.status == Professional.Status.LISTED
    assert dora.is_public
    page.goto("/my/profile/")
    expect(page.get_by_text("Clients find you and can book.")).to_be_visible()

    visitor.goto("/search/?what=family-law")
    visitor.get_by_role("link", name="Dora Dorn", exact=True).click()
    visitor.locator("#week-later").click()
    expect(visitor).to_have_url(re.compile("from="))
    visitor.locator("button.time").first.click()
    visitor.get_by_label("First and last name").fill("Bob Berg")
    visitor.get_by_label(EMAIL).fill("bob@example.org")
    visitor.get_by_label(re.compile("I have read the privacy notice")).check()
    visitor.get_by_role("button", name="Book this appointment").click()
    heading(visitor, "Your appointment is confirmed")

    tasks.send_due_messages()
    about = [mail.subject for mail in mailoutbox if mail.to == ["dora@example.org"]]
    assert any("Bob" in subject or "First meeting" in subject for subject in about), about
    page.goto("/my/bookings/")
    page.get_by_role("link", name=re.compile("Bob Berg")).first.click()
    expect(page.get_by_text("bob@example.org").first).to_be_visible()
    assert Booking.objects.get().status == Status.CONFIRMED


def approve(admin: Page, professional: Professional) -> None:
    admin.goto("/admin/login/?next=/admin/directory/professional/?status__exact=submitted")
    admin.get_by_label(re.compile("^e-?mail", re.IGNORECASE)).fill("admin@example.org")
    admin.get_by_label(re.compile("^password", re.IGNORECASE)).fill(factories.PASSWORD)
    admin.get_by_role("button", name="Log in", exact=True).click()
    admin.get_by_role("link", name=re.compile(str(professional))).first.click()
    admin.get_by_role("link", name="Approve").click()
    admin.get_by_role("button", name=re.compile("Approve|Yes")).click()
    expect(admin.get_by_text(re.compile("approved|listed", re.IGNORECASE)).first).to_be_visible()


def new_meeting_type_with_errors(page: Page, alice: Professional) -> str:
    page.goto("/my/meeting-types/new/")
    page.get_by_role("button", name="Add the meeting type").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    return ""


KINDS = {
    "today": "/my/",
    "calendar": "/my/calendar/",
    "calendar, month": "/my/calendar/?view=month",
    "calendar, list": "/my/calendar/?view=list",
    "busy time": "/my/calendar/busy/",
    "start": "/my/start/",
    "public holidays": "/my/hours/holidays/?region=DE-BY",
    "why": "/my/why/?at=03:00",
    "profile": "/my/profile/",
    "settings": "/my/settings/",
    "leave": "/my/settings/leave/",
    "hours": "/my/hours/",
    "absence": "/my/hours/dates/new/",
    "special hours": "/my/hours/dates/new/?special",
    "meeting types": "/my/meeting-types/",
    "meeting type": lambda page, alice: f"/my/meeting-types/{alice.meeting_types.first().pk}/",
    "meeting type, with errors": new_meeting_type_with_errors,
    "bookings": "/my/bookings/",
    "phone entry": "/my/bookings/new/",
    "booking": lambda page, alice: f"/my/bookings/{confirmed(alice).pk}/",
    "move": lambda page, alice: f"/my/bookings/{confirmed(alice).pk}/move/",
}


@pytest.mark.parametrize("kind", KINDS)
def test_page(directory: Brand, alice: Professional, page: Page, kind: str):
    log_in(page, "alice@example.org")
    path = KINDS[kind]
    path = path(page, alice) if callable(path) else path
    if path:
        page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    look(page)
