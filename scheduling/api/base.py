"""What every endpoint has: a known caller, limits that are announced, idempotency, headers of what will end."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar

from django.db.models import Model
from django.utils import timezone
from rest_framework.pagination import CursorPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from directory import visitors
from directory.models import Brand
from directory.velocity import Limit, spend, used
from scheduling.api.callers import Caller, brand_of
from scheduling.api.problems import Problem
from scheduling.models import IdempotentCall

# Calls in a minute: by nobody in particular (per address), and by a caller who is known.
ANYBODY, KNOWN = Limit(60, 60), Limit(300, 60)
KEPT = timedelta(hours=24)
# A first call that has not answered by now died with its worker.
ABANDONED = timedelta(minutes=2)
UNSAFE = ("POST", "PATCH", "PUT", "DELETE")


class Replayed(Exception):
    """There is an answer already."""

    def __init__(self, response: Response) -> None:
        self.response = response


class Endpoint(APIView):
    """`scopes`: what a method needs of a token; a method that is not named is open to everybody.

    `ends_at` and `successor`: an endpoint that goes away says so (RFC 9745, RFC 8594) from `deprecated_at` on.
    """

    scopes: ClassVar[Mapping[str, str]] = {}
    deprecated_at: ClassVar[datetime | None] = None
    ends_at: ClassVar[datetime | None] = None
    successor: ClassVar[str] = ""
    request: Request

    @property
    def brand(self) -> Brand:
        return brand_of(self.request)

    @property
    def caller(self) -> Caller:
        """Nobody in particular is known by her address."""
        if isinstance(self.request.auth, Caller):
            return self.request.auth
        return Caller(f"address-{visitors.fingerprint(visitors.address(self.request._request))}")

    def data(self, shape: type[Serializer], **options: Any) -> dict[str, Any]:
        """The body, checked. Raises ValidationError."""
        serializer = shape(data=self.request.data, **options)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def query(self, shape: type[Serializer]) -> dict[str, Any]:
        """The query string, checked. An unknown parameter is an error: a typing mistake must not look like an answer."""
        serializer = shape(data=self.request.query_params.dict())
        unknown = set(self.request.query_params) - set(serializer.fields) - {"lang"}
        if unknown:
            known = ", ".join(serializer.fields)
            errors = [
                {"pointer": f"?{name}", "code": "unknown", "detail": f"Known: {known}."} for name in sorted(unknown)
            ]
            raise Problem("validation", errors=errors)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    # --- around every call ------------------------------------------------------------------------------------

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = request.method or ""
        if method in self.scopes:
            self.caller.require(self.scopes[method])
        self._spend()
        if method in UNSAFE:
            self._first_call(request)

    def _limit(self) -> Limit:
        return KNOWN if self.caller.is_known else ANYBODY

    def _spend(self) -> None:
        wait = spend("api", self.caller.key, self._limit())
        if wait:
            raise Problem("rate-limited", headers={"Retry-After": str(wait)}, retry_after=wait)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self._call: IdempotentCall | None = None
        return super().dispatch(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Replayed):
            return exc.response
        found: Response = super().handle_exception(exc)
        return found

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise Problem("method", headers={"Allow": ", ".join(self._allowed_methods())})

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        response = super().finalize_response(request, response, *args, **kwargs)
        self._remember(response)
        if isinstance(getattr(request, "auth", None), Caller) or response.status_code != 401:
            self._announce(response)
        if self.deprecated_at and timezone.now() >= self.deprecated_at:
            response.headers["Deprecation"] = f"@{int(self.deprecated_at.timestamp())}"
            if self.ends_at:
                response.headers["Sunset"] = format_datetime(self.ends_at, usegmt=True)
            if self.successor:
                response.headers["Link"] = f'<{self.successor}>; rel="successor-version"'
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def _announce(self, response: Response) -> None:
        """draft-ietf-httpapi-ratelimit-headers-11: quota and window, what is left and for how long."""
        limit = self._limit()
        spent = used("api", self.caller.key, limit.seconds)
        left = max(0, int(limit.count - spent))
        response.headers["RateLimit-Policy"] = f'"default";q={limit.count};w={limit.seconds}'
        response.headers["RateLimit"] = f'"default";r={left};t={limit.seconds}'

    # --- idempotency ------------------------------------------------------------------------------------------

    def _first_call(self, request: Request) -> None:
        """Claim the key. Raises Replayed where it was used before, Problem for another body or a running call."""
        key = request.headers.get("Idempotency-Key", "").strip().strip('"')
        if not key:
            return
        if len(key) > 255:
            raise Problem("validation", errors=[{"pointer": "Idempotency-Key", "code": "max_length", "detail": "255"}])
        wanted = IdempotentCall(
            brand=self.brand,
            caller=self.caller.key,
            key=hashlib.sha256(key.encode()).hexdigest(),
            request=_request_digest(request),
        )
        rows = IdempotentCall.objects.filter(brand=self.brand, caller=wanted.caller, key=wanted.key)
        now = timezone.now()
        rows.filter(created_at__lt=now - KEPT).delete()
        rows.filter(status=None, created_at__lt=now - ABANDONED).delete()
        IdempotentCall.objects.bulk_create([wanted], ignore_conflicts=True)
        first = rows.get()
        if first.pk == wanted.pk:
            self._call = first
            return
        if first.request != wanted.request:
            raise Problem("idempotency-conflict")
        if first.status is None:
            raise Problem("still-running", headers={"Retry-After": "2"})
        response = Response(first.answer["body"], status=first.status, headers=first.answer["headers"])
        response.headers["Idempotency-Replayed"] = "true"
        raise Replayed(response)

    def _remember(self, response: Response) -> None:
        """Keep the answer for who asks again; not one that a repetition may better (429, 5xx)."""
        if self._call is None:
            return
        rows = IdempotentCall.objects.filter(pk=self._call.pk)
        if response.status_code == 429 or response.status_code >= 500 or not hasattr(response, "data"):
            rows.delete()
            return
        kept = {name: response.headers[name] for name in ("Location", "ETag") if name in response.headers}
        body = json.loads(JSONRenderer().render(response.data))
        self._call.status, self._call.answer = response.status_code, {"body": body, "headers": kept}
        self._call.save(update_fields=["status", "answer"])


def _request_digest(request: Request) -> str:
    content = json.dumps(request.data, sort_keys=True, default=str)
    return hashlib.sha256(f"{request.method} {request.path} {content}".encode()).hexdigest()


def forget_old(now: datetime | None = None) -> int:
    """Answers that nobody may ask for any more."""
    return IdempotentCall.objects.filter(created_at__lt=(now or timezone.now()) - KEPT).delete()[0]


class Page(CursorPagination):
    """`items`, and `next`: the address of the next page or null. The order is stable while pages are turned."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = ("updated_at", "pk")

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"items": data, "next": self.get_next_link(), "previous": self.get_previous_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["items", "next"],
            "properties": {"items": schema, "next": link, "previous": link},
        }


def etag_of(row: Model, *parts: object) -> str:
    """Of a row that knows when it changed."""
    text = "|".join(map(str, [row.pk, getattr(row, "updated_at", ""), *parts]))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def require_match(request: Request, etag: str) -> None:
    """Raises Problem 412 where If-Match names another state."""
    wanted = request.headers.get("If-Match")
    if wanted and wanted.strip() not in ("*", etag):
        raise Problem("changed-meanwhile")
