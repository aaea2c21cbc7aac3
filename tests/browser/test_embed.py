"""A stranger's site with a strict policy, in a browser without third-party cookies: booking inside its page, in a window,
and by the plain link."""

import io
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from directory.models import Professional
from scheduling import embed
from scheduling.models import Booking
from tests.browser.conftest import FLAGS, chromium
from tests.browser.test_member import log_in
from tests.browser.tools import Watch, assert_no_horizontal_scroll, axe_violations

HEIGHT = 900
STYLE = f"""body {{ margin: 0; font-family: sans-serif }} main {{ max-width: 44rem; margin: auto }}
a[data-wlsm=inline] {{ display: block; min-height: {HEIGHT}px }}"""


@pytest.fixture
def third_parties(playwright: Playwright) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of its own, because blocking third-party cookies is a switch of the whole program."""
    browser = playwright.chromium.launch(
        executable_path=chromium(), args=[*FLAGS, "--test-third-party-cookie-phaseout"]
    )
    yield lambda **options: browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", **options)
    browser.close()


@pytest.fixture
def written() -> dict[str, str]:
    """Further pages of the site: path → body."""
    return {}


@pytest.fixture
def site(directory, alice: Professional, origin: str, written: dict[str, str]) -> Iterator[str]:
    """http://site.localhost:… of somebody else, whose pages are /inline and /popup; ?theme= stands in the snippet."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            mode, theme = asked.path.strip("/"), parse_qs(asked.query).get("theme", ["light"])[0]
            # The policy forbids inline styles; what the style attribute says stands in the stylesheet.
            snippet = embed.snippet(alice, mode=mode, text="Book a time", height=HEIGHT, theme=theme)
            snippet = snippet.replace(" style=", " data-style=")
            head = "<!doctype html><html lang=en><title>Site</title><link rel=stylesheet href=/style.css>"
            head += "<meta name=viewport content='width=device-width'>"
            style = mode == "style.css"
            body = STYLE if style else f"{head}<main><h1>Our office</h1>{snippet}<p>Text below</p></main>"
            body = written.get(asked.path, body)
            self.send_response(200)
            self.send_header("Content-Type", "text/css" if style else "text/html; charset=utf-8")
            policy = f"default-src 'none'; style-src 'self'; script-src {origin}; frame-src {origin}"
            if asked.path not in written:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://site.localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def listen(page: Page) -> None:
    """Note what the element says, and how far the page jumped."""
    page.add_init_script(
        """window.said = []; window.jumped = 0;
        for (const type of ["ready", "step", "held", "confirmed", "error", "fallback"])
          addEventListener(`wlsm:${type}`, (event) => window.said.push(type));
        new PerformanceObserver((list) => { for (const one of list.getEntries()) window.jumped += one.value; })
          .observe({ type: "layout-shift", buffered: true });"""
    )


def book(page: Page) -> None:
    frame = page.frame_locator("iframe")
    frame.locator("button[name=start]").first.click()
    expect(frame.get_by_role("heading", name="Your details")).to_be_visible()
    frame.get_by_label("First and last name").fill("Bob Berg")
    frame.get_by_label("E-mail").first.fill("bob@example.org")
    frame.get_by_role("checkbox").first.check()
    frame.get_by_role("button", name="Book this appointment").last.click()
    expect(frame.get_by_role("heading", name="Your appointment is confirmed")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 320])
def test_booking_inside_the_page_of_another_site(third_parties, alice, site, origin, settings, width):
    settings.VISITOR_LIMITS = 0  # a person is slower than this test
    embed.allow(alice, [site])
    context = third_parties(viewport={"width": width, "height": 800})
    page = context.new_page()
    watch = Watch(page)
    listen(page)
    page.goto(f"{site}/inline?utm_source=letter")
    expect(page.locator("wlsm-embed")).to_have_attribute("state", "ready")
    frame = page.frame_locator("iframe")
    expect(frame.locator("button[name=start]").first).to_be_visible()
    # A forged message of the page itself is not believed: wrong origin, wrong source.
    page.evaluate("postMessage({v: 1, ns: 'wlsm', type: 'error', id: '', payload: {}}, '*')")
    book(page)
    said = page.evaluate("said")
    assert {"ready", "held", "confirmed"} <= set(said)
    assert "error" not in said
    assert page.evaluate("jumped") < 0.02
    assert_no_horizontal_scroll(page)
    inner = page.frames[1]
    assert inner.evaluate("document.documentElement.scrollHeight <= innerHeight"), "no inner scroll bar"
    assert inner.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not context.cookies(), "nothing is remembered in the browser"
    booking = Booking.objects.get()
    assert booking.status == "confirmed"
    assert (booking.source.origin, booking.source.campaign) == (site, {"utm_source": "letter"})
    assert not watch.faults


