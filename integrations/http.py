"""The only place that sends HTTP: time-outs, authentication, pace, redaction, and status → error.

`classify` tells once what a failure means (errors.py). A provider may know better of its own answers: its hook is asked
first. Nothing is retried here.
"""

import json as json_module
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import requests
from django.db import connection, transaction

from integrations.errors import Conflict, NotFound, OutcomeUnknown, ProviderError, Rejected, Transient, Unauthorised

logger = logging.getLogger(__name__)
READS = frozenset({"GET", "HEAD", "OPTIONS"})
CONNECT, READ = 5.0, 20.0
# A call that has less time than this is not worth sending.
LEAST = 0.05
LARGEST = 5_000_000
# What may look like a credential in an answer or an address.
SECRETS = re.compile(r"(ak_live:[^\s\"']+|rgo-\w+|(?i:bearer|basic|token)\s+[\w.~+/=:-]{8,}|[\w.+-]+@[\w-]+\.[\w.]+)")


def redact(text: str, *secrets: str) -> str:
    """`text` without known secrets, things that look like one, and mail addresses."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "•••")
    return SECRETS.sub("•••", text)


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer, or any answer while it is being classified."""

    status: int
    headers: Mapping[str, str]
    text: str
    method: str

    def json(self) -> Any:
        """The body as JSON; {} when empty. A 2xx that cannot be read leaves the outcome of a write unknown."""
        if not self.text.strip():
            return {}
        try:
            return json_module.loads(self.text)
        except ValueError:
            error = Transient if self.method in READS else OutcomeUnknown
            raise error(f"The answer is not JSON: {self.text[:200]}", status=self.status) from None


class Gate(Protocol):
    """The pace of one connection, shared by all workers (limits.py)."""

    def enter(self, timeout: float) -> None:
        """Wait for a place; raises Transient(retry_after) when none comes up in `timeout` seconds."""

    def pause(self, seconds: float) -> None:
        """The provider wants quiet: nobody enters before."""


