"""The verbs of a booking's life, all in one module as they are in the code."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction

from directory import accounts
from directory.models import Person, Professional
from scheduling import availability, bookings, engine, links, tasks
from scheduling.bookings import HoldExpired, NotAllowed, NotOffered, SlotTaken
from scheduling.engine import NativeEngine
from scheduling.models import Booking, BusyTime, MeetingType, Message
from scheduling.models.bookings import Status
from scheduling.slots import Reason
from tests import factories

# A Monday, long before any clock change; 08:00 UTC is 09:00 in Berlin.
MONDAY = dt.datetime(2027, 1, 11, tzinfo=dt.UTC)
NOW = MONDAY - dt.timedelta(days=3)


def at(clock: str, day: int = 0) -> dt.datetime:
    """A Berlin wall time on the Monday, or so many days later."""
    hour, minute = map(int, clock.split(":"))
    return MONDAY + dt.timedelta(days=day, hours=hour - 1, minutes=minute)


def confirmed(meeting_type: MeetingType, clock: str = "10:00", **given) -> Booking:
    booking = bookings.hold(meeting_type, at(clock), now=NOW)
    return bookings.confirm(booking, name="Bob Berg", email="bob@example.org", now=NOW, **given)


def test_hold_takes_the_time_and_confirm_makes_it_an_appointment(meeting_type):
    booking = bookings.hold(meeting_type, at("10:00"), language="de", time_zone="Europe/Paris", now=NOW)
    assert booking.status == Status.HELD
    assert booking.hold_expires_at == NOW + dt.timedelta(minutes=meeting_type.host.brand.hold_minutes)
    assert at("10:00") not in availability.open_starts(meeting_type, at("00:00"), at("23:00"), now=NOW)

    booking = bookings.confirm(booking, name=" Bob Berg ", email="BOB@example.org", note="A lease", now=NOW)

    assert booking.status == Status.CONFIRMED
    assert (booking.client_name, booking.client_email) == ("Bob Berg", "bob@example.org")
    assert (booking.client_language, booking.client_time_zone) == ("de", "Europe/Paris")
    assert [event.kind for event in booking.events.all()] == ["confirmed"]
    assert set(booking.messages.about_changes().values_list("version", "kind", "audience")) == {
        (0, "confirmed", "client"),
        (0, "confirmed", "host"),
    }


def test_confirm_twice_is_one_confirmation(meeting_type):
    booking = confirmed(meeting_type)
    again = bookings.confirm(booking, name="Somebody Else", email="else@example.org", now=NOW)
    assert again.client_name == "Bob Berg"
    assert booking.messages.about_changes().count() == 2
    assert booking.events.count() == 1


def test_a_visitor_cannot_change_a_known_person(meeting_type, bob):
    bookings.confirm(
        bookings.hold(meeting_type, at("10:00"), now=NOW), name="Robert Tables", email="BOB@example.org", now=NOW
    )
    bob.refresh_from_db()
    assert bob.full_name == "Bob Berg"
    assert Booking.objects.get().client == bob


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (at("08:30"), Reason.HOURS),
        (at("17:00"), Reason.HOURS),
        (at("10:10"), Reason.GRID),
        (at("10:00", day=5), Reason.HOURS),
        (at("10:00", day=-4), Reason.NOTICE),
        (at("10:00", day=200), Reason.HORIZON),
    ],
)
def test_what_the_rules_do_not_offer_cannot_be_held(meeting_type, start, reason):
    with pytest.raises(NotOffered) as refused:
        bookings.hold(meeting_type, start, now=NOW)
    assert refused.value.reason == reason
    assert not Booking.objects.exists()


def test_a_taken_time_cannot_be_held_not_even_partly_or_by_another_type(meeting_type):
    long = factories.make_meeting_type(meeting_type.host, duration=60, step=30)
    bookings.hold(meeting_type, at("10:00"), now=NOW)
    for other_type, start in ((meeting_type, at("10:00")), (long, at("10:00")), (long, at("09:30"))):
        with pytest.raises(SlotTaken):
            bookings.hold(other_type, start, now=NOW)
    assert bookings.hold(long, at("10:30"), now=NOW)


def test_buffers_of_both_meetings_stay_free(meeting_type):
    meeting_type.buffer_after = 10
    meeting_type.save()
    other = factories.make_meeting_type(meeting_type.host, duration=30, step=5, buffer_before=5)
    confirmed(meeting_type, "10:00")  # blocks until 10:40
    with pytest.raises(SlotTaken):
        bookings.hold(other, at("10:40"), now=NOW)  # would need 10:35
    assert bookings.hold(other, at("10:45"), now=NOW)


def test_busy_time_blocks(meeting_type):
    BusyTime.objects.create(
        host=meeting_type.host, starts_at=at("09:50"), ends_at=at("10:10"), source="calendar", remote_id="1"
    )
    with pytest.raises(SlotTaken):
        bookings.hold(meeting_type, at("10:00"), now=NOW)


def test_an_expired_hold_frees_the_time_for_the_next_visitor_without_any_job(meeting_type):
    first = bookings.hold(meeting_type, at("10:00"), now=NOW)
    later = NOW + dt.timedelta(minutes=11)
    second = bookings.hold(meeting_type, at("10:00"), now=later)
    first.refresh_from_db()
    assert (first.status, second.status) == (Status.EXPIRED, Status.HELD)
    with pytest.raises(HoldExpired):
        bookings.confirm(first, name="Bob", email="bob@example.org", now=later)


def test_a_hold_that_ran_out_is_honoured_while_nobody_else_has_the_time(meeting_type):
    booking = bookings.hold(meeting_type, at("10:00"), now=NOW)
    later = NOW + dt.timedelta(minutes=30)
    assert bookings.expire_holds(later) == 1
    assert bookings.confirm(booking, name="Bob", email="bob@example.org", now=later).status == Status.CONFIRMED


def test_extending_a_hold_has_an_end(meeting_type):
    booking = bookings.hold(meeting_type, at("10:00"), now=NOW)
    Booking.objects.update(created_at=NOW)
    for minutes in range(8, 60, 8):
        booking = bookings.extend(booking, now=NOW + dt.timedelta(minutes=minutes))
    assert booking.hold_expires_at == NOW + bookings.MAX_EXTENSIONS
    with pytest.raises(HoldExpired):
        bookings.extend(booking, now=NOW + dt.timedelta(minutes=61))


def test_release_and_replace_give_the_time_back(meeting_type):
    first = bookings.hold(meeting_type, at("10:00"), now=NOW)
    second = bookings.hold(meeting_type, at("11:00"), replaces=first, now=NOW)
    first.refresh_from_db()
    assert first.status == Status.EXPIRED
    bookings.release(second)
    assert len(availability.open_starts(meeting_type, at("00:00"), at("23:00"), now=NOW)) == 16


def test_losing_a_race_keeps_the_earlier_hold(meeting_type):
    mine = bookings.hold(meeting_type, at("10:00"), now=NOW)
    bookings.hold(meeting_type, at("11:00"), now=NOW)
    with pytest.raises(SlotTaken):
        bookings.hold(meeting_type, at("11:00"), replaces=mine, now=NOW)
    mine.refresh_from_db()
    assert mine.status == Status.HELD


def test_moving_is_the_same_row_with_a_higher_version(meeting_type):
    booking = confirmed(meeting_type)
    token = links.manage_token(booking)
    moved = bookings.reschedule(booking, at("15:00", day=1), actor="client", now=NOW)
    assert (moved.pk, moved.version, moved.starts_at) == (booking.pk, 1, at("15:00", day=1))
    assert at("10:00") in availability.open_starts(meeting_type, at("00:00"), at("23:00"), now=NOW)
    assert links.find(meeting_type.host.brand, token).starts_at == at("15:00", day=1)
    event = moved.events.get(kind="moved")
    assert (event.from_start, event.to_start) == (at("10:00"), at("15:00", day=1))
    assert moved.messages.filter(kind="moved", version=1).count() == 2


def test_a_booking_may_move_into_its_own_way_but_not_into_another(meeting_type):
    meeting_type.duration, meeting_type.step = 60, 30
    meeting_type.save()
    booking = confirmed(meeting_type, "10:00")
    assert bookings.reschedule(booking, at("10:30"), actor="client", now=NOW).version == 1
    bookings.hold(meeting_type, at("12:00"), now=NOW)
    with pytest.raises(SlotTaken):
        bookings.reschedule(booking, at("11:30"), actor="client", now=NOW)
    booking.refresh_from_db()
    assert (booking.starts_at, booking.version) == (at("10:30"), 1)


def test_moving_to_the_same_time_changes_nothing(meeting_type):
    booking = confirmed(meeting_type)
    assert bookings.reschedule(booking, at("10:00"), actor="client", now=NOW).version == 0


def test_cut_offs_are_frozen_into_the_booking_and_bind_only_the_client(meeting_type):
    meeting_type.cancel_cutoff, meeting_type.move_cutoff = 24 * 60, 48 * 60
    meeting_type.save()
    booking = confirmed(meeting_type)
    MeetingType.objects.update(cancel_cutoff=0, move_cutoff=0)
    two_days_before = at("10:00") - dt.timedelta(hours=47)
    with pytest.raises(NotAllowed):
        bookings.reschedule(booking, at("11:00"), actor="client", now=two_days_before)
    assert bookings.reschedule(booking, at("11:00"), actor="host", now=two_days_before)
    with pytest.raises(NotAllowed):
        bookings.cancel(booking, actor="client", now=at("10:00", day=0))
    assert bookings.cancel(booking, actor="host", reason="Ill", now=at("10:00")).status == Status.CANCELLED


def test_cancelling_frees_the_time_and_is_idempotent(meeting_type):
    booking = confirmed(meeting_type)
    bookings.cancel(booking, actor="client", reason=" Changed my mind ", now=NOW)
    again = bookings.cancel(booking, actor="host", reason="Other", now=NOW)
    assert (again.version, again.cancelled_by, again.cancel_reason) == (1, "client", "Changed my mind")
    assert again.messages.filter(kind="cancelled").count() == 2
    assert at("10:00") in availability.open_starts(meeting_type, at("00:00"), at("23:00"), now=NOW)
    with pytest.raises(NotAllowed):
        bookings.reschedule(again, at("11:00"), actor="host", now=NOW)


def test_phone_entry_may_leave_the_hours_but_never_take_taken_time(meeting_type):
    booking = confirmed(meeting_type)
    with pytest.raises(NotOffered):
        bookings.enter(meeting_type, at("20:00"), name="Carla", now=NOW)
    evening = bookings.enter(meeting_type, at("20:00"), name="Carla", outside_rules=True, now=NOW)
    assert (evening.status, evening.origin, evening.client) == (Status.CONFIRMED, "phone", None)
    with pytest.raises(SlotTaken) as refused:
        bookings.enter(meeting_type, at("10:15"), name="Dora", outside_rules=True, now=NOW)
    assert refused.value.conflict == booking


def test_seats(meeting_type):
    meeting_type.seats = 3
    meeting_type.save()
    other = factories.make_meeting_type(meeting_type.host)
    rows = [bookings.hold(meeting_type, at("10:00"), now=NOW) for _seat in range(3)]
    assert len({row.session for row in rows}) == 1
    with pytest.raises(SlotTaken):
        bookings.hold(meeting_type, at("10:00"), now=NOW)
    with pytest.raises(SlotTaken):
        bookings.hold(other, at("10:00"), now=NOW)
    with pytest.raises(SlotTaken):
        bookings.enter(meeting_type, at("10:00"), name="Eve", outside_rules=True, now=NOW)
    bookings.release(rows[0])
    assert bookings.hold(meeting_type, at("10:00"), now=NOW)


def test_limits_count_by_the_hosts_calendar(meeting_type):
    meeting_type.daily_limit, meeting_type.weekly_limit = 2, 3
    meeting_type.save()
    confirmed(meeting_type, "09:00")
    confirmed(meeting_type, "10:00")
    with pytest.raises(SlotTaken) as refused:
        bookings.hold(meeting_type, at("11:00"), now=NOW)
    assert refused.value.reason == Reason.LIMIT
    bookings.hold(meeting_type, at("09:00", day=1), now=NOW)
    with pytest.raises(SlotTaken):
        bookings.hold(meeting_type, at("09:00", day=2), now=NOW)
    assert bookings.hold(meeting_type, at("09:00", day=7), now=NOW)


class SlowEngine(NativeEngine):
    """Ours, but somebody else has the last word."""

    confirms_at_once = False


@pytest.fixture
def slow(meeting_type, settings, monkeypatch):
    monkeypatch.setattr(engine, "SlowEngine", SlowEngine, raising=False)  # an engine lives in an installed app
    settings.SCHEDULING_ENGINES = {**settings.SCHEDULING_ENGINES, "slow": "scheduling.engine.SlowEngine"}
    meeting_type.engine = "slow"
    meeting_type.save()
    return meeting_type


class TestTheOtherSidesWord:
    def test_a_booking_is_pending_until_it_is_settled(self, slow):
        booking = confirmed(slow)
        assert (booking.status, booking.messages.count()) == (Status.PENDING, 0)
        assert at("10:00") not in availability.open_starts(slow, at("00:00"), at("23:00"), now=NOW)
        booking = bookings.settle(booking, source="x", remote_id="42", now=NOW)
        again = bookings.settle(booking, source="x", remote_id="43", now=NOW)
        assert (again.status, again.remote_id, again.messages.about_changes().count()) == (Status.CONFIRMED, "42", 2)

    def test_a_refusal_frees_the_time_and_tells_the_client_only(self, slow):
        booking = bookings.decline(confirmed(slow), reason="slot-occupied", now=NOW)
        assert booking.status == Status.DECLINED
        assert list(booking.messages.values_list("kind", "audience")) == [("declined", "client")]
        assert at("10:00") in availability.open_starts(slow, at("00:00"), at("23:00"), now=NOW)

    def test_a_move_is_told_when_it_is_agreed(self, slow):
        booking = bookings.settle(confirmed(slow), now=NOW)
        booking = bookings.reschedule(booking, at("11:00"), actor="client", now=NOW)
        assert (booking.status, booking.fallback_start) == (Status.PENDING, at("10:00"))
        booking = bookings.settle(booking, now=NOW)
        assert (booking.status, booking.fallback_start) == (Status.CONFIRMED, None)
        event = booking.events.get(kind="moved")
        assert (event.from_start, event.to_start) == (at("10:00"), at("11:00"))
        assert booking.messages.filter(kind="moved", version=1).count() == 2

    def test_a_refused_move_goes_back_without_a_mail(self, slow):
        booking = bookings.settle(confirmed(slow), now=NOW)
        booking = bookings.reschedule(booking, at("11:00"), actor="client", now=NOW)
        booking = bookings.decline(booking, reason="slot-occupied", now=NOW)
        assert (booking.status, booking.starts_at, booking.version) == (Status.CONFIRMED, at("10:00"), 2)
        assert not booking.messages.about_changes().filter(version__gt=0).exists()


@pytest.mark.parametrize("status", ["draft", "submitted", "suspended", "closed"])
def test_only_listed_professionals_can_be_booked(meeting_type, status):
    Professional.objects.update(status=status)
    with pytest.raises(NotOffered):
        bookings.hold(meeting_type, at("10:00"), now=NOW)


def test_done_and_no_show_only_after_the_start(meeting_type):
    booking = confirmed(meeting_type)
    with pytest.raises(NotAllowed):
        bookings.no_show(booking, now=NOW)
    assert bookings.complete_past(at("11:00")) == 0
    assert bookings.complete_past(at("11:30")) == 1
    assert bookings.no_show(booking, now=at("12:00")).status == Status.NO_SHOW


@pytest.mark.django_db
class TestDatabase:
    """What must hold holds without our verbs."""

    def other(self, booking: Booking, **fields) -> Booking:
        copy = Booking.objects.get(pk=booking.pk)
        copy.pk = uuid.uuid4()
        copy.session, copy.reference, copy.manage_hash = copy.pk, copy.pk.hex[:9], copy.pk.hex
        for name, value in fields.items():
            setattr(copy, name, value)
        return copy

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"starts_at": at("12:00")},
            {"blocked_until": at("10:15")},
            {"status": "held", "starts_at": at("09:00")},
            {"client_name": "", "starts_at": at("09:00")},
        ],
        ids=["same start", "end before start", "range too short", "endless hold", "nobody"],
    )
    def test_refuses(self, meeting_type, fields):
        booking = confirmed(meeting_type)
        with pytest.raises(IntegrityError), transaction.atomic():
            self.other(booking, **fields).save(force_insert=True)

    @pytest.mark.postgresql
    def test_postgresql_refuses_overlap_of_buffered_ranges(self, meeting_type):
        booking = confirmed(meeting_type)
        shifted = {"starts_at": at("10:35"), "ends_at": at("11:00"), "blocked_from": at("10:29")}
        with pytest.raises(IntegrityError, match="booking_no_overlap"), transaction.atomic():
            self.other(booking, **shifted, blocked_until=at("11:00")).save(force_insert=True)
        shifted["blocked_from"] = at("10:30")
        self.other(booking, **shifted, blocked_until=at("11:00")).save(force_insert=True)


def test_leaving_cancels_tells_and_erases(alice, meeting_type):
    booking = confirmed(meeting_type)
    accounts.close_account(alice)
    booking.refresh_from_db()
    alice.refresh_from_db()
    assert (booking.status, alice.status) == (Status.CANCELLED, Professional.Status.CLOSED)
    assert booking.messages.filter(kind="cancelled", audience="client", status="due").exists()
    assert tasks.erase_closed() == 0, "the cancellation still needs her name"
    Message.objects.update(status=Message.Status.SENT)
    assert tasks.erase_closed() == 1
    person = Person.objects.get(pk=alice.person_id)
    assert (person.full_name, person.email, person.user) == ("", "", None)
    alice.refresh_from_db()
    assert (alice.about, alice.offices.count()) == ("", 0)


@pytest.mark.django_db(transaction=True)
def test_columns_for_search_follow(meeting_type, alice):
    meeting_type.save()
    alice.refresh_from_db()
    first = alice.next_free_at
    assert alice.bookable
    assert first == availability.next_free(meeting_type)
    bookings.hold(meeting_type, first)
    alice.refresh_from_db()
    assert alice.next_free_at > first
    meeting_type.visibility = "off"
    meeting_type.save()
    alice.refresh_from_db()
    assert (alice.bookable, alice.next_free_at) == (False, None)


class TestLinks:
    def test_the_token_is_not_stored_and_belongs_to_one_brand(self, meeting_type, other_brand):
        booking = confirmed(meeting_type)
        token = links.manage_token(booking)
        assert len(token) == 22
        assert token not in str(Booking.objects.filter(pk=booking.pk).values().get())
        assert links.find(meeting_type.host.brand, token) == booking
        assert links.find(other_brand, token) is None
        assert links.find(meeting_type.host.brand, token[:-1] + "x") is None

    def test_links_survive_a_new_secret(self, meeting_type, settings):
        booking = confirmed(meeting_type)
        token = links.manage_token(booking)
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
        assert links.manage_token(booking) == token
        settings.SECRET_KEY_FALLBACKS = []
        assert links.find(meeting_type.host.brand, token) == booking, "the old link in old mails"
        assert links.manage_token(booking) != token

    def test_join_tokens_name_the_side_and_cannot_be_made_up(self, meeting_type):
        booking = confirmed(meeting_type)
        client, host = (links.join_token(booking, side) for side in Message.Audience)
        assert client != host
        assert links.read_join_token(host) == (booking.uid, Message.Audience.HOST)
        for forged in (host[:-2] + "AA", "", "é", "A" * 44, host + "AAAA", client[:30] + host[30:]):
            assert links.read_join_token(forged) is None
