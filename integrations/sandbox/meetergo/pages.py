"""Hosted booking pages, as they appear in an iframe (`?embed=true`) or alone. They work without JavaScript; the script
tells the page around them its height and what was booked (the provider's postMessage events)."""

import json
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseRedirect
from django.utils import formats, translation
from django.utils.translation import gettext as _

from integrations.sandbox.core import ApiError
from integrations.sandbox.dashboard import POLICY, page
from integrations.sandbox.meetergo import availability, bookings, meeting_types, slots
from integrations.sandbox.meetergo.shapes import NAME, everything, instant, iso, range_edge
from integrations.sandbox.store import Body

# Anybody may frame a booking page; that is what it is for.
FRAMED = POLICY + "; frame-ancestors *"
WEEK = 7
AHEAD = 60  # days in which the first free one is looked for
# Query parameters that one step hands to the next.
CARRIED = ("embed", "lang", "timezone", "align", "email", "firstname", "lastName", "lastname", "phone", "theme")


def language(request: Any) -> str:
    asked = request.GET.get("lang") or request.META.get("HTTP_ACCEPT_LANGUAGE", "de")
    return "en" if asked.lower().startswith("en") else "de"


def render(request: Any, template: str, context: Body, status: int = 200) -> HttpResponse:
    shared = {
        "embedded": request.GET.get("embed") == "true",
        "language": language(request),
        "carried": [(name, request.GET[name]) for name in CARRIED if name in request.GET],
    }
    response = page(template, {**shared, **context}, FRAMED)
    response.status_code = status
    return response


def not_there(request: Any) -> HttpResponse:
    with translation.override(language(request)):
        return render(request, "missing.html", {}, 404)


def asked_zone(request: Any, fallback: str) -> str:
    try:
        return ZoneInfo(request.GET.get("timezone") or fallback).key
    except (KeyError, ValueError, OSError):
        return fallback


def embedded(request: Any, company: str, user_slug: str, type_slug: str) -> HttpResponse:
    """The older form of the address, with the company in it."""
    if not any(each["slug"] == company for each in everything(request.sandbox, "company")):
        return not_there(request)
    request.GET = request.GET.copy()
    request.GET["embed"] = "true"
    return book(request, user_slug, type_slug)


def person(request: Any, user_slug: str) -> HttpResponse:
    """The personal page: everything that can be booked with one user."""
    user = next((each for each in everything(request.sandbox, "user") if each["slug"] == user_slug), None)
    if user is None:
        return not_there(request)
    offered = [each for each in meeting_types.of_user(request.sandbox, user["id"]) if each["enabled"]]
    with translation.override(language(request)):
        return render(request, "person.html", {"user": user, "types": offered, "mount": f"/{NAME}/{user['slug']}"})


def book(request: Any, user_slug: str, type_slug: str) -> HttpResponse:
    found = meeting_types.by_slugs(request.sandbox, user_slug, type_slug)
    if found is None or not found[1]["enabled"]:
        return not_there(request)
    user, meeting_type = found
    plan = availability.for_type(request.sandbox, meeting_type, user["id"])
    zone = asked_zone(request, plan["timezone"] if plan else user["timezone"])
    context = {"user": user, "type": meeting_type, "zone": zone, "zone_asked": "timezone" in request.GET}
    with translation.override(language(request)):
        if request.method == "POST":
            return submit(request, context)
        if request.GET.get("slot"):
            return ask(request, context, request.GET["slot"])
        return offer(request, context)


def spoken(start: float, zone: str) -> str:
    local = datetime.fromtimestamp(start, ZoneInfo(zone))
    return f"{formats.date_format(local, 'l, j. F Y')}, {local:%H:%M}"


def offer(request: Any, context: Body, taken: bool = False) -> HttpResponse:
    """A week of free times."""
    sandbox, meeting_type, zone = request.sandbox, context["type"], context["zone"]
    today = datetime.fromtimestamp(sandbox.clock.timestamp(), ZoneInfo(zone)).date()
    try:
        first = max(date.fromisoformat(request.GET["date"]), today)
    except (KeyError, ValueError):
        starts = free(sandbox, meeting_type, today, AHEAD, zone)
        first = datetime.fromtimestamp(starts[0], ZoneInfo(zone)).date() if starts else today
    days: dict[date, list[Body]] = {}
    for start in free(sandbox, meeting_type, first, WEEK, zone):
        local = datetime.fromtimestamp(start, ZoneInfo(zone))
        days.setdefault(local.date(), []).append({"value": iso(start), "text": f"{local:%H:%M}"})
    listed = [{"label": formats.date_format(day, "l, j. F"), "spots": spots} for day, spots in days.items()]
    context |= {
        "days": listed,
        "taken": taken,
        "earlier": (first - timedelta(days=WEEK)).isoformat() if first > today else "",
        "later": (first + timedelta(days=WEEK)).isoformat(),
    }
    return render(request, "offer.html", context, 409 if taken else 200)


def free(sandbox: Any, meeting_type: Body, first: date, days: int, zone: str) -> list[int]:
    start = range_edge(first.isoformat(), zone)
    end = range_edge((first + timedelta(days=days)).isoformat(), zone)
    length = meeting_type["meetingInfo"]["duration"]
    return slots.open_starts(sandbox, slots.Question(meeting_type, [meeting_type["userId"]], start, end, length))


def ask(request: Any, context: Body, slot: str, problems: list[str] | None = None) -> HttpResponse:
    """The form for one start; prefilled from the address."""
    try:
        start = instant(slot)
    except ValueError:
        return offer(request, context)
    given = request.POST or request.GET
    context |= {
        "slot": slot,
        "when": spoken(start, context["zone"]),
        "problems": problems or [],
        "values": {
            "firstname": given.get("firstname", ""),
            "lastname": given.get("lastname") or given.get("lastName", ""),
            "email": given.get("email", ""),
            "phone": given.get("phone", ""),
        },
    }
    return render(request, "ask.html", context, 400 if problems else 200)


def submit(request: Any, context: Body) -> HttpResponse:
    form, meeting_type, slot = request.POST, context["type"], request.POST.get("slot", "")
    if form.get("cancel"):
        return HttpResponseRedirect(request.path)
    values = {name: form.get(name, "").strip() for name in ("firstname", "lastname", "email", "phone")}
    problems = []
    if not values["firstname"] or not values["lastname"]:
        problems.append(_("Please enter your first and last name."))
    if "@" not in values["email"]:
        problems.append(_("Please enter an e-mail address."))
    if problems:
        return ask(request, context, slot, problems)
    attendee = {
        **values,
        "fullname": f"{values['firstname']} {values['lastname']}",
        "timezone": context["zone"],
        "language": language(request),
        "receiveReminders": True,
        "notes": {},
    }
    dto = {"meetingTypeId": meeting_type["id"], "start": slot, "attendee": attendee}
    try:
        start = instant(slot)
        made = bookings.book(request.sandbox, meeting_type, [meeting_type["userId"]], dto)
    except (ApiError, ValueError):
        return offer(request, context, taken=True)
    told = {
        **made,
        "attendeeEmail": values["email"],
        "title": meeting_type["meetingInfo"]["name"],
        "startTime": iso(start),
        "endTime": iso(start + meeting_type["meetingInfo"]["duration"] * 60),
    }
    context |= {
        "when": spoken(start, context["zone"]),
        "pending": made.get("bookingType", ""),
        "values": values,
        "told": json.dumps(told).replace("<", "\\u003c"),
    }
    return render(request, "done.html", context)
