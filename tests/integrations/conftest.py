"""The meetergo copy on a Saturday of March 2027, its clock standing still."""

from datetime import UTC, datetime

import pytest

from integrations.sandbox.meetergo.seed import KEY
from tests.integrations.meetergo_api import Api


@pytest.fixture
def api(sandbox):
    sandbox.clock(datetime(2027, 3, 20, 12, tzinfo=UTC), speed=0)
    sandbox.edit("meetergo", "credential", KEY.split(":")[1], expiresAt="2027-06-01T00:00:00.000Z")
    return Api(sandbox)


@pytest.fixture
def erika(api):
    return api.user()
