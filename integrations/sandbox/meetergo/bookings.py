"""Bookings: one of two simultaneous requests wins; pending ones wait for the attendee or the host."""

import secrets
from typing import Any

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetergo import hooks, slots
from integrations.sandbox.meetergo.auth import Caller
from integrations.sandbox.meetergo.shapes import (
    NAME,
    checked_id,
    error,
    everything,
    get,
    instant,
    iso,
    new_id,
    put,
    slot_occupied,
    stamp,
)  # fmt: skip
from integrations.sandbox.meetergo.validate import (
    Required,
    anything,
    boolean,
    channel,
    clean,
    email,
    list_of,
    mapping,
    moment,
    number,
    text,
    zone,
)  # fmt: skip
from integrations.sandbox.store import Body

ATTENDEE = {
    "email": email, "firstname": text(), "lastname": text(), "fullname": text(), "phone": text(),
    "receiveReminders": Required(boolean), "notes": Required(mapping), "timezone": zone, "language": text(),
    "dataPolicyAccepted": boolean, "bringalongEmails": list_of(email, high=5),
}  # fmt: skip
FIELDS = {
    "meetingTypeId": Required(text(1)), "start": Required(moment), "hostIds": list_of(text(1)), "queueId": text(),
    "attendee": Required(ATTENDEE), "duration": number(5, 480), "channel": channel, "location": text(),
    "skipNotifications": boolean, "icsTitle": text(0, 200), "icsDescription": text(0, 2000),
    "phoneOnlyBooking": boolean, "ignoreAvailability": boolean, "routingFormId": text(), "attendeePendingId": text(),
    "paymentId": text(), "paymentProvider": text(), "couponCode": text(0, 32), "resourceChannelIds": list_of(text()),
    "oneTimeLinkId": text(), "bookingPassword": text(), "appointmentId": anything,
}  # fmt: skip
LENIENT = {**FIELDS, "attendee": Required({**ATTENDEE, "receiveReminders": boolean, "notes": mapping})}


def create(caller: Caller) -> tuple[int, Body]:
    """POST /v4/booking"""
    sandbox = caller.sandbox
    dto = clean(sandbox, caller.body, FIELDS if caller.switch("strict_attendee") else LENIENT)
    host_ids = [checked_id(sandbox, uid) for uid in dto.get("hostIds") or []]
    queue_id = dto.get("queueId")
    if not host_ids and not queue_id and caller.switch("scope_required"):
        raise error(400, "Expected hostIds or queueId")
    meeting_type = slots.bookable(caller, dto["meetingTypeId"])
    if queue_id and not meeting_type.get("queueId"):
        raise error(400, "This meeting type has no queue")
    hosts = slots.scope(caller, meeting_type, host_ids, queue_id)
    if meeting_type["userId"] and hosts != [meeting_type["userId"]]:
        raise error(400, "Host does not offer this meeting type")
    return 201, book(sandbox, meeting_type, hosts, dto, any_host=bool(queue_id))


def book(sandbox: Sandbox, meeting_type: Body, hosts: list[str], dto: Body, *, any_host: bool = False) -> Body:
    """`dto` is a checked body. The answer of the API: an appointment, or what it still waits for."""
    info, options = meeting_type["meetingInfo"], meeting_type["meetingOptions"]
    attendee = dto["attendee"]
    if not attendee.get("email") and not (dto.get("phoneOnlyBooking") and options["allowPhoneOnlyBooking"]):
        raise error(400, ["attendee.email must be an email"])
    duration = dto.get("duration") or info["duration"]
    if duration != info["duration"] and duration not in options["allowedDurations"]:
        raise error(400, "Duration is not allowed for this meeting type")
    if not meeting_type["enabled"]:
        raise error(400, "Meeting type is disabled")
    waits_for = pending_kind(sandbox, meeting_type)
    with sandbox.store.transaction():
        host = free_host(sandbox, meeting_type, hosts, dto, duration, any_host=any_host)
        if waits_for:
            return wait(sandbox, meeting_type, host, dto, duration, waits_for)
        appointment, attendee_secret = place(sandbox, meeting_type, host, dto, duration)
    announce_created(sandbox, appointment)
    return {"appointmentId": appointment["id"], "secret": attendee_secret}


