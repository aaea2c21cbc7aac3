"""Access tokens that all workers share: kept sealed in the cache, refreshed by one of them while the others wait."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.cache import cache

from directory.secrets import CannotUnseal, seal, unseal
from integrations.contract import Provider
from integrations.errors import OutcomeUnknown, Transient, Unauthorised
from integrations.http import Answer

# Seconds before its end at which a token is not used any more.
EARLY = 60.0
# How long one refresh may take; the others wait as long, looking so often.
LOCK, LOOK = 30.0, 0.05
# (token, epoch seconds at which it ends)
Fetch = Callable[[], tuple[str, float]]
Credentials = Mapping[str, str]


def call(
    provider: Provider,
    key: Callable[[Credentials], str],
    fetch: Callable[[Credentials], tuple[str, float]],
    send: Callable[[Credentials, str], Answer],
) -> Answer:
    """`send` with a token of each live set of credentials in turn, until one is accepted. Raises Unauthorised.

    A token that is refused is fetched anew once, and the call, which did nothing, repeated.
    """
    refused: Unauthorised | None = None
    for credentials in provider.live:
        for _attempt in range(2):
            try:
                current = token(key(credentials), partial(fetch, credentials))
            except Unauthorised as error:
                refused = error
                break
            if current not in provider.http.secrets:
                provider.http.secrets.append(current)
            try:
                return send(credentials, current)
            except Unauthorised as error:
                if error.status != 401:
                    raise
                refused = error
                drop(key(credentials), current)
    assert refused is not None
    raise refused


def granted(answer: Any) -> str:
    """The token in an answer. Raises Transient where it holds none."""
    found = answer.get("access_token") if isinstance(answer, dict) else None
    if not found:
        raise Transient("The answer holds no access_token.")
    return str(found)


def token(key: str, fetch: Fetch) -> str:
    """The token called `key`; `fetch` is called when there is none that lasts, by one caller at a time.

    Raises what `fetch` raises, and Transient when another's refresh does not end.
    """
    until = time.monotonic() + LOCK
    while True:
        known = _known(key)
        if known:
            return known
        if cache.add(f"token-lock:{key}", 1, timeout=int(LOCK)):
            try:
                return _known(key) or _refresh(key, fetch)
            finally:
                cache.delete(f"token-lock:{key}")
        if time.monotonic() > until:
            raise Transient("Another worker has been asking for a token for too long.")
        time.sleep(LOOK)


def drop(key: str, refused: str) -> None:
    """`refused` is not accepted any more. A newer one, which another worker has brought meanwhile, stays."""
    if _known(key) == refused:
        cache.delete(f"token:{key}")


def _known(key: str) -> str:
    sealed = cache.get(f"token:{key}")
    if not sealed:
        return ""
    try:
        found = unseal(sealed)
    except CannotUnseal:
        return ""
    return str(found["token"]) if found["until"] > time.time() + EARLY else ""


def _refresh(key: str, fetch: Fetch) -> str:
    try:
        fresh, until = fetch()
    except OutcomeUnknown as error:
        # A token that got lost does no harm.
        raise Transient(str(error), status=error.status) from None
    # One that ends sooner than we stop using it is used for this call alone.
    if until > time.time() + EARLY:
        cache.set(f"token:{key}", seal({"token": fresh, "until": until}), timeout=int(until - time.time()))
    return fresh
