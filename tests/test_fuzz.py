"""Nonsense in every address and form: an answer below 500, whatever somebody sends.

Every named page outside the administration is asked with the same few kinds of nonsense under all names that pages read.
"""

import pytest
from django.forms import BaseForm
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from scheduling import bookings, links
from tests.test_tenancy import ids_of, known

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
    "add",
    "at",
    "date",
    "end",
    "item",
    "until",
    "v",
    "view",
    "weekly",
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
    "agreed",
    "all",
    "answer",
    "decided",
    "item",
    "keep",
]
# Logs out, and with it ends the walk.
SKIPPED = {"account_logout"}


def names(
    resolver: URLResolver | None = None, above: frozenset[str] = frozenset(), space: str = ""
) -> list[tuple[str, frozenset[str]]]:
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        parameters = above | frozenset(entry.pattern.regex.groupindex) | frozenset(entry.pattern.converters)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            found += names(entry, parameters, inner) if entry.namespace not in ("admin", "api") else []
        elif isinstance(entry, URLPattern) and entry.name and entry.name not in SKIPPED:
            found.append((space + entry.name, parameters))
    return found


def fields() -> set[str]:
    """Every name that a form of ours reads."""
    found: set[str] = set()
    forms = [BaseForm]
    for form in forms:
        forms += form.__subclasses__()
        if form.__module__.startswith(("directory.", "scheduling.", "integrations.")):
            found |= set(getattr(form, "base_fields", ()))
    return found


@pytest.fixture
def paths(alice, meeting_type, next_monday) -> list[str]:
    """Every page, with ids of what there is: those of the walk over tenants, a hold, and some that name nothing."""
    ids = ids_of(alice.brand, alice, meeting_type)
    held = {"token": links.manage_token(bookings.hold(meeting_type, next_monday))}
    ids[""] |= {
        "key": "MQ:1abc:x",
        "uidb36": "1",
        "path": "portraits/none.webp",
        "provider": "meetergo",
        "provider_id": "nobody",
        "version": 1,
    }
    ids |= {"booking_details": held, "booking_extend": held, "my_embed_code": {"kind": "svg"}}
    return [reverse(name, kwargs=known(ids, name, parameters)) for name, parameters in names()]


@pytest.mark.parametrize("kind", NASTY)
def test_nonsense_is_never_our_mistake(paths, alice_client, kind):
    value = NASTY[kind]
    alice_client.raise_request_exception = False
    broken = []
    asked, typed = dict.fromkeys(ASKED, value), dict.fromkeys({*TYPED, *fields()}, [value, value])
    assert {"options_en", "quiet_from"} <= set(typed), "forms are read"
    for path in paths:
        for method, given in (("get", asked), ("post", typed)):
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
