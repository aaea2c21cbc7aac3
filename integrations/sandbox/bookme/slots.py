"""Steps 2 and 3: free times on a grid of half hours, and reservations that live for five minutes."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.providers.bookme import wire
from integrations.sandbox.bookme.wire import NAME, Caller, error, get, stamp
from integrations.sandbox.store import Body

DEFAULT_LENGTH, DEFAULT_AHEAD = timedelta(hours=1), timedelta(days=7)
GRID = timedelta(minutes=wire.GRID)
BUSY = ("Reserved", "Booked", "Busy")


def alive(caller: Caller, slot: Body) -> bool:
    """Takes time: booked, or reserved and not over."""
    if slot["status"] != "Reserved":
        return slot["status"] in BUSY
    return wire.instant(slot["dateCreated"]) + wire.HOLD > caller.now


def taken(caller: Caller, start: str, end: str, ignored: frozenset[str] = frozenset()) -> list[Body]:
    begins, ends = wire.instant(start), wire.instant(end)
    return [
        row
        for row in caller.store.all(NAME, "slot")
        if row["id"] not in ignored
        and alive(caller, row)
        and wire.instant(row["startDate"]) < ends
        and wire.instant(row["endDate"]) > begins
    ]


# --- available ---------------------------------------------------------------------------------------------------------


def available(caller: Caller) -> list[Body]:
    together = caller.flag("requireEmployeeParticipation")
    wanted = [get(caller.sandbox, "employee", uid, "Employee") for uid in caller.values("explicitEmployeeIds")]
    topic, kind = caller.value("theme", "topic"), caller.value("customerCategoryId", "customerTypeId")
    if topic:
        get(caller.sandbox, "topic", topic, "Meeting topic")
    if kind:
        get(caller.sandbox, "customer_type", kind, "Customer type")
    pools = caller.values("employeeTypes")
    unknown = [one for one in pools if one not in caller.rules.employee_types]
    if unknown or (pools and together):
        raise error(400, f"employeeTypes is not valid: {', '.join(unknown or pools)}.")
    types = [one.lower() for one in caller.values("meetingTypes")] or ["physical", "online", "telephone"]
    if set(types) - set(wire.TYPES):
        raise error(400, f"meetingTypes is not valid: {', '.join(types)}.")
    length = caller.span("meetingDuration", DEFAULT_LENGTH)
    start = caller.moment("startDate") or caller.now
    end = start + caller.span("lookForwardTime", DEFAULT_AHEAD)
    place = caller.query.get("meetingLocation") or caller.query.get("customerLocation") or ""
    rooms = [get(caller.sandbox, "room", uid, "Room") for uid in caller.values("specificRooms")]
    search = Search(caller, start, end, length, place)
    people = wanted or search.everybody(topic)
    found = search.together(people) if together and len(wanted) > 1 else search.anybody(people)
    rows = []
    for moment, employee in found:
        for meeting_type in types:
            room = search.room(moment, rooms) if caller.flag("requireRoom", default=bool(rooms)) else None
            if room is None and (caller.flag("requireRoom", default=bool(rooms))):
                continue
            row = {
                "startDate": wire.spelled(moment),
                "endDate": wire.spelled(moment + length),
                "meetingType": meeting_type if caller.switch("enum_case") == "lower" else meeting_type.capitalize(),
                "employeeId": employee["id"],
            }
            if caller.switch("time_names") == "startTime":
                row["startTime"], row["endTime"] = row.pop("startDate"), row.pop("endDate")
            rows.append(row | ({"roomId": room["id"]} if room else {}) | ({"meetingTopicId": topic} if topic else {}))
    return rows


class Search:
    """One question: everything that takes time is read once."""

    def __init__(self, caller: Caller, start: datetime, end: datetime, length: timedelta, place: str) -> None:
        self.caller, self.length, self.place = caller, length, place
        self.start, self.end = max(start, caller.now), end
        if caller.flag("isCustomerInitiated", default=False) and not caller.flag(
            "ignoreMinimumTimeBeforeBooking", default=False
        ):
            lead = timedelta(minutes=int(caller.switch("lead_minutes")))
            self.start = max(self.start, caller.now + lead)
        self.zone = ZoneInfo(str(caller.switch("time_zone")))
        ignored = {
            str(meeting["timeSlotId"])
            for uid in caller.values("ignoreMeetingIds")
            if (meeting := caller.store.get(NAME, "meeting", uid))
        }
        self.busy = [
            (wire.instant(row["startDate"]), wire.instant(row["endDate"]), row.get("employeeId"), row.get("roomId"))
            for row in caller.store.all(NAME, "slot")
            if row["id"] not in ignored and alive(caller, row)
        ]
        self.closed = {row["id"] for row in caller.store.all(NAME, "closing_day")}
        self.rooms = [row for row in caller.store.all(NAME, "room") if row["canBeBooked"]]

    def everybody(self, topic: str) -> list[Body]:
        rows = self.caller.store.all(NAME, "employee")
        here = [row for row in rows if not self.place or row["location"] == self.place]
        return [row for row in here if not topic or not row.get("_topics") or topic in row["_topics"]]

    def anybody(self, people: list[Body]) -> Iterator[tuple[datetime, Body]]:
        """The first of those who could, for each time."""
        seen: dict[datetime, Body] = {}
        for employee in people:
            for moment in self.starts(employee):
                seen.setdefault(moment, employee)
        yield from sorted(seen.items(), key=lambda item: item[0])

    def together(self, people: list[Body]) -> Iterator[tuple[datetime, Body]]:
        """All of them are free."""
        common = set.intersection(*(set(self.starts(employee)) for employee in people))
        yield from ((moment, people[0]) for moment in sorted(common))

    def starts(self, employee: Body) -> Iterator[datetime]:
        mine = [row for row in self.busy if row[2] == employee["id"]]
        buffer = timedelta(minutes=int(employee.get("_buffer", 0)))
        cap, by_day = employee.get("_cap"), {}  # type: ignore[var-annotated]
        for row in mine:
            day = row[0].astimezone(self.zone).date()
            by_day[day] = by_day.get(day, 0) + 1
        day = self.start.astimezone(self.zone).date()
        while day <= self.end.astimezone(self.zone).date():
            if day.isoformat() not in self.closed and (cap is None or by_day.get(day, 0) + 1 <= cap):
                for opens, closes in employee["_hours"].get(str(day.weekday()), []):
                    moment = datetime.combine(day, time(opens // 60, opens % 60), self.zone).astimezone(UTC)
                    last = datetime.combine(day, time(), self.zone) + timedelta(minutes=closes)
                    while moment + self.length <= last:
                        if self.start <= moment < self.end and not any(
                            begins - buffer < moment + self.length and ends + buffer > moment
                            for begins, ends, _employee, _room in mine
                        ):
                            yield moment
                        moment += GRID
            day += timedelta(days=1)

    def room(self, moment: datetime, among: list[Body]) -> Body | None:
        busy = {room for begins, ends, _who, room in self.busy if begins < moment + self.length and ends > moment}
        for row in among or self.rooms:
            if row["canBeBooked"] and row["id"] not in busy and (not self.place or row["location"] == self.place):
                return row
        return None


# --- reservations ------------------------------------------------------------------------------------------------------


def required(body: Any, *names: str) -> None:
    missing = [name for name in names if not isinstance(body, dict) or body.get(name) in (None, "")]
    if missing:
        raise error(400, f"Required: {', '.join(missing)}.", dict.fromkeys(missing, "required"))


def reserve(caller: Caller) -> Body:
    """One active hold for each token; whoever comes second to a time gets 409."""
    required(caller.body, "timeSlot", "token")
    wanted = caller.body["timeSlot"]
    required(wanted, "startDate", "endDate", "status")
    if str(wanted["status"]).lower() != "reserved":
        raise error(400, "The status must be Reserved.", {"status": "Reserved"})
    try:
        start, end = wire.instant(wanted["startDate"]), wire.instant(wanted["endDate"])
    except ValueError:
        raise error(400, "startDate and endDate must be moments with an offset.") from None
    if end <= start:
        raise error(400, "endDate must be after startDate.")
    if start < caller.now:
        raise error(409, "The time slot lies in the past.")
    if wanted.get("employeeId"):
        get(caller.sandbox, "employee", wanted["employeeId"], "Employee")
    if wanted.get("roomId"):
        get(caller.sandbox, "room", wanted["roomId"], "Room")
    store, own = caller.store, str(caller.body["token"])
    with store.transaction():
        ignored = set()
        moved = caller.body.get("existingMeetingId")
        if moved:
            ignored.add(str(get(caller.sandbox, "meeting", moved, "Meeting")["timeSlotId"]))
        for row in store.all(NAME, "slot"):
            if row["status"] == "Reserved" and (row["_token"] == own or not alive(caller, row)):
                store.delete(NAME, "slot", row["id"])
        if not wanted.get("ignoreTimeSlotConflicts"):
            for row in taken(caller, wire.spelled(start), wire.spelled(end), frozenset(ignored)):
                same_room = wanted.get("roomId") and row.get("roomId") == wanted["roomId"]
                if same_room or row.get("employeeId") == wanted.get("employeeId"):
                    raise error(409, "The time slot is already booked or reserved.")
        now = stamp(caller.now)
        slot = {
            "id": str(uuid.uuid4()),
            "dateCreated": now,
            "dateModified": now,
            "startDate": wire.spelled(start),
            "endDate": wire.spelled(end),
            "status": "Reserved",
            "roomId": wanted.get("roomId"),
            "employeeId": wanted.get("employeeId"),
            "serviceGroup": wanted.get("serviceGroup"),
            "_token": own,
            "_moves": moved,
        }
        store.put(NAME, "slot", slot["id"], slot)
    return shown(slot)


def shown(slot: Body) -> Body:
    return {name: value for name, value in slot.items() if not name.startswith("_")}


def living(caller: Caller, uid: str) -> Body:
    """A slot; one that has run out is gone."""
    slot = get(caller.sandbox, "slot", uid, "Time slot")
    if not alive(caller, slot):
        status = int(caller.switch("expired_hold"))
        raise error(status, "The reservation of the time slot has expired.")
    return slot


def read(caller: Caller, uid: str) -> Body:
    return shown(living(caller, uid))


def change(caller: Caller, uid: str) -> tuple[int, None]:
    """JSON Patch; only its status can be replaced, by whoever knows the token."""
    slot = living(caller, uid)
    if caller.query.get("reservationToken") != slot["_token"]:
        raise error(403, "The reservation belongs to another token.")
    for operation in caller.body if isinstance(caller.body, list) else [caller.body]:
        required(operation, "op", "path", "value")
        if operation["op"] != "replace" or operation["path"] != "/status" or operation["value"] != "Booked":
            raise error(400, "Only /status can be replaced, by Booked.")
    caller.store.put(NAME, "slot", uid, {**slot, "status": "Booked", "dateModified": stamp(caller.now)})
    return 200, None


def listing(caller: Caller) -> list[Body]:
    employee = caller.query.get("employeeId")
    rows = [row for row in caller.store.all(NAME, "slot") if alive(caller, row)]
    return [shown(row) for row in rows if not employee or row.get("employeeId") == employee]
