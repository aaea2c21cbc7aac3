"""Meeting Links with their hosted page, the Events they lead to, and the signed webhooks that tell of them."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils import formats, translation
from django.utils.translation import gettext as _

from integrations.providers.meetbit.webhook import sign
from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetbit.people import stray_customer
from integrations.sandbox.meetbit.validate import E164, EMAIL
from integrations.sandbox.meetbit.wire import (
    NAME,
    Caller,
    change,
    everything,
    iso,
    language_of,
    listed,
    make,
    public_page,
    stamp,
    trash,
)
from integrations.sandbox.store import Body

WEBHOOK_SECRET = "sandbox-secret"  # noqa: S105  (opens nothing but the sandbox)
DAYS, FIRST_HOUR, LAST_HOUR = 10, 9, 17
EVENT_TYPES = (
    "meeting_links.scheduled", "events.created", "events.updated", "events.deleted", "events.rescheduled",
    "events.reassigned",
)  # fmt: skip
PREFILLED = ("name", "email", "contact")


# --- API ---------------------------------------------------------------------------------------------------------------


def index(caller: Caller) -> Any:
    return listed(caller, caller.sandbox.store.all(NAME, "meeting_link"), ("id", "title", "public_id", "created_at"))


def get(caller: Caller, uid: str) -> Body:
    return caller.alive("meeting_link", uid)


def list_events(caller: Caller) -> Any:
    return listed(caller, caller.sandbox.store.all(NAME, "event"), ("id", "user_id", "starts_at", "created_at"))


def get_event(caller: Caller, uid: str) -> Body:
    return caller.alive("event", uid)


def get_calendar(caller: Caller, uid: str) -> Body:
    return caller.alive("calendar", uid)


def list_forms(caller: Caller) -> Any:
    return listed(caller, caller.sandbox.store.all(NAME, "form"), ("id", "title", "created_at"))


# --- administration (control API) ----------------------------------------------------------------------------------------


def add_link(
    sandbox: Sandbox, public_id: str, user_id: int, title: str = "Meeting", length: int = 30, timezone: str = "UTC",
    published: bool = True, prefill: bool = True,
) -> Body:  # fmt: skip
    """A Meeting Link of a user; new ones of the original are unpublished."""
    calendar = make(sandbox, "calendar", {"user_id": int(user_id)})
    values = {
        "public_id": public_id,
        "user_id": int(user_id),
        "calendar_id": calendar["id"],
        "title": title,
        "length": int(length),
        "timezone": ZoneInfo(timezone).key,
        "is_published": bool(published),
        "allows_prefill": bool(prefill),
    }
    return make(sandbox, "meeting_link", values, key=public_id)


def add_destination(
    sandbox: Sandbox, url: str, secret: str = "", events: list[str] | None = None, active: bool = True
) -> Body:
    """A Webhook Destination; must be active to be told anything."""
    unknown = set(events or ()) - set(EVENT_TYPES)
    if unknown:
        raise ValueError(f"Unknown events: {', '.join(sorted(unknown))}")
    values = {
        "url": url,
        "secret": secret or WEBHOOK_SECRET,
        "events": events or list(EVENT_TYPES),
        "is_active": bool(active),
    }
    return make(sandbox, "webhook_destination", values)


def book_by_somebody(
    sandbox: Sandbox, public_id: str, name: str, email: str, start: str = "", contact: str = ""
) -> Body:
    """A visitor books a Meeting Link; `start` defaults to the first free time."""
    link = by_public_id(sandbox, public_id)
    if link is None:
        raise ValueError(f"There is no published Meeting Link {public_id}.")
    starts = free(sandbox, link)
    moment = datetime.fromisoformat(start) if start else starts[0]
    if moment not in starts:
        raise ValueError("This time is not free.")
    return book(sandbox, link, moment, name, email, contact)


def cancel_event(sandbox: Sandbox, id: int | str) -> Body:
    event = found_event(sandbox, id)
    trash(sandbox, "event", event)
    announce(sandbox, "events.deleted", {"id": event["id"], "calendar_id": event["calendar_id"]})
    return {"deleted": event["id"]}


def move_event(sandbox: Sandbox, id: int | str, start: str) -> Body:
    event, moment = found_event(sandbox, id), datetime.fromisoformat(start)
    length = datetime.fromisoformat(event["ends_at"]) - datetime.fromisoformat(event["starts_at"])
    moved = change(sandbox, "event", event, starts_at=iso(moment), ends_at=iso(moment + length))
    announce(sandbox, "events.rescheduled", {"id": moved["id"], "calendar_id": moved["calendar_id"]})
    return moved


def reassign_event(sandbox: Sandbox, id: int | str, user_id: int) -> Body:
    """The documents give its webhook the type of a creation, probably by a slip; a switch says which is sent."""
    event = change(sandbox, "event", found_event(sandbox, id), user_id=int(user_id))
    announce(
        sandbox, sandbox.switch(NAME, "reassigned_event"), {"id": event["id"], "calendar_id": event["calendar_id"]}
    )
    return event


def found_event(sandbox: Sandbox, id: int | str) -> Body:
    event = sandbox.store.get(NAME, "event", str(id))
    if event is None or event["deleted_at"]:
        raise ValueError(f"There is no event {id}.")
    return event


# --- booking -------------------------------------------------------------------------------------------------------------


def by_public_id(sandbox: Sandbox, public_id: str) -> Body | None:
    links = everything(sandbox, "meeting_link", public_id)
    return next((link for link in links if link["is_published"]), None)


def free(sandbox: Sandbox, link: Body) -> list[datetime]:
    """Every step of its length on the next working days from nine to five, less what is booked."""
    zone, now, length = ZoneInfo(link["timezone"]), sandbox.clock.now(), timedelta(minutes=link["length"])
    taken = [
        (datetime.fromisoformat(event["starts_at"]), datetime.fromisoformat(event["ends_at"]))
        for event in everything(sandbox, "event", str(link["calendar_id"]))
    ]
    starts = []
    for ahead in range(1, DAYS + 1):
        day = now.astimezone(zone).date() + timedelta(days=ahead)
        start = datetime(day.year, day.month, day.day, FIRST_HOUR, tzinfo=zone)
        end = datetime(day.year, day.month, day.day, LAST_HOUR, tzinfo=zone)
        while day.weekday() < 5 and start + length <= end:
            if all(start >= until or start + length <= since for since, until in taken):
                starts.append(start)
            start += length
    return starts


def book(sandbox: Sandbox, link: Body, start: datetime, name: str, email: str, contact: str) -> Body:
    with sandbox.store.transaction():
        if start not in free(sandbox, link):
            raise ValueError("This time is not free.")
        customer = stray_customer(sandbox, name, email, contact or None)
        values = {
            "calendar_id": link["calendar_id"],
            "meeting_link_id": link["id"],
            "user_id": link["user_id"],
            "customer_id": customer["id"],
            "title": link["title"],
            "starts_at": iso(start),
            "ends_at": iso(start + timedelta(minutes=link["length"])),
        }
        event = make(sandbox, "event", values, key=str(link["calendar_id"]))
    told = {
        "id": link["id"],
        "event_id": event["id"],
        "calendar_id": event["calendar_id"],
        "email": email,
        "name": name,
    }
    announce(sandbox, "meeting_links.scheduled", {**told, **({"contact_number": contact} if contact else {})})
    announce(sandbox, "events.created", {"id": event["id"], "calendar_id": event["calendar_id"]})
    return event


def announce(sandbox: Sandbox, event: str, data: Body) -> None:
    """Signed anew at every try, at most five times; the id stays, so that repetitions are known."""
    payload = json.dumps({"event": event, "data": data}).encode()
    for destination in everything(sandbox, "webhook_destination"):
        if not destination["is_active"] or event not in destination["events"]:
            continue
        webhook_id, secret = str(uuid.uuid4()), destination["secret"]

        def headers(raw: bytes, webhook_id: str = webhook_id, secret: str = secret) -> dict[str, str]:
            timestamp = stamp(sandbox)
            return {
                "X-Webhook-Id": webhook_id,
                "X-Webhook-Timestamp": timestamp,
                "X-Webhook-Signature": sign(secret, webhook_id, timestamp, raw),
            }

        pauses = sandbox.switch(NAME, "webhook_pauses")
        sandbox.deliveries.send(NAME, event, destination["url"], payload, headers, retries=pauses)


# --- the page ------------------------------------------------------------------------------------------------------------


def link_page(request: Any, public_id: str) -> HttpResponse:
    """All of it in one form: a time, name, e-mail, number. Works without JavaScript and inside an iframe."""
    sandbox = request.sandbox
    link = by_public_id(sandbox, public_id)
    if link is None:
        return public_page(request, "missing.html", {}, 404)
    context: Body = {"link": link, "problems": [], "booked": None, "values": prefilled(request, link)}
    zone = ZoneInfo(link["timezone"])
    with translation.override(language_of(request)):
        if request.method == "POST":
            context["values"] = {name: request.POST.get(name, "").strip() for name in (*PREFILLED, "start")}
            submit(sandbox, link, context)
        if context["booked"]:
            context["booked_at"] = spoken(datetime.fromisoformat(context["booked"]["starts_at"]), zone)
        context["starts"] = [{"value": iso(start), "text": spoken(start, zone)} for start in free(sandbox, link)]
    return public_page(request, "link.html", context, 400 if context["problems"] else 200)


def spoken(start: datetime, zone: ZoneInfo) -> str:
    local = start.astimezone(zone)
    return f"{formats.date_format(local, 'D, j. M')}, {local:%H:%M}"


def prefilled(request: Any, link: Body) -> Body:
    """`mb_…` beats the plain name; at most 255 characters; nothing where the link does not allow it."""
    if not link["allows_prefill"]:
        return {}
    query = request.GET
    return {name: (query.get(f"mb_{name}") or query.get(name, ""))[:255] for name in PREFILLED}


def submit(sandbox: Sandbox, link: Body, context: Body) -> None:
    values, problems = context["values"], context["problems"]
    if not values["name"]:
        problems.append(_("Please enter your name."))
    if not EMAIL.fullmatch(values["email"]):
        problems.append(_("Please enter an e-mail address."))
    if values["contact"] and not E164.fullmatch(values["contact"]):
        problems.append(_("Please enter your number with its country, like +49301234567."))
    if problems:
        return
    try:
        moment = datetime.fromisoformat(values["start"])
        context["booked"] = book(sandbox, link, moment, values["name"], values["email"], values["contact"])
    except (ValueError, TypeError):
        problems.append(_("This time is not free any more. Please choose another one."))
