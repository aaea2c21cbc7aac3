"""Meeting types and their templates."""

from typing import Any

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetergo import availability
from integrations.sandbox.meetergo.auth import Caller
from integrations.sandbox.meetergo.shapes import (
    NAME,
    booking_url,
    checked_id,
    error,
    everything,
    get,
    new_id,
    put,
    slug_of,
    stamp,
)  # fmt: skip
from integrations.sandbox.meetergo.validate import (
    CHANNELS,
    Required,
    anything,
    boolean,
    channel,
    clean,
    list_of,
    mapping,
    metadata,
    number,
    one_of,
    text,
)  # fmt: skip
from integrations.sandbox.store import Body

INFO = {
    "name": Required(text(1, 255)),
    "description": Required(text(0, 10_000)),
    "duration": Required(number(5, 480)),
    "channel": Required(channel),
    "bufferBefore": number(0, 120),
    "bufferAfter": number(0, 120),
    "bufferMustStayWithinWorkingHours": boolean,
    "showAvailableSlots": boolean,
    "enableRedirect": boolean,
    "redirect": text(),
    "passEventDetailsToRedirect": boolean,
    "color": anything,
}
OPTIONS = {
    "allowedDurations": list_of(number(5, 480)),
    "allowSelectChannel": boolean,
    "allowedChannels": list_of(one_of(*CHANNELS)),
    "allowHostSelection": boolean,
    "forceHostSelection": boolean,
    "allowAddingGuests": boolean,
    "doubleOptIn": text(),
    "requireHostConfirmation": text(),
    "enableClusterMeeting": boolean,
    "enableBufferCarryOver": boolean,
    "maxBufferCarryOverDelay": number(0),
    "allowPhoneOnlyBooking": boolean,
    "channelAvailabilities": mapping,
    "bookingPagePassword": mapping,
}
AHEAD = {
    "mode": text(1), "bookingLimit": number(0), "rangeMin": anything, "rangeMax": anything, "countMode": text(),
}  # fmt: skip
COMMON: dict[str, Any] = {
    "meetingOptions": OPTIONS,
    "slug": text(0, 255),
    "spots": number(1, 100),
    "availabilityId": text(1),
    "locations": list_of(text(1)),
    "daysIntoFuture": AHEAD,
    "ics": mapping,
    "metadata": metadata,
    "enabled": boolean,
    "timeslotInterval": number(1, 1440),
    "bookingMinimum": number(0),
}
CREATE = {"meetingInfo": Required(INFO), **COMMON, "availability": mapping, "options": {"createOneTimeLink": boolean}}
UPDATE = {"meetingInfo": INFO, **COMMON, "internalNotes": text()}
TEMPLATE = {
    "meetingInfo": Required(INFO),
    "meetingOptions": OPTIONS,
    "spots": number(1),
    "locations": list_of(text(1)),
    "templateType": one_of("individual", "team"),
    "queueType": one_of("simpleRoundRobin", "advancedRoundRobin", "equalDistribution"),
    "lockedFields": list_of(text(1)),
}
DEFAULT_OPTIONS = {
    "allowedDurations": [], "allowSelectChannel": False, "allowedChannels": [], "allowHostSelection": False,
    "forceHostSelection": False, "allowAddingGuests": False, "doubleOptIn": "useCompanySettings",
    "requireHostConfirmation": "useCompanySettings", "enableClusterMeeting": False, "enableBufferCarryOver": False,
    "maxBufferCarryOverDelay": 0, "allowPhoneOnlyBooking": False, "channelAvailabilities": {},
    "bookingPagePassword": {"enable": False, "password": None},
}  # fmt: skip
DEFAULT_AHEAD = {"mode": "limit", "bookingLimit": 86_400, "rangeMin": None, "rangeMax": None, "countMode": "calendar"}
FLAT = {"duration": "duration", "bufferBefore": "bufferBefore", "bufferAfter": "bufferAfter",
        "bufferTimeBefore": "bufferBefore", "bufferTimeAfter": "bufferAfter", "name": "name",
        "description": "description", "channel": "channel"}  # fmt: skip


