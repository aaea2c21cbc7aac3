"""An absence that hits appointments: asked first, then moved, cancelled or kept, all of it or nothing."""

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from scheduling import absences, bookings, busy, hours
from scheduling.models import AvailabilityOverride, BookingEvent, BusyTime, Message
from scheduling.models.bookings import Status
from tests import factories

pytestmark = pytest.mark.django_db
NEW = "/my/hours/dates/new/"


@pytest.fixture
def hit(meeting_type, next_monday):
    """Two appointments on the Monday: Bob's, who reads German, and Carla's, who has no address."""
    first = bookings.enter(meeting_type, next_monday, name="Bob Berg", email="bob@example.org")
    first.client_language = "de"
    first.save()
    second = bookings.enter(meeting_type, next_monday + timedelta(hours=1), name="Carla Conti", phone="030 1")
    Message.objects.all().delete()
    return first, second


def away(day, **more):
    return {"kind": "closed", "first_date": day, "last_date": day, "note": ""} | more


def decided(hit, *choices, reason="I am ill"):
    return {"decided": "1", "reason": reason} | {
        f"do-{booking.pk}": choice for booking, choice in zip(hit, choices, strict=True)
    }


def offered(answer) -> list[list[str]]:
    return [[value for value, _time in row.times] for row in answer.context["form"].rows]


def test_the_page_offers_free_times_after_the_absence_and_each_first_pick_once(alice_client, hit, next_monday):
    answer = alice_client.post(NEW, away(next_monday.date()))
    times = offered(answer)
    assert all(times)
    picks = [row.touched.next_free for row in answer.context["form"].rows]
    assert picks[0] != picks[1]
    for chosen in [*times[0], *times[1]]:
        assert datetime.fromisoformat(chosen).astimezone(next_monday.tzinfo).date() != next_monday.date()
    assert not AvailabilityOverride.objects.exists()


def test_moves_and_cancellations_are_one_thing_and_everybody_is_told_once(alice, alice_client, hit, next_monday):
    data = away(next_monday.date(), note="Flu")
    times = offered(alice_client.post(NEW, data))
    answer = alice_client.post(NEW, data | decided(hit, times[0][-1], "cancel"), follow=True)
    text = answer.content.decode()
    assert "1 appointment is moved. 1 appointment is cancelled." in text
    assert "Please call: Carla Conti." in text
    for booking in hit:
        booking.refresh_from_db()
    assert hit[0].starts_at == datetime.fromisoformat(times[0][-1])
    assert hit[1].status == Status.CANCELLED
    assert hit[1].cancel_reason == "I am ill"
    to_bob = Message.objects.filter(booking=hit[0], audience=Message.Audience.CLIENT)
    assert [message.kind for message in to_bob if "reminder" not in message.kind] == [Message.Kind.MOVED]
    assert set(BookingEvent.objects.exclude(kind="confirmed").values_list("kind", "reason")) == {
        ("moved", "I am ill"),
        ("cancelled", "I am ill"),
    }
    assert AvailabilityOverride.objects.get().note == "Flu"
    assert hours.outside(alice) == []


@pytest.mark.parametrize(
    ("wish", "chosen"), [("cancel", ["cancel", "cancel"]), ("keep", ["keep", "keep"]), ("move", None)]
)
def test_a_button_for_all_only_fills_in(alice_client, hit, next_monday, wish, chosen):
    answer = alice_client.post(NEW, away(next_monday.date()) | {"decided": "1", "all": wish})
    assert answer.status_code == 200
    rows = answer.context["form"].rows
    assert [row.chosen for row in rows] == (chosen or [row.touched.next_free.isoformat() for row in rows])
    assert not AvailabilityOverride.objects.exists()
    assert {booking.status for booking in hit} == {Status.CONFIRMED}


def test_everybody_needs_a_choice_and_a_cancellation_a_reason(alice_client, hit, next_monday):
    data = away(next_monday.date())
    answer = alice_client.post(NEW, data | decided(hit, "keep", ""))
    assert answer.status_code == 409
    assert "Choose what becomes of this appointment." in answer.content.decode()
    answer = alice_client.post(NEW, data | decided(hit, "cancel", "keep", reason=" "))
    assert "Say why, in a few words" in answer.content.decode()
    assert [row.chosen for row in answer.context["form"].rows] == ["cancel", "keep"], "what was chosen stays"
    assert not AvailabilityOverride.objects.exists()


@pytest.mark.parametrize("choice", ["nonsense", "2026-11-24", "2026-11-24T10:00:00", "0001-01-01T00:00:00+14:00", "²"])
def test_nonsense_is_no_choice(alice_client, hit, next_monday, choice):
    answer = alice_client.post(NEW, away(next_monday.date()) | decided(hit, choice, "keep"))
    assert answer.status_code == 409
    assert not AvailabilityOverride.objects.exists()


def test_a_time_that_went_away_undoes_everything(alice, alice_client, hit, meeting_type, next_monday):
    data = away(next_monday.date())
    times = offered(alice_client.post(NEW, data))
    bookings.enter(meeting_type, datetime.fromisoformat(times[0][0]), name="Dora")
    answer = alice_client.post(NEW, data | decided(hit, times[0][0], "cancel"))
    assert answer.status_code == 409
    assert "This time has just been taken." in answer.content.decode()
    assert not AvailabilityOverride.objects.exists()
    assert not Message.objects.filter(booking__in=hit).exists()
    for booking in hit:
        booking.refresh_from_db()
    assert {(booking.status, booking.version) for booking in hit} == {(Status.CONFIRMED, 0)}


