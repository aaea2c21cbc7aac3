"""The sandbox's own time: real time with an offset and a pace, or standing still. Kept in the store."""

import threading
import time
from datetime import UTC, datetime
from typing import Any

from integrations.sandbox.store import Store


class Clock:
    """`speed` 60 lets an hour pass in a minute, 0 stands still."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self.load()

    def load(self) -> None:
        """What the store remembers; real time if nothing."""
        saved = self._store.get("_sandbox", "clock", "clock") or {}
        with self._lock:
            real = time.time()
            self._real = float(saved.get("real", real))
            self._shown = float(saved.get("shown", real))
            self._speed = float(saved.get("speed", 1.0))

    def timestamp(self) -> float:
        """Seconds since the epoch."""
        with self._lock:
            return self._shown + (time.time() - self._real) * self._speed

    def now(self) -> datetime:
        """Aware, in UTC."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def set(self, at: datetime | None = None, speed: float | None = None) -> None:
        """`at`: the time it shows from now on (aware)."""
        shown = self.timestamp() if at is None else at.timestamp()
        with self._lock:
            self._shown, self._real = shown, time.time()
            self._speed = self._speed if speed is None else speed
            saved = {"shown": self._shown, "real": self._real, "speed": self._speed}
        self._store.put("_sandbox", "clock", "clock", saved)

    def describe(self) -> dict[str, Any]:
        return {"now": self.now().isoformat(), "speed": self._speed, "offset": self.timestamp() - time.time()}
