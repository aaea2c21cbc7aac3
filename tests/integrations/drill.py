"""A drill of parity: people edit, workers die, the provider fails, and in the end both sides must be equal.

`Drill` knows the house: members, clients, edits. A `Side` knows one provider: how to connect, what to spoil there, what
is there. Time runs FAST times quicker than in life: waits of workers and pauses of the gate are that much shorter.
"""

import itertools
import random
import re
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from directory import accounts
from directory.models import Person, Professional
from integrations import limits, parity, sync
from integrations.http import Http
from integrations.models import Connection, Mirror
from integrations.sandbox.meetergo.seed import KEY
from scheduling import links
from scheduling.models import AvailabilityRule, Booking, MeetingType
from scheduling.models.bookings import Status
from tests import factories
from tests.integrations.meetbit_world import KEYS, OPTIONS, PREFIX
from tests.sandbox import Handle

FAST = 20
WORKERS, EDITORS = 4, 2
KILLS, TRANSIENT, LOST = 0.10, 0.20, 0.05
ZONES = ("Europe/Berlin", "Europe/Vienna", "Europe/London")
NAMES = ("Ada", "Berta", "Clara", "Dora", "Emmy", "Frida", "Grete", "Hilde", "Ilse", "Jutta")
Listed = (Professional.Status.LISTED, Professional.Status.SUSPENDED)


class Killed(BaseException):
    """The worker's process is gone: nothing after the remote call happens."""


# --- the two providers -----------------------------------------------------------------------------------------------


