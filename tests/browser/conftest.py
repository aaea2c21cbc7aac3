"""The system's Chromium against a live server: `page` with JavaScript, `page_nojs` without.

Each page is watched: what the console says against the content policy, a script's error, and a request to anybody but
our own server fail the test that caused them.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from directory.models import Brand, Professional
from tests.browser import world
from tests.browser.tools import Watch

# Playwright's synchronous side keeps an event loop in this thread; the ORM calls of a test are synchronous all the same.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

HERE = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


def chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a browser test. Without Chromium it skips, unless REQUIRE_BROWSER is set."""
    ours = [item for item in items if HERE in item.path.parents]
    missing = chromium() is None
    if ours and missing and os.environ.get("REQUIRE_BROWSER"):
        raise pytest.UsageError("REQUIRE_BROWSER is set, but no Chromium was found.")
    for item in ours:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.django_db(transaction=True))
        if missing:
            item.add_marker(pytest.mark.skip(reason="needs Chromium"))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for all: a process cannot have two of them."""
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def origin(live_server, settings, brand: Brand) -> str:
    """http://host:port of the brand on the live server; links in mails lead there too."""
    port = str(urlsplit(live_server.url).port)
    settings.PUBLIC_SCHEME, settings.PUBLIC_PORT = "http", port
    return f"http://{brand.host}:{port}"


@pytest.fixture
def new_page(browser: Browser, origin: str) -> Iterator[Callable[..., Page]]:
    """`new_page(javascript=False, viewport={…}, color_scheme="dark", locale="de-DE")`: a page of a new visitor."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def make(*, javascript: bool = True, **options) -> Page:
        options = {
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "viewport": {"width": 1280, "height": 900},
        } | options
        context = browser.new_context(base_url=origin, java_script_enabled=javascript, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        watches.append(Watch(page))
        return page

    yield make
    for context in contexts:
        context.close()
    faults = [fault for watch in watches for fault in watch.faults]
    assert not faults, "\n".join(faults)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@pytest.fixture
def page_nojs(new_page: Callable[..., Page]) -> Page:
    return new_page(javascript=False)


@pytest.fixture
def directory(brand: Brand, alice: Professional, charlie: Professional) -> Brand:
    """The brand, furnished: legal pages, subjects, alice for family law, charlie for tenancy law."""
    world.furnish(brand)
    family, labour, tenancy = world.specialties(brand)
    world.open_practice(alice, family, labour)
    world.open_practice(charlie, tenancy)
    return brand
