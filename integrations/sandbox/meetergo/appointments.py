"""Appointments: lists, reschedule, cancel with the rules of groups; and pending bookings."""

from collections.abc import Callable
from typing import Any

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetergo import bookings, hooks
from integrations.sandbox.meetergo.auth import Caller
from integrations.sandbox.meetergo.shapes import (
    checked_id,
    error,
    everything,
    get,
    instant,
    iso,
    put,
    range_edge,
    stamp,
)  # fmt: skip
from integrations.sandbox.meetergo.validate import (
    Required,
    boolean,
    clean,
    email,
    list_of,
    moment,
    text,
)  # fmt: skip
from integrations.sandbox.store import Body

CANCEL = {"reason": text(0, 500), "attendeeId": text(1), "cancelAll": boolean, "cancelEntireSeries": boolean}
RESCHEDULE = {"start": Required(moment), "ignoreAvailability": boolean, "hostIds": list_of(text(1))}


def mine(caller: Caller, uid: str) -> Body:
    found = caller.own("appointment", uid, "Appointment")
    if caller.user["id"] not in found["hostIds"] and not caller.is_admin:
        raise error(403, "Not authorized to access this appointment")
    return found


def of_host(sandbox: Sandbox, host_id: str) -> list[Body]:
    links = everything(sandbox, "hosting", host_id)
    found = [get(sandbox, "appointment", link["appointmentId"]) for link in links]
    return [each for each in found if each]


def wanted_page(caller: Caller) -> tuple[int, int]:
    complaints, values = [], []
    for name, low, high in (("page", 0, 10**9), ("pageSize", 1, 100)):
        try:
            value = int(caller.query.get(name, "missing"))
        except ValueError:
            complaints += [f"{name} must not be less than {low}", f"{name} must be an integer number"]
            continue
        if not low <= value <= high:
            side = f"less than {low}" if value < low else f"greater than {high}"
            complaints.append(f"{name} must not be {side}")
        values.append(value)
    if complaints:
        raise error(400, complaints)
    return values[0], values[1]


def page(caller: Caller) -> Body:
    """GET /v4/appointment/paginated: one's own, or as an administrator those of `userId`."""
    query, sandbox = caller.query, caller.sandbox
    number, size = wanted_page(caller)
    host = query.get("userId") or caller.user["id"]
    if host != caller.user["id"]:
        caller.need_admin()
        caller.own("user", host, "User")
    found = [each for each in of_host(sandbox, host) if matches(caller, each)]
    by = "createdAt" if query.get("sortBy") == "appointment.createdAt" else "start"
    found.sort(key=lambda each: each[by], reverse=query.get("sortDirection") == "DESC")
    shown = [bookings.public(each) for each in found[number * size : (number + 1) * size]]
    return {"appointments": shown, "total": len(found), "page": number, "pageSize": size}


def matches(caller: Caller, each: Body) -> bool:
    query, now = caller.query, caller.sandbox.clock.timestamp()
    try:
        low = range_edge(query["start"], "UTC") if query.get("start") else None
        high = range_edge(query["end"], "UTC") if query.get("end") else None
    except ValueError:
        raise error(400, ["start must be a valid ISO 8601 date string"]) from None
    start = instant(each["start"])
    if (low is not None and start < low) or (high is not None and start >= high):
        return False
    if query.get("meetingTypeId") and each["meetingTypeId"] != query["meetingTypeId"]:
        return False
    search = query.get("search", "").lower()
    if search and not any(search in f"{one['fullname']} {one['email']}".lower() for one in each["attendees"]):
        return False
    tests: dict[str, bool] = {
        "cancelled": each["isCancelled"],
        "confirmed": not each["isCancelled"],
        "upcoming": not each["isCancelled"] and start >= now,
        "past": start < now,
    }
    return tests.get(query.get("status", ""), True)


def today(caller: Caller) -> list[Body]:
    day = caller.sandbox.clock.now().date().isoformat()
    return [bookings.public(each) for each in of_host(caller.sandbox, caller.user["id"]) if each["start"][:10] == day]


