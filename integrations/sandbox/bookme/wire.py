"""Errors as code and message (or as the gateway before the API writes them), tokens, limits, versions."""

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import parse_qs

from django.http import HttpRequest, HttpResponse, JsonResponse

from integrations.providers.bookme import wire
from integrations.sandbox.core import ApiError, Sandbox
from integrations.sandbox.store import Body

NAME = "bookme"


def refusal(status: int, message: str, details: Any = None, *, gateway: bool = False) -> HttpResponse:
    if gateway:
        return JsonResponse({"statusCode": status, "message": message}, status=status)
    body: Body = {"code": wire.CODES.get(status, "ERROR"), "message": message}
    return JsonResponse(body | ({"details": details} if details else {}), status=status)


def error(status: int, message: str, details: Any = None) -> ApiError:
    return ApiError(refusal(status, message, details))


def fail(request: HttpRequest, status: int) -> HttpResponse:
    """A path that is none is the gateway's business."""
    if status == 404:
        return refusal(404, "Resource not found", gateway=True)
    return refusal(500, "An unexpected error occurred.")


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def get(sandbox: Sandbox, kind: str, uid: Any, what: str) -> Body:
    found = sandbox.store.get(NAME, kind, str(uid))
    if found is None:
        raise error(404, f"{what} '{uid}' was not found.")
    return found


# --- tokens ------------------------------------------------------------------------------------------------------------


def token(request: Any, tenant: str) -> HttpResponse:
    """Client credentials as Microsoft Entra takes them: a form."""
    if request.method != "POST":
        return HttpResponse(status=405)

    def wrong(status: int, name: str, words: str) -> HttpResponse:
        return JsonResponse({"error": name, "error_description": words}, status=status)

    if not request.META.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return wrong(400, "invalid_request", "AADSTS900144: The request body must contain 'grant_type'.")
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    app = request.sandbox.store.get(NAME, "application", form.get("client_id", ""))
    if form.get("grant_type") != "client_credentials":
        return wrong(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.")
    if app is None or app["tenant"] != tenant:
        return wrong(400, "unauthorized_client", "AADSTS700016: The application was not found in the directory.")
    if form.get("client_secret") not in app["secrets"]:
        return wrong(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
    if form.get("scope") != app["scope"]:
        return wrong(400, "invalid_scope", "AADSTS1002012: The provided value for scope is not valid.")
    lasts = int(request.sandbox.switch(NAME, "token_seconds"))
    access = f"eyJ.{secrets.token_urlsafe(24)}"
    ends = request.sandbox.clock.timestamp() + lasts
    request.sandbox.store.put(NAME, "token", access, {"id": access, "app": app["id"], "ends": ends})
    return JsonResponse({"token_type": "Bearer", "expires_in": lasts, "ext_expires_in": lasts, "access_token": access})


class Caller:
    """One request: the sandbox, the version of its path, the parsed body."""

    def __init__(self, request: Any, version: str) -> None:
        self.request, self.sandbox, self.version = request, request.sandbox, version
        self.rules = wire.VERSIONS[version]
        self.query = request.GET
        self.body: Any = {}

    @property
    def now(self) -> datetime:
        return self.sandbox.clock.now()

    @property
    def store(self) -> Any:
        return self.sandbox.store

    def switch(self, name: str) -> Any:
        return self.sandbox.switch(NAME, name)

    # --- parameters -----------------------------------------------------------------------------------------------

    def value(self, *names: str) -> str:
        """Of the names of both dialects; both with different values are refused."""
        found = {self.query[name] for name in names if self.query.get(name)}
        if len(found) > 1:
            raise error(400, f"{' and '.join(names)} differ.")
        return found.pop() if found else ""

    def values(self, name: str) -> list[str]:
        """A list: repeated names, commas, or JSON."""
        found: list[str] = []
        for given in self.query.getlist(name) + self.query.getlist(f"{name}[]"):
            if given.startswith("["):
                try:
                    found += [str(one) for one in json.loads(given)]
                except ValueError:
                    raise error(400, f"{name} is no list.") from None
            else:
                found += [part.strip() for part in given.split(",")]
        return [one for one in found if one]

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Without a default it is required."""
        given = self.query.get(name, "").lower()
        if given not in ("true", "false", "") or (not given and default is None):
            raise error(400, f"The {name} field is required.", {name: "true or false"})
        return given == "true" if given else bool(default)

    def moment(self, name: str) -> datetime | None:
        try:
            return wire.instant(self.query[name]) if self.query.get(name) else None
        except ValueError:
            raise error(400, f"The value '{self.query[name]}' is not valid for {name}.") from None

    def span(self, name: str, default: timedelta) -> timedelta:
        try:
            return wire.length(self.query[name]) if self.query.get(name) else default
        except ValueError:
            raise error(400, f"The value '{self.query[name]}' is not valid for {name}.") from None


# version → its mount; the bare paths are the first version's
def api(**methods: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """A view from functions by method: `(caller, *path values) -> body | (status, body) | HttpResponse`."""

    @wraps(next(iter(methods.values())))
    def view(request: Any, version: str = "v1", **ids: str) -> HttpResponse:
        function = methods.get(request.method)
        if function is None:
            return fail(request, 404)
        admit(request)
        caller = Caller(request, version)
        if request.method in ("POST", "PUT", "PATCH") and request.body:
            try:
                caller.body = json.loads(request.body)
            except ValueError:
                raise error(400, "The request body is not valid JSON.") from None
        answer = function(caller, **ids)
        if isinstance(answer, HttpResponse):
            response = answer
        else:
            status, body = answer if isinstance(answer, tuple) else (200, answer)
            response = HttpResponse(status=status) if body is None else JsonResponse(body, status=status, safe=False)
        for name, value in request.allowance.items():
            response[name] = value
        return response

    return view


def admit(request: Any) -> None:
    """Token, subscription key, allowance. The gateway refuses in its own words where the switch says so."""
    sandbox: Sandbox = request.sandbox
    gateway = sandbox.switch(NAME, "error_style") == "gateway"
    scheme, _space, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    known = sandbox.store.get(NAME, "token", given) if scheme.lower() == "bearer" else None
    if known is None or known["ends"] <= sandbox.clock.timestamp():
        raise ApiError(refusal(401, "Access token is missing, invalid or expired.", gateway=gateway))
    app = sandbox.store.get(NAME, "application", known["app"]) or {}
    key = request.META.get("HTTP_OCP_APIM_SUBSCRIPTION_KEY", "")
    if sandbox.switch(NAME, "subscription_key") == "required" and key != app.get("subscription_key"):
        words = "Access denied due to missing subscription key." if not key else "Access denied due to invalid key."
        raise ApiError(refusal(401, words, gateway=True))
    if app.get("forbidden"):
        raise ApiError(refusal(403, "The application lacks the role for this call.", gateway=gateway))
    request.actor = app.get("id", "")
    request.allowance = {}
    for name in ("bookme-minute", "bookme-hour"):
        taken, limit = sandbox.limits.take(name, request.actor), sandbox.limits.limits[name]
        reset = sandbox.clock.timestamp() + max(taken.wait, limit.per / max(1.0, limit.rate))
        request.allowance = {
            "X-RateLimit-Limit": str(int(limit.burst)),
            "X-RateLimit-Remaining": str(taken.remaining),
            "X-RateLimit-Reset": datetime.fromtimestamp(reset, UTC).isoformat(timespec="seconds"),
        }
        if not taken.allowed:
            response = refusal(429, "Rate limit is exceeded. Try again later.", gateway=True)
            for header, value in request.allowance.items():
                response[header] = value
            raise ApiError(response)
