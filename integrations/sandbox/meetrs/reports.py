"""Add-on configurations, feedback, usage, tenants."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpResponse, JsonResponse

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetrs.wire import NAME, below, body_of, inferred, optional, refused, stamp, tenant_of
from integrations.sandbox.store import Body


def configurations(request: Any) -> HttpResponse:
    tenant = tenant_of(request)
    store = request.sandbox.store
    if request.method == "POST":
        optional(request, "configurations.create")
        with store.transaction():
            made = checked(request, tenant, {**body_of(request), "id": str(uuid.uuid4())})
        return inferred(JsonResponse(made))
    rows = [{name: value for name, value in row.items() if name != "tenant"} for row in own(request.sandbox, tenant)]
    if request.sandbox.switch(NAME, "names") == "text":
        rows = [{**row, "name": row["name"]["en"], "description": row["description"]["en"]} for row in rows]
    return JsonResponse(rows, safe=False)


def own(sandbox: Sandbox, tenant: Body) -> list[Body]:
    return sandbox.store.all(NAME, "configuration", tenant["code"])


def checked(request: Any, tenant: Body, body: Body) -> Body:
    """One default for each type: a new one takes it from the old."""
    if not isinstance(body.get("name"), dict | str) or body.get("type") not in (1, 2, 3):
        raise refused(400, "name and type are required.")
    names = {name: value if isinstance(value, dict) else {"en": str(value or "")}
             for name, value in (("name", body["name"]), ("description", body.get("description")))}  # fmt: skip
    row: Body = {
        "isDefault": False,
        "items": [],
        **body,
        **names,
        "partitionKey": tenant["id"],
        "tenant": tenant["code"],
    }
    if row["isDefault"]:
        for other in own(request.sandbox, tenant):
            if other["type"] == row["type"] and other["id"] != row["id"]:
                request.sandbox.store.put(NAME, "configuration", other["id"], {**other, "isDefault": False})
    return request.sandbox.store.put(NAME, "configuration", row["id"], row, tenant["code"])


def configuration(request: Any, uid: str) -> HttpResponse:
    tenant = tenant_of(request)
    operation = {"PUT": "configurations.update", "DELETE": "configurations.delete"}.get(request.method)
    if operation is None:
        return HttpResponse(status=405)
    optional(request, operation)
    with request.sandbox.store.transaction():
        found = next((row for row in own(request.sandbox, tenant) if row["id"] == uid), None)
        if found is None:
            raise refused(404, "There is no such configuration.")
        if request.method == "PUT":
            return inferred(JsonResponse(checked(request, tenant, {**found, **body_of(request), "id": uid})))
        if found["isDefault"]:
            raise refused(409, "The default configuration cannot be deleted.")
        request.sandbox.store.delete(NAME, "configuration", uid)
    return inferred(HttpResponse(status=204))


# --- reports -----------------------------------------------------------------------------------------------------------


def feedbacks(request: Any, tenant: str = "") -> HttpResponse:
    """Everybody reads; whoever has been in a Meet may also give some (the page does)."""
    return JsonResponse(rows(request, "feedback", "timestamp", tenant), safe=False)


def usage(request: Any, tenant: str = "") -> HttpResponse:
    return JsonResponse(rows(request, "usage", "createdAt", tenant), safe=False)


def rows(request: Any, kind: str, when: str, code: str) -> list[Body]:
    """Of a tenant, or of its whole tree; this month unless the query says otherwise. Both bounds count."""
    sandbox, asker = request.sandbox, tenant_of(request)
    tree = {one["code"]: one for one in below(sandbox, asker)}
    if code and code not in tree:
        known = sandbox.store.get(NAME, "tenant", code)
        raise refused(403 if known else 404, "This tenant is not yours." if known else "There is no such tenant.")
    now = sandbox.clock.now()
    try:
        start = datetime.fromisoformat(request.GET["from"]) if "from" in request.GET else None
        end = datetime.fromisoformat(request.GET["to"]) if "to" in request.GET else now
        start = start or end.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError("zone")
    except ValueError:
        raise refused(400, "from and to must be ISO 8601 in UTC.") from None
    codes = [code] if code else list(tree)
    found = [row for one in codes for row in sandbox.store.all(NAME, kind, one)]
    return [row for row in found if start <= datetime.fromisoformat(row[when]) <= end]


def tenants(request: Any) -> HttpResponse:
    asker = tenant_of(request)
    optional(request, "tenants.list")
    shown = [
        {"id": one["id"], "code": one["code"], "name": one["name"], "parentId": one["parent"] or None}
        for one in below(request.sandbox, asker)
    ]
    return inferred(JsonResponse(shown, safe=False))


def give_feedback(sandbox: Sandbox, tenant: str, code: str, rating: int, text: str = "", at: str = "") -> Body:
    owner = sandbox.store.get(NAME, "tenant", tenant) or {}
    row: Body = {
        "rating": int(rating),
        "text": text,
        "userId": str(uuid.uuid4()),
        "resourceId": code,
        "resourceType": 1,
        "tenantId": owner.get("id", ""),
        "timestamp": at or stamp(sandbox),
        "appVersion": "2.7.21.1050",
        "browser": "Firefox",
        "operatingSystem": "Windows",
        "screenHeight": "1200",
        "screenWidth": "1920",
        "isTouchEnabled": False,
        "id": str(uuid.uuid4()),
    }
    return sandbox.store.put(NAME, "feedback", row["id"], row, tenant)


def note_usage(
    sandbox: Sandbox, tenant: str, code: str, *, title: str = "Meet", total: int = 1800, billable: int = 1500,
    participants: int = 2, covered: bool = True, at: str = "",
) -> Body:  # fmt: skip
    """A Meet that took place: seconds. Under 20 billable minutes it is free."""
    moment = at or stamp(sandbox)
    row: Body = {
        "code": code,
        "title": title,
        "description": "Guest ",
        "participants": participants,
        "createdAt": moment,
        "startedAt": moment,
        "endedAt": moment,
        "totalDurationInSeconds": int(total),
        "billableDurationInSeconds": int(billable),
        "isFree": int(billable) < 1200,
        "isSubscriptionCovered": bool(covered),
        "subscriptionId": "d66b178d-c801-481f-d5a9-08d82d522f18",
        "id": str(uuid.uuid4()),
    }
    return sandbox.store.put(NAME, "usage", row["id"], row, tenant)
