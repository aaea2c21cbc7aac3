"""The professional's calendar: its list, its events, busy times of her own, and a move that was drawn."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from scheduling import availability, bookings, busy, diary
from scheduling.models import AvailabilityOverride, BusyTime, Message
from tests import factories

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def booking(meeting_type, next_monday):
    return bookings.enter(meeting_type, next_monday, name="Bob Berg", email="bob@example.org")


def events(client, first: date, days: int = 7) -> list[dict]:
    answer = client.get("/my/calendar/events/", {"start": first, "end": first + timedelta(days=days)})
    assert answer.status_code == 200, answer.content
    return [{"id": "", **event} for event in answer.json()]


# --- what is shown ---------------------------------------------------------------------------------------------


def test_the_week_lists_hours_bookings_and_busy_times(alice, alice_client, booking, next_monday):
    busy.save(
        BusyTime(host=alice, starts_at=next_monday + timedelta(hours=3), ends_at=next_monday + timedelta(hours=4))
    )
    text = alice_client.get(f"/my/calendar/?date={next_monday.date() + timedelta(days=3)}").content.decode()
    assert f"/my/bookings/{booking.pk}/" in text
    assert "13:00–14:00" in text
    assert text.count("09:00–17:00") == 5
    assert text.count("Closed") == 2


@pytest.mark.parametrize("query", ["date=nonsense", "date=0001-01-01", "date=9999-12-31", "date=2026-02-31", "view=x"])
def test_nonsense_shows_this_week(alice_client, query):
    assert alice_client.get(f"/my/calendar/?{query}").status_code == 200


def test_events_say_the_wall_clock(alice_client, booking, next_monday):
    found = events(alice_client, next_monday.date())
    (event,) = [event for event in found if event["id"] == f"booking-{booking.pk}"]
    assert (event["start"], event["end"]) == (f"{next_monday.date()}T10:00:00", f"{next_monday.date()}T10:30:00")
    assert event["title"] == "Bob Berg"
    assert event["startEditable"] is True
    assert event["extendedProps"]["url"] == f"/my/bookings/{booking.pk}/"
    windows = [event for event in found if event.get("display") == "background"]
    assert [(w["start"][11:], w["end"][11:]) for w in windows] == [("09:00:00", "17:00:00")] * 5


def test_an_absence_closes_its_days_and_the_shorter_run_wins(alice, alice_client, next_monday):
    first = next_monday.date()
    AvailabilityOverride.objects.create(host=alice, first_date=first, last_date=first + timedelta(days=6), note="Rome")
    AvailabilityOverride.objects.create(
        host=alice, first_date=first + timedelta(days=1), last_date=first + timedelta(days=1), windows=[[600, 720]]
    )
    found = events(alice_client, first)
    assert [event["title"] for event in found if "is-away" in event["classNames"]] == ["Rome"] * 6
    (window,) = [event for event in found if event.get("display") == "background"]
    assert window["start"] == f"{first + timedelta(days=1)}T10:00:00"


def test_a_busy_time_over_several_days_is_one_event_and_in_the_list_of_each(alice, next_monday):
    start = next_monday.replace(hour=20)
    row = BusyTime(host=alice, starts_at=start, ends_at=start + timedelta(days=2))
    busy.save(row)
    days = diary.days(alice, next_monday.date(), next_monday.date() + timedelta(days=7))
    assert [len(day.entries) for day in days] == [1, 1, 1, 0, 0, 0, 0]


def test_what_ends_at_midnight_is_not_on_the_next_day(alice, next_monday):
    start = next_monday.replace(hour=20)
    busy.save(BusyTime(host=alice, starts_at=start, ends_at=start + timedelta(hours=4)))
    days = diary.days(alice, next_monday.date(), next_monday.date() + timedelta(days=2))
    assert [len(day.entries) for day in days] == [1, 0]


def test_holds_show_without_a_name_and_only_while_they_last(alice_client, meeting_type, next_monday):
    hold = bookings.hold(meeting_type, next_monday)
    (event,) = [event for event in events(alice_client, next_monday.date()) if event["id"].startswith("hold")]
    assert event["title"] == "Somebody is booking"
    assert event["extendedProps"] == {}
    hold.hold_expires_at = timezone.now() - timedelta(seconds=1)
    hold.save()
    assert not [event for event in events(alice_client, next_monday.date()) if event["id"].startswith("hold")]


def test_cancelled_bookings_are_gone(alice_client, booking, next_monday):
    bookings.cancel(booking, actor="host")
    assert not [event for event in events(alice_client, next_monday.date()) if event.get("display") != "background"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"start": "2026-11-01"},
        {"start": "x", "end": "y"},
        {"start": "2026-11-02", "end": "2026-11-01"},
        {"start": "2026-11-01", "end": "2026-11-01"},
        {"start": "2026-01-01", "end": "2027-01-01"},
        {"start": "1999-12-25", "end": "2000-01-01"},
        {"start": "9999-12-25", "end": "9999-12-31"},
    ],
)
def test_ranges_that_are_none_or_too_long_are_refused(alice_client, query):
    assert alice_client.get("/my/calendar/events/", query).status_code == 400


def test_the_calendar_takes_four_queries_however_full_it_is(alice, meeting_type, next_monday, at_most_queries):
    for hour in range(9, 16):
        bookings.enter(meeting_type, next_monday.replace(hour=hour), name="Bob", notify=False)
        busy.save(
            BusyTime(
                host=alice,
                starts_at=next_monday + timedelta(days=1, hours=hour - 10),
                ends_at=next_monday + timedelta(days=1, hours=hour - 9),
            )
        )
    with at_most_queries(4):
        days = diary.days(alice, next_monday.date(), next_monday.date() + timedelta(days=42))
        assert sum(len(day.entries) for day in days) == 14
        assert all(entry.title for day in days for entry in day.entries)


def test_another_brand_and_colleague_see_nothing_of_it(charlie_client, booking, next_monday):
    assert "Bob Berg" not in str(events(charlie_client, next_monday.date()))
    assert "Bob Berg" not in charlie_client.get(f"/my/calendar/?date={next_monday.date()}").content.decode()


# --- busy times of her own -------------------------------------------------------------------------------------


def form_of(day: date, at: str, until: str, **more: object) -> dict[str, object]:
    return {"day": day, "at": at, "until": until, **more}


def test_a_busy_time_takes_the_time_away_and_gives_it_back(alice, alice_client, meeting_type, next_monday):
    answer = alice_client.post("/my/calendar/busy/", form_of(next_monday.date(), "10:00", "11:00", note="Dentist"))
    assert answer["Location"] == f"/my/calendar/?date={next_monday.date()}"
    row = busy.own(alice).get()
    assert (row.starts_at, row.ends_at, row.note) == (next_monday, next_monday + timedelta(hours=1), "Dentist")
    assert availability.refusal(meeting_type, next_monday) == "busy"
    alice_client.post(f"/my/calendar/busy/{row.pk}/delete/")
    assert availability.refusal(meeting_type, next_monday) is None


def test_a_busy_time_is_changed_and_may_end_on_a_later_day(alice, alice_client, next_monday):
    row = BusyTime(host=alice, starts_at=next_monday, ends_at=next_monday + timedelta(hours=1))
    busy.save(row)
    assert 'value="10:00"' in alice_client.get(f"/my/calendar/busy/{row.pk}/").content.decode()
    last = next_monday.date() + timedelta(days=2)
    alice_client.post(f"/my/calendar/busy/{row.pk}/", form_of(next_monday.date(), "14:00", "12:00", last_day=last))
    row.refresh_from_db()
    assert row.ends_at == datetime(last.year, last.month, last.day, 12, tzinfo=BERLIN)


def test_an_empty_time_of_the_calendar_fills_the_forms(alice_client, meeting_type, next_monday):
    query = {"day": next_monday.date(), "at": "10:15", "until": "00:00"}
    text = alice_client.get("/my/calendar/busy/", query).content.decode()
    assert 'value="10:15"' in text
    assert f'value="{next_monday.date() + timedelta(days=1)}"' in text
    assert 'value="10:15"' in alice_client.get("/my/bookings/new/", query).content.decode()


@pytest.mark.parametrize("query", ["day=x&at=y&until=z", "at=99:99", "day=2026-13-40&at=25:00"])
def test_nonsense_fills_nothing(alice_client, meeting_type, query):
    assert alice_client.get(f"/my/calendar/busy/?{query}").status_code == 200
    assert alice_client.get(f"/my/bookings/new/?{query}").status_code == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"until": "09:00"}, "The end must be after the start."),
        ({"day": "2020-01-01"}, "Choose a day within the next two years."),
        ({"last_day": "2200-01-01"}, "One year at most."),
        ({"at": ""}, "This field is required."),
        ({"note": "n" * 121}, "at most 120"),
    ],
)
def test_wrong_busy_times_are_refused_and_stay_typed(alice_client, next_monday, fields, said):
    answer = alice_client.post("/my/calendar/busy/", form_of(next_monday.date(), "10:00", "11:00") | fields)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not BusyTime.objects.exists()


def test_a_time_that_the_clock_skips_is_refused(alice_client):
    year = timezone.now().year + 1
    sunday = max(date(year, 3, day) for day in range(25, 32) if date(year, 3, day).weekday() == 6)
    answer = alice_client.post("/my/calendar/busy/", form_of(sunday, "02:30", "05:00"))
    assert answer.status_code == 422


def test_busy_time_of_a_provider_is_not_hers_to_change(alice, alice_client, next_monday):
    row = BusyTime.objects.create(
        host=alice, starts_at=next_monday, ends_at=next_monday + timedelta(hours=1), source="meetergo:1", remote_id="7"
    )
    assert alice_client.get(f"/my/calendar/busy/{row.pk}/").status_code == 404
    assert alice_client.post(f"/my/calendar/busy/{row.pk}/delete/").status_code == 404
    assert f"/my/calendar/busy/{row.pk}/" not in str(events(alice_client, next_monday.date()))


# --- a move that was drawn -------------------------------------------------------------------------------------


def target(booking, day: date, at: str, **more: str) -> tuple[str, dict[str, object]]:
    return f"/my/bookings/{booking.pk}/move/to/", {"day": day, "at": at, **more}


def test_a_drag_asks_before_it_moves(alice_client, booking, next_monday):
    tuesday = next_monday.date() + timedelta(days=1)
    text = alice_client.get(*target(booking, tuesday, "11:00")).content.decode()
    assert "11:00–11:30" in text
    assert "checked" in text[text.index('name="tell"') :][:80]
    booking.refresh_from_db()
    assert booking.starts_at == next_monday
    answer = alice_client.post(*target(booking, tuesday, "11:00", tell="on", reason="A hearing"))
    assert answer["Location"] == f"/my/calendar/?date={tuesday}"
    booking.refresh_from_db()
    assert booking.starts_at == next_monday + timedelta(days=1, hours=1)
    assert booking.messages.filter(kind=Message.Kind.MOVED, audience=Message.Audience.CLIENT).count() == 1


def test_a_move_may_be_silent(alice_client, booking, next_monday):
    alice_client.post(*target(booking, next_monday.date(), "12:00"))
    booking.refresh_from_db()
    assert booking.version == 1
    assert not booking.messages.filter(kind=Message.Kind.MOVED).exists()


def test_a_move_outside_the_hours_needs_the_tick(alice_client, booking, next_monday):
    saturday = next_monday.date() + timedelta(days=5)
    page = alice_client.get(*target(booking, saturday, "11:00"))
    assert "This time is outside your hours." in page.content.decode()
    assert alice_client.post(*target(booking, saturday, "11:00")).status_code == 409
    assert alice_client.post(*target(booking, saturday, "11:00", outside="on")).status_code == 302
    booking.refresh_from_db()
    assert timezone.localtime(booking.starts_at, BERLIN).date() == saturday


def test_a_move_onto_another_booking_is_refused_with_its_name(alice_client, booking, meeting_type, next_monday):
    bookings.enter(meeting_type, next_monday.replace(hour=12), name="Carla Conti")
    page = alice_client.get(*target(booking, next_monday.date(), "12:00"))
    assert "Something else is at this time." in page.content.decode()
    answer = alice_client.post(*target(booking, next_monday.date(), "12:00", outside="on"))
    assert answer.status_code == 409
    assert "Carla Conti" in answer.content.decode()
    booking.refresh_from_db()
    assert booking.starts_at == next_monday


@pytest.mark.parametrize("query", ["", "?day=x&at=y", "?day=2020-01-01&at=10:00", "?day=2030-01-01"])
def test_a_drag_to_nowhere_leads_to_the_free_times(alice_client, booking, query):
    answer = alice_client.get(f"/my/bookings/{booking.pk}/move/to/{query}")
    assert answer["Location"] == f"/my/bookings/{booking.pk}/move/"


def test_what_is_over_is_not_moved(alice_client, booking, next_monday):
    bookings.cancel(booking, actor="host")
    answer = alice_client.post(*target(booking, next_monday.date(), "12:00"))
    assert answer["Location"] == f"/my/bookings/{booking.pk}/"


def test_the_calendar_reads_the_clock_of_the_professional(brand):
    far = factories.make_professional(brand, time_zone="Pacific/Auckland")
    meeting_type = factories.make_meeting_type(far)
    start = availability.next_free(meeting_type)
    assert start
    booking = bookings.enter(meeting_type, start, name="Bob")
    local = start.astimezone(ZoneInfo("Pacific/Auckland")).date()
    days = diary.days(far, local - timedelta(days=1), local + timedelta(days=2))
    assert [[entry.row for entry in day.entries] for day in days] == [[], [booking], []]
