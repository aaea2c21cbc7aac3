"""What BookMe's refusals mean. Its own come as code and message; those of the gateway before it look otherwise."""

import json
from datetime import UTC, datetime
from typing import Any

from integrations.errors import NotFound, ProviderError, Rejected, Transient, Unauthorised
from integrations.http import Answer


class Missing(NotFound):  # noqa: N818
    """BookMe itself says that something the call names is not there: slot, employee, topic, meeting."""


def body_of(answer: Answer) -> dict[str, Any]:
    try:
        body = json.loads(answer.text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def classify(answer: Answer) -> ProviderError | None:
    """The cases in which the status alone would mislead."""
    body, status = body_of(answer), answer.status
    if status in (400, 401) and isinstance(body.get("error"), str) and "error_description" in body:
        return Unauthorised(f"{status}: {body['error']}: {body['error_description']}", status=status)
    words = f"{status}: {body.get('message') or answer.text.strip()[:300] or body.get('code') or '(empty answer)'}"
    if status == 404 and body.get("code"):
        return Missing(words, status=status)
    if status == 400 and body.get("code"):
        details = body.get("details")
        fields = {str(name): [str(said)] for name, said in details.items()} if isinstance(details, dict) else {}
        return Rejected(words, status=status, fields=fields)
    if status == 429 and not answer.headers.get("Retry-After"):
        wait = until_reset(answer.headers.get("X-RateLimit-Reset"))
        if wait is not None:
            return Transient(words, status=status, retry_after=wait)
    return None


def until_reset(stamp: Any) -> float | None:
    """Seconds until a moment in UTC, written as ISO or as seconds since the epoch."""
    if not stamp:
        return None
    try:
        moment = datetime.fromtimestamp(float(stamp), UTC)
    except ValueError:
        try:
            moment = datetime.fromisoformat(str(stamp))
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (OverflowError, OSError):
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
