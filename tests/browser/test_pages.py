"""Every kind of page: no axe violation in light and dark, nothing wider than a small phone, within its weight."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from directory.models import Brand, Professional
from scheduling import bookings, links
from scheduling.availability import open_starts
from scheduling.models import Booking
from tests import factories
from tests.browser.tools import Weights, assert_no_axe_violations, assert_no_horizontal_scroll

PHONE = {"width": 320, "height": 720}
LIMITS = {"html": 40_000, "css": 20_000, "js": 30_000}  # bytes, gzipped


def free_start(host: Professional, slug: str = "first-meeting"):
    meeting_type = host.meeting_types.get(slug=slug)
    now = timezone.now()
    return meeting_type, open_starts(meeting_type, now + timedelta(days=3), now + timedelta(days=6))[0]


def held(host: Professional) -> Booking:
    return bookings.hold(*free_start(host), language="en", time_zone="Europe/Berlin")


def confirmed(host: Professional, **given: str) -> Booking:
    details = {"name": "Bob Berg", "email": "bob@example.org", "phone": "", "note": "About the flat."} | given
    return bookings.confirm(held(host), **details, language="en", time_zone="Europe/Berlin")


def details_with_errors(page: Page, alice: Professional) -> str:
    page.goto(links.manage_path(held(alice)) + "details/")
    page.get_by_label("E-mail").fill("nowhere")
    page.get_by_role("button", name="Book this appointment").click()
    return ""


def taken(page: Page, alice: Professional) -> str:
    meeting_type, start = free_start(alice)
    page.goto(meeting_type.get_absolute_url() + f"?from={start.date()}")
    bookings.hold(meeting_type, start, language="en", time_zone="Europe/Berlin")
    page.locator(f"button.time[value^='{start:%Y-%m-%dT%H:%M}']").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This time is no longer free")
    return ""


def move_to(page: Page, alice: Professional) -> str:
    page.goto(links.manage_path(confirmed(alice)) + "move/")
    page.locator("a.time").first.click()
    return ""


def nothing_free(page: Page, alice: Professional) -> str:
    meeting_type = factories.make_meeting_type(alice, slug="never", title="Rare meeting", notice=525_600)
    return meeting_type.get_absolute_url()


def cancelled(page: Page, alice: Professional) -> str:
    booking = confirmed(alice)
    bookings.cancel(booking, actor=Booking.Actor.CLIENT)
    return links.manage_path(booking)


def no_portrait_long_names(page: Page, alice: Professional) -> str:
    alice.person.prefix, alice.person.first_name = "Prof. Dr. Dr. h. c.", "Maximiliane-Friederike"
    alice.person.last_name = "Freifrau von Schwarzenberg-Donaudampfschifffahrt"
    alice.person.save()
    alice.title = "Rechtsanwältin und Fachanwältin für Verkehrs-, Versicherungs- und Wohnungseigentumsrecht"
    alice.save()
    return alice.get_absolute_url()


def profile_of(page: Page, alice: Professional) -> str:
    return alice.get_absolute_url()


Visit = Callable[[Page, Professional], str]
KINDS: dict[str, str | Visit] = {
    "home": "/",
    "search": "/search/",
    "search, one filter": "/search/?what=family-law",
    "search, nobody": "/search/?what=family-law&where=Atlantis",
    "profile": profile_of,
    "profile, long names": no_portrait_long_names,
    "times": lambda page, alice: f"{alice.get_absolute_url()}book/first-meeting/",
    "times, nothing free": nothing_free,
    "time zone": "/time-zone/",
    "details": lambda page, alice: links.manage_path(held(alice)) + "details/",
    "details, with errors": details_with_errors,
    "taken": taken,
    "booking": lambda page, alice: links.manage_path(confirmed(alice)),
    "booking, cancelled": cancelled,
    "move": lambda page, alice: links.manage_path(confirmed(alice)) + "move/",
    "move, to this time": move_to,
    "cancel": lambda page, alice: links.manage_path(confirmed(alice)) + "cancel/",
    "legal": "/legal/privacy/",
    "not found": "/nowhere/",
    "log in": "/accounts/login/",
    "sign up": "/accounts/signup/",
    "password reset": "/accounts/password/reset/",
}


def open_kind(page: Page, alice: Professional, kind: str | Visit) -> None:
    path = kind(page, alice) if callable(kind) else kind
    if path:
        page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def look(page: Page) -> None:
    """Light and dark, wide and narrow."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert_no_axe_violations(page)
    page.set_viewport_size(PHONE)
    assert_no_horizontal_scroll(page)
    assert_no_axe_violations(page)


@pytest.mark.parametrize("kind", KINDS)
def test_page(directory: Brand, alice: Professional, page: Page, kind: str):
    open_kind(page, alice, KINDS[kind])
    look(page)


BOOKING_STEPS = ["profile", "times", "details", "booking", "move", "cancel"]


@pytest.mark.parametrize("kind", BOOKING_STEPS)
def test_weight_and_size_of_targets_on_booking_pages(directory: Brand, alice: Professional, new_page, kind: str):
    page: Page = new_page(viewport={"width": 360, "height": 780})
    weights = Weights(page)
    open_kind(page, alice, KINDS[kind])
    page.wait_for_load_state("networkidle")
    total = weights.total()
    assert total["html"], "nothing was weighed"
    assert total["css"], "no stylesheet was weighed"
    assert {group: total[group] for group in LIMITS if total[group] > LIMITS[group]} == {}, total
    small = page.evaluate(
        """() => [...document.querySelectorAll("main button, main a.button, main a.time, main a.week-day, main a.choice, main a.week-nav")]
            .filter(e => e.checkVisibility() && !e.ariaHidden).map(e => [e.getBoundingClientRect(), e.outerHTML.slice(0, 120)])
            .filter(([box]) => box.height < 43.5 || box.width < 43.5)
            .map(([box, html]) => `${Math.round(box.width)}×${Math.round(box.height)} ${html}`)"""
    )
    assert not small, "\n".join(small)


def test_a_dense_week_stays_light(directory: Brand, alice: Professional, new_page):
    """The heaviest honest case: open round the clock, a start every five minutes."""
    factories.set_hours(alice, {weekday: [("08:00", "18:00")] for weekday in range(7)})
    alice.meeting_types.update(step=5)
    page: Page = new_page()
    weights = Weights(page)
    page.goto(f"{alice.get_absolute_url()}book/first-meeting/")
    page.locator("#week-later").click()
    expect(page).to_have_url(re.compile("from="))
    page.wait_for_load_state("networkidle")
    assert weights.total()["html"] <= 2 * LIMITS["html"]