def current(caller: Caller) -> Body:
    now = caller.sandbox.clock.timestamp()
    for each in of_host(caller.sandbox, caller.user["id"]):
        if not each["isCancelled"] and instant(each["start"]) <= now < instant(each["end"]):
            return bookings.public(each)
    return {}


def one(caller: Caller, uid: str) -> Body:
    return bookings.public(mine(caller, uid))


def change(caller: Caller, uid: str, schema: dict[str, Any], apply: Callable[[Body, Body], None]) -> Body:
    facts = clean(caller.sandbox, caller.body, schema)
    with caller.sandbox.store.transaction():
        found = mine(caller, uid)
        apply(found, facts)
        found["updatedAt"] = stamp(caller.sandbox)
        put(caller.sandbox, "appointment", found)
    return bookings.public(found)


def notes(caller: Caller, uid: str) -> Body:
    return change(caller, uid, {"note": Required(text())}, lambda found, facts: found.update(facts))


def guest(caller: Caller, uid: str) -> Body:
    def apply(found: Body, facts: Body) -> None:
        attendee_of(found, facts["attendeeId"])["email"] = facts["email"]

    return change(caller, uid, {"attendeeId": Required(text(1)), "email": Required(email)}, apply)


def attendee_of(appointment: Body, uid: str) -> Body:
    for each in appointment["attendees"]:
        if each["id"] == uid:
            found: Body = each
            return found
    raise error(404, "Attendee not found")


def reschedule(caller: Caller, uid: str) -> tuple[int, Body]:
    facts = clean(caller.sandbox, caller.body, RESCHEDULE)
    mine(caller, uid)
    moved = move(caller.sandbox, uid, facts["start"], ignore=bool(facts.get("ignoreAvailability")))
    return 201, {"appointment": bookings.public(moved)}


def move(sandbox: Sandbox, uid: str, start: str, *, ignore: bool = False) -> Body:
    with sandbox.store.transaction():
        found = get(sandbox, "appointment", checked_id(sandbox, uid))
        if found is None:
            raise error(404, "Appointment not found")
        if found["isCancelled"]:
            raise error(400, "Appointment is cancelled")
        meeting_type = get(sandbox, "meetingType", found["meetingTypeId"])
        length = round((instant(found["end"]) - instant(found["start"])) / 60)
        if meeting_type is not None:
            dto = {"start": start, "ignoreAvailability": ignore}
            bookings.free_host(
                sandbox, meeting_type, found["hostIds"], dto, length, any_host=False, without=found["id"]
            )
        now = stamp(sandbox)
        found.update(
            start=iso(instant(start)),
            end=iso(instant(start) + length * 60),
            rescheduledAt=now,
            rescheduleCount=found["rescheduleCount"] + 1,
            updatedAt=now,
        )
        put(sandbox, "appointment", found)
    hooks.announce(sandbox, found["companyId"], "booking_rescheduled", bookings.payload(sandbox, found))
    return found


def cancel(caller: Caller, uid: str) -> tuple[int, Body]:
    facts = clean(caller.sandbox, caller.body, CANCEL)
    mine(caller, uid)
    cancelled = withdraw(caller.sandbox, uid, by=caller.user["id"], facts=facts)
    return 201, bookings.public(cancelled)


