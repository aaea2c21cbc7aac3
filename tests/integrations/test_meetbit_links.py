"""Meeting Links of MeetBit: shown in a frame with the visitor's data, and what is booked there comes in. Real HTTP."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from integrations import tasks
from integrations.admin.events import state_of
from integrations.models import Connection, Mirror, WebhookEvent
from integrations.providers.meetbit.webhook import sign
from scheduling.models import Booking, Message
from scheduling.models.bookings import Status
from tests.integrations.meetbit_world import connect, settle

EVENTS = ["events.get", "events.list"]


@pytest.fixture
def connection(brand, sandbox, alice, meeting_type) -> Connection:
    """Alice is a user there and has a Meeting Link; visitors book in it."""
    made = connect(brand, sandbox, meeting_links={"Alice@example.org": "alice"}, enabled_optional=EVENTS)
    Connection.objects.filter(pk=made.pk).update(booking="embed")
    alice.person.email = "alice@example.org"
    alice.person.save()
    settle()
    user = Mirror.objects.get(kind="user", local_uid=str(alice.pk)).remote_id
    sandbox.act("meetbit", "add_link", public_id="alice", user_id=int(user), length=meeting_type.duration)
    return Connection.objects.get(pk=made.pk)


def tell(connection: Connection, event: str, **data: object) -> WebhookEvent:
    raw = json.dumps({"event": event, "data": data}).encode()
    key, stamp = f"hook-{WebhookEvent.objects.count()}", timezone.now().isoformat()
    signed = {"X-Webhook-Id": key, "X-Webhook-Timestamp": stamp}
    signed["X-Webhook-Signature"] = sign("sandbox-secret", key, stamp, raw)
    url = f"/hooks/meetbit/{connection.webhook_token}/"
    answer = Client().post(url, raw, content_type="application/json", headers=signed)
    assert answer.status_code == 204
    tasks.apply_webhooks()
    return WebhookEvent.objects.get(event_key=key)


def booked_there(sandbox) -> dict:
    return sandbox.act("meetbit", "book", public_id="alice", name="Bob Berg", email="bob@example.org")


def test_the_page_is_shown_after_a_click_with_the_visitors_data(connection, client, alice, meeting_type, bob):
    page = client.get(alice.get_absolute_url())
    assert "<iframe" not in page.content.decode()
    assert "frame-src" not in page["Content-Security-Policy"]
    page = client.get(alice.get_absolute_url(), {"embed": "1"})
    embed = page.context["embed"]
    assert urlsplit(embed.url).path == "/meetbit/meetings/alice"
    assert parse_qs(urlsplit(embed.url).query) == {}
    assert f"frame-src {embed.origin}" in page["Content-Security-Policy"]
    assert page.content.decode().count(embed.url) >= 2  # the frame, and the way without it
    assert client.post(f"{meeting_type.get_absolute_url()}hold/", {"start": ""}).status_code == 303
    client.force_login(alice.person.user)
    url = client.get(alice.get_absolute_url(), {"embed": "1"}).context["embed"].url
    assert parse_qs(urlsplit(url).query)["email"] == [alice.person.user.email]


def test_only_the_types_that_have_a_link_are_booked_there(connection, client, alice, meeting_type):
    Connection.objects.update(options={**connection.options, "meeting_links": {"alice@example.org": {"other": "x"}}})
    assert client.get(alice.get_absolute_url()).context.get("embed") is None
    Connection.objects.update(
        options={**connection.options, "meeting_links": {"alice@example.org": {meeting_type.slug: "alice"}}}
    )
    assert client.get(alice.get_absolute_url()).context["embed"]


def test_what_is_booked_moved_and_cancelled_there_is_followed(connection, sandbox, alice, meeting_type):
    event = booked_there(sandbox)
    tell(connection, "events.created", id=event["id"], calendar_id=1)
    booking = Booking.objects.get()
    assert (booking.host, booking.meeting_type, booking.status) == (alice, meeting_type, Status.CONFIRMED)
    assert (booking.client_name, booking.client_email) == ("Bob Berg", "bob@example.org")
    assert booking.starts_at.isoformat()[:16] == event["starts_at"][:16]
    assert [row.audience for row in Message.objects.filter(booking=booking)] == ["host"]
    tell(connection, "meeting_links.scheduled", id=1, event_id=event["id"], calendar_id=1, email="bob@example.org")
    assert Booking.objects.count() == 1
    start = (booking.starts_at + timedelta(hours=1)).isoformat()
    sandbox.act("meetbit", "reschedule", id=event["id"], start=start)
    tell(connection, "events.rescheduled", id=event["id"], calendar_id=1)
    booking.refresh_from_db()
    assert (booking.starts_at.isoformat(), booking.version) == (start, 1)
    sandbox.act("meetbit", "cancel", id=event["id"])
    tell(connection, "events.deleted", id=event["id"], calendar_id=1)
    booking.refresh_from_db()
    assert booking.status == Status.CANCELLED


def test_the_poll_finds_what_no_webhook_told(connection, sandbox):
    booked_there(sandbox)
    tasks.poll()
    tasks.poll()
    assert Booking.objects.get().client_email == "bob@example.org"


def test_with_the_look_up_switched_off_a_person_is_asked(connection, sandbox, admin_client):
    Connection.objects.update(options={**connection.options, "enabled_optional": []})
    event = booked_there(sandbox)
    row = tell(connection, "events.created", id=event["id"], calendar_id=1)
    assert not Booking.objects.exists()
    assert state_of(row) == "failed"
    page = admin_client.get("/admin/integrations/webhookevent/").content.decode()
    assert "needs a person" in page
    assert "switched off" in row.last_error


def test_another_name_of_the_endpoint_and_its_fields_is_an_option(connection, sandbox):
    other = {"events.get": ["GET", "/appointments/{event_id}"]}
    sandbox.switch("meetbit", "endpoints", other)
    Connection.objects.update(options={**connection.options, "endpoints": other})
    event = booked_there(sandbox)
    tell(connection, "events.created", id=event["id"], calendar_id=1)
    assert Booking.objects.count() == 1