def nested(caller: Caller, body: Any, *, new: bool) -> Any:
    """A flat body as a nested one, where the switch lets flat bodies in."""
    if not caller.switch("flat_bodies") or not isinstance(body, dict) or "meetingInfo" in body:
        return body
    info: Body = {"description": "", "channel": "phone"} if new else {}
    info |= {FLAT[name]: value for name, value in body.items() if name in FLAT}
    rest = {name: value for name, value in body.items() if name not in FLAT}
    return {**rest, "meetingInfo": info} if info else rest


def present(values: Body | None) -> Body:
    return {name: value for name, value in (values or {}).items() if value is not None}


def free_slug(sandbox: Sandbox, user_id: str, wanted: str) -> str:
    used = {each["slug"] for each in of_user(sandbox, user_id)}
    slug, number_ = wanted, 2
    while slug in used:
        slug, number_ = f"{wanted}-{number_}", number_ + 1
    return slug


def make(sandbox: Sandbox, user: Body, facts: Body) -> Body:
    """`facts` as in a checked create body."""
    info = {
        "bufferBefore": 0, "bufferAfter": 0, "bufferMustStayWithinWorkingHours": False, "showAvailableSlots": True,
        "enableRedirect": False, "redirect": None, "passEventDetailsToRedirect": False, "color": None,
        **present(facts["meetingInfo"]),
    }  # fmt: skip
    wanted = slug_of(facts.get("slug") or "") or slug_of(info["name"]) or "meeting"
    made: Body = {
        "id": new_id(),
        "companyId": user["companyId"],
        "userId": user["id"],
        "queueId": None,
        "workspaceId": None,
        "formId": None,
        "slug": free_slug(sandbox, user["id"], wanted),
        "meetingInfo": info,
        "meetingOptions": {**DEFAULT_OPTIONS, **present(facts.get("meetingOptions"))},
        "enabled": True,
        "spots": facts.get("spots") or 1,
        "availabilityId": facts.get("availabilityId"),
        "locations": facts.get("locations") or [],
        "daysIntoFuture": {**DEFAULT_AHEAD, **present(facts.get("daysIntoFuture"))},
        "timeslotInterval": facts.get("timeslotInterval"),
        "bookingMinimum": facts.get("bookingMinimum") or 0,
        "ics": facts.get("ics"),
        "metadata": facts.get("metadata") or {},
        "internalNotes": "",
        "isGlobalQueue": False,
        "resourceChannelIds": [],
        "createdAt": stamp(sandbox),
        "updatedAt": stamp(sandbox),
        "deletedAt": None,
    }
    return put(sandbox, "meetingType", made, key=user["id"])


def of_user(sandbox: Sandbox, user_id: str) -> list[Body]:
    return [each for each in everything(sandbox, "meetingType", user_id) if not each["deletedAt"]]


def public(caller: Caller, meeting_type: Body) -> Body:
    owner = get(caller.sandbox, "user", meeting_type["userId"]) if meeting_type.get("userId") else None
    url = booking_url(caller.sandbox, caller.base, owner, meeting_type) if owner else None
    shown = {**meeting_type, "bookingUrl": url}
    if caller.switch("flat_bodies"):
        shown |= {"name": meeting_type["meetingInfo"]["name"], "duration": meeting_type["meetingInfo"]["duration"]}
    return shown


def check_availability(caller: Caller, uid: str | None) -> None:
    if uid:
        plan = get(caller.sandbox, "availability", checked_id(caller.sandbox, uid))
        if plan is None or plan["companyId"] != caller.company_id or plan["deletedAt"]:
            raise error(400, "Availability not found")


def index(caller: Caller) -> list[Body]:
    return [public(caller, each) for each in of_user(caller.sandbox, caller.user["id"])]


def create(caller: Caller) -> tuple[int, Body]:
    sandbox = caller.sandbox
    facts = clean(sandbox, nested(caller, caller.body, new=True), CREATE)
    if caller.switch("slug_on_create") == "stripped":
        facts.pop("slug", None)
    check_availability(caller, facts.get("availabilityId"))
    inline = facts.pop("availability", None)
    if inline is not None and facts.get("availabilityId"):
        raise error(400, "Send availabilityId or availability, not both")
    hours = availability.checked_body(caller, inline, "availability.") if inline is not None else None
    with sandbox.store.transaction():
        wanted = slug_of(facts.get("slug") or "")
        if wanted and any(each["slug"] == wanted for each in of_user(sandbox, caller.user["id"])):
            raise error(409, "A meeting type with this slug already exists")
        if hours is not None:
            # Without weekly hours only the exceptions open time.
            hours.setdefault("schedule", availability.closed_schedule())
            facts["availabilityId"] = availability.make(sandbox, caller.user, hours)["id"]
        made = make(sandbox, caller.user, facts)
    answer = public(caller, made)
    if (facts.get("options") or {}).get("createOneTimeLink"):
        answer["oneTimeLink"] = {"id": (link := new_id()), "url": f"{answer['bookingUrl']}?oneTimeLinkId={link}"}
    return 201, answer


