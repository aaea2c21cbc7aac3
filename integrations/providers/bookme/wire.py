"""What BookMe's documents say, as tables: addresses, versions, names in both dialects, enums. The sandbox reads them too.

The guide and the vendor's machine specification name the same things differently; where they are silent, the option of
the connection decides (`DIALECTS`, `LIST_STYLES`, `CASES`). Nothing else in this package knows a field's name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

DIALECTS = ("guide", "spec", "both")
LIST_STYLES = ("repeat", "csv")
CASES = ("lower", "title")
MOVES = ("change", "anew")
# Clients as our own rows tell them apart (BookingFacts.client_category).
CATEGORIES = ("new", "known")
# A reserved slot lives exactly so long.
HOLD = timedelta(minutes=5)
# Starts lie on the hour and the half hour.
GRID = 30

# operation → (method, path below the base)
ENDPOINTS: dict[str, tuple[str, str]] = {
    "topics": ("GET", "/bookme/meeting-topics"),
    "customer_types": ("GET", "/config/customer-types"),
    "employees": ("GET", "/config/employees"),
    "rooms": ("GET", "/config/rooms"),
    "available": ("GET", "/bookme/time-slots/available"),
    "reserve": ("POST", "/bookme/time-slots/reserve"),
    "promote": ("PATCH", "/bookme/time-slots/{slot}"),
    "create": ("POST", "/bookme/meetings"),
    "meetings": ("GET", "/bookme/meetings"),
    "meeting": ("GET", "/bookme/meetings/{meeting}"),
    "delete": ("DELETE", "/bookme/meetings/{meeting}"),
    "ical": ("POST", "/bookme/meetings/{meeting}/ical"),
}


@dataclass(frozen=True, slots=True)
class Version:
    """`update`: the method that changes a meeting, with one operation of JSON Patch or with a list of them."""

    update: str
    update_is_list: bool
    deleted: int
    required: tuple[str, ...]
    needs_salesforce: bool
    employee_types: tuple[str, ...]
    booked_by: tuple[str, ...]
    languages: bool


# Where V1 and V2/V3 differ.
VERSIONS = {
    "v1": Version(
        "PUT", False, 200, ("booked_by", "customer_type", "slot", "type", "topic", "employee", "customer"), False,
        ("Explicit", "Local", "ServiceGroup", "Global"), ("employee", "customer"), False,
    ),
    "v2": Version(
        "PATCH", True, 204, ("booked_by", "type", "employee", "customer"), True,
        ("Explicit", "Local", "ServiceGroup"), ("employee", "customer", "portalpartner", "portalcustomer"), False,
    ),
    "v3": Version(
        "PATCH", True, 204, ("booked_by", "type", "employee", "customer"), True,
        ("Explicit", "Local", "ServiceGroup"), ("employee", "customer", "portalpartner", "portalcustomer"), True,
    ),
}  # fmt: skip

# our name → (guide, specification)
QUERY = {
    "topic": ("theme", "topic"),
    "customer_type": ("customerCategoryId", "customerTypeId"),
}
MEETING = {
    "booked_by": ("bookedBy", "bookedBy"),
    "customer_type": ("customerCategoryId", "customerTypeId"),
    "slot": ("timeSlotId", "timeSlotId"),
    "type": ("type", "type"),
    "topic": ("themeId", "topicId"),
    "room": ("roomId", "roomId"),
    "employee": ("employeeId", "employeeId"),
    "customer": ("customerId", "customerId"),
    "title": ("title", "title"),
    "description": ("description", "description"),
    "salesforce": ("salesforceId", "salesforceId"),
}
TYPES = ("physical", "online", "telephone", "offsite")
# status → what `code` says
CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
    500: "INTERNAL_SERVER_ERROR",
}


def version_of(base_url: str, chosen: str) -> str:
    """As the option says; `auto`: as the address ends, else the first one."""
    if chosen in VERSIONS:
        return chosen
    found = re.search(r"/(v[123])/?$", base_url)
    return found[1] if found else "v1"


def named(values: Mapping[str, Any], table: Mapping[str, tuple[str, str]], dialect: str) -> dict[str, Any]:
    """Our names → theirs; what is None or "" is left out."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if value in (None, ""):
            continue
        guide, spec = table.get(name, (name, name))
        for theirs in {"guide": (guide,), "spec": (spec,)}.get(dialect, (guide, spec)):
            found[theirs] = value
    return found


def listed(name: str, values: Iterable[str], style: str) -> list[tuple[str, str]]:
    """A list in the query: repeated keys, or joined by commas."""
    found = [value for value in values if value]
    if style == "csv":
        return [(name, ",".join(found))] if found else []
    return [(name, value) for value in found]


def cased(value: str, case: str) -> str:
    return value.capitalize() if case == "title" else value


def spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(value: Any) -> datetime:
    """Aware, UTC. Raises ValueError for anything else: a naive time is never guessed at."""
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no offset.")
    return moment.astimezone(UTC)


def times(row: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Both pairs of names occur in the documents. Raises ValueError."""
    return instant(row.get("startDate") or row.get("startTime")), instant(row.get("endDate") or row.get("endTime"))


def clock(length: timedelta) -> str:
    """hh:mm:ss"""
    minutes = int(length.total_seconds()) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}:00"


def span(length: timedelta) -> str:
    """d.hh:mm:ss, rounded up to the minute."""
    minutes = -(-int(length.total_seconds()) // 60)
    return f"{minutes // 1440}.{minutes % 1440 // 60:02}:{minutes % 60:02}:00"


def length(text: str) -> timedelta:
    """hh:mm:ss or d.hh:mm:ss. Raises ValueError."""
    found = re.fullmatch(r"(?:(\d+)\.)?(\d{1,2}):(\d\d)(?::(\d\d))?", text)
    if found is None:
        raise ValueError(f"{text} is no duration")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