def test_booking_in_a_window_over_the_page(third_parties, alice, site, settings):
    settings.VISITOR_LIMITS = 0
    embed.allow(alice, [site])
    page = third_parties(viewport={"width": 1280, "height": 800}).new_page()
    listen(page)
    page.goto(f"{site}/popup")
    link = page.get_by_role("link", name="Book a time")
    expect(link).to_have_attribute("aria-haspopup", "dialog")
    link.press("Enter")
    expect(page.frame_locator("iframe").locator("button[name=start]").first).to_be_visible()
    page.frame_locator("iframe").locator("button[name=start]").first.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(link).to_be_focused()
    link.click()
    assert not axe_violations(page)
    book(page)
    assert "confirmed" in page.evaluate("said")
    page.get_by_role("button", name="Close").click()
    expect(link).to_be_focused()
    assert Booking.objects.get().status == "confirmed"


@pytest.mark.parametrize(("theme", "is_dark"), [("light", False), ("dark", True), ("auto", True)])
def test_on_a_light_page_the_frame_is_light_though_the_visitors_system_is_dark(
    third_parties, alice, site, theme, is_dark
):
    embed.allow(alice, [site])
    page = third_parties(viewport={"width": 1280, "height": 800}, color_scheme="dark").new_page()
    page.goto(f"{site}/inline?theme={theme}")
    expect(page.locator("wlsm-embed")).to_have_attribute("state", "ready")
    page.frames[1].evaluate("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    picture = Image.open(io.BytesIO(page.screenshot(clip=page.locator("iframe").bounding_box()))).convert("L")
    _count, commonest = max(picture.getcolors())
    assert (commonest < 60) if is_dark else (commonest > 235), f"most of the frame is painted {commonest} of 255"


def test_the_snippet_keeps_as_much_room_free_as_the_preview_needed(
    new_page, third_parties, alice, site, written, origin
):
    own = new_page()
    log_in(own, alice, origin)
    own.goto("/my/embed/")
    own.locator("#preview-title").scroll_into_view_if_needed()
    snippet = own.locator("#snippet")
    expect(snippet).not_to_have_value(re.compile(f'data-height="{embed.HEIGHT}"'))
    kept = int(re.search(r'data-height="(\d+)" style="display:block;min-height:\1px"', snippet.input_value())[1])
    assert 0 <= kept - own.frames[1].evaluate("document.body.getBoundingClientRect().height") < 11
    embed.allow(alice, [site])
    # All of it is on the screen, and so is what stands below: anything that moves counts.
    page = third_parties(viewport={"width": 1280, "height": 1600}).new_page()
    listen(page)
    below = "<p>Text below</p>" * 9
    written["/copied"] = f"<!doctype html><title>Copied</title><h1>Our office</h1>{snippet.input_value()}{below}"
    page.goto(f"{site}/copied")
    expect(page.locator("wlsm-embed")).to_have_attribute("state", "ready")
    expect(page.frame_locator("iframe").locator("button[name=start]").first).to_be_visible()
    assert page.locator("iframe").bounding_box()["height"] == kept
    assert page.evaluate("jumped") < 0.02


def test_a_site_that_is_not_listed_gets_the_link(third_parties, alice, site, origin):
    page = third_parties(viewport={"width": 1280, "height": 800}).new_page()
    listen(page)
    page.goto(f"{site}/inline")
    expect(page.locator("wlsm-embed")).to_have_attribute("state", "fallback")
    assert page.evaluate("said") == ["fallback"]
    link = page.get_by_role("link", name="Book a time")
    with page.context.expect_page() as opened:
        link.click()
    expect(opened.value.get_by_role("heading", name="Book an appointment")).to_be_visible()


def test_the_link_comes_back_within_four_seconds_where_no_answer_does(third_parties, alice, site, origin):
    embed.allow(alice, [site])
    page = third_parties(viewport={"width": 1280, "height": 800}).new_page()
    page.route(f"{origin}/embed/v1/frame/**", lambda route: None)  # asked, and never answered
    page.clock.install()
    page.goto(f"{site}/inline", wait_until="commit")
    box = page.locator("wlsm-embed")
    expect(box).to_have_attribute("state", "loading")
    page.clock.run_for(4000)
    expect(box).to_have_attribute("state", "fallback", timeout=500)
    expect(page.get_by_role("link", name="Book a time")).to_have_attribute("target", "_blank")


def test_without_scripts_the_link_leads_to_the_page(third_parties, alice, site):
    page = third_parties(java_script_enabled=False).new_page()
    page.goto(f"{site}/inline")
    page.get_by_role("link", name="Book a time").click()
    expect(page.get_by_role("heading", name="Book an appointment")).to_be_visible()
