"""What goes over the wire: plain-text errors, envelopes, keys, permissions, the pace, and lists."""

import math
import os
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation

from integrations.providers.meetbit.endpoints import Endpoint, field_table, parameter_table
from integrations.sandbox.core import ApiError, Sandbox
from integrations.sandbox.dashboard import POLICY, page
from integrations.sandbox.store import Body

NAME = "meetbit"
CLIENT, TENANT = "meetbit-client", "meetbit-tenant"
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda ours, given: ours == given,
    "!=": lambda ours, given: ours != given,
    ">": lambda ours, given: ours > given,
    ">=": lambda ours, given: ours >= given,
    "<": lambda ours, given: ours < given,
    "<=": lambda ours, given: ours <= given,
    "like": lambda ours, given: given.strip("%") in ours,
}
LONGEST_BLOCK = 60


def plain(status: int, text: str) -> ApiError:
    return ApiError(HttpResponse(text, status=status, content_type="text/plain; charset=utf-8"))


def missing() -> ApiError:
    return plain(404, "Resource object does not exist.")


def denied() -> ApiError:
    """Also 401, never 403."""
    return plain(401, "Access Denied.")


def invalid(errors: dict[str, list[str]]) -> ApiError:
    """In the manner of Laravel: the first message, and how many more there are."""
    said = [message for messages in errors.values() for message in messages]
    more = len(said) - 1
    count = f" (and {more} more error{'s' if more > 1 else ''})" if more else ""
    return ApiError(JsonResponse({"message": said[0] + count, "errors": errors}, status=400))


def fail(request: HttpRequest, status: int) -> HttpResponse:
    return (missing() if status == 404 else plain(status, "An unexpected error has occurred.")).response


class Caller:
    """One authenticated request: the sandbox, the client's permissions, the body, the operation."""

    def __init__(self, request: Any, client: Body, operation: str, endpoint: Endpoint, body: Any) -> None:
        self.request, self.sandbox, self.client = request, request.sandbox, client
        self.operation, self.endpoint, self.body = operation, endpoint, body

    def switch(self, name: str) -> Any:
        return self.sandbox.switch(NAME, name)

    def allows(self, permission: str) -> bool:
        granted = self.client["permissions"]
        return "*" in granted or permission in granted

    def fields(self, resource: str) -> dict[str, str]:
        return field_table({"fields": self.switch("fields")}, resource)

    def alive(self, kind: str, uid: str) -> Body:
        """An object that is not deleted, or 404."""
        found = self.sandbox.store.get(NAME, kind, uid)
        if found is None or found.get("deleted_at"):
            raise missing()
        return found


# --- who asks, and how often ---------------------------------------------------------------------------------------


def key_id() -> str:
    return os.environ.get("SANDBOX_MEETBIT_KEY_ID") or "MBP-sandbox"


def key_secret() -> str:
    return os.environ.get("SANDBOX_MEETBIT_KEY_SECRET") or "sandbox-secret!"


def client_of(request: Any) -> Body:
    given = request.META.get("HTTP_X_ACCESS_KEY_ID", ""), request.META.get("HTTP_X_ACCESS_KEY_SECRET", "")
    for client in request.sandbox.store.all(NAME, "client"):
        for key in client["access_keys"]:
            if (key["id"], key["secret"]) == given and not key.get("revoked"):
                return client
    raise plain(401, "Invalid or missing access key.")


def count(request: Any) -> dict[str, str]:
    """Headers for the answer; valid and invalid calls count alike. Raises 429; during a block each call lengthens it."""
    sandbox: Sandbox = request.sandbox
    asker = request.META.get("HTTP_X_ACCESS_KEY_ID", "nobody")
    now, place = sandbox.clock.timestamp(), (NAME, "block", asker)
    until, strikes = sandbox.cache.get(place, (0.0, 0))
    client, tenant = sandbox.limits.take(CLIENT, asker), sandbox.limits.take(TENANT, "tenant")
    limit = sandbox.limits.limits[CLIENT]
    tighter = min((client, tenant), key=lambda taken: (taken.allowed, taken.remaining))
    reset = math.ceil(max(tighter.wait, limit.per / limit.rate))
    headers = {
        "RateLimit-Limit": str(int(limit.burst)),
        "RateLimit-Remaining": str(tighter.remaining),
        "RateLimit-Reset": str(reset),
    }
    if tighter.allowed and not (limit.enabled and now < until):
        sandbox.cache.pop(place, None)
        return headers
    strikes = strikes + 1 if sandbox.switch(NAME, "growing_block") else 1
    wait = min(LONGEST_BLOCK, max(math.ceil(tighter.wait), 2 ** (strikes - 1)))
    sandbox.cache[place] = (now + wait, strikes)
    refusal = plain(429, "Too many requests.")
    for name, value in {**headers, "RateLimit-Remaining": "0", "Retry-After": str(wait)}.items():
        refusal.response[name] = value
    raise refusal


