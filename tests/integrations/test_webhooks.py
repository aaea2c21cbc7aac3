"""From a provider's message, or from the poll, to a booking of ours."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from integrations import inbound, remote_times, sync, tasks, webhooks
from integrations.contract import RemoteBooking
from integrations.errors import Transient
from integrations.models import Connection, Mirror, RemoteTimes, WebhookEvent
from scheduling import bookings, external
from scheduling.models import Booking, BookingEvent, BusyTime, Message
from scheduling.models.bookings import Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def onboarded(connection, alice, meeting_type, world):
    """alice with her meeting type at the provider; nothing is due."""
    sync.work()
    tasks.sweep()
    sync.work()
    assert not Mirror.objects.exclude(due_at=None).exists()
    assert remote_times.ask_patiently(RemoteTimes.objects.get())
    world.calls.clear()
    return alice


def remote_id(kind: str, uid: object) -> str:
    return Mirror.objects.get(kind=kind, local_uid=str(uid)).remote_id


@pytest.fixture
def theirs(onboarded, meeting_type, next_monday, world) -> RemoteBooking:
    """bob has booked in the provider's page."""
    booking = RemoteBooking(
        id="b1",
        user_id=remote_id("user", onboarded.pk),
        meeting_type_id=remote_id("meeting_type", meeting_type.pk),
        starts_at=next_monday.astimezone(UTC),
        ends_at=next_monday.astimezone(UTC) + timedelta(minutes=30),
        cancelled=False,
        client_name="Bob Berg",
        client_email="Bob@Example.org",
        client_language="de-DE",
        client_time_zone="Europe/Vienna",
        join_url="https://video.example/room",
    )
    world.bookings["b1"] = booking
    return booking


def message(kind: str = "booking_created", **fields: object) -> dict[str, object]:
    return {"type": kind, "kind": "booking", "id": "b1", **fields}


def post(connection: Connection, body: object, key: str = "hush", host: str = "nobody.example", **extra: str):
    url = f"/hooks/{connection.provider}/{connection.webhook_token}/"
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    headers = {"x-fake-key": key, **extra}
    return Client(HTTP_HOST=host).post(url, text, content_type="application/json", headers=headers)


# --- receiving ----------------------------------------------------------------------------------------------------


def test_a_message_is_stored_once_and_answered_on_any_host(connection, world, at_most_queries):
    with at_most_queries(3):  # whatever it speaks of: one to find the connection, one to keep the message
        assert post(connection, message(event="e1")).status_code == 204
    assert post(connection, message(event="e1", more="again")).status_code == 204
    event = WebhookEvent.objects.get()
    assert (event.event_key, event.type) == ("e1", "booking_created")
    assert event.due_at is not None
    assert world.calls == []  # nothing was asked of the provider while it waited


def test_without_an_id_the_digest_of_the_message_counts(connection):
    for updated in ("10:00", "10:00", "10:05"):
        post(connection, message(updated=updated))
    assert WebhookEvent.objects.count() == 2


@pytest.mark.parametrize("key", ["", "wrong", "hush2"])
def test_a_forged_message_gets_401_and_leaves_nothing(connection, key):
    response = post(connection, message(), key=key)
    assert (response.status_code, response.content) == (401, b"")
    assert not WebhookEvent.objects.exists()


def test_a_wrong_path_is_404(connection):
    assert Client().post("/hooks/fake/guess/", "{}", content_type="application/json").status_code == 404
    other = f"/hooks/meetergo/{connection.webhook_token}/"
    assert Client().post(other, "{}", content_type="application/json").status_code == 404


def test_the_token_of_one_connection_says_nothing_about_another(connection, other_brand):
    second = Connection.objects.create(brand=other_brand, provider="fake", name="Fake", webhook_secret="other")
    assert post(second, message(), key="hush").status_code == 401
    assert post(second, message(), key="other").status_code == 204
    assert WebhookEvent.objects.get().connection == second


