"""No double booking under any interleaving, the same on SQLite and PostgreSQL. The race is shown to exist first."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from directory.models import Person
from scheduling import availability, bookings
from scheduling.bookings import HoldExpired, SlotTaken
from scheduling.models import Booking, BookingEvent, MeetingType, Message
from scheduling.models.bookings import Status
from tests import factories
from tests.concurrency import race
from tests.concurrency.race import next_monday

pytestmark = pytest.mark.django_db(transaction=True)
Actor = Booking.Actor
GUEST: dict[str, Any] = {"name": "Bob Berg", "email": "bob@example.org"}


@pytest.fixture
def an_hour(alice) -> MeetingType:
    """Sixty minutes, every five: twelve starts from 10:00 to 10:55 all overlap each other."""
    return factories.make_meeting_type(alice, duration=60, step=5, buffer_after=10)


def different_starts(count: int) -> list[datetime]:
    return [next_monday("10:00") + timedelta(minutes=5 * (number % 12)) for number in range(count)]


def kinds(outcomes: list[object]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


@pytest.fixture
def slow_decision(monkeypatch) -> None:
    """A pause between the check and the insert, where the race is lost if nothing guards it."""
    decide = bookings._require_offered

    def and_wait(*args, **kwargs) -> None:
        decide(*args, **kwargs)
        time.sleep(0.03)

    monkeypatch.setattr(bookings, "_require_offered", and_wait)


@pytest.fixture
def without_net(an_hour) -> Iterator[None]:
    """The exclusion constraint taken away, where there is one."""
    net = next(constraint for constraint in Booking._meta.constraints if constraint.name == "booking_no_overlap")
    if connection.vendor != "postgresql":
        yield
        return
    with connection.schema_editor() as editor:
        editor.remove_constraint(Booking, net)
    try:
        yield
    finally:
        Booking.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Booking, net)


def check_then_insert(meeting_type: MeetingType, start: datetime, everybody_checked: threading.Barrier) -> bool:
    """What most booking software does: look whether the time is free; if so, insert."""
    if availability.refusal(meeting_type, start) is not None:
        everybody_checked.abort()
        return False
    everybody_checked.wait(race.PATIENCE)
    row = bookings._new_booking(meeting_type, start, seats=1, origin=Booking.Origin.PAGE)
    row.hold_expires_at = timezone.now() + timedelta(minutes=10)
    Booking.objects.bulk_create([row], ignore_conflicts=True)
    return True


def test_the_race_exists(an_hour, without_net):
    """Without lock and constraint, everybody who saw the time free gets it."""
    everybody_checked = threading.Barrier(8)
    starts = different_starts(8)
    race.run([partial(check_then_insert, an_hour, start, everybody_checked) for start in starts])
    assert Booking.objects.count() == 8
    assert race.overlaps(an_hour.host) == 7


def test_one_of_a_hundred_attempts_on_overlapping_times_wins(an_hour):
    outcomes = race.run([partial(bookings.hold, an_hour, start) for start in different_starts(100)])
    assert kinds(outcomes) == {"Booking": 1, "SlotTaken": 99}
    assert Booking.objects.count() == 1


def test_a_slow_decision_is_still_alone(an_hour, slow_decision):
    outcomes = race.run([partial(bookings.hold, an_hour, start) for start in different_starts(20)])
    assert kinds(outcomes) == {"Booking": 1, "SlotTaken": 19}
    assert Booking.objects.count() == 1


def test_two_meeting_types_of_one_host_race_as_well(an_hour, alice):
    other = factories.make_meeting_type(alice, duration=30, step=10, buffer_before=15)
    jobs = [partial(bookings.hold, an_hour, next_monday("10:20"))] * 10
    jobs += [partial(bookings.hold, other, next_monday("10:30"))] * 10
    assert kinds(race.run(jobs)) == {"Booking": 1, "SlotTaken": 19}


def test_hosts_do_not_stand_in_each_others_way(an_hour, charlie):
    theirs = factories.make_meeting_type(charlie, duration=60, step=5)
    starts = different_starts(12)
    jobs = [partial(bookings.hold, kind, start) for start in starts for kind in (an_hour, theirs)]
    assert kinds(race.run(jobs)) == {"Booking": 2, "SlotTaken": 22}
    assert set(Booking.objects.values_list("host", flat=True)) == {an_hour.host_id, charlie.pk}


@pytest.fixture
def forgotten_lock(an_hour, monkeypatch) -> None:
    """The verbs read the host without locking her."""
    hosts = type(an_hour.host).objects.select_related("person", "brand")
    monkeypatch.setattr(bookings, "_lock_host", lambda pk: hosts.get(pk=pk))


@pytest.mark.postgresql
def test_without_lock_and_net_the_verb_itself_would_lose(an_hour, slow_decision, forgotten_lock, without_net):
    outcomes = race.run([partial(bookings.hold, an_hour, start) for start in different_starts(12)])
    assert kinds(outcomes)["Booking"] > 1
    assert race.overlaps(an_hour.host) > 0


@pytest.mark.postgresql
def test_the_net_catches_a_path_that_forgot_the_lock(an_hour, slow_decision, forgotten_lock):
    """The constraint lets one in; the others lose at once and politely."""
    for number in range(5):
        began = time.monotonic()
        outcomes = race.run([partial(bookings.hold, an_hour, start) for start in different_starts(32)])
        assert kinds(outcomes) == {"Booking": 1, "SlotTaken": 31}, number
        # A deadlock would cost at least deadlock_timeout, a second.
        assert time.monotonic() - began < 10
        Booking.objects.all().delete()


@pytest.mark.postgresql
def test_raw_inserts_cannot_overlap_nor_deadlock(an_hour):
    def insert(start: datetime) -> int:
        row = bookings._new_booking(an_hour, start, seats=1, origin=Booking.Origin.PAGE)
        row.hold_expires_at = timezone.now() + timedelta(minutes=10)
        with transaction.atomic():
            Booking.objects.bulk_create([row], ignore_conflicts=True)
            return Booking.objects.filter(pk=row.pk).count()

    outcomes = race.run([partial(insert, start) for start in different_starts(60)])
    assert kinds(outcomes) == {"int": 60}, outcomes
    assert sum(outcomes) == Booking.objects.count() == 1  # type: ignore[arg-type]


def test_a_group_meeting_sells_its_seats_and_no_more(alice):
    course = factories.make_meeting_type(alice, duration=60, seats=5)
    outcomes = race.run([partial(bookings.hold, course, next_monday("10:00"))] * 30)
    assert kinds(outcomes) == {"Booking": 5, "SlotTaken": 25}
    outcomes = race.run([partial(bookings.hold, course, next_monday("14:00"), seats=2)] * 10)
    assert kinds(outcomes) == {"Booking": 2, "SlotTaken": 8}


def test_the_daily_limit_holds(alice):
    three_a_day = factories.make_meeting_type(alice, duration=15, daily_limit=3)
    starts = [next_monday("09:00") + timedelta(minutes=15 * number) for number in range(24)]
    outcomes = race.run([partial(bookings.hold, three_a_day, start) for start in starts])
    assert kinds(outcomes) == {"Booking": 3, "SlotTaken": 21}


def test_a_move_and_new_visitors_race_for_one_time(an_hour):
    for number in range(4):
        booking = bookings.confirm(bookings.hold(an_hour, next_monday("09:00")), **GUEST)
        target = next_monday("14:00")
        move = partial(bookings.reschedule, booking, target, actor=Actor.CLIENT)
        holds = [partial(bookings.hold, an_hour, target + timedelta(minutes=5 * late)) for late in range(6)]
        outcomes = race.run([*holds[:3], move, *holds[3:]])
        assert kinds(outcomes) == {"Booking": 1, "SlotTaken": 6}, number
        assert race.overlaps(an_hour.host) == 0
        moved = isinstance(outcomes[3], Booking)
        booking.refresh_from_db()
        assert (booking.starts_at, booking.version) == ((target, 1) if moved else (next_monday("09:00"), 0))
        BookingEvent.objects.all().delete()
        Message.objects.all().delete()
        Booking.objects.all().delete()


def test_two_bookings_cannot_move_to_one_time(an_hour):
    rows = [bookings.confirm(bookings.hold(an_hour, next_monday(clock)), **GUEST) for clock in ("09:00", "11:00")]
    targets = (next_monday("14:00"), next_monday("14:30"))
    jobs = [
        partial(bookings.reschedule, row, target, actor=Actor.HOST) for row, target in zip(rows, targets, strict=True)
    ]
    assert kinds(race.run(jobs)) == {"Booking": 1, "SlotTaken": 1}
    assert race.overlaps(an_hour.host) == 0


def test_bookings_that_swap_their_times_do_not_deadlock(an_hour):
    rows = [bookings.confirm(bookings.hold(an_hour, next_monday(clock)), **GUEST) for clock in ("09:00", "11:00")]
    jobs = [partial(bookings.reschedule, one, other.starts_at, actor=Actor.HOST) for one, other in (rows, rows[::-1])]
    assert kinds(race.run(jobs * 3)) == {"SlotTaken": 6}


def test_confirming_many_times_is_one_appointment_with_one_set_of_messages(an_hour):
    held = bookings.hold(an_hour, next_monday("10:00"))
    outcomes = race.run([partial(bookings.confirm, held, **GUEST)] * 12)
    assert {outcome.pk for outcome in outcomes} == {held.pk}  # type: ignore[attr-defined]
    assert BookingEvent.objects.filter(kind="confirmed").count() == 1
    assert sorted(Message.objects.about_changes().values_list("audience", flat=True)) == ["client", "host"]
    assert Person.objects.filter(email=GUEST["email"]).count() == 1


def test_a_new_client_who_books_at_two_hosts_at_once_is_one_person(an_hour, charlie):
    theirs = factories.make_meeting_type(charlie, duration=60)
    holds = [bookings.hold(kind, next_monday("10:00")) for kind in (an_hour, theirs)]
    outcomes = race.run([partial(bookings.confirm, held, **GUEST) for held in holds])
    assert kinds(outcomes) == {"Booking": 2}
    assert Person.objects.filter(email=GUEST["email"]).count() == 1


def test_at_the_end_of_a_hold_the_time_goes_to_exactly_one(an_hour):
    """Its visitor confirms, the clock expires it, and somebody else takes the time, all at that moment."""
    for number in range(5):
        start = next_monday("10:00")
        held = bookings.hold(an_hour, start)
        over = held.hold_expires_at
        outcomes = race.run(
            [
                partial(bookings.expire_holds, over),
                partial(bookings.confirm, held, now=over, **GUEST),
                partial(bookings.hold, an_hour, start + timedelta(minutes=30), now=over),
                partial(bookings.expire_holds, over),
            ]
        )
        _expired, confirmed, other, _again = outcomes
        if isinstance(confirmed, Booking):
            assert isinstance(other, SlotTaken), (number, other)
        else:
            assert isinstance(confirmed, HoldExpired), (number, confirmed)
            assert isinstance(other, Booking), (number, other)
        held.refresh_from_db()
        assert held.status == (Status.CONFIRMED if isinstance(confirmed, Booking) else Status.EXPIRED)
        assert race.overlaps(an_hour.host) == 0
        BookingEvent.objects.all().delete()
        Message.objects.all().delete()
        Booking.objects.all().delete()


def test_a_cancellation_and_a_move_end_in_one_state(an_hour):
    for number in range(4):
        booking = bookings.confirm(bookings.hold(an_hour, next_monday("09:00")), **GUEST)
        outcomes = race.run(
            [
                partial(bookings.cancel, booking, actor=Actor.CLIENT),
                partial(bookings.reschedule, booking, next_monday("14:00"), actor=Actor.HOST),
                partial(bookings.cancel, booking, actor=Actor.HOST),
            ]
        )
        assert kinds(outcomes) in ({"Booking": 3}, {"Booking": 2, "NotAllowed": 1}), (number, outcomes)
        booking.refresh_from_db()
        moved = isinstance(outcomes[1], Booking)
        assert (booking.status, booking.version) == (Status.CANCELLED, 2 if moved else 1)
        assert BookingEvent.objects.filter(kind="cancelled").count() == 1
        BookingEvent.objects.all().delete()
        Message.objects.all().delete()
        Booking.objects.all().delete()