def mine(caller: Caller, uid: str, deed: str) -> Body:
    found = caller.own("meetingType", uid, "Meeting type")
    if found["userId"] != caller.user["id"] and not caller.is_admin:
        raise error(403, f"Not authorized to {deed} this meeting type")
    return found


def one(caller: Caller, uid: str) -> Body:
    return public(caller, caller.own("meetingType", uid, "Meeting type"))


def update(caller: Caller, uid: str) -> Body:
    sandbox = caller.sandbox
    changes = clean(sandbox, nested(caller, caller.body, new=False), UPDATE, partial=True)
    check_availability(caller, changes.get("availabilityId"))
    with sandbox.store.transaction():
        found = mine(caller, uid, "update")
        if changes.get("slug"):
            changes["slug"] = slug_of(changes["slug"])
            others = of_user(sandbox, found["userId"])
            if any(each["slug"] == changes["slug"] and each["id"] != found["id"] for each in others):
                raise error(409, "A meeting type with this slug already exists")
        for name in ("meetingInfo", "meetingOptions", "daysIntoFuture"):
            if changes.get(name) is not None:
                changes[name] = {**found[name], **changes[name]}
        found = {**found, **present(changes), "updatedAt": stamp(sandbox)}
        put(sandbox, "meetingType", found)
    return public(caller, found)


def delete(caller: Caller, uid: str) -> tuple[int, None]:
    with caller.sandbox.store.transaction():
        found = mine(caller, uid, "delete")
        put(caller.sandbox, "meetingType", {**found, "deletedAt": stamp(caller.sandbox)})
    return 200, None


def create_template(caller: Caller) -> tuple[int, Body]:
    caller.need_admin()
    facts = clean(caller.sandbox, nested(caller, caller.body, new=True), TEMPLATE)
    made = {
        "templateType": "individual",
        **present(facts),
        "id": new_id(),
        "companyId": caller.company_id,
        "createdAt": stamp(caller.sandbox),
        "deletedAt": None,
    }
    return 201, put(caller.sandbox, "template", made)


def update_template(caller: Caller, uid: str) -> Body:
    caller.need_admin()
    changes = clean(caller.sandbox, nested(caller, caller.body, new=False), TEMPLATE, partial=True)
    with caller.sandbox.store.transaction():
        found = caller.own("template", uid, "Template")
        for name in ("meetingInfo", "meetingOptions"):
            if changes.get(name) is not None:
                changes[name] = {**found.get(name, {}), **changes[name]}
        return put(caller.sandbox, "template", {**found, **present(changes)})


def assign_template(caller: Caller, uid: str) -> tuple[int, Body | None]:
    """Makes a meeting type of the template for one user."""
    caller.need_admin()
    sandbox = caller.sandbox
    facts = clean(sandbox, caller.body, {"userId": Required(text(1))})
    with sandbox.store.transaction():
        template = caller.own("template", uid, "Template")
        if template["templateType"] == "team":
            raise error(400, "Team templates are assigned to workspaces")
        user = caller.own("user", facts["userId"], "User")
        made = make(sandbox, user, {**template, "slug": None})
        made["templateId"] = template["id"]
        put(sandbox, "meetingType", made)
    reply = caller.switch("assign_answer")
    if reply == "empty":
        return 201, None
    return 201, public(caller, made) if reply == "meeting type" else template


def by_slugs(sandbox: Sandbox, user_slug: str, type_slug: str) -> tuple[Body, Body] | None:
    """(user, meeting type) of a booking page."""
    user = next((each for each in sandbox.store.all(NAME, "user") if each["slug"] == user_slug), None)
    if user is None:
        return None
    found = next((each for each in of_user(sandbox, user["id"]) if each["slug"] == type_slug), None)
    return (user, found) if found else None
