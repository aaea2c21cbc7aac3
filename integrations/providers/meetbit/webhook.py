"""Messages of a MeetBit Webhook Destination: signed, minimal, possibly repeated."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from integrations.contract import Notice, Webhook
from integrations.errors import Unsupported

WINDOW = timedelta(minutes=5)
# The documents describe "reassigned" with the type events.created, probably a slip: both are understood, because every
# one of them only says "look again".
EVENTS = {"events.created", "events.updated", "events.deleted", "events.rescheduled", "events.reassigned"}
SCHEDULED = "meeting_links.scheduled"


def sign(secret: str, webhook_id: str, timestamp: str, raw: bytes) -> str:
    """Hex HMAC-SHA256 over "id.timestamp.body"."""
    return hmac.new(secret.encode(), f"{webhook_id}.{timestamp}.".encode() + raw, hashlib.sha256).hexdigest()


class MeetBitWebhook(Webhook):
    def authentic(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> bool:
        """All checks are made in any case, so that the time taken does not tell which one failed."""
        given = {name.lower(): value for name, value in headers.items()}
        webhook_id, timestamp = given.get("x-webhook-id", ""), given.get("x-webhook-timestamp", "")
        secret = self.provider.credentials.get("webhook_secret", "")
        expected = sign(secret, webhook_id, timestamp, raw)
        signature = given.get("x-webhook-signature", "").strip().lower()
        same = hmac.compare_digest(expected.encode(), signature.encode())
        return bool(secret) and bool(webhook_id) and same and _is_recent(timestamp, now)

    def parse(self, headers: Mapping[str, str], raw: bytes) -> Notice:
        try:
            body = json.loads(raw)
            kind, data = body["event"], body.get("data") or {}
            if not isinstance(kind, str) or not isinstance(data, dict):
                raise ValueError("no event")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"This is no message of MeetBit: {error}") from None
        event_id = {name.lower(): value for name, value in headers.items()}.get("x-webhook-id", "")
        if kind in EVENTS:
            return Notice(kind, event_id, "booking", _number(data.get("id")))
        if kind == SCHEDULED:
            return Notice(kind, event_id, "booking", _number(data.get("event_id")))
        return Notice(kind, event_id, "", "")

    def register(self, url: str) -> str:
        raise Unsupported(
            _(
                "MeetBit has no call for this. Make a Webhook Destination in its administration with the address "
                "%(url)s, choose the events of Meeting Links and Events, activate it, and enter its secret here."
            )
            % {"url": url}
        )


def _is_recent(timestamp: str, now: datetime) -> bool:
    try:
        sent = datetime.fromisoformat(timestamp)
    except ValueError:
        return False
    return sent.tzinfo is not None and abs(now - sent) <= WINDOW


def _number(value: object) -> str:
    """An id as text; "" for what is none."""
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
