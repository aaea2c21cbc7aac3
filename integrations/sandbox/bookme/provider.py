"""What the sandbox knows about BookMe's copy."""

import uuid
from datetime import timedelta
from typing import Any

from integrations.providers.bookme import wire
from integrations.sandbox.bookme import meetings, seed
from integrations.sandbox.bookme.wire import NAME, fail, stamp
from integrations.sandbox.core import Provider, Sandbox, Switch
from integrations.sandbox.limits import Limit
from integrations.sandbox.store import Body

SWITCHES = [
    Switch("token_seconds", 3599, "How long a token lasts."),
    Switch("subscription_key", "optional", "Whether calls need the key of the gateway.", ("optional", "required")),
    Switch("error_style", "api", "Who refuses a token: the API, or the gateway before it.", ("api", "gateway")),
    Switch("expired_hold", 409, "Answer to a hold that has run out.", (409, 404)),
    Switch("promote", "no", "The slot must be booked before its meeting is made.", ("no", "required")),
    Switch("moves", "slot", "Whether a change of timeSlotId moves a meeting.", ("slot", "no")),
    Switch("enum_case", "lower", "How meeting types are written.", ("lower", "title")),
    Switch("time_names", "startDate", "Names of the ends of a free time.", ("startDate", "startTime")),
    Switch("time_zone", "Europe/Copenhagen", "Zone of the bank."),
    Switch("lead_minutes", 60, "Notice that customers must give."),
    Switch("ical_shift", "0:00", "So much later than the meeting its calendar file says it is."),
]


def facts(sandbox: Sandbox, base: str) -> list[tuple[str, str]]:
    return [
        ("base URL", f"{base}/{NAME}/api/v1 (also v2, v3, and bare)"),
        ("authority", f"{base}/{NAME}"),
        *seed.credentials().items(),
    ]


def cancel(sandbox: Sandbox, meeting: str) -> dict[str, Any]:
    """An employee deletes a meeting."""
    with sandbox.store.transaction():
        found = sandbox.store.get(NAME, "meeting", meeting)
        if found is None:
            raise ValueError(f"There is no meeting {meeting}.")
        meetings.remove(sandbox, found)
    return {"cancelled": meeting}


def block(sandbox: Sandbox, employee: str, start: str, minutes: int = 60) -> Body:
    """An entry in an employee's calendar."""
    begins, now = wire.instant(start), stamp(sandbox.clock.now())
    body = {
        "id": str(uuid.uuid4()),
        "dateCreated": now,
        "dateModified": now,
        "startDate": wire.spelled(begins),
        "endDate": wire.spelled(begins + timedelta(minutes=minutes)),
        "status": "Busy",
        "employeeId": employee,
        "roomId": None,
        "_token": "",
    }
    return seed.put(sandbox, "slot", body)


def close(sandbox: Sandbox, day: str) -> Body:
    """A day on which the bank is closed, YYYY-MM-DD."""
    return seed.put(sandbox, "closing_day", {"id": day})


def revoke(sandbox: Sandbox) -> dict[str, int]:
    """No token that was given holds any longer."""
    tokens = sandbox.store.all(NAME, "token")
    for one in tokens:
        sandbox.store.delete(NAME, "token", one["id"])
    return {"revoked": len(tokens)}


PROVIDER = Provider(
    name=NAME,
    title="&money BookMe",
    urls="integrations.sandbox.bookme.urls",
    seed=seed.seed,
    switches=SWITCHES,
    # 100 at once and a thousand an hour.
    limits={"bookme-minute": Limit(100, 60, 100), "bookme-hour": Limit(1000, 3600, 1000)},
    actions={
        "add_employee": seed.add_employee,
        "add_topic": seed.add_topic,
        "add_room": seed.add_room,
        "cancel": cancel,
        "block": block,
        "close": close,
        "revoke": revoke,
    },
    facts=facts,
    fail=fail,
)
