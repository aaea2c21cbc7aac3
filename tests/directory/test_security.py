"""The safety of a log-in: second factors, sessions, new devices, and the administration behind them."""

import re

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import timezone

from directory import devices
from directory.models import Device
from directory.secrets import unseal
from tests import factories
from tests.conftest import client_of

# What django-allauth does after the commit belongs to the request, so there must be a commit.
committing = pytest.mark.django_db(transaction=True)
LOGIN, SECURITY = "/accounts/login/", "/accounts/2fa/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1"


def log_in(client: Client, email: str, **headers):
    data = {"login": email, "password": factories.PASSWORD}
    return client.post(LOGIN, data, **headers)


def code_of(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))


def prove(client: Client) -> None:
    """Say the password once more, as the pages about the log-in ask."""
    assert client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD}).status_code == 302


def set_up_app(client: Client) -> str:
    """The whole way through the pages; the secret."""
    prove(client)
    page = client.get(f"{SECURITY}totp/activate/")
    secret = page.context["form"].secret
    response = client.post(f"{SECURITY}totp/activate/", {"code": code_of(secret)})
    assert response.status_code == 302, response.context["form"].errors
    assert response["Location"] == f"{SECURITY}recovery-codes/"
    return secret


@committing
def test_an_app_for_codes_guards_the_log_in(alice, brand):
    client = client_of(brand)
    log_in(client, "alice@example.org")
    secret = set_up_app(client)
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored, "sealed at rest"
    assert unseal(stored) == secret
    assert brand.name in mail.outbox[-1].from_email
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=2), tick=False):
        other = client_of(brand)
        assert log_in(other, "alice@example.org")["Location"] == f"{SECURITY}authenticate/"
        assert other.get("/my/").status_code == 302, "the password alone does not open the pages"
        wrong = other.post(f"{SECURITY}authenticate/", {"code": "000000"})
        assert "This code is not right" in wrong.content.decode()
        code = code_of(secret)
        assert other.post(f"{SECURITY}authenticate/", {"code": code})["Location"] == "/my/"
        assert other.get("/my/").status_code == 200
        third = client_of(brand)
        log_in(third, "alice@example.org")
        assert third.post(f"{SECURITY}authenticate/", {"code": code}).status_code == 200, "a code serves once"


@committing
def test_a_recovery_code_opens_once(alice, brand):
    client = client_of(brand)
    log_in(client, "alice@example.org")
    set_up_app(client)
    text = client.get(f"{SECURITY}recovery-codes/download/").content.decode()
    codes = text.split()
    assert len(codes) == 10
    page = client.get(f"{SECURITY}recovery-codes/").content.decode()
    assert all(code in page for code in codes)
    for expected in (302, 200):
        other = client_of(brand)
        log_in(other, "alice@example.org")
        assert other.post(f"{SECURITY}authenticate/", {"code": codes[0]}).status_code == expected


def test_security_pages_ask_again_after_a_while(alice, brand):
    client = client_of(brand)
    with time_machine.travel(timezone.now() - timezone.timedelta(hours=1)):
        log_in(client, "alice@example.org")
        prove(client)
        assert client.get(f"{SECURITY}totp/activate/").status_code == 200
    response = client.get(f"{SECURITY}totp/activate/")
    assert response["Location"].startswith("/accounts/reauthenticate/")
    page = client.get(response["Location"])
    assert page.status_code == 200
    assert client.post(response["Location"], {"password": factories.PASSWORD}).status_code == 302
    assert client.get(f"{SECURITY}totp/activate/").status_code == 200


def test_a_foreign_passkey_can_be_neither_renamed_nor_removed(alice, charlie, brand):
    passkey = Authenticator.objects.create(user=alice.person.user, type="webauthn", data={"name": "Alice's"})
    client = client_of(brand)
    log_in(client, "charlie@example.org")
    prove(client)
    for action in ("edit", "remove"):
        path = f"{SECURITY}webauthn/keys/{passkey.pk}/{action}/"
        assert client.get(path).status_code == 404
        assert client.post(path, {"name": "Mine"}).status_code == 404
    passkey.refresh_from_db()
    assert passkey.data["name"] == "Alice's"


def test_a_passkey_belongs_to_the_host(alice, brand):
    client = client_of(brand)
    log_in(client, "alice@example.org")
    prove(client)
    options = client.get(f"{SECURITY}webauthn/add/").context["js_data"]["creation_options"]["publicKey"]
    assert options["rp"]["id"] == brand.host
    assert options["rp"]["name"] == brand.name


def test_other_devices_are_logged_out(alice, brand):
    here, there = client_of(brand), client_of(brand)
    log_in(here, "alice@example.org", HTTP_USER_AGENT=FIREFOX)
    log_in(there, "alice@example.org", HTTP_USER_AGENT=SAFARI)
    page = here.get("/accounts/sessions/").content.decode()
    assert "Firefox, Windows" in page
    assert "Safari, iPhone" in page
    assert here.post("/accounts/sessions/").status_code == 302
    assert there.get("/my/").status_code == 302
    assert here.get("/my/").status_code == 200
    assert UserSession.objects.count() == 1


