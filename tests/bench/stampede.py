"""Many visitors, overlapping times of one host, the same moment: who wins, and how long each waits for an answer.

    python -m tests.bench.stampede [rounds]

On the database that DATABASE_URL names (a scratch copy is made and dropped), first through the verb, then over HTTP
through the real form of a running server. Exit code 1 unless every round has one winner, polite losers and nothing
else.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import Any

VISITORS = 32


def main(rounds: int = 10) -> int:
    with scratch_database() as vendor:
        # Models can be imported only now.
        from scheduling.bookings import SlotTaken, hold
        from scheduling.models import Booking
        from tests import factories
        from tests.concurrency.race import next_monday
        from tests.concurrency.visitors import Visitor

        brand = factories.make_brand(slug="stampede", host="stampede.localhost", is_default=True)
        host = factories.make_professional(brand, slug="alice-ahrens")
        an_hour = factories.make_meeting_type(host, duration=60, step=5, buffer_after=10)
        starts = [next_monday("10:00") + timedelta(minutes=5 * (number % 12)) for number in range(VISITORS)]
        print(f"Stampede on {vendor}: {VISITORS} visitors, {rounds} rounds, twelve overlapping starts of one host.\n")

        def verdict(outcome: object) -> str:
            if isinstance(outcome, Booking):
                return "won"
            return "lost" if isinstance(outcome, SlotTaken) else repr(outcome)[:120]

        def answer(outcome: object) -> str:
            return {303: "won", 409: "lost"}.get(getattr(outcome, "status_code", 0), repr(outcome)[:120])

        jobs: list[Callable[[], object]] = [partial(hold, an_hour, start) for start in starts]
        passed = stampede("the verb", rounds, jobs, verdict, Booking.objects.all().delete)
        with server() as origin:
            visitors = []
            for _ in range(VISITORS):
                visitor = Visitor(origin)
                visitor.look(f"{an_hour.get_absolute_url()}?from={starts[0]:%Y-%m-%d}")
                visitors.append(visitor)
            jobs = [
                partial(visitor.take, f"{start:%Y-%m-%dT%H:%M:%SZ}")
                for visitor, start in zip(visitors, starts, strict=True)
            ]
            passed &= stampede("over HTTP", rounds, jobs, answer, Booking.objects.all().delete, over_http=True)
    return 0 if passed else 1


def stampede(
    name: str,
    rounds: int,
    jobs: list[Callable[[], object]],
    verdict: Callable[[object], str],
    clear: Callable[[], object],
    over_http: bool = False,
) -> bool:
    from tests.concurrency import race

    waits: list[float] = []

    def timed(job: Callable[[], object]) -> object:
        began = perf_counter()
        try:
            return job()
        finally:
            waits.append((perf_counter() - began) * 1000)

    verdicts: Counter[str] = Counter()
    clean = 0
    for _ in range(rounds):
        outcomes = Counter(map(verdict, race.run([partial(timed, job) for job in jobs], over_http=over_http)))
        clean += outcomes == {"won": 1, "lost": len(jobs) - 1}
        verdicts += outcomes
        clear()
    waits.sort()
    p50, p95, p99 = (waits[int(len(waits) * part)] for part in (0.5, 0.95, 0.99))
    print(f"{name:<10} {dict(verdicts)}   ms: p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f}, max {waits[-1]:.0f}")
    print(
        f"{'PASS' if clean == rounds else 'FAIL'}  rounds with one winner and polite losers only: {clean} of {rounds}"
    )
    return clean == rounds


@contextmanager
def scratch_database() -> Iterator[str]:
    """Django set up on an empty copy of the database; gives the vendor's name."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.db import connection
    from django.test.utils import setup_test_environment, teardown_test_environment

    django.setup()
    setup_test_environment(debug=False)
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield connection.vendor
    finally:
        connection.close()
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()


@contextmanager
def server() -> Iterator[str]:
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    class Patient(LiveServerThread):
        def _create_server(self, connections_override: Any = None) -> Any:
            made = super()._create_server(connections_override)  # type: ignore[misc]
            made.socket.listen(256)
            return made

    thread = Patient("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    try:
        yield f"http://127.0.0.1:{thread.port}"
    finally:
        thread.terminate()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
