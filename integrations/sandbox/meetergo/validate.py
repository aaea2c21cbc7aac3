"""Validation as the server does it: known fields are checked, unknown ones are dropped without a word."""

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetergo.shapes import DAYS, NAME, error, instant

# A check gets (value, name) and returns complaints.
Check = Callable[[Any, str], list[str]]
Schema = dict[str, Any]

CHANNELS = {
    "local", "local-attendee", "google", "zoom", "phone", "phone-incoming", "whatsapp", "connect", "webex",
    "teamsForBusiness2", "teams2ForExchange", "custom", "resource", "whereby", "kmeet", "jitsi", "skypeForConsumer",
    "skypeForBusiness", "teamsForBusiness", "teamsForExchange", "zava", "nextcloudTalk", "openTalk", "alfaview",
}  # fmt: skip
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def text(low: int = 0, high: int = 100_000, nullable: bool = False) -> Check:
    def check(value: Any, name: str) -> list[str]:
        if value is None and nullable:
            return []
        if not isinstance(value, str):
            return [f"{name} must be a string"]
        if len(value) < low:
            short = f"{name} must be longer than or equal to {low} characters"
            return [f"{name} should not be empty"] if low == 1 else [short]
        return [f"{name} must be shorter than or equal to {high} characters"] if len(value) > high else []

    return check


def number(low: float | None = None, high: float | None = None, whole: bool = True) -> Check:
    def check(value: Any, name: str) -> list[str]:
        right = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        wrong = [] if right else [f"{name} must be {'an integer' if whole else 'a'} number"]
        if low is not None and not (right and value >= low):
            wrong.append(f"{name} must not be less than {low}")
        if high is not None and not (right and value <= high):
            wrong.append(f"{name} must not be greater than {high}")
        return wrong

    return check


def boolean(value: Any, name: str) -> list[str]:
    return [] if isinstance(value, bool) else [f"{name} must be a boolean value"]


def anything(value: Any, name: str) -> list[str]:
    return []


def mapping(value: Any, name: str) -> list[str]:
    return [] if isinstance(value, dict) else [f"{name} must be an object"]


def email(value: Any, name: str) -> list[str]:
    try:
        validate_email(value if isinstance(value, str) else "")
    except ValidationError:
        return [f"{name} must be an email"]
    return []


def zone(value: Any, name: str) -> list[str]:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, TypeError, OSError):
        return [f"{name} must be a valid IANA time-zone"]
    return []


def moment(value: Any, name: str) -> list[str]:
    try:
        instant(value)
    except (ValueError, TypeError):
        return [f"{name} must be a valid ISO 8601 date string"]
    return []


def one_of(*values: str) -> Check:
    return lambda value, name: (
        [] if value in values else [f"{name} must be one of the following values: {', '.join(sorted(values))}"]
    )


def list_of(check: Check, low: int = 0, high: int = 1000) -> Check:
    def run(value: Any, name: str) -> list[str]:
        if not isinstance(value, list):
            return [f"{name} must be an array"]
        if len(value) < low:
            return [f"{name} must contain at least {low} elements"]
        if len(value) > high:
            return [f"{name} must contain no more than {high} elements"]
        return [complaint for item in value for complaint in check(item, f"each value in {name}")]

    return run


channel = one_of(*CHANNELS)


def metadata(value: Any, name: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{name} must be an object"]
    wrong = [f"{name} must have at most 20 keys"] if len(value) > 20 else []
    return wrong + [
        f"{name}.{key} must be a string of at most 500 characters"
        for key, item in value.items()
        if not isinstance(item, str) or len(item) > 500
    ]


def schedule(value: Any, name: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{name} must be an object"]
    wrong = [f"{name} has an unknown day {day}" for day in value if day not in DAYS]
    for day in DAYS:
        plan = value.get(day)
        if plan is None:
            continue
        hours = plan.get("hours", []) if isinstance(plan, dict) else None
        if not isinstance(hours, list) or not isinstance(plan.get("enabled"), bool):
            wrong.append(f"{name}.{day} must have enabled and hours")
            continue
        for span in hours:
            start, end = (span.get("start"), span.get("end")) if isinstance(span, dict) else (None, None)
            if not all(isinstance(side, str) and CLOCK.fullmatch(side) for side in (start, end)):
                wrong.append(f"{name}.{day}.hours must hold start and end as HH:MM")
            elif str(start) >= str(end):
                wrong.append(f"{name}.{day}.hours must end after they start")
    return wrong


def array_schedule(value: Any) -> dict[str, Any] | None:
    """The old encoding as the current one; None if it is neither."""
    if not isinstance(value, list):
        return None
    plan: dict[str, Any] = {day: {"enabled": False, "hours": []} for day in DAYS}
    for entry in value:
        day = entry.get("dayOfWeek") if isinstance(entry, dict) else None
        if day not in plan:
            return None
        hours = [{"start": span.get("from"), "end": span.get("to")} for span in entry.get("intervals", [])]
        plan[day] = {"enabled": bool(hours), "hours": hours}
    return plan


class Required:
    """Marks a field that must be there."""

    def __init__(self, check: Any) -> None:
        self.check = check


def clean(sandbox: Sandbox, body: Any, schema: Schema, *, partial: bool = False) -> dict[str, Any]:
    """Only the fields that `schema` knows. `partial`: nothing is required. Raises ApiError with every complaint."""
    complaints: list[str] = []
    cleaned = _clean(sandbox, body, schema, "", complaints, partial)
    if complaints:
        raise error(400, complaints)
    return cleaned


def _clean(
    sandbox: Sandbox, body: Any, schema: Schema, prefix: str, complaints: list[str], partial: bool
) -> dict[str, Any]:
    if not isinstance(body, dict):
        complaints.append(f"{prefix.rstrip('.') or 'body'} must be an object")
        return {}
    if sandbox.switch(NAME, "unknown_fields") == "400":
        complaints += [f"property {prefix}{name} should not exist" for name in body if name not in schema]
    cleaned: dict[str, Any] = {}
    for name, check in schema.items():
        required = isinstance(check, Required)
        inner = check.check if required else check
        if name not in body or (body[name] is None and not required):
            if required and not partial:
                complaints += _clean_missing(inner, prefix + name)
            elif name in body:
                cleaned[name] = None
            continue
        if isinstance(inner, dict):
            cleaned[name] = _clean(sandbox, body[name], inner, f"{prefix}{name}.", complaints, partial)
            continue
        wrong = inner(body[name], prefix + name)
        complaints += wrong
        if not wrong:
            cleaned[name] = body[name]
    return cleaned


def _clean_missing(inner: Any, name: str) -> list[str]:
    if isinstance(inner, dict):
        return [f"{name} should not be null or undefined"]
    return inner(None, name) or [f"{name} should not be empty"]
