"""Reminders: the rule of the clock, rows that follow the booking, sending once whatever the workers do."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as outbox_of
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from scheduling import bookings, messages, reminders
from scheduling.models import Booking, MeetingType, Message
from scheduling.tasks import plan_reminders, send_due_messages
from tests import factories
from tests.conftest import client_of
from tests.scheduling.test_member_meeting_types import form_data

BERLIN = ZoneInfo("Europe/Berlin")
Kind, Status = Message.Kind, Message.Status
WEEK, DAY, HOURS = reminders.KINDS
MADE = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
START = datetime(2027, 3, 22, 10, 0, tzinfo=BERLIN)  # a Monday, three weeks ahead


def at(day: str, clock: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)


# --- the rule ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "start", "due"),
    [
        (WEEK, at("2027-03-22", "10:00"), at("2027-03-15", "10:00")),
        (DAY, at("2027-03-22", "10:00"), at("2027-03-21", "10:00")),
        (HOURS, at("2027-03-22", "10:00"), at("2027-03-22", "08:00")),
        # the edges of the night: earlier rather than later, or not at all
        (DAY, at("2027-03-22", "08:00"), at("2027-03-21", "08:00")),
        (DAY, at("2027-03-22", "07:59"), at("2027-03-20", "20:00")),
        (DAY, at("2027-03-22", "20:59"), at("2027-03-21", "20:59")),
        (DAY, at("2027-03-22", "21:00"), at("2027-03-21", "20:00")),
        (HOURS, at("2027-03-22", "09:59"), None),
        (HOURS, at("2027-03-22", "22:59"), at("2027-03-22", "20:59")),
        (HOURS, at("2027-03-22", "23:00"), None),
        # the clock goes forward on 28 March 2027 at 2:00 and back on 31 October at 3:00
        (DAY, at("2027-03-28", "10:00"), at("2027-03-27", "10:00")),
        (DAY, at("2027-03-29", "02:30"), at("2027-03-27", "20:00")),
        (WEEK, at("2027-04-01", "10:00"), at("2027-03-25", "10:00")),
        (HOURS, at("2027-03-28", "10:00"), at("2027-03-28", "08:00")),
        (DAY, at("2027-11-01", "10:00"), at("2027-10-31", "10:00")),
        (DAY, at("2027-10-31", "02:30").replace(fold=1), at("2027-10-29", "20:00")),
    ],
)
def test_when_a_reminder_is_due(kind, start, due):
    found = reminders.due_at(kind, start.astimezone(UTC), BERLIN)
    assert found == due


@given(
    start=st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(
        ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]
    ),
    kind=st.sampled_from(reminders.KINDS),
)
def test_never_at_night_and_never_late(start, zone, kind):
    due = reminders.due_at(kind, start, ZoneInfo(zone))
    assert due is not None or kind == HOURS
    if due is None:
        assert reminders.is_night(start - reminders.HOURS, ZoneInfo(zone))
        return
    assert not reminders.is_night(due, ZoneInfo(zone))
    lead = {WEEK: timedelta(days=7), DAY: timedelta(days=1), HOURS: timedelta(hours=2)}[kind]
    assert start - due >= lead - timedelta(hours=1)  # a day of 23 hours
    assert start - due <= lead + timedelta(hours=13)


# --- rows --------------------------------------------------------------------------------------------------


@pytest.fixture
def clock():
    with time_machine.travel(MADE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def video(alice) -> MeetingType:
    return factories.make_meeting_type(
        alice, slug="call", channel="video", video_url="https://rooms.example/a", horizon_days=90
    )


def book(meeting_type: MeetingType, start: datetime = START, **fields) -> Booking:
    values = {"name": "Bob Berg", "email": "bob@example.org", "time_zone": "Europe/Berlin"} | fields
    return bookings.confirm(bookings.hold(meeting_type, start), **values)


def planned(booking: Booking, status: str = Status.DUE) -> dict[str, datetime]:
    rows = Message.objects.filter(booking=booking, kind__in=reminders.KINDS, status=status)
    return {row.kind: row.due_at for row in rows}


ALL = {WEEK: at("2027-03-15", "10:00"), DAY: at("2027-03-21", "10:00"), HOURS: at("2027-03-22", "08:00")}


@pytest.mark.django_db
class TestRows:
    def test_a_booking_far_ahead_has_all_three(self, clock, video):
        assert planned(book(video)) == ALL

    def test_two_hours_are_for_remote_channels(self, clock, meeting_type):
        assert set(planned(book(meeting_type))) == {WEEK, DAY}

    @pytest.mark.parametrize(
        ("ahead", "kinds"),
        [(timedelta(days=7), {DAY, HOURS}), (timedelta(days=1), {HOURS}), (timedelta(hours=2, minutes=10), set())],
    )
    def test_what_has_just_been_said_is_not_said_again(self, clock, video, ahead, kinds):
        clock.move_to(START - ahead)
        assert set(planned(book(video))) == kinds

    def test_it_is_the_clients_night_that_counts(self, clock, video):
        booking = book(video, time_zone="America/Los_Angeles")  # 10:00 in Berlin is 2:00 there
        assert planned(booking)[DAY] == at("2027-03-20", "20:00", ZoneInfo("America/Los_Angeles"))
        assert HOURS not in planned(booking)

    @pytest.mark.parametrize("owner", ["brand", "meeting type"])
    def test_switched_off(self, clock, video, owner):
        row = video.host.brand if owner == "brand" else video
        row.remind_week = False
        row.save()
        assert set(planned(book(video))) == {DAY, HOURS}

    def test_moving_plans_anew(self, clock, video):
        booking = book(video)
        moved = bookings.reschedule(booking, START + timedelta(days=1), actor="client")
        assert planned(moved) == {kind: due + timedelta(days=1) for kind, due in ALL.items()}
        assert {row.version for row in moved.messages.filter(status=Status.DUE, kind__in=reminders.KINDS)} == {1}
        assert len(planned(moved, Status.SUPERSEDED)) == 3

    def test_a_silent_move_moves_them_too(self, clock, video):
        booking = bookings.reschedule(book(video), START + timedelta(days=1), actor="host", notify=False)
        assert planned(booking)[DAY] == at("2027-03-22", "10:00")

    def test_cancelling_ends_them(self, clock, video):
        booking = bookings.cancel(book(video), actor="client")
        assert planned(booking) == {}
        assert len(planned(booking, Status.SUPERSEDED)) == 3

    def test_who_shall_get_no_mail_gets_no_reminder(self, clock, video):
        booking = bookings.enter(video, START, name="Bob", email="bob@example.org", notify=False)
        assert not booking.messages.exists()
        assert plan_reminders() == 0

    def test_the_sweep_writes_what_was_switched_on_since_and_nothing_twice(self, clock, video):
        video.remind_day = False
        video.save()
        booking = book(video)
        clock.move_to(START - timedelta(days=5))
        assert plan_reminders() == 0
        video.remind_day = True
        video.save()
        assert [plan_reminders(), plan_reminders()] == [1, 0]
        assert planned(booking)[DAY] == ALL[DAY]

    def test_sending_the_last_mail_again_sends_no_reminder_early(self, clock, video):
        booking = book(video)
        messages.resend(booking)
        assert planned(booking) == ALL

    def test_her_history_says_when_they_come(self, clock, video, alice):
        booking = book(video)
        page = client_of(alice.brand, alice.person.user).get(f"/my/bookings/{booking.pk}/").content.decode()
        assert "Reminder a day before" in page
        assert "Planned for" in page

    def test_she_chooses_per_meeting_type_what_her_brand_allows(self, alice, alice_client, video):
        alice.brand.remind_week = False
        alice.brand.save()
        page = alice_client.get(f"/my/meeting-types/{video.pk}/")
        assert "remind_week" not in page.context["form"].fields
        response = alice_client.post(f"/my/meeting-types/{video.pk}/", form_data(remind_day="on"))
        assert response.status_code == 302
        video.refresh_from_db()
        assert (video.remind_week, video.remind_day, video.remind_hours) == (True, True, False)


# --- sending -----------------------------------------------------------------------------------------------


def sent_on_the_way(clock, booking: Booking, until: datetime) -> list[datetime]:
    """The worker sweeps every hour, twice; when reminders went out, on the wall clock of Berlin."""
    found = []
    moment = datetime.now(UTC)
    while moment <= until:
        clock.move_to(moment)
        for _worker in range(2):
            before = len(outbox_of.outbox)
            send_due_messages()
            plan_reminders()
            new = [mail for mail in outbox_of.outbox[before:] if mail.subject.startswith("Reminder")]
            found += [moment.astimezone(BERLIN)] * len(new)
        moment += timedelta(hours=1)
    return found


@pytest.mark.django_db
class TestSending:
    def test_each_once_at_its_time(self, clock, video):
        booking = book(video)
        send_due_messages()
        clock.move_to(ALL[WEEK] - timedelta(hours=1))
        assert sent_on_the_way(clock, booking, START + timedelta(hours=3)) == [ALL[WEEK], ALL[DAY], ALL[HOURS]]

    @pytest.mark.parametrize("day", ["2027-03-28", "2027-03-29", "2027-10-31", "2027-11-01"])
    def test_nights_in_which_the_clock_changes(self, clock, alice, day):
        factories.set_hours(alice, {weekday: [("00:00", "24:00")] for weekday in range(7)})
        meeting_type = factories.make_meeting_type(alice, channel="phone", horizon_days=300)
        start = at(day, "10:00")
        clock.move_to(start - timedelta(days=5))
        booking = book(meeting_type, start)
        send_due_messages()
        clock.move_to(start - timedelta(days=2))
        sent = sent_on_the_way(clock, booking, start + timedelta(hours=1))
        assert [moment.strftime("%H:%M") for moment in sent] == ["10:00", "08:00"]
        assert sent[0].date() == start.date() - timedelta(days=1)

    def test_after_a_move_only_the_new_times_count(self, clock, video):
        booking = book(video)
        send_due_messages()
        clock.move_to(ALL[DAY] - timedelta(hours=2))
        booking = bookings.reschedule(booking, START + timedelta(days=2), actor="host")
        send_due_messages()
        outbox_of.outbox.clear()
        assert sent_on_the_way(clock, booking, START + timedelta(days=3)) == [
            ALL[DAY] + timedelta(days=2),
            ALL[HOURS] + timedelta(days=2),
        ]

    @pytest.mark.parametrize("change", ["cancelled", "moved", "switched off", "begun"])
    def test_the_state_is_read_when_it_is_sent(self, clock, video, change):
        """The row still waits, as if it had been written by somebody who knew nothing of the change."""
        booking = book(video)
        clock.move_to(ALL[DAY])
        row = booking.messages.get(kind=DAY)
        if change == "cancelled":
            Booking.objects.update(status="cancelled")
        elif change == "moved":
            Booking.objects.update(version=1)
        elif change == "switched off":
            MeetingType.objects.update(remind_day=False)
        else:
            clock.move_to(START)
        assert not messages.deliver(row.pk)
        row.refresh_from_db()
        assert row.status == Status.SUPERSEDED

    def test_a_worker_that_comes_late_does_not_write_at_night(self, clock, video):
        booking = book(video)
        row = booking.messages.get(kind=WEEK)
        clock.move_to(at("2027-03-15", "23:30"))
        assert not messages.deliver(row.pk)
        row.refresh_from_db()
        assert row.due_at == at("2027-03-16", "08:00")
        clock.move_to(row.due_at)
        assert messages.deliver(row.pk)

    def test_after_a_long_pause_of_the_worker_one_reminder_is_enough(self, clock, video):
        book(video)
        clock.move_to(ALL[DAY] + timedelta(hours=1))
        send_due_messages()
        subjects = [mail.subject for mail in outbox_of.outbox if mail.to == ["bob@example.org"]]
        assert [subject.split(":")[0] for subject in subjects] == ["Confirmed", "Reminder"]

    def test_what_it_says(self, clock, video):
        booking = book(video)
        clock.move_to(ALL[DAY])
        messages.deliver(booking.messages.get(kind=DAY).pk)
        mail = outbox_of.outbox[-1]
        assert mail.subject == "Reminder: Mon, 22 Mar 2027, 10:00 (Berlin) – First meeting with Alice Ahrens"
        assert "A reminder of your appointment with Alice Ahrens." in mail.body
        assert "/join/" in mail.body
        assert "/b/" in mail.body
        assert b"text/calendar" not in mail.message().as_bytes()

    def test_a_sensitive_brand_keeps_the_subject_neutral(self, clock, video):
        video.host.brand.sensitive = True
        video.host.brand.save()
        booking = book(video)
        clock.move_to(ALL[DAY])
        messages.deliver(booking.messages.get(kind=DAY).pk)
        assert outbox_of.outbox[-1].subject == "Reminder: your appointment on Mon, 22 Mar 2027, 10:00 (Berlin)"


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_it_once(video):
    with time_machine.travel(MADE, tick=False) as clock:
        booking = book(video)
        row = booking.messages.get(kind=DAY)
        clock.move_to(ALL[DAY])
        line = threading.Barrier(8)
        sent = []

        def work() -> None:
            line.wait(30)
            sent.append(messages.deliver(row.pk))
            connection.close()

        workers = [threading.Thread(target=work) for _worker in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
    assert sorted(sent) == [False] * 7 + [True]
    assert [mail.subject.split(":")[0] for mail in outbox_of.outbox] == ["Reminder"]
