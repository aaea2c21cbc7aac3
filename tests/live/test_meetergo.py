"""Against the real meetergo, with somebody's key: the assumptions that the public documents leave open.

LIVE_MEETERGO_API_KEY    a platform key (ak_live:…) of a company that is there for tests
LIVE_MEETERGO_ADMIN      user id of a company admin (empty: the owner of the key)
LIVE_MEETERGO_MAIL       an address like tests+{}@example.com; the braces are filled with something unique
LIVE_MEETERGO_BASE_URL   another address of the API (default https://api.meetergo.com/v4)

Every run makes one platform user and deletes it. Bookings are metered there: one is made, silently, and cancelled.
"""

import os
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import Conflict, NotFound, Rejected
from integrations.providers.meetergo import Meetergo
from tests.integrations.contract import open_provider
from tests.integrations.meetergo_world import BOOKING, LONG, PAGE, USER

KEY = os.environ.get("LIVE_MEETERGO_API_KEY", "")
pytestmark = pytest.mark.skipif(not KEY, reason="needs LIVE_MEETERGO_API_KEY, see docs/providers.md")
UNIQUE = uuid.uuid4().hex[:10]
MAIL = os.environ.get("LIVE_MEETERGO_MAIL", "tests+{}@example.com").format(UNIQUE)
MEMBER = replace(USER, email=MAIL, slug=f"live-test-{UNIQUE}")


@pytest.fixture(scope="module")
def provider():
    return open_provider(
        Meetergo,
        os.environ.get("LIVE_MEETERGO_BASE_URL", Meetergo.base_url),
        {"api_key": KEY},
        admin_user_id=os.environ.get("LIVE_MEETERGO_ADMIN", ""),
    )


@pytest.fixture(scope="module")
def user(provider):
    users = provider.resource("user")
    made = users.create("live", users.payload(MEMBER))
    yield made
    users.delete(made)
    with pytest.raises(NotFound):
        users.read(made)


@pytest.fixture(scope="module")
def meeting_type(provider, user):
    types = provider.resource("meeting_type", user)
    payload = types.payload(replace(LONG, notice=0))
    return types.update(types.create("live", payload), payload)


def test_the_key_acts_for_an_admin(provider):
    assert "(admin)" in provider.check()


def test_a_user_is_as_sent(provider, user):
    users = provider.resource("user")
    assert {"availabilityId", "meetingTypeId", "bookingUrl", "companyId"} <= set(user.data)
    assert users.differences(users.payload(MEMBER), users.read(user)) == {}


def test_a_known_address_is_a_conflict(provider, user):
    """U1: 409, or 400 with words that answers.TAKEN knows."""
    users = provider.resource("user")
    with pytest.raises(Conflict):
        users.create("live", users.payload(MEMBER))
    assert users.find("live", users.payload(MEMBER)).id == user.id


def test_hours_are_as_sent_and_the_zone_can_change(provider, user):
    """U6, U8: the encoding of schedules and where they are served."""
    hours = provider.resource("availability", user)
    wanted = hours.payload(replace(MEMBER.hours, time_zone="Europe/Vienna"))
    changed = hours.update(hours.find("live", wanted), wanted)
    assert "gaps" not in changed.data


def test_the_personal_page_keeps_its_colours(provider, user):
    page = provider.resource("personal_page", user)
    assert "gaps" not in page.create("live", page.payload(PAGE)).data


def test_nothing_of_a_meeting_type_is_dropped(meeting_type):
    """U7, U15: what the gaps name is what their server drops in silence."""
    assert "gaps" not in meeting_type.data


def test_a_booking_takes_its_time_once(provider, user, meeting_type):
    """U9: how a taken time is refused."""
    calendar, now = provider.engine(provider), datetime.now(UTC)
    starts = calendar.free_starts(user, meeting_type, now + timedelta(days=7), now + timedelta(days=14))
    assert starts
    facts = replace(BOOKING, starts_at=starts[0], ends_at=starts[0] + timedelta(hours=1), client_email=f"guest-{MAIL}")
    bookings = provider.resource("booking", meeting_type)
    made = bookings.create("live", bookings.payload(facts))
    try:
        assert bookings.find("live", bookings.payload(facts)).id == made.id
        with pytest.raises(Conflict):
            bookings.create("live", bookings.payload(replace(facts, client_email=f"second-{MAIL}")))
    finally:
        bookings.delete(made)
    assert calendar.read_booking(user, made.id).cancelled


def test_an_array_schedule_is_refused_or_noticed(provider, user):
    """U2: what today's server makes of the recipe's encoding."""
    recipe = open_provider(
        Meetergo, provider.http.base_url, {"api_key": KEY}, dialect="recipe", admin_user_id=provider.admin_id
    )
    hours = recipe.resource("availability", user)
    wanted = hours.payload(replace(MEMBER.hours, weekly={2: ((600, 660),)}))
    try:
        changed = hours.update(hours.find("live", wanted), wanted)
    except Rejected:
        return
    assert "schedule" in changed.data.get("gaps", {}) or not hours.differences(wanted, hours.read(changed))
