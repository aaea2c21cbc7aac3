"""What was asked of the sandbox: the last requests, without credentials."""

import itertools
import threading
from collections import deque
from typing import Any

KEPT = 20_000
SECRET = ("secret", "password", "token", "authorization", "access-key", "access_key")


def redact(value: Any) -> Any:
    """The same value with every field that sounds like a secret blanked."""
    if isinstance(value, dict):
        return {
            name: "***" if item and any(word in str(name).lower() for word in SECRET) else redact(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [redact(item) for item in value]
    return value


class RequestLog:
    """An entry: number, at, provider, method, path, query, body, actor, status (None: no answer), fault, began, ended.

    `began` and `ended` are seconds of one monotonic clock, so that overlapping calls can be told.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def add(self, entry: dict[str, Any]) -> None:
        with self._lock:
            self._entries.append({"number": next(self._numbers), **entry})

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def entries(self, provider: str = "", method: str = "", path: str = "", since: int = 0) -> list[dict[str, Any]]:
        """Oldest first. `path` is a prefix below the provider's mount, `since` the number of the last one known."""
        with self._lock:
            found = list(self._entries)
        return [
            entry
            for entry in found
            if entry["number"] > since
            and (not provider or entry["provider"] == provider)
            and (not method or entry["method"] == method.upper())
            and entry["path"].startswith(path)
        ]
