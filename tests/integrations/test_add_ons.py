"""Add-on configurations of a Meet.rs account in the administration: listed, and written where that is switched on."""

import pytest
from django.urls import reverse

from directory.models import AuditEvent
from integrations.models import Connection
from integrations.room_models import RoomOptions
from tests.integrations.rooms_world import text
from tests.integrations.test_meetrs import KEYS, NAME, OPTIONAL


@pytest.fixture
def connection(brand, sandbox) -> Connection:
    return Connection.objects.create(
        brand=brand, provider=NAME, name="Meet.rs", base_url=sandbox.base(NAME), credentials=[KEYS],
        options={"rate": [[1000, 1]]},
    )  # fmt: skip


@pytest.fixture
def able(connection, sandbox) -> Connection:
    sandbox.switch(NAME, "optional", OPTIONAL)
    connection.options |= {"enabled_optional": OPTIONAL}
    connection.save()
    return connection


def stored(sandbox):
    return {row["name"]["en"]: row for row in sandbox.objects(NAME, "configuration")}


def address(connection, page="s", *args):
    return reverse(f"admin:integrations_connection_add_on{page}", args=[connection.pk, *args])


def filled(**changes):
    return {
        "confirmed": "on", "name": "Board", "description": "", "type": "1", "tools": ["rnto", "roster"],
        "settings": "", **changes,
    }  # fmt: skip


def test_the_list_says_what_each_is_and_who_wishes_it(connection, admin_client, sandbox, meeting_type):
    code = stored(sandbox)["Interview with code"]["id"]
    RoomOptions.objects.create(meeting_type=meeting_type, options={"addon_configuration_id": code})
    page = text(admin_client.get(address(connection)))
    for words in ("Conversation", "Interview with code", "Code editor, Whiteboard", "configurations.create"):
        assert words in page
    assert "<td>1</td>" in page
    assert address(connection, "_new") not in page
    change = text(admin_client.get(reverse("admin:integrations_connection_change", args=[connection.pk])))
    assert address(connection) in change


@pytest.mark.parametrize("names", ["map", "text"])
def test_made_changed_and_deleted_where_the_account_can(able, admin_client, sandbox, names):
    sandbox.switch(NAME, "names", names)
    assert admin_client.post(address(able, "_new"), filled()).status_code == 302
    made = stored(sandbox)["Board"]
    assert [one["identifier"] for one in made["items"]] == ["rnto", "roster"]
    old = stored(sandbox)["Interview with code"]
    shown = text(admin_client.get(address(able, "_change", old["id"])))
    assert "Interview with code" in shown
    assert '"lang"' in shown
    settings = '{"monaco": [{"key": "lang", "value": "go"}]}'
    given = filled(name="Interview", tools=["monaco", "twilio"], settings=settings)
    assert admin_client.post(address(able, "_change", old["id"]), given).status_code == 302
    new = stored(sandbox)["Interview"]
    assert [one["configuration"] for one in new["items"]] == ['[{"key": "lang", "value": "go"}]', "[]"]
    if names == "map":
        assert new["name"]["de"] == "Interview mit Code", "other languages stay"
    assert new["partitionKey"] == old["partitionKey"]
    assert admin_client.get(address(able, "_delete", made["id"])).status_code == 200
    assert admin_client.post(address(able, "_delete", made["id"]), {"confirmed": "on"}).status_code == 302
    assert "Board" not in stored(sandbox)
    assert AuditEvent.objects.filter(verb="connection.add_ons").count() == 3


def test_what_the_provider_refuses_is_shown_with_what_was_typed(able, admin_client, sandbox):
    standard = stored(sandbox)["Conversation"]["id"]
    answer = admin_client.post(address(able, "_delete", standard), {"confirmed": "on"})
    assert (answer.status_code, "default configuration cannot be deleted" in text(answer)) == (409, True)
    sandbox.fault("status", provider=NAME, method="POST", path="/v1/addonConfigurations", status=400)
    answer = admin_client.post(address(able, "_new"), filled(name="Typed"))
    assert (answer.status_code, "Typed" in text(answer)) == (409, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"tools": []},
        {"tools": ["nonsense"]},
        {"type": "7"},
        {"settings": "{"},
        {"settings": "[1]"},
        {"settings": '{"rnto": 3}'},
        {"settings": '{"monaco": [{"key": "lang", "value": "go"}]}'},
    ],
)
def test_nonsense_is_refused_before_it_is_sent(able, admin_client, sandbox, wrong):
    assert admin_client.post(address(able, "_new"), filled(**wrong)).status_code == 422
    assert len(stored(sandbox)) == 2


def test_nothing_is_written_where_that_is_off_and_nothing_found_where_there_is_nothing(
    connection, admin_client, alice_client, sandbox, brand
):
    some = stored(sandbox)["Conversation"]["id"]
    for page, args in (("_new", ()), ("_change", (some,)), ("_delete", (some,))):
        assert admin_client.post(address(connection, page, *args), filled()).status_code == 403
    assert alice_client.get(address(connection)).status_code in (302, 403)
    other = Connection.objects.create(brand=brand, provider="meetbit", name="m", base_url="https://x.example")
    assert admin_client.get(address(other)).status_code == 404
    sandbox.fault("drop", provider=NAME, times=None)
    assert admin_client.get(address(connection)).status_code == 302


def test_an_unknown_one_is_a_404(able, admin_client):
    assert admin_client.get(address(able, "_change", "nothing")).status_code == 404
