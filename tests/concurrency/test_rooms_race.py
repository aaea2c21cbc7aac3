"""One room, thirty hosts: without the guard everybody gets it, with it one. The same on SQLite and PostgreSQL."""

import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from scheduling import availability, bookings
from scheduling.bookings import SlotTaken
from scheduling.models import Booking, MeetingRoom, MeetingType
from scheduling.models.bookings import TAKES_TIME
from tests import factories
from tests.concurrency import race
from tests.concurrency.race import next_monday

pytestmark = pytest.mark.django_db(transaction=True)
HOSTS = 30


@pytest.fixture
def types(brand) -> list[MeetingType]:
    MeetingRoom.objects.create(brand=brand, name="Fjord")
    return [
        factories.make_meeting_type(
            factories.make_professional(brand, first_name=f"Host{number}"), duration=60, step=30, needs_room=True
        )
        for number in range(HOSTS)
    ]


@pytest.fixture
def without_nets(types) -> Iterator[None]:
    names = ("booking_no_room_overlap", "booking_one_per_room_and_start")
    if connection.vendor != "postgresql":
        names = names[1:]
    nets = [constraint for constraint in Booking._meta.constraints if constraint.name in names]
    for net in nets:
        with connection.schema_editor() as editor:
            editor.remove_constraint(Booking, net)
    try:
        yield
    finally:
        Booking.objects.all().delete()
        for net in nets:
            with connection.schema_editor() as editor:
                editor.add_constraint(Booking, net)


def look_then_insert(meeting_type: MeetingType, all_looked: threading.Barrier) -> None:
    start = next_monday("10:00")
    assert availability.refusal(meeting_type, start) is None
    row = bookings._new_booking(meeting_type, start, seats=1, origin=Booking.Origin.PAGE)
    row.hold_expires_at, row.room = timezone.now(), MeetingRoom.objects.get()
    all_looked.wait(race.PATIENCE)
    Booking.objects.bulk_create([row], ignore_conflicts=True)


def taken() -> int:
    return Booking.objects.filter(TAKES_TIME, room__isnull=False).count()


def test_the_race_exists(types, without_nets):
    """Every host has her own queue: her lock alone does not guard the room."""
    all_looked = threading.Barrier(6)
    race.run([partial(look_then_insert, one, all_looked) for one in types[:6]])
    assert taken() == 6


def test_the_nets_alone_let_one_through(types):
    all_looked = threading.Barrier(6)
    race.run([partial(look_then_insert, one, all_looked) for one in types[:6]])
    assert taken() == 1


def test_thirty_hosts_one_room_one_hold(types):
    starts = [next_monday("10:00"), next_monday("10:30")]
    jobs = [partial(bookings.hold, one, starts[number % 2]) for number, one in enumerate(types)]
    outcomes = race.run(jobs)
    assert Counter(type(one).__name__ for one in outcomes) == {"Booking": 1, "SlotTaken": HOSTS - 1}
    assert taken() == 1


def test_thirty_hosts_two_rooms_two_holds(types, brand):
    MeetingRoom.objects.create(brand=brand, name="Bakke")
    outcomes = race.run([partial(bookings.hold, one, next_monday("10:00")) for one in types])
    assert Counter(type(one).__name__ for one in outcomes) == {"Booking": 2, "SlotTaken": HOSTS - 2}
    assert Booking.objects.values("room").distinct().count() == 2


def test_holds_that_end_and_rooms_that_are_wanted_never_wait_for_each_other(types, brand):
    """Each writer expires what ran out, hers and what is in her way in the room: in one order, so no deadlock."""
    for number in range(4):
        over = [bookings.hold(one, next_monday(f"{9 + hour:02}:00")) for hour, one in enumerate(types[:6])]
        later = max(held.hold_expires_at for held in over)
        wanted = [
            partial(bookings.hold, one, held.starts_at, now=later) for one, held in zip(types, over, strict=False)
        ]
        crossed = [
            partial(bookings.hold, one, held.starts_at, now=later) for one, held in zip(types, over[::-1], strict=False)
        ]
        outcomes = race.run(
            [*wanted, *crossed, partial(bookings.expire_holds, later), partial(bookings.release, over[0])]
        )
        unexpected = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, SlotTaken)]
        assert not unexpected, (number, unexpected)
        assert taken() <= 6
        Booking.objects.all().delete()
