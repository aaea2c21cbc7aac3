"""A bare client of the meetergo copy for its tests, and what they begin with."""

from datetime import date, timedelta

import requests

from integrations.sandbox.meetergo.seed import ADMIN_ID, KEY

MONDAY = date(2027, 3, 22)  # the week before the clocks of Europe go forward
WEEK = {"enabled": True, "hours": [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "17:00"}]}
CLOSED = {"enabled": False, "hours": []}
SCHEDULE = {
    "monday": WEEK, "tuesday": WEEK, "wednesday": WEEK, "thursday": WEEK, "friday": WEEK,
    "saturday": CLOSED, "sunday": CLOSED,
}  # fmt: skip
OLD_SCHEDULE = [{"dayOfWeek": "monday", "intervals": [{"from": "08:00", "to": "10:00"}]}]
KIM = {"email": "kim@example.org", "firstname": "Kim", "lastname": "Klient", "receiveReminders": True, "notes": {}}


class Api:
    def __init__(self, sandbox):
        self.sandbox, self.root = sandbox, sandbox.base("meetergo")

    def __call__(self, method, path, body=None, *, user=ADMIN_ID, credential=KEY, **options):
        headers = {}
        if credential:
            headers["Authorization"] = f"Bearer {credential}"
        if user:
            headers["x-meetergo-api-user-id"] = user
        if body is not None:
            options["json"] = body
        return requests.request(method, self.root + path, headers=headers, timeout=10, **options)

    def ok(self, method, path, body=None, **options):
        answer = self(method, path, body, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def user(self, **more):
        body = {
            "email": "erika@example.org",
            "givenName": "Erika",
            "familyName": "Müller",
            "timezone": "Europe/Berlin",
            "availability": {"name": "Kanzlei", "timezone": "Europe/Berlin", "schedule": SCHEDULE},
            "meetingType": {"name": "Erstgespräch", "duration": 30, "slug": "erstgespraech"},
        }
        return self.ok("POST", "/v4/user", {**body, **more})

    def starts(self, made, day=MONDAY, days=1, **query):
        answer = self.slots(made, day, days, **query)
        assert answer.ok, answer.text
        return [spot["startTime"] for entry in answer.json()["dates"] for spot in entry["spots"]]

    def slots(self, made, day=MONDAY, days=1, **query):
        wanted = {
            "meetingTypeId": made["meetingTypeId"],
            "hostIds": [made["userId"]],
            "start": day.isoformat(),
            "end": (day + timedelta(days=days)).isoformat(),
            "timezone": "Europe/Berlin",
            **query,
        }
        return self("GET", "/v4/booking-availability", params={k: v for k, v in wanted.items() if v is not None})

    def book(self, made, start, **more):
        body = {"meetingTypeId": made["meetingTypeId"], "hostIds": [made["userId"]], "start": start, "attendee": KIM}
        return self("POST", "/v4/booking", {**body, **more})

    def change_type(self, made, **body):
        return self.ok("PATCH", f"/v4/meeting-type/{made['meetingTypeId']}", body, user=made["userId"])


def message(answer):
    return answer.json()["message"]
