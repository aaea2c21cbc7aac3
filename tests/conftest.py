"""Shared fixtures: two brands and three people. alice is the host, bob the client, charlie a stranger to both."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from hypothesis import settings as hypothesis_settings

from config.translations import compile_catalogues
from directory import audit
from directory.models import Brand, Person, Professional
from scheduling.models import MeetingType
from tests import factories
from tests.sandbox import Handle, running_sandbox

# A busy machine is not a bug: no example fails for the time it took.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # once, before processes of pytest-xdist read what is made
        compile_catalogues()
    config.addinivalue_line("markers", "browser: drives the system's Chromium")
    config.addinivalue_line("markers", "postgresql: says something about PostgreSQL only")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PostgreSQL tests skip elsewhere, unless REQUIRE_POSTGRES says that it must be there."""
    if connection.vendor == "postgresql":
        return
    if os.environ.get("REQUIRE_POSTGRES"):
        raise pytest.UsageError("REQUIRE_POSTGRES is set, but DATABASE_URL names no PostgreSQL.")
    skip = pytest.mark.skip(reason="needs PostgreSQL: set DATABASE_URL")
    for item in items:
        if "postgresql" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True, scope="session")
def _tables_may_be_emptied() -> Iterator[None]:
    """SQLite empties tables by DELETE, which the audit log refuses to everybody else."""
    emptying = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        with audit.forgetting():
            emptying(case)

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = emptying


@pytest.fixture(autouse=True)
def _media_and_cache(settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every test has its own uploads and its own part of the cache, which on Redis it shares with other processes."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    settings.PRIVATE_ROOT = tmp_path_factory.mktemp("private")
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid.uuid4().hex}"}}


@pytest.fixture
def brand(db) -> Brand:
    return factories.make_brand(
        slug="anwalt", host="anwalt.localhost", name="Kanzleifinder", is_default=True, approval_required=True
    )


@pytest.fixture
def other_brand(db) -> Brand:
    return factories.make_brand(slug="praxis", host="praxis.localhost", name="Praxisfinder", sensitive=True)


@pytest.fixture
def alice(brand: Brand) -> Professional:
    """The host: listed, bookable, with a log-in and working hours, in Berlin."""
    return factories.make_professional(
        brand,
        email="alice@example.org",
        first_name="Alice",
        last_name="Ahrens",
        slug="alice-ahrens",
        with_login=True,
    )


@pytest.fixture
def meeting_type(alice: Professional) -> MeetingType:
    return factories.make_meeting_type(alice, slug="first-meeting")


@pytest.fixture
def bob(brand: Brand) -> Person:
    """The client: known by e-mail, without a log-in."""
    return factories.make_person(brand, email="bob@example.org", first_name="Bob", last_name="Berg")


@pytest.fixture
def charlie(brand: Brand) -> Professional:
    """The stranger: another member of the same brand with a log-in, whom nothing of alice concerns."""
    return factories.make_professional(
        brand,
        email="charlie@example.org",
        first_name="Charlie",
        last_name="Christ",
        slug="charlie-christ",
        with_login=True,
    )


def client_of(brand: Brand, user=None) -> Client:
    """A test client at the brand's host, logged in if a user is given."""
    client = Client(HTTP_HOST=brand.host)
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def client(brand: Brand) -> Client:
    """A visitor of the brand."""
    return client_of(brand)


@pytest.fixture
def alice_client(alice: Professional) -> Client:
    return client_of(alice.brand, alice.person.user)


@pytest.fixture
def charlie_client(charlie: Professional) -> Client:
    return client_of(charlie.brand, charlie.person.user)


@pytest.fixture
def admin_user(db):
    return factories.make_admin("admin@example.org")


@pytest.fixture
def admin_client(brand: Brand, admin_user) -> Client:
    return client_of(brand, admin_user)


@pytest.fixture
def next_monday() -> datetime:
    """10:00 in Berlin on a Monday that is at least a week away: inside everybody's hours."""
    zone = ZoneInfo("Europe/Berlin")
    today = datetime.now(zone).date()
    day = today + timedelta(days=14 - today.weekday())
    return datetime(day.year, day.month, day.day, 10, tzinfo=zone)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Handle]:
    """Local copies of the providers over real HTTP, fresh for every test (tests/sandbox.py)."""
    with running_sandbox(tmp_path) as handle:
        yield handle


@pytest.fixture
def at_most_queries() -> Callable[[int], AbstractContextManager[CaptureQueriesContext]]:
    """`with at_most_queries(8): client.get(…)`; on failure it prints what was asked."""

    @contextmanager
    def check(limit: int) -> Iterator[CaptureQueriesContext]:
        with CaptureQueriesContext(connection) as captured:
            yield captured
        if len(captured) > limit:
            asked = "\n".join(f"{number:3} {query['sql'][:300]}" for number, query in enumerate(captured, 1))
            pytest.fail(f"{len(captured)} queries, at most {limit} allowed:\n{asked}", pytrace=False)

    return check
