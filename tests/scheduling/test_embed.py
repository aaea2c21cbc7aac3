"""Booking pages inside other sites: signed frames instead of cookies, allowed sites, snippet, loader."""

import gzip
import html
import re
from dataclasses import asdict

import pytest
import time_machine
from django.core import signing
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import get_script_prefix

from scheduling import availability, bookings, embed, links
from scheduling.models import Booking, BookingSource, EmbedSite
from tests import factories

SITE = "https://kanzlei.example"


# What pages out there name: a published file never changes.
PUBLISHED = {
    "1.0.0": "sha384-+evvdGJdDxL5Yk53L+BwPTrL+dLgd56d2o/7TOx+MQJwrW4dJTQYx86aTIjSONXs",
    "1.1.0": "sha384-uUy/RG38jY5XumCD9HrExc56JRqXSSCAoBoGTC4w2GDr6X+J+5rjmsfOGE+kks9l",
}


def visitor_of(brand) -> Client:
    """A browser that withholds cookies and whose forms are checked."""
    return Client(HTTP_HOST=brand.host, enforce_csrf_checks=True, headers={"sec-fetch-dest": "iframe"})


def go(client: Client, path: str, data=None, **headers):
    """One request without any cookie; none may come back."""
    client.cookies.clear()
    response = client.get(path, headers=headers) if data is None else client.post(path, data, headers=headers)
    assert not response.cookies
    return response


def open_frame(client: Client, host, **query):
    EmbedSite.objects.get_or_create(host=host, origin=SITE)
    return (
        go(client, f"/embed/v1/frame/{host.slug}/", None)
        if not query
        else client.get(f"/embed/v1/frame/{host.slug}/", {"origin": SITE, "id": "one", **query})
    )


def token_in(response) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', response.content.decode())[1]


def frame_ancestors(response) -> str:
    return re.search(r"frame-ancestors ([^;]+)", response.headers["Content-Security-Policy"])[1].strip()


def start_in(response) -> str:
    return html.unescape(re.search(r'name="start" value="([^"]+)"', response.content.decode())[1])


def book_up_to_details(client, alice, meeting_type, **query):
    entry = open_frame(client, alice, type=meeting_type.slug, **query)
    page = go(client, entry.headers["Location"])
    prefix = re.match(r"/embed/v1/f/[^/]+/", entry.headers["Location"])[0]
    held = go(
        client,
        f"{prefix}p/{alice.slug}/book/{meeting_type.slug}/hold/",
        {"start": start_in(page), "csrfmiddlewaretoken": token_in(page)},
    )
    assert held.status_code == 303
    assert held.headers["Location"].startswith(f"{prefix}b/")
    return prefix, held.headers["Location"]


def test_the_whole_path_needs_no_cookie(brand, alice, meeting_type, settings):
    settings.VISITOR_LIMITS = 0
    client = visitor_of(brand)
    prefix, address = book_up_to_details(
        client,
        alice,
        meeting_type,
        lang="de",
        name="Bob Berg",
        email="bob@example.org",
        note="Mietvertrag",
        utm_source="brief",
    )
    details = go(client, address)
    text = details.content.decode()
    assert 'lang="de"' in text
    assert 'value="Bob Berg"' in text
    assert "Mietvertrag" in text
    assert Booking.objects.get().status == "held"
    form = {"csrfmiddlewaretoken": token_in(details), "name": "Bob Berg", "email": "bob@example.org", "privacy": "on"}
    form["mark"] = re.search(r'name="mark" value="([^"]+)"', text)[1]
    done = go(client, address, form)
    assert done.status_code == 303, done.content.decode()
    assert done.headers["Location"].startswith(f"{prefix}b/")
    assert go(client, done.headers["Location"]).status_code == 200
    booking = Booking.objects.get()
    assert booking.status == "confirmed"
    assert (booking.source.origin, booking.source.campaign) == (SITE, {"utm_source": "brief"})
    assert "/embed/" not in links.manage_url(booking)


