"""Onboarding 1,000 members at once: how much of what the provider allows is used, and how often it says 429.

    python -m tests.bench.onboarding [members] [how many times as fast]

On the database that DATABASE_URL names (a scratch copy is made and dropped), against the sandbox in a process of its own.
Its limits and ours are those of real life, on a clock that is FAST times as quick. Exit code 1 unless at least 90 % of the allowed
rate is used and no call is refused after the first seconds. A machine that is busy with other things misses the first.
"""

import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bench.stampede import scratch_database

GOAL, WORKERS, WARM_UP = 0.9, 4, 2.0
# MeetBit: calls a second for one client; how many times quicker than in life.
ALLOWED, FAST = 5, 7


def provider(pipe: Any, folder: str, fast: int) -> None:
    """The sandbox; tells its address, and at the end when calls came and what was answered."""
    import django

    django.setup()
    from integrations.sandbox.server import running

    server = running(Path(folder) / "sandbox.sqlite3")
    server.sandbox.clock.set(speed=fast)
    server.sandbox.limits.change("meetbit-tenant", enabled=False)
    server.serve_in_thread()
    pipe.send(server.url)
    pipe.recv()
    pipe.send([(call["began"], call["status"]) for call in server.sandbox.log.entries(provider="meetbit")])
    server.stop()


def main(members: int = 1000, fast: int = FAST) -> int:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory() as folder, scratch_database() as vendor:
        process = context.Process(target=provider, args=(theirs, folder, fast), daemon=True)
        process.start()
        url = ours.recv()
        began = time.monotonic()
        left = onboard(url, members, fast)
        seconds = time.monotonic() - began
        ours.send("enough")
        calls = ours.recv()
        process.join(10)
    return report(vendor, members, fast, left, seconds, calls)


def onboard(url: str, members: int, fast: int) -> int:
    """How many members have no account in the end."""
    # Models can be imported only now.
    from django.db import connection

    from integrations import connections, limits, sync
    from integrations.models import Connection, Mirror
    from integrations.providers.meetbit import MeetBit

    # What they ask for in seconds are seconds of their clock.
    pause = limits.SharedGate.pause
    limits.SharedGate.pause = lambda gate, seconds: pause(gate, seconds / fast)  # type: ignore[method-assign]
    rates = [[calls, seconds / fast] for calls, seconds in MeetBit.rate]
    brand, pks = people(members)
    account = Connection.objects.create(
        brand=brand, provider="meetbit", name="MeetBit", is_default=True, base_url=f"{url}/meetbit/api/public/v2.0",
        options={"department_id": 1, "role_id": 1, "rate": rates},
    )  # fmt: skip
    connections.set_credentials(account, {"key_id": "MBP-sandbox", "key_secret": "sandbox-secret!"})
    connections.onboard(account, pks)

    def crew(_number: int) -> None:
        try:
            while Mirror.objects.exclude(due_at=None).exists():
                if not sync.work():
                    time.sleep(0.05)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(crew, range(WORKERS)))
    return len(pks) - Mirror.objects.filter(connection=account, kind="user").exclude(remote_id="").count()


def people(members: int) -> tuple[Any, list[int]]:
    from directory.models import Person, Professional
    from tests import factories

    brand = factories.make_brand(slug="onboarding", host="onboarding.localhost", is_default=True)
    rows = [
        Person(brand=brand, email=f"m{number}@example.org", first_name="Mia", last_name=f"M{number}",
               time_zone="Europe/Berlin", language="en")
        for number in range(members)
    ]  # fmt: skip
    Person.objects.bulk_create(rows)
    listed = Professional.Status.LISTED
    Professional.objects.bulk_create(
        Professional(brand=brand, person=person, slug=f"m-{person.pk}", status=listed, title="Lawyer")
        for person in Person.objects.filter(brand=brand)
    )
    return brand, list(Professional.objects.filter(brand=brand).values_list("pk", flat=True))


def report(vendor: str, members: int, fast: int, left: int, seconds: float, calls: list[tuple[float, int]]) -> int:
    first, last = calls[0][0], calls[-1][0]
    settled = [status for at, status in calls if at > first + WARM_UP]
    share = len(settled) / (last - first - WARM_UP) / (ALLOWED * fast)
    refused = settled.count(429)
    print(f"Onboarding on {vendor}: {members} members, {WORKERS} workers, {len(calls)} calls in {seconds:.0f} s.")
    print(f"Allowed {ALLOWED * fast} calls a second ({fast} times as many as in life), used {share:.0%}.\n")
    passed = share >= GOAL and not refused and not left
    print(f"{'PASS' if share >= GOAL else 'FAIL'}  share of the allowed rate: {share:.1%}, at least {GOAL:.0%}")
    print(f"{'FAIL' if refused else 'PASS'}  calls refused with 429 after {WARM_UP:.0f} s: {refused}")
    print(f"{'FAIL' if left else 'PASS'}  members without an account: {left}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
