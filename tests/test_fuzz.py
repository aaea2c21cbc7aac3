"""Nonsense in every address and form: an answer below 500, whatever somebody sends.

Every named page outside the administration is asked with the same few kinds of nonsense under all names that pages read.
"""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from scheduling import availability, bookings, links
from scheduling.models import Message

NASTY = {
    "nul": "a\x00b",
    "digits": "9" * 5000,
    "odd": "\u202e🦄'\"<script>%00%s{{7*7}};=cmd\r\nBcc: x@example.org" + "ß" * 300,
    "day": "9999-12-31",
}
ASKED = [
    "lang",
    "tz",
    "what",
    "where",
    "speaks",
    "sort",
    "page",
    "next",
    "q",
    "type",
    "day",
    "from",
    "start",
    "tab",
    "embed",
]
TYPED = [
    "start",
    "name",
    "email",
    "phone",
    "note",
    "privacy",
    "reason",
    "visibility",
    "day",
    "at",
    "outside",
    "silent",
    "meeting_type",
    "first_name",
    "last_name",
    "terms",
    "title",
    "about",
    "fees",
    "specialties",
    "languages",
    "time_zone",
    "language",
    "add",
    "remove",
    "copy",
    "copy-0",
    "0-start",
    "0-end",
    "special-start",
    "special-end",
    "kind",
    "first_date",
    "last_date",
    "description",
    "channel",
    "office",
    "video_url",
    "price_text",
    "duration",
    "step",
    "buffer_before",
    "notice_0",
    "notice_1",
    "cancel_cutoff_0",
    "cancel_cutoff_1",
    "move_cutoff_0",
    "move_cutoff_1",
    "horizon_days",
    "seats",
    "daily_limit",
    "offices-TOTAL_FORMS",
    "offices-INITIAL_FORMS",
    "offices-0-id",
    "offices-0-city",
    "login",
    "password",
    "password1",
    "password2",
    "portrait",
    "oldpassword",
    "up",
    "next",
    "action_add",
    "action_primary",
    "csrfmiddlewaretoken",
    "no_show",
]
# Logs out, and with it ends the walk.
SKIPPED = {"account_logout"}


def names(resolver: URLResolver | None = None) -> list[tuple[str, frozenset[str]]]:
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            found += names(entry) if entry.namespace != "admin" else []
        elif isinstance(entry, URLPattern) and entry.name and entry.name not in SKIPPED:
            found.append((entry.name, frozenset(entry.pattern.regex.groupindex) | frozenset(entry.pattern.converters)))
    return found


@pytest.fixture
def paths(alice, meeting_type, next_monday) -> list[str]:
    """Every page, with ids of what there is: a booking, a hold, an absence, a legal page."""
    booking = bookings.confirm(bookings.hold(meeting_type, next_monday), name="Bob", email="bob@example.org")
    held = bookings.hold(meeting_type, availability.next_free(meeting_type))
    override = alice.availability_overrides.create(first_date=next_monday, last_date=next_monday, windows=[])
    alice.brand.legal_pages.create(kind="imprint", title="Imprint", body="# Alice")
    known = {
        "slug": alice.slug,
        "type_slug": meeting_type.slug,
        "uid": booking.pk,
        "name": "appointment",
        "kind": "imprint",
        "key": "MQ:1abc:x",
        "uidb36": "1",
        "path": "portraits/none.webp",
        "provider": "meetergo",
    }
    found = []
    for name, parameters in names():
        own = {
            "token": links.manage_token(booking),
            "pk": override.pk if "override" in name else meeting_type.pk,
        }
        if name == "join":
            own["token"] = links.join_token(booking, Message.Audience.CLIENT)
        if name in ("booking_details", "booking_extend"):
            own["token"] = links.manage_token(held)
        values = known | own
        assert parameters <= set(values), f"{name}: say here what {parameters - set(values)} may be"
        found.append(reverse(name, kwargs={key: values[key] for key in parameters}))
    return found


@pytest.mark.parametrize("kind", NASTY)
def test_nonsense_is_never_our_mistake(paths, alice_client, kind):
    value = NASTY[kind]
    alice_client.raise_request_exception = False
    broken = []
    for path in paths:
        for method, given in (("get", dict.fromkeys(ASKED, value)), ("post", dict.fromkeys(TYPED, [value, value]))):
            response = getattr(alice_client, method)(path, given)
            if response.status_code >= 500:
                broken.append(f"{method} {path}: {getattr(response, 'exc_info', None)}")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("cookie", ["sessionid", "csrftoken", "django_language", "tz", "messages"])
def test_cookies_of_somebody_else(client, brand, cookie):
    client.raise_request_exception = False
    for value in (r'"a\000bcdefghij"', "x" * 3000, '"ä; "'):
        for path in ("/", "/my/", "/accounts/login/"):
            assert client.get(path, HTTP_COOKIE=f"{cookie}={value}").status_code < 500, (cookie, value[:20], path)


@pytest.mark.parametrize("email", ["b@" + ".".join(["a" * 60] * 4) + ".example.org", "b" * 280 + "@example.org"])
def test_addresses_longer_than_their_column(client, brand, email):
    client.raise_request_exception = False
    typed = {"first_name": "B", "last_name": "B", "email": email, "password1": "a long sentence", "terms": "on"}
    for path in ("signup", "login", "password/reset"):
        assert client.post(f"/accounts/{path}/", {**typed, "login": email, "password": "x"}).status_code < 500, path
