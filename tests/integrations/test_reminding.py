"""What stays here although a provider is connected: our reminders where it sends its own, and sensitive answers always."""

import dataclasses
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from integrations import desired
from integrations.hooks import endpoints
from integrations.models import Connection, HookEvent, Mirror
from scheduling import bookings, digests, intake, messages
from scheduling.models import Message, Question

pytestmark = pytest.mark.django_db
SECRET = "An old illness"


@pytest.fixture
def connection(brand):
    return Connection.objects.create(brand=brand, provider="meetergo", name="There")


@pytest.fixture
def booking(meeting_type, next_monday):
    made = bookings.enter(meeting_type, next_monday + timedelta(days=14), name="Bob Berg", email="bob@example.org")
    messages.deliver(Message.objects.get(booking=made, kind="confirmed", audience="client").pk)
    return made


def reminded(booking, mailoutbox) -> list[str]:
    """Who gets the reminder of the day before."""
    mailoutbox.clear()
    rows = Message.objects.filter(booking=booking, kind="reminder_24h")
    due = max(row.due_at for row in rows)
    with time_machine.travel(due + timedelta(minutes=1), tick=False):
        for row in rows:
            messages.deliver(row.pk)
    return sorted(mail.to[0] for mail in mailoutbox)


@pytest.mark.parametrize(("kind", "own"), [("booking", "pk"), ("conference", "session")])
@pytest.mark.parametrize(("reminds", "remote_id", "ours"), [(False, "r1", True), (True, "", True), (True, "r1", False)])
def test_clients_are_not_reminded_twice(connection, booking, mailoutbox, kind, own, reminds, remote_id, ours):
    Connection.objects.update(reminds_clients=reminds)
    uid = str(getattr(booking, own))
    Mirror.objects.create(connection=connection, kind=kind, local_uid=uid, remote_id=remote_id)
    assert reminded(booking, mailoutbox) == (["bob@example.org"] if ours else [])


def test_a_sensitive_answer_leaves_by_no_door(brand, alice, connection, meeting_type, next_monday, mailoutbox):
    """Mails, digest, calendar files, webhooks and what providers are told; only the question that is not sensitive may go."""
    endpoints.create(brand, alice, "https://example.org/hook")
    hidden = Question.objects.create(meeting_type=meeting_type, label="Which?", kind="text", sensitive=True)
    shown = Question.objects.create(meeting_type=meeting_type, label="Since when?", kind="text", position=1)
    held = bookings.hold(meeting_type, next_monday)
    intake.record(held, {hidden: SECRET, shown: "Since spring"})
    booking = bookings.confirm(held, name="Bob Berg", email="bob@example.org")
    booking = bookings.reschedule(booking, next_monday + timedelta(hours=1), actor="client")
    for row in Message.objects.filter(booking=booking):
        Message.objects.filter(pk=row.pk).update(due_at=timezone.now())
        messages.deliver(row.pk)
    with time_machine.travel(next_monday.replace(hour=7), tick=False):
        digests.write_due()
        assert digests.send_due() == 1
    said = [mail.message().as_string() + mail.body + str(mail.alternatives) for mail in mailoutbox]
    assert any("Since spring" in one for one in said)
    said += [str(event.data) for event in HookEvent.objects.all()]
    assert HookEvent.objects.filter(type="booking.moved").exists()
    said += [str(dataclasses.asdict(desired.booking_facts(booking)))]
    for words in (SECRET, SECRET.replace(" ", "=20"), "illness"):
        assert not any(words in one for one in said)
