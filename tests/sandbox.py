"""The provider sandbox over real HTTP, in a thread of the test's process, with a handle to steer it.

def test_…(sandbox):
    sandbox.url                                     http://127.0.0.1:PORT; sandbox.base("meetergo") has /meetergo
    sandbox.fault("status", path="/v4/user", status=503, times=2)
    sandbox.switch("meetergo", "U1", 400)
    sandbox.objects("meetergo", "user")             what is stored, oldest first
    sandbox.log(provider="meetergo", path="/v4/user")   what was asked
    sandbox.act("meetergo", "cancel", appointmentId=…)  what happens at the provider, webhooks included
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from integrations.sandbox.core import Sandbox
from integrations.sandbox.faults import Fault
from integrations.sandbox.server import Running, running


class Handle:
    def __init__(self, server: Running) -> None:
        self.url = server.url
        self.sandbox: Sandbox = server.sandbox

    def base(self, provider: str) -> str:
        return f"{self.url}/{provider}"

    def seen(self, provider: str) -> str:
        """The mount under a name that browser tests allow: an origin of its own that ends in localhost."""
        return self.base(provider).replace("127.0.0.1", "sandbox.localhost")

    def fault(self, kind: str, **values: Any) -> Fault:
        """See `integrations.sandbox.faults`; the Fault counts in `fired`."""
        return self.sandbox.faults.add(kind=kind, **values)

    def heal(self, seed: int = 0) -> None:
        """No faults any more."""
        self.sandbox.faults.clear(seed)

    def switch(self, provider: str, name: str, value: Any) -> None:
        self.sandbox.set_switch(provider, name, value)

    def objects(self, provider: str, kind: str) -> list[dict[str, Any]]:
        return self.sandbox.store.all(provider, kind)

    def edit(self, provider: str, kind: str, uid: str, **changes: Any) -> dict[str, Any]:
        """Behind the provider's back: no check, no webhook."""
        with self.sandbox.store.transaction():
            found = self.sandbox.store.get(provider, kind, uid)
            assert found is not None, f"{provider} has no {kind} {uid}"
            return self.sandbox.store.put(provider, kind, uid, {**found, **changes})

    def delete(self, provider: str, kind: str, uid: str) -> None:
        assert self.sandbox.store.delete(provider, kind, uid), f"{provider} has no {kind} {uid}"

    def act(self, provider: str, name: str, /, **values: Any) -> Any:
        return self.sandbox.providers[provider].actions[name](self.sandbox, **values)

    def log(self, **filters: Any) -> list[dict[str, Any]]:
        """Filters: provider, method, path (a prefix below the mount), since."""
        return self.sandbox.log.entries(**filters)

    def clock(self, at: datetime | None = None, speed: float | None = None) -> None:
        self.sandbox.clock.set(at, speed)

    def limit(self, name: str, **changes: Any) -> None:
        self.sandbox.limits.change(name, **changes)

    def webhooks(self, provider: str, mode: str, **options: Any) -> None:
        self.sandbox.deliveries.set_mode(provider, mode, **options)

    def deliveries(self, provider: str) -> list[dict[str, Any]]:
        """All of them, after waiting for those under way."""
        assert self.sandbox.deliveries.wait(), "webhooks are still under way"
        return self.objects(provider, "delivery")

    def reset(self) -> None:
        self.sandbox.reset()


@contextmanager
def running_sandbox(folder: Path) -> Iterator[Handle]:
    server = running(folder / "sandbox.sqlite3")
    server.serve_in_thread()
    try:
        yield Handle(server)
    finally:
        server.stop()