def withdraw(sandbox: Sandbox, uid: str, *, by: str, facts: Body, source: str = "host") -> Body:
    """Cancel the appointment, or take one attendee out of a group."""
    event = "booking_cancelled"
    with sandbox.store.transaction():
        found = get(sandbox, "appointment", checked_id(sandbox, uid))
        if found is None:
            raise error(404, "Appointment not found")
        if found["isCancelled"]:
            raise error(400, "Appointment is already cancelled")
        meeting_type = get(sandbox, "meetingType", found["meetingTypeId"])
        group = bool(meeting_type and meeting_type["spots"] > 1)
        one_leaves = group and facts.get("attendeeId") and not facts.get("cancelAll")
        if group and not facts.get("attendeeId") and not facts.get("cancelAll") and not facts.get("cancelEntireSeries"):
            raise error(400, "attendeeId or cancelAll is required for group appointments")
        if one_leaves:
            gone = attendee_of(found, facts["attendeeId"])
            found["attendees"] = [each for each in found["attendees"] if each["id"] != gone["id"]]
            event = sandbox.switch("meetergo", "removed_attendee_event")
        if not one_leaves or not found["attendees"]:
            found["isCancelled"] = True
            found["cancel"] = {
                "actionSource": source,
                "actionAt": stamp(sandbox),
                "actionBy": by,
                "reason": facts.get("reason") or "",
            }
            event = "booking_cancelled"
        found["updatedAt"] = stamp(sandbox)
        put(sandbox, "appointment", found)
    if event != "none":
        hooks.announce(sandbox, found["companyId"], event, bookings.payload(sandbox, found))
    return found


def cancel_all(sandbox: Sandbox, user: Body) -> None:
    now = sandbox.clock.timestamp()
    for each in of_host(sandbox, user["id"]):
        if not each["isCancelled"] and instant(each["start"]) > now:
            withdraw(sandbox, each["id"], by=user["id"], facts={"cancelAll": True})


def cancel_by_somebody(
    sandbox: Sandbox, appointmentId: str, reason: str = "", attendeeId: str | None = None, source: str = "attendee"
) -> Body:
    """As if the attendee (or `source` host) had cancelled in the provider's own pages."""
    facts = {"reason": reason, "attendeeId": attendeeId, "cancelAll": attendeeId is None}
    return withdraw(sandbox, appointmentId, by=source, facts=facts, source=source)


def move_by_somebody(sandbox: Sandbox, appointmentId: str, start: str, ignoreAvailability: bool = False) -> Body:
    return move(sandbox, appointmentId, start, ignore=ignoreAvailability)


def book_by_somebody(sandbox: Sandbox, meetingTypeId: str, start: str, attendee: Body) -> Body:
    """As a visitor books in the provider's own page."""
    meeting_type = get(sandbox, "meetingType", checked_id(sandbox, meetingTypeId))
    if meeting_type is None:
        raise ValueError("no such meeting type")
    dto = {"meetingTypeId": meetingTypeId, "start": start, "attendee": attendee}
    return bookings.book(sandbox, meeting_type, [meeting_type["userId"]], dto)


def provisional_page(caller: Caller) -> Body:
    number, size = wanted_page(caller)
    query = caller.query
    found = [each for each in everything(caller.sandbox, "provisional") if each["companyId"] == caller.company_id]
    if not caller.is_admin:
        found = [each for each in found if caller.user["id"] in each["hostIds"]]
    if query.get("userId"):
        found = [each for each in found if query["userId"] in each["hostIds"]]
    if query.get("meetingTypeId"):
        found = [each for each in found if each["meetingTypeId"] == query["meetingTypeId"]]
    if query.get("status"):
        found = [each for each in found if each["status"] == query["status"]]
    shown = []
    for each in found[number * size : (number + 1) * size]:
        users = [get(caller.sandbox, "user", uid) for uid in each["hostIds"]]
        shown.append({**each, "hosts": [bookings.public_host(user) for user in users if user]})
    return {"provisionalBookings": shown, "total": len(found)}


def own_provisional(caller: Caller, uid: str) -> Body:
    found = get(caller.sandbox, "provisional", checked_id(caller.sandbox, uid))
    if found is None or found["companyId"] != caller.company_id:
        raise error(404, "Provisional booking not found")
    if caller.user["id"] not in found["hostIds"] and not caller.is_admin:
        raise error(403, "Not authorized")
    return found


def decline(caller: Caller, uid: str) -> tuple[int, Body]:
    facts = clean(caller.sandbox, caller.body, {"reason": text(0, 500)})
    return 201, bookings.decline(caller.sandbox, own_provisional(caller, uid)["id"], facts.get("reason") or "")


def confirm(caller: Caller, uid: str) -> tuple[int, Body]:
    return 201, bookings.confirm(caller.sandbox, own_provisional(caller, uid)["id"])
