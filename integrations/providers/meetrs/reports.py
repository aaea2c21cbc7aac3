"""Feedback and usage as Meet.rs reports them, by month and tenant."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from integrations.contract import Provider
from integrations.errors import Transient
from integrations.providers.meetrs.client import Client


@dataclass(frozen=True, slots=True)
class Feedback:
    """`rating`: 0–10, as far as is known. `code`: of the Meet. `at` is aware."""

    id: str
    at: datetime
    rating: int
    text: str
    code: str
    tenant_id: str
    app_version: str
    browser: str
    system: str
    screen_width: int | None
    screen_height: int | None
    touch: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """One Meet that took place. Seconds; `is_free` and `is_covered` are their server's word, never reckoned here."""

    id: str
    code: str
    title: str
    description: str
    participants: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    total_seconds: int
    billable_seconds: int
    is_free: bool
    is_covered: bool
    subscription_id: str


class MeetRsReports:
    """`tenant`: a code; "": the account's own and all below it together."""

    def __init__(self, provider: Provider) -> None:
        self.client = Client(provider)

    def feedback(self, start: datetime, end: datetime, tenant: str = "") -> list[Feedback]:
        return [_feedback(row) for row in self._rows("feedbacks", start, end, tenant)]

    def usage(self, start: datetime, end: datetime, tenant: str = "") -> list[Usage]:
        return [_usage(row) for row in self._rows("usage", start, end, tenant)]

    def _rows(self, kind: str, start: datetime, end: datetime, tenant: str) -> list[dict[str, Any]]:
        """Both bounds are inclusive there; what comes twice is taken once."""
        params = {"from": stamp(start), "to": stamp(end)}
        operation, ids = (f"{kind}.of", {"tenant": tenant}) if tenant else (kind, {})
        rows = self.client.call(operation, ids, params=params)
        if not isinstance(rows, list):
            raise Transient("The answer is no list.")
        return list({str(row["id"]): row for row in rows if isinstance(row, dict) and row.get("id")}.values())


def stamp(moment: datetime) -> str:
    """UTC with milliseconds and Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment(text: Any) -> datetime | None:
    """Seven digits of a second occur; the last is cut off."""
    if not text:
        return None
    found = datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _feedback(row: dict[str, Any]) -> Feedback:
    return Feedback(
        id=str(row["id"]),
        at=moment(row.get("timestamp")) or datetime.now(UTC),
        rating=_number(row.get("rating")) or 0,
        text=str(row.get("text") or ""),
        code=str(row.get("resourceId") or ""),
        tenant_id=str(row.get("tenantId") or ""),
        app_version=str(row.get("appVersion") or ""),
        browser=str(row.get("browser") or ""),
        system=str(row.get("operatingSystem") or ""),
        screen_width=_number(row.get("screenWidth")),
        screen_height=_number(row.get("screenHeight")),
        touch=bool(row.get("isTouchEnabled")),
    )


def _usage(row: dict[str, Any]) -> Usage:
    return Usage(
        id=str(row["id"]),
        code=str(row.get("code") or ""),
        title=str(row.get("title") or "").strip(),
        description=str(row.get("description") or "").strip(),
        participants=_number(row.get("participants")) or 0,
        created_at=moment(row.get("createdAt")) or datetime.now(UTC),
        started_at=moment(row.get("startedAt")),
        ended_at=moment(row.get("endedAt")),
        total_seconds=_number(row.get("totalDurationInSeconds")) or 0,
        billable_seconds=_number(row.get("billableDurationInSeconds")) or 0,
        is_free=bool(row.get("isFree")),
        is_covered=bool(row.get("isSubscriptionCovered")),
        subscription_id=str(row.get("subscriptionId") or ""),
    )
