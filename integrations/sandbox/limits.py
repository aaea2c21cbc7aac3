"""Token buckets by name and key, on the sandbox's clock. Raised, lowered and switched off by the control API."""

import threading
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from integrations.sandbox.clock import Clock


@dataclass(frozen=True)
class Limit:
    """`rate` calls in `per` seconds go on for ever; `burst` calls at once are let through after a rest."""

    rate: float
    per: float
    burst: float
    enabled: bool = True


class Taken(NamedTuple):
    allowed: bool
    remaining: int
    wait: float  # seconds until the next call is allowed; 0 if this one was


class Limits:
    def __init__(self, clock: Clock, defaults: dict[str, Limit]) -> None:
        self._clock, self._defaults = clock, defaults
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self.limits = dict(self._defaults)
            self._buckets: dict[tuple[str, str], tuple[float, float]] = {}
            self.refused: dict[str, int] = {}

    def change(self, name: str, **changes: Any) -> Limit:
        """Buckets of this limit start full again. Raises KeyError for an unknown name, TypeError for an unknown field."""
        with self._lock:
            self.limits[name] = replace(self.limits[name], **changes)
            self._buckets = {place: bucket for place, bucket in self._buckets.items() if place[0] != name}
            return self.limits[name]

    def take(self, name: str, key: str) -> Taken:
        """Count one call of `key`."""
        now = self._clock.timestamp()
        with self._lock:
            limit = self.limits[name]
            if not limit.enabled:
                return Taken(True, int(limit.burst), 0.0)
            tokens, at = self._buckets.get((name, key), (limit.burst, now))
            tokens = min(limit.burst, tokens + max(0.0, now - at) * limit.rate / limit.per)
            allowed = tokens >= 1
            self._buckets[name, key] = (tokens - 1 if allowed else tokens, now)
            if not allowed:
                self.refused[name] = self.refused.get(name, 0) + 1
                return Taken(False, 0, (1 - tokens) * limit.per / limit.rate)
            return Taken(True, int(tokens - 1), 0.0)

    def describe(self) -> dict[str, Any]:
        return {name: {**asdict(limit), "refused": self.refused.get(name, 0)} for name, limit in self.limits.items()}
