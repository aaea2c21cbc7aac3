"""Visits are counted once, by people only; the page says what the rows say; the tables carry everything."""

import csv
import datetime as dt
import io
import threading

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from directory.models import Professional
from scheduling import bookings, numbers, visits
from scheduling.models import Booking, VisitCount
from tests import factories
from tests.conftest import client_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NOON = dt.datetime(2026, 11, 18, 11, tzinfo=dt.UTC)  # a Wednesday, noon in Berlin
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
Kind = VisitCount.Kind


@pytest.fixture
def person(client):
    """Somebody with a browser."""
    client.defaults["HTTP_USER_AGENT"] = FIREFOX
    return client


def counted(host=None):
    rows = VisitCount.objects.filter(host=host) if host else VisitCount.objects.all()
    return {(row.kind, row.meeting_type_id): row.count for row in rows}


def add(meeting_type, start, *, created=None, status="completed", number=[0], **fields):  # noqa: B006  a counter
    number[0] += 1
    uid = f"00000000-0000-4000-8000-{number[0]:012d}"
    values = {"session": uid, "client_name": "Bob Berg", "time_zone": "Europe/Berlin"} | fields
    return Booking(
        uid=uid,
        reference=f"N{number[0]:06d}",
        manage_hash=f"N{number[0]}",
        host=meeting_type.host,
        meeting_type=meeting_type,
        status=status,
        starts_at=start,
        ends_at=start + HOUR / 2,
        blocked_from=start,
        blocked_until=start + HOUR / 2,
        created_at=created or start - DAY,
        title=meeting_type.title,
        **values,
    )


