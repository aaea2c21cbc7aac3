"""Meets: made with or without participants, who are mailed. Codes are eight letters and digits."""

import re
import secrets
import uuid
from string import ascii_letters, digits
from typing import Any

from django.http import HttpResponse, JsonResponse

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetrs.wire import NAME, body_of, inferred, optional, refused, stamp, tenant_of
from integrations.sandbox.store import Body

ROLES = ("Admin", "PowerUser", "User", "Guest")
OAUTH = ("Google", "Microsoft", "LinkedIn", "Facebook")
ACCESS = {name.lower(): name for name in ("Passcode", *OAUTH, "Guest")}
LETTERS = ascii_letters + digits


def collection(request: Any) -> HttpResponse:
    tenant = tenant_of(request)
    if request.method == "POST":
        with request.sandbox.store.transaction():
            return JsonResponse(shown(make(request, tenant, body_of(request))))
    optional(request, "meetings.list")
    rows = request.sandbox.store.all(NAME, "meeting", tenant["code"])
    return inferred(JsonResponse([shown(row) for row in rows], safe=False))


def one(request: Any, code: str) -> HttpResponse:
    tenant = tenant_of(request)
    operation = {"GET": "meetings.get", "PUT": "meetings.update", "DELETE": "meetings.delete"}.get(request.method)
    if operation is None:
        return HttpResponse(status=405)
    optional(request, operation)
    sandbox = request.sandbox
    with sandbox.store.transaction():
        found = sandbox.store.get(NAME, "meeting", code)
        if found is None or found["tenant"] != tenant["code"]:
            raise refused(404, "There is no such Meet.")
        if request.method == "DELETE":
            sandbox.store.delete(NAME, "meeting", code)
            return inferred(HttpResponse(status=204))
        if request.method == "PUT":
            checked = validated(request, tenant, body_of(request))
            found = sandbox.store.put(NAME, "meeting", code, {**found, **checked})
    return inferred(JsonResponse(shown(found)))


def shown(row: Body) -> Body:
    return {
        name: value for name, value in row.items() if name not in ("tenant", "inside", "began", "two_since", "billable")
    }


def make(request: Any, tenant: Body, body: Any) -> Body:
    sandbox: Sandbox = request.sandbox
    checked = validated(request, tenant, body)
    code = "".join(secrets.choice(LETTERS) for _position in range(8))
    number = sandbox.store.next_number(NAME, "meeting")
    now = sandbox.clock.now()
    meet = {
        "id": str(uuid.uuid4()),
        "code": code,
        "joinUrl": request.build_absolute_uri(f"/{NAME}/{code}"),
        "partitionKey": tenant["id"],
        **checked,
        "title": checked["title"] or f"Quick meet {now:%m/%d} - {number}",
        "state": "MeetingCreated",
        "createdAt": stamp(sandbox),
        "tenant": tenant["code"],
    }
    sandbox.store.put(NAME, "meeting", code, meet, tenant["code"])
    for person in checked["participants"]:
        mail(sandbox, meet, person)
    return meet


def mail(sandbox: Sandbox, meet: Body, person: Body) -> None:
    """An invitation now and a reminder an hour before; passcodes travel in them."""
    address = (person.get("user") or {}).get("email")
    if not address:
        return
    codes = [rule["condition"] for rule in person["accessRules"] if rule["provider"] == "Passcode"]
    for kind in ("invitation", "reminder one hour before"):
        number = sandbox.store.next_number(NAME, "mail")
        row = {"id": number, "to": address, "kind": kind, "meet": meet["code"], "passcodes": codes}
        sandbox.store.put(NAME, "mail", str(number), row)


def validated(request: Any, tenant: Body, body: Any) -> Body:
    if not isinstance(body, dict):
        raise refused(400, "Send a JSON object; {} makes a quick Meet.")
    for name in ("title", "description"):
        if not isinstance(body.get(name, ""), str):
            raise refused(400, f"{name} must be a text.")
    wanted = body.get("addonConfigurationId")
    configurations = request.sandbox.store.all(NAME, "configuration", tenant["code"])
    if wanted and wanted not in [row["id"] for row in configurations]:
        raise refused(400, "addonConfigurationId is unknown.")
    default = next((row["id"] for row in configurations if row["isDefault"] and row["type"] == 1), None)
    scheduling = body.get("schedulingInfo") or {}
    duration = scheduling.get("duration", 60) if isinstance(scheduling, dict) else None
    if not isinstance(duration, int | float) or duration <= 0:
        raise refused(400, "schedulingInfo.duration must be a number of minutes.")
    participants = body.get("participants", [])
    if not isinstance(participants, list):
        raise refused(400, "participants must be a list.")
    return {
        "title": body.get("title", ""),
        "description": body.get("description", ""),
        "addonConfigurationId": wanted or default,
        "schedulingInfo": {"duration": duration},
        "participants": [person(entry) for entry in participants],
    }


def person(entry: Any) -> Body:
    if not isinstance(entry, dict) or entry.get("role") not in ROLES:
        raise refused(400, f"role must be one of {', '.join(ROLES)}.")
    user, rules = entry.get("user"), entry.get("accessRules")
    if user is not None and not (
        isinstance(user, dict) and re.fullmatch(r"[^@\s]+@[^@\s]+", str(user.get("email", "")))
    ):
        raise refused(400, "user.email is required.")
    if not rules:
        if entry["role"] != "Guest":
            raise refused(400, "accessRules are required for this role.")
        rules = [{"provider": "Guest"}]
    return {"role": entry["role"], "user": user, "accessRules": [access(rule, entry["role"], user) for rule in rules]}


def access(rule: Any, role: str, user: Any) -> Body:
    """Any case of the provider's name; kept in theirs."""
    provider = ACCESS.get(str(rule.get("provider", "")).lower()) if isinstance(rule, dict) else None
    if provider is None:
        raise refused(400, "accessRules.provider is unknown.")
    condition = str(rule.get("condition") or "")
    if provider == "Passcode" and not condition:
        raise refused(400, "A passcode is required.")
    if provider in OAUTH and not (condition or (user or {}).get("email")):
        raise refused(400, "accessRules.condition is required without a user.")
    if provider == "Guest" and role != "Guest":
        raise refused(400, "The access provider Guest is for the role Guest.")
    return {"provider": provider, **({"condition": condition} if condition else {})}
