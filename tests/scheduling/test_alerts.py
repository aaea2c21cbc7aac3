"""Earlier-time alerts: asking, what counts as opened, the line, the claim, the cascade, the ways out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as outbox_of

from scheduling import alerts, availability, bookings, links
from scheduling.groundwork import BookingError
from scheduling.models import Alert, Booking, MeetingType, Offer, Opening
from scheduling.models.bookings import Status
from scheduling.tasks import watch_openings
from tests import factories

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2027, 3, 15, 8, 0, tzinfo=UTC)  # a Monday
ALWAYS = {"weekdays": 127, "daypart": "any"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def full(clock, alice) -> MeetingType:
    """Mondays from 9 to 12, an hour each, two Mondays; the test books what shall be taken."""
    factories.set_hours(alice, {0: [("09:00", "12:00")]})
    return factories.make_meeting_type(alice, slug="talk", duration=60, horizon_days=7)


def book(meeting_type: MeetingType, start: datetime, who: str = "bob") -> Booking:
    held = bookings.hold(meeting_type, start)
    return bookings.confirm(held, name=who.title(), email=f"{who}@example.org", time_zone="Europe/Berlin")


def fill(meeting_type: MeetingType) -> list[Booking]:
    starts = availability.open_starts(meeting_type, NOW, NOW + timedelta(days=20))
    return [book(meeting_type, start, f"client{number}") for number, start in enumerate(starts)]


def waiting(meeting_type: MeetingType, who: str = "nora", **fields) -> Alert:
    values = {"name": who.title(), "email": f"{who}@example.org", "language": "en", "time_zone": "Europe/Berlin"}
    alert = alerts.ask(meeting_type, **(values | ALWAYS | fields))
    assert alerts.prove(alert)
    alert.refresh_from_db()
    return alert


def offered() -> list[tuple[str, datetime]]:
    return [(row.alert.email.split("@")[0], row.opening.starts_at) for row in Offer.objects.order_by("due_at", "id")]


def mails_to(who: str) -> list[str]:
    return [mail.subject for mail in outbox_of.outbox if mail.to == [f"{who}@example.org"]]


# --- the window --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "start", "fits"),
    [
        ({}, "2027-03-22T09:00", True),
        ({"weekdays": 0b0000001}, "2027-03-22T09:00", True),  # Mondays
        ({"weekdays": 0b0000010}, "2027-03-22T09:00", False),
        ({"daypart": "morning"}, "2027-03-22T11:59", True),
        ({"daypart": "morning"}, "2027-03-22T12:00", False),
        ({"daypart": "afternoon"}, "2027-03-22T16:30", True),
        ({"daypart": "evening"}, "2027-03-22T17:00", True),
        ({"time_zone": "America/New_York", "daypart": "morning"}, "2027-03-22T16:30", True),
        ({}, "2027-06-22T09:00", False),  # after it has ended
    ],
)
def test_what_fits_the_window(fields, start, fits):
    values = {"weekdays": 127, "daypart": "any", "time_zone": "Europe/Berlin", "expires_at": NOW + timedelta(days=60)}
    assert Alert(**(values | fields)).fits(at(start).astimezone(UTC)) is fits


# --- what opens --------------------------------------------------------------------------------------------


def test_what_was_free_before_has_not_opened(full):
    waiting(full)
    watch_openings()
    assert not Opening.objects.exists()


@pytest.mark.parametrize("how", ["cancelled", "moved", "hours added"])
def test_a_time_opens_and_is_told_once_however_often_workers_look(full, how):
    booked = fill(full)
    waiting(full)
    if how == "cancelled":
        bookings.cancel(booked[0], actor="client")
    elif how == "moved":
        bookings.reschedule(booked[0], booked[0].starts_at + timedelta(days=1), actor="host", outside_rules=True)
    else:
        factories.set_hours(full.host, {0: [("09:00", "13:00")]})
    for _worker in range(3):
        watch_openings()
    expected = at("2027-03-15T12:00") if how == "hours added" else booked[0].starts_at
    assert offered() == [("nora", expected)]
    assert len([subject for subject in mails_to("nora") if subject.startswith("A time has opened")]) == 1


def test_a_hold_that_ran_out_opens_nothing(full, clock):
    waiting(full)
    bookings.hold(full, at("2027-03-22T09:00"))
    watch_openings()
    clock.move_to(NOW + timedelta(hours=1))
    bookings.expire_holds()
    watch_openings()
    assert not Offer.objects.exists()


def test_only_what_is_earlier_than_her_appointment(full):
    booked = fill(full)
    alerts.ask_for_earlier(booked[2], **ALWAYS)
    bookings.cancel(booked[4], actor="client")
    watch_openings()
    assert offered() == []
    bookings.cancel(booked[0], actor="client")
    watch_openings()
    assert offered() == [("client2", booked[0].starts_at)]


# --- the line ----------------------------------------------------------------------------------------------


def test_mails_go_out_in_line_ten_minutes_apart_until_somebody_claims(full, clock):
    booked = fill(full)
    for number, who in enumerate(["ada", "ben", "cleo"]):
        clock.move_to(NOW + timedelta(seconds=number))
        waiting(full, who)
    bookings.cancel(booked[3], actor="client")
    begin = NOW + timedelta(minutes=1)
    clock.move_to(begin)
    watch_openings()
    opened = [who for who in ("ada", "ben", "cleo") if any("opened" in subject for subject in mails_to(who))]
    assert opened == ["ada"]
    clock.move_to(begin + timedelta(minutes=10))
    watch_openings()
    assert any("opened" in subject for subject in mails_to("ben"))
    alerts.claim(Offer.objects.get(alert__email="ben@example.org"))
    clock.move_to(begin + timedelta(minutes=30))
    watch_openings()
    assert not any("opened" in subject for subject in mails_to("cleo")), "it has gone meanwhile"
    assert Offer.objects.get(alert__email="cleo@example.org").status == "superseded"


def test_who_did_not_get_it_is_offered_the_next(full):
    booked = fill(full)
    for who in ("ada", "ben"):
        waiting(full, who)
    bookings.cancel(booked[3], actor="client")
    watch_openings()
    alerts.claim(Offer.objects.get(alert__email="ada@example.org"))
    bookings.cancel(booked[1], actor="client")
    watch_openings()
    assert ("ben", booked[1].starts_at) in offered()


def test_a_claim_that_is_not_finished_falls_to_the_next(full, clock):
    booked = fill(full)
    for who in ("ada", "ben"):
        waiting(full, who)
    bookings.cancel(booked[3], actor="client")
    watch_openings()
    held = alerts.claim(Offer.objects.get(alert__email="ada@example.org"))
    assert held.status == Status.HELD
    watch_openings()
    clock.move_to(NOW + timedelta(hours=1))
    bookings.expire_holds()
    watch_openings()
    second = Opening.objects.get(state="open")
    assert second.starts_at == booked[3].starts_at
    assert [offer.alert.email for offer in second.offers.all()] == ["ben@example.org"]


def test_five_appointments_move_up_one_after_the_other(full):
    """Each takes what the one before left; all end an opening earlier, nobody overlaps, nothing is mailed twice."""
    booked = fill(full)
    assert len(booked) == 6
    before = [booking.starts_at for booking in booked]
    for booking in booked[1:]:
        alerts.ask_for_earlier(booking, **ALWAYS)
    bookings.cancel(booked[0], actor="host")
    for number in range(1, 6):
        watch_openings()
        offer = Offer.objects.get(alert__booking=booked[number], opening__starts_at=before[number - 1])
        moved = alerts.claim(offer)
        assert moved.starts_at == before[number - 1]
    watch_openings()
    now_booked = Booking.objects.filter(status=Status.CONFIRMED).order_by("starts_at")
    assert [row.starts_at for row in now_booked] == before[:5]
    assert [row.pk for row in now_booked] == [row.pk for row in booked[1:]], "in the order in which they waited"
    assert set(Alert.objects.values_list("state", flat=True)) == {"done"}
    assert not Opening.objects.filter(state="open").exists()
    for booking in booked[1:]:
        assert Booking.objects.get(pk=booking.pk).messages.filter(kind="moved", audience="client").count() == 1


# --- the claim ---------------------------------------------------------------------------------------------


def test_repeating_a_claim_changes_nothing_and_losing_changes_nothing(full):
    booked = fill(full)
    first, second = (alerts.ask_for_earlier(booking, **ALWAYS) for booking in booked[4:])
    bookings.cancel(booked[0], actor="client")
    watch_openings()
    offer = Offer.objects.get(alert=first)
    assert alerts.claim(offer).version == alerts.claim(offer).version == 1
    with pytest.raises(BookingError):
        alerts.claim(Offer.objects.get(alert=second))
    second.refresh_from_db()
    assert (second.state, Booking.objects.get(pk=booked[5].pk).version) == ("active", 0)


def test_when_the_time_was_booked_on_the_page_the_link_says_so_and_the_wish_stays(full, client):
    booked = fill(full)
    alert = alerts.ask_for_earlier(booked[4], **ALWAYS)
    bookings.cancel(booked[0], actor="client")
    watch_openings()
    offer = Offer.objects.get()
    path = f"/earlier/{alerts.token(offer)}/"
    assert client.get(path).status_code == 200
    book(full, booked[0].starts_at, "faster")
    assert client.post(path).status_code == 409
    assert "no longer free" in client.get(path).content.decode()
    alert.refresh_from_db()
    assert alert.state == "active"
    watch_openings()
    assert Opening.objects.get().state == "gone"


def test_a_looked_at_link_claims_nothing_and_one_click_moves(full, client):
    booked = fill(full)
    alerts.ask_for_earlier(booked[4], **ALWAYS)
    bookings.cancel(booked[0], actor="client")
    watch_openings()
    path = f"/earlier/{alerts.token(Offer.objects.get())}/"
    client.get(path)
    assert Booking.objects.get(pk=booked[4].pk).version == 0
    answer = client.post(path)
    assert (answer.status_code, answer["Location"]) == (303, links.manage_path(booked[4]))
    assert Booking.objects.get(pk=booked[4].pk).starts_at == booked[0].starts_at


# --- pages, ways in and out --------------------------------------------------------------------------------


def test_a_visitor_asks_proves_the_address_and_books(full, client):
    booked = fill(full)
    times = client.get(full.get_absolute_url()).content.decode()
    path = f"{full.get_absolute_url()}earlier/"
    assert f'href="{path}"' in times
    typed = {"name": "Nora", "email": "Nora@example.org", "weekdays": ["0", "1"], "daypart": "any", "privacy": "on"}
    assert "nora@example.org" in client.post(path, typed).content.decode().lower()
    alert = Alert.objects.get()
    assert (alert.state, alert.weekdays, alert.email) == ("unproven", 3, "nora@example.org")
    watch_openings()
    watch_openings()
    assert mails_to("nora") == ["Please confirm: tell me of free times"]
    page = f"/alerts/{alerts.token(alert)}/"
    assert page in outbox_of.outbox[-1].body
    client.get(page)
    alert.refresh_from_db()
    assert alert.state == "unproven", "a mail scanner proves nothing"
    client.post(page)
    bookings.cancel(booked[0], actor="client")
    watch_openings()
    answer = client.post(f"/earlier/{alerts.token(Offer.objects.get())}/")
    assert answer.status_code == 303
    details = client.get(answer["Location"])
    assert 'value="nora@example.org"' in details.content.decode()
    assert "nora" not in answer["Location"]


@pytest.mark.parametrize(
    "wrong", [{"email": "no"}, {"weekdays": []}, {"privacy": ""}, {"daypart": "night"}, {"name": ""}]
)
def test_what_is_wrong_is_said_and_nothing_is_written(full, client, wrong):
    typed = {"name": "Nora", "email": "nora@example.org", "weekdays": ["0"], "daypart": "any", "privacy": "on"} | wrong
    answer = client.post(f"{full.get_absolute_url()}earlier/", typed)
    assert answer.status_code == 422
    assert not Alert.objects.exists()


def test_one_mailbox_is_not_flooded_from_many_addresses(full, client, settings):
    settings.VISITOR_LIMITS = 1
    typed = {"name": "Nora", "weekdays": ["0"], "daypart": "any", "privacy": "on"}
    for number in range(8):
        answer = client.post(
            f"{full.get_absolute_url()}earlier/",
            typed | {"email": f"nora+{number}@example.org"},
            REMOTE_ADDR=f"203.0.113.{number}",
        )
        assert answer.status_code == 200, "nobody learns by it which addresses are known"
    assert Alert.objects.count() == 4


def test_asking_again_does_not_mail_again_and_changes_nothing_of_others(full):
    alert = waiting(full, weekdays=1)
    alerts.ask(full, name="X", email=alert.email, language="en", time_zone="Europe/Berlin", **ALWAYS)
    alert.refresh_from_db()
    assert (alert.weekdays, alert.name, Alert.objects.count()) == (1, "Nora", 1)


def test_from_the_page_of_an_appointment_and_back(full, client):
    booked = fill(full)
    page = links.manage_path(booked[3])
    assert f'href="{page}earlier/"' in client.get(page).content.decode()
    assert client.post(f"{page}earlier/", {"weekdays": ["0"], "daypart": "morning"}).status_code == 303
    assert (Alert.objects.get().state, Alert.objects.get().daypart) == ("active", "morning")
    assert "client3@example.org" in client.get(f"{page}earlier/").content.decode()
    client.post(f"{page}earlier/", {"stop": "1"})
    assert Alert.objects.get().state == "ended"


def test_mails_can_be_stopped_by_one_click_of_the_mail_program(full, client):
    booked = fill(full)
    alert = waiting(full)
    bookings.cancel(booked[0], actor="client")
    watch_openings()
    mail = outbox_of.outbox[-1]
    path = mail.extra_headers["List-Unsubscribe"].strip("<>").split(full.host.brand.host)[1].split("/", 1)[1]
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    client.get(f"/{path}")
    alert.refresh_from_db()
    assert alert.state == "active", "GET stops nothing"
    from django.test import Client

    strict = Client(HTTP_HOST=full.host.brand.host, enforce_csrf_checks=True)
    assert strict.post(f"/{path}", {"List-Unsubscribe": "One-Click"}).status_code == 302
    alert.refresh_from_db()
    assert alert.state == "ended"
    assert "no longer free" in client.get(f"/earlier/{alerts.token(Offer.objects.get())}/").content.decode()


def test_it_ends_quietly(full, clock):
    booked = fill(full)
    mine, visitors = alerts.ask_for_earlier(booked[4], **ALWAYS), waiting(full)
    alerts.ask(full, name="X", email="x@example.org", language="en", time_zone="Europe/Berlin", **ALWAYS)
    bookings.cancel(booked[4], actor="client")
    watch_openings()
    mine.refresh_from_db()
    assert mine.state == "ended"
    outbox_of.outbox.clear()
    clock.move_to(NOW + timedelta(days=61))
    watch_openings()
    visitors.refresh_from_db()
    assert visitors.state == "ended"
    assert not Alert.objects.filter(email="x@example.org").exists(), "never proven"
    clock.move_to(NOW + timedelta(days=95))
    watch_openings()
    assert not Alert.objects.exists(), "what has ended is forgotten"
    assert not [mail for mail in outbox_of.outbox if "opened" in mail.subject]


@pytest.mark.parametrize("token", ["", "1", "1:forged", "x" * 200])
def test_links_that_are_not_ours(full, client, token):
    for path in (f"/alerts/{token}/", f"/alerts/{token}/stop/", f"/earlier/{token}/"):
        assert client.get(path).status_code == 404
