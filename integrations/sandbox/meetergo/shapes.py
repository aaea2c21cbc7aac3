"""Errors, times and small helpers of the meetergo copy."""

import uuid
from datetime import UTC, date, datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.text import slugify

from integrations.sandbox.core import ApiError, Sandbox
from integrations.sandbox.store import Body

NAME = "meetergo"
REASONS = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 406: "Not Acceptable", 409: "Conflict",
    429: "Too Many Requests", 500: "Internal Server Error",
}  # fmt: skip
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def error(status: int, message: str | list[str], **extra: Any) -> ApiError:
    """NestJS style; `message` is a list for validation errors."""
    body = {"statusCode": status, "message": message, "error": REASONS.get(status, "Error"), **extra}
    response = JsonResponse(body, status=status)
    return ApiError(response)


def slot_occupied(sandbox: Sandbox) -> ApiError:
    status = sandbox.switch(NAME, "slot_occupied")
    body = {"statusCode": status, "errorCode": "slot-occupied", "message": "slot-occupied"}
    return ApiError(JsonResponse(body, status=status))


def missing(what: str = "Not Found") -> NoReturn:
    raise error(404, what)


def fail(request: HttpRequest, status: int) -> HttpResponse:
    if status == 404:
        return error(404, f"Cannot {request.method} {getattr(request, 'inner_path', request.path)}").response
    return error(500, "Internal server error").response


def checked_id(sandbox: Sandbox, value: Any) -> str:
    """The id, if it is a UUID; the database of the original chokes on others."""
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        status = sandbox.switch(NAME, "malformed_id")
        message = "Internal server error" if status == 500 else "Validation failed (uuid is expected)"
        raise error(status, message) from None


def new_id() -> str:
    return str(uuid.uuid4())


def iso(instant: datetime | float) -> str:
    """2026-10-05T07:00:00.000Z"""
    if not isinstance(instant, datetime):
        instant = datetime.fromtimestamp(instant, UTC)
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def instant(text: str) -> float:
    """Seconds since the epoch. Raises ValueError for anything but ISO 8601 with an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment.timestamp()


def range_edge(text: str, zone: str) -> float:
    """A date (its first moment in the zone) or an instant. Raises ValueError."""
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def slug_of(text: str) -> str:
    return slugify(text.translate(UMLAUTS))


def get(sandbox: Sandbox, kind: str, uid: str) -> Body | None:
    return sandbox.store.get(NAME, kind, uid)


def everything(sandbox: Sandbox, kind: str, key: str | None = None) -> list[Body]:
    return sandbox.store.all(NAME, kind, key)


def put(sandbox: Sandbox, kind: str, body: Body, key: str | None = None) -> Body:
    return sandbox.store.put(NAME, kind, body["id"], body, key)


def stamp(sandbox: Sandbox) -> str:
    return iso(sandbox.clock.now())


def booking_url(sandbox: Sandbox, base: str, user: Body, meeting_type: Body) -> str:
    """`base`: scheme, host and mount of the request; a company's own domain wins."""
    start = sandbox.switch(NAME, "booking_base") or base
    return f"{start}/{user['slug']}/{meeting_type['slug']}"
