"""Bookings, free times and webhooks of meetergo, over HTTP against its copy."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from integrations.errors import Conflict, OutcomeUnknown, Rejected, Transient
from tests.integrations.meetergo_world import (
    BERLIN,
    BOOKING,
    CHANGED,
    LONG,
    MONDAY,
    NOW,
    bare,
    book,
    make_type,
    make_user,
    provider_of,
)


@pytest.fixture
def provider(sandbox):
    return provider_of(sandbox)


@pytest.fixture
def user(provider):
    return make_user(provider)


@pytest.fixture
def meeting_type(provider, user):
    return make_type(provider, user)


# --- bookings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 409])
def test_a_taken_time_is_a_conflict(sandbox, provider, meeting_type, status):
    sandbox.switch("meetergo", "U9", status)
    book(provider, meeting_type)
    with pytest.raises(Conflict, match="slot-occupied"):
        book(provider, meeting_type, replace(BOOKING, client_email="late@example.org"))


def test_no_secret_of_an_attendee_is_kept(sandbox, provider, meeting_type):
    remote = book(provider, meeting_type)
    secret = sandbox.objects("meetergo", "appointment")[0]["secret"]
    assert secret
    assert secret not in str(remote)
    assert "secret" not in str(remote)


def wait_for(sandbox, kind):
    company = sandbox.objects("meetergo", "company")[0]
    sandbox.edit("meetergo", "company", company["id"], **{kind: "enabled"})


@pytest.mark.parametrize("kind", ["doubleOptIn", "requireHostConfirmation"])
def test_a_pending_booking_is_not_a_confirmed_one(sandbox, provider, meeting_type, kind):
    wait_for(sandbox, kind)
    bookings = provider.resource("booking", meeting_type)
    payload = bookings.payload(BOOKING)
    pending = bookings.create("b1", payload)
    assert pending.data["state"] == "pending"
    assert pending.data["waitsFor"] == kind
    assert bookings.find("b1", payload) == pending
    assert bookings.update(pending, payload) == pending
    sandbox.act("meetergo", "confirm", provisionalBookingId=pending.id.split(":")[1])
    confirmed = bookings.update(pending, payload)
    assert confirmed.data["state"] == "confirmed"
    assert confirmed.id == sandbox.objects("meetergo", "appointment")[0]["id"]


@pytest.mark.parametrize("end", ["decline", "expire"])
def test_a_request_that_is_declined_or_runs_out_is_refused(sandbox, provider, meeting_type, end):
    wait_for(sandbox, "requireHostConfirmation")
    bookings = provider.resource("booking", meeting_type)
    payload = bookings.payload(BOOKING)
    pending = bookings.create("b1", payload)
    sandbox.act("meetergo", end, provisionalBookingId=pending.id.split(":")[1])
    with pytest.raises(Rejected, match="declined"):
        bookings.update(pending, payload)


def test_a_request_can_be_withdrawn(sandbox, provider, meeting_type):
    wait_for(sandbox, "requireHostConfirmation")
    pending = book(provider, meeting_type)
    provider.resource("booking", meeting_type).delete(pending)
    assert sandbox.objects("meetergo", "provisional")[0]["status"] != "pending"


def test_the_answer_to_a_booking_is_lost_and_it_is_found(sandbox, provider, meeting_type):
    sandbox.fault("lost", path="/v4/booking")
    with pytest.raises(OutcomeUnknown):
        book(provider, meeting_type)
    bookings = provider.resource("booking", meeting_type)
    found = bookings.find("b1", bookings.payload(BOOKING))
    assert found.id == sandbox.objects("meetergo", "appointment")[0]["id"]
    assert bookings.find("b2", bookings.payload(replace(BOOKING, client_email="other@example.org"))) is None


def test_moving_keeps_the_id_and_a_taken_time_refuses(provider, meeting_type):
    first = book(provider, meeting_type)
    later = replace(CHANGED["booking"], ref="b2", client_email="two@example.org")
    book(provider, meeting_type, later)
    bookings = provider.resource("booking", meeting_type)
    with pytest.raises(Conflict):
        bookings.update(first, bookings.payload(CHANGED["booking"]))
    free = replace(BOOKING, starts_at=MONDAY + timedelta(hours=5))
    assert bookings.update(first, bookings.payload(free)).id == first.id


def test_cancelling_twice_and_cancelling_history_does_nothing(sandbox, provider, meeting_type):
    remote = book(provider, meeting_type)
    bookings = provider.resource("booking", meeting_type)
    bookings.delete(remote)
    assert sandbox.objects("meetergo", "appointment")[0]["isCancelled"]
    bookings.delete(remote)
    past = book(provider, meeting_type)
    sandbox.edit("meetergo", "appointment", past.id, start="2020-01-01T09:00:00.000Z", end="2020-01-01T09:30:00.000Z")
    bookings.delete(past)
    assert not sandbox.objects("meetergo", "appointment")[1]["isCancelled"]


def test_in_a_group_everybody_comes_and_goes_alone(sandbox, provider, user):
    group = make_type(provider, user, replace(LONG, seats=3, buffer_after=0))
    bookings = provider.resource("booking", group)
    kim = book(provider, group)
    lou = book(provider, group, replace(BOOKING, client_email="lou@example.org", client_name="Lou"))
    assert kim.id.split(":")[0] == lou.id.split(":")[0]
    assert kim.id != lou.id
    calendar = provider.engine(provider)
    assert {one.id for one in calendar.bookings(user, MONDAY - timedelta(days=1), MONDAY + timedelta(days=1))} == {
        kim.id,
        lou.id,
    }
    moved = bookings.update(lou, bookings.payload(replace(CHANGED["booking"], client_email="lou@example.org")))
    assert moved.id.split(":")[0] != kim.id.split(":")[0]
    assert not calendar.read_booking(user, kim.id).cancelled
    assert calendar.read_booking(user, lou.id).cancelled
    bookings.delete(kim)
    assert calendar.read_booking(user, kim.id).cancelled
    assert not calendar.read_booking(user, moved.id).cancelled


# --- the engine -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["dates", "availableSlots", "slots", "timeframes"])
def test_free_starts_are_the_same_in_every_shape(sandbox, provider, user, shape):
    plain = make_type(provider, user, replace(LONG, step=60, buffer_after=0))
    sandbox.switch("meetergo", "slots_shape", shape)
    starts = provider.engine(provider).free_starts(user, plain, MONDAY, MONDAY + timedelta(days=1))
    assert all(one.tzinfo is UTC for one in starts)
    assert starts == sorted(starts)
    local = MONDAY.astimezone(BERLIN)
    expected = [hour for hour in (9, 10, 11, 13, 14, 15, 16) if hour >= local.hour]
    assert [one.astimezone(BERLIN).hour for one in starts if one.date() == MONDAY.date()] == expected


def test_a_booked_time_is_not_free(provider, user, meeting_type):
    calendar = provider.engine(provider)
    assert MONDAY in calendar.free_starts(user, meeting_type, MONDAY, MONDAY + timedelta(hours=1))
    book(provider, meeting_type)
    assert MONDAY not in calendar.free_starts(user, meeting_type, MONDAY, MONDAY + timedelta(hours=1), fresh=True)


def test_long_windows_are_asked_for_in_parts(sandbox, provider, user, meeting_type):
    calendar = provider.engine(provider)
    calendar.free_starts(user, meeting_type, MONDAY, MONDAY + timedelta(days=45))
    assert len(sandbox.log(path="/v4/booking-availability")) == 2


def test_unreadable_times_are_an_outage_and_not_an_empty_day(sandbox, provider, user, meeting_type):
    sandbox.fault("html", path="/v4/booking-availability")
    with pytest.raises(Transient):
        provider.engine(provider).free_starts(user, meeting_type, MONDAY, MONDAY + timedelta(days=1))
    sandbox.fault("empty", path="/v4/booking-availability")
    with pytest.raises(Transient):
        provider.engine(provider).free_starts(user, meeting_type, MONDAY, MONDAY + timedelta(days=1))


def test_bookings_are_read_with_everything_we_need(sandbox, provider, user):
    video = make_type(provider, user, LONG)
    remote = book(provider, video)
    calendar = provider.engine(provider)
    found = list(calendar.bookings(user, MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)))
    assert [one.id for one in found] == [remote.id]
    assert found[0] == calendar.read_booking(user, remote.id)
    assert (found[0].user_id, found[0].meeting_type_id) == (user.id, video.id)
    assert (found[0].starts_at, found[0].client_email) == (MONDAY, "kim@example.org")
    assert found[0].join_url.startswith("https://")
    assert remote.data["joinUrl"] == found[0].join_url
    sandbox.act("meetergo", "cancel", appointmentId=remote.id)
    assert calendar.read_booking(user, remote.id).cancelled


def test_a_page_that_repeats_itself_ends_the_list(sandbox, provider, user, monkeypatch):
    monkeypatch.setattr("integrations.providers.meetergo.bookings.PAGE_SIZE", 2)
    meeting_type = make_type(provider, user, replace(LONG, buffer_after=0))
    for hour in (0, 1, 4, 5, 6):
        start = MONDAY.replace(hour=8) + timedelta(hours=hour)
        book(provider, meeting_type, replace(BOOKING, starts_at=start, client_email=f"c{hour}@example.org"))
    window = (MONDAY - timedelta(days=1), MONDAY + timedelta(days=1))
    assert len(list(provider.engine(provider).bookings(user, *window))) == 5
    sandbox.fault("repeat_page", path="/v4/appointment/paginated", times=None)
    assert len(list(provider.engine(provider).bookings(user, *window))) == 2


# --- webhooks -------------------------------------------------------------------------------------------------------


def hook_of(provider):
    return provider.webhook(provider)


ENVELOPES = {
    "current": b'{"webhookType": "booking_created", "id": "a1", "hostIds": ["h1"], "start": "2026-10-05T09:00:00Z"}',
    "old": b'{"event": "booking_created", "data": {"id": "a1", "hosts": [{"id": "h1"}]}}',
}


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_both_envelopes_say_what_to_look_at(envelope):
    hook = hook_of(bare())
    assert hook.authentic({}, ENVELOPES[envelope], NOW)
    notice = hook.parse({}, ENVELOPES[envelope])
    assert (notice.type, notice.kind, notice.remote_id, notice.user_ids) == (
        "booking_created",
        "booking",
        "a1",
        ("h1",),
    )


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"not json", b'"text"', b'{"webhookType": ""}', b"\xff\xfe"])
def test_what_cannot_be_theirs_is_not_theirs(raw):
    assert not hook_of(bare()).authentic({}, raw, NOW)
    with pytest.raises(ValueError, match=r".*"):
        hook_of(bare()).parse({}, raw)


def test_unknown_types_are_notices_about_nothing():
    assert hook_of(bare()).parse({}, b'{"webhookType": "new_employee", "id": "u1"}').kind == ""


def test_registration_looks_first_and_may_be_repeated(sandbox, provider):
    hook, url = hook_of(provider), "https://anwalt.example/hooks/meetergo/t0ken/"
    assert "1 of 6" in hook.register(url)
    assert "already" in hook.register(url)
    (stored,) = sandbox.objects("meetergo", "webhook")
    sandbox.edit("meetergo", "webhook", stored["id"], eventTypes=["booking_created", "new_employee"])
    assert "added" in hook.register(url)
    (stored,) = sandbox.objects("meetergo", "webhook")
    assert set(stored["eventTypes"]) == {"booking_created", "booking_cancelled", "booking_rescheduled", "new_employee"}


def test_the_seventh_webhook_is_refused_with_the_way_out(sandbox, provider):
    hook = hook_of(provider)
    for number in range(6):
        hook.register(f"https://anwalt.example/hooks/{number}")
    with pytest.raises(Rejected, match="at most 6"):
        hook.register("https://anwalt.example/hooks/7")
    sandbox.fault("status", method="GET", path="/webhooks", status=200, body=[])
    with pytest.raises(Rejected, match="six webhooks"):
        hook.register("https://anwalt.example/hooks/7")


def test_what_the_host_agreed_to_outside_her_hours_goes_there_unless_it_overlaps(sandbox, provider, meeting_type):
    evening = MONDAY.replace(hour=20)
    with pytest.raises(Conflict):
        book(provider, meeting_type, replace(BOOKING, starts_at=evening))
    agreed = replace(BOOKING, starts_at=evening, stands=True)
    made = book(provider, meeting_type, agreed)
    assert made.data["state"] == "confirmed"
    with pytest.raises(Conflict):
        book(
            provider,
            meeting_type,
            replace(agreed, starts_at=evening + timedelta(minutes=15), client_email="x@y.example"),
        )
    assert len(sandbox.objects("meetergo", "appointment")) == 1
