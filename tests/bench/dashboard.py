"""The first page of the administration with 100,000 bookings: queries, and how long it takes.

    python -m tests.bench.dashboard

On the database that DATABASE_URL names (a scratch copy is made and dropped). Exit code 1 beyond 15 queries or two seconds.
"""

import sys
import uuid
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any

from tests.bench.stampede import scratch_database

BOOKINGS, HOSTS, ROUNDS = 100_000, 200, 9
MOST_QUERIES, MOST_SECONDS = 15, 2.0


def main() -> int:
    with scratch_database() as vendor:
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext
        from django.urls import reverse

        from directory.models import User
        from tests import factories

        brand = factories.make_brand(slug="board", host="board.localhost", is_default=True)
        hosts = [factories.make_professional(brand) for _ in range(HOSTS)]
        fill([factories.make_meeting_type(host) for host in hosts])
        client = Client(HTTP_HOST="board.localhost")
        user = User.objects.create_superuser(email="admin@example.org", password="x")  # noqa: S106
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        url = reverse("admin:index")
        assert client.get(url).status_code == 200
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
            count = len(queries)
        times = []
        for _ in range(ROUNDS):
            start = perf_counter()
            client.get(url)
            times.append(perf_counter() - start)
        taken = median(times)
        passed = count <= MOST_QUERIES and taken <= MOST_SECONDS
        print(f"Dashboard on {vendor}: {BOOKINGS:,} bookings of {HOSTS} members: {count} queries, {taken:.3f} s.\n")
    return 0 if passed else 1


def fill(types: list[Any]) -> None:
    """A year of bookings around today, in all states: copies of one row, which no verb needs to make one by one."""
    from django.db import connection, transaction
    from django.utils import timezone

    from scheduling.models import Booking

    states = ("completed", "completed", "no_show", "cancelled", "declined")
    now = timezone.now()
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=300)
    fields = Booking._meta.concrete_fields
    places = ", ".join(["%s"] * len(fields))
    names = ", ".join(field.column for field in fields)
    seed = Booking(time_zone="Europe/Berlin", client_name="Bob Berg")
    same = {field.attname: field.get_db_prep_save(getattr(seed, field.attname), connection) for field in fields}
    prepare = {field.attname: field.get_db_prep_save for field in fields}

    def row(number: int) -> list[Any]:
        meeting_type = types[number % len(types)]
        start = first + timedelta(hours=17) * (number // len(types))
        end = start + timedelta(minutes=30)
        uid, name = uuid.uuid4(), f"B{number}"
        own = {"uid": uid, "session": uid, "reference": name, "manage_hash": name}
        own |= {"host_id": meeting_type.host_id, "meeting_type_id": meeting_type.pk}
        own |= {"starts_at": start, "ends_at": end, "blocked_from": start, "blocked_until": end}
        own["status"] = states[number % 5] if end < now else "confirmed"
        return list((same | {key: prepare[key](value, connection) for key, value in own.items()}).values())

    with transaction.atomic(), connection.cursor() as cursor:
        insert = f"INSERT INTO {Booking._meta.db_table} ({names}) VALUES ({places})"  # noqa: S608
        cursor.executemany(insert, [row(number) for number in range(BOOKINGS)])


if __name__ == "__main__":
    sys.exit(main())
