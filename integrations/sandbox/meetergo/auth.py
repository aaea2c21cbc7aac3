"""Who asks: credentials, the acting user, permissions, rate limit; and the decorator every API view wears."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse, JsonResponse

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetergo.shapes import NAME, checked_id, error, everything, fail, get, instant
from integrations.sandbox.store import Body

HEADER = "HTTP_X_MEETERGO_API_USER_ID"
NEEDS_HEADER = "Missing required header 'x-meetergo-api-user-id' for API key authentication"


class Caller:
    """One request: the sandbox, the company, the acting user, the parsed body."""

    def __init__(self, request: Any, credential: Body, user: Body) -> None:
        self.request, self.sandbox, self.credential, self.user = request, request.sandbox, credential, user
        self.company_id: str = credential["companyId"]
        self.is_admin = bool(user.get("isAdmin"))
        self.by_token = credential["kind"] == "pat"
        self.body: Any = {}
        self.query = request.GET

    @property
    def base(self) -> str:
        """First part of this copy's public pages."""
        return str(self.request.build_absolute_uri(f"/{NAME}"))

    def switch(self, name: str) -> Any:
        return self.sandbox.switch(NAME, name)

    def values(self, name: str) -> list[str]:
        """A list in the query: repeated, with brackets, or (by a switch) separated by commas."""
        found = self.query.getlist(name) + self.query.getlist(f"{name}[]")
        if any("," in item for item in found):
            if self.switch("comma_lists") == "400":
                raise error(400, [f"each value in {name} must be a UUID"])
            found = [part.strip() for item in found for part in item.split(",")]
        return [checked_id(self.sandbox, item) for item in found if item]

    def need_admin(self) -> None:
        if not self.is_admin:
            raise error(403, "Forbidden resource")

    def need_key(self) -> None:
        if self.by_token:
            raise error(403, "Personal access tokens cannot manage users")

    def own(self, kind: str, uid: str, what: str) -> Body:
        """An object of the caller's company, or 404."""
        found = get(self.sandbox, kind, checked_id(self.sandbox, uid))
        if found is None or found.get("companyId") != self.company_id or found.get("deletedAt"):
            raise error(404, f"{what} not found")
        return found


def credential_of(sandbox: Sandbox, header: str) -> Body:
    """Raises 401 with the documented sentences."""
    scheme, _space, value = header.partition(" ")
    if not header or scheme.lower() != "bearer" or not value.strip():
        raise error(401, "Missing authorization header")
    value = value.strip()
    if not value.startswith(("ak_live:", "rgo-")):
        raise error(401, "Unauthorized")  # taken for a JWT, and not one
    word = "API key" if value.startswith("ak_live:") else "personal access token"
    found = next((each for each in everything(sandbox, "credential") if each["secretValue"] == value), None)
    if found is None or found.get("revoked"):
        raise error(401, f"Invalid {word}")
    if not found.get("active", True):
        raise error(401, f"{word[0].upper()}{word[1:]} is deactivated")
    if found.get("expiresAt") and instant(found["expiresAt"]) <= sandbox.clock.timestamp():
        raise error(401, f"{word[0].upper()}{word[1:]} has expired")
    return found


def acting_user(request: Any, credential: Body, optional: bool) -> Body:
    sandbox = request.sandbox
    wanted = request.META.get(HEADER, "").strip()
    if credential["kind"] == "pat":
        if wanted and wanted != credential["userId"]:
            raise error(403, "Personal access tokens cannot act as another user")
        wanted = credential["userId"]
    elif not wanted:
        if not optional and sandbox.switch(NAME, "acting_user") == "required":
            raise error(400, NEEDS_HEADER)
        company = get(sandbox, "company", credential["companyId"]) or {}
        wanted = company.get("ownerId", "")
    user = get(sandbox, "user", checked_id(sandbox, wanted))
    if user is None or user["companyId"] != credential["companyId"]:
        raise error(403, "User does not belong to your company")
    return user


def count(sandbox: Sandbox, credential: Body) -> None:
    taken = sandbox.limits.take(NAME, credential["id"])
    if not taken.allowed:
        refusal = error(429, "Too Many Requests")
        if sandbox.switch(NAME, "retry_after") == "present":
            refusal.response["Retry-After"] = str(max(1, round(taken.wait + 0.5)))
        raise refusal


def parsed(request: Any) -> Any:
    """JSON, or a form whose nested fields are JSON texts."""
    if request.content_type == "multipart/form-data":
        body = {name: request.POST[name] for name in request.POST}
        for name in ("availability", "meetingType"):
            if name in body:
                try:
                    body[name] = json.loads(body[name])
                except ValueError:
                    raise error(400, [f"{name} must be an object"]) from None
        return body
    if not request.body:
        return {}
    try:
        return json.loads(request.body)
    except ValueError as problem:
        raise error(400, f"Unexpected token in JSON: {problem}") from None


def api(scope: str, *, ownerless: str = "", **methods: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """A view from functions by method, each of them `(caller, *path values) -> (status, body) | body`.

    `scope`: the capability a limited token needs. `ownerless`: the methods at which a key may leave out the acting
    user, and then acts as the company's owner.
    """

    @wraps(next(iter(methods.values())))
    def view(request: Any, *args: str, **kwargs: str) -> HttpResponse:
        function = methods.get(request.method)
        if function is None:
            return fail(request, 404)
        credential = credential_of(request.sandbox, request.META.get("HTTP_AUTHORIZATION", ""))
        count(request.sandbox, credential)
        user = acting_user(request, credential, optional=request.method in ownerless.split())
        request.actor = user["id"]
        if credential["kind"] == "pat" and credential.get("scopes") and scope not in credential["scopes"]:
            raise error(403, f"This token has no access to {scope}")
        caller = Caller(request, credential, user)
        if request.method in ("POST", "PATCH", "PUT", "DELETE"):
            caller.body = parsed(request)
        answer = function(caller, *args, **kwargs)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        if body is None:
            return HttpResponse(status=status)
        return JsonResponse(body, status=status, safe=False)

    return view
