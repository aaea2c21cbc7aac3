"""Several appointments booked together: held and confirmed all or none, told once, then each by itself."""

import datetime as dt
import re

import pytest
import time_machine
from django.core import mail as outbox
from icalendar import Calendar

from scheduling import bookings, links, messages, proof, reminders, series
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Status
from tests import factories

NOW = dt.datetime(2027, 3, 5, 8, tzinfo=dt.UTC)  # a Friday; the clocks change on 28 March
START = dt.datetime(2027, 3, 16, 9, tzinfo=dt.UTC)  # 10:00 in Berlin
GUEST = {"name": "Bob Berg", "email": "bob@example.org"}
Actor = Booking.Actor


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def lesson(alice) -> MeetingType:
    return factories.make_meeting_type(alice, title="Lesson", slug="lesson", series_max=4)


@pytest.fixture
def check_up(alice) -> MeetingType:
    return factories.make_meeting_type(alice, title="Check-up", slug="check-up", series_max=3, duration=45, step=15)


def weeks_of(lesson: MeetingType, count: int = 3) -> list[tuple[MeetingType, dt.datetime]]:
    return [(lesson, start) for start in series.weekly(START, count, "Europe/Berlin")]


def book(lesson: MeetingType, count: int = 3) -> Booking:
    return bookings.confirm(series.hold(weeks_of(lesson, count)), **GUEST)


def starts() -> list[dt.datetime]:
    open_rows = Booking.objects.filter(status=Status.CONFIRMED)
    return list(open_rows.order_by("starts_at").values_list("starts_at", flat=True))


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


class TestVerbs:
    def test_weeks_are_counted_on_the_wall_clock(self):
        found = series.weekly(START, 3, "Europe/Berlin")
        assert [start.hour for start in found] == [9, 9, 8], "10:00 in Berlin also in summer"

    def test_one_time_that_is_gone_leaves_nothing_held(self, lesson):
        bookings.enter(lesson, weeks_of(lesson)[1][1], name="Caller")
        with pytest.raises(series.Clash) as caught:
            series.hold(weeks_of(lesson))
        assert caught.value.items == [1]
        assert Booking.objects.filter(status=Status.HELD).count() == 0

    def test_all_are_confirmed_with_one_mail_and_one_file(self, lesson):
        first = book(lesson)
        assert starts() == [start for _type, start in weeks_of(lesson)]
        assert set(Booking.objects.values_list("series", "client_email")) == {(first.pk, "bob@example.org")}
        assert sorted(Message.objects.filter(kind="confirmed").values_list("booking", "audience")) == [
            (first.pk, "client"),
            (first.pk, "host"),
        ]
        for pk in messages.due():
            messages.deliver(pk)
        (mail,) = [mail for mail in outbox.outbox if mail.to == ["bob@example.org"]]
        for day in ("16 March 2027", "23 March 2027", "30 March 2027"):
            assert day in mail.body
        calendar = Calendar.from_ical(mail.calendar)
        assert calendar["method"] == "PUBLISH"
        assert {str(entry["uid"]) for entry in calendar.walk("VEVENT")} == {
            str(pk) for pk in Booking.objects.values_list("pk", flat=True)
        }

    def test_a_hold_that_ran_out_and_lost_one_time_confirms_none(self, lesson):
        first = series.hold(weeks_of(lesson))
        with time_machine.travel(NOW + dt.timedelta(minutes=11), tick=False):
            bookings.hold(lesson, weeks_of(lesson)[2][1])
            with pytest.raises(bookings.HoldExpired):
                bookings.confirm(first, **GUEST)
        assert starts() == []

    def test_extending_releasing_and_the_click_in_a_mail_concern_all(self, lesson):
        first = series.hold(weeks_of(lesson))
        with time_machine.travel(NOW + dt.timedelta(minutes=5), tick=False):
            until = bookings.extend(first).hold_expires_at
            assert set(Booking.objects.values_list("hold_expires_at", flat=True)) == {until}
            waiting = proof.ask(first, **GUEST)
            assert set(Booking.objects.values_list("hold_expires_at", flat=True)) == {waiting.hold_expires_at}
            proof.give(waiting)
        assert len(starts()) == 3
        second = series.hold([(lesson, start + dt.timedelta(hours=2)) for _type, start in weeks_of(lesson)])
        bookings.release(second)
        assert not Booking.objects.filter(status=Status.HELD).exists()

    def test_each_is_moved_and_cancelled_alone(self, lesson):
        book(lesson)
        one, two, three = Booking.objects.order_by("starts_at")
        bookings.reschedule(two, two.starts_at + dt.timedelta(hours=1), actor=Actor.CLIENT)
        bookings.cancel(three, actor=Actor.CLIENT)
        assert starts() == [one.starts_at, two.starts_at + dt.timedelta(hours=1)]

    def test_all_move_by_as_much_or_none(self, lesson):
        first = book(lesson)
        old = starts()
        series.move(first, START + dt.timedelta(minutes=30))
        assert starts() == [start + dt.timedelta(minutes=30) for start in old]
        bookings.enter(lesson, old[2] + dt.timedelta(hours=3), name="Caller")
        with pytest.raises(bookings.SlotTaken):
            series.move(first, START + dt.timedelta(hours=3))
        rows = Booking.objects.filter(series=first.pk)
        assert [row.starts_at - dt.timedelta(minutes=30) for row in rows.order_by("starts_at")] == old
        assert set(rows.values_list("version", "status")) == {(1, Status.CONFIRMED)}

    def test_cancelling_all_leaves_what_is_too_late(self, lesson):
        first = book(lesson)
        Booking.objects.filter(pk=first.pk).update(cancel_cutoff=60 * 24 * 30)
        assert len(series.cancel(first, actor=Actor.CLIENT)) == 2
        assert starts() == [START]


