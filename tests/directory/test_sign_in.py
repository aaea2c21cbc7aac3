"""Sign-in with a provider of OpenID Connect: a real one, on a port of this machine, over HTTP."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import oidc_provider_mock
import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from config.sign_in import apps
from directory.models import Person, User
from tests import factories
from tests.conftest import client_of

LOGIN = "/accounts/oidc/chamber/login/"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread() as running:
        yield f"http://localhost:{running.server_port}"


@pytest.fixture
def chamber(server, settings) -> str:
    """The provider, configured for every brand."""
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps([configured(server)])}}
    return server


def configured(server: str, **more) -> dict:
    return {"id": "chamber", "name": "Chamber", "server": server, "client_id": "us", "secret": "s"} | more


def come_back(client: Client, server: str, sub: str, start: str = LOGIN, **claims):
    """Go there as a browser does, log in as `sub`, and follow the answer home."""
    requests.put(f"{server}/users/{sub}", json=claims, timeout=5).raise_for_status()
    leaving = client.get(start)
    assert leaving.status_code == 302, leaving.content.decode()[:500]
    assert leaving["Location"].startswith(server)
    assert "code_challenge=" in leaving["Location"], "PKCE"
    answer = requests.post(leaving["Location"], data={"sub": sub}, allow_redirects=False, timeout=5)
    home = urlsplit(answer.headers["Location"])
    assert home.hostname == client.defaults["HTTP_HOST"]
    return client.get(f"{home.path}?{home.query}")


def test_a_stranger_becomes_a_member_after_the_terms(brand, chamber):
    client = client_of(brand)
    response = come_back(
        client, chamber, "dora-1", email="dora@example.org", email_verified=True, given_name="Dora", family_name="Dahl"
    )
    assert response["Location"] == "/accounts/3rdparty/signup/"
    page = client.get(response["Location"])
    text = page.content.decode()
    assert 'value="Dora"' in text
    assert "Chamber" in text
    data = {"email": "dora@example.org", "first_name": "Dora", "last_name": "Dahl"}
    assert "terms" in client.post(response["Location"], data).context["form"].errors
    assert client.post(response["Location"], data | {"terms": "on"}).status_code == 302
    user = User.objects.get(email="dora@example.org")
    assert not user.is_staff
    assert Person.objects.get(user=user, brand=brand).professional.status == "draft"
    assert client.get("/my/").status_code == 200
    again = client_of(brand)
    assert come_back(again, chamber, "dora-1", email="dora@example.org")["Location"] == "/my/"


def test_another_address_than_the_verified_one_cannot_be_slipped_in(brand, chamber):
    client = client_of(brand)
    response = come_back(client, chamber, "eve-1", email="eve@example.org", email_verified=True)
    data = {"email": "victim@example.org", "first_name": "Eve", "last_name": "E", "terms": "on"}
    client.post(response["Location"], data)
    assert User.objects.get().email == "eve@example.org"


def test_an_address_that_the_provider_does_not_vouch_for_is_proven_by_mail(brand, chamber):
    client = client_of(brand)
    response = come_back(client, chamber, "eve-2", email="eve@example.org")
    data = {"email": "victim@example.org", "first_name": "Eve", "last_name": "E", "terms": "on"}
    response = client.post(response["Location"], data)
    assert response["Location"] == "/accounts/confirm-email/"
    assert client.get("/my/").status_code == 302
    assert not EmailAddress.objects.get(email="victim@example.org").verified


def test_a_member_enters_by_a_verified_address_and_is_connected(alice, brand, chamber):
    client = client_of(brand)
    assert come_back(client, chamber, "alice-1", email="Alice@example.org", email_verified=True)["Location"] == "/my/"
    assert SocialAccount.objects.get(user=alice.person.user).uid == "alice-1"


@pytest.mark.parametrize("claim", [False, "false", None, "true", 1])
def test_an_address_that_is_not_verified_opens_nothing(alice, brand, chamber, claim):
    client = client_of(brand)
    claims = {} if claim is None else {"email_verified": claim}
    response = come_back(client, chamber, f"mallory-{claim}", email="alice@example.org", **claims)
    assert response["Location"] == "/accounts/3rdparty/signup/"
    assert client.get("/my/").status_code == 302
    data = {"email": "alice@example.org", "first_name": "M", "last_name": "M", "terms": "on"}
    client.post("/accounts/3rdparty/signup/", data)
    assert client.get("/my/").status_code == 302
    assert not SocialAccount.objects.filter(user=alice.person.user).exists()


def test_an_address_that_we_have_not_verified_opens_nothing(brand, chamber):
    """Else somebody could sign up with a foreign address and wait for its owner."""
    user = factories.make_user("early@example.org", verified=False)
    response = come_back(client_of(brand), chamber, "late-1", email="early@example.org", email_verified=True)
    assert response["Location"] == "/accounts/3rdparty/signup/"
    assert not SocialAccount.objects.filter(user=user).exists()


def test_staff_are_not_entered_by_an_address_and_no_claim_makes_staff(brand, admin_user, chamber):
    client = client_of(brand)
    claims = {"email": "admin@example.org", "email_verified": True, "is_staff": True, "is_superuser": True}
    assert come_back(client, chamber, "boss-1", **claims)["Location"] == "/accounts/3rdparty/signup/"
    assert client.get("/admin/").status_code == 302
    data = {"first_name": "N", "last_name": "N", "terms": "on", "is_staff": "on"}
    client.post("/accounts/3rdparty/signup/", data)
    assert mail.outbox[-1].to == ["admin@example.org"], "who owns the address hears that there is an account"
    assert not SocialAccount.objects.exists()
    assert client.get("/admin/").status_code == 302
    come_back(client, chamber, "boss-2", **claims | {"email": "new@example.org"})
    client.post("/accounts/3rdparty/signup/", data)
    new = User.objects.get(email="new@example.org")
    assert not new.is_staff
    assert not new.is_superuser
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_operator_can_switch_entering_by_address_off(alice, brand, server, settings):
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps([configured(server, link_by_email=False)])}}
    response = come_back(client_of(brand), server, "alice-2", email="alice@example.org", email_verified=True)
    assert response["Location"] == "/accounts/3rdparty/signup/"


def test_a_member_connects_and_removes_an_account(alice, brand, chamber):
    client = client_of(brand)
    client.post("/accounts/login/", {"login": "alice@example.org", "password": factories.PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    assert "Chamber" in client.get("/accounts/3rdparty/").content.decode()
    come_back(client, chamber, "alice-3", f"{LOGIN}?process=connect", email="private@example.com", email_verified=True)
    account = SocialAccount.objects.get(user=alice.person.user)
    assert "Chamber" in mail.outbox[-1].subject
    assert not EmailAddress.objects.filter(email="private@example.com", user=alice.person.user, verified=True).exists()
    other = client_of(brand)
    assert come_back(other, chamber, "alice-3", email="private@example.com")["Location"] == "/my/"
    assert client.post("/accounts/3rdparty/", {"account": account.pk}).status_code == 302
    assert not SocialAccount.objects.exists()


def test_a_second_factor_is_asked_for_after_sign_in(alice, brand, chamber):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(alice.person.user, generate_totp_secret())
    client = client_of(brand)
    response = come_back(client, chamber, "alice-4", email="alice@example.org", email_verified=True)
    assert response["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/my/").status_code == 302


def test_buttons_only_where_configured(brand, other_brand, server, settings):
    assert "Continue with" not in client_of(brand).get("/accounts/login/").content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps([configured(server, brands=[brand.slug])])}}
    for page in ("/accounts/login/", "/accounts/signup/"):
        assert "Continue with Chamber" in client_of(brand).get(page).content.decode()
        assert "Continue with" not in client_of(other_brand).get(page).content.decode()
    assert client_of(other_brand).get(LOGIN).status_code == 404
    assert client_of(brand).get("/accounts/oidc/other/login/").status_code == 404


def test_a_forged_answer_and_a_silent_provider_end_on_a_page(brand, chamber, settings):
    client = client_of(brand)
    response = client.get(f"{LOGIN}callback/?code=x&state=forged")
    assert "The log-in did not work" in response.content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps([configured("http://localhost:9")])}}
    response = client.get(LOGIN)
    assert response.status_code == 503
    assert "The log-in did not work" in response.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"id": "x", "client_id": "c"}, {"id": "google"}, {"id": "google", "client_id": "c", "brand": "x"}]
)
def test_wrong_configuration_is_refused_at_start(wrong):
    with pytest.raises((KeyError, ValueError)):
        apps([wrong])
    with pytest.raises(ValueError, match="once"):
        apps([{"id": "google", "client_id": "c"}] * 2)
