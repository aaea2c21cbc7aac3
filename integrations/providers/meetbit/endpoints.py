"""Every call that may be made to MeetBit: operation id → method, path, success codes, permission.

The vendor's public documents show only a part of the API. What they leave open is marked `inferred`, completed by analogy,
and overridden by the connection options `endpoints`, `parameters` and `fields`. The sandbox reads the same tables, so
one correction reaches both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

CREATED, READ, GONE = (200, 201), (200,), (202, 200, 204)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`path` is a template below the base address; `success`: the codes that mean done, the documented one first.

    `optional`: may only be called where the connection option `enabled_optional` names it.
    """

    method: str
    path: str
    success: tuple[int, ...]
    permission: str
    inferred: bool = True
    optional: bool = False

    @property
    def names(self) -> list[str]:
        """Names of the parts of the path that are filled in, in their order."""
        return re.findall(r"{(\w+)}", self.path)


_ROOM = "/online_conferences/{online_conference_id}"
_ATTENDEES = f"{_ROOM}/online_conference_attendees"

ENDPOINTS: Mapping[str, Endpoint] = {
    "users.list": Endpoint("GET", "/users", READ, "users.read.*", inferred=False),
    "users.create": Endpoint("POST", "/users", CREATED, "users.create.*", inferred=False),
    "users.get": Endpoint("GET", "/users/{user_id}", READ, "users.read.*"),
    "users.update": Endpoint("PATCH", "/users/{user_id}", READ, "users.update.*"),
    "users.delete": Endpoint("DELETE", "/users/{user_id}", GONE, "users.delete.*"),
    "users.restore": Endpoint("POST", "/users/{user_id}/restore", READ, "users.restore.*", optional=True),
    "customers.list": Endpoint("GET", "/customers", READ, "customers.read.*"),
    "customers.create": Endpoint("POST", "/customers", CREATED, "customers.create.*", inferred=False),
    "customers.get": Endpoint("GET", "/customers/{customer_id}", READ, "customers.read.*"),
    "customers.update": Endpoint("PATCH", "/customers/{customer_id}", READ, "customers.update.*"),
    "customers.delete": Endpoint("DELETE", "/customers/{customer_id}", GONE, "customers.delete.*"),
    "customers.restore": Endpoint(
        "POST", "/customers/{customer_id}/restore", READ, "customers.restore.*", optional=True
    ),
    "online_conferences.list": Endpoint("GET", "/online_conferences", READ, "online_conferences.read.*"),
    "online_conferences.create": Endpoint(
        "POST", "/online_conferences", CREATED, "online_conferences.create.*", inferred=False
    ),
    "online_conferences.get": Endpoint("GET", _ROOM, READ, "online_conferences.read.*"),
    "online_conferences.update": Endpoint("PATCH", _ROOM, READ, "online_conferences.update.*", inferred=False),
    "online_conferences.delete": Endpoint("DELETE", _ROOM, GONE, "online_conferences.delete.*"),
    "attendees.list": Endpoint("GET", _ATTENDEES, READ, "online_conference_attendees.read.*"),
    "attendees.create": Endpoint("POST", _ATTENDEES, CREATED, "online_conference_attendees.create.*"),
    "attendees.delete": Endpoint(
        "DELETE", f"{_ATTENDEES}/{{online_conference_attendee_id}}", GONE, "online_conference_attendees.delete.*"
    ),
    "online_conference_accounts.list": Endpoint(
        "GET", "/online_conference_accounts", READ, "online_conference_accounts.read.*"
    ),
    "meeting_links.list": Endpoint("GET", "/meeting_links", READ, "meeting_links.read.*", optional=True),
    "meeting_links.get": Endpoint(
        "GET", "/meeting_links/{meeting_link_id}", READ, "meeting_links.read.*", optional=True
    ),
    "events.list": Endpoint("GET", "/events", READ, "events.read.*", optional=True),
    "events.get": Endpoint("GET", "/events/{event_id}", READ, "events.read.*", optional=True),
    "calendars.get": Endpoint("GET", "/calendars/{calendar_id}", READ, "calendars.read.*", optional=True),
    "forms.list": Endpoint("GET", "/forms", READ, "forms.read.*", optional=True),
}

