"""Users: create with availability and first meeting type, list, update, delete."""

from typing import Any

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetergo import appointments, availability, hooks, meeting_types
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
    Required,
    boolean,
    channel,
    clean,
    email,
    mapping,
    number,
    text,
    zone,
)  # fmt: skip
from integrations.sandbox.store import Body

CREATE = {
    "email": Required(email),
    "givenName": Required(text(1, 255)),
    "familyName": Required(text(1, 255)),
    "timezone": zone,
    "slug": text(0, 255),
    "availability": mapping,
    "meetingType": {
        "name": Required(text(1, 255)),
        "duration": Required(number(5, 480)),
        "slug": text(0, 255),
        "channel": channel,
        "daysIntoFuture": mapping,
    },
}
UPDATE = {"givenName": text(1, 255), "familyName": text(1, 255), "slug": text(0, 255)}
TRANSFERS = ("meetingTypes", "forms", "workflows", "showcases", "availabilities", "qualifiers")
DELETE = {"targetUserId": text(1), **dict.fromkeys(TRANSFERS, boolean)}


def make_user(sandbox: Sandbox, company_id: str, facts: Body, **more: Any) -> Body:
    """`facts`: email, givenName, familyName, slug, timezone."""
    now = stamp(sandbox)
    full_name = f"{facts['givenName']} {facts['familyName']}"
    user = {
        "id": new_id(),
        "isAdmin": False,
        "isScimDisabled": False,
        **{name: facts.get(name) for name in ("givenName", "familyName", "email", "slug")},
        "fullName": full_name,
        "picture": None,
        "title": None,
        "timezone": facts.get("timezone") or "Europe/Berlin",
        "language": "de",
        "userType": "api-platform",
        "companyId": company_id,
        "personalPage": {
            "useCustomColors": False, "primaryColor": None, "secondaryColor": None, "headerImage": None,
            "description": "", "showAllMeetingTypes": True, "meetingTypeOrder": [], "onlineProfiles": {},
        },
        "anonymousBooking": False,
        "anonymousCalendarActivity": False,
        "showGettingStartedList": True,
        "recieveEmailMarketing": False,
        "phone": None,
        "defaultAvailabilityId": None,
        "createdAt": now,
        "updatedAt": now,
        "deletedAt": None,
        **more,
    }  # fmt: skip
    return put(sandbox, "user", user, key=user["email"].lower())


def taken(sandbox: Sandbox, slug: str, but: str = "") -> bool:
    return any(user["slug"] == slug and user["id"] != but for user in everything(sandbox, "user"))


def free_slug(sandbox: Sandbox, wanted: str) -> str:
    """A slug nobody has, at least five characters long."""
    base = wanted if len(wanted) >= 5 else f"{wanted or 'user'}-{new_id()[:5]}"
    slug, number = base, 2
    while taken(sandbox, slug):
        slug, number = f"{base}-{number}", number + 1
    return slug


def checked_slug(sandbox: Sandbox, wanted: str, but: str = "") -> str:
    slug = slug_of(wanted)
    if len(slug) < 5:
        raise error(400, "Slug must be at least 5 characters long")
    if taken(sandbox, slug, but):
        raise error(400, "Slug is already taken")
    return slug


def create(caller: Caller) -> tuple[int, Body]:
    caller.need_key()
    caller.need_admin()
    sandbox = caller.sandbox
    company = get(sandbox, "company", caller.company_id) or {}
    if company.get("tier") != "api-platform":
        raise error(403, "Your plan does not include this feature", code="PLAN_LIMIT_REACHED", feature="api-platform")
    facts = clean(sandbox, caller.body, CREATE)
    hours = availability.checked_body(caller, facts.get("availability") or {}, "availability.")
    with sandbox.store.transaction():
        if everything(sandbox, "user", facts["email"].lower()):
            raise error(caller.switch("duplicate_email"), "A user with this email already exists")
        wanted = facts.get("slug")
        name = slug_of(f"{facts['givenName']} {facts['familyName']}")
        facts["slug"] = checked_slug(sandbox, wanted) if wanted else free_slug(sandbox, name)
        user = make_user(sandbox, caller.company_id, facts)
        plan = availability.make(sandbox, user, hours, is_default=True)
        user["defaultAvailabilityId"] = plan["id"]
        put(sandbox, "user", user)
        first = facts.get("meetingType") or {"name": "30min Meeting", "duration": 30, "slug": "30min-meeting"}
        made = meeting_types.make(
            sandbox,
            user,
            {
                "meetingInfo": {
                    "name": first["name"],
                    "description": "",
                    "duration": first["duration"],
                    "channel": first.get("channel") or "phone",
                },
                "slug": first.get("slug"),
                "daysIntoFuture": first.get("daysIntoFuture"),
                "availabilityId": plan["id"],
            },
        )
    hooks.announce(sandbox, caller.company_id, "new_employee", public(user))
    return 201, {
        "userId": user["id"],
        "availabilityId": plan["id"],
        "meetingTypeId": made["id"],
        "bookingUrl": booking_url(sandbox, caller.base, user, made),
        "companyId": caller.company_id,
    }


