"""OAuth 2: programs by themselves and for a professional, per brand, with an end."""

import base64
import hashlib
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from directory.models import AuditEvent, Brand, Professional
from scheduling import bookings
from scheduling.models import ApiClient
from tests import factories
from tests.conftest import client_of
from tests.scheduling.test_api import Api, problem

pytestmark = pytest.mark.django_db
BACK = "https://program.example/back"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def program(brand: Brand, grant: str = ApiClient.GRANT_CLIENT_CREDENTIALS, **fields) -> ApiClient:
    row = ApiClient(brand=brand, name="Practice program", authorization_grant_type=grant, **fields)
    row.client_type = fields.get("client_type", ApiClient.CLIENT_CONFIDENTIAL)
    row.secret = row.client_secret
    row.save()
    return row


def ask(brand: Brand, client: ApiClient, **body):
    body = {"client_id": client.client_id, "client_secret": client.secret, **body}
    return client_of(brand).post("/oauth/token", {name: value for name, value in body.items() if value is not None})


def access(brand: Brand, client: ApiClient, **body) -> Api:
    response = ask(brand, client, grant_type="client_credentials", **body)
    assert response.status_code == 200, response.content
    return Api(brand, response.json()["access_token"])


@pytest.fixture
def asking(brand) -> ApiClient:
    return program(
        brand,
        ApiClient.GRANT_AUTHORIZATION_CODE,
        redirect_uris=BACK,
        scopes=["hours:read", "bookings:read", "members:read"],
    )


def request_of(client: ApiClient, **changes) -> dict[str, str]:
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": BACK,
        "scope": "hours:read",
        "state": "s1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in query.items() if value is not None}


def consent(browser, client: ApiClient, allow: bool = True, **changes):
    """Look at the page and press one of its buttons."""
    page = browser.get("/oauth/authorize?" + urlencode(request_of(client, **changes)))
    assert page.status_code == 200, page.content
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    return page, browser.post("/oauth/authorize", fields | ({"allow": "1"} if allow else {}))


def answer_of(response) -> dict[str, str]:
    assert response.status_code == 302, response.content
    assert response["Location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}


def tokens(brand: Brand, client: ApiClient, code: str, **changes):
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return ask(brand, client, **(body | changes))


# --- by itself ------------------------------------------------------------------------------------------------------


def test_a_program_of_the_operator_sees_the_whole_brand_and_only_that(
    brand, other_brand, alice, meeting_type, charlie, next_monday
):
    bookings.enter(meeting_type, next_monday, name="Bob Berg")
    stranger = factories.make_professional(other_brand)
    bookings.enter(factories.make_meeting_type(stranger), next_monday, name="Dora Dorn")
    client = program(brand, scopes=["bookings:read", "hours:read"])
    api = access(brand, client)
    assert [one["client"]["name"] for one in api("get", "my/bookings").json()["items"]] == ["Bob Berg"]
    problem(api("get", "my/hours"), 404, "not-found")
    assert problem(api("post", "my/bookings", {}), 403, "forbidden-scope")["scope"] == "bookings:write"
    problem(Api(other_brand, api.token)("get", "my/bookings"), 401, "unauthorised")
    assert ask(other_brand, client, grant_type="client_credentials").status_code == 401
    client.refresh_from_db()
    assert client.last_used_at is not None


def test_a_program_of_one_professional_is_her(brand, alice, meeting_type, charlie, next_monday):
    bookings.enter(meeting_type, next_monday, name="Bob Berg")
    client = program(brand, professional=charlie, scopes=["bookings:read", "hours:read", "members:write"])
    api = access(brand, client)
    assert api("get", "my/bookings").json()["items"] == []
    assert api("get", "my/hours").status_code == 200
    refused = ask(brand, client, grant_type="client_credentials", scope="members:write")
    assert refused.json()["error"] == "invalid_scope"
    Professional.objects.filter(pk=charlie.pk).update(status=Professional.Status.CLOSED)
    problem(api("get", "my/hours"), 401, "unauthorised")


def test_secrets_and_tokens_are_not_in_the_database(brand):
    client = program(brand, scopes=["bookings:read"])
    api = access(brand, client)
    assert client.secret not in ApiClient.objects.get().client_secret
    row = AccessToken.objects.get()
    assert row.token == ""
    assert api.token not in str(vars(row))


def test_a_token_ends_and_a_client_that_is_switched_off_is_nobody(brand, alice):
    client = program(brand, professional=alice, scopes=["hours:read"])
    api = access(brand, client)
    with time_machine.travel(timezone.now() + timedelta(seconds=3601)):
        problem(api("get", "my/hours"), 401, "unauthorised")
    assert api("get", "my/hours").status_code == 200
    ApiClient.objects.update(scopes=[])
    problem(api("get", "my/hours"), 403, "forbidden-scope")
    ApiClient.objects.update(is_active=False, scopes=["hours:read"])
    problem(api("get", "my/hours"), 401, "unauthorised")
    assert ask(brand, client, grant_type="client_credentials").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"client_secret": "wrong"},
        {"client_id": "nobody"},
        {"client_id": "a\0b"},
        {"grant_type": "password", "username": "a", "password": "b"},
        {"grant_type": ""},
        {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"},
    ],
)
def test_what_is_wrong_is_refused(brand, body):
    client = program(brand, scopes=["hours:read"])
    response = ask(brand, client, **({"grant_type": "client_credentials"} | body))
    assert response.status_code in (400, 401)
    assert "error" in response.json()
    assert not AccessToken.objects.exists()


