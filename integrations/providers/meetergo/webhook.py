"""Webhooks: unsigned, in two envelopes, at most six per company."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from integrations.contract import Notice, Webhook
from integrations.errors import Rejected
from integrations.providers.meetergo import answers

if TYPE_CHECKING:
    from integrations.providers.meetergo.provider import Meetergo

EVENTS = ("booking_created", "booking_cancelled", "booking_rescheduled")
MOST = 6
LARGEST = 256_000


class Hook(Webhook):
    """The secret path is all the proof there is: what a message says is never believed, only looked at."""

    provider: "Meetergo"

    def authentic(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> bool:
        """They sign nothing. Whether it could be theirs at all: a JSON object of one of the two envelopes."""
        try:
            return len(raw) <= LARGEST and bool(self._open(raw)[0])
        except ValueError:
            return False

    def parse(self, headers: Mapping[str, str], raw: bytes) -> Notice:
        event, data = self._open(raw)
        if not event:
            raise ValueError("Neither webhookType nor event.")
        if not event.startswith("booking_") or not data.get("id"):
            return Notice(event, "", "", "")
        hosts = data.get("hostIds") or [host.get("id") for host in answers.rows(data.get("hosts"), "")]
        users = tuple(str(uid) for uid in hosts if uid) if isinstance(hosts, list) else ()
        # No event id is sent: the receiver takes the digest of the body.
        return Notice(event, "", "booking", str(data["id"]), users)

    def _open(self, raw: bytes) -> tuple[str, dict[str, Any]]:
        body = json.loads(raw)
        if not isinstance(body, dict):
            raise ValueError("Not an object.")
        event = body.get("webhookType") or body.get("event") or ""
        inner = body.get("data")
        return str(event), inner if body.get("event") and isinstance(inner, dict) else body

    def register(self, url: str) -> str:
        """List, compare, then create or correct. Duplicates are not refused there, so looking comes first."""
        known = answers.rows(self._call("GET", "/webhooks"), "webhooks")
        mine = next((row for row in known if row.get("endpoint") == url), None)
        if mine is None:
            if len(known) >= MOST:
                endpoints = ", ".join(str(row.get("endpoint", "?")).split("?")[0][:60] for row in known)
                raise Rejected(
                    f"meetergo keeps at most {MOST} webhooks per company, and all are in use: {endpoints}. Delete one there."
                )
            body = {"endpoint": url, "description": "Bookings for the directory", "eventTypes": list(EVENTS)}
            self._call("POST", "/webhooks", body=body)
            return f"Registered; {len(known) + 1} of {MOST} webhooks are in use."
        missing = set(EVENTS) - set(mine.get("eventTypes") or [])
        if not missing:
            return f"Was registered already; {len(known)} of {MOST} webhooks are in use."
        wanted = [*(mine.get("eventTypes") or []), *sorted(missing)]
        self._call("PATCH", f"/webhooks/{answers.checked_id(str(mine['id']))}", body={"eventTypes": wanted})
        return f"Was registered; added {', '.join(sorted(missing))}."

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return self.provider.call(method, path, body=body, at_root=True)
