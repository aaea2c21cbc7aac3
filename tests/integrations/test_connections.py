"""Connections as operators meet them: secrets, commands, warnings, onboarding."""

import io
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection as db
from django.utils import timezone

from directory import accounts
from directory.secrets import CannotUnseal
from integrations import connections, desired, sync, tasks
from integrations.errors import Rejected, Transient, Unauthorised
from integrations.http import Http
from integrations.models import Connection, Enrolment, Mirror, WebhookEvent
from integrations.notices import for_member
from scheduling import today
from tests import factories

pytestmark = pytest.mark.django_db


def run(*command: object, expect: int | None = None, **options: object) -> str:
    """The command's output; `expect`: the exit code it must leave with."""
    out = io.StringIO()
    if expect is None:
        call_command(*map(str, command), stdout=out, **options)
        return out.getvalue()
    with pytest.raises(SystemExit) as left:
        call_command(*map(str, command), stdout=out, **options)
    assert left.value.code == expect, out.getvalue()
    return out.getvalue()


# --- connect ------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


@pytest.fixture
def key(monkeypatch, no_input):
    monkeypatch.setenv("FAKE_API_KEY", "ab-secret")


def test_connect_tests_and_says_what_it_found(brand, world, key):
    said = run("connect", "fake", "--brand", brand.slug, "--default", "--option", "limit=3")
    made = Connection.objects.get()
    assert "It is ab… of a company with 0 users." in said
    assert made.webhook_url in said
    assert "ab-secret" not in said
    assert (made.name, made.is_default, made.options, made.credentials) == (
        "Fake", True, {"limit": 3}, [{"api_key": "ab-secret"}]
    )  # fmt: skip
    assert made.last_ok_at is not None


def test_connect_again_changes_and_rotation_keeps_the_old_key_second(brand, world, key, monkeypatch):
    run("connect", "fake", "--brand", brand.slug)
    monkeypatch.setenv("FAKE_API_KEY", "cd-secret")
    until = timezone.localdate() + timedelta(days=90)
    run("connect", "fake", "--brand", brand.slug, "--rotate", "--expires-on", until)
    made = Connection.objects.get()
    assert made.credentials == [{"api_key": "cd-secret"}, {"api_key": "ab-secret"}]
    assert made.expires_on == until
    run("connect", "fake", "--brand", brand.slug)
    assert Connection.objects.get().credentials == [{"api_key": "cd-secret"}]


def test_a_secret_on_standard_input(brand, world, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"api_key": "from-input", "webhook_secret": "hush"}'))
    run("connect", "fake", "--brand", brand.slug)
    made = Connection.objects.get()
    assert (made.credentials, made.webhook_secret) == ([{"api_key": "from-input"}], "hush")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--brand", "nobody"], "There is no brand"),
        (["--option", "nonsense=1"], "no option"),
        (["--option", "dialect=latin"], "one of: current, recipe"),
        (["--base-url", "ftp://fake.example"], "https://"),
        (["--expires-on", "2020-01-01"], "expired already"),
    ],
)
def test_connect_refuses_nonsense_and_leaves_nothing(brand, world, key, arguments, words):
    arguments = arguments if "--brand" in arguments else [*arguments, "--brand", brand.slug]
    with pytest.raises(CommandError, match=words):
        run("connect", "fake", *arguments)
    assert not Connection.objects.exists()


def test_plain_http_is_for_development_only(brand, world, key, settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="https"):
        run("connect", "fake", "--brand", brand.slug, "--base-url", "http://fake.example")


def test_connect_without_a_secret_names_the_variable(brand, world, no_input):
    with pytest.raises(CommandError, match="FAKE_API_KEY"):
        run("connect", "fake", "--brand", brand.slug)


def test_a_failing_test_is_said_and_the_connection_rests(brand, world, key):
    def refuse(call: str) -> None:
        raise Unauthorised("401: who are you?", status=401)

    world.fail = refuse
    with pytest.raises(CommandError, match="who are you"):
        run("connect", "fake", "--brand", brand.slug)
    assert Connection.objects.get().is_resting