def test_size_method_and_nonsense(connection):
    assert post(connection, b"x" * (webhooks.LARGEST + 1)).status_code == 413
    assert post(connection, b'"' + b"x" * (webhooks.LARGEST - 2) + b'"').status_code == 400
    assert post(connection, b"\xff\xfe").status_code == 400
    assert post(connection, "[]").status_code == 400
    url = f"/hooks/fake/{connection.webhook_token}/"
    assert Client(HTTP_HOST="nobody.example").get(url).status_code == 405
    assert not WebhookEvent.objects.exists()


def test_an_unknown_type_is_stored_and_nothing_follows(connection):
    assert post(connection, message("something_new")).status_code == 204
    event = WebhookEvent.objects.get()
    assert event.due_at is None
    assert event.note


def test_what_is_kept_of_the_headers_holds_no_secrets(connection):
    post(connection, message(), Authorization="Bearer x", Cookie="a=b")
    assert not {"Authorization", "Cookie"} & set(WebhookEvent.objects.get().headers)


# --- applying -----------------------------------------------------------------------------------------------------


def deliver(connection, **fields: object) -> str:
    """Post a message, apply all; what the last one led to."""
    post(connection, message(**fields))
    tasks.apply_webhooks()
    event = WebhookEvent.objects.first()
    assert event is not None
    return event.note or event.last_error


def test_a_booking_of_the_providers_page_comes_in(connection, theirs, onboarded, world):
    deliver(connection, users=[theirs.user_id])
    booking = Booking.objects.get()
    assert booking.status == Status.CONFIRMED
    assert (booking.host, booking.starts_at, booking.ends_at) == (onboarded, theirs.starts_at, theirs.ends_at)
    assert (booking.client_email, booking.client_language) == ("bob@example.org", "de")
    assert (booking.remote_source, booking.remote_id, booking.engine) == (connection.source, "b1", "fake")
    assert booking.join_url == "https://video.example/room"
    assert booking.origin == Booking.Origin.IMPORT
    assert booking.client is not None
    assert Message.objects.filter(booking=booking, kind="confirmed").count() == 2


def test_what_came_in_is_not_made_a_second_time_there(connection, theirs, world):
    deliver(connection)
    sync.work()
    tasks.sweep()
    sync.work()
    assert not [call for call in world.calls if call.startswith(("create", "update", "delete"))]
    mirror = Mirror.objects.get(kind="booking")
    assert (mirror.remote_id, mirror.state) == ("b1", "done")


def test_duplicates_and_repetitions_change_nothing(connection, theirs):
    deliver(connection, event="e1")
    first = Booking.objects.values().get()
    deliver(connection, event="e2")
    deliver(connection, event="e2")
    assert Booking.objects.values().get() == first
    assert BookingEvent.objects.count() == 1


def test_a_move_there_moves_the_same_row(connection, theirs, world):
    deliver(connection, event="e1")
    later = timedelta(hours=2)
    world.bookings["b1"] = replace(theirs, starts_at=theirs.starts_at + later, ends_at=theirs.ends_at + later)
    deliver(connection, event="e2")
    booking = Booking.objects.get()
    assert (booking.starts_at, booking.version) == (theirs.starts_at + later, 1)
    assert [event.kind for event in booking.events.all()] == ["confirmed", "moved"]
    sync.work()
    assert not [call for call in world.calls if call.startswith(("create", "update", "delete"))]


def test_cancelled_is_read_from_the_object_not_from_the_name(connection, theirs, world):
    deliver(connection, event="e1")
    deliver(connection, kind="booking_cancelled", event="e2")  # one of a group left; the object stands
    assert Booking.objects.get().status == Status.CONFIRMED
    world.bookings["b1"] = replace(theirs, cancelled=True)
    deliver(connection, kind="booking_rescheduled", event="e3")
    booking = Booking.objects.get()
    assert (booking.status, booking.cancelled_by) == (Status.CANCELLED, "provider")
    sync.work()
    assert not [call for call in world.calls if call.startswith(("create", "update", "delete"))]


