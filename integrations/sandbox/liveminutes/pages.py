"""What the links open: entering and leaving moves the states that the API tells."""

from typing import Any

from django.http import HttpResponse

from integrations.sandbox.core import Sandbox
from integrations.sandbox.liveminutes.api import NAME, change
from integrations.sandbox.meetbit.wire import public_page
from integrations.sandbox.store import Body

INVITED, ACCEPTED, REFUSED, INSIDE, LEFT = "1", "2", "3", "10", "11"
MADE, LIVE, HOST_LEFT, OVER = "1", "8", "11", "12"


def enter(sandbox: Sandbox, key: str, puid: str = "") -> Body:
    """Somebody opens her link and goes in; the first one starts the meeting. `puid` "": the host."""
    if puid:
        change(sandbox, "participant", f"{key}|{puid}", status=INSIDE)
        return change(sandbox, "meeting", key, status=LIVE)
    return change(sandbox, "meeting", key, status=LIVE, host_inside=True)


def leave(sandbox: Sandbox, key: str, puid: str = "", end: bool = False) -> Body:
    """When the host leaves, others may stay; `end` ends it for all."""
    if puid:
        return change(sandbox, "participant", f"{key}|{puid}", status=LEFT)
    return change(sandbox, "meeting", key, status=OVER if end else HOST_LEFT, host_inside=False)


def personal(request: Any, code: str) -> HttpResponse:
    """The page of one person: the host's, or a participant's."""
    link = request.sandbox.store.get(NAME, "link", code)
    meeting = request.sandbox.store.get(NAME, "meeting", link["meeting"]) if link else None
    if link is None or meeting is None:
        return public_page(request, "missing.html", {}, 404)
    store, puid, key = request.sandbox.store, link["puid"], link["meeting"]
    person = store.get(NAME, "participant", f"{key}|{puid}") if puid else None
    if meeting["cancelled"] or (person and person["cancelled"]):
        return public_page(request, "liveminutes/room.html", {"meeting": meeting, "state": "cancelled"}, 410)
    if request.method == "POST" and meeting["status"] != OVER:
        act(request.sandbox, key, puid, request.POST.get("do", ""))
        meeting = store.get(NAME, "meeting", key)
        person = store.get(NAME, "participant", f"{key}|{puid}") if puid else None
    state = "over" if meeting["status"] == OVER else "live" if meeting["status"] == LIVE else "waiting"
    inside = person["status"] == INSIDE if person else bool(meeting.get("host_inside"))
    name = person["nickname"] if person else meeting.get("hostnickname", "")
    context = {"meeting": meeting, "state": state, "inside": inside, "name": name, "is_host": not puid}
    return public_page(request, "liveminutes/room.html", context)


def act(sandbox: Sandbox, key: str, puid: str, deed: str) -> None:
    with sandbox.store.transaction():
        if deed == "enter":
            enter(sandbox, key, puid)
        elif deed == "leave":
            leave(sandbox, key, puid)
        elif deed == "end" and not puid:
            leave(sandbox, key, end=True)
        elif deed in ("accept", "refuse") and puid:
            change(sandbox, "participant", f"{key}|{puid}", status=ACCEPTED if deed == "accept" else REFUSED)


def meeting(request: Any, code: str) -> HttpResponse:
    """The meeting's common page: who comes by it is a guest without a name."""
    found = next(iter(request.sandbox.store.all(NAME, "meeting", code)), None)
    if found is None or found.get("cancelled"):
        return public_page(request, "missing.html", {}, 404)
    if request.method == "POST" and found["status"] != OVER:
        found = change(request.sandbox, "meeting", found["id"], status=LIVE)
    state = "over" if found["status"] == OVER else "live" if found["status"] == LIVE else "waiting"
    context = {"meeting": found, "state": state, "inside": request.method == "POST", "name": "", "is_guest": True}
    return public_page(request, "liveminutes/room.html", context)