def test_a_lost_key_stops_the_connection_and_not_the_site(connection, alice, meeting_type, settings):
    settings.ENCRYPTION_KEYS = ["another"]
    lost = Connection.objects.get()
    with pytest.raises(CannotUnseal):
        lost.open()
    sync.work()  # parks, does not crash
    assert "encryption key" in Mirror.objects.filter(kind="user").get().last_error
    lost.name = "Renamed"
    lost.save()
    settings.ENCRYPTION_KEYS = []
    assert Connection.objects.get().credentials == [{"api_key": "first-key"}]


# --- sync, providers ----------------------------------------------------------------------------------------------


def test_plan_prints_the_difference_and_changes_nothing(connection, alice, meeting_type, world):
    Mirror.objects.all().delete()
    said = run("sync", "--plan", expect=2)
    assert f"create  user {alice.pk}" in said
    assert not Mirror.objects.exists()
    assert world.calls == []
    run("sync", "--all")
    assert "3 in parity" in run("sync", "--plan")


def test_the_brake_says_so_in_one_line(connection, brand, world):
    for _number in range(12):
        factories.make_professional(brand)
    sync.work()
    brand.professionals.update(status="closed")
    with pytest.raises(CommandError, match="would be deleted") as stopped:
        run("sync", "--all")
    assert "\n" not in str(stopped.value)
    assert len(world.of("user")) == 12
    run("sync", "--all", "--force")
    assert world.of("user") == {}


def test_verify_mends_what_was_changed_there(connection, alice, meeting_type, world):
    run("sync", "--all")
    [user] = world.of("user").values()
    user["last_name"] = "Edited"
    assert "1 edited there" in run("sync", "--verify", "--keep", expect=2)
    assert user["last_name"] == "Edited"
    run("sync", "--verify", "--kind", "user")
    assert user["last_name"] == "Ahrens"


def test_what_waits_for_a_person_makes_all_fail(connection, alice, world):
    def refuse(call: str) -> None:
        if call == "create user":
            raise Rejected("400: email is taken", status=400)

    world.fail = refuse
    assert "email is taken" in run("sync", "--all", expect=1)


def test_the_matrix_comes_from_the_code(world):
    said = run("providers")
    assert "resource: booking" in said
    assert "option dialect [current|recipe]" in said


def test_the_readme_shows_the_matrix_that_the_code_prints():
    out = io.StringIO()
    call_command("providers", "--markdown", stdout=out)
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    shown = readme.split("<!-- manage.py providers --markdown -->\n")[1].split("<!-- end -->")[0]
    assert shown.strip() == out.getvalue().strip()


def test_the_doctor(connection, alice, world):
    connection.expires_on = timezone.localdate() - timedelta(days=1)
    connection.save()
    said = run("providers", "--doctor", expect=1)
    assert "ok    1 live set(s) of credentials." in said
    assert "FAIL  The credentials have expired" in said
    assert "FAIL  never heard of" in said
    assert "ok    Reachable: It is fi…" in said


def test_replay_applies_what_could_not_be_applied(connection, world):
    event = WebhookEvent.objects.create(
        connection=connection, event_key="e", type="booking_created", due_at=None, last_error="503",
        body='{"type": "booking_created", "kind": "booking", "id": "none"}',
    )  # fmt: skip
    assert "404" in run("replay_webhooks", expect=1)
    event.refresh_from_db()
    assert event.attempts == 1
    with pytest.raises(CommandError, match="no moment"):
        run("replay_webhooks", "--since", "yesterday")
    assert "0 event(s)" in run("replay_webhooks", "--since", "2h", "--id", "0")


# --- members ------------------------------------------------------------------------------------------------------


def test_onboarding_shows_a_bar_and_can_be_run_again(connection, brand, world):
    for _number in range(7):
        factories.make_professional(brand)
    Mirror.objects.all().delete()
    said = run("onboard", "--connection", "Fake", "--all")
    assert "7/7" in said
    assert "7 of 7 have an account." in said
    world.calls.clear()
    run("onboard", "--connection", "Fake", "--all")
    assert world.calls == []


