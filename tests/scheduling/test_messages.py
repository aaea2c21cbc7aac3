"""Messages: rows, order, repetition, failure; what the mails say; their bytes; a real SMTP server.

One booking is followed through its mails in one module.
"""

import re
import smtplib
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import parseaddr
from urllib.parse import urlsplit

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.core import mail as outbox_of
from django.core.mail.backends.locmem import EmailBackend as LocalMemory
from django.db import transaction
from django.urls import resolve
from icalendar import Calendar

from directory import letterhead
from directory.models import LegalPage
from scheduling import bookings, letters, links, messages, reminders
from scheduling.models import Booking, MeetingType, Message, NotificationChoices
from scheduling.models.bookings import Status
from scheduling.tasks import send_due_messages, send_message
from tests import factories
from tests.scheduling.rows import MADE, OLD_START, START, make_booking, record

pytestmark = pytest.mark.django_db
CLIENT, HOST = Message.Audience.CLIENT, Message.Audience.HOST
Kind, Channel = Message.Kind, MeetingType.Channel
NOW = MADE + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _clock_and_links(settings):
    settings.PUBLIC_SCHEME, settings.PUBLIC_PORT = "https", ""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def booking() -> Booking:
    return make_booking()


class BrokenBackend(LocalMemory):
    """A mail server that refuses."""

    def send_messages(self, email_messages):
        raise smtplib.SMTPServerDisconnected("the server hung up")


def due_row(booking: Booking, kind: str = Kind.CONFIRMED, audience: str = CLIENT) -> Message:
    messages.queue(booking, kind, audiences=[audience])
    return Message.objects.get(booking=booking, version=booking.version, kind=kind, audience=audience)


def moved(booking: Booking, **fields) -> Booking:
    booking.version += 1
    booking.save()
    record(booking, "moved", from_start=OLD_START, to_start=START, **fields)
    return booking


def asked_by_mail(booking: Booking) -> Booking:
    booking.status, booking.mail_asked_at, booking.hold_expires_at = Status.HELD, NOW, NOW + timedelta(minutes=30)
    booking.save()
    return booking


def requested(booking: Booking) -> Booking:
    booking.status, booking.awaits, booking.answer_by = Status.PENDING, "host", OLD_START
    booking.save()
    return booking


def cancelled(booking: Booking, by: str = Booking.Actor.HOST, reason: str = "I am ill.") -> Booking:
    booking.version += 1
    booking.status, booking.cancelled_by, booking.cancel_reason = Status.CANCELLED, by, reason
    booking.save()
    record(booking, "cancelled", by, reason=reason, from_start=booking.starts_at)
    return booking


def declined(booking: Booking) -> Booking:
    booking.version += 1
    booking.status = Status.DECLINED
    booking.save()
    return booking


def sent_mail(row: Message):
    """Deliver and read back what went out, as a mail program would."""
    before = len(outbox_of.outbox)
    assert messages.deliver(row.pk)
    assert len(outbox_of.outbox) == before + 1
    return parsed(outbox_of.outbox[-1].message().as_bytes())


def parsed(content: bytes):
    return message_from_bytes(content, policy=policy.default)


def body(mail, kind: str) -> str:
    return mail.get_body(preferencelist=(kind,)).get_content()


# --- rows --------------------------------------------------------------------------------------------------


def test_a_row_per_side_and_version_however_often_it_is_asked_for(booking):
    for _time in range(2):
        messages.queue(booking, Kind.CONFIRMED)
    assert set(Message.objects.values_list("audience", "version", "status")) == {
        ("client", 0, "due"),
        ("host", 0, "due"),
    }


def test_a_repetition_does_not_wake_what_was_sent(booking):
    row = due_row(booking)
    sent_mail(row)
    messages.queue(booking, Kind.CONFIRMED, audiences=[CLIENT])
    row.refresh_from_db()
    assert row.status == Message.Status.SENT
    assert messages.due() == []


@pytest.mark.parametrize(("field", "audience"), [("client_email", HOST), ("host", CLIENT)])
def test_nobody_without_an_address_gets_a_row(booking, field, audience):
    if field == "host":
        booking.host.person.email = ""
        booking.host.person.save()
    else:
        booking.client_email = ""
    messages.queue(booking, Kind.CONFIRMED)
    assert [row.audience for row in Message.objects.about_changes()] == [audience]


