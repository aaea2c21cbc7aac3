"""Home, legal pages, error pages, account pages, and what crawlers read."""

import json
import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from directory.models import LegalPage, Professional
from tests import factories
from tests.conftest import client_of


@pytest.fixture
def legal(brand, other_brand):
    LegalPage.objects.create(
        brand=brand, kind="imprint", title_en="Imprint", body_en="## Who\n\n**We** <script>alert(1)</script>"
    )
    LegalPage.objects.create(brand=other_brand, kind="privacy", title_en="Privacy", body_en="Theirs")


def test_home_shows_who_is_free_next(client: Client, alice, meeting_type, at_most_queries):
    Professional.objects.filter(pk=alice.pk).update(next_free_at=timezone.now())
    with at_most_queries(17):
        page = client.get("/")
    assert f"/p/alice-ahrens/book/{meeting_type.slug}/?start=" in page.content.decode()


def test_home_of_an_empty_brand(client: Client):
    assert client.get("/").status_code == 200


def test_home_json_ld_cannot_leave_its_script(client: Client, brand):
    brand.name = "</script><script>alert(1)</script>"
    brand.save()
    text = client.get("/").content.decode()
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL).group(1)
    assert json.loads(block)["name"] == brand.name


def test_legal_page_is_markdown_without_html(client: Client, legal):
    text = client.get("/legal/imprint/").content.decode()
    assert "<strong>We</strong>" in text
    assert "<script>alert" not in text


def test_legal_page_of_another_brand_is_not_found(client: Client, legal):
    assert client.get("/legal/privacy/").status_code == 404


def test_footer_lists_own_legal_pages(client: Client, legal):
    text = client.get("/").content.decode()
    assert "/legal/imprint/" in text
    assert "/legal/privacy/" not in text


def test_language_by_link_is_remembered(client: Client, brand):
    assert '<html lang="de"' in client.get("/?lang=de").content.decode()
    assert '<html lang="de"' in client.get("/").content.decode()


def test_every_language_is_announced(client: Client, brand):
    text = client.get("/search/?what=x").content.decode()
    for code in ("en", "de"):
        url = brand.url(f"/search/?what=x&lang={code}").replace("&", "&amp;")
        assert f'hreflang="{code}" href="{url}"' in text


def test_sitemap_lists_public_profiles_of_this_brand(client: Client, alice, charlie, other_brand):
    factories.make_professional(other_brand, slug="foreign")
    Professional.objects.filter(pk=charlie.pk).update(status=Professional.Status.DRAFT)
    text = client.get("/sitemap.xml").content.decode()
    assert "/p/alice-ahrens/" in text
    assert "charlie" not in text
    assert "foreign" not in text


def test_robots(client: Client, brand):
    assert f"Sitemap: {brand.url('/sitemap.xml')}" in client.get("/robots.txt").content.decode()


def test_unknown_address_in_the_brands_look(client: Client, brand):
    page = client.get("/nothing/here/")
    assert page.status_code == 404
    assert brand.name in page.content.decode()


def test_error_without_database_or_brand(rf):
    from directory.views.errors import server_error

    page = server_error(rf.get("/"))
    assert page.status_code == 500
    assert b"/static/css/app.css" in page.content


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 429])
def test_error_pages(client: Client, brand, rf, status):
    from directory.views.errors import error

    request = rf.get("/")
    request.brand = brand
    page = error(request, status)
    assert page.status_code == status
    assert brand.name in page.content.decode()


def test_styleguide_only_in_development(client: Client, brand, settings):
    settings.DEVELOPMENT = True
    assert client.get("/styleguide/").status_code == 200
    settings.DEVELOPMENT = False
    assert client.get("/styleguide/").status_code == 404


@pytest.mark.parametrize(
    "path", ["login", "signup", "password/reset", "password/reset/done", "confirm-email", "inactive"]
)
def test_account_pages_for_visitors(client: Client, brand, path):
    page = client.get(f"/accounts/{path}/")
    assert page.status_code == 200
    assert "site-header" in page.content.decode()


@pytest.mark.parametrize("path", ["logout", "email", "password/change", "reauthenticate"])
def test_account_pages_for_members(alice_client: Client, path):
    page = alice_client.get(f"/accounts/{path}/")
    assert page.status_code == 200
    assert "site-header" in page.content.decode()


def test_sign_up_confirm_and_draft_profile(client: Client, brand):
    data = {"first_name": "Ulla", "last_name": "Über", "email": "ulla@example.org", "password1": "a long sentence"}
    refused = client.post("/accounts/signup/", data)
    assert 'class="error-summary"' in refused.content.decode()
    assert 'aria-describedby="id_terms_error"' in refused.content.decode()

    assert client.post("/accounts/signup/", {**data, "terms": "on"}).status_code == 302
    (message,) = mail.outbox
    assert brand.name in message.subject
    assert brand.sender_address in message.from_email
    (html, kind) = message.alternatives[0]
    assert kind == "text/html"
    assert brand.palette["accent"] in html
    link = re.search(r"https?://[^/]+(/accounts/confirm-email/\S+)", message.body).group(1)
    assert client.get(link).status_code == 200
    assert client.post(link).status_code == 302
    assert Professional.objects.get(slug="ulla-ueber").status == Professional.Status.DRAFT


def test_password_reset(client: Client, alice):
    client.post("/accounts/password/reset/", {"email": alice.person.email})
    (message,) = mail.outbox
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", message.body).group(1)
    page = client.get(link, follow=True)
    done = client.post(
        page.request["PATH_INFO"], {"password1": "quite another sentence", "password2": "quite another sentence"}
    )
    assert done.status_code == 302
    assert client_of(alice.brand).login(email=alice.person.email, password="quite another sentence")
    assert client.get(link, follow=True).context["token_fail"]


def test_password_reset_for_a_stranger_says_nothing(client: Client, brand):
    page = client.post("/accounts/password/reset/", {"email": "nobody@example.org"}, follow=True)
    assert page.status_code == 200
    assert [message.to for message in mail.outbox] == [["nobody@example.org"]]


def test_error_summary_of_a_label_that_is_a_sentence(client: Client, brand):
    page = client.post("/accounts/signup/", {}).content.decode()
    assert "have read the privacy notice: " in page
    assert "privacy notice.:" not in page
