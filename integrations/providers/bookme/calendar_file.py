"""The calendar file that BookMe makes of a meeting, against what we want it to say."""

from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar

from integrations.contract import Payload
from integrations.errors import Transient
from integrations.providers.bookme import wire

# name of ours → property there
SHOWN = {"start": "DTSTART", "end": "DTEND", "title": "SUMMARY", "description": "DESCRIPTION"}


def read(text: str) -> dict[str, Any]:
    """Start and end as UTC, title and description; "count" of events. Raises Transient for what is no calendar."""
    if not text.lstrip("\ufeff").startswith("BEGIN:VCALENDAR"):
        raise Transient(f"This is no calendar file: {text[:80]}")
    try:
        events = list(Calendar.from_ical(text).walk("VEVENT"))
    except ValueError as error:
        raise Transient(f"The calendar file cannot be read: {error}") from None
    found: dict[str, Any] = {"count": len(events)}
    for event in events[:1]:
        for name, there in SHOWN.items():
            value = event.get(there)
            moment = getattr(value, "dt", None)
            if isinstance(moment, datetime):
                found[name] = wire.spelled(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
            else:
                found[name] = str(moment or value or "")
        found["status"] = str(event.get("STATUS") or "")
    return found


def differences(payload: Payload, calendar: dict[str, Any], names: list[str]) -> dict[str, tuple[Any, Any]]:
    """`names`: what of it we decide; the rest comes from the bank's own templates."""
    if calendar["count"] != 1:
        return {"calendar file": ("1", str(calendar["count"]))}
    wrong = {
        f"calendar file: {there}": (payload[name], calendar.get(name))
        for name, there in SHOWN.items()
        if name in names and _plain(calendar.get(name)) != _plain(payload[name])
    }
    if calendar.get("status") == "CANCELLED":
        wrong["calendar file: STATUS"] = ("CONFIRMED", "CANCELLED")
    return wrong


def _plain(value: Any) -> str:
    return " ".join(str(value or "").split())
