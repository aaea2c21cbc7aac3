"""The OpenAPI document: what drf-spectacular reads from the endpoints, with what all of them have in common."""

import inspect
from typing import Any

from drf_spectacular.openapi import AutoSchema

from scheduling.api.problems import CONTENT_TYPE, KINDS
from scheduling.models import Scope
from scheduling.models.api import OWN_SCOPES

INTRODUCTION = """
Find a free time, reserve it, book it, keep the calendar file: the same four steps as on the pages, through the same guard.

* Free times, reserving and booking need no token. Whoever books gets `manage_url`; its last part is the *Booking-Token*
  with which the client reads, moves and cancels that booking.
* A program of the whole directory reads and sends members, with how far each is at her provider.
* A professional makes tokens for her own things under *Settings → API tokens*. Programs of other people use OAuth 2.
* Errors are problems (RFC 9457): look at `code`, show `detail`, which is in the caller's language (`Accept-Language`).
* Unsafe calls take an `Idempotency-Key`: a repetition within 24 hours gets the first answer.
* Instants carry an offset (RFC 3339), durations are minutes, zones are IANA names.
"""

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "enum": list(KINDS)},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("pointer", "code", "detail")},
            },
        },
        "reason": {"type": "string"},
        "alternatives": {"type": "array", "items": {"type": "string", "format": "date-time"}},
        "retry_after": {"type": "integer"},
        "scope": {"type": "string"},
    },
}


class Description(AutoSchema):
    """Every endpoint may answer with a problem."""

    def get_auth(self) -> list[dict[str, Any]]:
        method = self.method.upper()
        scope = getattr(self.view, "scopes", {}).get(method)
        if scope:
            return [{"bearer": []}, {"oauth": [scope]}]
        return [{}, {"bearer": []}, {"oauth": []}]

    def get_description(self) -> str:
        """What the method says of itself; that of its class is meant for us."""
        return inspect.getdoc(getattr(self.view, self.method.lower())) or ""

    def get_summary(self) -> str:
        """The first sentence of what is said about it; the rest is its description."""
        first, _dot, _rest = " ".join(self.get_description().split()).partition(". ")
        return first.rstrip(".")

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            operation["responses"]["default"] = {
                "description": "A problem: see its code.",
                "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        return operation


def _flows() -> dict[str, Any]:
    """The ways to an access token, with what each scope means."""
    token, scopes = "/oauth/token", {one.value: str(one.label) for one in Scope}
    own = {one.value: str(one.label) for one in OWN_SCOPES}
    return {
        "clientCredentials": {"tokenUrl": token, "refreshUrl": token, "scopes": scopes},
        "authorizationCode": {
            "authorizationUrl": "/oauth/authorize",
            "tokenUrl": token,
            "refreshUrl": token,
            "scopes": own,
        },
    }


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """After all endpoints: the shape of problems and the ways to say who asks."""
    result["info"]["description"] = INTRODUCTION.strip()
    named = {tag for path in result["paths"].values() for one in path.values() for tag in one.get("tags", [])}
    result["tags"] = [
        {"name": tag} for tag in sorted(named)
    ]  # the steps in their order, then who has things of her own
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A personal token, or an OAuth access token."},
        "oauth": {"type": "oauth2", "flows": _flows()},
    }
    if request is not None:
        result["servers"] = [{"url": request.build_absolute_uri("/").rstrip("/")}]
        result["info"]["title"] = f"{request.brand.name}: API"
    return result