# --- for a professional ---------------------------------------------------------------------------------------------


def test_she_allows_it_once_and_can_take_it_back(brand, alice, alice_client, asking):
    page, response = consent(alice_client, asking, scope="hours:read bookings:read")
    assert "Practice program" in page.content.decode()
    assert "form-action 'self' https://program.example" in page["Content-Security-Policy"]
    answer = answer_of(response)
    assert (answer["state"], answer["iss"]) == ("s1", "http://anwalt.localhost")
    found = tokens(brand, asking, answer["code"]).json()
    assert set(found["scope"].split()) == {"hours:read", "bookings:read"}
    api = Api(brand, found["access_token"])
    assert api("get", "my/hours").status_code == 200
    problem(api("put", "my/hours", {"days": []}), 403, "forbidden-scope")
    assert "Practice program" in alice_client.get("/my/tokens/").content.decode()
    assert alice_client.post(f"/my/tokens/programs/{asking.pk}/withdraw/").status_code == 302
    problem(api("get", "my/hours"), 401, "unauthorised")
    again = ask(brand, asking, grant_type="refresh_token", refresh_token=found["refresh_token"])
    assert again.json()["error"] == "invalid_grant"
    assert list(AuditEvent.objects.filter(verb__startswith="program").order_by("pk").values_list("verb", "actor")) == [
        ("program.allowed", alice.person.user_id),
        ("program.withdrawn", alice.person.user_id),
    ]


def test_she_sees_when_a_program_last_acted_for_her(brand, alice, charlie, alice_client, asking):
    def seen(minutes: int, *, acts: Api | None = None) -> str:
        with time_machine.travel(begin + timedelta(minutes=minutes), tick=False):
            assert acts is None or acts("get", "my/hours").status_code == 200
            page = alice_client.get("/my/tokens/").content.decode().replace("\xa0", " ")
        return re.search(r"last used (.+) ago", page)[1]

    begin = timezone.now()
    with time_machine.travel(begin, tick=False):
        code = answer_of(consent(alice_client, asking, scope="hours:read")[1])["code"]
        api = Api(brand, tokens(brand, asking, code).json()["access_token"])
    assert seen(20) == "20 minutes"
    assert seen(30, acts=api) == "0 minutes"
    assert seen(37) == "7 minutes"
    AccessToken.objects.create(
        user=charlie.person.user,
        application=asking,
        token="of-charlie",  # noqa: S106
        scope="hours:read",
        expires=begin + timedelta(days=1),
    )
    assert seen(40, acts=Api(brand, "of-charlie")) == "10 minutes", "what it does for others is not told"