class TestCounting:
    def test_the_way_to_a_booking(self, person, alice, meeting_type, next_monday):
        profile, times = alice.get_absolute_url(), meeting_type.get_absolute_url()
        person.get(profile)
        person.get(times, headers={"referer": f"http://{alice.brand.host}{profile}"})
        held = person.post(f"{times}hold/", {"start": next_monday.isoformat()})
        form = {"name": "Bob Berg", "email": "bob@example.org", "privacy": "on"}
        for _twice in range(2):
            assert person.post(held["Location"], form).status_code in (302, 303)
        assert Booking.objects.get().status == "confirmed"
        key = meeting_type.pk
        assert counted(alice) == {("profile", None): 1, ("times", key): 1, ("chosen", key): 1, ("booked", key): 1}

    def test_a_click_on_the_page_and_a_reload_are_no_further_visit(self, person, alice, meeting_type):
        here = f"http://{alice.brand.host}{meeting_type.get_absolute_url()}"
        person.get(here)
        person.get(f"{here}?from=2026-12-01", headers={"referer": here})
        person.get(here, headers={"cache-control": "max-age=0"})
        person.get(here, headers={"sec-purpose": "prefetch"})
        person.head(here)
        assert counted(alice) == {("times", meeting_type.pk): 1}

    def test_another_time_chosen_by_the_same_visitor_is_the_same_choice(self, person, alice, meeting_type, next_monday):
        for start in (next_monday, next_monday + HOUR):
            person.post(f"{meeting_type.get_absolute_url()}hold/", {"start": start.isoformat()})
        assert counted(alice) == {("chosen", meeting_type.pk): 1}

    @pytest.mark.parametrize(
        "agent",
        [
            "",
            "Mozilla/5.0 (compatible; Googlebot/2.1)",
            "curl/8.5.0",
            "python-requests/2.32",
            "Slackbot-LinkExpanding 1.0",
        ],
    )
    def test_programs_are_not_counted(self, person, alice, agent):
        person.get(alice.get_absolute_url(), headers={"user-agent": agent})
        assert counted() == {}

    def test_she_and_staff_are_not_counted_but_a_colleague_is(self, alice, alice_client, charlie_client, admin_client):
        for client in (alice_client, admin_client, charlie_client):
            client.get(alice.get_absolute_url(), headers={"user-agent": FIREFOX})
        assert counted() == {("profile", None): 1}

    def test_what_is_not_shown_is_not_counted(self, person, alice, meeting_type):
        Professional.objects.filter(pk=alice.pk).update(status="suspended")
        assert person.get(alice.get_absolute_url()).status_code == 404
        assert person.get(meeting_type.get_absolute_url()).status_code == 404
        assert counted() == {}

    def test_a_lost_count_does_not_lose_the_page(self, person, alice, monkeypatch, caplog):
        from django.db import OperationalError

        def locked(*_args, **_kwargs):
            raise OperationalError("database is locked")

        monkeypatch.setattr(visits, "add", locked)
        assert person.get(alice.get_absolute_url()).status_code == 200
        assert "not counted" in caplog.text

    def test_the_day_is_that_of_her_clock(self, person, alice):
        with time_machine.travel(dt.datetime(2026, 11, 18, 23, 30, tzinfo=dt.UTC), tick=False):
            person.get(alice.get_absolute_url())
        assert VisitCount.objects.get().day == dt.date(2026, 11, 19)  # half past midnight in Berlin

    def test_pages_keep_their_budgets_with_counting(self, person, alice, meeting_type, at_most_queries):
        """What counts is one statement after the answer; also on the first visit of a day, which makes the row."""
        for _visit in range(2):
            for path, budget in ((alice.get_absolute_url(), 12), (meeting_type.get_absolute_url(), 8)):
                with at_most_queries(budget + 1) as asked:
                    person.get(path)
                assert ["visitcount" in query["sql"] for query in asked].count(True) == 1
                assert "visitcount" in asked[-1]["sql"]
        assert counted(alice) == {("profile", None): 2, ("times", meeting_type.pk): 2}

    @pytest.mark.django_db(transaction=True)
    def test_no_visit_is_lost_where_many_begin_a_day_at_once(self, alice):
        start = threading.Barrier(6)

        def visit():
            start.wait()
            visits.add(alice.pk, Kind.PROFILE, None, day=NOON.date())
            connection.close()

        threads = [threading.Thread(target=visit) for _number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert VisitCount.objects.get().count == 6

    def test_old_sums_are_forgotten(self, alice, settings):
        for day in (dt.date(2024, 9, 30), dt.date(2024, 10, 1), dt.date(2026, 11, 1)):
            visits.add(alice.pk, Kind.PROFILE, None, day=day)
        settings.VISITS_KEPT_MONTHS = 0
        assert visits.forget(NOON.date()) == 0
        settings.VISITS_KEPT_MONTHS = 25
        assert visits.forget(NOON.date()) == 1
        assert visits.forget(NOON.date()) == 0
        assert min(VisitCount.objects.values_list("day", flat=True)) == dt.date(2024, 10, 1)


class TestNumbers:
    def read(self, alice, days=30):
        return numbers.read(alice, days, now=NOON)

    def test_what_they_say(self, alice, meeting_type):
        other = factories.make_meeting_type(alice, title="Long talk")
        Booking.objects.bulk_create(
            [
                add(meeting_type, NOON - 2 * DAY, created=NOON - 2 * DAY - HOUR),  # the same day
                add(meeting_type, NOON - 3 * DAY, created=NOON - 5 * DAY, status="no_show"),
                add(other, NOON + 9 * DAY, created=NOON - DAY, status="confirmed"),
                add(other, NOON + DAY, created=NOON - DAY, status="cancelled"),
                add(other, NOON - 40 * DAY),  # before the period
                add(other, NOON + DAY, created=NOON - DAY, status="held", client_name="", hold_expires_at=NOON),
                add(other, NOON + DAY, created=NOON - DAY, status="declined"),
            ]
        )
        VisitCount.objects.bulk_create(
            VisitCount(host=alice, day=day, kind=kind, meeting_type=about, count=count)
            for day, kind, about, count in (
                (NOON.date(), "profile", None, 7),
                (NOON.date() - 29 * DAY, "profile", None, 3),
                (NOON.date() - 30 * DAY, "profile", None, 100),
                (NOON.date(), "times", other, 5),
                (NOON.date(), "booked", other, 2),
            )
        )
        found = self.read(alice)
        assert found.funnel == {"profile": 10, "times": 5, "chosen": 0, "booked": 2}
        assert (found.booked, found.cancelled) == (4, 1)
        assert found.leads == [1, 0, 2, 0, 1, 0, 0]
        assert found.lead_median == 2
        assert (found.attended, found.missed, found.missed_share) == (1, 1, 50)
        assert found.load == {(0, 12): 1, (6, 12): 1}
        assert [(one.title, one.booked, one.online, one.missed) for one in found.types] == [
            ("Long talk", 2, 2, 0),
            ("First meeting", 2, 0, 1),
        ]
        assert self.read(alice, 90).funnel["profile"] == 110

    def test_a_group_is_one_appointment_of_the_load(self, alice, meeting_type):
        session = "11111111-0000-4000-8000-000000000000"
        Booking.objects.bulk_create([add(meeting_type, NOON - DAY, session=session) for _seat in range(3)])
        found = self.read(alice)
        assert (found.booked, sum(found.load.values())) == (3, 1)

    def test_hours_and_weeks_are_those_of_her_clock(self, alice, meeting_type):
        late_on_sunday = dt.datetime(2026, 11, 8, 23, 30, tzinfo=dt.UTC)  # Monday, half past midnight in Berlin
        Booking.objects.bulk_create([add(meeting_type, late_on_sunday, created=late_on_sunday)])
        found = self.read(alice)
        assert found.load == {(0, 0): 1}
        assert {week.monday: week.booked for week in found.weeks if week.booked} == {dt.date(2026, 11, 9): 1}


class TestPage:
    def test_nothing_to_count_yet(self, alice_client):
        assert "Nothing to count yet" in alice_client.get("/my/numbers/").content.decode()

    def test_a_colleague_sees_her_own(self, alice, charlie_client, alice_client):
        visits.add(alice.pk, Kind.PROFILE, None, day=timezone.localdate())
        assert charlie_client.get("/my/numbers/").context["numbers"].is_empty
        assert not alice_client.get("/my/numbers/").context["numbers"].is_empty
        assert client_of(alice.brand).get("/my/numbers/").status_code == 302

    @pytest.mark.parametrize("days", ["", "7", "x", "90\0", "365"])
    def test_periods(self, alice_client, days):
        response = alice_client.get("/my/numbers/", {"days": days})
        assert response.status_code == 200
        assert response.context["days"] == (365 if days == "365" else 90)

    def test_queries_with_many_bookings(self, alice, meeting_type, alice_client, at_most_queries):
        now = timezone.now()
        others = [factories.make_meeting_type(alice) for _number in range(5)]
        rows = [add([meeting_type, *others][n % 6], now - n * HOUR / 2, status="completed") for n in range(10_000)]
        Booking.objects.bulk_create(rows, batch_size=500)
        for day in range(60):
            visits.add(alice.pk, Kind.PROFILE, None, day=timezone.localdate() - day * DAY)
            visits.add(alice.pk, Kind.TIMES, meeting_type.pk, day=timezone.localdate() - day * DAY)
        with at_most_queries(12):
            response = alice_client.get("/my/numbers/", {"days": "365"})
        assert response.context["numbers"].booked == 10_000
        with at_most_queries(12):
            alice_client.get("/my/numbers/export/", {"days": "365"})

    def test_every_chart_can_be_read_without_seeing_it(self, alice, meeting_type, alice_client):
        Booking.objects.bulk_create([add(meeting_type, timezone.now() - DAY)])
        html = alice_client.get("/my/numbers/").content.decode()
        assert html.count("<table") == 5
        assert 'style="' not in html
        drawn = html.count('<svg viewBox="0 0 1000')
        assert drawn == html.count('<td aria-hidden="true"><svg') + html.count('role="img"')

    def test_german_numbers_do_not_break_the_drawing(self, alice, meeting_type, alice_client):
        Booking.objects.bulk_create([add(meeting_type, timezone.now() - number * DAY) for number in range(1, 40)])
        html = alice_client.get("/my/numbers/?days=365&lang=de").content.decode()
        figure = html.split('<figure class="columns">')[1].split("</figure>")[0]
        assert figure.count("<rect") > 4
        numbers_drawn = [part.split('"')[0] for part in figure.split('height="')[1:]]
        assert all(value.isdecimal() for value in numbers_drawn)

    def test_table_by_day(self, alice, meeting_type, alice_client):
        with time_machine.travel(NOON, tick=False):
            Booking.objects.bulk_create(
                [add(meeting_type, NOON - DAY, created=NOON - 2 * DAY), add(meeting_type, NOON - DAY, status="no_show")]
            )
            visits.add(alice.pk, Kind.PROFILE, None, day=dt.date(2026, 11, 17))
            response = alice_client.get("/my/numbers/export/", {"days": "30"})
        lines = list(csv.reader(io.StringIO(response.content.decode().removeprefix("\ufeff"))))
        assert len(lines) == 31
        assert lines[-2] == ["2026-11-17", "1", "0", "0", "0", "0", "2", "1"]
        assert lines[-3][5] == "2"

    def test_today_says_it_in_a_line(self, alice, meeting_type, alice_client):
        today = timezone.localdate()
        for day in (today, today - 6 * DAY, today - 7 * DAY):
            visits.add(alice.pk, Kind.PROFILE, None, day=day)
        visits.add(alice.pk, Kind.BOOKED, meeting_type.pk, day=today)
        html = alice_client.get("/my/").content.decode()
        assert "Profile views in the last 7 days: 2. Booked online: 1." in html
        assert "/my/numbers/" in html
        assert "/my/numbers/" in alice_client.get("/my/bookings/").content.decode()


class TestBookingsTable:
    def test_everything_in_portions(self, alice, meeting_type, alice_client, at_most_queries):
        """More rows than one portion, and more than fit into the 5,000 at which it ended once."""
        start = timezone.now() + DAY
        rows = [add(meeting_type, start + number * HOUR, status="confirmed") for number in range(5_200)]
        Booking.objects.bulk_create(rows, batch_size=500)
        with at_most_queries(6):
            response = alice_client.get("/my/bookings/export/")
            assert response.streaming
            first = next(iter(response.streaming_content))
            count = sum(1 for _line in response.streaming_content)
        assert first.decode().startswith("\ufeffReference,Date")
        assert count == 5_200

    def test_the_time_zone_and_language_are_those_of_the_request(self, alice, meeting_type, alice_client):
        """Lines are taken when the request's own are over."""
        start = dt.datetime(2030, 1, 15, 9, tzinfo=dt.UTC)
        bookings.enter(meeting_type, start, name="=cmd()", outside_rules=True)
        response = alice_client.get("/my/bookings/export/?lang=de")
        with timezone.override("America/New_York"):
            lines = b"".join(response.streaming_content).decode().splitlines()
        assert lines[0].startswith("\ufeffBuchungsnummer;Datum")
        assert "2030-01-15;10:00;10:30" in lines[1]
        assert "'=cmd()" in lines[1]
        assert ";Bestätigt;" in lines[1]
