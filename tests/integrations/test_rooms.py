"""Who gets video rooms from where, what both sides see, and how rooms follow their appointments."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from integrations import desired, parity, rooms
from integrations.models import Connection, Mirror
from integrations.room_models import RoomChoice, RoomPerson, RoomWatch
from scheduling import bookings
from tests import factories
from tests.conftest import client_of
from tests.integrations.meetbit_world import KEYS, OPTIONS, PREFIX, alive, connect, quick, settle
from tests.integrations.rooms_world import book, path, text


@pytest.fixture
def connection(brand, sandbox):
    return connect(brand, sandbox)


@pytest.fixture
def video(meeting_type):
    meeting_type.channel = "video"
    meeting_type.save()
    return meeting_type


def meetbit(brand, sandbox, **fields):
    quick(sandbox)
    known = {"provider": "meetbit", "base_url": sandbox.url + PREFIX, "credentials": [KEYS], "options": OPTIONS}
    return Connection.objects.create(brand=brand, **{"name": "Rooms", **known, **fields})


# --- whose rooms -------------------------------------------------------------------------------------------------------


def test_the_members_choice_goes_before_the_brands_and_that_before_her_own_connection(connection, alice, sandbox):
    other = meetbit(alice.brand, sandbox)
    assert desired.rooms_of(alice) == connection
    other.for_rooms = True
    other.save()
    assert desired.rooms_of(alice) == other
    assert (list(desired.room_hosts(connection)), list(desired.room_hosts(other))) == ([], [alice])
    choice = RoomChoice.objects.create(professional=alice, connection=connection)
    assert desired.rooms_of(alice) == connection
    assert (list(desired.room_hosts(connection)), list(desired.room_hosts(other))) == ([alice], [])
    choice.connection = None
    choice.save()
    assert desired.rooms_of(alice) is None


def test_only_providers_with_rooms_of_the_same_brand_can_be_chosen(connection, alice, other_brand, sandbox):
    meetergo = Connection(brand=alice.brand, provider="meetergo", name="m", for_rooms=True)
    with pytest.raises(ValidationError, match="no video rooms"):
        meetergo.full_clean(exclude=["webhook_token"])
    foreign = meetbit(other_brand, sandbox)
    with pytest.raises(ValidationError, match="another brand"):
        RoomChoice(professional=alice, connection=foreign).full_clean()
    meetbit(alice.brand, sandbox, name="A", for_rooms=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        meetbit(alice.brand, sandbox, name="B", for_rooms=True)


def test_a_member_of_the_built_in_engine_gets_an_account_for_her_rooms_only(
    brand, alice, video, next_monday, bob, sandbox
):
    made = meetbit(brand, sandbox, for_rooms=True)
    booking = book(video, next_monday, bob)
    settle()
    booking.refresh_from_db()
    assert booking.join_url
    assert [row["email"] for row in alive(sandbox, "user")] == ["alice@example.org"]
    assert not Mirror.objects.filter(kind="customer").exists()
    assert parity.sweep(made) == 0


def test_a_change_of_choice_makes_the_room_anew_elsewhere(connection, alice, video, next_monday, bob, sandbox):
    booking = book(video, next_monday, bob)
    settle()
    other = meetbit(alice.brand, sandbox, options={**OPTIONS, "room_url_template": "https://other.example/{public_id}"})
    RoomChoice.objects.create(professional=alice, connection=other)
    settle()
    booking.refresh_from_db()
    assert Mirror.objects.get(kind="conference").connection == other
    assert booking.join_url.startswith("https://other.example/")


# --- groups ------------------------------------------------------------------------------------------------------------


def test_a_group_session_has_one_room_and_who_moves_changes_it(connection, video, next_monday, bob, brand, sandbox):
    video.seats = 4
    video.save()
    carol = factories.make_person(brand, email="carol@example.org", first_name="Carol", last_name="Cruz")
    first, second = book(video, next_monday, bob), book(video, next_monday, carol)
    settle()
    assert len(alive(sandbox, "online_conference")) == 1
    assert {row["email"] for row in alive(sandbox, "attendee")} == {"alice@example.org", bob.email, carol.email}
    assert path(first) != path(second)
    bookings.reschedule(second, next_monday + timedelta(days=1), actor="host")
    settle()
    first.refresh_from_db(), second.refresh_from_db()
    assert len(alive(sandbox, "online_conference")) == 2
    assert first.join_url
    assert second.join_url
    assert first.join_url != second.join_url
    bookings.cancel(first, actor="host")
    bookings.reschedule(second, next_monday, actor="host")
    settle()
    second.refresh_from_db()
    assert len(alive(sandbox, "online_conference")) == 1
    assert set(RoomPerson.objects.values_list("ref", flat=True)) == {"host", str(second.pk)}
    assert sandbox.url in second.join_url


# --- what people see ---------------------------------------------------------------------------------------------------


def test_both_sides_wait_enter_and_are_told_when_it_is_over(connection, client, video, next_monday, bob):
    booking = book(video, next_monday, bob)
    early = text(client.get(path(booking)))
    assert "a little early" in early
    assert "The room opens in" in early
    with time_machine.travel(next_monday - timedelta(minutes=10)):
        waiting = client.get(path(booking))
        assert "being prepared" in text(waiting)
        assert 'hx-trigger="every 5s"' in text(waiting)
        settle()
        booking.refresh_from_db()
        for side in ("client", "host"):
            assert client.get(path(booking, side))["Location"] == booking.join_url
        asked = client.get(path(booking), headers={"HX-Request": "true"})
        assert (asked.status_code, asked["HX-Redirect"]) == (200, path(booking))
    with time_machine.travel(next_monday + timedelta(minutes=50)):
        bookings.complete(booking)
        assert client.get(path(booking)).status_code == 302, "they talk longer than planned"
    with time_machine.travel(next_monday + timedelta(hours=4)):
        assert "There is no call to join" in text(client.get(path(booking)))


def test_the_tokens_of_both_sides_differ_and_open_only_under_their_brand(
    connection, video, next_monday, bob, other_brand
):
    booking = book(video, next_monday, bob)
    assert path(booking, "client") != path(booking, "host")
    assert client_of(other_brand).get(path(booking)).status_code == 404


def test_a_room_that_could_not_be_made_is_told_to_everybody(
    connection, alice_client, client, admin_client, video, next_monday, bob, sandbox
):
    sandbox.switch("meetbit", "room_accounts", "manual")
    booking = book(video, next_monday, bob)
    settle()
    today = text(alice_client.get("/my/"))
    assert "The video room for Bob Berg could not be made" in today
    assert "The video room could not be made" in text(alice_client.get(f"/my/bookings/{booking.pk}/"))
    assert "1 object waits for a person" in text(admin_client.get("/admin/"))
    with time_machine.travel(next_monday - timedelta(minutes=5)):
        theirs, ours = text(client.get(path(booking))), text(client.get(path(booking, "host")))
    assert "will get in touch with you" in theirs
    assert "account at MeetBit Rooms" not in theirs + ours
    assert "call your client" in ours
    sandbox.act("meetbit", "connect_rooms", user_id=1)
    parity.sync_now(Mirror.objects.filter(kind="conference"))
    settle()
    assert "could not be made" not in text(alice_client.get("/my/"))


# --- how a meeting stands ----------------------------------------------------------------------------------------------


def test_pauses_grow_until_something_new_is_said_and_end_with_the_meeting(connection, video, next_monday, bob, sandbox):
    book(video, next_monday, bob)
    settle()
    start = next_monday - timedelta(minutes=15)
    assert rooms.poll() == 0, "long before it nothing is asked"
    seen = []
    now = start
    for _round in range(4):
        assert rooms.poll(now=now) == 1
        row = RoomWatch.objects.get()
        seen.append((row.due_at - now).total_seconds())
        now = row.due_at
    assert seen == [30, 60, 120, 240]
    sandbox.act("meetbit", "start_conference", id=1)
    rooms.poll(now=now)
    row = RoomWatch.objects.get()
    assert (row.state, (row.due_at - now).total_seconds()) == ("live", 30)
    sandbox.act("meetbit", "end_conference", id=1)
    rooms.poll(now=row.due_at)
    row = RoomWatch.objects.get()
    assert (row.state, row.due_at) == ("ended", None)


def test_a_provider_that_fails_is_not_asked_for_every_room(connection, video, next_monday, bob, sandbox):
    for day in range(3):
        book(video, next_monday + timedelta(days=day), bob)
    settle()
    RoomWatch.objects.update(due_at=next_monday)
    sandbox.fault("status", provider="meetbit", status=503, times=None)
    before = len(sandbox.log(provider="meetbit"))
    assert rooms.poll(now=next_monday) == 0
    assert len(sandbox.log(provider="meetbit")) == before + 1
