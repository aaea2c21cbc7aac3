"""Everything in one file: complete, of one person, for a day, and without what opens something."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from icalendar import Calendar

from directory import jobs
from directory.models import Job
from scheduling import bookings, feeds, takeout
from tests.conftest import client_of
from tests.factories import make_meeting_type


@pytest.fixture
def booked(alice, meeting_type, next_monday):
    feeds.switch_on(alice, "full")
    return bookings.confirm(bookings.hold(meeting_type, next_monday), name="=Bob Berg", email="bob@example.org")


@pytest.fixture
def made(booked, alice_client) -> Job:
    assert alice_client.post("/my/data/").status_code == 302
    page = alice_client.get("/my/data/")
    assert page["Refresh"] == "3"
    assert jobs.run_next() == 1
    job = Job.objects.get()
    assert job.status == Job.Status.DONE, job.log
    return job


def files(client, job) -> dict[str, bytes]:
    response = client.get(f"/my/data/{job.pk}.zip")
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_file_holds_everything_of_hers_and_no_key(made, booked, alice, charlie, next_monday, alice_client):
    found = files(alice_client, made)
    data = json.loads(found["data.json"])
    assert data["booking"][0]["client_name"] == "=Bob Berg"
    assert data["person"][0]["email"] == "alice@example.org"
    assert {"office", "availabilityrule", "meetingtype", "bookingevent", "message"} <= set(data)
    assert data["bookingevent"]
    text = found["data.json"].decode()
    for secret in (booked.manage_hash, alice.feed.digest):
        assert secret not in text
    assert "charlie" not in text.lower()
    assert "'=Bob Berg" in found["bookings.csv"].decode(), "no formula"
    assert len(Calendar.from_ical(found["bookings.ics"]).walk("VEVENT")) == 1


def test_a_second_wish_while_the_first_is_open_starts_nothing(booked, alice_client):
    alice_client.post("/my/data/")
    alice_client.post("/my/data/")
    assert Job.objects.count() == 1


def test_only_she_may_download_and_only_for_a_day(made, alice, alice_client, charlie_client, admin_client, other_brand):
    path = f"/my/data/{made.pk}.zip"
    assert charlie_client.get(path).status_code == 404
    assert admin_client.get(path).status_code == 302
    assert client_of(other_brand, alice.person.user).get(path).status_code in (302, 404)
    assert "bob@example.org" not in made.result, "sealed"
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert alice_client.get(path).status_code == 404
        assert takeout.forget(timezone.now()) == 1
        assert takeout.forget(timezone.now()) == 0
    made.refresh_from_db()
    assert made.result == ""


def test_another_professional_gets_none_of_it(made, charlie, charlie_client, next_monday):
    make_meeting_type(charlie)
    charlie_client.post("/my/data/")
    jobs.run_next()
    text = files(charlie_client, Job.objects.latest("created_at"))["data.json"].decode()
    assert "bob@example.org" not in text
    assert "alice" not in text.lower()
