"""Steps 4 and 5: meetings from reserved slots, and their calendar files."""

import uuid
from typing import Any

from django.http import HttpResponse
from icalendar import Calendar, Event

from integrations.providers.bookme import wire
from integrations.sandbox.bookme import slots
from integrations.sandbox.bookme.wire import NAME, Caller, error, get, stamp
from integrations.sandbox.store import Body

KEPT = ("title", "description", "salesforceId", "videoLink", "portalId")


def given(caller: Caller) -> Body:
    """Our names → values, of either dialect; both names with different values are refused."""
    if not isinstance(caller.body, dict):
        raise error(400, "The body must be an object.")
    found: Body = {}
    for name, both in wire.MEETING.items():
        values = [caller.body[one] for one in dict.fromkeys(both) if caller.body.get(one) not in (None, "")]
        if len({str(value) for value in values}) > 1:
            raise error(400, f"{' and '.join(both)} differ.")
        if values:
            found[name] = values[0]
    required = [*caller.rules.required, *(["salesforce"] if caller.rules.needs_salesforce else [])]
    missing = {wire.MEETING[name][1]: "required" for name in required if name not in found}
    if missing:
        raise error(400, f"Required: {', '.join(missing)}.", missing)
    if str(found["booked_by"]).lower() not in caller.rules.booked_by:
        raise error(400, "bookedBy is not valid.", {"bookedBy": ", ".join(caller.rules.booked_by)})
    if str(found["type"]).lower() not in wire.TYPES:
        raise error(400, "type is not valid.", {"type": ", ".join(wire.TYPES)})
    return found


def create(caller: Caller) -> Body:
    """A second meeting on one slot is refused; employee and room must be the slot's."""
    values = given(caller)
    get(caller.sandbox, "employee", values["employee"], "Employee")
    for name, kind, what in (("topic", "topic", "Meeting topic"), ("customer_type", "customer_type", "Customer type")):
        if name in values:
            get(caller.sandbox, kind, values[name], what)
    store, now = caller.store, stamp(caller.now)
    with store.transaction():
        slot = slots.living(caller, str(values["slot"])) if "slot" in values else None
        if slot is not None:
            if any(row["timeSlotId"] == slot["id"] for row in store.all(NAME, "meeting")):
                raise error(409, "The time slot already has a meeting.")
            if slot.get("employeeId") and slot["employeeId"] != values["employee"]:
                raise error(409, "The time slot belongs to another employee.")
            if values.get("room") and slot.get("roomId") and slot["roomId"] != values["room"]:
                raise error(409, "The time slot is for another room.")
            if caller.switch("promote") == "required" and slot["status"] != "Booked":
                raise error(409, "The time slot must be booked before the meeting is created.")
            store.put(NAME, "slot", slot["id"], {**slot, "status": "Booked", "dateModified": now})
        meeting = {
            "id": str(uuid.uuid4()),
            "bookedBy": values["booked_by"],
            "customerTypeId": values.get("customer_type"),
            "timeSlotId": slot["id"] if slot else None,
            "dateCreated": now,
            "dateModified": now,
            **{name: caller.body.get(name) for name in KEPT},
            "additionalEmployees": caller.body.get("additionalEmployees") or [],
            "roomId": values.get("room") or (slot or {}).get("roomId"),
            "startDate": slot["startDate"] if slot else None,
            "endDate": slot["endDate"] if slot else None,
            "type": values["type"],
            "topicId": values.get("topic"),
            "employeeId": values["employee"],
            "customerId": values["customer"],
        }
        if str(values["type"]).lower() == "online" and not meeting["videoLink"]:
            meeting["videoLink"] = f"https://video.bookme.example/{meeting['id']}"
        store.put(NAME, "meeting", meeting["id"], meeting)
    return meeting


