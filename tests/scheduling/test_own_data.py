"""A client's own data by a mailed link."""

import datetime as dt
import json
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from directory.models import Person
from scheduling import availability, bookings, consents, intake, own_data, tasks
from scheduling.models import Answer, Booking, Consent, Question
from scheduling.models.bookings import Status
from tests.conftest import client_of
from tests.scheduling.test_visitor import text

pytestmark = pytest.mark.django_db


def book(meeting_type, start, **given) -> Booking:
    typed = {"name": "Bob Berg", "email": "bob@example.org", "phone": "0221 99", "note": "My flat."} | given
    return bookings.confirm(bookings.hold(meeting_type, start), **typed)


@pytest.fixture
def two(meeting_type) -> tuple[Booking, Booking]:
    """One that was cancelled, with an answer, a file and a consent, and one that stands."""
    now = timezone.now()
    starts = availability.open_starts(meeting_type, now + dt.timedelta(days=3), now + dt.timedelta(days=20))
    over, stands = book(meeting_type, starts[0]), book(meeting_type, starts[5])
    question = Question.objects.create(meeting_type=meeting_type, kind="file", label="Contract")
    intake.record(over, {question: SimpleUploadedFile("contract.txt", b"Bob")})
    consents.give(over, {"marketing": "Tell me news."})
    bookings.cancel(over, actor=Booking.Actor.CLIENT, reason="I moved to Rome.")
    return over, stands


def ask(client, mailoutbox, email="Bob@Example.org") -> str:
    mailoutbox.clear()
    answer = client.post("/my-data/", {"email": email})
    assert answer.status_code == 200
    assert "is on its way" in text(answer)
    if not mailoutbox:
        tasks.send_data_link(client.get("/my-data/").wsgi_request.brand.pk, email.lower(), "en")
    return re.search(r"/my-data/[\w=-]+/", mailoutbox[-1].body)[0] if mailoutbox else ""


@pytest.fixture
def path(client, two, mailoutbox) -> str:
    found = ask(client, mailoutbox)
    assert [mail.to for mail in mailoutbox] == [["bob@example.org"]]
    return found


def test_seeing_and_taking_along(client, path, two):
    page = text(client.get(path))
    assert "Tell me news." in page
    assert page.count("/b/") == 2
    response = client.get(f"{path}file/")
    assert response["Cache-Control"].startswith("max-age=0")
    data = json.loads(response.content)
    assert {row["reference"] for row in data["bookings"]} == {booking.reference for booking in two}
    assert {row["client_note"] for row in data["bookings"]} == {"My flat."}
    assert [answer["question"] for row in data["bookings"] for answer in row["answers"]] == ["Contract"]


def test_nobody_is_written_to_of_whom_nothing_is_kept(client, two, mailoutbox):
    assert ask(client, mailoutbox, "stranger@example.org") == ""
    assert client.post("/my-data/", {"email": "nowhere"}).status_code == 422


def test_what_is_over_is_erased_and_what_stands_stays(client, path, two):
    over, stands = two

    assert client.get(f"{path}erase/").status_code == 405
    assert client.post(f"{path}erase/").status_code == 302
    over.refresh_from_db()
    assert over.client_email, "nothing is erased without the tick"
    client.post(f"{path}erase/", {"sure": "on"})
    for booking in two:
        booking.refresh_from_db()
    assert (over.client_name, over.client_email, over.client_phone, over.client_note, over.cancel_reason) == (
        own_data.NOBODY,
        *[""] * 4,
    )
    assert not over.messages.filter(audience="client").exclude(recipient="").exists()
    assert not over.events.exclude(reason="").exists()
    assert not Answer.objects.exists()
    assert Consent.objects.get().text == "Tell me news.", "the proof stays"
    assert (stands.status, stands.client_email) == (Status.CONFIRMED, "bob@example.org")
    assert Person.objects.filter(email="bob@example.org").exists(), "somebody still counts on her"
    bookings.cancel(stands, actor=Booking.Actor.CLIENT)
    client.post(f"{path}erase/", {"sure": "on"})
    assert not Person.objects.filter(email="bob@example.org").exists()
    assert not Booking.objects.exclude(client_email="").exists()
    assert "No appointments are kept" in text(client.get(path))


def test_a_link_runs_out_and_is_good_at_its_brand_only(client, path, other_brand):
    assert client.get(path).status_code == 200
    assert client_of(other_brand).get(path).status_code == 404
    assert client.get(path[:-3] + "x/").status_code == 404
    with time_machine.travel(timezone.now() + own_data.LINK_LIFE + dt.timedelta(minutes=1)):
        assert client.get(path).status_code == 404


def test_asking_often_is_slowed(client, two, settings, mailoutbox):
    settings.VISITOR_LIMITS = 1
    answers = [client.post("/my-data/", {"email": f"bob{number}@example.org"}).status_code for number in range(8)]
    assert answers[0] == 200
    assert answers[-1] == 429