def test_the_plain_link_fills_the_form_in_and_says_no_name_again(brand, alice, meeting_type, client, caplog):
    query = {"type": meeting_type.slug, "name": "Bob Berg", "email": "bob@example.org", "note": "Mietvertrag"}
    entry = client.get(f"/p/{alice.slug}/", query)
    assert entry.status_code == 302
    assert entry.headers["Location"] == f"/p/{alice.slug}/?type={meeting_type.slug}"
    assert entry.headers["Cache-Control"] == "private, no-store"
    page = client.get(entry.headers["Location"])
    path = f"/p/{alice.slug}/book/{meeting_type.slug}/hold/"
    details = client.get(client.post(path, {"start": start_in(page)}).headers["Location"]).content.decode()
    assert 'value="Bob Berg"' in details
    assert 'value="bob@example.org"' in details
    assert "Mietvertrag" in details
    assert page.headers["Referrer-Policy"] == "same-origin"
    told = page.content.decode() + str(client.cookies) + caplog.text + str(dict(client.session))
    for personal in ("Bob", "bob@", "bob%40", "Mietvertrag"):
        assert personal not in told


def test_a_second_time_releases_the_first(brand, alice, meeting_type):
    """What the session remembers elsewhere, the frame's own store remembers."""
    client = visitor_of(brand)
    prefix, _address = book_up_to_details(client, alice, meeting_type)
    page = go(client, f"{prefix}p/{alice.slug}/book/{meeting_type.slug}/")
    starts = re.findall(r'name="start" value="([^"]+)"', page.content.decode())
    data = {"start": html.unescape(starts[-1]), "csrfmiddlewaretoken": token_in(page)}
    go(client, f"{prefix}p/{alice.slug}/book/{meeting_type.slug}/hold/", data)
    assert Booking.objects.filter(status="held").count() == 1


def test_a_form_is_taken_only_from_a_page_of_the_same_frame(brand, alice, meeting_type):
    client = visitor_of(brand)
    one = open_frame(client, alice, type=meeting_type.slug).headers["Location"]
    other = open_frame(client, alice, type=meeting_type.slug).headers["Location"]
    page = go(client, one)
    path = f"p/{alice.slug}/book/{meeting_type.slug}/hold/"
    data = {"start": start_in(page), "csrfmiddlewaretoken": token_in(page)}
    prefix = re.match(r"/embed/v1/f/[^/]+/", other)[0]
    assert go(client, prefix + path, data).status_code == 403
    prefix = re.match(r"/embed/v1/f/[^/]+/", one)[0]
    assert go(client, prefix + path, {"start": data["start"]}).status_code == 403
    assert go(client, prefix + path, data, origin="https://evil.example").status_code == 403
    assert not Booking.objects.exists()
    assert go(client, prefix + path, data).status_code == 303


def test_only_listed_sites_may_show_it_and_only_her_pages(brand, alice, charlie, meeting_type, client):
    EmbedSite.objects.create(host=alice, origin=SITE)
    visitor = visitor_of(brand)
    refused = visitor.get(f"/embed/v1/frame/{alice.slug}/", {"origin": "https://evil.example"})
    assert refused.status_code == 403
    assert frame_ancestors(refused) == f"'self' {SITE}"
    entry = open_frame(visitor, alice, type=meeting_type.slug)
    page = go(visitor, entry.headers["Location"])
    assert frame_ancestors(page) == f"'self' {SITE}"
    assert "X-Frame-Options" not in page.headers
    prefix = re.match(r"/embed/v1/f/[^/]+/", entry.headers["Location"])[0]
    assert go(visitor, f"{prefix}p/{charlie.slug}/").status_code == 404
    theirs = factories.make_meeting_type(charlie)
    booking = bookings.hold(theirs, availability.next_free(theirs))
    assert go(visitor, f"{prefix}b/{links.manage_token(booking)}/details/").status_code == 404
    plain = client.get(alice.get_absolute_url())
    assert frame_ancestors(plain) == "'none'"
    assert plain.headers["X-Frame-Options"] == "DENY"
    EmbedSite.objects.all().delete()
    assert frame_ancestors(go(visitor, entry.headers["Location"])) == "'self'"


@pytest.mark.parametrize("path", ["my/", "accounts/login/", "search/", "legal/privacy/"])
def test_what_is_no_booking_page_opens_in_its_own_tab(brand, alice, alice_client, path):
    prefix = embed.new_frame(alice, SITE).prefix
    response = alice_client.get(prefix + path, headers={"sec-fetch-dest": "iframe"})
    assert response.status_code in (200, 404)
    if response.status_code == 200:
        assert f'href="/{path}" target="_blank"' in response.content.decode()
    alone = alice_client.get(prefix + path, headers={"sec-fetch-dest": "document"})
    assert alone.headers["Location"] == f"/{path}"