# Our name of a query parameter → theirs. All INFERRED: the documents name the components, not what goes over the wire.
PARAMETERS: Mapping[str, str] = {
    "page_size": "page_size",
    "page_number": "page_number",
    "with_trashed": "with_trashed",
    "order_by": "order_by",
    "order_direction": "order_direction",
    "filter_attribute": "filter_attribute",
    "filter_operator": "filter_operator",
    "filter_value": "filter_value",
}

# Our name of a field → theirs, by resource; "" is not sent. `role`: the list speaks of a role, the id form is INFERRED.
FIELDS: Mapping[str, Mapping[str, str]] = {
    "user": {
        "first_name": "first_name",
        "last_name": "last_name",
        "email": "email",
        "time_zone": "timezone",
        "phone": "",
        "department": "department_id",
        "role": "role_id",
    },
    "account": {"user": "user_id", "provider": "provider_id"},
    "event": {
        "user": "user_id",
        "customer": "customer_id",
        "meeting_link": "meeting_link_id",
        "starts_at": "starts_at",
        "ends_at": "ends_at",
    },
}
DOCUMENTED_FIELDS = {"department"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table that is printed: what we assume, and whether an operator has set it."""

    name: str
    means: str
    inferred: bool
    overridden: bool = False
    optional: bool = False


def endpoint_table(options: Mapping[str, Any]) -> dict[str, Endpoint]:
    """The shipped table with the connection option `endpoints` laid over it.

    An override is [method, path] or {"method", "path", "success", "permission"}. Raises ValueError for an unknown
    operation or one that cannot be understood.
    """
    table = dict(ENDPOINTS)
    for operation, given in (options.get("endpoints") or {}).items():
        if operation not in table:
            raise ValueError(f"There is no operation {operation}. Known are: {', '.join(sorted(table))}.")
        changes = dict(zip(("method", "path"), given, strict=False)) if isinstance(given, list | tuple) else dict(given)
        changes = {name: tuple(value) if name == "success" else value for name, value in changes.items()}
        if changes.get("method", "GET") not in METHODS or not str(changes.get("path", "/")).startswith("/"):
            raise ValueError(f"{operation}: an override looks like [“PUT”, “/path/{{id}}”].")
        try:
            table[operation] = replace(table[operation], **changes)
        except TypeError as error:
            raise ValueError(f"{operation}: {error}") from None
    return table


def parameter_table(options: Mapping[str, Any]) -> dict[str, str]:
    """Names of query parameters, with the connection option `parameters` laid over them."""
    return {**PARAMETERS, **(options.get("parameters") or {})}


def field_table(options: Mapping[str, Any], resource: str) -> dict[str, str]:
    """Names of fields of `resource`, with the connection option `fields` laid over them."""
    return {**FIELDS[resource], **((options.get("fields") or {}).get(resource) or {})}


def assumptions(options: Mapping[str, Any]) -> list[Entry]:
    """All three tables as lines, for an operator who ticks off the INFERRED ones against the real tenant."""
    lines = [
        Entry(
            operation,
            f"{endpoint.method} {endpoint.path} → {endpoint.success[0]}, needs {endpoint.permission}",
            endpoint.inferred,
            endpoint != ENDPOINTS[operation],
            endpoint.optional,
        )
        for operation, endpoint in endpoint_table(options).items()
    ]
    lines += [
        Entry(f"parameter {name}", theirs, True, theirs != PARAMETERS.get(name))
        for name, theirs in parameter_table(options).items()
    ]
    for resource, shipped in FIELDS.items():
        lines += [
            Entry(
                f"field {resource}.{name}",
                theirs or "(not sent)",
                name not in DOCUMENTED_FIELDS,
                theirs != shipped.get(name),
            )
            for name, theirs in field_table(options, resource).items()
        ]
    return lines