def test_the_cancellation_may_come_first(connection, theirs, world):
    world.bookings["b1"] = replace(theirs, cancelled=True)
    deliver(connection, kind="booking_cancelled", event="e2")
    deliver(connection, kind="booking_created", event="e1")
    assert not Booking.objects.exists()
    assert not BusyTime.objects.exists()


def test_cancelled_here_stays_cancelled_while_our_word_is_on_its_way(connection, theirs):
    deliver(connection, event="e1")
    bookings.cancel(Booking.objects.get(), actor="host")
    deliver(connection, event="e2")
    assert Booking.objects.get().status == Status.CANCELLED


def test_a_move_here_that_still_waits_is_newer_than_what_they_show(connection, theirs):
    deliver(connection, event="e1")
    moved_to = theirs.starts_at + timedelta(hours=3)
    bookings.reschedule(Booking.objects.get(), moved_to, actor="host")
    deliver(connection, event="e2")
    assert Booking.objects.get().starts_at == moved_to
    event = WebhookEvent.objects.get(event_key="e2")
    assert event.due_at is not None
    assert event.due_at > timezone.now()


def test_a_hold_yields(connection, theirs, meeting_type):
    held = bookings.hold(meeting_type, theirs.starts_at)
    deliver(connection)
    held.refresh_from_db()
    assert held.status == Status.EXPIRED
    assert Booking.objects.get(remote_id="b1").status == Status.CONFIRMED


def test_a_clash_is_kept_as_taken_time_and_is_loud(connection, theirs, meeting_type, caplog):
    phone = bookings.enter(meeting_type, theirs.starts_at + timedelta(minutes=15), name="Early", outside_rules=True)
    Mirror.objects.filter(kind="booking").delete()
    deliver(connection, event="e1")
    deliver(connection, event="e2")
    busy = BusyTime.objects.get()
    assert (busy.starts_at, busy.ends_at, busy.source) == (theirs.starts_at, theirs.ends_at, connection.source)
    assert [event.kind for event in phone.events.all()] == ["confirmed", "conflict"]
    assert "b1" in phone.events.last().reason
    assert "same time" in caplog.text
    connection.refresh_from_db()
    assert phone.reference in connection.last_error
    # Once the way is free, it comes in by itself.
    bookings.cancel(phone, actor="host")
    deliver(connection, event="e3")
    assert Booking.objects.get(remote_id="b1").status == Status.CONFIRMED
    assert not BusyTime.objects.exists()


def test_our_buffers_yield_to_what_has_happened(connection, theirs, meeting_type):
    meeting_type.buffer_before = meeting_type.buffer_after = 15
    meeting_type.save()
    bookings.enter(meeting_type, theirs.ends_at + timedelta(minutes=15), name="Next", outside_rules=True)
    Mirror.objects.filter(kind="booking").delete()
    deliver(connection)
    booking = Booking.objects.get(remote_id="b1")
    assert (booking.blocked_from, booking.blocked_until) == (booking.starts_at, booking.ends_at)


def test_an_unknown_meeting_type_takes_the_time(connection, theirs, world):
    world.bookings["b1"] = replace(theirs, meeting_type_id="made there")
    deliver(connection)
    assert not Booking.objects.exists()
    assert BusyTime.objects.get().starts_at == theirs.starts_at


def test_a_booking_of_nobody_of_ours_is_noted(connection, theirs, world):
    world.bookings["b1"] = replace(theirs, user_id="stranger")
    assert deliver(connection) == "Nobody of ours."


def test_ours_without_an_id_yet_is_recognised(connection, theirs, meeting_type):
    ours = bookings.enter(meeting_type, theirs.starts_at, name="Bob", email="bob@example.org")
    Booking.objects.filter(pk=ours.pk).update(status=Status.PENDING, updated_at=timezone.now() - timedelta(minutes=1))
    deliver(connection)
    booking = Booking.objects.get()
    assert (booking.pk, booking.remote_id, booking.status) == (ours.pk, "b1", Status.CONFIRMED)
    assert Mirror.objects.get(kind="booking").remote_id == "b1"


