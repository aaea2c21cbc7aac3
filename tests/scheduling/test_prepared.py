"""What is prepared once says the same as what is put together anew, whoever asks and whatever for."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from scheduling import availability, bookings, calendars
from tests import factories


@pytest.fixture
def window(alice, charlie, meeting_type, next_monday) -> dict[str, object]:
    factories.make_meeting_type(charlie, slug="other")
    bookings.enter(meeting_type, next_monday, name="Bob Berg")
    bookings.hold(meeting_type, next_monday + timedelta(hours=2))
    for host in (alice, charlie):
        host.busy_times.create(
            starts_at=next_monday, ends_at=next_monday + timedelta(hours=1), source="own", remote_id="1"
        )
        host.availability_overrides.create(
            first_date=next_monday.date(), last_date=next_monday.date(), windows=[[600, 720], [800, 900]]
        )
    start, end = next_monday - timedelta(days=3), next_monday + timedelta(days=3)
    return {"start": start, "end": end, "now": timezone.now()}


def ask(host, window) -> list[set[str]]:
    start, end = window["start"], window["end"]
    questions = [
        (calendars.RULES, {}),
        (calendars.OVERRIDES, {"first": start.date(), "last": end.date()}),
        (calendars.BUSY, {**window, "first": start, "last": end, "exclude": calendars.NONE}),
    ]
    found = []
    for query, values in questions:
        rows = {repr(row) for row in query(hosts=host.pk, **values)}
        assert rows == {repr(tuple(row)) for row in query.build(hosts=[host.pk], **values)}
        found.append(rows)
    return found


def test_the_same_rows_for_each_host(alice, charlie, window):
    hers, his = ask(alice, window), ask(charlie, window)
    assert [len(rows) for rows in hers] == [5, 1, 3]
    assert [len(rows) for rows in his] == [5, 1, 1]
    assert "[[600, 720], [800, 900]]" in hers[1].pop(), "as Django converts it"


def test_one_host_or_several(alice, charlie, window):
    alone = {host.pk: calendars.load([host], **window)[host.pk] for host in (alice, charlie)}
    assert calendars.load([alice, charlie], **window) == alone


def test_a_booking_may_leave_itself_out(alice, meeting_type, window, next_monday):
    booking = alice.bookings.get(status="confirmed")
    alice.busy_times.all().delete()
    at = {"start": next_monday - timedelta(minutes=5), "end": next_monday + timedelta(minutes=5)}
    assert next_monday not in availability.open_starts(meeting_type, **at)
    assert next_monday in availability.open_starts(meeting_type, **at, exclude=booking)


@pytest.mark.django_db(transaction=True)
def test_each_thread_has_its_own(alice, window, monkeypatch):
    built = []
    build = calendars.RULES.build
    monkeypatch.setattr(calendars.RULES, "build", lambda **given: built.append(1) or build(**given))
    crashes = []

    def work():
        try:
            for _time in range(2):
                assert len(list(calendars.RULES(hosts=alice.pk))) == 5
        except BaseException as error:  # noqa: BLE001 - shown by the test
            crashes.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert crashes == []
    assert len(built) == 3
