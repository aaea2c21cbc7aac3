"""Nothing of one brand is visible in another: every URL with an id, asked for with a foreign object's id, is a 404.

The list of URLs is read from the project, so that a new page is walked too; one that takes an id of a kind unknown here
fails the test until it says whose id that is.
"""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from oauth2_provider.models import AccessToken

from directory import departures, jobs
from directory.models import Brand, Departure, Evidence, Job, LegalPage
from integrations.models import HookEndpoint
from scheduling import alerts, availability, bookings, feeds, intake, links, own_data, proof, takeout
from scheduling.api import callers
from scheduling.models import ApiClient, Booking, ClientMark, Message, Offer, Opening, Question
from tests import factories
from tests.conftest import client_of

# Ids that are no object of a brand: a key from a mail of django-allauth, a file of the developer's mail viewer, and the
# secret address at which a provider reaches its connection under any host name.
NO_TENANT = {
    "webhook",
    "account_confirm_email",
    "account_reset_password_from_key",
    # A provider of sign-in by its configured name; tests/directory/test_sign_in.py.
    "sign_in",
    "openid_connect_login",
    "openid_connect_callback",
    # Passkeys belong to a log-in; whose they are is tested in tests/directory/test_security.py.
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    # The script that other sites load, and her own QR code as a picture of some kind.
    "embed_loader",
    "my_embed_code",
    "dev_mail_show",
    "dev_mail_html",
    "dev_mail_raw",
}


def urls(resolver: URLResolver | None = None, above: frozenset[str] = frozenset()) -> list[tuple[str, set[str]]]:
    """(name, parameters) of every named URL that takes parameters; the admin is the operator's, over all brands, and the
    API is walked with tokens (tests/scheduling/test_api.py)."""
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        parameters = above | set(entry.pattern.converters) | set(entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            if entry.namespace not in ("admin", "api"):
                found += urls(entry, parameters)
        elif isinstance(entry, URLPattern) and parameters and entry.name not in NO_TENANT:
            found.append((entry.name or str(entry.pattern), parameters))
    return found


@pytest.fixture
def foreign(brand, alice, meeting_type) -> dict[str, dict[str, object]]:
    return ids_of(brand, alice, meeting_type)


def ids_of(brand, alice, meeting_type) -> dict[str, dict[str, object]]:
    """Ids of alice's objects, by URL name (or '' for all) and parameter; tests/test_fuzz.py uses them too."""
    start = availability.next_free(meeting_type)
    booking = bookings.confirm(bookings.hold(meeting_type, start), name="Bob Berg", email="bob@example.org")
    today = dt.date.today()  # noqa: DTZ011  (any day will do)
    override = alice.availability_overrides.create(first_date=today, last_date=today, windows=[])
    busy = alice.busy_times.create(starts_at=start, ends_at=booking.ends_at, source="own", remote_id="1")
    document = Evidence.objects.create(professional=alice, title="Licence", by=alice.person.user)
    LegalPage.objects.create(brand=brand, kind="imprint", title="Imprint", body="Alice & Co")
    Brand.objects.filter(pk=brand.pk).update(logo="brands/alice.svg")
    mark = ClientMark.objects.create(host=alice, client=booking.client, way="request")
    course = factories.make_meeting_type(alice, seats=3, series_max=2)
    group = bookings.enter(course, start + dt.timedelta(days=7), name="Bob Berg", outside_rules=True)
    manage = links.manage_token(booking)
    alert = alerts.ask_for_earlier(booking, weekdays=127, daypart="any")
    opening = Opening.objects.create(meeting_type=meeting_type, starts_at=start - dt.timedelta(minutes=1))
    offer = Offer.objects.create(alert=alert, opening=opening)
    waiting = bookings.hold(meeting_type, booking.ends_at)
    waiting = proof.ask(waiting, name="Bob Berg", email="bob@example.org")
    hook = {"pk": HookEndpoint.objects.create(brand=brand, professional=alice, url="https://alice.example/in").pk}
    expiry = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    token, _secret = callers.new_token(alice, name="Practice software", scopes=["hours:read"], expires_at=expiry)
    program = ApiClient.objects.create(
        brand=brand, authorization_grant_type="authorization-code", client_type="public", scopes=["hours:read"]
    )
    user = alice.person.user
    AccessToken.objects.create(user=user, application=program, expires=expiry, token="alice", scope="hours:read")
    question = Question.objects.create(meeting_type=meeting_type, kind="file", label="Contract")
    intake.record(booking, {question: SimpleUploadedFile("contract.txt", b"Alice")})
    file = {"pk": booking.answers.get().pk}
    asked = {"pk": meeting_type.pk, "question": question.pk}
    takeout.start(alice, by=alice.person.user)
    jobs.run_next()
    held = own_data.Held(brand, "bob@example.org")
    mine = own_data.link(held, dt.datetime.now(dt.UTC)).rstrip("/").rpartition("/")[2]
    departure = departures.begin(alice)
    Departure.objects.filter(pk=departure.pk).update(verified_at=start)
    by_name = {
        "departure": {"token": departures.link(departure).rstrip("/").rpartition("/")[2]},
        "my_takeout_file": {"uid": Job.objects.get().pk},
        "booking_file": file,
        "my_booking_file": file,
        "my_question": asked,
        "my_question_move": asked,
        "my_question_remove": asked,
        "booking_proof": {"token": links.proof_url(waiting).rstrip("/").rpartition("/")[2]},
        "feed": {"token": feeds.switch_on(alice, "full").rsplit("/", 1)[1].removesuffix(".ics")},
        "alert": {"token": alerts.token(alert)},
        **dict.fromkeys(("own_data", "own_data_file", "own_data_erase"), {"token": mine}),
        "alert_stop": {"token": alerts.token(alert)},
        "alert_claim": {"token": alerts.token(offer)},
        "join": {"token": links.join_token(booking, Message.Audience.HOST)},
        "request_answer": {"token": links.answer_token(booking)},
        "legal": {"kind": "imprint"},
        "media": {"path": "brands/alice.svg"},
        "my_record_withdraw": {"pk": document.pk},
        "my_busy": {"pk": busy.pk},
        "my_busy_delete": {"pk": busy.pk},
        "my_client_unmark": {"pk": mark.pk},
        **{name: {"uid": group.session} for name in ("my_session", "my_session_move", "my_session_cancel")},
        "my_override": {"pk": override.pk},
        "my_override_delete": {"pk": override.pk},
        "my_token_withdraw": {"pk": token.pk},
        "my_program_withdraw": {"pk": program.pk},
        "my_webhook": hook,
        "my_webhook_rotate": hook,
        "my_webhook_switch": hook,
        "my_webhook_example": hook,
        "my_webhook_replay": hook,
        "my_webhook_remove": hook,
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
        assert alice_client.get(path).status_code in (200, 302, 405, 410), f"{name} {path}"


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
    before = list(Booking.objects.values_list("status", "version").order_by("created_at"))
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
    assert list(Booking.objects.values_list("status", "version").order_by("created_at")) == before


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