def listing(caller: Caller) -> list[Body]:
    found = caller.store.all(NAME, "meeting")
    for name in ("timeSlotId", "employeeId"):
        if caller.query.get(name):
            found = [row for row in found if row.get(name) == caller.query[name]]
    since, until = caller.moment("startDateModified"), caller.moment("endDateModified")
    found = [row for row in found if since is None or wire.instant(row["dateModified"]) >= since]
    return [row for row in found if until is None or wire.instant(row["dateModified"]) <= until]


def read(caller: Caller, uid: str) -> Body:
    return get(caller.sandbox, "meeting", uid, "Meeting")


def change(caller: Caller, uid: str) -> Body:
    """One operation (V1) or a list (V2, V3). Another slot moves the meeting and frees the old one."""
    body = caller.body
    if isinstance(body, list) is not caller.rules.update_is_list:
        raise error(400, "The body must be a list of operations." if caller.rules.update_is_list else "One operation.")
    store = caller.store
    with store.transaction():
        meeting = get(caller.sandbox, "meeting", uid, "Meeting")
        for operation in body if isinstance(body, list) else [body]:
            slots.required(operation, "op", "path")
            name = str(operation["path"]).lstrip("/")
            if operation["op"] != "replace" or name not in (*KEPT, "timeSlotId", "roomId"):
                raise error(400, f"{operation['op']} {operation['path']} is not supported.")
            if name == "timeSlotId" and caller.switch("moves") == "no":
                raise error(400, "timeSlotId cannot be changed.")
            if name == "timeSlotId":
                meeting = moved(caller, meeting, str(operation.get("value")))
            else:
                meeting = {**meeting, name: operation.get("value")}
        meeting["dateModified"] = stamp(caller.now)
        store.put(NAME, "meeting", uid, meeting)
    return meeting


def moved(caller: Caller, meeting: Body, slot_id: str) -> Body:
    slot, store = slots.living(caller, slot_id), caller.store
    if slot.get("employeeId") != meeting["employeeId"]:
        raise error(409, "The time slot belongs to another employee.")
    if any(row["timeSlotId"] == slot_id and row["id"] != meeting["id"] for row in store.all(NAME, "meeting")):
        raise error(409, "The time slot already has a meeting.")
    store.delete(NAME, "slot", str(meeting["timeSlotId"]))
    store.put(NAME, "slot", slot_id, {**slot, "status": "Booked"})
    times = {"startDate": slot["startDate"], "endDate": slot["endDate"]}
    return {**meeting, **times, "timeSlotId": slot_id, "roomId": slot.get("roomId") or meeting["roomId"]}


def delete(caller: Caller, uid: str) -> tuple[int, Any]:
    with caller.store.transaction():
        remove(caller.sandbox, get(caller.sandbox, "meeting", uid, "Meeting"))
    return caller.rules.deleted, None


def remove(sandbox: Any, meeting: Body) -> None:
    sandbox.store.delete(NAME, "slot", str(meeting["timeSlotId"]))
    sandbox.store.delete(NAME, "meeting", meeting["id"])


def ical(caller: Caller, uid: str) -> HttpResponse:
    """A POST that only reads. What the body leaves out comes from the organisation's templates."""
    meeting = get(caller.sandbox, "meeting", uid, "Meeting")
    topic = caller.store.get(NAME, "topic", str(meeting.get("topicId"))) or {}
    room = caller.store.get(NAME, "room", str(meeting.get("roomId"))) or {}
    body = caller.body if isinstance(caller.body, dict) else {}
    event = Event()
    event.add("uid", f"{meeting['id']}@bookme.example")
    event.add("dtstamp", caller.now.replace(microsecond=0))
    start, end = wire.instant(meeting["startDate"]), wire.instant(meeting["endDate"])
    shift = wire.length(str(caller.switch("ical_shift")))
    event.add("dtstart", start + shift)
    event.add("dtend", end + shift)
    event.add("summary", body.get("title") or f"Meeting: {topic.get('name', '')}".strip())
    event.add("description", body.get("description") or "You have a meeting with your bank.")
    event.add("location", body.get("location") or room.get("name", ""))
    event.add("status", "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//andmoney//BookMe sandbox//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="meeting.ics"'
    return response