def pending_kind(sandbox: Sandbox, meeting_type: Body) -> str:
    on = sandbox.switch(NAME, "confirmation_literal")
    company = get(sandbox, "company", meeting_type["companyId"]) or {}
    for name in ("doubleOptIn", "requireHostConfirmation"):
        chosen = meeting_type["meetingOptions"].get(name)
        if (company.get(name) if chosen == "useCompanySettings" else chosen) == on:
            return name
    return ""


def free_host(
    sandbox: Sandbox,
    meeting_type: Body,
    hosts: list[str],
    dto: Body,
    duration: int,
    *,
    any_host: bool,
    without: str = "",
) -> list[str]:
    """The hosts who take it. Raises slot-occupied; inside the transaction that books, so that one request wins."""
    start = instant(dto["start"])
    if dto.get("ignoreAvailability"):
        return hosts[:1] if any_host else hosts
    free = []
    for host in hosts:
        question = slots.Question(meeting_type, [host], start, start + 1, duration, without=without)
        if start in slots.of_host(sandbox, question, host):
            free.append(host)
    if not free or (not any_host and len(free) < len(hosts)):
        raise slot_occupied(sandbox)
    if any_host:
        free.sort(key=lambda host: len(everything(sandbox, "hosting", host)))
        return free[:1]
    return free


def public_host(user: Body) -> Body:
    return {name: user[name] for name in ("id", "email", "givenName", "familyName", "fullName", "slug", "picture")}


def make_attendee(facts: Body) -> Body:
    first, last = facts.get("firstname") or "", facts.get("lastname") or ""
    full = facts.get("fullname") or f"{first} {last}".strip()
    if full and not (first or last):
        first, _space, last = full.partition(" ")
    return {
        "id": new_id(),
        "email": facts.get("email"),
        "firstname": first,
        "lastname": last,
        "fullname": full,
        "phone": facts.get("phone"),
        "timezone": facts.get("timezone"),
        "language": facts.get("language") or "de",
        "notes": facts.get("notes") or {},
        "secret": secrets.token_urlsafe(12),
    }


def place(sandbox: Sandbox, meeting_type: Body, hosts: list[str], dto: Body, duration: int) -> tuple[Body, str]:
    """Inside a transaction: a new appointment, or one more seat in a group's. (appointment, the attendee's secret)"""
    start = instant(dto["start"])
    attendee = make_attendee(dto["attendee"])
    if meeting_type["spots"] > 1:
        question = slots.Question(meeting_type, hosts, start, start + 1, duration)
        running = slots.seats_taken(sandbox, question).get(int(start))
        if running:
            running["attendees"].append(attendee)
            running["updatedAt"] = stamp(sandbox)
            return put(sandbox, "appointment", running), attendee["secret"]
    found = [get(sandbox, "user", uid) for uid in hosts]
    users = [user for user in found if user]
    info = {**meeting_type["meetingInfo"], "duration": duration}
    info["channel"] = dto.get("channel") or info["channel"]
    video = info["channel"] not in ("local", "local-attendee", "phone", "phone-incoming", "whatsapp")
    uid = new_id()
    link = f"https://connect.meetergo.example/{uid[:8]}" if video else None
    now = stamp(sandbox)
    locations = meeting_type["locations"]
    appointment: Body = {
        "id": uid,
        "secret": attendee["secret"],
        "ics": None,
        "start": iso(start),
        "end": iso(start + duration * 60),
        "isCancelled": False,
        "cancel": None,
        "rescheduledAt": None,
        "rescheduleCount": 0,
        "meetingTypeId": meeting_type["id"],
        "hostIds": hosts,
        "companyId": meeting_type["companyId"],
        "location": dto.get("location") or (locations[0] if info["channel"] == "local" and locations else None),
        "note": None,
        "transcription": None,
        "summary": None,
        "meetingInfo": {**info, "meetingLink": link},
        "hostingInfo": {"mainHost": hosts[0] if hosts else None, "meetingLink": link},
        "attendees": [attendee],
        "hosts": [public_host(user) for user in users],
        "createdAt": now,
        "updatedAt": now,
    }
    put(sandbox, "appointment", appointment, key=meeting_type["id"])
    for host in hosts:
        put(sandbox, "hosting", {"id": f"{host}:{uid}", "appointmentId": uid}, key=host)
    return appointment, attendee["secret"]


