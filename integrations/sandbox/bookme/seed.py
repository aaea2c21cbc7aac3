"""The bank of a fresh copy: topics, customer types, three employees with hours, two rooms and one that is closed."""

import os
import uuid
from typing import Any

from integrations.sandbox.bookme.wire import NAME
from integrations.sandbox.core import Sandbox
from integrations.sandbox.store import Body

TENANT = "7e4b1c52-0000-4a4a-9c9c-00000000aaaa"
CLIENT_ID = "7e4b1c52-0000-4a4a-9c9c-00000000bbbb"
SCOPE = "https://bank.example/7e4b1c52-0000-4a4a-9c9c-00000000cccc/.default"
SUBSCRIPTION_KEY = "demo-bookme-subscription"
WEEK = {str(day): [[9 * 60, 12 * 60], [13 * 60, 17 * 60]] for day in range(5)}
TYPES = (("private", "Private customer"), ("business", "Business customer"))
TOPICS = (
    ("home", "Home loan", "Boliglån", ""),
    ("pension", "Pension", "Pension", ""),
    ("advice", "Initial consultation", "Første samtale", ""),
    ("refinance", "Refinancing", "Omlægning", "home"),
)
PEOPLE = (("Anna", "Jensen"), ("Bo", "Nielsen"), ("Clara", "Madsen"))
ROOMS = (("Fjord", "Copenhagen", True), ("Bakke", "Copenhagen", True), ("Archive", "Copenhagen", False))


def uid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"bookme {name}"))


def client_secret() -> str:
    return os.environ.get("SANDBOX_BOOKME_SECRET") or "demo-bookme-secret"


def credentials() -> dict[str, str]:
    """All that a connection to the copy needs."""
    return {
        "tenant_id": TENANT,
        "client_id": CLIENT_ID,
        "client_secret": client_secret(),
        "scope": SCOPE,
        "subscription_key": SUBSCRIPTION_KEY,
    }


def put(sandbox: Sandbox, kind: str, body: Body) -> Body:
    return sandbox.store.put(NAME, kind, body["id"], body)


def seed(sandbox: Sandbox) -> None:
    put(
        sandbox,
        "application",
        {
            "id": CLIENT_ID,
            "tenant": TENANT,
            "secrets": [client_secret()],
            "scope": SCOPE,
            "subscription_key": SUBSCRIPTION_KEY,
        },
    )
    for name, words in TYPES:
        put(sandbox, "customer_type", {"id": uid(name), "name": words})
    for order, (name, english, danish, parent) in enumerate(TOPICS):
        add_topic(sandbox, english, danish=danish, parent=uid(parent) if parent else "", order=order, id=uid(name))
    for first, last in PEOPLE:
        add_employee(sandbox, f"{first} {last}".lower().replace(" ", ".") + "@bank.example", first, last)
    for name, location, free in ROOMS:
        add_room(sandbox, name, location, free)


# --- what the bank's own people can do -----------------------------------------------------------------------------------


def add_topic(sandbox: Sandbox, name: str, danish: str = "", parent: str = "", order: int = 99, **more: Any) -> Body:
    body = {"id": uid(name), "name": name, "uniqueTopicId": name.lower().replace(" ", "-"), "order": order, **more}
    names = {"en-GB": name, "da-DK": danish or name}
    return put(sandbox, "topic", body | ({"parentId": parent} if parent else {}) | {"_names": names})


def add_employee(
    sandbox: Sandbox, email: str, first: str, last: str, hours: dict[str, Any] | None = None, **more: Any
) -> Body:
    """`hours`: windows in minutes by weekday, Monday "0"."""
    body = {
        "id": uid(email),
        "displayName": f"{first} {last}",
        "firstName": first,
        "lastName": last,
        "email": email,
        "initials": f"{first[:1]}{last[:1]}",
        "location": "Copenhagen",
        "externalId": None,
        "_hours": hours or WEEK,
        **more,
    }
    return put(sandbox, "employee", body)


def add_room(sandbox: Sandbox, name: str, location: str = "Copenhagen", free: bool = True) -> Body:
    mail = f"{name.lower()}@bank.example"
    return put(
        sandbox,
        "room",
        {"id": uid(f"room {name}"), "location": location, "email": mail, "name": name, "canBeBooked": free},
    )