class MeetBitSide:
    provider = "meetbit"
    has_clients = True
    # Addresses of single objects below the provider's mount.
    single = re.compile(r"/api/public/v2\.0/(users|customers)/\d+$")
    creates = re.compile(r"/api/public/v2\.0/(users|customers)$")

    def __init__(self, sandbox: Handle) -> None:
        self.sandbox = sandbox
        # Nothing over there keeps us from making somebody twice.
        sandbox.switch("meetbit", "duplicate_user_email", "second")
        sandbox.switch("meetbit", "duplicate_customer_email", "second")

    def connect(self, brand: Any, rate: int) -> Connection:
        self.sandbox.limit("meetbit-client", rate=rate * 1.05, burst=rate / 4)
        self.sandbox.limit("meetbit-tenant", enabled=False)
        return Connection.objects.create(
            brand=brand, provider="meetbit", name="MeetBit", is_default=True, base_url=self.sandbox.url + PREFIX,
            credentials=[KEYS], options={**OPTIONS, "rate": [[rate // 10, 0.1]]},
        )  # fmt: skip

    def alive(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.sandbox.objects("meetbit", kind) if not row.get("deleted_at")]

    def spoil(self, rng: random.Random) -> None:
        """Somebody edits or deletes in MeetBit's own administration."""
        rows = self.alive(rng.choice(["user", "customer"]))
        if not rows:
            return
        row = rng.choice(rows)
        kind = "user" if "department_id" in row else "customer"
        if rng.random() < 0.5:
            self.sandbox.edit("meetbit", kind, str(row["id"]), first_name="Vandal")
        else:
            self.sandbox.act("meetbit", "delete", kind=kind, id=row["id"])

    def differences(self, drill: "Drill") -> list[str]:
        found = []
        wanted: dict[str, dict[str, Person]] = {
            "user": {str(one.pk): one.person for one in drill.members()},
            "customer": {str(one.pk): one for one in drill.customers()},
        }
        for kind, people in wanted.items():
            there = {str(row["id"]): row for row in self.alive(kind)}
            mirrors = {row.local_uid: row for row in Mirror.objects.filter(connection=drill.connection, kind=kind)}
            if set(mirrors) != set(people):
                found.append(f"{kind}: mirrors {sorted(set(mirrors) ^ set(people))} are not what should be")
            for uid, person in people.items():
                row = there.pop(mirrors[uid].remote_id, None) if uid in mirrors else None
                ours = {"first_name": person.first_name, "last_name": person.last_name, "email": person.email}
                if kind == "user":
                    ours["timezone"] = person.time_zone
                if row is None or {name: row[name] for name in ours} != ours:
                    found.append(f"{kind} {uid}: {ours} but there {row}")
            found += [f"{kind} {uid} is there and nobody's: {row['email']}" for uid, row in there.items()]
            emails = Counter(row["email"] for row in self.alive(kind))
            found += [f"{kind} {email} is there {number} times" for email, number in emails.items() if number > 1]
        return found


class MeetergoSide:
    provider = "meetergo"
    has_clients = False  # bookings are another story: there the provider decides
    single = re.compile(r"/v4/(user|meeting-type|availability)/[0-9a-f-]{36}$")
    creates = re.compile(r"/v4/(user|meeting-type)$")

    def __init__(self, sandbox: Handle) -> None:
        self.sandbox = sandbox

    def connect(self, brand: Any, rate: int) -> Connection:
        self.sandbox.limit("meetergo", rate=rate * 1.05, per=1, burst=rate / 4)
        return Connection.objects.create(
            brand=brand, provider="meetergo", name="meetergo", is_default=True, base_url=self.sandbox.url + "/meetergo/v4",
            credentials=[{"api_key": KEY}], options={"rate": [[rate // 10, 0.1]]},
        )  # fmt: skip

    def alive(self, kind: str) -> list[dict[str, Any]]:
        rows = [row for row in self.sandbox.objects("meetergo", kind) if not row.get("deletedAt")]
        return [row for row in rows if row["userType"] == "api-platform"] if kind == "user" else rows

    def spoil(self, rng: random.Random) -> None:
        """Somebody edits or deletes in meetergo's own dashboard."""
        users = self.alive("user")
        if not users:
            return
        user, dice = rng.choice(users), rng.random()
        if dice < 0.4:
            self.sandbox.edit("meetergo", "user", user["id"], givenName="Vandal")
        elif dice < 0.7:
            self.sandbox.act("meetergo", "delete_user", userId=user["id"])
        else:
            types = [row for row in self.alive("meetingType") if row["userId"] == user["id"]]
            if types:
                row = rng.choice(types)
                info = {**row["meetingInfo"], "duration": 7}
                self.sandbox.edit("meetergo", "meetingType", row["id"], meetingInfo=info)

    def differences(self, drill: "Drill") -> list[str]:
        found: list[str] = []
        users = {row["id"]: row for row in self.alive("user")}
        for member in drill.members():
            mirrors = {
                (row.kind, row.local_uid): row
                for row in Mirror.objects.filter(connection=drill.connection)
                if row.local_uid == str(member.pk) or row.owner_uid == str(member.pk)
            }
            mirror = mirrors.get(("user", str(member.pk)))
            user = users.pop(mirror.remote_id, None) if mirror else None
            if user is None:
                found.append(f"user {member.pk} is not there: {mirror}")
                continue
            ours = (member.person.first_name, member.person.last_name, member.slug)
            theirs = (user["givenName"], user["familyName"], user["slug"])
            if ours != theirs:
                found.append(f"user {member.pk}: {ours} but there {theirs}")
            if user["email"] != member.person.email and "email" not in mirror.data.get("gaps", {}):
                found.append(f"user {member.pk}: another e-mail address there, and nobody says so")
            found += self._types(member, user, mirrors)
            plans = [row for row in self.alive("availability") if row["ownerId"] == user["id"]]
            zones = [(row["timezone"], open_days(row["schedule"])) for row in plans]
            if zones != [(member.time_zone, drill.open_days(member))]:
                found.append(f"hours of {member.pk}: {drill.open_days(member)} but there {zones}")
        found += [f"user {uid} is there and nobody's: {row['email']}" for uid, row in users.items()]
        local = {str(member.pk) for member in drill.members()}
        known = set(Mirror.objects.filter(connection=drill.connection, kind="user").values_list("local_uid", flat=True))
        found += [f"mirrors {sorted(known ^ local)} are not what should be"] if known != local else []
        return found

    def _types(self, member: Professional, user: dict[str, Any], mirrors: dict[Any, Mirror]) -> list[str]:
        there = {row["id"]: row for row in self.alive("meetingType") if row["userId"] == user["id"]}
        found = []
        for mine in member.meeting_types.exclude(visibility=MeetingType.Visibility.ARCHIVED):
            mirror = mirrors.get(("meeting_type", str(mine.pk)))
            row = there.pop(mirror.remote_id, None) if mirror else None
            if row is None:
                found.append(f"meeting type {mine.pk} of {member.pk} is not there: {mirror}")
                continue
            ours = (mine.title, mine.duration, mine.is_bookable and member.status == Professional.Status.LISTED)
            theirs = (row["meetingInfo"]["name"], row["meetingInfo"]["duration"], row["enabled"])
            if ours != theirs:
                found.append(f"meeting type {mine.pk}: {ours} but there {theirs}")
        return found + [f"meeting type {row['slug']} of {member.pk} is there and nobody's" for row in there.values()]


def open_days(schedule: Any) -> list[tuple[int, str]]:
    """(weekday, start of the first window), Monday = 0."""
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return [(days.index(day), schedule[day]["hours"][0]["start"]) for day in days if schedule[day]["hours"]]


# --- the house -------------------------------------------------------------------------------------------------------


class Drill:
    """`rate`: calls a second that we allow ourselves; the provider allows a little more."""

    def __init__(self, side: Any, monkeypatch: Any, *, seed: int, members: int, rate: int = 200) -> None:
        self.side, self.seed, self.sandbox = side, seed, side.sandbox
        self.brand = factories.make_brand(slug="drill", host="drill.localhost", is_default=True)
        self.connection = side.connect(self.brand, rate)
        self.admin = factories.make_admin("admin@drill.example")
        self.numbers = itertools.count(1)
        self.local = threading.local()
        self.kills, self.chaos = 0, True
        self.crashes: list[BaseException] = []
        self.at_work: Counter[int] = Counter()
        self.twice: list[str] = []
        self.lock = threading.Lock()
        self.wire(monkeypatch)
        for _ in range(members):
            self.join(random.Random(seed))

    # --- a faster clock and mortal workers ----------------------------------------------------------------------

    def wire(self, monkeypatch: Any) -> None:
        backoff, pause, send, reconcile = sync.backoff, limits.SharedGate.pause, Http._send, sync.reconcile

        def mortal(http: Http, method: str, path: str, writes: bool, *args: Any, **given: Any) -> Any:
            answer = send(http, method, path, writes, *args, **given)
            if self.chaos and writes and getattr(self.local, "rows", None) and self.rng().random() < KILLS:
                raise Killed
            return answer

        def watched(mirror: Mirror) -> None:
            rows = self.local.__dict__.setdefault("rows", [])
            rows.append(mirror)
            with self.lock:
                self.at_work[mirror.pk] += 1
                if self.at_work[mirror.pk] > 1:
                    self.twice.append(str(mirror))
            killed = False
            try:
                reconcile(mirror)
            except Killed:
                killed = True
                raise
            finally:
                rows.pop()
                with self.lock:
                    self.at_work[mirror.pk] -= 1
                if killed:
                    # Its lease runs out: the clock moves on.
                    soon = timezone.now() + timedelta(seconds=self.rng().uniform(0, 0.3))
                    held = Mirror.objects.filter(pk=mirror.pk, leased_until=mirror.leased_until)
                    held.update(leased_until=soon)

        monkeypatch.setattr(sync, "backoff", lambda *given: backoff(*given) / FAST)
        monkeypatch.setattr(sync, "OWNER_WAIT", sync.OWNER_WAIT / FAST)
        monkeypatch.setattr(limits.SharedGate, "pause", lambda gate, seconds: pause(gate, seconds / FAST))
        monkeypatch.setattr(Http, "_send", mortal)
        monkeypatch.setattr(sync, "reconcile", watched)
        # Workers look by themselves; no broker is asked.
        monkeypatch.setattr(sync, "_wake_worker", lambda: None)

    def rng(self) -> random.Random:
        """Chance of this thread."""
        if not hasattr(self.local, "rng"):
            self.local.rng = random.Random(f"{self.seed} {threading.current_thread().name}")
        return self.local.rng

    def faults(self) -> None:
        """Of all calls 20 % fail and may be repeated, of all writes 5 % lose their answer after the commit."""
        share = TRANSIENT / 4
        for kind, more in (
            ("drop", {}),
            ("status", {"status": 503}),
            ("status", {"status": 502, "body": "<html>Bad Gateway</html>"}),
            ("status", {"status": 429, "retry_after": 1}),
        ):
            self.sandbox.fault(kind, provider=self.side.provider, times=None, probability=share, **more)
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            self.sandbox.fault("lost", provider=self.side.provider, method=method, times=None, probability=LOST)
        self.sandbox.fault("latency", provider=self.side.provider, times=None, probability=0.1, seconds=0.05)

    # --- who should be there ------------------------------------------------------------------------------------

    def members(self) -> list[Professional]:
        return list(Professional.objects.filter(brand=self.brand, status__in=Listed).select_related("person"))

    def customers(self) -> list[Person]:
        people = Person.objects.filter(brand=self.brand, bookings__host__status__in=Listed).exclude(email="")
        return list(people.exclude(professional__status__in=Listed).distinct())

    def open_days(self, member: Professional) -> list[tuple[int, str]]:
        found: dict[int, str] = {}
        for rule in member.availability_rules.order_by("-start_minute"):
            found[rule.weekday] = f"{rule.start_minute // 60:02}:{rule.start_minute % 60:02}"
        return sorted(found.items())

    # --- what people do -----------------------------------------------------------------------------------------

    def join(self, rng: random.Random, person: Person | None = None) -> None:
        number = next(self.numbers)
        given = {} if person else {"email": f"member{number}@example.org", "last_name": f"Member{number}"}
        host = factories.make_professional(
            self.brand, person=person, slug=f"member-{number}", first_name=rng.choice(NAMES), **given
        )
        factories.make_meeting_type(host, slug="first-talk", title="First talk")
        if self.side.has_clients:
            self.book(host)

    def book(self, host: Professional, person: Person | None = None) -> None:
        number = next(self.numbers)
        person = person or factories.make_person(self.brand, email=f"client{number}@example.org", first_name="Kim")
        start = datetime(2031, 1, 6, 8, tzinfo=UTC) + timedelta(hours=number)
        uid, meeting_type = uuid.uuid4(), host.meeting_types.first()
        Booking.objects.create(
            uid=uid, session=uid, reference=f"D-{number}", host=host, meeting_type=meeting_type, client=person,
            status=Status.CONFIRMED, starts_at=start, ends_at=start + timedelta(minutes=30), blocked_from=start,
            blocked_until=start + timedelta(minutes=30), time_zone="Europe/Berlin", title="First talk",
            channel=MeetingType.Channel.ON_SITE, client_name=person.full_name, client_email=person.email,
            manage_hash=links.digest(str(uid)),
        )  # fmt: skip

    def edit(self, rng: random.Random) -> None:
        """One of the things that people do, in one transaction."""
        deeds: list[tuple[int, Callable[[random.Random], None]]] = [
            (6, self.rename), (3, self.move), (4, self.change_hours), (5, self.change_type), (2, self.suspend_or_list),
            (2, self.leave), (1, self.come_back), (2, self.new_member), (1, self.change_email),
        ]  # fmt: skip
        if self.side.has_clients:
            deeds += [(2, self.client_joins), (2, self.new_booking)]
        weights, functions = zip(*deeds, strict=True)
        with suppress(accounts.NotAllowed), transaction.atomic():  # the other editor may have been faster
            rng.choices(functions, weights)[0](rng)

    def one(self, rng: random.Random, **filters: Any) -> Professional | None:
        found = list(Professional.objects.filter(brand=self.brand, **filters).order_by("pk"))
        return rng.choice(found) if found else None

    def rename(self, rng: random.Random) -> None:
        person = rng.choice(list(Person.objects.filter(brand=self.brand).order_by("pk")))
        person.first_name = f"{rng.choice(NAMES)} {next(self.numbers)}"
        person.save()

    def change_email(self, rng: random.Random) -> None:
        person = rng.choice(list(Person.objects.filter(brand=self.brand).order_by("pk")))
        person.email = f"moved{next(self.numbers)}@example.org"
        person.save(update_fields=["email"])

    def move(self, rng: random.Random) -> None:
        host = self.one(rng, status__in=Listed)
        if host:
            host.person.time_zone = rng.choice(ZONES)
            host.person.save()

    def rename_member(self, name: str) -> None:
        person = self.members()[0].person
        person.first_name = name
        person.save()

    def change_hours(self, rng: random.Random) -> None:
        host = self.one(rng, status__in=Listed)
        if host is not None:
            self.change_hours_of(host, rng)

    def change_hours_of(self, host: Professional, rng: random.Random) -> None:
        day = rng.randrange(5)
        with transaction.atomic():
            Professional.objects.lock(host.pk)  # like every writer of hours
            for rule in host.availability_rules.filter(weekday=day):
                rule.delete()
            if rng.random() < 0.8:
                AvailabilityRule.objects.create(
                    host=host, weekday=day, start_minute=60 * rng.randrange(6, 12), end_minute=840
                )

    def change_type(self, rng: random.Random) -> None:
        host = self.one(rng, status__in=Listed)
        if host is None:
            return
        types = list(host.meeting_types.exclude(visibility=MeetingType.Visibility.ARCHIVED).order_by("pk"))
        dice = rng.random()
        if dice < 0.3 or not types:
            number = next(self.numbers)
            factories.make_meeting_type(host, slug=f"type-{number}", title=f"Talk {number}")
        elif dice < 0.5 and len(types) > 1:
            spare = [one for one in types if not one.bookings.exists()]
            if spare:
                rng.choice(spare).delete()
        else:
            chosen = rng.choice(types)
            chosen.title, chosen.duration = f"Talk {next(self.numbers)}", rng.choice([15, 30, 45, 60])
            chosen.save()

    def suspend_or_list(self, rng: random.Random) -> None:
        host = self.one(rng, status__in=Listed)
        if host and host.status == Professional.Status.LISTED:
            accounts.suspend(host, by=self.admin)
        elif host:
            accounts.approve(host, by=self.admin)

    def leave(self, rng: random.Random) -> None:
        host = self.one(rng, status__in=Listed)
        if host:
            accounts.close_account(host)

    def come_back(self, rng: random.Random) -> None:
        host = self.one(rng, status=Professional.Status.CLOSED)
        if host:
            host.status = Professional.Status.LISTED
            host.save()

    def client_joins(self, rng: random.Random) -> None:
        clients = [one for one in self.customers() if not Professional.objects.filter(person=one).exists()]
        if clients:
            self.join(rng, sorted(clients, key=lambda one: one.pk)[rng.randrange(len(clients))])

    def new_member(self, rng: random.Random) -> None:
        self.join(rng)

    def new_booking(self, rng: random.Random) -> None:
        host = self.one(rng, status=Professional.Status.LISTED)
        other = self.one(rng, status__in=Listed)
        if host and other and host.meeting_types.exists():
            # Members are clients of other members as well.
            self.book(host, other.person if other != host and rng.random() < 0.3 else None)

    # --- running ------------------------------------------------------------------------------------------------

    def run(self, edits: int) -> None:
        """Editors, a vandal and workers at once; then everybody stops where they are."""
        self.faults()
        done = threading.Event()
        editors = [self.thread(f"editor-{number}", self.editor, edits // EDITORS) for number in range(EDITORS)]
        others = [self.thread(f"worker-{number}", self.worker, done) for number in range(WORKERS)]
        others.append(self.thread("vandal", self.vandal, done))
        for thread in editors:
            thread.join(900)
        patience = time.monotonic() + edits / 10  # the faults outlast the edits, while anything is due
        while time.monotonic() < patience and Mirror.objects.exclude(due_at=None).exists():
            time.sleep(0.1)
        done.set()
        for thread in others:
            thread.join(60)
        assert not any(thread.is_alive() for thread in editors + others), "the drill hangs"
        if self.crashes:
            raise self.crashes[0]

    def thread(self, name: str, work: Callable[..., None], *given: Any) -> threading.Thread:
        def guarded() -> None:
            try:
                work(*given)
            except BaseException as error:  # noqa: BLE001 - shown by the test
                self.crashes.append(error)
            finally:
                connections.close_all()

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        return thread

    def editor(self, edits: int) -> None:
        for _ in range(edits):
            self.edit(self.rng())
            time.sleep(self.rng().uniform(0, 0.08))

    def vandal(self, done: threading.Event) -> None:
        while not done.wait(0.4):
            self.side.spoil(self.rng())

    def worker(self, done: threading.Event) -> None:
        while not done.is_set():
            try:
                if not sync.work(limit=20, should_stop=done.is_set):
                    done.wait(0.02)
            except Killed:
                connections.close_all()
                with self.lock:
                    self.kills += 1

    def recover(self, rounds: int = 4) -> int:
        """Faults over, leases run out: sweep and verify until both have nothing to say. Returns the rounds."""
        self.chaos = False
        self.sandbox.heal()
        Mirror.objects.exclude(leased_until=None).update(leased_until=timezone.now())
        for number in range(1, rounds + 1):
            marked = parity.sweep(self.connection, force=True)
            self.work_off()
            seen = parity.verify(self.connection)
            if not marked and not seen.edited and not seen.missing and not seen.unknown:
                return number
            self.work_off()
        differences = "\n".join(self.side.differences(self))
        differences += "".join(f"\n{row}: {row.drift}" for row in Mirror.objects.exclude(drift={}))
        raise AssertionError(f"no rest after {rounds} rounds: {marked} marked, {seen}, {self.left()}\n{differences}")

    def work_off(self, rounds: int = 60) -> None:
        for _round in range(rounds):
            Mirror.objects.exclude(due_at=None).update(due_at=timezone.now())
            crew = [self.thread(f"crew-{number}", sync.work) for number in range(WORKERS)]
            for thread in crew:
                thread.join(120)
            if self.crashes:
                raise self.crashes[0]
            if not Mirror.objects.exclude(due_at=None).exists():
                return
        raise AssertionError(f"still due: {self.left()}")

    def one_row(self, pk: int) -> None:
        """A worker that comes upon one row."""
        row = Mirror.objects.select_related("connection__brand").get(pk=pk)
        if sync.claim(row):
            sync.reconcile(row)

    def left(self) -> list[str]:
        return [f"{row}: {row.last_error or 'due'}" for row in Mirror.objects.exclude(due_at=None, last_error="")]

    # --- what the provider saw ----------------------------------------------------------------------------------

    def calls(self) -> list[dict[str, Any]]:
        return self.sandbox.log(provider=self.side.provider)

    def overlaps(self) -> list[str]:
        """Pairs of calls for one object that were under way at once, in the provider's own log."""
        by_object: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
        for call in self.calls():
            name = self.object_of(call)
            if name:
                # After a lost answer the log's end is later than the moment at which the worker knew.
                end = call["began"] if call["status"] is None else call["ended"]
                by_object[name].append((call["began"], end, f"{call['method']} {call['path']}"))
        found = []
        for name, spans in by_object.items():
            for first, second in itertools.pairwise(sorted(spans)):
                if second[0] < first[1]:
                    found.append(f"{name}: {first[2]} and {second[2]}")
        return found

    def object_of(self, call: dict[str, Any]) -> str:
        if self.side.single.match(call["path"]):
            return str(call["path"])
        body = call["body"] if isinstance(call["body"], dict) else {}
        if call["method"] == "POST" and self.side.creates.match(call["path"]):
            return f"{call['path']} {body.get('email') or body.get('metadata')}"
        return ""

    def refused(self) -> int:
        """429 that no fault made up."""
        return sum(call["status"] == 429 and "status" not in call["fault"] for call in self.calls())
