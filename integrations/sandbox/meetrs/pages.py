"""The page behind a Meet's link: who may enter in which role. Leaving last makes a usage row; feedback can be given."""

from typing import Any

from django.http import HttpResponse

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetbit.wire import public_page
from integrations.sandbox.meetrs.reports import give_feedback, note_usage
from integrations.sandbox.meetrs.wire import NAME
from integrations.sandbox.store import Body


def admitted(meet: Body, provider: str, given: str) -> str:
    """The role of whoever shows this passcode or identity; "" for nobody."""
    if not meet["participants"]:
        return "User"
    for person in meet["participants"]:
        for rule in person["accessRules"]:
            own = rule.get("condition") or (
                (person.get("user") or {}).get("email", "") if rule["provider"] != "Guest" else ""
            )
            if rule["provider"] == provider and (
                provider == "Guest" or own.casefold() == given.strip().casefold() != ""
            ):
                return str(person["role"])
    return ""


def join(sandbox: Sandbox, code: str, provider: str = "Guest", given: str = "") -> Body:
    """Role, or "" where refused. Time runs from the first who enters, billable time while two are inside."""
    with sandbox.store.transaction():
        meet = sandbox.store.get(NAME, "meeting", code)
        if meet is None:
            raise ValueError(f"There is no Meet {code}.")
        role = admitted(meet, provider, given)
        if role:
            now, inside = sandbox.clock.timestamp(), int(meet.get("inside", 0)) + 1
            meet |= {"inside": inside, "state": "MeetingStarted"}
            meet.setdefault("began", now)
            if inside == 2:
                meet["two_since"] = now
            sandbox.store.put(NAME, "meeting", code, meet)
    return {"role": role, "inside": meet.get("inside", 0)}


def leave(sandbox: Sandbox, code: str) -> Body:
    """One goes; with the last one the Meet ends and is counted."""
    with sandbox.store.transaction():
        meet = sandbox.store.get(NAME, "meeting", code)
        if meet is None or not meet.get("inside"):
            raise ValueError("Nobody is inside.")
        now, inside = sandbox.clock.timestamp(), int(meet["inside"]) - 1
        if inside == 1 and "two_since" in meet:
            meet["billable"] = float(meet.get("billable", 0)) + now - meet.pop("two_since")
        meet["inside"] = inside
        if not inside:
            note_usage(
                sandbox, meet["tenant"], code, title=meet["title"], total=int(now - meet.pop("began")),
                billable=int(meet.pop("billable", 0)), participants=max(1, len(meet["participants"])),
            )  # fmt: skip
            meet["state"] = "MeetingCompleted"
        sandbox.store.put(NAME, "meeting", code, meet)
    return {"inside": inside}


def room(request: Any, code: str) -> HttpResponse:
    sandbox = request.sandbox
    meet = sandbox.store.get(NAME, "meeting", code)
    if meet is None:
        return public_page(request, "missing.html", {}, 404)
    deed, state, role = request.POST.get("do", ""), "ask", ""
    if deed == "enter":
        role = join(sandbox, code, request.POST.get("provider", "Guest"), request.POST.get("given", ""))["role"]
        state = "inside" if role else "refused"
    elif deed == "leave" and meet.get("inside"):
        leave(sandbox, code)
        state = "left"
    elif deed == "rate" and request.POST.get("rating", "").isdigit():
        give_feedback(sandbox, meet["tenant"], code, min(10, int(request.POST["rating"])), request.POST.get("text", ""))
        state = "thanks"
    ways = sorted({rule["provider"] for person in meet["participants"] for rule in person["accessRules"]}) or ["Guest"]
    context = {"meet": meet, "state": state, "role": role, "ways": ways, "ratings": range(11)}
    return public_page(request, "meetrs/room.html", context, 403 if state == "refused" else 200)
