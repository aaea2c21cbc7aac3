"""How often something happened lately, counted in the shared cache: two windows, the older one fading out."""

import math
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class Limit:
    count: int
    seconds: int


HOUR, DAY = 3600, 86_400


def spend(scope: str, who: str, *limits: Limit, now: float | None = None) -> int:
    """Count one event; 0, or the seconds to wait where a limit is reached (then nothing is counted).

    `who` is hashed or public: it becomes part of a key. VISITOR_LIMITS multiplies the counts, 0 switches them off.
    """
    if not settings.VISITOR_LIMITS or not who:
        return 0
    now = time.time() if now is None else now
    wait = max(_wait(scope, who, limit, now) for limit in limits)
    if wait == 0:
        for seconds in {limit.seconds for limit in limits}:
            key = _key(scope, who, seconds, now)
            if not cache.add(key, 1, 2 * seconds):
                _increase(key, 2 * seconds)
    return wait


def used(scope: str, who: str, seconds: int, now: float | None = None) -> float:
    """How many events there were in the last `seconds`, about. Counts only what was spent with a limit of that span."""
    if not settings.VISITOR_LIMITS or not who:
        return 0
    now = time.time() if now is None else now
    before, current = _counts(scope, who, seconds, now)
    return current + before * (1 - now % seconds / seconds)


def forget(scope: str, who: str, seconds: int) -> None:
    """Begin to count anew."""
    now = time.time()
    cache.delete_many([_key(scope, who, seconds, now), _key(scope, who, seconds, now - seconds)])


def _wait(scope: str, who: str, limit: Limit, now: float) -> int:
    """Seconds until one more event fits, 0 for now."""
    allowed = max(1, round(limit.count * settings.VISITOR_LIMITS))
    before, current = _counts(scope, who, limit.seconds, now)
    elapsed = now % limit.seconds
    if current + before * (1 - elapsed / limit.seconds) < allowed:
        return 0
    if current < allowed:
        fits = limit.seconds * (1 - (allowed - current) / before)
    else:  # in the next window, where what counts as current now fades
        fits = limit.seconds * (2 - allowed / current)
    return max(1, math.floor(fits - elapsed) + 1)


def _counts(scope: str, who: str, seconds: int, now: float) -> tuple[int, int]:
    keys = [_key(scope, who, seconds, now - seconds), _key(scope, who, seconds, now)]
    found = cache.get_many(keys)
    return found.get(keys[0], 0), found.get(keys[1], 0)


def _key(scope: str, who: str, seconds: int, now: float) -> str:
    return f"velocity:{scope}:{who}:{seconds}:{int(now // seconds)}"


def _increase(key: str, life: int) -> None:
    try:
        cache.incr(key)
    except ValueError:  # it went between two calls
        cache.set(key, 1, life)
