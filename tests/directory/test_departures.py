"""Who leaves gets a proof, once nothing of her is left; before that nobody claims it."""

import pytest
from django.core import mail
from django.utils import timezone

from directory import accounts, departures
from directory.models import AuditEvent, Departure
from integrations.models import Connection, Mirror
from scheduling import bookings
from scheduling.models import Booking
from tests.conftest import client_of


@pytest.fixture
def account(alice):
    connection = Connection.objects.create(brand=alice.brand, provider="meetergo", name="Booking pages")
    return Mirror.objects.create(connection=connection, kind="user", local_uid=str(alice.pk), remote_id="u-1")


def test_the_proof_waits_until_the_provider_has_nothing(alice, account, other_brand):
    accounts.close_account(alice)
    assert departures.send_due() == 0, "not erased here"
    accounts.erase(alice.person)
    assert departures.send_due() == 0, "the account at the provider is still there"
    assert Departure.objects.get().verified_at is None
    account.delete()
    assert departures.send_due() == 1
    assert departures.send_due() == 0
    (letter,) = mail.outbox
    assert letter.to == ["alice@example.org"]
    departure = Departure.objects.get()
    assert departure.address == ""
    assert AuditEvent.objects.filter(verb="member.absence_verified").count() == 1
    path = departures.link(departure).split("localhost", 1)[1].partition("/")[2]
    page = client_of(alice.brand).get(f"/{path}")
    assert page.status_code == 200
    assert "Booking pages" in page.content.decode()
    assert "Ahrens" not in page.content.decode()
    assert client_of(other_brand).get(f"/{path}").status_code == 404
    assert client_of(alice.brand).get(f"/{path[:-3]}x/").status_code == 404


def test_who_was_brought_back_can_leave_again(alice, account):
    accounts.close_account(alice)
    Departure.objects.update(verified_at=timezone.now())
    alice.refresh_from_db()
    alice.status = alice.Status.LISTED
    alice.save()
    accounts.close_account(alice)
    departure = Departure.objects.get()
    assert (departure.verified_at, departure.address) == (None, "alice@example.org")


def test_hours_places_and_what_she_wrote_are_erased(alice, meeting_type, next_monday):
    type(meeting_type).objects.filter(pk=meeting_type.pk).update(video_url="https://video.example/alice")
    booking = bookings.enter(meeting_type, next_monday, name="Bob Berg", notify=False)
    Booking.objects.filter(pk=booking.pk).update(location="Hauptstraße 1")
    accounts.close_account(alice)
    accounts.erase(alice.person)
    booking.refresh_from_db()
    meeting_type.refresh_from_db()
    assert (booking.client_name, booking.location, meeting_type.video_url) == ("Bob Berg", "", "")
    assert not alice.availability_rules.exists()


def test_a_mail_that_cannot_go_out_is_tried_again(alice, monkeypatch):
    accounts.close_account(alice)
    accounts.erase(alice.person)

    def down(*_args, **_kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", down)
    assert departures.send_due() == 0
    assert Departure.objects.get().address == "alice@example.org"
    monkeypatch.undo()
    assert departures.send_due() == 1
