"""A request is answered once, and of several for one time only one is accepted, whoever presses when."""

from datetime import timedelta
from functools import partial

import pytest

from scheduling import bookings, groups, requests, series
from scheduling.models import Booking, BookingEvent, MeetingType, Message
from scheduling.models.bookings import Status
from tests import factories
from tests.concurrency import race
from tests.concurrency.race import next_monday
from tests.concurrency.test_bookings_race import kinds

pytestmark = pytest.mark.django_db(transaction=True)
Actor = Booking.Actor


def ask(meeting_type: MeetingType, number: int, clock: str = "10:00") -> Booking:
    held = bookings.hold(meeting_type, next_monday(clock))
    return bookings.confirm(held, name=f"Guest {number}", email=f"guest{number}@example.org")


@pytest.fixture
def raced(alice) -> MeetingType:
    return factories.make_meeting_type(alice, duration=60, step=30, on_request=True, while_asked="race")


def test_without_the_lock_both_would_be_accepted(raced):
    """What a check without the lock sees: the time is free for each of two overlapping requests."""
    first, second = ask(raced, 1), ask(raced, 2, "10:30")
    now = first.created_at
    free = [requests._conflict(row, row.blocked_from, row.blocked_until, now) for row in (first, second)]
    assert free == [None, None]


def test_of_many_overlapping_requests_one_is_accepted(raced):
    asked = [ask(raced, number, "10:00" if number % 2 else "10:30") for number in range(10)]
    outcomes = race.run([partial(requests.accept, booking) for booking in asked])
    assert kinds(outcomes) == {"Booking": 1, "NotAllowed": 9}
    assert Booking.objects.filter(status=Status.CONFIRMED).count() == 1
    assert Booking.objects.filter(status=Status.DECLINED).count() == 9
    assert Message.objects.filter(kind="declined").count() == 9


def test_two_accept_one_declines_and_the_clock_strikes(raced):
    for number in range(4):
        booking = ask(raced, number)
        outcomes = race.run(
            [
                partial(requests.accept, booking),
                partial(requests.refuse, booking),
                partial(requests.accept, booking),
                partial(requests.lapse, booking.answer_by),
                partial(bookings.cancel, booking, actor=Actor.CLIENT),
            ]
        )
        booking.refresh_from_db()
        answers = BookingEvent.objects.filter(booking=booking).exclude(kind="requested")
        accepted = answers.filter(kind="confirmed").count()
        ended = answers.filter(kind__in=["declined", "lapsed", "cancelled"]).count()
        assert accepted <= 1, outcomes
        assert ended <= 1, outcomes
        # The client may cancel what was accepted a moment before.
        assert booking.status != Status.PENDING
        assert (booking.status == Status.CONFIRMED) == (accepted == 1 and ended == 0)
        BookingEvent.objects.all().delete()
        Message.objects.all().delete()
        Booking.objects.all().delete()


def test_a_phone_entry_and_an_acceptance_race_for_one_time(raced):
    booking = ask(raced, 1)
    outcomes = race.run(
        [
            partial(requests.accept, booking),
            partial(bookings.enter, raced, next_monday("10:30"), name="Caller", outside_rules=True),
        ]
    )
    assert kinds(outcomes) == {"Booking": 1, "SlotTaken": 1}
    assert race.overlaps(raced.host) == 0


def test_the_last_seat_goes_to_one_of_those_who_ask_for_more_at_the_last_step(alice):
    course = factories.make_meeting_type(alice, duration=60, seats=6)
    held = [bookings.hold(course, next_monday("10:00")) for _ in range(4)]
    jobs = [
        partial(bookings.confirm, row, name=f"Guest {number}", email=f"guest{number}@example.org", seats=3)
        for number, row in enumerate(held)
    ]
    assert kinds(race.run(jobs)) == {"Booking": 1, "SeatsGone": 3}
    assert sum(Booking.objects.values_list("seats", flat=True)) == 6


def test_a_session_that_moves_and_newcomers_never_share_too_few_seats(alice):
    course = factories.make_meeting_type(alice, duration=60, seats=3)
    for round_number in range(3):
        rows = [bookings.enter(course, next_monday("10:00"), name=f"Guest {number}") for number in range(2)]
        target = next_monday("14:00")
        move = partial(groups.move, alice, rows[0].session, target)
        holds = [partial(bookings.hold, course, target)] * 4
        race.run([*holds[:2], move, *holds[2:]])
        assert sum(Booking.objects.filter(starts_at=target).values_list("seats", flat=True)) <= 3, round_number
        assert Booking.objects.filter(status=Status.CONFIRMED).values("starts_at").distinct().count() == 1
        assert race.overlaps(alice) == 0
        BookingEvent.objects.all().delete()
        Message.objects.all().delete()
        Booking.objects.all().delete()


def test_of_many_who_want_the_same_series_one_gets_all_and_the_others_nothing(alice):
    lesson = factories.make_meeting_type(alice, duration=60, series_max=4)
    days = [next_monday("10:00") + timedelta(days=number) for number in range(3)]
    items = [(lesson, day) for day in days]
    outcomes = race.run([partial(series.hold, items)] * 8 + [partial(series.hold, items[1:])] * 4)
    assert kinds(outcomes) == {"Booking": 1, "Clash": 11}
    assert Booking.objects.filter(status=Status.HELD).values("series").distinct().count() == 1
