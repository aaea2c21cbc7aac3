"""Many threads, each with a database connection of its own, that start at the same moment."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db import connection, connections

from directory.models import Professional
from scheduling.models import Booking
from scheduling.models.bookings import TAKES_TIME

PATIENCE = 120  # seconds; a race that takes longer hangs


def run(jobs: Sequence[Callable[[], object]], *, over_http: bool = False) -> list[object]:
    """What each job returned or raised, in the order of the jobs. All start together, as far as connections go round.

    `over_http`: the connections are the server's, which lets go of one a moment after it has answered.
    """
    outcomes: list[object] = [None] * len(jobs)
    threads = min(len(jobs), spare_connections() // (2 if over_http else 1))
    line = threading.Barrier(threads)

    def work(first: int) -> None:
        try:
            if not over_http:
                connection.ensure_connection()
            line.wait(PATIENCE)
            for number in range(first, len(jobs), threads):
                try:
                    outcomes[number] = jobs[number]()
                except Exception as error:  # noqa: BLE001 - what went wrong is the result
                    outcomes[number] = error
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    assert not any(worker.is_alive() for worker in workers), "the race hangs"
    return outcomes


def spare_connections() -> int:
    """How many more connections the database takes, with some left for everybody else."""
    if connection.vendor != "postgresql":
        return 200
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
            " - (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend')"
        )
        return max(2, min(200, cursor.fetchone()[0] - 25))


def overlaps(host: Professional) -> int:
    """Pairs of neighbouring active bookings whose blocked times overlap, group meetings counted once."""
    rows = Booking.objects.filter(TAKES_TIME, host=host).order_by("blocked_from")
    blocks = {row.session: (row.blocked_from, row.blocked_until) for row in rows}
    return sum(second[0] < first[1] for first, second in pairwise(sorted(blocks.values())))


def next_monday(clock: str, zone: str = "Europe/Berlin") -> datetime:
    """A time of the week after next's Monday: far enough from now, near enough for every horizon."""
    today = datetime.now(ZoneInfo(zone)).date()
    monday = today + timedelta(days=14 - today.weekday())
    return datetime.combine(monday, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)
