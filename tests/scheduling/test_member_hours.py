"""Weekly hours and special days in the browser. alice is the owner, charlie a colleague."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from scheduling import bookings, hours
from scheduling.models import AvailabilityOverride, AvailabilityRule
from tests import factories

pytestmark = pytest.mark.django_db


def post_week(client, **fields):
    """The form as the browser sends it: `mon=[('9', '12')]`; days that are not named are closed."""
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    data = {}
    for name, windows in fields.items():
        if name in names:
            data[f"from-{names.index(name)}"] = [start for start, _end in windows]
            data[f"to-{names.index(name)}"] = [end for _start, end in windows]
        else:
            data[name.replace("_", "-")] = windows
    return client.post("/my/hours/", data)


def book(meeting_type, start, **fields):
    return bookings.enter(meeting_type, start, name="Bob Berg", **fields)


def test_several_windows_a_day_are_saved(alice, alice_client):
    answer = post_week(alice_client, mon=[("9", "12:30"), ("14.00", "1800")], sat=[("22:00", "24:00")])
    assert answer["Location"] == "/my/hours/"
    week = hours.week_of(alice)
    assert week[0] == [(540, 750), (840, 1080)]
    assert week[5] == [(1320, 1440)]
    assert week[1] == []


def test_rows_that_stay_are_not_written_again(alice, alice_client):
    before = set(AvailabilityRule.objects.filter(host=alice, weekday=0).values_list("pk", flat=True))
    post_week(alice_client, mon=[("09:00", "17:00")])
    assert set(AvailabilityRule.objects.filter(host=alice).values_list("pk", flat=True)) == before


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ([("17:00", "09:00")], "end must be after the start"),
        ([("09:00", "09:00")], "end must be after the start"),
        ([("09:00", "13:00"), ("12:00", "15:00")], "overlaps 09:00–13:00"),
        ([("25:00", "26:00")], "hours and minutes"),
        ([("24:01", "24:30")], "hours and minutes"),
        ([("09:00", "")], "hours and minutes"),
        ([("nine", "ten")], "hours and minutes"),
        ([("\x00", "²³")], "hours and minutes"),
    ],
)
def test_wrong_times_are_refused_at_the_row(alice, alice_client, windows, said):
    answer = post_week(alice_client, mon=windows)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    assert hours.week_of(alice)[0] == [(540, 1020)]


def test_touching_windows_are_allowed(alice, alice_client):
    assert post_week(alice_client, mon=[("09:00", "12:00"), ("12:00", "15:00")]).status_code == 302


def test_adding_a_window_keeps_what_is_typed_and_saves_nothing(alice, alice_client):
    answer = post_week(alice_client, mon=[("08:17", "half")], add="0")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="08:17"' in text
    assert 'value="half"' in text
    assert text.count('name="from-0"') == 2
    assert hours.week_of(alice)[0] == [(540, 1020)]


def test_removing_a_window_shows_the_rest(alice_client):
    text = post_week(alice_client, mon=[("08:00", "09:00"), ("10:00", "11:00")], remove="0-0").content.decode()
    assert 'value="08:00"' not in text
    assert 'value="10:00"' in text


def test_a_day_is_copied_to_others(alice, alice_client):
    answer = post_week(alice_client, mon=[("08:00", "11:00")], fri=[("13:00", "14:00")], copy="0", copy_0=["1", "4"])
    text = answer.content.decode()
    assert text.count('value="08:00"') == 3
    assert 'value="13:00"' not in text
    assert "filled in for: Tuesday, Friday" in text
    assert hours.week_of(alice)[1] == [(540, 1020)]


@pytest.mark.parametrize(
    "button", [{"add": "9"}, {"remove": "0-99"}, {"remove": "x"}, {"copy": "-1"}, {"copy": "0", "copy_0": ["7", "²"]}]
)
def test_buttons_with_nonsense_change_nothing(alice_client, button):
    assert post_week(alice_client, mon=[("08:00", "11:00")], **button).status_code == 200


def test_saving_says_what_it_did_and_what_is_hit(alice_client, alice, meeting_type, next_monday):
    inside = book(meeting_type, next_monday)
    hit = book(meeting_type, next_monday.replace(hour=16, minute=30))
    week = [("09:00", "17:00")]
    changed = {"mon": [("09:00", "16:00")]} | dict.fromkeys(["tue", "wed", "thu", "fri"], week)
    asked = post_week(alice_client, **changed)
    assert asked.status_code == 409
    text = asked.content.decode()
    assert "This affects 1 booked appointment" in text
    assert f"/my/bookings/{hit.pk}/" in text
    assert f"/my/bookings/{inside.pk}/" not in text
    assert hours.week_of(alice)[0] == [(540, 1020)], "nothing is saved before she agrees"
    seen = asked.context["agreed"]
    late = book(meeting_type, next_monday.replace(hour=16))
    again = post_week(alice_client, **changed, agreed=seen)
    assert again.status_code == 409, "she has not seen the appointment that came in between"
    assert f"/my/bookings/{late.pk}/" in again.content.decode()
    bookings.cancel(late, actor="client")
    assert post_week(alice_client, **changed, agreed=seen).status_code == 302
    text = alice_client.get("/my/hours/").content.decode()
    assert "Monday now ends at 16:00. 1 booked appointment now lies outside your hours." in text
    assert f"/my/bookings/{hit.pk}/" in text
    assert f"/my/bookings/{inside.pk}/" not in text
    hit.refresh_from_db()
    assert hit.status == "confirmed"


def test_hours_after_a_change_of_the_clock_are_still_inside(alice, meeting_type):
    """A booking at 09:00 by the wall clock lies in hours from 09:00, in summer and in winter."""
    berlin, now = ZoneInfo("Europe/Berlin"), datetime(2027, 3, 1, tzinfo=UTC)
    for day in (26, 29):
        bookings.enter(meeting_type, datetime(2027, 3, day, 9, tzinfo=berlin), name="Bob", now=now)
    assert hours.outside(alice, now=now) == []


def test_an_evening_that_goes_on_after_midnight_is_one_stretch(alice, next_monday):
    factories.set_hours(alice, {0: [("22:00", "24:00")], 1: [("00:00", "02:00")]})
    meeting_type = factories.make_meeting_type(alice, duration=60)
    book(meeting_type, next_monday.replace(hour=23, minute=30), outside_rules=True)
    late = book(meeting_type, next_monday.replace(hour=1, minute=30) + timedelta(days=1), outside_rules=True)
    assert [booking.pk for booking in hours.outside(alice)] == [late.pk]


def test_the_free_times_follow_at_once(alice, alice_client, meeting_type, django_capture_on_commit_callbacks):
    connection.run_on_commit.clear()  # what the fixtures left; a refresh that waits already is not asked for again
    with django_capture_on_commit_callbacks(execute=True):
        post_week(alice_client)
    connection.run_on_commit.clear()
    alice.refresh_from_db()
    assert (alice.bookable, alice.next_free_at) == (False, None)
    with django_capture_on_commit_callbacks(execute=True):
        post_week(alice_client, mon=[("09:00", "10:00")])
    alice.refresh_from_db()
    assert alice.bookable
    assert timezone.localtime(alice.next_free_at).weekday() == 0


# --- special days ---------------------------------------------------------------------------------------------


def override_data(first, last="", **fields):
    return {"kind": "closed", "first_date": first, "last_date": last, "note": ""} | fields


def test_an_absence_asks_about_what_it_hits(alice, alice_client, meeting_type, next_monday):
    hit = book(meeting_type, next_monday)
    day = next_monday.date()
    data = override_data(day, day + timedelta(days=6), note="Sea")
    asked = alice_client.post("/my/hours/dates/new/", data)
    assert "This affects 1 booked appointment." in asked.content.decode()
    assert not AvailabilityOverride.objects.exists()
    answer = alice_client.post(
        "/my/hours/dates/new/", data | {"decided": "1", f"do-{hit.pk}": "keep", "reason": ""}, follow=True
    )
    text = answer.content.decode()
    assert "1 appointment stays as it is." in text
    assert "Sea" in text
    override = AvailabilityOverride.objects.get()
    assert (override.host, override.windows, override.last_date) == (alice, [], day + timedelta(days=6))


def test_special_hours_are_added_changed_and_removed(alice, alice_client, next_monday):
    day = next_monday.date()
    data = override_data(day, kind="other") | {"from-special": ["18:00", ""], "to-special": ["20", ""]}
    assert alice_client.post("/my/hours/dates/new/", data).status_code == 302
    override = AvailabilityOverride.objects.get()
    assert (override.windows, override.last_date) == ([[1080, 1200]], day)
    assert 'value="18:00"' in alice_client.get(f"/my/hours/dates/{override.pk}/").content.decode()
    assert alice_client.post(f"/my/hours/dates/{override.pk}/", override_data(day)).status_code == 302
    override.refresh_from_db()
    assert override.windows == []
    assert alice_client.post(f"/my/hours/dates/{override.pk}/delete/").status_code == 302
    assert not AvailabilityOverride.objects.exists()


def test_a_removed_opening_says_what_it_hits(alice, alice_client, meeting_type, next_monday):
    saturday = next_monday + timedelta(days=5)
    override = AvailabilityOverride.objects.create(
        host=alice, first_date=saturday.date(), last_date=saturday.date(), windows=[[540, 720]]
    )
    book(meeting_type, saturday)
    path = f"/my/hours/dates/{override.pk}/delete/"
    assert "This affects 1 booked appointment." in alice_client.post(path).content.decode()
    assert alice_client.post(path, {"decided": "1", "back": "1"})["Location"] == "/my/hours/"
    assert AvailabilityOverride.objects.exists()
    (hit,) = alice.bookings.all()
    answer = alice_client.post(path, {"decided": "1", f"do-{hit.pk}": "keep"}, follow=True)
    assert "1 appointment stays as it is." in answer.content.decode()
    assert not AvailabilityOverride.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "closed", "first_date": "yesterday"},
        {"kind": "closed", "first_date": "2031-01-02", "last_date": "2031-01-01"},
        {"kind": "closed", "first_date": "2020-01-01"},
        {"kind": "closed", "first_date": "2031-01-01", "last_date": "9999-12-31"},
        {"kind": "other", "first_date": "2031-01-01"},
        {"kind": "other", "first_date": "2031-01-01", "from-special": ["9"], "to-special": ["8"]},
        {"kind": "other", "first_date": "2031-01-01", "from-special": ["9", "10"], "to-special": ["11", "12"]},
        {"kind": "?", "first_date": "2031-01-01"},
    ],
)
def test_wrong_special_days_are_refused(alice_client, data):
    assert alice_client.post("/my/hours/dates/new/", data).status_code == 422
    assert not AvailabilityOverride.objects.exists()


def test_past_special_days_are_hidden(alice, alice_client):
    today = timezone.localdate()
    for last, note in ((today - timedelta(days=3), "Long ago"), (today + timedelta(days=3), "Coming")):
        AvailabilityOverride.objects.create(host=alice, first_date=last, last_date=last, note=note)
    text = alice_client.get("/my/hours/").content.decode()
    assert "Coming" in text
    assert "Long ago" not in text


def test_special_days_of_others_do_not_exist(alice, charlie_client, next_monday):
    override = AvailabilityOverride.objects.create(
        host=alice, first_date=next_monday.date(), last_date=next_monday.date()
    )
    assert charlie_client.get(f"/my/hours/dates/{override.pk}/").status_code == 404
    assert charlie_client.post(f"/my/hours/dates/{override.pk}/", override_data("2031-01-01")).status_code == 404
    assert charlie_client.post(f"/my/hours/dates/{override.pk}/delete/").status_code == 404
    assert charlie_client.get("/my/hours/dates/99999999999999999999999/").status_code == 404
    assert AvailabilityOverride.objects.get() == override


def test_queries_do_not_grow_with_the_data(alice, alice_client, meeting_type, next_monday, at_most_queries):
    for number in range(8):
        book(meeting_type, next_monday.replace(hour=18) + timedelta(days=number), outside_rules=True)
        day = next_monday.date() + timedelta(days=30 + number)
        AvailabilityOverride.objects.create(host=alice, first_date=day, last_date=day)
    with at_most_queries(12):
        text = alice_client.get("/my/hours/").content.decode()
    assert text.count("/my/bookings/") >= 8
