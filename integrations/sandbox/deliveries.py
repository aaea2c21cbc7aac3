"""Webhooks out: sent by threads of their own, stored, and disturbed on request.

The mode of a provider, set by the control API:

    normal      at once
    drop        stored as dropped, never sent
    duplicate   sent `copies` times
    delay       sent after `seconds` of real time
    hold        kept until `flush`, which may reverse the order
"""

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from integrations.sandbox.clock import Clock
from integrations.sandbox.store import Body, Store

MODES = {"normal", "drop", "duplicate", "delay", "hold"}
TIMEOUT = 30
Headers = dict[str, str] | Callable[[bytes], dict[str, str]]


class Deliveries:
    """A stored delivery: id, provider, event, endpoint, payload (text), headers, state, status, error, tries, at."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._changed = threading.Condition()
        self._under_way = 0
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="sandbox-webhook")
        self.modes: dict[str, dict[str, Any]] = {}

    def set_mode(self, provider: str, mode: str, copies: int = 2, seconds: float = 0.0) -> None:
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(sorted(MODES))}")
        self.modes[provider] = {"mode": mode, "copies": int(copies), "seconds": float(seconds)}

    def send(
        self,
        provider: str,
        event: str,
        endpoint: str,
        payload: bytes,
        headers: Headers | None = None,
        *,
        retries: Sequence[float] = (),
        forced: bool = False,
    ) -> list[str]:
        """Store and send; comes back at once with the ids. `headers` may be a function of the body, asked at every try.

        `retries`: seconds to wait before each further try after a failure. `forced` ignores the provider's mode.
        """
        mode: Body = {"mode": "normal"} if forced else self.modes.get(provider, {"mode": "normal"})
        copies = mode["copies"] if mode["mode"] == "duplicate" else 1
        made = []
        for _number in range(copies):
            delivery: Body = {
                "id": uuid.uuid4().hex,
                "provider": provider,
                "event": event,
                "endpoint": endpoint,
                "payload": payload.decode("utf-8", "replace"),
                "headers": headers(payload) if callable(headers) else dict(headers or {}),
                "state": {"drop": "dropped", "hold": "held"}.get(mode["mode"], "waiting"),
                "status": None,
                "error": "",
                "tries": 0,
                "at": self._clock.now().isoformat(),
            }
            self._store.put(provider, "delivery", delivery["id"], delivery)
            made.append(delivery["id"])
            if delivery["state"] == "waiting":
                wait = mode["seconds"] if mode["mode"] == "delay" else 0.0
                self._start(delivery, headers, wait, retries)
        return made

    def flush(self, provider: str, order: str = "as made", ids: Sequence[str] = ()) -> int:
        """Send what is held, one after the other; or the deliveries named in `ids`, whatever became of them."""
        if ids:
            found = [self._store.get(provider, "delivery", uid) for uid in ids]
            chosen = [delivery for delivery in found if delivery]
        else:
            chosen = [each for each in self._store.all(provider, "delivery") if each["state"] == "held"]
        if order == "reverse":
            chosen.reverse()
        for delivery in chosen:
            self._attempt(delivery, delivery["headers"])
        return len(chosen)

    def wait(self, seconds: float = 10.0) -> bool:
        """Until nothing is under way; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._under_way == 0, seconds)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self, delivery: Body, headers: Headers | None, wait: float, retries: Sequence[float]) -> None:
        with self._changed:
            self._under_way += 1

        def work() -> None:
            try:
                time.sleep(wait)
                sent = self._attempt(delivery, headers)
                for pause in () if sent else retries:
                    time.sleep(pause)
                    if self._attempt(delivery, headers):
                        break
            finally:
                with self._changed:
                    self._under_way -= 1
                    self._changed.notify_all()

        self._pool.submit(work)

    def _attempt(self, delivery: Body, headers: Headers | None) -> bool:
        payload = delivery["payload"].encode()
        fresh = headers(payload) if callable(headers) else dict(headers or {})
        delivery["tries"] += 1
        try:
            answer = requests.post(
                delivery["endpoint"],
                data=payload,
                headers={"Content-Type": "application/json", **fresh},
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            delivery.update(state="failed", error=str(error), status=None)
        else:
            delivery.update(state="sent" if answer.ok else "failed", error="", status=answer.status_code)
        self._store.put(delivery["provider"], "delivery", delivery["id"], delivery)
        return bool(delivery["state"] == "sent")
