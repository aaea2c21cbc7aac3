"""What the tests of BookMe begin with: a bare client of the copy, facts, and a provider over it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import requests

from integrations.contract import BookingFacts, HoursFacts, MeetingTypeFacts, UserFacts
from integrations.providers.bookme import BookMe
from integrations.sandbox.bookme.seed import SUBSCRIPTION_KEY, credentials, uid
from tests.integrations.contract import open_provider

NAME = "bookme"
ANNA, BO = uid("anna.jensen@bank.example"), uid("bo.nielsen@bank.example")
FJORD, BAKKE, ARCHIVE = uid("room Fjord"), uid("room Bakke"), uid("room Archive")
HOME, PRIVATE = uid("home"), uid("private")
NOW = datetime.now(UTC)
# A Monday far enough away from the real clock, at ten in the bank's winter and eleven in its summer.
MONDAY = (NOW + timedelta(days=14 - NOW.weekday())).replace(hour=9, minute=0, second=0, microsecond=0)
USER = UserFacts(
    ref="7", email="anna.jensen@bank.example", first_name="Anna", last_name="Jensen", phone="", slug="anna-jensen",
    language="en", hours=HoursFacts("Europe/Copenhagen", {}),
)  # fmt: skip
TYPE = MeetingTypeFacts(
    ref="11", slug="home-loan", title="Home loan", description="", duration=60, step=30, buffer_before=0,
    buffer_after=0, notice=60, horizon_days=60, seats=1, channel="on_site", enabled=True,
)  # fmt: skip
BOOKING = BookingFacts(
    ref="b1", starts_at=MONDAY, ends_at=MONDAY + timedelta(hours=1), time_zone="Europe/Copenhagen", channel="on_site",
    location="", client_name="Kim Klient", client_email="kim@example.org", client_phone="+45 1", client_language="en",
    note="About the house; please call", title="Home loan", client_ref="person-5",
)  # fmt: skip
MOVED = replace(BOOKING, starts_at=MONDAY + timedelta(hours=2), ends_at=MONDAY + timedelta(hours=3))


def provider_of(sandbox, version="v1", **options):
    base = sandbox.base(NAME)
    path = f"/api/{version}" if version else ""
    given = {"authority": base, "customer_type": PRIVATE, **options}
    return open_provider(BookMe, f"{base}{path}", credentials(), **given)


def employee(provider, facts=USER):
    users = provider.resource("user")
    return users.find(facts.ref, users.payload(facts))


def topic(provider, facts=TYPE):
    types = provider.resource("meeting_type", employee(provider))
    return types.find(facts.ref, types.payload(facts))


class Api:
    """Without our client: what the copy itself answers."""

    def __init__(self, sandbox, prefix="/api/v1"):
        self.root = sandbox.base(NAME)
        self.base = self.root + prefix
        self.token = self.fetch().json()["access_token"]

    def fetch(self, **changes):
        known = credentials()
        form = {
            "grant_type": "client_credentials",
            **{name: known[name] for name in ("client_id", "client_secret", "scope")},
            **changes,
        }
        return requests.post(f"{self.root}/{known['tenant_id']}/oauth2/v2.0/token", data=form, timeout=10)

    def __call__(self, method, path, *, headers=None, **given):
        headers = {"Authorization": f"Bearer {self.token}", "Ocp-Apim-Subscription-Key": SUBSCRIPTION_KEY} | (
            headers or {}
        )
        return requests.request(method, self.base + path, headers=headers, timeout=10, **given)

    def reserve(self, token, start=MONDAY, employee=ANNA, minutes=60, **more):
        slot = {
            "startDate": start.isoformat(),
            "endDate": (start + timedelta(minutes=minutes)).isoformat(),
            "status": "Reserved",
            "employeeId": employee,
            **more.pop("slot", {}),
        }
        return self("POST", "/bookme/time-slots/reserve", json={"timeSlot": slot, "token": token, **more})

    def meeting(self, slot, **changes):
        body = {
            "bookedBy": "customer", "customerCategoryId": PRIVATE, "timeSlotId": slot, "type": "physical",
            "themeId": HOME, "employeeId": ANNA, "customerId": "c-1", **changes,
        }  # fmt: skip
        return self("POST", "/bookme/meetings", json={name: value for name, value in body.items() if value})

    def free(self, **query):
        given = {
            "requireEmployeeParticipation": "true",
            "explicitEmployeeIds": ANNA,
            "startDate": MONDAY.replace(hour=0).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lookForwardTime": "1.00:00:00",
            "meetingTypes": "online",
            **query,
        }
        return self("GET", "/bookme/time-slots/available", params={k: v for k, v in given.items() if v is not None})
