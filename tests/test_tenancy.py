"""Nothing of one brand is visible in another: every URL with an id, asked for with a foreign object's id, is a 404.

The list of URLs is read from the project, so that a new page is walked too; one that takes an id of a kind unknown here
fails the test until it says whose id that is.
"""

import datetime as dt

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from directory.models import Brand, LegalPage
from scheduling import availability, bookings, links
from scheduling.models import Booking, Message
from tests import factories
from tests.conftest import client_of

# Ids that are no object of a brand: a key from a mail of django-allauth, a file of the developer's mail viewer, and the
# secret address at which a provider reaches its connection under any host name.
NO_TENANT = {
    "webhook",
    "account_confirm_email",
    "account_reset_password_from_key",
    "dev_mail_show",
    "dev_mail_html",
    "dev_mail_raw",
}


def urls(resolver: URLResolver | None = None) -> list[tuple[str, set[str]]]:
    """(name, parameters) of every named URL that takes parameters; the admin is the operator's, over all brands."""
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace != "admin":
                found += urls(entry)
        elif isinstance(entry, URLPattern):
            parameters = set(entry.pattern.converters) | set(entry.pattern.regex.groupindex)
            if parameters and entry.name not in NO_TENANT:
                found.append((entry.name or str(entry.pattern), parameters))
    return found


@pytest.fixture
def foreign(brand, alice, meeting_type) -> dict[str, dict[str, object]]:
    """Ids of alice's objects, by URL name (or '' for all) and parameter."""
    start = availability.next_free(meeting_type)
    booking = bookings.confirm(bookings.hold(meeting_type, start), name="Bob Berg", email="bob@example.org")
    today = dt.date.today()  # noqa: DTZ011  (any day will do)
    override = alice.availability_overrides.create(first_date=today, last_date=today, windows=[])
    LegalPage.objects.create(brand=brand, kind="imprint", title="Imprint", body="Alice & Co")
    Brand.objects.filter(pk=brand.pk).update(logo="brands/alice.svg")
    manage = links.manage_token(booking)
    by_name = {
        "join": {"token": links.join_token(booking, Message.Audience.HOST)},
        "legal": {"kind": "imprint"},
        "media": {"path": "brands/alice.svg"},
        "my_override": {"pk": override.pk},
        "my_override_delete": {"pk": override.pk},
    }
    return {
        "": {
            "slug": alice.slug,
            "type_slug": meeting_type.slug,
            "token": manage,
            "name": "appointment",
            "pk": meeting_type.pk,
            "uid": booking.pk,
        }
    } | by_name


def known(foreign, name: str, parameters: set[str]) -> dict[str, object]:
    values = foreign[""] | foreign.get(name, {})
    missing = parameters - set(values)
    assert not missing, f"{name}: whose id is {missing}? Say it in this test."
    return {parameter: values[parameter] for parameter in parameters}


def test_urls_with_ids_are_found():
    names = {name for name, _parameters in urls()}
    assert {"profile", "hold", "booking_ics", "join", "my_booking", "my_meeting_type", "legal"} <= names


def test_the_same_ids_open_to_their_owner(foreign, alice_client, settings):
    """Else the walk below would prove nothing."""
    (settings.MEDIA_ROOT / "brands").mkdir()
    (settings.MEDIA_ROOT / "brands/alice.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    for name, parameters in urls():
        path = reverse(name, kwargs=known(foreign, name, parameters))
        assert alice_client.get(path).status_code in (200, 302, 405), f"{name} {path}"


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["visitor", "member", "colleague"])
def test_a_foreign_id_is_not_found(foreign, brand, other_brand, charlie, who, method):
    """A visitor and a member of another brand everywhere; a colleague of the same brand on the members' pages."""
    stranger = factories.make_professional(other_brand, with_login=True)
    client = {
        "visitor": client_of(other_brand),
        "member": client_of(other_brand, stranger.person.user),
        "colleague": client_of(brand, charlie.person.user),
    }[who]
    before = Booking.objects.values_list("status", "version").get()
    for name, parameters in urls():
        if who == "colleague" and not name.startswith("my_"):
            continue
        path = reverse(name, kwargs=known(foreign, name, parameters))
        response = getattr(client, method)(path)
        if who == "visitor" and name.startswith("my_"):
            sent_to_log_in = response.status_code == 302 and "/accounts/login/" in response["Location"]
            assert sent_to_log_in or response.status_code == 405, f"{path}: {response.status_code}"
        else:
            assert response.status_code in (404, 405), f"{name} {path}: {response.status_code}"
    assert Booking.objects.values_list("status", "version").get() == before


def test_lists_show_only_their_own_brand(foreign, alice, other_brand):
    """Home, search, sitemap, and the pages of a member of the other brand say nothing of alice or her client."""
    stranger = factories.make_professional(other_brand, with_login=True)
    factories.make_meeting_type(stranger)
    client = client_of(other_brand, stranger.person.user)
    pages = ["/", "/search/", "/sitemap.xml", "/my/", "/my/bookings/", "/my/bookings/?tab=past", "/my/meeting-types/"]
    for path in pages:
        response = client.get(path)
        assert response.status_code == 200, path
        text = response.content.decode()
        for foreign_word in (alice.slug, alice.person.last_name, "Bob Berg", alice.brand.name):
            assert foreign_word not in text, f"{path} shows {foreign_word}"


def test_an_unknown_host_shows_nothing_of_any_brand(foreign, client):
    for path in ("/", "/search/", f"/p/{foreign['']['slug']}/", "/accounts/login/"):
        assert client.get(path, HTTP_HOST="unknown.example").status_code == 404