def test_a_frame_knows_nobody_even_with_cookies(brand, alice, alice_client, meeting_type):
    """The log-in of a visitor who is logged in elsewhere counts for nothing in a frame."""
    page = alice_client.get(embed.new_frame(alice, SITE).prefix + f"p/{alice.slug}/")
    assert page.status_code == 200
    assert not page.wsgi_request.user.is_authenticated


def test_a_forged_or_foreign_address_is_no_page(brand, other_brand, alice, meeting_type):
    prefix = embed.new_frame(alice, SITE).prefix
    assert visitor_of(other_brand).get(f"{prefix}p/{alice.slug}/").status_code == 404
    assert visitor_of(brand).get(f"{prefix[:-3]}x/p/{alice.slug}/").status_code == 404
    assert get_script_prefix() == "/"


def test_an_old_address_is_renewed_and_an_old_form_begins_anew(brand, alice, meeting_type):
    with time_machine.travel("2026-01-01T10:00Z"):
        prefix = embed.new_frame(alice, SITE).prefix
    client = visitor_of(brand)
    again = client.get(f"{prefix}p/{alice.slug}/")
    assert again.status_code == 302
    assert again.headers["Location"] != f"{prefix}p/{alice.slug}/"
    assert client.get(again.headers["Location"]).status_code == 200
    sent = client.post(f"{prefix}p/{alice.slug}/book/{meeting_type.slug}/hold/", {"start": "x"})
    assert sent.status_code == 302
    assert sent.headers["Location"].endswith(f"/p/{alice.slug}/")


def test_the_zone_is_chosen_without_a_cookie(brand, alice):
    meeting_type = factories.make_meeting_type(alice, channel="video")
    client = visitor_of(brand)
    entry = open_frame(client, alice, type=meeting_type.slug, tz="America/New_York").headers["Location"]
    assert 'data-zone="America/New_York"' in go(client, entry).content.decode()
    prefix = re.match(r"/embed/v1/f/[^/]+/", entry)[0]
    chosen = go(client, f"{prefix}time-zone/?tz=Asia/Tokyo&next={entry}")
    assert chosen.headers["Location"].startswith(prefix)
    assert 'data-zone="Asia/Tokyo"' in go(client, entry).content.decode()


@pytest.mark.parametrize(
    ("asked", "theme", "dark"),
    [
        ({}, "light", ""),
        ({"theme": "nonsense"}, "light", ""),
        ({"theme": "dark"}, "dark", '/dark.css">'),
        ({"theme": "auto"}, "auto", '/dark.css" media="(prefers-color-scheme: dark)">'),
    ],
)
def test_a_frame_is_dark_only_where_the_site_says_so(brand, alice, meeting_type, asked, theme, dark):
    client = visitor_of(brand)
    text = go(client, open_frame(client, alice, type=meeting_type.slug, **asked).headers["Location"]).content.decode()
    assert f'data-theme="{theme}"' in text
    assert (dark in text) if dark else ("dark.css" not in text)
    sheet = html.unescape(re.search(r'href="(/brand\.css[^"]*)"', text)[1])
    rules = client.get(sheet).content.decode()
    assert ("prefers-color-scheme" in rules) == (theme == "auto")
    assert (brand.palette["accent_dark"] in rules) == (theme != "light")


def test_an_address_from_before_themes_still_counts(alice):
    old = list(asdict(embed.new_frame(alice, SITE)).values())[:-1]
    frame, is_over = embed.read_frame(signing.dumps(old, salt=embed.SALT, compress=True))
    assert (frame.slug, frame.theme, is_over) == (alice.slug, "light", False)


