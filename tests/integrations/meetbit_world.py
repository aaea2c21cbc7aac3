"""A brand connected with the MeetBit copy, raw calls to it, and patience for the worker."""

from typing import Any

import requests
from django.utils import timezone

from directory.models import Brand
from integrations import sync
from integrations.models import Connection, Mirror
from tests.sandbox import Handle

PREFIX = "/meetbit/api/public/v2.0"
KEYS = {"key_id": "MBP-sandbox", "key_secret": "sandbox-secret!"}
OPTIONS = {"department_id": 1, "role_id": 1, "rate": [[1000, 1]]}


def connect(brand: Brand, sandbox: Handle, *, is_default: bool = True, **options: Any) -> Connection:
    """The brand's default connection, unless told otherwise; the copy's own pace is off, so that tests are quick."""
    quick(sandbox)
    return Connection.objects.create(
        brand=brand,
        provider="meetbit",
        name="MeetBit",
        is_default=is_default,
        base_url=sandbox.url + PREFIX,
        credentials=[KEYS],
        options={**OPTIONS, **options},
        webhook_secret="sandbox-secret",
    )


def quick(sandbox: Handle) -> None:
    sandbox.limit("meetbit-client", enabled=False)
    sandbox.limit("meetbit-tenant", enabled=False)


def settle(rounds: int = 20) -> None:
    """Let the worker run until nothing is due, without waiting for what is due later."""
    for _round in range(rounds):
        sync.work()
        if not Mirror.objects.exclude(due_at=None).update(due_at=timezone.now()):
            return
    left = [f"{row} {row.last_error}" for row in Mirror.objects.exclude(due_at=None)]
    raise AssertionError(f"Still due: {left}")


def alive(sandbox: Handle, kind: str) -> list[dict[str, Any]]:
    """Objects at the copy that are not deleted."""
    return [row for row in sandbox.objects("meetbit", kind) if not row.get("deleted_at")]


def mirror(kind: str) -> Mirror:
    return Mirror.objects.get(kind=kind)


class Raw:
    """Plain requests to the copy, past the adapter."""

    def __init__(self, sandbox: Handle) -> None:
        self.base = sandbox.url + PREFIX
        self.headers = {"X-Access-Key-Id": KEYS["key_id"], "X-Access-Key-Secret": KEYS["key_secret"]}

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        more.setdefault("headers", self.headers)
        return requests.request(method, self.base + path, json=body, timeout=5, **more)
