"""Tokens of the sandbox, and answers as far as the documents show them."""

import base64
import hashlib
import hmac
import json
import os
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from integrations.sandbox.core import ApiError, Sandbox
from integrations.sandbox.store import Body

NAME = "meetrs"
SIGNING = b"sandbox-meetrs"
PARENT, CHILD, OTHER = "A1B2C3D4E5F6", "B2C3D4E5F6A1", "C3D4E5F6A1B2"


def client_key() -> str:
    return os.environ.get("SANDBOX_MEETRS_KEY") or "demo-meetrs-key"


def client_secret() -> str:
    return os.environ.get("SANDBOX_MEETRS_SECRET") or "demo-meetrs-secret"


def refused(status: int, message: str) -> ApiError:
    return ApiError(JsonResponse({"message": message}, status=status))


def fail(request: HttpRequest, status: int) -> HttpResponse:
    return JsonResponse({"message": "Not found." if status == 404 else "An error has occurred."}, status=status)


def inferred(response: HttpResponse) -> HttpResponse:
    """Marks what the documents do not show."""
    response["X-Sandbox-Inferred"] = "1"
    return response


def optional(request: Any, operation: str) -> None:
    """Calls that are only hinted at exist where the switch says so."""
    if operation not in request.sandbox.switch(NAME, "optional"):
        raise refused(404, "Not found.")


def body_of(request: Any) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        raise refused(400, "The request body is not valid JSON.") from None


def stamp(sandbox: Sandbox, moment: datetime | None = None) -> str:
    """Seven digits of a second, as theirs."""
    moment = (moment or sandbox.clock.now()).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}8Z"


# --- tokens ------------------------------------------------------------------------------------------------------------


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def signed(claims: Body) -> str:
    head = f"{_part(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{_part(json.dumps(claims).encode())}"
    return f"{head}.{_part(hmac.digest(SIGNING, head.encode(), hashlib.sha256))}"


def token(request: Any) -> HttpResponse:
    """JSON only, `client_key`, and exactly this grant."""
    if request.method != "POST":
        return HttpResponse(status=405)
    body = body_of(request)
    if not isinstance(body, dict) or body.get("grant_type") != "client_credentials":
        raise refused(400, "grant_type must be client_credentials.")
    if not body.get("client_key") or not body.get("client_secret"):
        raise refused(400, "client_key and client_secret are required.")
    tenants = request.sandbox.store.all(NAME, "tenant")
    found = next((one for one in tenants if one["client_key"] == body["client_key"]), None)
    if found is None or found["client_secret"] != body["client_secret"]:
        raise refused(401, "Invalid client credentials.")
    sandbox: Sandbox = request.sandbox
    until = int(sandbox.clock.timestamp() + float(sandbox.switch(NAME, "token_seconds")))
    number = sandbox.store.next_number(NAME, "token")
    access = signed({"exp": until, "tenant": found["code"], "n": number})
    said: Any = {
        "seconds": until,
        "milliseconds": until * 1000,
        "iso": datetime.fromtimestamp(until, UTC).isoformat(),
        "text": str(until),
        "missing": None,
    }[sandbox.switch(NAME, "expires_at")]
    return JsonResponse({"access_token": access} | ({} if said is None else {"expires_at": said}))


def tenant_of(request: Any) -> Body:
    """Whose token it is. The scheme in any case."""
    scheme, _space, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    parts = given.split(".")
    if scheme.lower() != "bearer" or len(parts) != 3:
        raise refused(401, "A bearer token is required.")
    claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    late = claims.get("exp", 0) <= request.sandbox.clock.timestamp()
    revoked = request.sandbox.store.get(NAME, "revoked", str(claims.get("n")))
    if signed(claims) != given or late or revoked:
        raise refused(401, "The token is invalid or has expired.")
    found: Body = request.sandbox.store.get(NAME, "tenant", claims["tenant"])
    request.actor = found["code"]
    return found


def below(sandbox: Sandbox, tenant: Body) -> list[Body]:
    """A tenant and everything under it."""
    every = sandbox.store.all(NAME, "tenant")
    found = [tenant]
    for one in found:
        found += [child for child in every if child["parent"] == one["code"]]
    return found
