"""What meetergo's answers mean: errors, ids, pages. No HTTP here."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

from integrations.errors import Conflict, NotFound, OutcomeUnknown, ProviderError, Rejected, Unauthorised
from integrations.http import Answer

# "A user with this email already exists", "Slug is already taken", "email must be unique"; not "does not exist".
TAKEN = re.compile(r"\balready\b|\btaken\b|\bexists\b|\bunique\b", re.IGNORECASE)
# 403 about one object or one deed; any other 403 speaks of the credential, and the connection rests.
ABOUT_ONE = re.compile(r"not authori[sz]ed to|not allowed to (update|delete)|cannot be deleted|plan does not", re.I)
# 403 when the acting user is no longer there: deleted in their dashboard.
NO_SUCH_USER = re.compile(r"user does not belong to your company|user not found", re.I)
NO_ROUTE = re.compile(r"^Cannot (GET|POST|PATCH|PUT|DELETE) ")


def classify(answer: Answer) -> ProviderError | None:
    """The cases in which the status alone would mislead."""
    body = _mapping(answer)
    words = ", ".join(said(body)) or answer.text.strip()[:500]
    text, status = f"{answer.status}: {words}", answer.status
    if status in (400, 409) and "slot-occupied" in (body.get("errorCode"), *said(body)):
        return Conflict(text, status=status)
    if status == 400 and "x-meetergo-api-user-id" in words:
        return Unauthorised(text, status=status)
    if status == 400:
        kind = Conflict if TAKEN.search(words) else None
        return kind(text, status=status) if kind else Rejected(text, status=status, fields=fields(body))
    if status == 403 and NO_SUCH_USER.search(words):
        return NotFound(text, status=status)
    if status == 403 and (body.get("code") == "PLAN_LIMIT_REACHED" or ABOUT_ONE.search(words)):
        return Rejected(text, status=status)
    if status == 404 and NO_ROUTE.match(words):
        return Rejected(f"{text} (there is no such address; check the options of the connection)", status=status)
    if status == 406:
        return Rejected(f"{text} (a company has at most six webhooks; delete one at meetergo)", status=status)
    return None


def _mapping(answer: Answer) -> dict[str, Any]:
    try:
        body = Answer(200, {}, answer.text, "GET").json()
    except ProviderError:
        return {}
    return body if isinstance(body, dict) else {}


def said(body: dict[str, Any]) -> list[str]:
    """`message`, which is a text, a list of texts, or something else in a list."""
    message = body.get("message") or []
    return [str(one) for one in message] if isinstance(message, list) else [str(message)]


def fields(body: dict[str, Any]) -> dict[str, list[str]]:
    """Complaints by field: `errors: [{field, message}]`, or messages that begin with the field's name."""
    found: dict[str, list[str]] = {}
    errors = body.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict) and error.get("field"):
            found.setdefault(str(error["field"]), []).append(str(error.get("message", "")))
    if not found and isinstance(body.get("message"), list):
        for message in said(body):
            found.setdefault(message.split(" ", 1)[0], []).append(message)
    return found


def checked_id(value: str) -> str:
    """`value`, if it is an id of theirs: malformed ones are answered with a 500."""
    try:
        return str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise Rejected(f"“{value}” is no id of meetergo.") from None


def id_in(body: dict[str, Any], *names: str) -> str:
    """The first of the named ids. A 2xx without one leaves open what happened."""
    for name in names:
        if body.get(name):
            return str(body[name])
    raise OutcomeUnknown(f"The answer names no {names[0]}.")


def rows(body: Any, name: str) -> list[dict[str, Any]]:
    """A list that is bare or lies under `name`."""
    found = body.get(name) if isinstance(body, dict) else body
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


class Pages:
    """Goes through pages until one is short, empty or brings nothing new: a page that repeats must not loop for ever."""

    def __init__(self, size: int) -> None:
        self.size, self.seen = size, set[str]()
        self.more = True

    def take(self, page: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        fresh = [row for row in page if str(row.get("id")) not in self.seen]
        self.seen.update(str(row.get("id")) for row in fresh)
        self.more = bool(fresh) and len(page) >= self.size
        yield from fresh