def test_an_appointment_that_came_in_between_is_asked_about(alice_client, hit, meeting_type, next_monday):
    data = away(next_monday.date())
    alice_client.post(NEW, data)
    bookings.enter(meeting_type, next_monday + timedelta(hours=3), name="Late Luke")
    answer = alice_client.post(NEW, data | decided(hit, "keep", "cancel"))
    assert answer.status_code == 409
    assert "Late Luke" in answer.content.decode()
    assert not AvailabilityOverride.objects.exists()


def test_a_client_who_cancelled_in_between_is_no_obstacle(alice_client, hit, next_monday):
    bookings.cancel(hit[0], actor="client")
    answer = alice_client.post(NEW, away(next_monday.date()) | decided(hit, "cancel", "keep"))
    assert answer.status_code == 302


def test_back_keeps_what_was_typed(alice_client, hit, next_monday):
    data = away(next_monday.date(), note="Flu") | {"decided": "1", "back": "1"}
    answer = alice_client.post(NEW, data)
    assert answer.status_code == 200
    assert 'value="Flu"' in answer.content.decode()
    page = alice_client.post(NEW, away(next_monday.date(), note='<b>"Flu')).content.decode()
    assert re.search(r'name="note" value="&lt;b&gt;&quot;Flu"', page)


def test_a_part_of_a_day_asks_as_well(alice, alice_client, hit, next_monday):
    data = {"day": next_monday.date(), "at": "09:30", "until": "10:45", "note": "Dentist"}
    answer = alice_client.post("/my/calendar/busy/", data)
    assert [row.touched.booking for row in answer.context["form"].rows] == [hit[0]]
    assert not BusyTime.objects.exists()
    (times,) = offered(answer)
    same_day = [time for time in times if datetime.fromisoformat(time).date() == next_monday.date()]
    assert same_day, "the rest of the day is still open"
    alice_client.post("/my/calendar/busy/", data | decided(hit[:1], times[0]))
    assert busy.own(alice).count() == 1
    hit[0].refresh_from_db()
    assert hit[0].starts_at == datetime.fromisoformat(times[0])


def test_a_busy_time_does_not_ask_again_about_what_was_kept(alice, alice_client, hit, next_monday):
    data = {"day": next_monday.date(), "at": "09:30", "until": "10:45"}
    alice_client.post("/my/calendar/busy/", data | decided(hit[:1], "keep"))
    row = busy.own(alice).get()
    answer = alice_client.post(f"/my/calendar/busy/{row.pk}/", data | {"until": "10:50"})
    assert answer.status_code == 302


def test_a_meeting_type_that_nobody_can_book_offers_no_times(alice_client, hit, meeting_type, next_monday):
    meeting_type.visibility = "off"
    meeting_type.save()
    assert offered(alice_client.post(NEW, away(next_monday.date()))) == [[], []]


def test_queries_grow_only_with_what_is_done(alice, meeting_type, next_monday, at_most_queries):
    for number in range(12):
        bookings.enter(meeting_type, next_monday + timedelta(minutes=30 * number), name="Bob", notify=False)
    day = next_monday.date()

    def verb():
        return hours.save_override(AvailabilityOverride(host=alice, first_date=day, last_date=day)).touched

    with at_most_queries(24):
        outcome = absences.decided(verb, alice, {})
    assert not outcome.done
    assert len(outcome.touched) == 12
    assert len({row.next_free for row in outcome.touched}) == 12


@pytest.mark.django_db(transaction=True)
def test_a_visitor_who_books_during_the_absence_waits_for_it(alice, meeting_type, next_monday):
    """The lock of the host is held from the first look to the last write, so there is nothing to fall between."""
    meeting_type.host = alice
    day, entered = next_monday.date(), threading.Event()
    result: list[object] = []

    def visitor() -> None:
        entered.wait(10)
        try:
            result.append(bookings.hold(meeting_type, next_monday))
        except bookings.BookingError as error:
            result.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=visitor)
    thread.start()
    with transaction.atomic():

        def verb():
            change = hours.save_override(AvailabilityOverride(host=alice, first_date=day, last_date=day))
            entered.set()
            return change.touched

        assert absences.decided(verb, alice, {}).done
    thread.join(30)
    assert isinstance(result[0], bookings.NotOffered), result


def test_a_stamp_knows_versions(hit, next_monday):
    before = absences.stamp(list(hit))
    assert before == absences.stamp(list(reversed(hit)))
    moved = bookings.reschedule(hit[0], next_monday + timedelta(hours=4), actor="client", now=timezone.now())
    assert absences.stamp([moved, hit[1]]) != before
    assert absences.stamp([]) == ""


def test_the_absence_of_a_colleague_touches_nobody(alice, charlie, hit, next_monday):
    factories.make_meeting_type(charlie)
    day = datetime.now(UTC).date()
    override = AvailabilityOverride(host=charlie, first_date=day, last_date=day + timedelta(days=60))
    assert absences.decided(lambda: hours.save_override(override).touched, charlie, {}).done
    for booking in hit:
        booking.refresh_from_db()
        assert booking.status == Status.CONFIRMED
