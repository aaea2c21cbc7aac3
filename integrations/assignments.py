"""Who and what of ours is whom and what at a provider where they exist already: lists, suggestions, choices.

Choices are options of the connection (`employees`, `topics`, `customer_types` with one table more for each category of
clients, `rooms`: our id → theirs). Without one the adapter goes by e-mail address or exactly the same name; what only looks
alike is suggested to a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from directory import audit
from integrations import desired, sync
from integrations.models import Connection, Mirror
from integrations.providers.bookme import BookMe
from integrations.providers.bookme.mapping import employee_name, same
from integrations.providers.bookme.wire import CATEGORIES
from scheduling.models import MeetingType

# From this likeness on a name is suggested.
ALIKE = 0.6
# Customer types of a meeting type: for everybody, and for categories of clients.
CUSTOMERS = ("customer_types", *(f"customer_types_{one}" for one in CATEGORIES))


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing of ours. `chosen`: by a person; `suggested`: their id that fits, with the reason in words."""

    kind: str
    uid: str
    label: str
    options: list[tuple[str, str]]
    chosen: str = ""
    suggested: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.uid}"


@dataclass(slots=True)
class Sheet:
    """Everything that can be assigned at one connection."""

    choices: list[Choice] = field(default_factory=list)


def possible(connection: Connection) -> bool:
    return issubclass(connection.provider_class, BookMe)


def read(connection: Connection) -> Sheet:
    """Asks the provider for its lists, at most four calls. Raises the six errors, CannotUnseal."""
    client = connection.open().client  # type: ignore[attr-defined]
    there = {name: client.known(name) for name in ("employees", "topics", "customer_types", "rooms")}
    named = {
        "employees": [(str(row["id"]), _employee(row)) for row in there["employees"]],
        "topics": _nested(there["topics"]),
        "customer_types": [(str(row["id"]), str(row.get("name") or row["id"])) for row in there["customer_types"]],
        "rooms": [
            (str(row["id"]), f"{row.get('name') or row['id']}, {row.get('location') or '–'}")
            for row in there["rooms"]
            if row.get("canBeBooked", True)
        ],
    }
    named |= dict.fromkeys(CUSTOMERS, named["customer_types"])
    known: Mapping[str, Mapping[str, str]] = {name: connection.options.get(name) or {} for name in named}
    sheet, members = (
        Sheet(),
        list(desired.members(connection).select_related("person").order_by("person__last_name", "pk")),
    )
    for one in members:
        suggested, why = _person(one.person.email, one.person.full_name, there["employees"])
        given = known["employees"].get(str(one.pk), "")
        sheet.choices.append(
            Choice("employees", str(one.pk), one.person.full_name, named["employees"], given, suggested, why)
        )
    types = MeetingType.objects.filter(host__in=[one.pk for one in members]).exclude(visibility="archived")
    for kind in types.select_related("host__person").order_by("host__person__last_name", "host", "position"):
        label, uid = f"{kind.title} – {kind.host.person.full_name}", str(kind.pk)
        suggested, why = _named(kind.title, there["topics"])
        given = known["topics"].get(uid, "")
        sheet.choices.append(Choice("topics", uid, label, named["topics"], given, suggested, why))
        sheet.choices += [Choice(one, uid, label, named[one], known[one].get(uid, "")) for one in CUSTOMERS]
    for room in connection.brand.meeting_rooms.filter(is_active=True):
        suggested, why = _named(room.name, there["rooms"])
        given = known["rooms"].get(str(room.pk), "")
        sheet.choices.append(Choice("rooms", str(room.pk), str(room), named["rooms"], given, suggested, why))
    return sheet


def save(connection: Connection, chosen: Mapping[str, str]) -> int:
    """`chosen`: a choice's name → their id, "" for none. What changed is written to the options, and the objects are
    looked at again; returns how many changed."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        changed: dict[str, set[str]] = {}
        for name, theirs in chosen.items():
            kind, _dash, uid = name.partition("-")
            table = dict(row.options.get(kind) or {})
            if (table.get(uid) or "") != theirs:
                table = {**table, uid: theirs} if theirs else {key: table[key] for key in table if key != uid}
                row.options = {**row.options, kind: table}
                changed.setdefault(kind, set()).add(uid)
        if not changed:
            return 0
        row.save(update_fields=["options"])
        audit.record("connection.assignments", row)
        sync.mark_all(row, "user", changed.get("employees", set()))
        types = changed.get("topics", set()).union(*(changed.get(one, set()) for one in CUSTOMERS))
        if "rooms" in changed:
            types |= set(desired.uids(row, "meeting_type"))
        for one in MeetingType.objects.filter(pk__in=types):
            sync.mark(row, "meeting_type", str(one.pk), owner_uid=str(one.host_id))
        Mirror.objects.filter(connection=row, kind="meeting_type", local_uid__in=types).update(attempts=0)
    return sum(len(uids) for uids in changed.values())


# --- suggestions -------------------------------------------------------------------------------------------------


def _employee(row: Mapping[str, Any]) -> str:
    return f"{employee_name(row)} ({row.get('email') or '–'})"


def _nested(topics: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """In their order, sub-topics behind their topic."""
    names = {str(row["id"]): str(row.get("name") or row["id"]) for row in topics}
    ordered = sorted(topics, key=lambda row: row.get("order") or 0)
    return [
        (str(row["id"]), " › ".join(filter(None, (names.get(str(row.get("parentId"))), names[str(row["id"])]))))
        for row in ordered
    ]


def _person(email: str, name: str, employees: list[dict[str, Any]]) -> tuple[str, str]:
    for row in employees:
        if same(row.get("email"), email):
            return str(row["id"]), _("the same e-mail address")
    for row in employees:
        if same(employee_name(row), name):
            return str(row["id"]), _("the same name")
    return _alike(name, [(str(row["id"]), employee_name(row)) for row in employees])


def _named(name: str, rows: list[dict[str, Any]]) -> tuple[str, str]:
    for row in rows:
        if same(row.get("name"), name):
            return str(row["id"]), _("the same name")
    return _alike(name, [(str(row["id"]), str(row.get("name") or "")) for row in rows])


def _alike(name: str, rows: list[tuple[str, str]]) -> tuple[str, str]:
    found = [(SequenceMatcher(None, name.casefold(), there.casefold()).ratio(), uid) for uid, there in rows]
    best = max(found, default=(0.0, ""))
    return (best[1], _("a similar name")) if best[0] >= ALIKE else ("", "")