def test_the_snippet_names_the_theme(alice, alice_client):
    text = html.unescape(alice_client.get("/my/embed/", {"theme": "dark"}).content.decode())
    assert text.count('data-theme="dark"') == 2  # snippet and preview
    assert "data-theme" not in embed.snippet(alice, mode="inline", text="Book")
    assert alice_client.get("/my/embed/", {"theme": "nonsense"}).status_code == 422


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("Kanzlei.example/kontakt", "https://kanzlei.example"),
        ("https://kanzlei.example:443", "https://kanzlei.example"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://a.example:8443/x?y", "https://a.example:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
    ],
)
def test_sites_are_kept_as_browsers_name_them(typed, origin):
    assert embed.clean_origin(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "*",
        "https://*.example.com",
        "http://kanzlei.example",
        "javascript:alert(1)",
        "'self'",
        "https://a.example;x",
        "com",
        "https://me@a.example",
        "https://a..example",
        "https://a.example:99999",
    ],
)
def test_what_is_no_site_is_refused(typed):
    with pytest.raises(ValidationError):
        embed.clean_origin(typed)


def test_the_member_says_where_and_copies_the_snippet(alice, alice_client, meeting_type, at_most_queries):
    saved = alice_client.post("/my/embed/sites/", {"sites": f"{SITE}/contact\nwww.other.example\n{SITE}"})
    assert saved.status_code == 302
    assert embed.sites_of(alice.pk) == [SITE, "https://www.other.example"]
    wrong = alice_client.post("/my/embed/sites/", {"sites": f"{SITE}\nhttps://*"})
    assert wrong.status_code == 422
    assert len(embed.sites_of(alice.pk)) == 2
    page = alice_client.get("/my/embed/", {"mode": "popup", "type": meeting_type.slug, "text": 'Hallo "du"'})
    text = html.unescape(page.content.decode())
    assert f"/p/{alice.slug}/?type={meeting_type.slug}" in text
    assert embed.integrity() in text
    assert 'Hallo "du"' in text
    assert alice_client.get("/my/embed/", {"type": "nobody"}).status_code == 422


def test_the_qr_code_leads_to_the_page(alice, alice_client, meeting_type):
    svg = alice_client.get("/my/embed/code.svg", {"type": meeting_type.slug})
    assert svg.headers["Content-Type"] == "image/svg+xml"
    png = alice_client.get("/my/embed/code.png", {"download": "1"})
    assert png.content.startswith(b"\x89PNG")
    assert "attachment" in png.headers["Content-Disposition"]
    assert alice_client.get("/my/embed/code.exe").status_code == 404
    assert alice_client.get("/my/embed/code.svg", {"type": "nobody"}).status_code == 404


def test_the_loader_is_small_and_stays_as_it_is(client, brand):
    response = client.get(embed.loader_path())
    assert len(gzip.compress(response.content)) <= 10_000
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {version: embed.integrity(version) for version in PUBLISHED} == PUBLISHED
    assert embed.LOADER in PUBLISHED
    assert client.get("/embed/v1/loader-9.9.9.js").status_code == 404
    assert client.get("/embed/v1/loader-..%2f1.js").status_code == 404


def test_a_booking_elsewhere_has_no_source(brand, alice, meeting_type):
    booking = bookings.hold(meeting_type, availability.next_free(meeting_type))
    embed.note_source(booking, None, None)
    assert not BookingSource.objects.exists()


def test_the_professional_sees_where_it_was_booked(brand, alice, alice_client, meeting_type):
    booking = bookings.confirm(
        bookings.hold(meeting_type, availability.next_free(meeting_type)), name="Bob", email="bob@example.org"
    )
    embed.note_source(booking, embed.new_frame(alice, SITE), {"utm_campaign": "spring"})
    page = alice_client.get(f"/my/bookings/{booking.pk}/").content.decode()
    assert SITE in page
    assert "spring" in page


def test_who_changed_the_list_is_in_the_audit_log_and_staff_can_change_it(alice, alice_client, admin_client, brand):
    from directory.models import AuditEvent

    embed.allow(alice, ["https://old.example"])

    alice_client.post("/my/embed/sites/", {"sites": "https://new.example"})
    lines = AuditEvent.objects.filter(subject_type="scheduling.embedsite").order_by("pk")
    assert [(line.verb, line.actor_id) for line in lines][1:] == [
        ("deleted", alice.person.user_id),
        ("added", alice.person.user_id),
    ]
    address = "/admin/scheduling/embedsite/add/"
    assert admin_client.post(address, {"host": alice.pk, "origin": "nonsense"}).status_code == 200
    admin_client.post(address, {"host": alice.pk, "origin": "HTTPS://Third.example/contact"})
    assert embed.sites_of(alice.pk) == ["https://new.example", "https://third.example"]
    assert lines.last().source == "admin"
