"""A provider that lives in this process: plain dictionaries as the remote side, and every fault on demand."""

import hmac
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from integrations.contract import Engine, Notice, Option, Provider, Remote, RemoteBooking, Resource, Webhook
from integrations.errors import NotFound


@dataclass
class World:
    """The remote side. `fail`: called before every call with its name; raises what the test wants."""

    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    bookings: dict[str, RemoteBooking] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    hooks: list[str] = field(default_factory=list)
    fail: Callable[[str], None] = lambda call: None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def call(self, name: str) -> None:
        self.calls.append(name)
        self.fail(name)

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        return self.objects.setdefault(kind, {})


world = World()


def reset() -> World:
    """A new, empty world."""
    fresh = World()
    for name, value in vars(fresh).items():
        setattr(world, name, value)
    return world


class FakeResource(Resource):
    kind = ""

    def payload(self, facts: Any) -> dict[str, Any]:
        shown = {"ref": facts.ref} if hasattr(facts, "ref") else {}
        names = ("email", "first_name", "last_name", "title", "starts_at", "ends_at", "time_zone", "enabled", "weekly")
        return shown | {name: str(getattr(facts, name)) for name in names if hasattr(facts, name)}

    def find(self, ref: str, payload: dict[str, Any]) -> Remote | None:
        world.call(f"find {self.kind}")
        found = (id for id, body in world.of(self.kind).items() if body.get("_ref") == ref)
        return next((Remote(id) for id in found), None)

    def create(self, ref: str, payload: dict[str, Any]) -> Remote:
        world.call(f"create {self.kind}")
        id = f"{self.kind}-{next(world.numbers)}"
        world.of(self.kind)[id] = {**payload, "_ref": ref}
        return Remote(id, {"url": f"https://fake.example/{id}"})

    def update(self, remote: Remote, payload: dict[str, Any]) -> Remote:
        world.call(f"update {self.kind}")
        if remote.id not in world.of(self.kind):
            raise NotFound("404: gone")
        world.of(self.kind)[remote.id].update(payload)
        return Remote(remote.id, remote.data)

    def delete(self, remote: Remote) -> None:
        world.call(f"delete {self.kind}")
        if world.of(self.kind).pop(remote.id, None) is None:
            raise NotFound("404: gone")

    def read(self, remote: Remote) -> Remote:
        world.call(f"read {self.kind}")
        if remote.id not in world.of(self.kind):
            raise NotFound("404: gone")
        return Remote(remote.id, world.of(self.kind)[remote.id])

    def differences(self, payload: dict[str, Any], observed: Remote) -> dict[str, tuple[Any, Any]]:
        theirs = observed.data
        return {name: (value, theirs.get(name)) for name, value in payload.items() if theirs.get(name) != value}

    def list(self) -> Iterator[Remote]:
        world.call(f"list {self.kind}")
        return iter([Remote(id, body) for id, body in world.of(self.kind).items()])


class User(FakeResource):
    kind = "user"


class Availability(FakeResource):
    kind, owner_kind, dies_with_owner = "availability", "user", True


class MeetingTypes(FakeResource):
    kind, owner_kind, dies_with_owner = "meeting_type", "user", True


class Bookings(FakeResource):
    kind, owner_kind = "booking", "meeting_type"


class FakeEngine(Engine):
    def free_starts(self, user, meeting_type, start, end, *, fresh=False):  # type: ignore[no-untyped-def]
        """Every half hour, day and night."""
        step = timedelta(minutes=30)
        first = start.replace(minute=0, second=0, microsecond=0)
        return [one for number in range(int((end - first) / step) + 1) if start <= (one := first + number * step) < end]

    def read_booking(self, user: Remote, remote_id: str) -> RemoteBooking:
        world.call(f"read booking {remote_id}")
        if remote_id not in world.bookings:
            raise NotFound("404: no such booking")
        return world.bookings[remote_id]

    def bookings(self, user: Remote, start: datetime, end: datetime) -> Iterator[RemoteBooking]:
        world.call(f"list bookings of {user.id}")
        return (one for one in list(world.bookings.values()) if one.user_id == user.id and start <= one.starts_at < end)

    def embed_url(self, meeting_type: Remote, *, language: str) -> str:
        return f"https://fake.example/{meeting_type.id}"


class FakeWebhook(Webhook):
    def authentic(self, headers, raw: bytes, now: datetime) -> bool:  # type: ignore[no-untyped-def]
        given = {name.lower(): value for name, value in headers.items()}.get("x-fake-key", "")
        return hmac.compare_digest(given, self.provider.credentials.get("webhook_secret", ""))

    def parse(self, headers, raw: bytes) -> Notice:  # type: ignore[no-untyped-def]
        body = json.loads(raw)
        if not isinstance(body, dict) or "type" not in body:
            raise ValueError("no envelope")
        kind = body.get("kind", "") if body["type"].startswith(("booking", "user")) else ""
        return Notice(body["type"], body.get("event", ""), kind, body.get("id", ""), tuple(body.get("users", ())))

    def register(self, url: str) -> str:
        if url in world.hooks:
            return "Registered already."
        world.hooks.append(url)
        return "Registered."


class Fake(Provider):
    slug = "fake"
    label = "Fake"
    base_url = "https://fake.example"
    secrets = ("api_key",)
    options = (
        Option("dialect", "current", "How it speaks.", choices=("current", "recipe")),
        Option("company", "", "Id of the company."),
        Option("limit", 6, "How many webhooks there may be.", inferred=True),
        Option("silent", False, "Sends no mail."),
    )
    rate = ((1000, 1.0),)
    resources = {"user": User, "availability": Availability, "meeting_type": MeetingTypes, "booking": Bookings}
    engine = FakeEngine
    webhook = FakeWebhook

    def headers(self, credentials):  # type: ignore[no-untyped-def]
        return {"Authorization": f"Bearer {credentials.get('api_key', '')}"}

    def check(self) -> str:
        world.call("check")
        return f"It is {self.credentials['api_key'][:2]}… of a company with {len(world.of('user'))} users."