def test_a_code_serves_once_and_only_with_its_verifier(brand, alice_client, asking):
    code = answer_of(consent(alice_client, asking)[1])["code"]
    assert tokens(brand, asking, code, code_verifier="w" * 64).status_code == 400
    assert tokens(brand, asking, code, code_verifier=None).status_code == 400
    assert tokens(brand, asking, code, redirect_uri="https://elsewhere.example/").status_code == 400
    code = answer_of(consent(alice_client, asking)[1])["code"]
    assert tokens(brand, asking, code).status_code == 200
    assert tokens(brand, asking, code).status_code == 400
    late = answer_of(consent(alice_client, asking)[1])["code"]
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert tokens(brand, asking, late).status_code == 400


def test_refresh_tokens_rotate_and_a_second_use_ends_the_family(brand, alice_client, asking):
    first = tokens(brand, asking, answer_of(consent(alice_client, asking)[1])["code"]).json()
    second = ask(brand, asking, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    problem(Api(brand, first["access_token"])("get", "my/hours"), 401, "unauthorised")
    assert Api(brand, second["access_token"])("get", "my/hours").status_code == 200
    stolen = ask(brand, asking, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert stolen.status_code == 400
    problem(Api(brand, second["access_token"])("get", "my/hours"), 401, "unauthorised")
    assert not RefreshToken.objects.filter(revoked=None).exists()


def test_it_needs_pkce_with_s256_and_a_known_address(brand, alice_client, asking):
    for changes in ({"code_challenge": None}, {"code_challenge_method": "plain"}):
        query = urlencode(request_of(asking, **changes))
        response = alice_client.get("/oauth/authorize?" + query)
        if response.status_code == 200:  # plain is refused when the code would be made
            response = consent(alice_client, asking, **changes)[1]
        assert "error" in answer_of(response)
    for changes in ({"redirect_uri": "https://elsewhere.example/"}, {"client_id": "nobody"}):
        response = alice_client.get("/oauth/authorize?" + urlencode(request_of(asking, **changes)))
        assert response.status_code == 400
        assert "Location" not in response
    refused = alice_client.get("/oauth/authorize?" + urlencode(request_of(asking, scope="members:read")))
    assert answer_of(refused)["error"] == "invalid_scope"
    assert not Grant.objects.exists()


def test_a_look_gives_nothing_and_no_is_no(brand, alice, alice_client, asking):
    tokens(brand, asking, answer_of(consent(alice_client, asking)[1])["code"])
    Grant.objects.all().delete()
    for more in ({"approval_prompt": "auto"}, {"prompt": "none"}, {"prompt": "create"}):
        assert alice_client.get("/oauth/authorize?" + urlencode(request_of(asking) | more)).status_code == 200
    assert answer_of(consent(alice_client, asking, allow=False)[1])["error"] == "access_denied"
    assert not Grant.objects.exists()
    login = client_of(brand).get("/oauth/authorize?" + urlencode(request_of(asking)))
    assert login.status_code == 302
    assert "/accounts/login/" in login["Location"]


def test_a_form_with_other_fields_gets_no_further(brand, other_brand, alice_client, asking):
    good = request_of(asking) | {"allow": "1"}
    foreign = program(other_brand, ApiClient.GRANT_AUTHORIZATION_CODE, redirect_uris=BACK, scopes=["hours:read"])
    for changes, statuses in (
        ({"client_id": "nobody"}, (404,)),
        ({"client_id": foreign.client_id}, (404,)),
        ({"client_id": ""}, (400,)),
        ({"redirect_uri": "https://elsewhere.example/"}, (400,)),
        ({"redirect_uri": "x\0"}, (400,)),
    ):
        response = alice_client.post("/oauth/authorize", good | changes)
        assert response.status_code in statuses, changes
    assert "error" in answer_of(alice_client.post("/oauth/authorize", good | {"scope": "members:read"}))
    assert not Grant.objects.exists()


def test_it_is_worth_nothing_at_another_brand_or_after_she_left(brand, other_brand, alice, alice_client, asking):
    code = answer_of(consent(alice_client, asking)[1])["code"]
    assert tokens(other_brand, asking, code).status_code == 401
    found = tokens(brand, asking, code).json()
    problem(Api(other_brand, found["access_token"])("get", "my/hours"), 401, "unauthorised")
    Professional.objects.filter(pk=alice.pk).update(status=Professional.Status.CLOSED)
    problem(Api(brand, found["access_token"])("get", "my/hours"), 401, "unauthorised")
    again = ask(brand, asking, grant_type="refresh_token", refresh_token=found["refresh_token"])
    assert again.status_code == 400


def test_programs_find_out_where_to_ask(brand):
    client = client_of(brand)
    resource = client.get("/.well-known/oauth-protected-resource").json()
    assert resource["resource"] == "http://anwalt.localhost/api/v1"
    server = client.get("/.well-known/oauth-authorization-server").json()
    assert resource["authorization_servers"] == [server["issuer"]] == ["http://anwalt.localhost"]
    assert server["token_endpoint"] == "http://anwalt.localhost/oauth/token"
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert set(server["grant_types_supported"]) == {"authorization_code", "client_credentials", "refresh_token"}
    challenge = Api(brand)("get", "my/hours")["WWW-Authenticate"]
    assert "/.well-known/oauth-protected-resource" in challenge
    flows = Api(brand)("get", "openapi.json").json()["components"]["securitySchemes"]["oauth"]["flows"]
    assert "members:read" not in flows["authorizationCode"]["scopes"]


# --- in the administration ------------------------------------------------------------------------------------------


def test_staff_adds_a_program_and_sees_its_secret_once(brand, admin_client):
    body = {
        "brand": brand.pk,
        "name": "Import",
        "authorization_grant_type": ApiClient.GRANT_CLIENT_CREDENTIALS,
        "client_type": "confidential",
        "scopes": ["bookings:read"],
        "redirect_uris": "",
        "professional": "",
        "is_active": "on",
    }
    page = admin_client.post("/admin/scheduling/apiclient/add/", body)
    secret = re.search(r'id="client-secret">([^<]+)<', page.content.decode()).group(1)
    client = ApiClient.objects.get()
    client.secret = secret
    assert ask(brand, client, grant_type="client_credentials").status_code == 200
    change = f"/admin/scheduling/apiclient/{client.pk}/change/"
    assert secret not in admin_client.get(change).content.decode()
    page = admin_client.post(f"/admin/scheduling/apiclient/{client.pk}/new-secret/", {"confirmed": "on"})
    assert ask(brand, client, grant_type="client_credentials").status_code == 401
    client.secret = re.search(r'id="client-secret">([^<]+)<', page.content.decode()).group(1)
    assert ask(brand, client, grant_type="client_credentials").status_code == 200


@pytest.mark.parametrize("address", ["http://program.example/", "javascript:alert(1)", "https://*.example/", "x"])
def test_staff_cannot_send_codes_to_where_others_read_them(brand, admin_client, address):
    body = {
        "brand": brand.pk,
        "name": "Import",
        "authorization_grant_type": ApiClient.GRANT_AUTHORIZATION_CODE,
        "client_type": "public",
        "scopes": ["bookings:read"],
        "redirect_uris": address,
        "is_active": "on",
    }
    assert admin_client.post("/admin/scheduling/apiclient/add/", body).status_code == 200
    assert not ApiClient.objects.exists()
