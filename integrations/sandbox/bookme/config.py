"""Step 1: what can be booked, with whom, and where."""

from typing import Any

from integrations.sandbox.bookme.wire import NAME, Caller, error, get
from integrations.sandbox.store import Body


def shown(row: Body) -> Body:
    """Without what only the copy knows."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def topics(caller: Caller) -> list[Body]:
    """`isCustomer` decides which topics are shown, `customerCategoryId` (or customerTypeId) for whom."""
    for_customers = caller.flag("isCustomer")
    kind = caller.value("customerCategoryId", "customerTypeId")
    if kind:
        get(caller.sandbox, "customer_type", kind, "Customer type")
    rows = [
        row
        for row in caller.store.all(NAME, "topic")
        if (not for_customers or row.get("_customers", True))
        and (not kind or not row.get("_types") or kind in row["_types"])
    ]
    return [in_languages(caller, row) for row in sorted(rows, key=lambda row: row.get("order", 0))]


def in_languages(caller: Caller, row: Body) -> Body:
    """V3: all names, or the one of a tag, Danish where there is none."""
    found, names = shown(row), row.get("_names") or {}
    if not caller.rules.languages:
        return found
    tag = caller.query.get("lang", "all")
    if tag != "all":
        name = names.get(tag) or names.get("da-DK") or row["name"]
        return found | {"name": name, "localizedName": {tag: name}}
    return found | {"localizedName": names or {"da-DK": row["name"]}}


def topic(caller: Caller, uid: str) -> Body:
    return in_languages(caller, get(caller.sandbox, "topic", uid, "Meeting topic"))


def listing(kind: str) -> Any:
    def found(caller: Caller) -> list[Body]:
        return [shown(row) for row in caller.store.all(NAME, kind)]

    return found


def one(kind: str, what: str) -> Any:
    def found(caller: Caller, uid: str) -> Body:
        return shown(get(caller.sandbox, kind, uid, what))

    return found


def vacancies(caller: Caller) -> list[Body]:
    """Rooms of a location that are free at the time of a slot."""
    from integrations.sandbox.bookme.slots import taken

    slot = caller.store.get(NAME, "slot", caller.query.get("timeSlotId", ""))
    if slot is None:
        raise error(404, "Time slot was not found.")
    place = caller.query.get("location", "")
    busy = {row.get("roomId") for row in taken(caller, slot["startDate"], slot["endDate"]) if row["id"] != slot["id"]}
    rows = caller.store.all(NAME, "room")
    return [
        shown(row)
        for row in rows
        if row["canBeBooked"] and row["id"] not in busy and (not place or row["location"] == place)
    ]
