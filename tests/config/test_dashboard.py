"""The first page of the administration: a fixed number of queries, numbers that are right, and one's own brands only."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from config import figures
from directory import roles
from directory.models import Job, LoggedMail, Professional
from integrations.hooks.models import HookDelivery, HookEndpoint, HookEvent
from integrations.models import Connection, Mirror, WebhookEvent
from scheduling import offered
from scheduling.models import AvailabilityOverride, Booking, Digest, Message
from tests import factories
from tests.conftest import client_of

NOON = dt.datetime(2026, 11, 18, 11, tzinfo=dt.UTC)  # a Wednesday, noon in Berlin


def add(meeting_type, start, status="confirmed", number=[0]):  # noqa: B006  a counter
    number[0] += 1
    end = start + dt.timedelta(minutes=30)
    session = f"00000000-0000-4000-8000-{number[0]:012d}"
    return Booking.objects.create(
        uid=session,
        session=session,
        reference=f"T{number[0]:06d}",
        manage_hash=f"T{number[0]}",
        host=meeting_type.host,
        meeting_type=meeting_type,
        status=status,
        starts_at=start,
        ends_at=end,
        blocked_from=start,
        blocked_until=end,
        time_zone="Europe/Berlin",
        client_name="Bob Berg",
    )


@pytest.fixture
def page(admin_client):
    def get(client=admin_client):
        with time_machine.travel(NOON, tick=False):
            return client.get(reverse("admin:index"))

    return get


def card(response, title):
    return next(card["number"] for card in response.context["cards"] if card["title"] == title)


def chart(response, title):
    return next(chart for chart in response.context["charts"] if chart.title == title)


def test_numbers(meeting_type, page):
    hour = dt.timedelta(hours=1)
    add(meeting_type, NOON + hour)
    add(meeting_type, NOON + 2 * hour, "cancelled")
    add(meeting_type, NOON + dt.timedelta(days=2))
    for days, status in ((1, "completed"), (2, "completed"), (3, "completed"), (8, "no_show"), (45, "no_show")):
        add(meeting_type, NOON - dt.timedelta(days=days), status)
    response = page()
    assert card(response, "Appointments today") == 1
    assert card(response, "Appointments this week") == 4  # Monday and Tuesday past, today, Friday
    assert card(response, "Did not appear, last 30 days") == "25 %"
    # an hour is booked of the 40 hours of alice's week
    assert card(response, "Of offered time booked, next 7 days") == "2 %"
    days = chart(response, "Appointments per day")
    assert len(days.labels) == figures.BACK + figures.AHEAD + 1
    assert sum(days.series[1][2]) == 2
    assert "canvas" in response.content.decode()
    assert "As a table" in response.content.decode()


def test_a_day_is_the_day_of_the_clock_on_the_page(meeting_type, page):
    add(meeting_type, dt.datetime(2026, 11, 18, 22, 30, tzinfo=dt.UTC))  # half past eleven in the evening in Berlin
    add(meeting_type, dt.datetime(2026, 11, 18, 23, 30, tzinfo=dt.UTC))  # half past midnight, so tomorrow
    assert card(page(), "Appointments today") == 1


def test_the_wait_for_a_free_time_is_a_median_by_specialty_and_city(brand, page):
    family = factories.make_specialty(brand, "Family law")
    for days, city in ((1, "Berlin"), (3, "Berlin"), (30, "Köln")):
        host = factories.make_professional(brand, office=False, next_free_at=NOON + dt.timedelta(days=days))
        host.specialties.set([family])
        factories.make_office(host, city=city)
    response = page()
    by_specialty = chart(response, "Days to the next free time, by specialty")
    assert (by_specialty.labels, by_specialty.series[0][2]) == (["Family law"], [3.0])
    by_city = chart(response, "Days to the next free time, by city")
    assert dict(zip(by_city.labels, by_city.series[0][2], strict=True)) == {"Berlin": 2.0, "Köln": 30.0}


def test_the_delay_of_the_queue_and_what_failed(meeting_type, page):
    booking = add(meeting_type, NOON + dt.timedelta(days=2))
    common = {"booking": booking, "kind": "confirmed", "recipient": "x@example.org"}
    Message.objects.create(**common, version=0, audience="host", status="failed")
    Message.objects.create(**common, version=0, audience="client", due_at=NOON - dt.timedelta(minutes=20))
    response = page()
    assert card(response, "Messages failed") == 1
    silent = "Delay of the queue; the worker is silent: mails"
    assert card(response, silent) == "20\xa0minutes"
    assert next(card["urgent"] for card in response.context["cards"] if card["title"] == silent)


def test_every_kind_of_mail_that_failed_has_a_card_with_its_list(alice, brand, meeting_type, page, admin_client):
    day = NOON.date()
    Digest.objects.create(host=alice, day=day, status="failed")
    line = {"brand": brand, "kind": "device", "subject": "New log-in", "status": "failed"}
    LoggedMail.objects.create(**line, at=NOON)
    LoggedMail.objects.create(**line, at=NOON - dt.timedelta(days=8))  # no news any more
    cards = {card["title"]: card for card in page().context["cards"]}
    assert cards["Messages failed"]["number"] == 0
    for title in ("Failed: daily digests", "Failed: mails about accounts"):
        assert cards[title]["number"] == 1
        assert admin_client.get(cards[title]["link"]).context["cl"].result_count == 1


@pytest.mark.parametrize("make", ["mirror", "event", "hook", "job", "digest"])
def test_the_delay_is_that_of_whatever_waits_longest(make, brand, meeting_type, page):
    old = NOON - dt.timedelta(hours=3)
    booking = add(meeting_type, NOON + dt.timedelta(days=2))
    Message.objects.create(
        booking=booking, kind="confirmed", recipient="x@example.org", version=0, audience="client", due_at=NOON
    )
    connection = Connection.objects.create(brand=brand, provider="meetergo", name="Fake")
    if make == "mirror":
        Mirror.objects.create(connection=connection, kind="user", local_uid="1", due_at=old)
    elif make == "event":
        WebhookEvent.objects.create(connection=connection, event_key="1", body="", due_at=old)
    elif make == "hook":
        endpoint = HookEndpoint.objects.create(brand=brand, url="https://example.org/hook")
        event = HookEvent.objects.create(brand=brand, type="booking.confirmed")
        HookDelivery.objects.create(event=event, endpoint=endpoint, due_at=old)
    elif make == "job":
        Job.objects.create(kind="import members", title="Import", brand=brand, created_at=old)
    else:
        Digest.objects.create(host=meeting_type.host, day=NOON.date(), due_at=old)
    names = {"mirror": "objects at providers", "event": "messages of providers", "hook": "webhooks to others"}
    name = names.get(make, "jobs" if make == "job" else "mails")
    response = page()
    assert card(response, f"Delay of the queue; the worker is silent: {name}") == "3\xa0hours"
    assert {backlog.queue.label: backlog.count for backlog in response.context["backlogs"]}[name] == 1


def test_absences_overrides_and_holidays_are_no_offer(meeting_type, page):
    """Alice has 40 hours a week, from 09:00 to 17:00; NOON is a Wednesday."""
    host, today = meeting_type.host, NOON.date()
    day = dt.timedelta(days=1)
    assert offered.minutes(Professional.objects.listed(), today, 7) == 2400
    rows = AvailabilityOverride.objects
    rows.create(host=host, first_date=today + day, last_date=today + 2 * day)  # away on Thursday and Friday
    rows.create(
        host=host, first_date=today + 2 * day, last_date=today + 2 * day, windows=[[600, 660]]
    )  # but for an hour
    rows.create(host=host, first_date=today + 3 * day, last_date=today + 3 * day, windows=[[600, 720]])  # a Saturday
    rows.create(host=host, first_date=today + 5 * day, last_date=today + 5 * day, holiday="Monday of all saints")
    rows.create(host=host, first_date=today + 8 * day, last_date=today + 20 * day)  # later
    open_then = 480 + 60 + 120 + 480  # Wednesday, Friday, Saturday, Tuesday
    assert offered.minutes(Professional.objects.listed(), today, 7) == open_then
    add(meeting_type, NOON + day)
    booked = page()
    assert card(booked, "Of offered time booked, next 7 days") == f"{round(100 * 30 / open_then)} %"


def test_staff_of_a_brand_counts_her_brand_only(brand, other_brand, meeting_type, page):
    roles.make()
    factories.make_professional(brand, status="submitted", last_name="Wartende")
    add(meeting_type, NOON + dt.timedelta(hours=1))
    user = factories.make_user(is_staff=True)
    user.groups.set(roles.Group.objects.filter(name="Owner"))
    user.brands.set([other_brand])
    response = page(client_of(brand, user))
    assert card(response, "Appointments today") == 0
    assert card(response, "Waiting for approval") == 0
    text = response.content.decode()
    for foreign in ("Wartende", "Bob Berg", brand.name):
        assert foreign not in text


MANY = """
INSERT INTO scheduling_booking ({columns})
SELECT {values}
FROM scheduling_booking, generate_series(1, 100000) AS n
WHERE scheduling_booking.reference = 'T-SEED'
"""


def many_bookings(meeting_type, count=100_000):
    """Copies of one booking by SQL, spread over a year around today and over all states."""
    start = timezone.now().replace(minute=0, second=0, microsecond=0) - dt.timedelta(days=300)
    seed = add(meeting_type, start, "completed")
    Booking.objects.filter(pk=seed.pk).update(reference="T-SEED")
    moved = "+ n * interval '5 minutes'"
    special = {
        "uid": "gen_random_uuid()",
        "session": "gen_random_uuid()",
        "reference": "'S' || n",
        "manage_hash": "'H' || n",
        "status": "(ARRAY['completed','completed','no_show','cancelled','declined'])[1 + n % 5]",
        **{name: f"{name} {moved}" for name in ("starts_at", "ends_at", "blocked_from", "blocked_until")},
    }
    columns = [field.column for field in Booking._meta.concrete_fields]
    values = [special.get(column, column) for column in columns]
    with connection.cursor() as cursor:
        sql = MANY.replace("100000", str(count)).format(columns=", ".join(columns), values=", ".join(values))
        cursor.execute(sql)
        cursor.execute("ANALYZE scheduling_booking")


@pytest.mark.postgresql
def test_fifteen_queries_on_100_000_bookings(brand, other_brand, meeting_type, admin_client, at_most_queries):
    many_bookings(meeting_type)
    for number in range(12):
        factories.make_professional(brand if number % 2 else other_brand, status="submitted")
    assert Booking.objects.count() > 100_000
    url = reverse("admin:index")
    admin_client.get(url)
    with at_most_queries(15):
        response = admin_client.get(url)
    assert card(response, "Waiting for approval") == 12
    assert sum(chart(response, "Appointments per day").series[0][2]) > 1000


@pytest.mark.postgresql
def test_fifteen_queries_also_for_staff_of_a_brand(brand, meeting_type, at_most_queries):
    roles.make()
    many_bookings(meeting_type, 1000)
    user = factories.make_user(is_staff=True)
    user.groups.set(roles.Group.objects.filter(name="Owner"))
    client = client_of(brand, user)
    client.get(reverse("admin:index"))
    with at_most_queries(15):
        assert client.get(reverse("admin:index")).status_code == 200
