"""Feedback and usage by month and tenant: parsed, kept once, summed up, shown, exported."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from integrations import reports
from integrations.errors import NotFound, Transient, Unauthorised
from integrations.models import Connection
from integrations.providers.meetrs.reports import moment, stamp
from integrations.report_models import ReportMonth, RoomFeedback, RoomUsage
from integrations.room_models import RoomChoice, RoomOptions
from integrations.sandbox.meetrs.wire import CHILD, OTHER
from integrations.tasks import fetch_report_range
from tests.integrations.rooms_world import text

NAME = "meetrs"
KEYS = {"client_key": "demo-meetrs-key", "client_secret": "demo-meetrs-secret"}
MAY, JUNE = date(2027, 5, 1), date(2027, 6, 1)


@pytest.fixture
def connection(brand, sandbox):
    for kind in ("feedback", "usage"):
        for row in sandbox.objects(NAME, kind):
            sandbox.delete(NAME, kind, row["id"])
    sandbox.clock(datetime(2027, 6, 20, 12, tzinfo=UTC), speed=0)
    return Connection.objects.create(
        brand=brand,
        provider=NAME,
        name="Meet.rs",
        base_url=sandbox.base(NAME),
        credentials=[KEYS],
        options={"rate": [[1000, 1]]},
    )


@pytest.fixture
def june():
    with time_machine.travel(datetime(2027, 6, 20, 12, tzinfo=UTC)):
        yield


def fill(sandbox):
    for at, tenant, rating in (
        ("2027-05-01T00:00:00.0000000Z", CHILD, 10),
        ("2027-05-31T23:59:59.9990000Z", CHILD, 9),
        ("2027-05-10T10:00:00.3817518Z", OTHER, 3),
        ("2027-06-02T10:00:00.0000000Z", OTHER, 8),
    ):
        sandbox.act(NAME, "give_feedback", tenant=tenant, code="le3YHkUb", rating=rating, text="=cmd()", at=at)
    for at, billable, covered in (
        ("2027-05-03T10:00:00.408594Z", 600, True),
        ("2027-05-04T10:00:00.4085941Z", 1800, True),
        ("2027-06-05T10:00:00.4085941Z", 2400, False),
    ):
        sandbox.act(
            NAME, "note_usage", tenant=CHILD, code="x", total=billable + 60, billable=billable, covered=covered, at=at
        )


def test_months_of_a_range():
    assert list(reports.months(date(2026, 12, 31), date(2027, 2, 1))) == [
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2027, 2, 1),
    ]
    assert stamp(datetime(2027, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)) == "2027-01-02T03:04:05.678Z"
    assert moment("2020-07-22T11:57:40.3817518Z").microsecond == 381751
    assert moment(None) is None


def test_every_month_is_asked_for_by_itself_and_nothing_is_kept_twice(connection, sandbox):
    fill(sandbox)
    for _twice in range(2):
        assert reports.fetch_range(connection, date(2027, 5, 9), date(2027, 6, 9)) == 7
    asked = sandbox.log(provider=NAME, path="/v1/feedbacks")
    assert asked[0]["query"] == {"from": ["2027-05-01T00:00:00.000Z"], "to": ["2027-05-31T23:59:59.999Z"]}
    assert (RoomFeedback.objects.count(), RoomUsage.objects.count()) == (4, 3)
    row = RoomFeedback.objects.get(rating=3)
    assert (row.screen_width, row.code, row.at.microsecond) == (1920, "le3YHkUb", 381751)
    used = RoomUsage.objects.get(is_free=True)
    assert (used.description, used.participants, used.billable_seconds) == ("Guest", 2, 600)


def test_what_changed_there_is_changed_here(connection, sandbox):
    fill(sandbox)
    reports.fetch(connection, MAY)
    row = RoomUsage.objects.get(is_free=True)
    sandbox.edit(NAME, "usage", row.remote_id, isSubscriptionCovered=False, billableDurationInSeconds=700)
    reports.fetch(connection, MAY)
    row.refresh_from_db()
    assert (row.is_covered, row.billable_seconds) == (False, 700)


def test_tenants_are_asked_for_one_by_one(connection, sandbox):
    fill(sandbox)
    connection.options["tenant_codes"] = [CHILD, OTHER]
    reports.fetch_range(connection, MAY, MAY)
    assert {row.tenant for row in RoomFeedback.objects.all()} == {CHILD, OTHER}
    assert [row.nps for row in reports.summed(connection, MAY, date(2027, 5, 31), OTHER)] == [-100]
    sandbox.act(NAME, "add_tenant", code="FFFF00000000", name="Else", key="k", secret="s")  # noqa: S106
    with pytest.raises(Unauthorised, match="not yours"):
        reports.fetch(connection, MAY, "FFFF00000000")
    with pytest.raises(NotFound):
        reports.fetch(connection, MAY, "0/0")
    assert ReportMonth.objects.get(tenant="0/0").last_error


def test_sums_by_month(connection, sandbox):
    fill(sandbox)
    reports.fetch_range(connection, MAY, JUNE)
    may, june = reports.summed(connection, MAY, date(2027, 6, 30))
    assert (may.ratings, may.mean, may.nps) == (3, 7.3, 33)
    assert (may.meetings, may.minutes, may.billable, may.free, may.covered, may.extra) == (2, 42, 40, 1, 1, 0)
    assert (june.nps, june.free, june.covered, june.extra) == (0, 0, 0, 1)
    empty = reports.summed(connection, date(2027, 7, 1), date(2027, 7, 31))[0]
    assert (empty.mean, empty.nps, empty.minutes) == (None, None, 0)


def test_the_running_month_and_the_last_are_kept_up_to_date(connection, sandbox, june):
    fill(sandbox)
    assert reports.fetch_due() == 7
    assert reports.fetch_due() == 0, "fetched a moment ago"
    with time_machine.travel(datetime(2027, 6, 21, 1, tzinfo=UTC)):
        reports.fetch_due()
    months = [entry["query"]["from"][0][:7] for entry in sandbox.log(provider=NAME, path="/v1/usage")]
    assert months == ["2027-05", "2027-06", "2027-06"], "what is over and settled is not asked for again"


def test_a_provider_that_fails_stops_nobody_and_is_tried_again(connection, sandbox, june):
    fill(sandbox)
    sandbox.fault("status", provider=NAME, path="/v1/usage", status=503)
    assert reports.fetch_due() == 0
    assert RoomFeedback.objects.count() == 0, "a month comes whole or not at all"
    assert ReportMonth.objects.get().last_error
    assert reports.fetch_due() == 7
    sandbox.fault("status", provider=NAME, path="/v1/usage", status=200, body={})
    with pytest.raises(Transient):
        reports.fetch(connection, MAY)


def page(connection, rest=""):
    return f"/admin/integrations/connection/{connection.pk}/reports/{rest}"


def test_staff_see_tables_and_charts(june, admin_client, alice_client, connection, sandbox):
    fill(sandbox)
    reports.fetch_range(connection, MAY, JUNE)
    shown = text(admin_client.get(page(connection)))
    for words in ("May 2027", "Rating over time", "Last fetched", "=cmd()", "7.3"):
        assert words in shown
    only = text(admin_client.get(page(connection, "?first=2027-06-01&last=2027-06-30")))
    assert "May 2027" not in only
    wrong = admin_client.get(page(connection, "?first=2027-06-01&last=2027-05-01"))
    assert wrong.status_code == 422
    assert "before the start" in text(wrong)
    assert alice_client.get(page(connection)).status_code == 302
    assert page(connection) in text(admin_client.get(f"/admin/integrations/connection/{connection.pk}/change/"))
    connection.provider = "meetbit"
    connection.save()
    assert admin_client.get(page(connection)).status_code == 404


def test_staff_fetch_months_that_lie_back(june, admin_client, connection, sandbox, monkeypatch):
    fill(sandbox)
    sent = []
    monkeypatch.setattr("integrations.admin.room_reports.background.send", lambda *given: sent.append(given))
    response = admin_client.post(page(connection, "?first=2027-05-01&last=2027-06-01"))
    assert response.status_code == 302
    assert sent == [("integrations.tasks.fetch_report_range", connection.pk, "2027-05-01", "2027-06-01")]
    assert fetch_report_range(*sent[0][1:]) == 7
    assert admin_client.get(page(connection)).status_code == 200


def test_csv_opens_in_a_spreadsheet_and_runs_nothing(june, admin_client, connection, sandbox):
    fill(sandbox)
    reports.fetch_range(connection, MAY, JUNE)
    response = admin_client.get(page(connection, "feedback.csv?first=2027-05-01&last=2027-05-31"))
    lines = response.content.decode("utf-8-sig").splitlines()
    assert response["Content-Disposition"] == 'attachment; filename="feedback-2027-05-01-2027-05-31.csv"'
    assert len(lines) == 4
    assert "'=cmd()" in lines[1]
    usage = admin_client.get(page(connection, "usage.csv")).content.decode("utf-8-sig").splitlines()
    assert usage[0].startswith("created_at,started_at")
    assert len(usage) == 4
    assert admin_client.get(page(connection, "other.csv")).status_code == 404


def test_add_ons_are_chosen_for_a_meeting_type(admin_client, connection, alice, meeting_type, sandbox):
    connection.for_rooms = True
    connection.save()
    meeting_type.channel = "video"
    meeting_type.save()
    row = RoomOptions.objects.create(meeting_type=meeting_type)
    address = f"/admin/integrations/roomoptions/{row.pk}/change/"
    shown = text(admin_client.get(address))
    assert "Conversation (the account’s default)" in shown
    wanted = connection.open().configurations()[1].id
    answer = admin_client.post(address, {"option_addon_configuration_id": wanted, "option_clients": "guest_anonymous"})
    assert answer.status_code == 302, text(answer)
    row.refresh_from_db()
    assert row.options == {"addon_configuration_id": wanted, "clients": "guest_anonymous"}
    sandbox.fault("drop", provider=NAME, times=None)
    connection.open().configurations()
    assert admin_client.get(address).status_code == 200
    assert admin_client.get("/admin/integrations/roomoptions/").status_code == 200


def test_a_members_rooms_are_chosen(admin_client, connection, alice):
    assert admin_client.get("/admin/integrations/roomchoice/add/").status_code == 200
    answer = admin_client.post(
        "/admin/integrations/roomchoice/add/", {"professional": alice.pk, "connection": connection.pk}
    )
    assert answer.status_code == 302, text(answer)
    assert RoomChoice.objects.get().connection == connection
    assert admin_client.get("/admin/integrations/roomchoice/").status_code == 200
