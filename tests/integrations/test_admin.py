"""Django admin of connections, mirrors, webhooks and of where members are booked."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from directory.models import Professional
from integrations import connections, sync
from integrations.admin.report import bars
from integrations.errors import Rejected
from integrations.models import CallCount, Connection, Enrolment, Mirror, WebhookEvent
from integrations.providers.meetergo.shapes import NOT_KEPT
from tests import factories
from tests.admin_pages import form_data

pytestmark = pytest.mark.django_db


def url(name: str, *args: object) -> str:
    return reverse(f"admin:integrations_{name}", args=args)


def ask(client, address: str, **data: object):
    """The question, then the answer yes; the pages in which it ended."""
    assert client.get(address).status_code == 200
    return client.post(address, {"confirmed": "on", **data}, follow=True)


@pytest.fixture
def onboarded(connection, alice, meeting_type):
    sync.work()
    return alice


# --- connections --------------------------------------------------------------------------------------------------


def test_a_connection_is_made_and_asked_for_its_credentials(admin_client, brand, world):
    data = {
        "brand": brand.pk, "provider": "fake", "name": "Ours", "base_url": "https://fake.example", "booking": "own",
        "when_down": "closed", "is_active": "on", "is_default": "on", "ask_before_embed": "on",
    }  # fmt: skip
    response = admin_client.post(url("connection_add"), data)
    made = Connection.objects.get()
    enter = url("connection_enter_credentials", made.pk)
    assert response.headers["Location"] == enter
    ask(admin_client, enter, api_key="ab-secret", expires_on="2030-01-31", webhook_secret="hush")
    made = Connection.objects.get()
    assert (made.credentials, made.webhook_secret) == ([{"api_key": "ab-secret"}], "hush")
    assert str(made.expires_on) == "2030-01-31"
    page = admin_client.get(url("connection_change", made.pk)).content.decode()
    assert "ab-secret" not in page
    assert made.webhook_url in page


def test_secrets_are_never_in_a_page_not_even_when_something_is_missing(admin_client, connection):
    page = admin_client.get(url("connection_enter_credentials", connection.pk)).content.decode()
    assert "first-key" not in page
    response = admin_client.post(
        url("connection_enter_credentials", connection.pk), {"confirmed": "on", "webhook_secret": "typed-secret"}
    )
    assert response.status_code == 422
    assert "typed-secret" not in response.content.decode()


def test_rotation_keeps_the_old_set_until_it_is_taken_out(admin_client, connection):
    ask(admin_client, url("connection_enter_credentials", connection.pk), api_key="second", rotate="on")
    assert Connection.objects.get().credentials == [{"api_key": "second"}, {"api_key": "first-key"}]
    assert "drop-old" in admin_client.get(url("connection_change", connection.pk)).content.decode()
    ask(admin_client, url("connection_drop_old", connection.pk))
    assert Connection.objects.get().credentials == [{"api_key": "second"}]
    assert "drop-old" not in admin_client.get(url("connection_change", connection.pk)).content.decode()


def test_options_are_fields_and_defaults_are_not_kept(admin_client, connection):
    address = url("connection_change", connection.pk)
    data = form_data(admin_client, address)
    assert data["option_dialect"] == "current"
    data |= {"option_dialect": "recipe", "option_limit": "3", "option_silent": "on", "option_company": ""}
    response = admin_client.post(address, data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert Connection.objects.get().options == {"dialect": "recipe", "limit": 3, "silent": True}
    assert (
        admin_client.post(address, {**form_data(admin_client, address), "option_dialect": "current"}).status_code == 302
    )
    assert Connection.objects.get().options == {"limit": 3, "silent": True}
    response = admin_client.post(address, {**data, "option_dialect": "latin"})
    assert response.status_code == 200
    assert Connection.objects.get().options == {"limit": 3, "silent": True}


def test_the_test_says_what_was_found_or_why_not(admin_client, connection, world):
    assert "It is fi" in ask(admin_client, url("connection_test", connection.pk)).content.decode()

    def refuse(call: str) -> None:
        raise Rejected("400: go away", status=400)

    world.fail = refuse
    response = admin_client.post(url("connection_test", connection.pk), {"confirmed": "on"})
    assert (response.status_code, "go away" in response.content.decode()) == (409, True)


def test_a_key_that_is_lost_is_said_and_can_be_mended(admin_client, connection, settings):
    settings.ENCRYPTION_KEYS = ["another"]
    page = admin_client.get(url("connection_change", connection.pk))
    assert "encryption key is gone" in page.content.decode()
    ask(admin_client, url("connection_enter_credentials", connection.pk), api_key="again")
    assert Connection.objects.get().credentials == [{"api_key": "again"}]


def test_compare_shows_what_would_be_done_and_calls_nobody(admin_client, connection, alice, world):
    Mirror.objects.all().delete()
    page = admin_client.get(url("connection_parity", connection.pk) + "?plan").content.decode()
    assert "2 to create" in page
    assert world.calls == []
    assert not Mirror.objects.exists()
    ask(admin_client, url("connection_sync_now", connection.pk))
    assert Mirror.objects.exclude(due_at=None).count() == 2


def test_the_parity_page_shows_errors_in_their_words_and_a_chart(admin_client, onboarded, connection, at_most_queries):
    Mirror.objects.filter(kind="user").update(last_error="409: “Elmo” is taken", drift={"slug": ["a", "b"]})
    CallCount.add(connection, 200)
    CallCount.add(connection, 429)
    WebhookEvent.objects.create(connection=connection, event_key="e", type="booking_created", body="{}")
    with at_most_queries(40):
        page = admin_client.get(url("connection_parity", connection.pk)).content.decode()
    for words in ("“Elmo” is taken", "slug", "booking_created", "<svg", "Meeting type"):
        assert words in page
    drawn = bars(connection, timezone.now())
    assert (drawn[-1].calls, drawn[-1].limited, drawn[-1].y_calls, drawn[-1].y_limited) == (2, 1, 120, 60)


def test_the_parity_page_explains_what_differs_in_the_readers_language(admin_client, onboarded, connection, alice):
    gap = ["2026-12-24 – 2026-12-31 closed", "weekly hours", NOT_KEPT]
    Mirror.objects.filter(kind="user").update(drift={"closure 1": gap, "closure 2": gap})
    WebhookEvent.objects.create(connection=connection, event_key="e", type="t", body="{}", note="Nobody of ours.")
    event = WebhookEvent.objects.create(
        connection=connection, event_key="f", type="t", body="{}", note="moved K7M2-9QXD"
    )
    address = url("connection_parity", connection.pk)
    english = admin_client.get(address).content.decode()
    assert "Account: Alice Ahrens" in english
    assert english.count("meetergo did not keep it.") == 1
    admin_client.cookies["django_language"] = "de"
    german = admin_client.get(address).content.decode()
    assert "meetergo hat es nicht übernommen." in german
    assert "Gehört niemandem hier." in german
    assert "verlegt K7M2-9QXD" in german
    assert "verlegt K7M2-9QXD" in admin_client.get(url("webhookevent_change", event.pk)).content.decode()


def test_a_connection_with_objects_there_cannot_be_deleted(admin_client, onboarded, connection):
    assert admin_client.post(url("connection_delete", connection.pk), {"post": "yes"}).status_code == 403


def test_onboarding_is_watched_stopped_and_resumed(admin_client, connection, brand, world):
    for _number in range(3):
        factories.make_professional(brand)
    address = url("connection_onboarding", connection.pk)
    page = admin_client.get(address).content.decode()
    assert "0 of 3 members" in page
    assert 'hx-trigger="every 3s"' in page
    admin_client.post(address, {"stop": ""})
    sync.work()
    assert world.of("user") == {}
    page = admin_client.get(address).content.decode()
    assert "Stopped" in page
    assert "every 3s" not in page
    admin_client.post(address, {"go": ""})
    sync.work()
    assert "3 of 3 members" in admin_client.get(address).content.decode()


def test_overview_and_sidebar_tell_of_what_is_wrong(admin_client, connection):
    assert "alarm-danger" not in admin_client.get("/admin/").content.decode()
    Connection.objects.update(expires_on=timezone.localdate())
    page = admin_client.get("/admin/").content.decode()
    assert "The credentials expire in 0 days." in page
    assert "Webhook log" in page


# --- mirrors, events ----------------------------------------------------------------------------------------------


def test_the_list_names_members_and_says_what_is_next(admin_client, onboarded, at_most_queries):
    Mirror.objects.filter(kind="user").update(last_error="400: no", due_at=None)
    with at_most_queries(30):
        page = admin_client.get(url("mirror_changelist")).content.decode()
    assert page.count("Alice Ahrens") >= 3
    assert "mend the cause" in page
    found = admin_client.get(url("mirror_changelist") + "?q=ahrens&state=parked").content.decode()
    assert found.count("Alice Ahrens") == 1
    pk = Mirror.objects.get(kind="user").pk
    assert "400: no" in admin_client.get(url("mirror_change", pk)).content.decode()


def test_what_may_be_done_with_one_object(admin_client, onboarded, world):
    row = Mirror.objects.get(kind="user")
    world.calls.clear()
    ask(admin_client, url("mirror_verify_one", row.pk))
    assert world.calls == ["read user"]
    world.of("user")[row.remote_id]["last_name"] = "Edited"
    ask(admin_client, url("mirror_verify_one", row.pk))
    row.refresh_from_db()
    assert (row.drift, row.state) == ({"last_name": ["Ahrens", "Edited"]}, "drifted")
    ask(admin_client, url("mirror_sync_one", row.pk))
    sync.work()
    assert world.of("user")[row.remote_id]["last_name"] == "Ahrens"
    ask(admin_client, url("mirror_create_again_one", row.pk))
    sync.work()
    assert world.of("user") == {}
    Mirror.objects.update(due_at=timezone.now())
    sync.work()
    [made] = world.of("user")
    assert made not in ("", row.remote_id)


def test_adopting_what_belongs_to_another_is_refused(admin_client, onboarded, charlie):
    sync.work()
    mine, other = (Mirror.objects.get(kind="user", local_uid=str(one.pk)) for one in (onboarded, charlie))
    address = url("mirror_adopt_one", mine.pk)
    response = admin_client.post(address, {"confirmed": "on", "remote_id": other.remote_id})
    assert response.status_code == 409
    assert "belongs to another" in response.content.decode()
    ask(admin_client, address, remote_id="user-99")
    mine.refresh_from_db()
    assert (mine.remote_id, mine.state) == ("user-99", "waiting")
    assert mine.person_uid == str(onboarded.person_id)


def test_adopting_beside_another_role_or_what_nobody_wants_is_refused(admin_client, onboarded, connection):
    """The constraint on person and role would refuse it later, in a worker."""
    sync.work()
    row = Mirror.objects.get(kind="user", local_uid=str(onboarded.pk))
    Mirror.objects.filter(pk=row.pk).update(person_uid="")
    other = Mirror.objects.create(
        connection=connection, kind="customer", local_uid="9", person_uid=str(onboarded.person_id)
    )
    answer = admin_client.post(url("mirror_adopt_one", row.pk), {"confirmed": "on", "remote_id": "user-98"})
    assert answer.status_code == 409
    assert "in another role" in answer.content.decode()
    other.delete()
    Enrolment.objects.create(professional=onboarded, connection=None)
    answer = admin_client.post(url("mirror_adopt_one", row.pk), {"confirmed": "on", "remote_id": "user-98"})
    assert answer.status_code == 409
    assert "wanted there" in answer.content.decode()


def test_actions_for_many(admin_client, onboarded):
    chosen = [str(pk) for pk in Mirror.objects.values_list("pk", flat=True)]
    data = {"action": "sync_chosen", "_selected_action": chosen}
    assert "Sync 3 objects now" in admin_client.post(url("mirror_changelist"), data).content.decode()
    admin_client.post(url("mirror_changelist"), {**data, "confirmed": "on"})
    assert Mirror.objects.exclude(due_at=None).count() == 3


def test_a_message_is_applied_again(admin_client, connection):
    event = WebhookEvent.objects.create(
        connection=connection, event_key="e", type="booking_created", body=json.dumps({"type": "x"}), due_at=None
    )
    assert "only noted" in admin_client.get(url("webhookevent_changelist")).content.decode()
    assert admin_client.get(url("webhookevent_change", event.pk)).status_code == 200
    ask(admin_client, url("webhookevent_replay_one", event.pk))
    event.refresh_from_db()
    assert event.due_at is not None


def test_who_may_only_view_may_do_nothing(onboarded, connection, brand):
    from tests.conftest import client_of

    viewer = client_of(brand, factories.make_user("viewer@example.org", is_staff=True))
    row = Mirror.objects.get(kind="user")
    for address in (
        url("connection_test", connection.pk), url("connection_onboarding", connection.pk),
        url("connection_parity", connection.pk), url("mirror_sync_one", row.pk),
    ):  # fmt: skip
        assert viewer.get(address).status_code == 403
        assert viewer.post(address, {"confirmed": "on"}).status_code == 403


# --- members ------------------------------------------------------------------------------------------------------


def test_the_choice_stands_on_the_members_page(admin_client, onboarded, world, other_brand):
    Connection.objects.create(brand=other_brand, provider="fake", name="Foreign")
    address = reverse("admin:directory_professional_change", args=[onboarded.pk])
    page = admin_client.get(address).content.decode()
    assert "Built-in engine" in page
    assert "Foreign" not in page
    data = form_data(admin_client, address)
    assert admin_client.post(address, {**data, "booked_at": "built-in"}).status_code == 302
    assert Enrolment.objects.get().connection is None
    sync.work()
    assert world.of("user") == {}
    assert admin_client.post(address, {**form_data(admin_client, address), "booked_at": ""}).status_code == 302
    assert not Enrolment.objects.exists()
    sync.work()
    assert len(world.of("user")) == 1
    assert world.of("user").popitem()[0] in admin_client.get(address).content.decode()


def test_the_member_list_shows_accounts_and_moves_them(admin_client, onboarded, world, charlie):
    address = reverse("admin:directory_professional_changelist")
    page = admin_client.get(address).content.decode()
    assert "Fake" in page
    assert "in parity" in page
    data = {"action": "choose_where", "_selected_action": [str(onboarded.pk), str(charlie.pk)]}
    assert "Built-in engine" in admin_client.post(address, data).content.decode()
    admin_client.post(address, {**data, "confirmed": "on", "where": "built-in"})
    assert Enrolment.objects.filter(connection=None).count() == 2
    sync.work()
    assert world.of("user") == {}


def test_onboarding_of_chosen_members(admin_client, connection, alice, brand, world):
    draft = factories.make_professional(brand, status=Professional.Status.DRAFT)
    Mirror.objects.all().delete()
    data = {"action": "onboard_chosen", "_selected_action": [str(alice.pk), str(draft.pk)], "confirmed": "on"}
    page = admin_client.post(reverse("admin:directory_professional_changelist"), data, follow=True).content.decode()
    assert "is not listed" in page
    sync.work()
    assert connections.progress(connection).ready == 1


def test_the_sidebar_has_a_badge_only_where_something_is_wrong(admin_client, connection):
    def badges() -> int:
        groups = admin_client.get("/admin/").context["sidebar_navigation"]
        return sum("badge" in item for group in groups for item in group["items"] if "connection" in str(item["link"]))

    assert badges() == 0
    connection.failed(Rejected("401: no"), rest=sync.REST)
    assert badges() == 1
