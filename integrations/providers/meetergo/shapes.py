"""Their bodies and ours: schedules in two encodings, comparing what was sent with what is stored, URLs. All pure."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.utils.translation import gettext_noop

from integrations.contract import HoursFacts, Payload

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Differences = dict[str, tuple[Any, Any]]


# --- schedules ------------------------------------------------------------------------------------------------------


def clock(minute: int, end_of_day: str = "23:59") -> str:
    return end_of_day if minute == 1440 else f"{minute // 60:02}:{minute % 60:02}"


def weekly(hours: HoursFacts, *, recipe: bool, end_of_day: str = "23:59") -> Any:
    """All seven days by name; in the recipe's encoding a list of the open ones."""
    windows = {
        day: [(clock(start), clock(end, end_of_day)) for start, end in hours.weekly.get(number, ())]
        for number, day in enumerate(DAYS)
    }
    if recipe:
        return [
            {"dayOfWeek": day, "intervals": [{"from": start, "to": end} for start, end in spans]}
            for day, spans in windows.items()
            if spans
        ]
    return {
        day: {"enabled": bool(spans), "hours": [{"start": start, "end": end} for start, end in spans]}
        for day, spans in windows.items()
    }


def week_of(schedule: Any) -> dict[str, list[tuple[str, str]]]:
    """Either encoding as open days only."""
    week: dict[str, list[tuple[str, str]]] = {}
    if isinstance(schedule, list):
        for entry in schedule:
            spans = [(str(span.get("from")), str(span.get("to"))) for span in entry.get("intervals") or []]
            week.setdefault(str(entry.get("dayOfWeek")), []).extend(spans)
    elif isinstance(schedule, Mapping):
        for day, plan in schedule.items():
            if plan and plan.get("enabled"):
                week[day] = [(str(span.get("start")), str(span.get("end"))) for span in plan.get("hours") or []]
    return {day: sorted(spans) for day, spans in week.items() if spans}


# --- wanted against stored ------------------------------------------------------------------------------------------


def leaves(body: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and value of everything in nested objects."""
    for name, value in body.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def at(body: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def differing(wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> Differences:
    """Leaves of `wanted` that are stored otherwise. Nothing, an empty text and an empty list are the same."""
    found: Differences = {}
    for name, value in leaves(wanted):
        there = at(stored, name)
        if value != there and (value or there or type(value) is bool):
            found[name] = (value, there)
    return found


def partial(wanted: Mapping[str, Any], names: Iterator[str] | Differences) -> Payload:
    """The part of a nested body that holds these dotted names. `daysIntoFuture` goes as a whole: its parts mean nothing alone."""
    body: Payload = {}
    for dotted in names:
        *path, last = dotted.split(".")
        if path and path[0] == "daysIntoFuture":
            body["daysIntoFuture"] = wanted["daysIntoFuture"]
            continue
        inner = body
        for name in path:
            inner = inner.setdefault(name, {})
        inner[last] = at(wanted, dotted)
    return body


NOT_KEPT = gettext_noop("meetergo did not keep it.")


def gaps(differences: Differences, why: str = NOT_KEPT) -> dict[str, list[str]]:
    """For Remote.data["gaps"]: what we want, what is there and the way out."""
    return {name: [str(ours), str(theirs), why] for name, (ours, theirs) in differences.items()}


# --- URLs -----------------------------------------------------------------------------------------------------------


def booking_url(said: Any, before: str, user_slug: str, type_slug: str, domain: str) -> str:
    """What they say, verbatim; else what was known with its slugs exchanged (a company may have its own domain)."""
    if said:
        return str(said)
    parts = urlsplit(before)
    folders = [part for part in parts.path.split("/") if part]
    if parts.netloc and len(folders) >= 2:
        path = "/".join(["", *folders[:-2], user_slug or folders[-2], type_slug or folders[-1]])
        return urlunsplit(parts._replace(path=path))
    return f"{domain.rstrip('/')}/{user_slug}/{type_slug}" if user_slug and type_slug else ""


def user_slug_of(url: str) -> str:
    folders = [part for part in urlsplit(url).path.split("/") if part]
    return folders[-2] if len(folders) >= 2 else ""


def with_query(url: str, **values: str) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in values]
    return urlunsplit(
        parts._replace(query=urlencode([*query, *((name, value) for name, value in values.items() if value)]))
    )
