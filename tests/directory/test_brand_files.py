"""The brand's stylesheet, favicon and uploads."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from directory.models import Brand
from tests.conftest import client_of

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def test_stylesheet_carries_the_brand(client: Client, brand):
    brand.accent, brand.typeface, brand.corners = "#7a1f2b", Brand.Typeface.SERIF, Brand.Corners.SHARP
    brand.save()
    page = client.get(f"/brand.css?v={brand.style_version}")
    text = page.content.decode()
    assert page["Content-Type"].startswith("text/css")
    assert "--accent: #7a1f2b" in text
    assert brand.palette["accent_dark"] in text
    assert "Source Serif" in text
    assert "--radius-m: 3px" in text


def test_stylesheet_is_cached_for_ever_only_under_its_version(client: Client, brand):
    version = brand.style_version
    assert "immutable" in client.get(f"/brand.css?v={version}")["Cache-Control"]
    for query in ("", "?v=old"):
        assert "no-cache" in client.get(f"/brand.css{query}")["Cache-Control"]


def test_stylesheet_is_not_sent_twice(client: Client, brand):
    etag = client.get("/brand.css")["ETag"]
    assert client.get("/brand.css", headers={"if-none-match": etag}).status_code == 304
    brand.accent = "#0b5d3b"
    brand.save()
    assert client.get("/brand.css", headers={"if-none-match": etag}).status_code == 200


def test_pages_link_the_current_version(client: Client, brand):
    assert f"/brand.css?v={brand.style_version}" in client.get("/").content.decode()


def test_favicon(client: Client, brand):
    assert client.get("/favicon.ico")["Location"].endswith("favicon.svg")
    brand.favicon.save("icon.png", ContentFile(PNG))
    assert client.get("/favicon.ico")["Location"] == brand.favicon.url


def test_uploads_of_this_brand_with_safe_headers(client: Client, brand, alice):
    brand.logo.save("logo.svg", ContentFile(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"))
    alice.portrait.save("alice.png", ContentFile(PNG))
    for url, kind in ((brand.logo.url, "image/svg+xml"), (alice.portrait.url, "image/png")):
        page = client.get(url)
        assert page.status_code == 200
        assert page["Content-Type"] == kind
        assert "sandbox" in page["Content-Security-Policy"]
        assert page["X-Content-Type-Options"] == "nosniff"


def test_uploads_of_another_brand_are_not_found(alice, other_brand, admin_user):
    alice.portrait.save("alice.png", ContentFile(PNG))
    assert client_of(other_brand).get(alice.portrait.url).status_code == 404
    assert client_of(other_brand, admin_user).get(alice.portrait.url).status_code == 200


@pytest.mark.parametrize("path", ["../db.sqlite3", "%2e%2e/secret_key", "portraits/none.png", "notes.html", "a%00.png"])
def test_nothing_else_is_served(client: Client, brand, path):
    assert client.get(f"/media/{path}").status_code == 404
