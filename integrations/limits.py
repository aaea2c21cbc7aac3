"""The pace of a connection, shared by all workers: a limiter in Redis or in a file, and a pause in the cache."""

import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from pyrate_limiter import AbstractBucket, Limiter, Rate, RateItem, RedisBucket, SQLiteBucket
from redis import Redis

from integrations.errors import Transient

Rates = tuple[tuple[int, float], ...]


class SharedGate:
    """`rates`: (calls, seconds), all of which hold, for the key of one connection."""

    def __init__(self, key: str, rates: Rates) -> None:
        self.key, self.rates = key, rates

    def enter(self, timeout: float) -> None:
        until = time.monotonic() + timeout
        self._wait_for_pause(timeout)
        pace = _pace(self.key, self.rates)
        while True:
            wait, left = pace.take(), until - time.monotonic()
            if not wait:
                break
            if left <= 0:
                raise Transient("Waiting for our own rate limit.", retry_after=max(timeout, wait))
            time.sleep(min(wait, left))
        # Somebody may have been told to slow down while we waited.
        self._wait_for_pause(max(0.0, until - time.monotonic()))

    def _wait_for_pause(self, timeout: float) -> None:
        left = (cache.get(self._pause_key) or 0) - time.time()
        if left > timeout:
            raise Transient("The provider asked us to wait.", retry_after=left)
        if left > 0:
            time.sleep(left)

    def pause(self, seconds: float) -> None:
        until = time.time() + min(seconds, 3600)
        if until > (cache.get(self._pause_key) or 0):
            cache.set(self._pause_key, until, timeout=int(seconds) + 5)

    @property
    def _pause_key(self) -> str:
        return f"pause:{self.key}"


class Pace:
    """A bucket of the library, asked by many threads and processes.

    The library's own waiting reckons its time from the sleeps it has planned. Where many wait, that clock falls behind,
    and half of what is allowed goes unused (`tests/bench/onboarding.py`); here every question carries the time of day.
    """

    def __init__(self, bucket: AbstractBucket) -> None:
        self.bucket, self.threads = bucket, threading.Lock()
        self.processes: AbstractContextManager[Any] = bucket.limiter_lock() or nullcontext()  # type: ignore[assignment]
        # Lets old entries go in the background.
        self.keeper = Limiter(bucket)

    def take(self) -> float:
        """0.0: a place is ours. Else seconds after which to ask again."""
        with self.threads, self.processes:
            item = RateItem("call", self.bucket.now())  # type: ignore[arg-type]
            if self.bucket.put(item):
                return 0.0
            return max(1, self.bucket.waiting(item)) / 1000  # type: ignore[type-var, operator]


@lru_cache(maxsize=256)
def _pace(key: str, rates: Rates) -> Pace:
    limits = [Rate(calls, round(seconds * 1000)) for calls, seconds in sorted(rates, key=lambda rate: rate[1])]
    url = settings.RATE_LIMIT_URL
    if urlsplit(url).scheme in ("redis", "rediss"):
        return Pace(RedisBucket.init(limits, Redis.from_url(url), f"pace:{key}"))  # type: ignore[arg-type]
    folder = Path(settings.VAR_DIR) / "limits"
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(letter if letter.isalnum() else "_" for letter in key)
    bucket = SQLiteBucket.init_from_file(limits, db_path=str(folder / f"{name}.sqlite3"), use_file_lock=True)
    bucket.lock.poll_interval = 0.005  # type: ignore[attr-defined]  # of the default 50 ms most would go unused
    return Pace(bucket)


def gates(key: str, rates: Sequence[tuple[int, float]]) -> SharedGate:
    return SharedGate(key, tuple((int(calls), float(seconds)) for calls, seconds in rates))
