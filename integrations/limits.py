"""The pace of a connection, shared by all workers: a limiter in Redis or in a file, and a pause in the cache."""

import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from pyrate_limiter import Limiter, Rate, RedisBucket, SQLiteBucket
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
        if not _limiter(self.key, self.rates).try_acquire(self.key, timeout=max(0.0, until - time.monotonic())):
            raise Transient("Waiting for our own rate limit.", retry_after=timeout)

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


@lru_cache(maxsize=256)
def _limiter(key: str, rates: Rates) -> Limiter:
    limits = [Rate(calls, round(seconds * 1000)) for calls, seconds in sorted(rates, key=lambda rate: rate[1])]
    url = settings.RATE_LIMIT_URL
    if urlsplit(url).scheme in ("redis", "rediss"):
        return Limiter(RedisBucket.init(limits, Redis.from_url(url), f"pace:{key}"))  # type: ignore[arg-type]
    folder = Path(settings.VAR_DIR) / "limits"
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(letter if letter.isalnum() else "_" for letter in key)
    path = str(folder / f"{name}.sqlite3")
    return Limiter(SQLiteBucket.init_from_file(limits, db_path=path, use_file_lock=True))


def gates(key: str, rates: Sequence[tuple[int, float]]) -> SharedGate:
    return SharedGate(key, tuple((int(calls), float(seconds)) for calls, seconds in rates))
