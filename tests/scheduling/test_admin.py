"""Django admin of scheduling: every page opens, bookings change by the verbs only, refusals are polite."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from directory.models import Brand, Professional, User
from scheduling import alerts, bookings, consents, messages
from scheduling.models import (
    ApiClient,
    AttendanceRule,
    AvailabilityOverride,
    BlockedAttempt,
    Booking,
    BookingSource,
    BusyTime,
    ClientMark,
    EmbedSite,
    MailText,
    MeetingRoom,
    MeetingType,
    Message,
    SpamRule,
)
from scheduling.models.alerts import Offer, Opening
from scheduling.models.bookings import Status
from scheduling.models.notifications import Digest
from tests import factories
from tests.conftest import client_of

BERLIN = ZoneInfo("Europe/Berlin")


def page(name: str, *args: object) -> str:
    return reverse(f"admin:scheduling_{name}", args=args)


def workday(hour: int, *, weeks: int = 1, minute: int = 0) -> datetime:
    """A Tuesday in Berlin some weeks ahead."""
    today = timezone.localdate(timezone=BERLIN)
    day = today + timedelta(days=(1 - today.weekday()) % 7 + 7 * weeks)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)


def enter(meeting_type: MeetingType, start: datetime, **fields: object) -> Booking:
    values = {"name": "Bob Berg", "email": "bob@example.org"} | fields
    return bookings.enter(meeting_type, start, outside_rules=True, **values)  # type: ignore[arg-type]


@pytest.fixture
def booking(meeting_type: MeetingType) -> Booking:
    return enter(meeting_type, workday(10))


@pytest.fixture
def past(meeting_type: MeetingType) -> Booking:
    return enter(meeting_type, timezone.now().replace(microsecond=0) - timedelta(days=2))


@pytest.fixture
def clerk(brand: Brand) -> User:
    """Staff that may look at bookings and nothing else."""
    user = factories.make_user(is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_booking", "view_message"]))
    return user


@pytest.fixture
def rows(booking: Booking, past: Booking, alice: Professional) -> None:
    AvailabilityOverride.objects.create(host=alice, first_date="2030-01-01", last_date="2030-01-09", windows=[])
    AvailabilityOverride.objects.create(
        host=alice, first_date="2030-01-03", last_date="2030-01-03", windows=[[540, 600], [660, 720]]
    )
    BusyTime.objects.create(
        host=alice, starts_at=workday(8), ends_at=workday(9), source="calendar", remote_id="event 1"
    )
    SpamRule.objects.create(kind="domain", value="spam.example", effect="refuse")
    BlockedAttempt.objects.create(brand=alice.brand, action="hold", reason="address", outcome="limited")
    consents.give(booking, {"privacy": "I have read it"})
    ClientMark.objects.create(host=alice, client=factories.make_person(alice.brand), way="request")
    AttendanceRule.objects.create(host=alice, no_shows=2, months=12)
    MailText.objects.create(brand=alice.brand, kind="confirmed", language="en", opening="See you {when}.")
    MeetingRoom.objects.create(brand=alice.brand, name="Blue room")
    EmbedSite.objects.create(host=alice, origin="https://alice.example")
    BookingSource.objects.create(booking=booking, origin="https://alice.example", campaign={"utm_source": "letter"})
    ApiClient.objects.create(
        brand=alice.brand,
        name="Practice software",
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
    )
    alert = alerts.ask_for_earlier(booking, weekdays=127, daypart="any")
    type(alert).objects.update(booking=None)  # asked for without an appointment: those are proved by mail
    opening = Opening.objects.create(meeting_type=booking.meeting_type, starts_at=workday(9))
    Offer.objects.create(alert=alert, opening=opening)
    Digest.objects.create(host=alice, day="2030-01-07")
    held = bookings.hold(booking.meeting_type, workday(14))
    assert held.status == Status.HELD
    bookings.cancel(enter(booking.meeting_type, workday(15)), actor="client")


# --- every page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [m for m in admin.site._registry if m._meta.app_label == "scheduling"])
def test_every_page_opens(model, rows, admin_client: Client) -> None:
    name = model._meta.model_name
    listed = admin_client.get(page(f"{name}_changelist"))
    assert listed.status_code == 200
    assert admin_client.get(page(f"{name}_changelist"), {"q": "bob"}).status_code == 200
    if listed.context["has_add_permission"]:
        assert admin_client.get(page(f"{name}_add")).status_code == 200
    objects = list(model.objects.all())
    assert objects
    for row in objects:
        assert admin_client.get(page(f"{name}_change", row.pk)).status_code == 200
        assert admin_client.get(page(f"{name}_history", row.pk)).status_code == 200


@pytest.mark.parametrize("verb", ["cancel_one", "move_one", "resend_one", "completed_one", "no_show_one"])
def test_every_question_opens_and_changes_nothing(verb: str, booking: Booking, admin_client: Client) -> None:
    before = Booking.objects.values().get(pk=booking.pk)
    assert admin_client.get(page(f"booking_{verb}", booking.pk)).status_code == 200
    assert Booking.objects.values().get(pk=booking.pk) == before
    assert admin_client.get(page(f"booking_{verb}", "nonsense")).status_code == 404


def test_bookings_and_messages_cannot_be_edited_or_deleted(booking: Booking, admin_client: Client) -> None:
    before = Booking.objects.values().get(pk=booking.pk)
    assert admin_client.post(page("booking_change", booking.pk), {"client_name": "Eve"}).status_code == 403
    assert admin_client.post(page("booking_delete", booking.pk), {"post": "yes"}).status_code == 403
    message = booking.messages.first()
    assert admin_client.post(page("message_change", message.pk), {"recipient": "eve@example.org"}).status_code == 403
    assert Booking.objects.values().get(pk=booking.pk) == before


# --- who may ----------------------------------------------------------------------------------------------------


def test_looking_is_not_acting(booking: Booking, clerk: User, brand: Brand) -> None:
    client = client_of(brand, clerk)
    seen = client.get(page("booking_change", booking.pk))
    assert seen.status_code == 200
    assert "/cancel/" not in seen.content.decode()
    cancel = {"confirmed": "on", "reason": "No"}
    assert client.post(page("booking_cancel_one", booking.pk), cancel).status_code == 403
    client.post(page("booking_changelist"), {"action": "cancel_chosen", "_selected_action": [booking.pk], **cancel})
    assert client.get(page("booking_add")).status_code == 403
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED
    clerk.user_permissions.add(Permission.objects.get(codename="change_booking"))
    assert client.post(page("booking_cancel_one", booking.pk), cancel).status_code == 302
    booking.refresh_from_db()
    assert booking.status == Status.CANCELLED


def test_members_stay_out(booking: Booking, alice_client: Client) -> None:
    response = alice_client.post(page("booking_cancel_one", booking.pk), {"confirmed": "on", "reason": "No"})
    assert "/admin/login/" in response["Location"]
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED


# --- cancelling -------------------------------------------------------------------------------------------------


def test_cancelling_says_who_gets_mail_and_needs_a_reason(
    booking: Booking, admin_client: Client, admin_user: User
) -> None:
    url = page("booking_cancel_one", booking.pk)
    assert "2 people get an e-mail" in admin_client.get(url).content.decode()
    assert admin_client.post(url, {"confirmed": "on", "reason": " "}).status_code == 422
    assert admin_client.post(url, {"confirmed": "on", "reason": "The office is closed."}).status_code == 302
    booking.refresh_from_db()
    assert (booking.status, booking.cancelled_by) == (Status.CANCELLED, Booking.Actor.ADMIN)
    event = booking.events.get(kind="cancelled")
    assert (event.actor_user, event.reason) == (admin_user, "The office is closed.")
    assert booking.messages.filter(kind=Message.Kind.CANCELLED).count() == 2
    assert "/cancel/" not in admin_client.get(page("booking_change", booking.pk)).content.decode()


def test_cancelling_several_reports_what_could_not_be(booking: Booking, past: Booking, admin_client: Client) -> None:
    bookings.no_show(past)
    chosen = {"action": "cancel_chosen", "_selected_action": [booking.pk, past.pk]}
    url = page("booking_changelist")
    assert booking.reference in admin_client.post(url, chosen).content.decode()
    done = admin_client.post(url, {**chosen, "confirmed": "on", "reason": "Closed."}, follow=True)
    levels = sorted(message.level_tag for message in done.context["messages"])
    assert levels == ["error", "success"]
    booking.refresh_from_db()
    past.refresh_from_db()
    assert (booking.status, past.status) == (Status.CANCELLED, Status.NO_SHOW)


# --- moving -----------------------------------------------------------------------------------------------------


def moved(start: datetime, **fields: str) -> dict[str, str]:
    local = start.astimezone(BERLIN)
    return {"confirmed": "on", "day": f"{local:%Y-%m-%d}", "at": f"{local:%H:%M}", "notify": "on", **fields}


def test_moving_reads_the_time_on_the_hosts_clock(booking: Booking, admin_client: Client) -> None:
    url = page("booking_move_one", booking.pk)
    wanted = workday(11, weeks=2)
    asked = admin_client.get(url, {"start": wanted.astimezone(UTC).isoformat()})
    assert asked.context["form"].initial == {"day": wanted.date(), "at": wanted.time()}
    assert admin_client.get(url, {"start": "yesterday"}).status_code == 200
    assert admin_client.post(url, moved(wanted, reason="Ill")).status_code == 302
    booking.refresh_from_db()
    assert (booking.starts_at, booking.version) == (wanted, 1)
    assert booking.events.get(kind="moved").actor == Booking.Actor.ADMIN


def test_a_taken_time_refuses_and_keeps_what_was_typed(booking: Booking, admin_client: Client) -> None:
    enter(booking.meeting_type, workday(12), name="Somebody")
    for rules in ({}, {"outside_rules": "on"}):
        response = admin_client.post(
            page("booking_move_one", booking.pk), moved(workday(12), reason="A longer story", **rules)
        )
        assert response.status_code == 409
        assert "A longer story" in response.content.decode()
    booking.refresh_from_db()
    assert booking.version == 0


def test_outside_the_hours_only_when_asked_for(booking: Booking, admin_client: Client) -> None:
    url = page("booking_move_one", booking.pk)
    assert admin_client.post(url, moved(workday(20))).status_code == 409
    assert admin_client.post(url, moved(workday(20), outside_rules="on")).status_code == 302
    booking.refresh_from_db()
    assert booking.starts_at == workday(20)


@pytest.mark.parametrize(
    ("day", "at"),
    [("", "10:00"), ("2999-01-01", "10:00"), ("never", "10:00"), ("2030-03-31", "02:30"), ("0001-01-01", "00:00")],
)
def test_days_that_are_none_are_form_errors(
    day: str, at: str, booking: Booking, admin_client: Client, monkeypatch
) -> None:
    monkeypatch.setattr("scheduling.admin.booking_forms.FURTHEST", timedelta(days=3000))
    response = admin_client.post(page("booking_move_one", booking.pk), {"confirmed": "on", "day": day, "at": at})
    assert response.status_code == 422


# --- the other verbs --------------------------------------------------------------------------------------------


def test_completed_and_no_show_may_be_exchanged(past: Booking, admin_client: Client) -> None:
    for verb, status in (("completed_one", Status.COMPLETED), ("no_show_one", Status.NO_SHOW)):
        assert admin_client.post(page(f"booking_{verb}", past.pk), {"confirmed": "on"}).status_code == 302
        past.refresh_from_db()
        assert past.status == status
    assert past.events.last().actor == Booking.Actor.ADMIN


def test_a_meeting_ahead_has_not_been_missed(booking: Booking, admin_client: Client) -> None:
    assert admin_client.post(page("booking_no_show_one", booking.pk), {"confirmed": "on"}).status_code == 409
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED


def test_the_last_mail_goes_out_again(booking: Booking, admin_client: Client) -> None:
    booking.messages.update(status=Message.Status.SENT, due_at=None)
    bookings.reschedule(booking, workday(13), actor="host", outside_rules=True)
    Message.objects.update(status=Message.Status.SENT, due_at=None, attempts=3)
    assert admin_client.post(page("booking_resend_one", booking.pk), {"confirmed": "on"}).status_code == 302
    due = Message.objects.filter(status=Message.Status.DUE)
    assert {(row.kind, row.attempts) for row in due} == {(Message.Kind.MOVED, 0)}
    assert due.count() == 2


def test_without_a_mail_there_is_nothing_to_repeat(meeting_type: MeetingType, admin_client: Client) -> None:
    quiet = bookings.enter(meeting_type, workday(9), name="Quiet", outside_rules=True, notify=False)
    assert admin_client.post(page("booking_resend_one", quiet.pk), {"confirmed": "on"}).status_code == 409


def test_a_failed_message_is_sent_again(booking: Booking, admin_client: Client) -> None:
    message = booking.messages.first()
    Message.objects.filter(pk=message.pk).update(
        status=Message.Status.FAILED, due_at=None, attempts=5, last_error="Mailbox full"
    )
    url = page("message_changelist")
    chosen = {"action": "send_chosen_again", "_selected_action": [message.pk]}
    assert admin_client.post(url, chosen).status_code == 200
    assert admin_client.post(url, {**chosen, "confirmed": "on"}).status_code == 302
    message.refresh_from_db()
    assert (message.status, message.attempts, message.last_error) == (Message.Status.DUE, 0, "")


def test_what_is_being_sent_or_overtaken_is_not_queued_again(booking: Booking) -> None:
    message = booking.messages.first()
    Message.objects.filter(pk=message.pk).update(leased_until=timezone.now() + timedelta(minutes=5))
    with pytest.raises(messages.NotAllowed):
        messages.requeue(message)
    Message.objects.filter(pk=message.pk).update(leased_until=None, status=Message.Status.SUPERSEDED)
    with pytest.raises(messages.NotAllowed):
        messages.requeue(message)


# --- entering ---------------------------------------------------------------------------------------------------


def test_a_booking_is_entered_in_two_steps(
    alice: Professional, meeting_type: MeetingType, admin_client: Client
) -> None:
    assert admin_client.get(page("booking_add"), {"host": "nobody"}).status_code == 200
    url = f"{page('booking_add')}?host={alice.pk}"
    foreign = factories.make_meeting_type()
    asked = admin_client.get(url)
    assert list(asked.context["form"].fields["meeting_type"].queryset) == [meeting_type]
    data = moved(workday(10), meeting_type=str(meeting_type.pk), name="Bob Berg", email="bob@example.org")
    assert admin_client.post(url, {**data, "meeting_type": foreign.pk}).status_code == 422
    assert admin_client.post(url, {**data, "name": ""}).status_code == 422
    assert admin_client.post(url, data).status_code == 302
    made = Booking.objects.get()
    assert (made.starts_at, made.origin, made.status) == (workday(10), Booking.Origin.ADMIN, Status.CONFIRMED)
    again = admin_client.post(url, {**data, "name": "Second"})
    assert again.status_code == 409
    assert Booking.objects.count() == 1


# --- lists and filters ------------------------------------------------------------------------------------------


def shown(client: Client, **query: object) -> set[object]:
    return {row.pk for row in client.get(page("booking_changelist"), query).context["cl"].result_list}


def test_filters_and_search_of_bookings(
    rows, booking: Booking, past: Booking, other_brand: Brand, admin_client: Client
) -> None:
    assert Booking.objects.filter(status=Status.HELD).exists()
    everything = shown(admin_client)
    assert len(everything) == 3  # without the hold
    assert shown(admin_client, status="held") == set(
        Booking.objects.filter(status=Status.HELD).values_list("pk", flat=True)
    )
    assert shown(admin_client, status="open") == {booking.pk}
    assert shown(admin_client, q=booking.reference) == {booking.pk}
    assert shown(admin_client, q="Ahrens") == everything
    assert shown(admin_client, host__id__exact=booking.host_id) == everything
    assert shown(admin_client, host__brand__id__exact=other_brand.pk) == set()
    assert shown(admin_client, host__brand__id__exact=booking.host.brand_id) == everything
    day = timezone.localtime(past.starts_at, BERLIN).date()
    assert shown(admin_client, starts_at_from=day, starts_at_to=day) == {past.pk}
    assert shown(admin_client, starts_at_from="nonsense", starts_at_to="99.99.2020") == everything


def test_times_are_shown_on_the_hosts_clock(meeting_type: MeetingType, admin_client: Client) -> None:
    meeting_type.host.person.time_zone = "America/New_York"
    meeting_type.host.person.save()
    start = datetime(2031, 7, 1, 14, 0, tzinfo=UTC)
    enter(meeting_type, start)
    content = admin_client.get(page("booking_changelist")).content.decode()
    assert "10:00" in content
    assert "America/New_York" in content


@pytest.mark.parametrize(
    "model", ["booking", "message", "meetingtype", "availabilityrule", "availabilityoverride", "busytime"]
)
def test_lists_do_not_ask_more_with_more_rows(
    model: str, brand: Brand, admin_client: Client, django_assert_max_num_queries
) -> None:
    def fill(number: int) -> None:
        for _ in range(number):
            meeting_type = factories.make_meeting_type(factories.make_professional(brand))
            host = meeting_type.host
            enter(meeting_type, workday(10), email=f"{meeting_type.pk}@example.org")
            AvailabilityOverride.objects.create(host=host, first_date="2030-01-01", last_date="2030-01-09")
            BusyTime.objects.create(
                host=host, starts_at=workday(8), ends_at=workday(9), source="calendar", remote_id="event"
            )

    url = page(f"{model}_changelist")
    fill(2)
    admin_client.get(url)
    with django_assert_max_num_queries(30) as few:
        assert admin_client.get(url).status_code == 200
    fill(6)
    with django_assert_max_num_queries(len(few)):
        assert admin_client.get(url).status_code == 200


def test_mails_that_are_about_no_booking_are_in_a_log_and_can_be_sent_again(
    alice, meeting_type, admin_client, mailoutbox
):
    from scheduling import alert_mails, alerts
    from scheduling.models import Alert

    wish = {"weekdays": 127, "daypart": "any", "language": "en", "time_zone": "Europe/Berlin"}
    row = alerts.ask(meeting_type, name="Bob Berg", email="bob@example.org", **wish)
    assert alert_mails.send_due() == 1
    page = admin_client.get(reverse("admin:scheduling_alert_changelist"))
    assert "bob@example.org" in page.content.decode()
    url = reverse("admin:scheduling_alert_send_again", args=[row.pk])
    assert "arrives a second time" in admin_client.get(url).content.decode()
    assert admin_client.post(url, {"confirmed": "on"}).status_code == 302
    assert alert_mails.send_due() == 1
    assert len(mailoutbox) == 2
    Alert.objects.update(status="superseded", due_at=None)
    assert admin_client.post(url, {"confirmed": "on"}).status_code == 409
    for name in ("digest", "offer"):
        assert admin_client.get(reverse(f"admin:scheduling_{name}_changelist")).status_code == 200
