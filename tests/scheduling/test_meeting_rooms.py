"""Rooms are offered, claimed, moved and given back together with the host's time; groups share one."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from scheduling import availability, bookings, groups, ics, meeting_rooms, requests, series, why
from scheduling.bookings import HoldExpired, SlotTaken
from scheduling.forms.meeting_types import MeetingTypeForm
from scheduling.models import Booking, MeetingRoom, MeetingType
from scheduling.models.bookings import Status
from scheduling.slots import Reason
from tests import factories
from tests.concurrency.race import next_monday
from tests.conftest import client_of

GUEST = {"name": "Bob Berg", "email": "bob@example.org"}
TEN, ELEVEN = "10:00", "11:00"


@pytest.fixture
def fjord(brand) -> MeetingRoom:
    return MeetingRoom.objects.create(brand=brand, name="Fjord", location="Second floor")


@pytest.fixture
def needy(alice, fjord) -> MeetingType:
    return factories.make_meeting_type(alice, slug="needy", duration=60, step=30, needs_room=True)


@pytest.fixture
def colleague(brand, fjord) -> MeetingType:
    """Of another host, who wants the same room."""
    other = factories.make_professional(brand, first_name="Dora", last_name="Dahl")
    return factories.make_meeting_type(other, slug="needy", duration=60, step=30, needs_room=True)


def open_at(meeting_type, clock) -> bool:
    start = next_monday(clock)
    fresh = MeetingType.objects.select_related("host__person", "host__brand").get(pk=meeting_type.pk)
    listed = start in availability.open_starts(fresh, start - timedelta(hours=1), start + timedelta(hours=1))
    assert listed is (availability.refusal(fresh, start) is None)
    return listed


def test_a_room_is_claimed_with_the_host_and_shown(needy, fjord):
    booking = bookings.hold(needy, next_monday(TEN))
    assert booking.room == fjord
    booking = bookings.confirm(booking, **GUEST)
    assert booking.location.endswith("Fjord, Second floor")
    assert "Fjord" in ics.place(booking)


def test_times_without_a_free_room_are_not_offered_to_anybody(needy, colleague):
    assert open_at(colleague, TEN)
    bookings.hold(needy, next_monday(TEN))
    assert not open_at(colleague, TEN)
    assert not open_at(colleague, "10:30")
    assert open_at(colleague, ELEVEN)
    with pytest.raises(SlotTaken):
        bookings.hold(colleague, next_monday("10:30"))


def test_buffers_count_for_the_room_as_well(needy, colleague):
    MeetingType.objects.filter(pk=needy.pk).update(buffer_after=30)
    bookings.hold(needy, next_monday(TEN))
    assert not open_at(colleague, ELEVEN)
    assert open_at(colleague, "11:30")


def test_any_of_a_set_and_only_of_the_set(needy, colleague, brand, fjord):
    bakke = MeetingRoom.objects.create(brand=brand, name="Bakke", position=5)
    bookings.hold(needy, next_monday(TEN))
    assert bookings.hold(colleague, next_monday(TEN)).room == bakke
    colleague.rooms.set([fjord])
    Booking.objects.filter(host=colleague.host).delete()
    assert not open_at(colleague, TEN)


@pytest.mark.parametrize("change", [{"is_active": False}, {"capacity": 1}])
def test_closed_and_small_rooms_do_not_count(needy, fjord, change):
    MeetingRoom.objects.update(**change)
    assert not open_at(needy, TEN)
    with pytest.raises(SlotTaken):
        bookings.hold(needy, next_monday(TEN))


def test_rooms_of_another_brand_do_not_count(needy, fjord):
    other = factories.make_brand(slug="other")
    MeetingRoom.objects.update(brand=other)
    assert not open_at(needy, TEN)


def test_release_expiry_and_cancellation_give_it_back(needy, colleague):
    bookings.release(bookings.hold(needy, next_monday(TEN)))
    assert open_at(colleague, TEN)
    bookings.hold(needy, next_monday(TEN))
    Booking.objects.update(hold_expires_at=timezone.now() - timedelta(seconds=1))
    kept = bookings.hold(colleague, next_monday(TEN))
    booking = bookings.confirm(kept, **GUEST)
    assert not open_at(needy, TEN)
    bookings.cancel(booking, actor=Booking.Actor.HOST)
    assert open_at(needy, TEN)


def test_a_hold_that_ran_out_takes_another_room_or_none(needy, colleague, brand, fjord):
    booking = bookings.hold(needy, next_monday(TEN))
    Booking.objects.update(hold_expires_at=timezone.now() - timedelta(seconds=1))
    bookings.hold(colleague, next_monday(TEN))
    with pytest.raises(HoldExpired):
        bookings.confirm(booking, **GUEST)
    bakke = MeetingRoom.objects.create(brand=brand, name="Bakke")
    assert bookings.confirm(booking, **GUEST).room == bakke


def test_a_move_takes_a_room_at_the_new_time(needy, colleague, brand, fjord):
    bakke = MeetingRoom.objects.create(brand=brand, name="Bakke", position=5)
    booking = bookings.enter(needy, next_monday(TEN), **GUEST)
    assert booking.room == fjord
    bookings.hold(colleague, next_monday("13:00"))
    moved = bookings.reschedule(booking, next_monday("13:00"), actor=Booking.Actor.HOST)
    assert moved.room == bakke
    assert moved.location.endswith("Bakke")
    assert "Fjord" not in moved.location
    assert open_at(colleague, TEN)


def test_a_refused_move_changes_nothing(needy, colleague, fjord):
    booking = bookings.enter(needy, next_monday(TEN), **GUEST)
    bookings.hold(colleague, next_monday("13:00"))
    with pytest.raises(SlotTaken):
        bookings.reschedule(booking, next_monday("13:00"), actor=Booking.Actor.HOST)
    booking.refresh_from_db()
    assert (booking.starts_at, booking.room) == (next_monday(TEN), fjord)


def test_a_group_shares_the_room_of_its_session(alice, colleague, fjord):
    MeetingRoom.objects.update(capacity=4)
    group = factories.make_meeting_type(alice, slug="group", duration=60, seats=3, needs_room=True)
    first, second = (bookings.hold(group, next_monday(TEN)) for _seat in range(2))
    assert first.room == second.room == fjord
    assert open_at(group, TEN)
    assert not open_at(colleague, TEN)


def test_a_session_moves_into_a_room_that_is_free_then(alice, colleague, brand, fjord):
    MeetingRoom.objects.update(capacity=4)
    bakke = MeetingRoom.objects.create(brand=brand, name="Bakke", position=5)
    group = factories.make_meeting_type(alice, slug="group", duration=60, seats=3, needs_room=True)
    first = bookings.enter(group, next_monday(TEN), **GUEST)
    bookings.enter(group, next_monday(TEN), name="Eve", email="eve@example.org")
    bookings.enter(colleague, next_monday("13:00"), **GUEST)
    groups.move(alice, first.session, next_monday("13:00"), actor=Booking.Actor.HOST)
    rows = Booking.objects.filter(meeting_type=group)
    assert {(row.starts_at, row.room) for row in rows} == {(next_monday("13:00"), bakke)}
    MeetingRoom.objects.filter(pk=bakke.pk).update(is_active=False)
    bookings.enter(colleague, next_monday("15:00"), **GUEST)
    with pytest.raises(SlotTaken):
        groups.move(alice, rows[0].session, next_monday("15:00"), actor=Booking.Actor.HOST, outside_rules=True)
    assert {row.starts_at for row in rows.all()} == {next_monday("13:00")}


def test_a_series_claims_a_room_for_each(alice, colleague, fjord):
    weekly = factories.make_meeting_type(alice, slug="weekly", duration=60, needs_room=True, series_max=5)
    start = next_monday(TEN)
    held = series.hold([(weekly, start), (weekly, start + timedelta(days=1))])
    assert set(Booking.objects.filter(series=held.pk).values_list("room", flat=True)) == {fjord.pk}
    bookings.release(held)
    bookings.enter(colleague, start + timedelta(days=1), **GUEST)
    with pytest.raises(series.Clash):
        series.hold([(weekly, start), (weekly, start + timedelta(days=1))])


def test_requests_for_one_time_take_a_room_when_one_is_chosen(alice, colleague, fjord):
    asked = factories.make_meeting_type(
        alice, slug="asked", duration=60, needs_room=True, on_request=True, while_asked="race"
    )
    request = bookings.confirm(bookings.hold(asked, next_monday(TEN)), **GUEST)
    assert request.room is None
    assert open_at(colleague, TEN)
    accepted = requests.accept(request)
    assert accepted.room == fjord
    assert not open_at(colleague, TEN)


def test_the_nets_hold_for_whoever_forgets_the_claim(needy, colleague, fjord, monkeypatch):
    bookings.enter(needy, next_monday(TEN), **GUEST)
    monkeypatch.setattr(meeting_rooms, "_free_room", lambda *args: fjord)
    monkeypatch.setattr(bookings, "_require_free_or_offered", lambda *args, **kwargs: None)
    with pytest.raises(SlotTaken):
        bookings.enter(colleague, next_monday(TEN), **GUEST)
    booking = bookings.enter(colleague, next_monday("14:00"), **GUEST)
    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(starts_at=next_monday(TEN), blocked_from=next_monday(TEN))


def test_cards_and_next_free_know_the_rooms(needy, alice, colleague, at_most_queries):
    MeetingType.objects.filter(host=alice).exclude(pk=needy.pk).update(visibility="off")
    free = availability.next_times([alice])[alice.pk]
    assert free
    start = free[0].start
    bookings.enter(colleague, start, **GUEST, outside_rules=True)
    with at_most_queries(8):
        later = availability.next_times([alice])[alice.pk]
    assert start not in [one.start for one in later]


def test_whoever_needs_no_room_asks_nothing_more(meeting_type, django_assert_num_queries):
    now = timezone.now()
    with django_assert_num_queries(3):
        availability.open_starts(meeting_type, now, now + timedelta(days=7))


def test_the_form_offers_rooms_where_there_are_any(alice, brand):
    assert "needs_room" not in MeetingTypeForm(host=alice).fields
    MeetingRoom.objects.create(brand=brand, name="Fjord")
    MeetingRoom.objects.create(brand=factories.make_brand("other.localhost", slug="other"), name="Elsewhere")
    form = MeetingTypeForm(host=alice)
    assert [room.name for room in form.fields["rooms"].queryset] == ["Fjord"]


def test_statuses_that_free_a_room_are_those_that_free_the_host(needy, colleague):
    booking = bookings.enter(needy, next_monday(TEN), **GUEST)
    for status in (Status.CANCELLED, Status.DECLINED, Status.EXPIRED):
        Booking.objects.filter(pk=booking.pk).update(status=status)
        assert open_at(colleague, TEN)


# --- what is said when only the room is missing -----------------------------------------------------------------


def test_a_missing_room_is_called_one(needy, colleague):
    """The host is free: nobody may tell her that she is busy."""
    bookings.enter(needy, next_monday(TEN), **GUEST)
    assert availability.refusal(colleague, next_monday(TEN)) == Reason.ROOM
    (cause,) = why.answer(colleague, next_monday("10:30")).causes
    assert (cause.reason, cause.title, cause.text) == (Reason.ROOM, "No room is free", "Fjord: 10:00–11:00")
    stretches = why.answer(colleague, next_monday(TEN)).stretches
    assert [(one.reason, len(one.starts)) for one in stretches][1] == (Reason.ROOM, 3)
    with pytest.raises(SlotTaken, match="No room is free"):
        bookings.enter(colleague, next_monday(TEN), **GUEST)


def test_who_took_the_room_is_not_told(needy, colleague, brand, client):
    MeetingRoom.objects.create(brand=brand, name="Bakke", capacity=1)
    bookings.enter(needy, next_monday(TEN), **GUEST)
    (cause,) = why.answer(colleague, next_monday(TEN)).causes
    assert "Bob" not in cause.text
    assert "Bakke" not in cause.text
    MeetingRoom.objects.update(is_active=False)
    (cause,) = why.answer(colleague, next_monday(TEN)).causes
    assert cause.text == "There is no room that is open and large enough."


def test_a_room_that_is_missing_as_well_comes_last(needy, colleague):
    bookings.enter(needy, next_monday(TEN), **GUEST)
    found = [cause.reason for cause in why.answer(needy, next_monday(TEN)).causes]
    assert found == [Reason.BUSY, Reason.ROOM]


def test_the_move_of_a_member_says_that_the_room_is_missing(needy, colleague, alice):
    booking = bookings.enter(colleague, next_monday("14:00"), **GUEST)
    bookings.enter(needy, next_monday(TEN), **GUEST)
    user = factories.make_user(colleague.host.person.email)
    type(colleague.host.person).objects.filter(pk=colleague.host.person_id).update(user=user)
    page = client_of(alice.brand, user).get(
        f"/my/bookings/{booking.pk}/move/to/", {"day": next_monday(TEN).date(), "at": TEN}
    )
    assert "No room is free at this time." in page.content.decode()