# --- objects and lists ---------------------------------------------------------------------------------------------


def stamp(sandbox: Sandbox) -> str:
    return iso(sandbox.clock.now())


def iso(moment: datetime) -> str:
    """2026-01-15T09:00:00Z"""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def make(sandbox: Sandbox, kind: str, values: Body, key: str | None = None) -> Body:
    """A new row with the next number and the four columns everything has."""
    number, now = sandbox.store.next_number(NAME, kind), stamp(sandbox)
    body = {"id": number, **values, "created_at": now, "updated_at": now, "deleted_at": None}
    return sandbox.store.put(NAME, kind, str(number), body, key)


def change(sandbox: Sandbox, kind: str, body: Body, key: str | None = None, **values: Any) -> Body:
    return sandbox.store.put(NAME, kind, str(body["id"]), {**body, **values, "updated_at": stamp(sandbox)}, key)


def trash(sandbox: Sandbox, kind: str, body: Body) -> None:
    """Soft delete: gone for everybody but `with_trashed`."""
    change(sandbox, kind, body, deleted_at=stamp(sandbox))


def everything(sandbox: Sandbox, kind: str, key: str | None = None) -> list[Body]:
    return [body for body in sandbox.store.all(NAME, kind, key) if not body.get("deleted_at")]


def listed(caller: Caller, rows: Sequence[Body], attributes: Sequence[str]) -> tuple[Body | list[Body], Body]:
    """(data, what else stands in the envelope) after filter, order and page. Unknown attributes are refused."""
    query, names, errors = caller.request.GET, parameter_table({"parameters": caller.switch("parameters")}), {}

    def asked(name: str, default: str = "") -> str:
        return str(query.get(names[name], default))

    attribute, operator = asked("filter_attribute"), asked("filter_operator", "=")
    order, direction = asked("order_by", "id"), asked("order_direction", "asc")
    size, number = asked("page_size", "15"), asked("page_number", "1")
    if attribute and attribute not in attributes:
        errors[names["filter_attribute"]] = ["The selected filter attribute is invalid."]
    if operator not in OPERATORS:
        errors[names["filter_operator"]] = ["The selected filter operator is invalid."]
    if order not in attributes:
        errors[names["order_by"]] = ["The selected order by is invalid."]
    if direction not in ("asc", "desc"):
        errors[names["order_direction"]] = ["The selected order direction is invalid."]
    if not re.fullmatch(r"[1-9]\d{0,2}", size) or int(size) > 100:
        errors[names["page_size"]] = ["The page size must be between 1 and 100."]
    if not re.fullmatch(r"[1-9]\d{0,8}", number):
        errors[names["page_number"]] = ["The page number must be at least 1."]
    if errors:
        raise invalid(errors)
    if asked("with_trashed") not in ("1", "true"):
        rows = [row for row in rows if not row.get("deleted_at")]
    if attribute:
        wanted = asked("filter_value").casefold()
        rows = [row for row in rows if _matches(row.get(attribute), operator, wanted)]
    rows = sorted(rows, key=lambda row: _sortable(row.get(order)), reverse=direction == "desc")
    first = (int(number) - 1) * int(size)
    page = rows[first : first + int(size)]
    paging = {"current_page": int(number), "per_page": int(size), "total": len(rows)}
    shape = caller.switch("list_shape")
    return (page, {"meta": paging}) if shape == "list" else ({shape: page, **paging}, {})


def _matches(ours: Any, operator: str, given: str) -> bool:
    if isinstance(ours, int) and not isinstance(ours, bool) and re.fullmatch(r"-?\d+", given):
        return OPERATORS[operator](ours, int(given)) if operator != "like" else given in str(ours)
    return OPERATORS[operator](("" if ours is None else str(ours)).casefold(), given)


def _sortable(value: Any) -> tuple[bool, bool, Any]:
    return (value is not None, isinstance(value, str), "" if value is None else value)


# --- public pages --------------------------------------------------------------------------------------------------


def public_page(request: Any, template: str, context: Body, status: int = 200) -> HttpResponse:
    """A page that anybody may frame, in the visitor's language."""
    language = language_of(request)
    with translation.override(language):
        response = page(
            template if "/" in template else f"meetbit/{template}",
            {"language": language, **context},
            POLICY + "; frame-ancestors *",
        )
    response.status_code = status
    return response


def language_of(request: Any) -> str:
    asked = request.GET.get("lang") or request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    return "de" if asked.lower().startswith("de") else "en"
