"""Online Conferences, their attendees, and the page of a room."""

from typing import Any

from django.http import HttpResponse

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetbit.people import by_email, stray_customer
from integrations.sandbox.meetbit.validate import Check, boolean, email, integer, text
from integrations.sandbox.meetbit.wire import (
    NAME,
    Caller,
    change,
    everything,
    invalid,
    listed,
    make,
    missing,
    plain,
    public_page,
    stamp,
    trash,
)
from integrations.sandbox.store import Body

ATTENDEES = "online_conference_attendees"
MOST = 5
ORDER = (
    "id", "online_conference_account_id", "public_id", "title", "is_public", "created_at", "updated_at", "deleted_at",
)  # fmt: skip


def create(caller: Caller) -> Body:
    sandbox, check = caller.sandbox, Check(caller.body)
    account_id = check.field("online_conference_account_id", integer, required=True)
    public_id = check.field("public_id", text(), required=True)
    values = {
        "online_conference_account_id": account_id,
        "backer_event_id": check.field("backer_event_id", integer, nullable=True),
        "public_id": public_id,
        "title": check.field("title", text(), required=True),
        "is_public": check.field("is_public", boolean, required=True),
        "is_occurred": False,
        "started_at": None,
        "ended_at": None,
    }
    account = sandbox.store.get(NAME, "account", str(account_id)) if account_id is not None else None
    if account_id is not None and (account is None or account["deleted_at"]):
        check.complain("online_conference_account_id", "The selected online conference account id is invalid.")
    rooms = sandbox.store.all(NAME, "online_conference")
    if not caller.switch("trashed_is_taken"):
        rooms = [room for room in rooms if not room["deleted_at"]]
    check.unique("public_id", public_id, [room["public_id"] for room in rooms])
    people = check.people(ATTENDEES, MOST)
    check.done()
    room = make(sandbox, "online_conference", values, key=public_id)
    owner = sandbox.store.get(NAME, "user", str(account["user_id"])) if account else None
    if owner:
        name = f"{owner['first_name']} {owner['last_name']}"
        invite(caller, room, {"name": name, "email": owner["email"]}, owner=True)
    for person in people:
        invite(caller, room, person)
    return room


def invite(caller: Caller, room: Body, person: Body, *, owner: bool = False) -> Body:
    """Matched by e-mail to a user, else to a customer, else to a new customer."""
    sandbox, address = caller.sandbox, person["email"]
    user = by_email(sandbox, "user", address)
    customer = None if user else by_email(sandbox, "customer", address)
    if not user and not customer and caller.switch("stray_customers"):
        customer = stray_customer(sandbox, person["name"], address)
    values = {
        "online_conference_id": room["id"],
        "user_id": user["id"] if user else None,
        "customer_id": customer["id"] if customer else None,
        "name": person["name"],
        "email": address,
        "_owner": owner,
    }
    return make(sandbox, "attendee", values, key=str(room["id"]))


def update(caller: Caller, uid: str) -> Body:
    """Both fields, although it is PATCH."""
    room, check = caller.alive("online_conference", uid), Check(caller.body)
    title = check.field("title", text(), required=True)
    is_public = check.field("is_public", boolean, required=True)
    check.done()
    refuse_after_start(room)
    return change(caller.sandbox, "online_conference", room, title=title, is_public=is_public)


def refuse_after_start(room: Body) -> None:
    if room["started_at"]:
        raise plain(409, "The Online Conference has already started.")


def delete(caller: Caller, uid: str) -> None:
    room = caller.alive("online_conference", uid)
    refuse_after_start(room)
    trash(caller.sandbox, "online_conference", room)


def get(caller: Caller, uid: str) -> Body:
    return caller.alive("online_conference", uid)


def index(caller: Caller) -> Any:
    return listed(caller, caller.sandbox.store.all(NAME, "online_conference"), ORDER)


# --- attendees -------------------------------------------------------------------------------------------------------


def guests(sandbox: Sandbox, room: Body) -> list[Body]:
    return [one for one in everything(sandbox, "attendee", str(room["id"])) if not one["_owner"]]


def shown(attendee: Body) -> Body:
    return {name: value for name, value in attendee.items() if not name.startswith("_")}


def list_attendees(caller: Caller, uid: str) -> Any:
    room = caller.alive("online_conference", uid)
    rows = [shown(one) for one in caller.sandbox.store.all(NAME, "attendee", str(room["id"]))]
    return listed(caller, rows, ("id", "name", "email", "user_id", "customer_id", "created_at", "deleted_at"))


def create_attendee(caller: Caller, uid: str) -> Body:
    room, check = caller.alive("online_conference", uid), Check(caller.body)
    person = {"name": check.field("name", text(), required=True), "email": check.field("email", email, required=True)}
    check.done()
    if len(guests(caller.sandbox, room)) >= MOST:
        raise invalid({ATTENDEES: [f"The online conference attendees may not have more than {MOST} items."]})
    return shown(invite(caller, room, person))


def delete_attendee(caller: Caller, uid: str, attendee_id: str) -> None:
    room, attendee = caller.alive("online_conference", uid), caller.alive("attendee", attendee_id)
    if attendee["online_conference_id"] != room["id"]:
        raise missing()
    trash(caller.sandbox, "attendee", attendee)


# --- the room itself ---------------------------------------------------------------------------------------------------


def start(sandbox: Sandbox, id: int | str) -> Body:
    """Somebody enters (control API, or the page)."""
    return set_times(sandbox, id, started_at=stamp(sandbox))


def end(sandbox: Sandbox, id: int | str) -> Body:
    return set_times(sandbox, id, ended_at=stamp(sandbox), is_occurred=True)


def set_times(sandbox: Sandbox, id: int | str, **values: Any) -> Body:
    room = sandbox.store.get(NAME, "online_conference", str(id))
    if room is None:
        raise ValueError(f"There is no online conference {id}.")
    return change(sandbox, "online_conference", room, **values)


def room_page(request: Any, public_id: str) -> HttpResponse:
    """Private rooms let in who is listed, by e-mail address; entering starts the conference."""
    sandbox = request.sandbox
    room = next(iter(everything(sandbox, "online_conference", public_id)), None)
    if room is None:
        return public_page(request, "missing.html", {}, 404)
    state, address = "ask", request.POST.get("email", "").strip().casefold()
    if request.method == "POST":
        listed_here = {str(one["email"]).casefold() for one in everything(sandbox, "attendee", str(room["id"]))}
        state = "inside" if room["is_public"] or address in listed_here else "refused"
        if room["ended_at"]:
            state = "over"
        elif state == "inside" and not room["started_at"]:
            room = start(sandbox, room["id"])
    status = {"refused": 403, "over": 410}.get(state, 200)
    return public_page(request, "room.html", {"room": room, "state": state, "email": address}, status)
