"""The meetergo copy on a Saturday of March 2027, its clock standing still; and a connection to the provider of fake.py."""

import uuid
from datetime import UTC, datetime
from functools import lru_cache

import pytest

from integrations import connections, limits
from integrations.models import Connection
from integrations.sandbox.meetergo.seed import KEY
from tests.integrations import fake
from tests.integrations.meetergo_api import Api


@pytest.fixture
def api(sandbox):
    sandbox.clock(datetime(2027, 3, 20, 12, tzinfo=UTC), speed=0)
    sandbox.edit("meetergo", "credential", KEY.split(":")[1], expiresAt="2027-06-01T00:00:00.000Z")
    return Api(sandbox)


@pytest.fixture
def erika(api):
    return api.user()


@pytest.fixture
def world(settings) -> fake.World:
    settings.PROVIDERS = {**settings.PROVIDERS, "fake": "tests.integrations.fake.Fake"}
    return fake.reset()


@pytest.fixture
def connection(brand, world) -> Connection:
    made = Connection.objects.create(brand=brand, provider="fake", name="Fake", is_default=True, booking="embed")
    connections.set_credentials(made, {"api_key": "first-key", "webhook_secret": "hush"})
    return Connection.objects.get(pk=made.pk)


@pytest.fixture(autouse=True)
def _own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has paces of its own: another may have moved the clock, and ids of connections come again."""
    test, real = uuid.uuid4().hex, limits._pace.__wrapped__
    monkeypatch.setattr(limits, "_pace", lru_cache(lambda key, rates: real(f"{test}-{key}", rates)))
