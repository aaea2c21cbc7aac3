"""Every kind of page: no axe violation in light and dark, nothing wider than a small phone, within its weight."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from directory.models import Brand, Professional
from scheduling import alerts, bookings, consents, links, own_data, proof, requests
from scheduling.availability import open_starts
from scheduling.models import Booking, Message, Question
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
    page.get_by_label("E-mail", exact=True).fill("nowhere")
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


def details_with_questions(page: Page, alice: Professional) -> str:
    meeting_type = alice.meeting_types.get(slug="first-meeting")
    for position, (kind, options) in enumerate([("yes_no", ""), ("choices", "Rent\nWork"), ("date", ""), ("file", "")]):
        Question.objects.create(
            meeting_type=meeting_type,
            kind=kind,
            label=f"About {kind}",
            options=options,
            position=position,
            sensitive=True,
        )
    return links.manage_path(held(alice)) + "details/"


def answers(page: Page, alice: Professional) -> str:
    details_with_questions(page, alice)
    booking = confirmed(alice)
    consents.give(booking, {"marketing": "Tell me news.", "care": "You may know why I come."})
    page.goto(links.manage_path(booking))
    look(page)
    return links.manage_path(booking) + "answers/"


def mail_asked(page: Page, alice: Professional) -> str:
    return links.manage_path(proof.ask(held(alice), name="Bob Berg", email="bob@example.org")) + "details/"


def mail_proof(page: Page, alice: Professional) -> str:
    booking = proof.ask(held(alice), name="Bob Berg", email="bob@example.org")
    return "/confirm/" + links.proof_url(booking).split("/confirm/")[1]


def requested(page: Page, alice: Professional) -> str:
    alice.meeting_types.update(on_request=True)
    return links.manage_path(confirmed(alice))


def answer_request(page: Page, alice: Professional) -> str:
    alice.meeting_types.update(on_request=True)
    return f"/answer/{links.answer_token(confirmed(alice))}/"


def request_refused(page: Page, alice: Professional) -> str:
    alice.meeting_types.update(on_request=True)
    return links.manage_path(requests.refuse(confirmed(alice), reason="I am in court."))


def together(page: Page, alice: Professional) -> str:
    alice.meeting_types.update(series_max=4)
    meeting_type, start = free_start(alice)
    item = f"item={meeting_type.slug}@{start:%Y-%m-%dT%H:%M:%SZ}"
    return f"/p/{alice.slug}/together/?{item}&{item}"


def paused(page: Page, alice: Professional) -> str:
    Professional.objects.filter(pk=alice.pk).update(paused=True, pause_note="Back in January.")
    return alice.get_absolute_url()


def alert(page: Page, alice: Professional) -> str:
    meeting_type, _start = free_start(alice)
    wish = {"weekdays": 127, "daypart": "any", "language": "en", "time_zone": "Europe/Berlin"}
    return f"/alerts/{alerts.token(alerts.ask(meeting_type, name='Bob', email='bob@example.org', **wish))}/"


def own(page: Page, alice: Professional) -> str:
    bookings.cancel(confirmed(alice), actor=Booking.Actor.CLIENT)
    confirmed(alice)
    link = own_data.link(own_data.Held(alice.brand, "bob@example.org"), timezone.now())
    return "/my-data/" + link.split("/my-data/")[1]


def join_early(page: Page, alice: Professional) -> str:
    meeting_type, start = free_start(alice, "video-call")
    booking = bookings.hold(meeting_type, start, language="en", time_zone="Europe/Berlin")
    booking = bookings.confirm(booking, name="Bob Berg", email="bob@example.org")
    return f"/join/{links.join_token(booking, Message.Audience.CLIENT)}/"


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
    "details, with questions": details_with_questions,
    "answers and consents": answers,
    "waits for a mail": mail_asked,
    "mail, to confirm": mail_proof,
    "requested": requested,
    "request, to answer": answer_request,
    "request, refused": request_refused,
    "several together": together,
    "paused": paused,
    "earlier times, to ask": lambda page, alice: f"{alice.get_absolute_url()}book/first-meeting/earlier/",
    "earlier times, one's wish": alert,
    "earlier times, of a booking": lambda page, alice: links.manage_path(confirmed(alice)) + "earlier/",
    "own data, to ask": "/my-data/",
    "own data": own,
    "video call, early": join_early,
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


BOOKING_STEPS = [
    "profile",
    "times",
    "details",
    "details, with questions",
    "several together",
    "booking",
    "move",
    "cancel",
]


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
