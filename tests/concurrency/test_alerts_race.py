"""200 people press the claim button of one opened time at the same moment; workers look at the same moment."""

from datetime import timedelta

import pytest
from django.core import mail as outbox_of
from django.utils import timezone

from scheduling import alert_mails, alerts, bookings
from scheduling.groundwork import BookingError
from scheduling.models import Alert, Booking, Offer, Opening
from tests import factories
from tests.concurrency import race

pytestmark = pytest.mark.django_db(transaction=True)
CLAIMS = 200


@pytest.fixture
def opening(db):
    meeting_type = factories.make_meeting_type(horizon_days=30)
    start = race.next_monday("10:00")
    return Opening.objects.create(meeting_type=meeting_type, starts_at=start)


def offers_of(opening: Opening, *, booked: int = 0) -> list[Offer]:
    """A line of 200; the first `booked` of them have an appointment that would move."""
    made = []
    for number in range(CLAIMS):
        booking = None
        if number < booked:
            later = opening.starts_at + timedelta(days=1 + number // 10, minutes=30 * (number % 10))
            booking = bookings.enter(
                opening.meeting_type, later, name=f"C{number}", email=f"c{number}@example.org", outside_rules=True
            )
        made.append(
            Alert(
                meeting_type=opening.meeting_type,
                booking=booking,
                state="active",
                name=f"C{number}",
                email=f"c{number}@example.org",
                time_zone="Europe/Berlin",
                expires_at=timezone.now() + timedelta(days=60),
                status="sent",
                due_at=None,
            )
        )
    rows = Alert.objects.bulk_create(made)
    Offer.objects.bulk_create(Offer(alert=row, opening=opening) for row in rows)
    return list(alerts_with(opening))


def alerts_with(opening: Opening):
    return Offer.objects.filter(opening=opening).select_related(
        "opening", "alert__booking", "alert__meeting_type__host"
    )


@pytest.mark.parametrize("booked", [0, 30])
def test_two_hundred_claims_have_exactly_one_winner(opening, booked):
    offers = offers_of(opening, booked=booked)
    outcomes = race.run([lambda offer=offer: alerts.claim(offer) for offer in offers])
    won = [outcome for outcome in outcomes if isinstance(outcome, Booking)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, BookingError)]
    assert (len(won), len(lost)) == (1, CLAIMS - 1), {type(outcome) for outcome in outcomes}
    assert Booking.objects.filter(starts_at=opening.starts_at, status__in=["held", "confirmed"]).count() == 1
    assert race.overlaps(opening.meeting_type.host) == 0
    opening.refresh_from_db()
    assert opening.state == "taken"
    assert list(Alert.objects.filter(state="done").values_list("pk", flat=True)) == [opening.taken_by_id]


def test_workers_that_look_and_send_at_once_mail_everybody_once(opening):
    for offer in offers_of(opening):
        if offer.alert_id % 20:
            offer.delete()
    expected = Offer.objects.count()
    race.run([alert_mails.send_due for _worker in range(8)])
    assert len(outbox_of.outbox) == expected
    assert len({mail.to[0] for mail in outbox_of.outbox}) == expected


def test_workers_that_look_at_once_open_it_once():
    meeting_type = factories.make_meeting_type(horizon_days=30)
    booking = bookings.enter(meeting_type, race.next_monday("10:00"), name="Bob", outside_rules=True)
    row = alerts.ask(
        meeting_type,
        name="Nora",
        email="nora@example.org",
        weekdays=127,
        daypart="any",
        language="en",
        time_zone="Europe/Berlin",
    )
    alerts.prove(row)
    bookings.cancel(booking, actor="host")
    race.run([alerts.sweep for _worker in range(8)])
    assert Opening.objects.count() == Offer.objects.count() == 1