def public(user: Body) -> Body:
    return dict(user)


def integer(caller: Caller, name: str, default: int, low: int, high: int) -> int:
    try:
        value = int(caller.query.get(name, default))
    except ValueError:
        raise error(400, [f"{name} must be an integer number"]) from None
    if not low <= value <= high:
        side = f"less than {low}" if value < low else f"greater than {high}"
        raise error(400, [f"{name} must not be {side}"])
    return value


def index(caller: Caller) -> Body:
    caller.need_admin()
    limit, offset = integer(caller, "limit", 20, 1, 100), integer(caller, "offset", 0, 0, 10**9)
    kind = caller.query.get("userType")
    found = [
        user
        for user in everything(caller.sandbox, "user")
        if user["companyId"] == caller.company_id and (not kind or user["userType"] == kind)
    ]
    page = [public(user) for user in found[offset : offset + limit]]
    total, count, skipped = (name.strip() for name in caller.switch("user_counters").split(","))
    return {"users": page, total: len(found), count: len(page), skipped: offset}


def me(caller: Caller) -> Body:
    company = get(caller.sandbox, "company", caller.company_id) or {}
    return {**public(caller.user), "company": company}


def one(caller: Caller, uid: str) -> Body:
    if not caller.is_admin and uid != caller.user["id"]:
        raise error(403, "Forbidden resource")
    return public(caller.own("user", uid, "User"))


def update(caller: Caller, uid: str) -> Body:
    caller.need_key()
    sandbox = caller.sandbox
    if not caller.is_admin and uid != caller.user["id"]:
        raise error(403, "You are not allowed to update this user")
    changes = clean(sandbox, caller.body, UPDATE)
    if not changes:
        raise error(400, "At least one field must be provided")
    with sandbox.store.transaction():
        user = caller.own("user", uid, "User")
        if changes.get("slug") is not None:
            changes["slug"] = checked_slug(sandbox, changes["slug"], but=user["id"])
        user.update({name: value for name, value in changes.items() if value is not None})
        user["fullName"] = f"{user['givenName']} {user['familyName']}"
        user["updatedAt"] = stamp(sandbox)
        put(sandbox, "user", user)
    return public(user)


def delete(caller: Caller, uid: str) -> tuple[int, None]:
    caller.need_key()
    caller.need_admin()
    sandbox = caller.sandbox
    options = clean(sandbox, caller.body, DELETE)
    user = caller.own("user", uid, "User")
    company = get(sandbox, "company", caller.company_id) or {}
    if user["id"] == caller.user["id"] or user["id"] == company.get("ownerId"):
        raise error(403, "This user cannot be deleted")
    target = None
    if options.get("targetUserId"):
        target = caller.own("user", options["targetUserId"], "Target user")
    remove(sandbox, user, target, options)
    return caller.switch("delete_status"), None


def remove(sandbox: Sandbox, user: Body, target: Body | None, options: Body) -> None:
    """The user goes; what `options` allows moves to `target`, the rest goes too."""
    with sandbox.store.transaction():
        for kind, option in (("meetingType", "meetingTypes"), ("availability", "availabilities")):
            for each in everything(sandbox, kind, user["id"]):
                if target and options.get(option, True):
                    owner = {"userId": target["id"]} if kind == "meetingType" else {"ownerId": target["id"]}
                    put(sandbox, kind, {**each, **owner, **({"isDefault": False} if kind != "meetingType" else {})},
                        key=target["id"])  # fmt: skip
                else:
                    put(sandbox, kind, {**each, "deletedAt": stamp(sandbox)})
        sandbox.store.delete(NAME, "user", user["id"])
    if sandbox.switch(NAME, "deleted_users_bookings") == "cancelled":
        appointments.cancel_all(sandbox, user)


def remove_by_staff(sandbox: Sandbox, userId: str) -> Body:
    """As if somebody had deleted the user in the provider's dashboard."""
    user = get(sandbox, "user", checked_id(sandbox, userId))
    if user is None:
        raise ValueError("no such user")
    remove(sandbox, user, None, {})
    return {"deleted": user["id"]}