def test_a_move_that_was_not_answered_yet_is_settled_by_what_they_show(connection, theirs, onboarded, meeting_type):
    deliver(connection)
    new, old = theirs.starts_at + timedelta(hours=2), theirs.starts_at
    moved = {"starts_at": new, "ends_at": new + timedelta(minutes=30), "blocked_from": new}
    moved |= {"blocked_until": moved["ends_at"], "status": Status.PENDING, "fallback_start": old}
    Booking.objects.update(**moved)

    def said(start: datetime) -> str:
        told = external.External(connection.source, "b1", start, start + timedelta(minutes=30), False, "Bob")
        return external.record(onboarded, meeting_type, told, engine="fake", read_at=timezone.now()).outcome

    assert said(old) == "unchanged"
    assert Booking.objects.get().status == Status.PENDING
    assert said(new) == "confirmed"
    booking = Booking.objects.get()
    assert (booking.status, booking.starts_at, booking.fallback_start) == (Status.CONFIRMED, new, None)
    assert booking.events.last().kind == "moved"


def test_what_was_read_before_the_row_changed_is_read_again(connection, theirs, onboarded, meeting_type):
    deliver(connection)
    with pytest.raises(external.StaleError):
        external.record(
            onboarded,
            meeting_type,
            external.External(connection.source, "b1", theirs.starts_at, theirs.ends_at, True, "Bob"),
            engine="fake",
            read_at=datetime.now(UTC) - timedelta(hours=1),
        )
    assert Booking.objects.get().status == Status.CONFIRMED


def test_a_provider_that_is_down_is_asked_again_later(connection, theirs, world):
    def down(call: str) -> None:
        raise Transient("503: down", status=503, retry_after=40)

    world.fail = down
    post(connection, message(event="e1"))
    tasks.apply_webhooks()
    event = WebhookEvent.objects.get()
    assert event.attempts == 1
    assert event.due_at is not None
    assert timedelta(seconds=35) < event.due_at - timezone.now() < timedelta(seconds=45)
    world.fail = lambda call: None
    webhooks.replay(WebhookEvent.objects.all())
    assert webhooks.apply(event.pk)
    assert Booking.objects.get().remote_id == "b1"
    assert not webhooks.apply(event.pk)  # done: nothing to claim


def test_two_workers_do_not_apply_one_event_twice(connection, theirs):
    post(connection, message())
    event = WebhookEvent.objects.get()
    WebhookEvent.objects.update(leased_until=timezone.now() + webhooks.LEASE)
    assert not webhooks.apply(event.pk)
    assert not Booking.objects.exists()


def test_a_user_edited_there_is_mended(connection, onboarded, world):
    there = remote_id("user", onboarded.pk)
    world.of("user")[there]["last_name"] = "Edited"
    post(connection, {"type": "user_changed", "kind": "user", "id": there})
    tasks.apply_webhooks()
    sync.work()
    assert world.of("user")[there]["last_name"] == "Ahrens"
    assert "mended" in WebhookEvent.objects.get().note


# --- the poll -----------------------------------------------------------------------------------------------------


def test_the_poll_brings_in_what_no_webhook_told(connection, theirs, world):
    tasks.poll()
    assert Booking.objects.get().remote_id == "b1"
    world.bookings["b1"] = replace(theirs, cancelled=True)
    tasks.poll()
    assert Booking.objects.get().status == Status.CANCELLED


def test_the_poll_takes_turns_within_its_share(connection, world, brand, monkeypatch):
    for _number in range(5):
        factories.make_professional(brand)
    sync.work()
    monkeypatch.setattr("tests.integrations.fake.Fake.rate", ((3, 36.0),))  # 0.2 × 180 s × 3/36 = 3 calls
    world.calls.clear()
    assert [inbound.poll(connection) for _round in range(2)] == [3, 3]
    assert len({call for call in world.calls if call.startswith("list bookings")}) == 5


def test_the_poll_leaves_connections_without_embedding_alone(connection, theirs, world):
    Connection.objects.update(booking="own")
    assert tasks.poll() == 0
    assert world.calls == []