def test_the_list_knows_when_a_session_was_last_used(alice, brand, at_most_queries):
    client = client_of(brand)
    log_in(client, "alice@example.org")
    later = timezone.now() + timezone.timedelta(hours=3)
    from django.core.cache import cache

    with time_machine.travel(later, tick=False):
        cache.clear()
        client.get("/my/settings/")
        assert UserSession.objects.get().last_seen_at == later
        with at_most_queries(20) as asked:
            client.get("/my/settings/")
        assert not [query for query in asked.captured_queries if "UPDATE" in query["sql"]], "at most every ten minutes"


def test_a_log_in_from_a_new_device_is_told_once(alice, brand):
    alice.person.language = "de"
    alice.person.save()
    first, second = client_of(brand), client_of(brand)
    log_in(first, "alice@example.org", HTTP_USER_AGENT=FIREFOX)
    assert devices.send_alerts() == 0, "the first device of a log-in is no news"
    log_in(second, "alice@example.org", HTTP_USER_AGENT=SAFARI)
    mail.outbox.clear()
    assert devices.send_alerts() == 1
    assert devices.send_alerts() == 0
    (alert,) = mail.outbox
    assert alert.to == ["alice@example.org"]
    assert "Safari, iPhone" in alert.body
    assert f"http://{brand.host}" in alert.body
    for client in (first, second):
        client.post("/accounts/logout/")
        log_in(client, "alice@example.org")
    assert devices.send_alerts() == 0, "known by their cookie"
    assert Device.objects.count() == 2


def test_an_alert_that_could_not_be_sent_is_due_again(alice, brand, monkeypatch):
    log_in(client_of(brand), "alice@example.org")
    log_in(client_of(brand), "alice@example.org")

    def refuse(*_args):
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", refuse)
        with pytest.raises(ConnectionRefusedError):
            devices.send_alerts()
    assert devices.send_alerts() == 1


def test_a_wrong_password_is_no_device(alice, brand):
    client_of(brand).post(LOGIN, {"login": "alice@example.org", "password": "wrong"})
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        (SAFARI, "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", "Edge, Linux"),
        ("curl/8", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_names_of_devices(user_agent, name):
    assert devices.name_of(user_agent) == name


# --- administration ----------------------------------------------------------------------------------------


def test_the_administration_is_entered_through_the_same_log_in(brand, admin_user):
    client = client_of(brand)
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith(LOGIN)
    response = client.post(
        response.redirect_chain[-1][0], {"login": "admin@example.org", "password": factories.PASSWORD}
    )
    assert response["Location"] == "/admin/"
    assert client.post("/admin/login/", {"username": "x", "password": "y"}).status_code == 302, "no form of its own"


def test_a_member_is_refused_at_the_administration(alice_client):
    response = alice_client.get("/admin/", follow=True)
    assert response.status_code == 403


@committing
def test_staff_need_a_second_factor_where_the_setting_says_so(brand, admin_user, settings):
    settings.STAFF_SECOND_FACTOR = True
    client = client_of(brand)
    log_in(client, "admin@example.org")
    assert client.get("/admin/")["Location"] == SECURITY
    assert "Set one up here" in client.get(SECURITY).content.decode()
    secret = set_up_app(client)
    assert client.get("/admin/").status_code == 200
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=2), tick=False):
        again = client_of(brand)
        log_in(again, "admin@example.org")
        assert again.get("/admin/").status_code == 302, "anonymous until the code is in"
        again.post(f"{SECURITY}authenticate/", {"code": code_of(secret)})
        assert again.get("/admin/").status_code == 200
    forced = client_of(brand, admin_user)
    assert forced.get("/admin/")["Location"].startswith(f"{SECURITY}reauthenticate/"), "a session without proof"


def test_under_a_host_of_no_brand_a_password_is_not_enough_for_who_has_more(brand, admin_user, settings):
    client = Client(HTTP_HOST="new.example")
    data = {"username": "admin@example.org", "password": factories.PASSWORD}
    assert client.post("/admin/login/", data).status_code == 302, "nobody asks for more"
    client.logout()
    settings.STAFF_SECOND_FACTOR = True
    assert "second factor" in client.post("/admin/login/", data).content.decode()
    settings.STAFF_SECOND_FACTOR = False
    Authenticator.objects.create(user=admin_user, type="totp", data={"secret": "x"})
    assert "second factor" in client.post("/admin/login/", data).content.decode()


@committing
def test_every_page_of_a_log_in_looks_like_ours(alice, brand):
    """In both languages; a page that django-allauth brings has none of our marks."""
    client = client_of(brand)
    log_in(client, "alice@example.org")
    set_up_app(client)
    Authenticator.objects.create(
        user=alice.person.user, type="webauthn", data={"name": "Phone", "credential": {}}, pk=77
    )
    pages = ["", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "reauthenticate/"]
    pages += ["webauthn/keys/77/edit/", "webauthn/keys/77/remove/", "webauthn/"]
    for page in pages:
        for language in ("en", "de"):
            text = client.get(f"{SECURITY}{page}", HTTP_ACCEPT_LANGUAGE=language).content.decode()
            assert 'class="auth"' in text, page
            assert "<h1>" in text, page
            assert not re.search(r"<h1>\s*(Two-Factor|Security Key|Deactivate|Recovery Codes|Sessions)", text), page
