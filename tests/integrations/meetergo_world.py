"""What the tests of meetergo begin with: facts, a provider over its copy, and objects made there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from integrations.contract import (
    BookingFacts,
    HoursFacts,
    MeetingTypeFacts,
    PageFacts,
    UserFacts,
)
from integrations.providers.meetergo import Meetergo
from integrations.sandbox.meetergo.seed import KEY
from tests.integrations.contract import open_provider

NINE_TO_FIVE = ((9 * 60, 12 * 60), (13 * 60, 17 * 60))
HOURS = HoursFacts("Europe/Berlin", dict.fromkeys(range(5), NINE_TO_FIVE))
TYPE = MeetingTypeFacts(
    ref="11", slug="erstgespraech", title="Erstgespräch", description="", duration=30, step=15, buffer_before=0,
    buffer_after=10, notice=60, horizon_days=60, seats=1, channel="phone", enabled=True,
)  # fmt: skip
LONG = replace(TYPE, ref="12", slug="mandat", title="Mandatsgespräch", duration=60, channel="video")
USER = UserFacts(
    ref="7", email="erika@example.org", first_name="Erika", last_name="Müller", phone="", slug="erika-mueller",
    language="de", hours=HOURS, first_type=TYPE,
)  # fmt: skip
PAGE = PageFacts("7", "Find your lawyer", "All over Germany", "#1f4b8f", "#8fb0ee")
# A Monday that is far enough away from the real clock, which the copy keeps unless told otherwise.
NOW = datetime.now(UTC)
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = (NOW + timedelta(days=14 - NOW.weekday())).replace(hour=9, minute=0, second=0, microsecond=0)
BOOKING = BookingFacts(
    ref="b1", starts_at=MONDAY, ends_at=MONDAY + timedelta(minutes=30), time_zone="Europe/Berlin", channel="phone",
    location="", client_name="Kim Klient", client_email="kim@example.org", client_phone="+49 30 1", client_language="de",
    note="",
)  # fmt: skip
FACTS = {"user": USER, "availability": HOURS, "personal_page": PAGE, "meeting_type": LONG, "booking": BOOKING}
CHANGED = {
    "user": replace(USER, last_name="Maier"),
    "availability": HoursFacts("Europe/Vienna", {0: ((600, 1440),)}),
    "personal_page": replace(PAGE, colour="#aa0000"),
    "meeting_type": replace(
        LONG, title="Gespräch", duration=45, buffer_before=5, notice=120, enabled=False, slug="neu"
    ),
    "booking": replace(BOOKING, starts_at=MONDAY + timedelta(hours=1), ends_at=MONDAY + timedelta(hours=1, minutes=30)),
}


def provider_of(sandbox, *keys, **options):
    return open_provider(
        Meetergo, f"{sandbox.base('meetergo')}/v4", *({"api_key": key} for key in keys or (KEY,)), **options
    )


def make_user(provider, facts=USER):
    users = provider.resource("user")
    return users.create(facts.ref, users.payload(facts))


def make_type(provider, user, facts=TYPE):
    types = provider.resource("meeting_type", user)
    payload = types.payload(facts)
    found = types.find(facts.ref, payload)
    return types.update(found, payload) if found else types.create(facts.ref, payload)


def book(provider, meeting_type, facts=BOOKING):
    bookings = provider.resource("booking", meeting_type)
    return bookings.create(facts.ref, bookings.payload(facts))


def bare(**options):
    return open_provider(Meetergo, "http://127.0.0.1:9/v4", {"api_key": KEY}, **options)