class TestPages:
    def test_from_weekly_over_a_clash_to_the_page_of_all(self, client, lesson, alice):
        bookings.enter(lesson, weeks_of(lesson)[1][1], name="Caller")
        base = f"{alice.get_absolute_url()}together/"
        filled = client.get(base, {"item": "lesson@2027-03-16T09:00:00Z", "weekly": "3"})
        assert filled.status_code == 302
        page = text(client.get(filled["Location"]))
        assert "One of these times is not free" in page
        assert "Continue with" not in page
        codes = ["lesson@2027-03-16T09:00:00Z", "lesson@2027-03-23T09:30:00Z", "lesson@2027-03-30T08:00:00Z"]
        assert "item=lesson%402027-03-23T09%3A30%3A00Z" in page, "a swap is a link"
        page = text(client.get(base, {"item": codes}))
        assert "Continue with 3 appointments" in page
        held = client.post(f"{base}hold/", {"item": codes})
        assert held.status_code == 303
        details = text(client.get(held["Location"]))
        assert "Booked together" in details
        assert client.post(held["Location"], {**GUEST, "privacy": "on"}).status_code in (303, 422)
        first = Booking.objects.get(pk=Booking.objects.filter(series__isnull=False).first().series)
        if first.status == Status.HELD:
            bookings.confirm(first, **GUEST)
        path = links.manage_path(first)
        page = text(client.get(path))
        others = Booking.objects.filter(series=first.pk).exclude(pk=first.pk)
        for other in others:
            assert links.manage_path(other) in page
        file = client.get(f"{path}all.ics")
        assert file.content.count(b"BEGIN:VEVENT") == 3
        assert "booked together" in text(client.get(f"{path}cancel/"))
        client.post(f"{path}cancel/", {"reason": "", "all": "1"})
        assert Booking.objects.filter(series=first.pk, status=Status.CANCELLED).count() == 3

    def test_a_service_follows_the_last_one(self, client, lesson, check_up, alice):
        base = f"{alice.get_absolute_url()}together/"
        added = client.get(base, {"item": "lesson@2027-03-16T09:00:00Z", "add": "check-up"})
        assert "check-up%402027-03-16T09%3A30%3A00Z" in added["Location"]
        assert "Continue with 2 appointments" in text(client.get(added["Location"]))

    def test_a_loser_of_the_race_sees_what_is_gone(self, client, lesson, alice):
        bookings.hold(lesson, START)
        answer = client.post(
            f"{alice.get_absolute_url()}together/hold/",
            {"item": ["lesson@2027-03-16T09:00:00Z", "lesson@2027-03-23T09:00:00Z"]},
        )
        assert answer.status_code == 409
        assert "Not free" in text(answer)

    def test_nonsense_is_left_out_and_off_is_off(self, client, lesson, meeting_type, alice):
        base = f"{alice.get_absolute_url()}together/"
        for item in ("", "x", "@", "lesson@", "lesson@never", f"{meeting_type.slug}@2027-03-16T09:00:00Z"):
            assert client.get(base, {"item": item, "weekly": "²", "add": "nothing"}).status_code == 200
        many = [f"lesson@2027-03-{day}T09:00:00Z" for day in range(15, 27)]
        assert client.get(base, {"item": many}).context["room"] is False
        MeetingType.objects.update(series_max=None)
        assert client.get(base).status_code == 404


def test_reminders_of_all_follow_the_one_mail(lesson):
    book(lesson, 2)
    with time_machine.travel(START - dt.timedelta(hours=40), tick=False):
        reminders.plan_missing()
    planned = Message.objects.filter(kind=Message.Kind.REMINDER_DAY)
    assert planned.values("booking").distinct().count() == 2