def test_onboarding_from_a_file_enrols(connection, brand, world, tmp_path):
    connection.is_default = False
    connection.save()
    here, _there = factories.make_professional(brand), factories.make_professional(brand)
    path = tmp_path / "members.csv"
    path.write_text(f"email,name\n{here.person.email.upper()},x\n", encoding="utf-8")
    assert "1 of 1 have an account." in run("onboard", "--connection", "Fake", "--csv", path)
    assert [row.professional for row in Enrolment.objects.all()] == [here]
    path.write_text("email\nstranger@example.org\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"stranger@example\.org"):
        run("onboard", "--connection", "Fake", "--csv", path)


def test_a_member_without_account_waits_and_the_rest_go_on(connection, brand, world):
    for _number in range(3):
        factories.make_professional(brand)
    failed = []

    def refuse(call: str) -> None:
        if call == "create user" and not failed:
            failed.append(call)
            raise Rejected("400: no", status=400)

    world.fail = refuse
    assert "2 of 3 have an account." in run("onboard", "--connection", "Fake", "--all", expect=1)


def test_a_choice_of_the_admin_moves_a_member(connection, alice, meeting_type, world):
    run("sync", "--all")
    assert len(world.of("user")) == 1
    connections.enrol([alice], None)
    sync.work()
    assert world.of("user") == {}
    connections.enrol([alice], connection)
    assert not Enrolment.objects.exists()  # the default needs no choice
    sync.work()
    assert len(world.of("user")) == 1


def count_queries(action) -> int:
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(db) as captured:
        action()
    return len(captured)


def test_signing_up_costs_at_most_three_queries_more_and_no_call(brand, world, monkeypatch):
    """The same sign-up with and without a connection."""

    def fail(*args: object, **kwargs: object) -> None:
        raise AssertionError("HTTP in a request")

    monkeypatch.setattr(Http, "request", fail)
    users = [factories.make_user(f"eve{number}@example.org") for number in range(2)]
    plain = count_queries(
        lambda: accounts.sign_up(user=users[0], brand=brand, first_name="A", last_name="B", language="de")
    )
    made = Connection.objects.create(brand=brand, provider="fake", name="Fake", is_default=True)
    connected = count_queries(
        lambda: accounts.sign_up(user=users[1], brand=brand, first_name="C", last_name="D", language="de")
    )
    assert connected - plain <= 3
    assert world.calls == []
    assert list(desired.uids(made, "user")) == []


# --- what people read ---------------------------------------------------------------------------------------------


def test_a_member_reads_how_her_page_is(connection, alice, meeting_type, alice_client, world):
    assert [note.text for note in for_member(alice)] == [
        "Your booking page is being prepared. You need not do anything."
    ]
    sync.work()
    assert [note.tone for note in for_member(alice)] == ["success"]
    page = alice_client.get("/my/").content.decode()
    assert "Your booking page is ready." in page
    assert "Fake" not in page
    Mirror.objects.update(attempted_at=timezone.now() - timedelta(days=8))
    assert for_member(alice) == []
    Mirror.objects.filter(kind="meeting_type").update(last_error="400: no", due_at=None)
    assert [note.tone for note in for_member(alice)] == ["warning"]
    connections.enrol([alice], None)
    assert for_member(alice) == []


def test_notices_of_an_app_that_is_not_there_are_left_out(alice, settings):
    settings.MEMBER_NOTICES = ["absent.notices.for_member"]
    assert today.overview(alice).news == []


def test_administrators_are_warned_14_7_and_1_days_before(connection, admin_user, monkeypatch):
    first = timezone.localdate()
    connection.expires_on = first + timedelta(days=20)
    connection.save()
    warned = []
    for day in range(23):
        monkeypatch.setattr(timezone, "localdate", lambda now=first + timedelta(days=day): now)
        tasks.housekeeping()
        tasks.housekeeping()
        if mail.outbox:
            warned.append(20 - day)
            assert mail.outbox[0].to == [admin_user.email]
            assert "first-key" not in mail.outbox[0].body
            mail.outbox.clear()
    assert warned == [14, 7, 1, -1]


def test_alarms_are_in_words(connection):
    assert connections.alarms(connection) == []
    connection.expires_on = date(2020, 1, 1)
    connection.save()
    connection.failed(Transient("503: down"))
    texts = [alarm.text for alarm in connections.alarms(Connection.objects.get())]
    assert texts == ["The credentials have expired.", "Last error: 503: down"]


def test_old_events_go_after_a_month_and_open_ones_stay(connection):
    old = timezone.now() - timedelta(days=31)
    for key, due_at in (("done", None), ("open", old)):
        WebhookEvent.objects.create(connection=connection, event_key=key, body="{}", received_at=old, due_at=due_at)
    connections.forget_old()
    assert [event.event_key for event in WebhookEvent.objects.all()] == ["open"]