def public(appointment: Body) -> Body:
    """Without the other attendees' secrets."""
    people = [{name: value for name, value in each.items() if name != "secret"} for each in appointment["attendees"]]
    return {**appointment, "attendees": people}


def payload(sandbox: Sandbox, appointment: Body) -> Body:
    """What a webhook says."""
    meeting_type = get(sandbox, "meetingType", appointment["meetingTypeId"])
    about: Any = None
    if meeting_type:
        info = meeting_type["meetingInfo"]
        about = {
            "id": meeting_type["id"],
            "slug": meeting_type["slug"],
            "meetingInfo": {"name": info["name"], "duration": info["duration"]},
            "metadata": meeting_type["metadata"],
        }
    return {**public(appointment), "meetingType": about}


def announce_created(sandbox: Sandbox, appointment: Body) -> None:
    hooks.announce(sandbox, appointment["companyId"], "booking_created", payload(sandbox, appointment))


def wait(sandbox: Sandbox, meeting_type: Body, hosts: list[str], dto: Body, duration: int, kind: str) -> Body:
    waiting = {
        "id": new_id(),
        "companyId": meeting_type["companyId"],
        "dto": dto,
        "type": kind,
        "status": "pending",
        "duration": duration,
        "queueBookingInfo": None,
        "hostIds": hosts,
        "meetingTypeId": meeting_type["id"],
        "createdAt": stamp(sandbox),
        "deletedAt": None,
    }
    put(sandbox, "provisional", waiting, key=hosts[0] if hosts else "")
    return {"bookingType": kind, "provisionalBookingId": waiting["id"]}


def pending(sandbox: Sandbox, uid: str) -> Body:
    found = get(sandbox, "provisional", checked_id(sandbox, uid))
    if found is None:
        raise error(404, "Provisional booking not found")
    if found["status"] != "pending":
        raise error(400, f"Provisional booking is {found['status']}")
    return found


def confirm(sandbox: Sandbox, provisionalBookingId: str) -> Body:
    """The attendee clicked the mail, or the host approved."""
    with sandbox.store.transaction():
        waiting = pending(sandbox, provisionalBookingId)
        put(sandbox, "provisional", {**waiting, "status": "confirmed"})
        meeting_type = get(sandbox, "meetingType", waiting["meetingTypeId"])
        if meeting_type is None:
            raise error(404, "Meeting type not found")
        hosts = free_host(
            sandbox, meeting_type, waiting["hostIds"], waiting["dto"], waiting["duration"], any_host=False
        )
        appointment, _secret = place(sandbox, meeting_type, hosts, waiting["dto"], waiting["duration"])
    announce_created(sandbox, appointment)
    return {"appointmentId": appointment["id"]}


def finish(sandbox: Sandbox, uid: str, status: str) -> Body:
    with sandbox.store.transaction():
        waiting = {**pending(sandbox, uid), "status": status, "deletedAt": stamp(sandbox)}
        return put(sandbox, "provisional", waiting)


def expire(sandbox: Sandbox, provisionalBookingId: str) -> Body:
    return finish(sandbox, provisionalBookingId, "expired")


def decline(sandbox: Sandbox, provisionalBookingId: str, reason: str = "") -> Body:
    return finish(sandbox, provisionalBookingId, "declined_by_host") | {"reason": reason}
