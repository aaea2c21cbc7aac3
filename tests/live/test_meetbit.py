"""Against a real MeetBit tenant, skipped without credentials. What it makes there it deletes again.

    LIVE_MEETBIT_URL=https://example.com/api/public/v2.0 LIVE_MEETBIT_KEY_ID=… LIVE_MEETBIT_KEY_SECRET=… \\
    LIVE_MEETBIT_DEPARTMENT=1 [LIVE_MEETBIT_OPTIONS='{"endpoints": {…}}'] python -m pytest tests/live/test_meetbit.py

A failure here names an entry of `manage.py meetbit_endpoints` that must be corrected; the corrections are tried out with
LIVE_MEETBIT_OPTIONS and then entered as options of the connection. Users are made without activation: use a tenant for
tests, because MeetBit mails an invitation to the address, which is one of example.org.
"""

import json
import os
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from integrations.contract import ConferenceFacts, CustomerFacts, HoursFacts, UserFacts
from integrations.errors import NotFound, Unauthorised, Unsupported
from integrations.http import Http
from integrations.limits import gates
from integrations.providers.meetbit import MeetBit
from integrations.providers.meetbit.client import classify

NEEDED = ("URL", "KEY_ID", "KEY_SECRET", "DEPARTMENT")
GIVEN = {name: os.environ.get(f"LIVE_MEETBIT_{name}", "") for name in NEEDED}
pytestmark = pytest.mark.skipif(
    not all(GIVEN.values()), reason="needs " + ", ".join(f"LIVE_MEETBIT_{name}" for name in NEEDED)
)


def opened(secret: str) -> MeetBit:
    credentials = {"key_id": GIVEN["KEY_ID"], "key_secret": secret}
    options = {"department_id": int(GIVEN["DEPARTMENT"]), **json.loads(os.environ.get("LIVE_MEETBIT_OPTIONS") or "{}")}
    http = Http(
        GIVEN["URL"],
        headers=[MeetBit.headers(MeetBit.__new__(MeetBit), credentials)],
        gate=gates("live-meetbit", MeetBit.rate),
        secrets=[secret],
        classify=classify,
    )
    return MeetBit(http, options, credentials)


@pytest.fixture
def provider():
    return opened(GIVEN["KEY_SECRET"])


@pytest.fixture
def someone():
    """A name nobody else has."""
    return f"live-{uuid.uuid4().hex[:12]}"


def user_of(someone, **changes):
    values = {"email": f"{someone}@example.org", "first_name": "Live", "last_name": "Test"} | changes
    return UserFacts(
        ref=someone, phone="", slug=someone, language="en", hours=HoursFacts("Europe/Berlin", {}), **values
    )


def test_the_key_is_accepted_and_a_wrong_one_refused(provider):
    assert provider.check()
    with pytest.raises(Unauthorised, match="wrong"):
        opened("no-such-secret").check()


def test_a_user_from_create_to_delete(provider, someone):
    users = provider.resource("user")
    payload = users.payload(user_of(someone))
    remote = users.create(someone, payload)
    try:
        assert users.find(someone, payload).id == remote.id, "users.list: filter"
        assert users.differences(payload, users.read(remote)) == {}, "users.get"
        changed = users.payload(user_of(someone, last_name="Changed"))
        users.update(remote, changed)
        assert users.differences(changed, users.read(remote)) == {}, "users.update"
    finally:
        users.delete(remote)
    with pytest.raises(NotFound):
        users.read(remote)
    assert users.find(someone, payload) is None


def test_a_customer_from_create_to_delete(provider, someone):
    customers = provider.resource("customer")
    facts = CustomerFacts(someone, f"{someone}@example.org", "Live", "Test", "+4740000001", "en")
    payload = customers.payload(facts)
    remote = customers.create(someone, payload)
    try:
        assert customers.find(someone, payload).id == remote.id
        changed = {**payload, "last_name": "Changed"}
        customers.update(remote, changed)
        assert customers.differences(changed, customers.read(remote)) == {}
    finally:
        customers.delete(remote)
    with pytest.raises(NotFound):
        customers.read(remote)


def test_a_video_room_from_create_to_delete(provider, someone):
    users = provider.resource("user")
    owner = users.create(someone, users.payload(user_of(someone)))
    start = datetime.now(UTC) + timedelta(days=30)
    facts = ConferenceFacts(
        someone, "Live test", start, start + timedelta(minutes=30), "Live Test", f"{someone}@example.org", "Guest",
        f"{someone}-guest@example.org",
    )  # fmt: skip
    rooms = provider.resource("conference", owner)
    try:
        payload = rooms.payload(facts)
        try:
            remote = rooms.create(someone, payload)
        except Unsupported as error:
            pytest.skip(f"A new user has no account at MeetBit Rooms here: {error}")
        assert rooms.find(someone, payload).id == remote.id
        remote = rooms.update(remote, {**payload, "title": "Live test, changed"})
        rooms.delete(remote)
    finally:
        users.delete(owner)