@pytest.mark.django_db(transaction=True)
def test_rows_live_and_die_with_the_transaction():
    booking = make_booking()
    with transaction.atomic():
        messages.queue(booking, Kind.CONFIRMED)
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_the_worker_is_told_after_the_commit(booking, django_capture_on_commit_callbacks):
    from config.celery import app

    app.conf.task_always_eager = True
    try:
        with django_capture_on_commit_callbacks(execute=True):
            messages.queue(booking, Kind.CONFIRMED)
            assert not outbox_of.outbox
    finally:
        app.conf.task_always_eager = False
    assert len(outbox_of.outbox) == 2


def test_a_broken_broker_costs_seconds_not_the_booking(booking, monkeypatch, django_capture_on_commit_callbacks):
    from kombu.exceptions import OperationalError

    def refuse(*_args, **_kwargs):
        raise OperationalError("no broker")

    monkeypatch.setattr(send_message, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        messages.queue(booking, Kind.CONFIRMED)
    assert not outbox_of.outbox
    assert send_due_messages() == 2
    assert len(outbox_of.outbox) == 2
    assert send_due_messages() == 0


# --- at least once, in order -------------------------------------------------------------------------------


def test_sent_once(booking):
    row = due_row(booking)
    assert messages.deliver(row.pk)
    assert not messages.deliver(row.pk)
    assert len(outbox_of.outbox) == 1
    row.refresh_from_db()
    assert (row.status, row.recipient, row.language) == ("sent", "bob@example.org", "en")
    assert row.subject == outbox_of.outbox[0].subject
    assert row.sent_at == NOW
    assert row.due_at is None
    assert row.leased_until is None


def test_unknown_ids_are_harmless():
    assert not messages.deliver(4_000_000)


def test_a_lease_keeps_others_away_until_it_ends(booking):
    row = due_row(booking)
    Message.objects.update(leased_until=NOW + messages.LEASE)
    assert messages.due() == []
    assert not messages.deliver(row.pk)
    with time_machine.travel(NOW + messages.LEASE, tick=False):
        assert messages.deliver(row.pk)


def test_a_crash_after_sending_repeats_the_same_message_id(booking, monkeypatch):
    row = due_row(booking)
    with monkeypatch.context() as patch:
        patch.setattr(messages, "_release", lambda *args, **kwargs: None)  # the worker dies before it marks
        messages.deliver(row.pk)
    with time_machine.travel(NOW + messages.LEASE, tick=False):
        messages.deliver(row.pk)
    first, second = (mail.message()["Message-ID"] for mail in outbox_of.outbox)
    assert first == second


def test_who_lost_the_lease_does_not_mark(booking):
    row = due_row(booking)
    mine = messages._claim(row.pk)
    Message.objects.update(leased_until=NOW + 2 * messages.LEASE)  # taken over meanwhile
    messages._release(mine, status=Message.Status.SENT)
    row.refresh_from_db()
    assert row.status == Message.Status.DUE


def test_a_newer_row_overtakes_an_older_one(booking):
    first = due_row(booking)
    second = due_row(moved(booking), Kind.MOVED)
    assert not messages.deliver(first.pk)
    assert messages.deliver(second.pk)
    first.refresh_from_db()
    assert first.status == Message.Status.SUPERSEDED
    assert len(outbox_of.outbox) == 1


def test_rows_of_the_other_side_overtake_nothing(booking):
    first = due_row(booking, audience=CLIENT)
    due_row(moved(booking), Kind.MOVED, audience=HOST)
    assert messages.deliver(first.pk)


def test_after_a_silent_move_the_reader_is_told_the_new_time(booking):
    """notify=False writes no row; the confirmation that still waits must not go missing, nor tell the old time."""
    row = due_row(booking)
    booking.starts_at += timedelta(days=1)
    booking.ends_at += timedelta(days=1)
    booking.blocked_until += timedelta(days=1)
    booking.version += 1
    booking.save()
    mail = sent_mail(row)
    assert "Tuesday, 23 March 2027" in body(mail, "plain")
    assert Calendar.from_ical(body_calendar(mail)).events[0]["SEQUENCE"] == 1


def body_calendar(mail) -> bytes:
    return next(part for part in mail.walk() if part.get_content_type() == "text/calendar").get_payload(decode=True)


def test_a_cancellation_is_sent_always_and_last(booking):
    first, second = due_row(booking), due_row(moved(booking), Kind.MOVED)
    third = due_row(cancelled(booking), Kind.CANCELLED)
    assert [messages.deliver(row.pk) for row in (first, second, third)] == [False, False, True]
    assert [row.status for row in Message.objects.about_changes().order_by("version")] == [
        "superseded",
        "superseded",
        "sent",
    ]


def test_a_confirmation_of_what_is_cancelled_silently_is_not_sent(booking):
    row = due_row(booking)
    cancelled(booking)
    assert not messages.deliver(row.pk)


def test_a_newer_mail_waits_for_an_older_one_that_is_on_its_way(booking):
    due_row(booking)
    Message.objects.update(leased_until=NOW + messages.LEASE)
    second = due_row(cancelled(booking), Kind.CANCELLED)
    assert not messages.deliver(second.pk)
    Message.objects.filter(version=0).update(status="sent", leased_until=None, due_at=None)
    assert messages.deliver(second.pk)


# --- failure -----------------------------------------------------------------------------------------------


def test_failures_come_back_later_and_end_after_a_day(booking, settings):
    settings.EMAIL_BACKEND = f"{__name__}.BrokenBackend"
    row = due_row(booking)
    with time_machine.travel(NOW, tick=False) as clock:
        pauses = []
        while True:
            assert not messages.deliver(row.pk)
            row.refresh_from_db()
            if row.status == Message.Status.FAILED:
                break
            pauses.append(row.due_at - datetime.now(UTC))
            assert not messages.deliver(row.pk), "not before it is due"
            clock.move_to(row.due_at)
        assert datetime.now(UTC) - NOW >= timedelta(hours=24)
    for number, pause in enumerate(pauses, 1):
        longest = timedelta(minutes=min(2**number, 60))
        assert 0.8 * longest <= pause <= longest
    assert row.attempts == len(pauses) + 1
    assert "the server hung up" in row.last_error
    assert row.due_at is None


def test_after_a_failure_it_is_sent(booking, settings):
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.BrokenBackend"
    row = due_row(booking)
    messages.deliver(row.pk)
    settings.EMAIL_BACKEND = working
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        assert send_due_messages() == 1
    row.refresh_from_db()
    assert (row.status, row.last_error) == ("sent", "")


def test_an_erased_address_fails_at_once(booking):
    row = due_row(booking)
    Booking.objects.update(client_email="")
    assert not messages.deliver(row.pk)
    row.refresh_from_db()
    assert row.status == Message.Status.FAILED
    assert "erased" in row.last_error


# --- bytes -------------------------------------------------------------------------------------------------


def test_mime_layout(booking):
    mail = sent_mail(due_row(booking))
    assert mail.get_content_type() == "multipart/mixed"
    alternative, file = mail.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    plain, html, calendar = alternative.iter_parts()
    assert [part.get_content_type() for part in (plain, html, calendar)] == ["text/plain", "text/html", "text/calendar"]
    assert dict(calendar["Content-Type"].params) == {"method": "REQUEST", "charset": "UTF-8"}
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert calendar["Content-Disposition"] is None
    assert file.get_content_type() == "application/ics"
    assert file.get_content_disposition() == "attachment"
    assert file.get_filename() == "invite.ics"
    assert calendar.get_payload(decode=True) == file.get_payload(decode=True)
    assert b"\r\nMETHOD:REQUEST\r\n" in calendar.get_payload(decode=True)


def test_the_calendar_part_says_the_same_method_inside_and_outside(booking):
    mail = sent_mail(due_row(cancelled(booking), Kind.CANCELLED))
    calendar = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert calendar["Content-Type"].params["method"] == "CANCEL"
    content = Calendar.from_ical(calendar.get_payload(decode=True))
    assert content["METHOD"] == "CANCEL"
    assert content.events[0]["SEQUENCE"] == 1


def test_headers(booking):
    mail = sent_mail(due_row(booking))
    assert parseaddr(mail["From"]) == ("Kanzleifinder", "termine@kanzlei.example")
    assert parseaddr(mail["Reply-To"]) == ("Alice Ahrens", "alice@example.org")
    assert mail["To"] == "bob@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    assert mail["List-Unsubscribe"] is None
    assert mail["Message-ID"].endswith("@kanzlei.example>")


def test_the_host_answers_the_client_or_the_brand(booking):
    assert parseaddr(sent_mail(due_row(booking, audience=HOST))["Reply-To"]) == ("Bob Berg", "bob@example.org")
    booking.client_email = ""
    booking.save()
    mail = sent_mail(due_row(moved(booking), Kind.MOVED, audience=HOST))
    assert parseaddr(mail["Reply-To"]) == ("Kanzleifinder", "help@kanzlei.example")


def test_later_mails_answer_the_first(booking):
    first = sent_mail(due_row(booking))
    other_side = sent_mail(due_row(booking, audience=HOST))
    second = sent_mail(due_row(moved(booking), Kind.MOVED))
    third = sent_mail(due_row(cancelled(booking), Kind.CANCELLED))
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert third["In-Reply-To"] == first["Message-ID"]
    ids = {mail["Message-ID"] for mail in (first, other_side, second, third)}
    assert len(ids) == 4


def test_names_cannot_add_headers(booking):
    evil = "Eve\r\nBcc: all@example.org\x07"
    booking.client_name, booking.title = evil, f"Talk\n{evil}"
    booking.save()
    person = booking.host.person
    person.first_name = evil
    person.save()
    for audience in (CLIENT, HOST):
        mail = sent_mail(due_row(booking, audience=audience))
        assert mail["Bcc"] is None
        assert "\n" not in mail["Subject"]
        assert "Eve Bcc: all@example.org" in mail["Subject"]


# --- words -------------------------------------------------------------------------------------------------


def test_the_first_line_is_time_zone_and_place(booking):
    text = body(sent_mail(due_row(booking)), "plain")
    assert text.splitlines()[0] == (
        "Monday, 22 March 2027, 10:00–10:30, Berlin time (UTC+1), Hauptstraße 1, 10115 Berlin"
    )
    assert "Your appointment with Alice Ahrens is confirmed." in text
    assert "&" not in text
    assert "\n-- \nKanzleifinder\n" in text
    assert "Ring at “Ahrens, 2nd floor”." in text


def test_subjects(booking):
    # The parser keeps the space of a fold before the first encoded word; mail programs do not show it.
    assert sent_mail(due_row(booking))["Subject"].strip() == (
        "Confirmed: Mon, 22 Mar 2027, 10:00 (Berlin) – First talk with Alice Ahrens"
    )
    assert sent_mail(due_row(booking, audience=HOST))["Subject"].strip() == (
        "Confirmed: Mon, 22 Mar 2027, 10:00 (Berlin) – First talk: Bob Berg"
    )
    assert (
        sent_mail(due_row(moved(booking), Kind.MOVED))["Subject"].strip().startswith("Moved to Mon, 22 Mar 2027, 10:00")
    )
    assert sent_mail(due_row(cancelled(booking), Kind.CANCELLED))["Subject"].strip().startswith("Cancelled: Mon")


ON_SITE = [kind for kind in Kind.values if kind != Kind.REMINDER_HOURS]
EVERY_LETTER = [(kind, side) for kind in ON_SITE for side in Message.Audience.values]
EVERY_LETTER.remove((Kind.VERIFY, HOST))
EVERY_LETTER.remove((Kind.REMINDER_WEEK, HOST))
EVERY_LETTER.remove((Kind.DECLINED, HOST))  # never booked: nothing to tell the professional


@pytest.mark.parametrize(("kind", "audience"), EVERY_LETTER)
def test_text_and_html_say_the_same(booking, kind, audience):
    change = {
        "verify": asked_by_mail,
        **dict.fromkeys(["confirmed", *reminders.KINDS], lambda same: same),
        "requested": requested,
        "moved": moved,
        "cancelled": cancelled,
        "declined": declined,
    }[kind]
    NotificationChoices.objects.create(host=booking.host, reminder=True)
    mail = sent_mail(due_row(change(booking), kind, audience))
    plain, html = body(mail, "plain"), body(mail, "html")
    for word in ("Monday, 22 March 2027", "Berlin", "Hauptstraße 1", booking.reference, "Kanzleifinder", "First talk"):
        assert word in plain
        assert word in html
    manage = links.manage_url(booking)
    assert (manage in plain) is (manage in html) is (audience == CLIENT and kind not in (*letters.OVER, Kind.VERIFY))
    assert "<script" not in html
    assert "{{" not in plain + html
    assert "None" not in plain + html
    assert '<html lang="en">' in html


def test_each_links_text_is_in_both_parts(booking):
    mail = sent_mail(due_row(make_video(booking)))
    for label, url in (
        ("Join the video call", links.join_url(booking, CLIENT)),
        ("View, move or cancel", links.manage_url(booking)),
    ):
        assert f"{label}:\n{url}" in body(mail, "plain")
        assert f'<a href="{url}"' in body(mail, "html")
        assert f">{label}</a>" in body(mail, "html")


def make_video(booking: Booking) -> Booking:
    booking.channel, booking.location = Channel.VIDEO, ""
    booking.join_url = "https://video.example/secret-room"
    booking.save()
    return booking


def test_the_room_itself_is_in_no_mail(booking):
    make_video(booking)
    for audience in (CLIENT, HOST):
        mail = sent_mail(due_row(booking, audience=audience))
        assert "secret-room" not in body(mail, "plain") + body(mail, "html")


def test_moved_tells_old_and_new_time(booking):
    moved(booking, actor="host", reason="The court sits.")
    text = body(sent_mail(due_row(booking, Kind.MOVED)), "plain")
    assert text.startswith("Monday, 22 March 2027, 10:00")
    assert "Before: Thursday, 18 March 2027, 14:00." in text
    assert "Alice Ahrens has moved your appointment" in text
    assert "Reason: The court sits." in text


def test_cancelled_says_who_and_why_and_offers_another_time(booking):
    cancelled(booking)
    text = body(sent_mail(due_row(booking, Kind.CANCELLED)), "plain")
    assert "Alice Ahrens has had to cancel this appointment." in text
    assert "Reason: I am ill." in text
    assert f"Book another time:\nhttps://kanzlei.localhost{booking.host.get_absolute_url()}" in text
    own = body(sent_mail(due_row(booking, Kind.CANCELLED, HOST)), "plain")
    assert "You have cancelled this appointment with Bob Berg." in own


def test_nobody_is_told_her_own_reason(booking):
    cancelled(booking, by="client", reason="Cheap watches at spam.example")
    assert "spam.example" not in body(sent_mail(due_row(booking, Kind.CANCELLED)), "plain")
    assert "spam.example" in body(sent_mail(due_row(booking, Kind.CANCELLED, HOST)), "plain")


def test_what_was_typed_in_the_clients_name_is_not_mailed_to_her(booking):
    booking.client_note = booking.client_name = "Visit spam.example"
    booking.save()
    mail = sent_mail(due_row(booking))
    assert "spam.example" not in body(mail, "plain") + body(mail, "html") + str(mail["To"])


def test_html_is_escaped(booking):
    booking.client_note = "<b>bold</b> & <script>alert(1)</script>"
    booking.save()
    mail = sent_mail(due_row(booking, audience=HOST))
    assert "<script>" not in body(mail, "html")
    assert "&lt;b&gt;bold" in body(mail, "html")
    assert "<b>bold</b> & " in body(mail, "plain")


def test_a_sensitive_brand_keeps_subjects_neutral_and_notes_inside():
    booking = make_booking(factories.make_brand(sensitive=True))
    for audience in (CLIENT, HOST):
        mail = sent_mail(due_row(booking, audience=audience))
        assert mail["Subject"] == "Your appointment on Mon, 22 Mar 2027, 10:00 (Berlin)"
        assert "Nora" not in body(mail, "plain") + body(mail, "html")


# --- language and zone -------------------------------------------------------------------------------------


def test_each_side_reads_its_language(booking):
    booking.client_language = "de"
    booking.save()
    client, host = sent_mail(due_row(booking)), sent_mail(due_row(booking, audience=HOST))
    assert client["Content-Language"] == "de"
    assert "Montag, 22. März 2027" in body(client, "plain")
    assert '<html lang="de">' in body(client, "html")
    assert "Monday, 22 March 2027" in body(host, "plain")


def test_a_remote_client_reads_her_own_clock_and_sees_the_hosts(booking):
    booking.client_time_zone = "America/New_York"
    make_video(booking)
    text = body(sent_mail(due_row(booking)), "plain")
    assert text.startswith("Monday, 22 March 2027, 05:00–05:30, New York time (UTC−4), Video call")
    assert "That is Monday, 22 March 2027, 10:00 in Berlin (UTC+1)." in text
    host = body(sent_mail(due_row(booking, audience=HOST)), "plain")
    assert host.startswith("Monday, 22 March 2027, 10:00–10:30, Berlin time (UTC+1)")


def test_on_site_times_are_the_places_and_the_visitors_clock_is_mentioned(booking):
    booking.client_time_zone = "Pacific/Auckland"
    booking.save()
    text = body(sent_mail(due_row(booking)), "plain")
    assert text.startswith("Monday, 22 March 2027, 10:00–10:30, Berlin time (UTC+1)")
    assert "That is Monday, 22 March 2027, 22:00 in Auckland (UTC+13)." in text


def test_the_same_clock_under_another_name_is_not_mentioned(booking):
    booking.client_time_zone = "Europe/Paris"
    booking.save()
    assert "That is" not in body(sent_mail(due_row(booking)), "plain")


def test_every_link_in_a_mail_leads_to_a_page(booking):
    LegalPage.objects.create(brand=booking.host.brand, kind=LegalPage.Kind.IMPRINT, title="Imprint", body="…")
    make_video(booking)
    rows = [(Kind.CONFIRMED, CLIENT), (Kind.CONFIRMED, HOST)]
    texts = [body(sent_mail(due_row(booking, kind, audience)), "plain") for kind, audience in rows]
    texts.append(body(sent_mail(due_row(cancelled(booking), Kind.CANCELLED)), "plain"))
    paths = {urlsplit(url).path for text in texts for url in re.findall(r"https://\S+", text)}
    assert len(paths) == 7
    for path in paths:
        resolve(path)


# --- the verbs of a booking --------------------------------------------------------------------------------


def test_a_booking_from_confirmation_to_cancellation():
    """Both sides get each step once; their calendars see one UID and a rising SEQUENCE."""
    host = factories.make_professional(email="alice@example.org")
    meeting_type = factories.make_meeting_type(host)
    monday = datetime(2027, 3, 8, 9, 0, tzinfo=UTC)
    booking = bookings.hold(meeting_type, monday, time_zone="Europe/Berlin")
    booking = bookings.confirm(booking, name="Bob Berg", email="bob@example.org")
    assert send_due_messages() == 2
    booking = bookings.reschedule(booking, monday + timedelta(days=1), actor=Booking.Actor.CLIENT)
    assert send_due_messages() == 2
    booking = bookings.cancel(booking, actor=Booking.Actor.HOST, reason="I am ill.")
    assert send_due_messages() == 2
    assert send_due_messages() == 0
    mails = [parsed(mail.message().as_bytes()) for mail in outbox_of.outbox]
    for address in ("bob@example.org", "alice@example.org"):
        files = [Calendar.from_ical(body_calendar(mail)) for mail in mails if mail["To"] == address]
        assert [file["METHOD"] for file in files] == ["REQUEST", "REQUEST", "CANCEL"]
        events = [file.events[0] for file in files]
        assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
        assert {event["UID"] for event in events} == {str(booking.pk)}
        assert len({event.decoded("DTSTART") for event in events}) == 2
    moved_mail = next(mail for mail in mails if "Moved" in mail["Subject"] and mail["To"] == "bob@example.org")
    assert "Before: Monday, 8 March 2027, 10:00." in body(moved_mail, "plain")
    assert "Tuesday, 9 March 2027" in body(moved_mail, "plain")


# --- a real server -----------------------------------------------------------------------------------------


class Inbox:
    def __init__(self) -> None:
        self.received = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  the name is aiosmtpd's
        self.received.append(envelope)
        return "250 OK"


def test_over_smtp(booking, settings):
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
        settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER = False, ""
        with time_machine.travel(NOW, tick=True):
            assert messages.deliver(due_row(booking).pk)
    finally:
        controller.stop()
    (envelope,) = inbox.received
    assert envelope.mail_from == "termine@kanzlei.example"
    assert envelope.rcpt_tos == ["bob@example.org"]
    mail = parsed(envelope.content)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    file = body_calendar(mail)
    assert b"\r\n" in file
    assert Calendar.from_ical(file).events[0]["UID"] == str(booking.pk)


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_server_that_is_not_there_is_a_failure_like_any_other(booking, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    row = due_row(booking)
    assert not messages.deliver(row.pk)
    row.refresh_from_db()
    assert "ConnectionRefusedError" in row.last_error


def test_plain_text_is_tidy():
    assert letterhead.tidy("  a  \r\n\n \n\nb\n-- \nc\n\n") == "a\n\nb\n-- \nc\n"
