"""Working hours: schedules, exceptions, public holidays."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from integrations.sandbox.core import ApiError, Sandbox
from integrations.sandbox.meetergo.auth import Caller
from integrations.sandbox.meetergo.shapes import (
    DAYS,
    NAME,
    checked_id,
    error,
    everything,
    fail,
    get,
    instant,
    iso,
    new_id,
    put,
    range_edge,
    stamp,
)  # fmt: skip
from integrations.sandbox.meetergo.validate import (
    Required,
    array_schedule,
    boolean,
    clean,
    list_of,
    mapping,
    moment,
    number,
    one_of,
    schedule,
    text,
    zone,
)  # fmt: skip
from integrations.sandbox.store import Body

FIELDS = {"name": text(0, 255), "timezone": zone, "schedule": schedule, "exceptions": list_of(mapping)}
EXCEPTION = {
    "available": Required(boolean), "start": Required(moment), "end": Required(moment), "title": text(), "note": text(),
}  # fmt: skip
COUNTRIES = ("DE", "AT", "BE", "CA", "DK", "NL", "EE", "FI", "FR", "IT", "NZ", "ES", "SE", "CH", "US")
STATES = ("BW", "BY", "ST", "MV", "BB", "HE", "NW", "RP", "SL", "SN", "TH", "SH", "HH", "NI", "HB")
HOLIDAYS = {
    "year": Required(number(2025, 2027)), "country": Required(one_of(*COUNTRIES)), "germanState": one_of(*STATES),
}  # fmt: skip


def default_schedule(sandbox: Sandbox) -> Body:
    hours = [{"start": sandbox.switch(NAME, "default_hours"), "end": "17:00"}]
    closed: list[Body] = []
    return {day: {"enabled": day in DAYS[:5], "hours": hours if day in DAYS[:5] else closed} for day in DAYS}


def closed_schedule() -> Body:
    return {day: {"enabled": False, "hours": []} for day in DAYS}


def checked_body(caller: Caller, body: Any, prefix: str = "") -> Body:
    """A schedule with its zone as sent. An old-fashioned schedule is treated as the switch says."""
    if not isinstance(body, dict):
        raise error(400, [f"{prefix.rstrip('.') or 'body'} must be an object"])
    if isinstance(body.get("schedule"), list):
        reaction = caller.switch("array_schedule")
        if reaction == "400":
            raise error(400, [f"{prefix}schedule must be an object"])
        translated = array_schedule(body["schedule"]) if reaction == "accept" else None
        body = {name: value for name, value in body.items() if name != "schedule"}
        if translated:
            body["schedule"] = translated
    cleaned = clean(caller.sandbox, body, FIELDS)
    if "exceptions" in cleaned:
        cleaned["exceptions"] = [clean(caller.sandbox, each, EXCEPTION) for each in cleaned["exceptions"] or []]
    return {name: value for name, value in cleaned.items() if value is not None}


def make(sandbox: Sandbox, user: Body, facts: Body, *, is_default: bool = False) -> Body:
    plan: Body = {
        "id": new_id(),
        "companyId": user["companyId"],
        "ownerId": user["id"],
        "name": facts.get("name") or "Default",
        "timezone": facts.get("timezone") or user["timezone"],
        "schedule": {**closed_schedule(), **facts["schedule"]} if "schedule" in facts else default_schedule(sandbox),
        "availabilityExceptions": [],
        "isDefault": is_default,
        "useExplicitAvailability": False,
        "explicitAvailabilityEventTitle": "",
        "createdAt": stamp(sandbox),
        "deletedAt": None,
    }
    for each in facts.get("exceptions", []):
        plan["availabilityExceptions"].append(exception(sandbox, user["id"], "user", each))
    return put(sandbox, "availability", plan, key=user["id"])


def exception(sandbox: Sandbox, owner_id: str, owner_type: str, facts: Body) -> Body:
    return {
        "id": sandbox.store.next_number(NAME, "exception"),
        "ownerId": owner_id,
        "ownerType": owner_type,
        "available": facts["available"],
        "start": facts["start"],
        "end": facts["end"],
        "title": facts.get("title") or "",
        "note": facts.get("note") or "",
        "createdAt": stamp(sandbox),
        "deletedAt": None,
    }


def public(caller: Caller, plan: Body) -> Body:
    shown = {name: value for name, value in plan.items() if name not in ("companyId", "ownerId")}
    if caller.switch("schedule_shape") == "array":
        shown["schedule"] = [
            {"dayOfWeek": day, "intervals": [{"from": span["start"], "to": span["end"]} for span in hours["hours"]]}
            for day, hours in plan["schedule"].items()
            if hours["enabled"] and hours["hours"]
        ]
    return shown


def served(caller: Caller) -> None:
    """The two prefixes are a switch."""
    here = "v4" if caller.request.inner_path.startswith("/v4/") else "root"
    if caller.switch("availability_prefix") not in ("both", here):
        raise ApiError(fail(caller.request, 404))


def index(caller: Caller) -> list[Body]:
    served(caller)
    return [public(caller, plan) for plan in of_user(caller.sandbox, caller.user["id"])]


def of_user(sandbox: Sandbox, user_id: str) -> list[Body]:
    return [plan for plan in everything(sandbox, "availability", user_id) if not plan["deletedAt"]]


def create(caller: Caller) -> tuple[int, Body]:
    served(caller)
    facts = checked_body(caller, caller.body)
    return 201, public(caller, make(caller.sandbox, caller.user, facts))


def mine(caller: Caller, uid: str) -> Body:
    plan = caller.own("availability", uid, "Availability")
    if plan["ownerId"] != caller.user["id"] and not caller.is_admin:
        raise error(403, "Not authorized to access this availability")
    return plan


def one(caller: Caller, uid: str) -> Body:
    served(caller)
    return public(caller, mine(caller, uid))


def update(caller: Caller, uid: str) -> Body:
    """Name and schedule; the zone too, which the documents leave open."""
    served(caller)
    changes = checked_body(caller, caller.body)
    changes.pop("exceptions", None)
    with caller.sandbox.store.transaction():
        plan = mine(caller, uid)
        if "schedule" in changes:
            kept = plan["schedule"] if caller.switch("schedule_patch") == "merge" else closed_schedule()
            changes["schedule"] = {**kept, **changes["schedule"]}
        put(caller.sandbox, "availability", plan | changes)
    return public(caller, plan | changes)


def holiday_exceptions(caller: Caller, uid: str) -> list[Body]:
    """All public holidays of a year and country, as blocked days; asking again replaces them."""
    served(caller)
    sandbox = caller.sandbox
    wanted = clean(sandbox, caller.body, HOLIDAYS)
    state = wanted.get("germanState") if wanted["country"] == "DE" else None
    found = holidays.country_holidays(wanted["country"], subdiv=state, years=wanted["year"])
    with sandbox.store.transaction():
        plan = mine(caller, uid)
        kept = [
            each
            for each in plan["availabilityExceptions"]
            if each.get("note") != "public holiday" or local_year(each, plan["timezone"]) != wanted["year"]
        ]
        made = []
        for day, title in sorted(found.items()):
            facts = {"available": False, "title": title, "note": "public holiday", **whole_day(day, plan["timezone"])}
            made.append(exception(sandbox, plan["ownerId"], "user", facts))
        put(sandbox, "availability", {**plan, "availabilityExceptions": kept + made})
    return made


def local_year(each: Body, zone_name: str) -> int:
    return datetime.fromtimestamp(instant(each["start"]), ZoneInfo(zone_name)).year


def whole_day(day: date, zone_name: str) -> Body:
    return {
        "start": iso(range_edge(day.isoformat(), zone_name)),
        "end": iso(range_edge((day + timedelta(days=1)).isoformat(), zone_name)),
    }


def for_type(sandbox: Sandbox, meeting_type: Body, host_id: str) -> Body | None:
    """The schedule that a meeting type follows for one host: its own, else the host's default."""
    if meeting_type.get("availabilityId"):
        plan = get(sandbox, "availability", checked_id(sandbox, meeting_type["availabilityId"]))
        if plan and not plan["deletedAt"] and plan["ownerId"] == host_id:
            return plan
    plans = of_user(sandbox, host_id)
    return next((plan for plan in plans if plan["isDefault"]), plans[0] if plans else None)
