"""The guard of booking pages: limits, the hidden field, the age of the form, rules, the click in a mail, the desk."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.cache import cache
from django.test import RequestFactory
from django.utils import timezone

from directory import velocity, visitors
from directory.velocity import Limit
from scheduling import availability, bookings, guard, links, proof, tasks
from scheduling.models import BlockedAttempt, Booking, BookingEvent, Message, SpamRule
from scheduling.models.bookings import Status
from tests.conftest import client_of
from tests.scheduling.test_visitor import TYPED, hold_url, take, text

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2027, 3, 1, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock(settings):
    """The guard is on, and the clock stands still until a test moves it."""
    settings.VISITOR_LIMITS = 1
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def starts(clock, meeting_type):
    return availability.open_starts(meeting_type, NOW + dt.timedelta(days=3), NOW + dt.timedelta(days=20))


def mark_of(client, path: str) -> str:
    page = client.get(f"{path}details/")
    return re.search(r'name="mark" value="([^"]+)"', text(page)).group(1)


def fill(client, path: str, clock, *, after: float = 20, **typed):
    """Look at the form, take `after` seconds, send it."""
    mark = mark_of(client, path)
    clock.shift(dt.timedelta(seconds=after))
    return client.post(f"{path}details/", TYPED | {"mark": mark} | typed)


def who(brand, address="203.0.113.7") -> guard.Visitor:
    return guard.Visitor(brand, address)


# --- addresses and counting --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "expected"),
    [
        (0, "203.0.113.7", "198.51.100.1", "203.0.113.7"),
        (1, "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        (1, "10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        (2, "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (2, "10.0.0.1", "198.51.100.1", "10.0.0.1"),
        (1, "10.0.0.1", "nonsense", ""),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        (0, "::ffff:203.0.113.7", "", "203.0.113.7"),
        (0, "", "", ""),
    ],
)
def test_the_address_that_counts(settings, proxies, remote, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert visitors.address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers)) == expected


def test_what_is_kept_of_an_address_names_nobody():
    assert visitors.coarse("203.0.113.7") == "203.0.113.0/24"
    assert visitors.coarse("2001:db8:1:2::/64") == "2001:db8:1::/48"
    assert visitors.masked("bob@example.org") == "b•••@example.org"
    assert (
        visitors.fingerprint("203.0.113.7")
        == visitors.fingerprint("203.0.113.7")
        != visitors.fingerprint("203.0.113.8")
    )
    assert visitors.plain_email(" Bob+spam@Example.org") == "bob@example.org"


def test_counting_waits_and_forgives(settings):
    settings.VISITOR_LIMITS = 1
    limit, begin = Limit(3, 60), 1_200_000_000.0
    assert [velocity.spend("t", "x", limit, now=begin + second) for second in (0, 1, 2)] == [0, 0, 0]
    wait = velocity.spend("t", "x", limit, now=begin + 3)
    assert 0 < wait <= 60
    assert velocity.spend("t", "x", limit, now=begin + 3) == wait, "a refused try costs nothing more"
    assert velocity.spend("t", "x", limit, now=begin + 3 + wait) == 0, "who waited as long as was said may go on"
    assert velocity.spend("t", "y", limit, now=begin + 3) == 0
    assert velocity.used("t", "x", 60, now=begin + 300) == 0
    settings.VISITOR_LIMITS = 2
    assert velocity.spend("t", "x", limit, now=begin + 4) == 0
    settings.VISITOR_LIMITS = 0
    assert [velocity.spend("t", "z", limit, now=begin) for _ in range(9)] == [0] * 9


# --- the form ----------------------------------------------------------------------------------------------


def test_an_honest_visitor_notices_nothing(client, clock, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    response = fill(client, path, clock)
    assert (response.status_code, response["Location"]) == (303, path)
    assert Booking.objects.get().status == Status.CONFIRMED
    assert not BlockedAttempt.objects.exists()


def test_who_fills_in_the_hidden_field_is_refused_without_a_reason(client, clock, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    response = fill(client, path, clock, homepage="https://spam.example")
    page = text(response)
    assert response.status_code == 403
    attempt = BlockedAttempt.objects.get()
    assert (attempt.reason, attempt.outcome, attempt.email) == ("decoy", "refused", "b•••@example.org")
    assert f"S-{attempt.pk}" in page
    assert meeting_type.host.brand.support_email in page
    assert "Filled in" not in page
    assert Booking.objects.get().status == Status.HELD
    assert not Message.objects.exists()


@pytest.mark.parametrize("mark", ["", "nonsense", "a:b:c", "ä" * 3000])
def test_a_form_without_our_mark_is_shown_again_with_what_was_typed(client, clock, meeting_type, starts, mark):
    path = take(client, meeting_type, starts[0])
    response = client.post(f"{path}details/", TYPED | {"mark": mark})
    assert response.status_code == 422
    assert 'value="Bob Berg"' in text(response)
    assert "Please send it once more" in text(response)
    again = re.search(r'name="mark" value="([^"]+)"', text(response)).group(1)
    clock.shift(dt.timedelta(seconds=5))
    assert client.post(f"{path}details/", TYPED | {"mark": again}).status_code == 303
    assert Booking.objects.get().status == Status.CONFIRMED


def test_a_mark_fits_one_hold_and_one_day(client, clock, meeting_type, starts):
    first = take(client, meeting_type, starts[0])
    mark = mark_of(client, first)
    other = client_of(meeting_type.host.brand)
    second = take(other, meeting_type, starts[1])
    clock.shift(dt.timedelta(seconds=20))
    assert other.post(f"{second}details/", TYPED | {"mark": mark}).status_code == 422
    own = mark_of(other, second)
    clock.shift(dt.timedelta(hours=25))
    assert other.post(f"{second}details/", TYPED | {"mark": own}).status_code == 422


# --- risk: a click in a mail -------------------------------------------------------------------------------


def deliver(mailoutbox):
    tasks.send_due_messages()
    return mailoutbox[-1]


def proof_path(mail) -> str:
    return re.search(r"/confirm/[\w-]+/", mail.body).group(0)


def test_faster_than_a_person_types_means_a_click_in_a_mail(client, clock, meeting_type, starts, mailoutbox):
    path = take(client, meeting_type, starts[0])
    response = fill(client, path, clock, after=1)
    assert response["Location"] == f"{path}details/"
    booking = Booking.objects.get()
    assert booking.status == Status.HELD
    assert booking.hold_expires_at == timezone.now() + proof.KEPT
    waiting = text(client.get(f"{path}details/"))
    assert "bob@example.org" in waiting
    assert BlockedAttempt.objects.get().reason == "fast"

    again = client.post(f"{path}details/", TYPED | {"mark": guard.stamp(booking)})
    assert "Please confirm by e-mail" in text(again), "the form cannot be sent past the mail"
    assert Booking.objects.get().status == Status.HELD

    mail = deliver(mailoutbox)
    assert mail.to == ["bob@example.org"]
    assert "Please confirm" in mail.subject
    assert "A lease" not in mail.body, "nobody's words are sent to an address that is not proven"
    assert "BEGIN:VCALENDAR" not in mail.message().as_string()
    token = path.split("/")[2]
    assert token not in mail.body, "and the link of the browser is not that of the mail"
    link = proof_path(mail)
    scanner = client_of(meeting_type.host.brand)
    assert scanner.get(link).status_code == 200
    assert Booking.objects.get().status == Status.HELD, "looking confirms nothing"

    clock.shift(dt.timedelta(minutes=10))
    done = scanner.post(link)
    assert (done.status_code, done["Location"]) == (303, path)
    booking.refresh_from_db()
    assert (booking.status, booking.client_name) == (Status.CONFIRMED, "Bob Berg")
    assert booking.consented_at == booking.mail_asked_at
    assert scanner.post(link)["Location"] == path, "a second click opens the booking"
    assert BookingEvent.objects.filter(kind="confirmed").count() == 1
    assert set(Message.objects.filter(kind="confirmed").values_list("audience", flat=True)) == {"client", "host"}


def test_the_click_may_come_late_while_the_time_is_free(client, clock, meeting_type, starts, mailoutbox):
    booking = proof.ask(bookings.hold(meeting_type, starts[0]), name="Bob", email="bob@example.org")
    link = proof_path(deliver(mailoutbox))
    clock.shift(dt.timedelta(hours=1))
    bookings.expire_holds()
    assert client.post(link).status_code == 303
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED


def test_the_click_comes_too_late_for_a_time_that_went(client, clock, meeting_type, starts, mailoutbox):
    proof.ask(bookings.hold(meeting_type, starts[0]), name="Bob", email="bob@example.org")
    link = proof_path(deliver(mailoutbox))
    clock.shift(dt.timedelta(hours=1))
    bookings.enter(meeting_type, starts[0], name="Eve", notify=False)
    response = client.post(link)
    assert response.status_code == 409
    assert Booking.objects.filter(status=Status.CONFIRMED).count() == 1


def test_the_time_is_kept_for_the_click_but_not_longer(clock, meeting_type, starts):
    proof.ask(bookings.hold(meeting_type, starts[0]), name="Bob", email="bob@example.org")
    clock.shift(proof.KEPT - dt.timedelta(seconds=1))
    with pytest.raises(bookings.SlotTaken):
        bookings.hold(meeting_type, starts[0])
    clock.shift(dt.timedelta(seconds=2))
    assert bookings.hold(meeting_type, starts[0]).status == Status.HELD


def test_a_mail_to_somebody_who_released_the_time_is_not_sent(clock, meeting_type, starts, mailoutbox):
    booking = proof.ask(bookings.hold(meeting_type, starts[0]), name="Bob", email="bob@example.org")
    bookings.release(booking)
    tasks.send_due_messages()
    assert not mailoutbox
    assert Message.objects.get().status == Message.Status.SUPERSEDED


def test_what_was_typed_is_forgotten_after_a_day(clock, meeting_type, starts, mailoutbox):
    booking = proof.ask(bookings.hold(meeting_type, starts[0]), name="Bob", email="bob@example.org", note="x")
    deliver(mailoutbox)
    clock.shift(dt.timedelta(hours=1))
    bookings.expire_holds()
    clock.shift(dt.timedelta(hours=23))
    assert tasks.forget_strangers() == 0
    clock.shift(dt.timedelta(hours=2))
    assert tasks.forget_strangers() == 1
    booking.refresh_from_db()
    assert (booking.client_name, booking.client_email, booking.client_note) == ("", "", "")
    assert Message.objects.get().recipient == ""


def test_choosing_another_time_keeps_what_was_typed(client, clock, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    fill(client, path, clock, after=1)
    assert client.post(f"{path}release/").status_code == 303
    path = take(client, meeting_type, starts[1])
    assert 'value="bob@example.org"' in text(client.get(f"{path}details/"))


def test_a_proof_of_one_address_is_none_of_another(brand, clock, meeting_type, starts):
    booking = proof.ask(bookings.hold(meeting_type, starts[0]), name="Bob", email="bob@example.org")
    token = links.proof_url(booking).rstrip("/").rpartition("/")[2]
    assert links.find_by_proof(brand, token) == booking
    Booking.objects.update(client_email="eve@example.org")
    assert links.find_by_proof(brand, token) is None
    for wrong in ("", "x", token[:-1], token + "A", "ä", links.join_token(booking, "client")):
        assert links.find_by_proof(brand, wrong) is None


@pytest.mark.parametrize("email", ["bob@mailinator.com", "bob@x.mailinator.com"])
def test_a_throw_away_address_must_be_proven(brand, clock, meeting_type, starts, email):
    booking = bookings.hold(meeting_type, starts[0])
    assert guard.may_confirm(who(brand), booking, email=email) == guard.MAIL
    assert BlockedAttempt.objects.get().reason == "disposable"


def test_many_bookings_in_an_hour_must_be_proven_then_wait(brand, clock, meeting_type, starts):
    booking = bookings.hold(meeting_type, starts[0])
    answers = []
    for number in range(11):
        try:
            answers.append(guard.may_confirm(who(brand), booking, email=f"b{number}@example.org"))
        except guard.Limited as limit:
            answers.append(limit.seconds)
    assert answers[:4] == [guard.FINE] * 4
    assert set(answers[4:10]) == {guard.MAIL}
    assert answers[10] > 60
    assert guard.may_confirm(who(brand, "198.51.100.1"), booking, email="c@example.org") == guard.FINE
    clock.shift(dt.timedelta(hours=2))
    assert guard.may_confirm(who(brand), booking, email="d@example.org") == guard.FINE


def test_one_address_of_mail_does_not_get_many_mails(brand, clock, meeting_type, starts):
    booking = bookings.hold(meeting_type, starts[0])
    for number in range(6):
        guard.may_confirm(who(brand, f"198.51.100.{number}"), booking, email=f"victim+{number}@example.org")
    with pytest.raises(guard.Limited):
        guard.may_confirm(who(brand, "198.51.100.99"), booking, email="victim@example.org")


def test_a_rush_on_one_professional_must_be_proven(brand, clock, meeting_type, starts):
    booking = bookings.hold(meeting_type, starts[0])
    answers = [
        guard.may_confirm(who(brand, f"198.51.100.{number}"), booking, email=f"b{number}@example.org")
        for number in range(21)
    ]
    assert answers == [guard.FINE] * 20 + [guard.MAIL]


# --- limits ------------------------------------------------------------------------------------------------


def test_one_address_holds_a_few_times_at_once(brand, clock, meeting_type, starts):
    visitors_of_one_address = [client_of(brand) for _ in range(guard.HELD_AT_ONCE + 1)]
    for one, start in zip(visitors_of_one_address[:-1], starts, strict=False):
        take(one, meeting_type, start)
    last = visitors_of_one_address[-1]
    response = last.post(hold_url(meeting_type), {"start": starts[-1].isoformat()})
    assert response.status_code == 429
    assert "10 minutes" in text(response)
    assert response["Retry-After"] == "600"
    elsewhere = last.post(hold_url(meeting_type), {"start": starts[-1].isoformat()}, REMOTE_ADDR="198.51.100.1")
    assert elsewhere.status_code == 303
    clock.shift(dt.timedelta(minutes=11))
    assert client_of(brand).post(hold_url(meeting_type), {"start": starts[-2].isoformat()}).status_code == 303


def test_a_flood_of_holds_waits(client, clock, meeting_type, starts):
    statuses = [
        client.post(hold_url(meeting_type), {"start": starts[number % 5].isoformat()}).status_code
        for number in range(25)
    ]
    assert statuses == [303] * 20 + [429] * 5
    assert BlockedAttempt.objects.count() == 1, "a flood is one line of the log"
    row = BlockedAttempt.objects.get()
    assert (row.network, row.email) == ("127.0.0.0/24", "")


def test_a_limit_at_the_form_keeps_what_was_typed(client, clock, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    booking = Booking.objects.get()
    for number in range(10):
        guard.may_confirm(who(booking.host.brand, "127.0.0.1"), booking, email=f"b{number}@example.org")
    response = fill(client, path, clock)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert 'value="Bob Berg"' in text(response)
    assert "please wait" in text(response)


def test_wrong_secret_links_are_not_tried_for_long(client, clock, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    answers = [client.get(f"/b/{number:022}/").status_code for number in range(32)]
    assert answers == [404] * 30 + [429] * 2
    assert client.get("/confirm/nonsense/").status_code == 429
    assert client.get(f"{path}details/").status_code == 429
    clock.shift(dt.timedelta(minutes=20))
    assert client.get(f"{path}details/").status_code == 410


def test_moving_again_and_again_waits(client, clock, meeting_type, starts):
    booking = bookings.confirm(bookings.hold(meeting_type, starts[0]), name="Bob", email="bob@example.org")
    path = links.manage_path(booking)
    answers = [client.post(f"{path}move/", {"start": start.isoformat()}).status_code for start in starts[1:9]]
    assert answers == [303] * 6 + [429] * 2


# --- the desk ----------------------------------------------------------------------------------------------


def rule(brand, kind: str, value: str, effect: str, **fields) -> SpamRule:
    row = SpamRule(brand=brand, kind=kind, value=value, effect=effect, **fields)
    row.full_clean()
    row.save()
    return row


@pytest.mark.parametrize(
    ("kind", "value", "email", "address", "fits"),
    [
        ("domain", "@Spam.example", "a@spam.example", "203.0.113.7", True),
        ("domain", "*.spam.example", "a@mx.spam.example", "203.0.113.7", True),
        ("domain", "spam.example", "a@nospam.example", "203.0.113.7", False),
        ("email", "Bad@Example.org", "bad+x@example.org", "203.0.113.7", True),
        ("network", "203.0.113.0/24", "a@example.org", "203.0.113.7", True),
        ("network", "203.0.113.0/24", "a@example.org", "198.51.100.7", False),
        ("network", "2001:db8:1::/48", "a@example.org", "2001:db8:1:2::/64", True),
        ("network", "2001:db8:1::/48", "a@example.org", "203.0.113.7", False),
        ("network", "203.0.113.0/24", "a@example.org", "", False),
    ],
)
def test_rules_fit_senders(brand, clock, meeting_type, starts, kind, value, email, address, fits):
    rule(brand, kind, value, "refuse")
    booking = bookings.hold(meeting_type, starts[0])
    if not fits:
        assert guard.may_confirm(who(brand, address), booking, email=email) == guard.FINE
        return
    with pytest.raises(guard.Refused):
        guard.may_confirm(who(brand, address), booking, email=email)


def test_rules_of_one_brand_and_of_all(brand, other_brand, clock, meeting_type, starts):
    booking = bookings.hold(meeting_type, starts[0])
    row = rule(other_brand, "domain", "example.org", "refuse")
    assert guard.may_confirm(who(brand), booking, email="a@example.org") == guard.FINE
    SpamRule.objects.filter(pk=row.pk).update(brand=None)
    with pytest.raises(guard.Refused):
        guard.may_confirm(who(brand), booking, email="a@example.org")
    rule(brand, "email", "a@example.org", "allow")
    assert guard.may_confirm(who(brand), booking, email="a@example.org", decoy="x") == guard.FINE, "allowing wins"
    clock.shift(dt.timedelta(days=1))
    SpamRule.objects.filter(effect="allow").update(until=timezone.now())
    with pytest.raises(guard.Refused):
        guard.may_confirm(who(brand), booking, email="a@example.org")


def test_a_rule_can_ask_for_the_mail(brand, clock, meeting_type, starts):
    rule(brand, "domain", "example.org", "mail")
    booking = bookings.hold(meeting_type, starts[0])
    assert guard.may_confirm(who(brand), booking, email="a@example.org") == guard.MAIL


def test_a_refused_network_cannot_hold(client, brand, clock, meeting_type, starts):
    rule(None, "network", "127.0.0.0/8", "refuse")
    response = client.post(hold_url(meeting_type), {"start": starts[0].isoformat()})
    assert response.status_code == 403
    assert not Booking.objects.exists()


def test_undo_lets_the_visitor_book_and_counts_anew(clock, client, admin_client, brand, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    assert fill(client, path, clock, homepage="filled in by the browser").status_code == 403
    attempt = BlockedAttempt.objects.get()
    url = f"/admin/scheduling/blockedattempt/{attempt.pk}/no-spam/"
    page = admin_client.get(url)
    assert "This was no spam" in text(page)
    assert not SpamRule.objects.exists(), "looking changes nothing"
    assert admin_client.post(url, {"confirmed": "on"}).status_code == 302
    attempt.refresh_from_db()
    assert attempt.undone_by is not None
    assert fill(client, path, clock, homepage="filled in by the browser").status_code == 303
    assert Booking.objects.get().status == Status.CONFIRMED


def test_undo_confirms_what_waits_for_a_mail(clock, client, admin_client, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    fill(client, path, clock, after=1)
    attempt = BlockedAttempt.objects.get()
    admin_client.post(f"/admin/scheduling/blockedattempt/{attempt.pk}/no-spam/", {"confirmed": "on"})
    assert Booking.objects.get().status == Status.CONFIRMED


def test_the_desk_in_administration(clock, admin_client, brand):
    BlockedAttempt.objects.create(brand=brand, action="hold", reason="address", outcome="limited")
    assert "Too often from one address" in text(admin_client.get("/admin/scheduling/blockedattempt/"))
    add = {"kind": "network", "value": "203.0.113.7/24", "effect": "refuse", "brand": "", "note": ""}
    add |= {"until_0": "", "until_1": ""}
    assert admin_client.post("/admin/scheduling/spamrule/add/", add).status_code == 302
    assert SpamRule.objects.get().value == "203.0.113.0/24"
    for kind, value in [("network", "203.0.113.0/24"), ("network", "x"), ("domain", "x"), ("email", "x")]:
        response = admin_client.post("/admin/scheduling/spamrule/add/", add | {"kind": kind, "value": value})
        assert response.status_code == 200, (kind, value)
    assert SpamRule.objects.count() == 1


def test_the_log_is_forgotten_after_a_month(brand, clock):
    BlockedAttempt.objects.create(brand=brand, action="hold", reason="address", outcome="limited")
    clock.shift(dt.timedelta(days=29))
    assert guard.forget_attempts() == 0
    clock.shift(dt.timedelta(days=2))
    assert guard.forget_attempts() == 1


def test_no_personal_data_in_rows_and_keys(client, clock, brand, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    fill(client, path, clock, homepage="x")
    row = BlockedAttempt.objects.values().get()
    assert not [value for value in row.values() if "127.0.0.1" in str(value) or "bob@" in str(value)]
    key = visitors.fingerprint("127.0.0.1")
    assert cache.get(f"holds:{key}")