Classify = Callable[[Answer], ProviderError | None]
_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All calls in this block together take no longer: somebody waits for a page. What does not fit is not sent."""
    token = _deadline.set(min(_deadline.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def _time_left() -> float:
    left = _deadline.get() - time.monotonic()
    if left < LEAST:
        raise Transient("There was no time left for this call.")
    return left


class Http:
    """HTTP to one connection of one provider.

    `headers`: authentication headers per live credential, the preferred one first; a 401 tries the next one.
    `record(status, seconds)`: told of every attempt, status 0 without an answer.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Sequence[Mapping[str, str]],
        gate: Gate,
        secrets: Sequence[str] = (),
        record: Callable[[int, float], None] = lambda status, seconds: None,
        classify: Classify = lambda answer: None,
        patience: float = 30.0,
    ) -> None:
        self.base_url, self.credential_headers, self.gate = base_url.rstrip("/"), list(headers) or [{}], gate
        self.secrets, self.record, self.classify, self.patience = list(secrets), record, classify, patience
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "scheduling-marketplace/1"
        self.session.headers["Accept"] = "application/json"

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: Any = None,
        params: Mapping[str, Any] | Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        base_url: str | None = None,
        timeout: float = READ,
        write: bool | None = None,
    ) -> Answer:
        """One call; raises one of the six errors for everything that is not 2xx.

        `path` starts with a slash; `write` says whether it changes something, where the method misleads.
        """
        refuse_inside_transaction()
        writes = method not in READS if write is None else write
        answer = None
        for credential in self.credential_headers:
            answer = self._send(method, path, writes, base_url or self.base_url, timeout, json=json, data=data,
                                params=params, headers={**credential, **(headers or {})})  # fmt: skip
            if answer.status != 401:
                break
        assert answer is not None
        if 200 <= answer.status < 300:
            return answer
        raise self._error(answer, writes)

    def _send(self, method: str, path: str, writes: bool, base: str, timeout: float, **given: Any) -> Answer:
        self.gate.enter(min(self.patience, _time_left()))
        timeout = min(timeout, _time_left())
        started = time.monotonic()
        try:
            with self.session.request(
                method,
                f"{base}{path}",
                timeout=(min(CONNECT, timeout), timeout),
                allow_redirects=False,
                stream=True,
                **given,
            ) as response:
                body = response.raw.read(LARGEST, decode_content=True)
                status, answered = response.status_code, response.headers
        except (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError) as error:
            self.record(0, time.monotonic() - started)
            raise Transient(self._clean(f"No connection: {error}")) from None
        except (requests.exceptions.RequestException, OSError, _Urllib3Error) as error:
            self.record(0, time.monotonic() - started)
            never_left = isinstance(error, requests.exceptions.ConnectionError) and "NewConnectionError" in repr(error)
            kind = OutcomeUnknown if writes and not never_left else Transient
            raise kind(self._clean(f"No answer: {error}")) from None
        seconds = time.monotonic() - started
        self.record(status, seconds)
        logger.info("%s %s → %s in %.0f ms", method, self._clean(path), status, seconds * 1000)
        answer = Answer(status, answered, body.decode("utf-8", "replace"), method)
        self._heed(answer)
        return answer

    def _heed(self, answer: Answer) -> None:
        """Slow down before we are told to, and when we are."""
        if answer.status == 429:
            self.gate.pause(retry_after(answer.headers) or 5.0)
        elif answer.headers.get("RateLimit-Remaining") == "0":
            self.gate.pause(_seconds(answer.headers.get("RateLimit-Reset")) or 1.0)

    def _error(self, answer: Answer, writes: bool) -> ProviderError:
        known = self.classify(answer)
        if known is not None:
            known.args = (self._clean(str(known)),)
            return known
        words = self._clean(f"{answer.status}: {_words(answer)}")
        status = answer.status
        if status == 429 or status in (502, 503, 504):
            return Transient(words, status=status, retry_after=retry_after(answer.headers))
        if status >= 500:
            return (OutcomeUnknown if writes else Transient)(words, status=status)
        if status in (401, 403):
            return Unauthorised(words, status=status)
        if status in (404, 410):
            return NotFound(words, status=status)
        if status == 409:
            return Conflict(words, status=status)
        return Rejected(words, status=status, fields=_fields(answer))

    def _clean(self, text: str) -> str:
        return redact(text, *self.secrets)


_Urllib3Error = requests.packages.urllib3.exceptions.HTTPError  # type: ignore[attr-defined]


def refuse_inside_transaction() -> None:
    """HTTP while a transaction is open holds locks for as long as a provider likes. A test case's own is no such."""
    if connection.in_atomic_block and not all(
        getattr(block, "_from_testcase", False) for block in getattr(connection, "atomic_blocks", [])
    ):
        raise transaction.TransactionManagementError("No HTTP inside a transaction: write a row, let a worker act.")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, given as a number or as a date; None without one."""
    value = headers.get("Retry-After")
    if not value:
        return None
    number = _seconds(value)
    if number is not None:
        return number
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None


def _words(answer: Answer) -> str:
    """What the provider says, from JSON `message` or `error`, else the text."""
    try:
        body = json_module.loads(answer.text)
    except ValueError:
        return answer.text.strip()[:500] or "(empty answer)"
    message = body.get("message") or body.get("error") or body if isinstance(body, dict) else body
    return ", ".join(map(str, message)) if isinstance(message, list) else str(message)


def _fields(answer: Answer) -> dict[str, list[str]]:
    """Laravel-style `errors: {field: [messages]}`, where there are any."""
    try:
        errors = json_module.loads(answer.text).get("errors")
    except (ValueError, AttributeError):
        return {}
    if not isinstance(errors, dict):
        return {}
    return {
        str(name): [str(one) for one in (said if isinstance(said, list) else [said])] for name, said in errors.items()
    }
