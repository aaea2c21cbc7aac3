"""The professional's account and profile. alice is the owner, charlie a colleague, dora belongs to another brand."""

import io

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from PIL import Image

from directory import accounts
from directory.models import Person, Professional
from scheduling.models import Booking
from tests import factories
from tests.conftest import client_of

pytestmark = pytest.mark.django_db
PAGES = ["my_today", "my_profile", "my_hours", "my_override_new", "my_meeting_types", "my_meeting_type_new"]
PAGES += ["my_bookings", "my_booking_new", "my_settings", "my_leave"]


def picture(size=(500, 600)):
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    file.seek(0)
    file.name = "me.png"
    return file


def profile_data(professional, **changes):
    """What the browser sends when nothing is changed."""
    offices = list(professional.offices.all())
    data = {
        "prefix_title": "Dr.",
        "first_name": "Alice",
        "last_name": "Ahrens",
        "phone": "+49 30 123456",
        "title": "Lawyer",
        "about": "I listen first.",
        "fees": "",
        "registration": "",
        "accepts_new_clients": "on",
        "specialties": [specialty.pk for specialty in professional.specialties.all()],
        "languages": ["de", "en"],
        "offices-TOTAL_FORMS": len(offices) + 1,
        "offices-INITIAL_FORMS": len(offices),
        f"offices-{len(offices)}-country": "DE",
    }
    for index, office in enumerate(offices):
        for field in ("id", "name", "street", "postcode", "city", "country", "access_notes"):
            data[f"offices-{index}-{field}"] = getattr(office, field)
    return data | changes


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_for_a_member_only(page, alice_client, alice, client, other_brand):
    factories.make_meeting_type(alice)
    assert alice_client.get(reverse(page)).status_code == 200
    refused = client.get(reverse(page))
    assert refused.status_code == 302
    assert "/accounts/login/" in refused["Location"]
    elsewhere = client_of(other_brand, alice.person.user).get(reverse(page))
    assert elsewhere["Location"] == reverse("my_join")


def test_pages_of_a_closed_member_are_gone(alice, alice_client):
    Professional.objects.filter(pk=alice.pk).update(status="closed")
    answer = alice_client.get("/my/")
    assert answer.status_code == 410
    assert "closed" in answer.content.decode()


def test_times_are_shown_in_her_own_zone(alice, alice_client):
    Person.objects.filter(pk=alice.person_id).update(time_zone="Asia/Tokyo")
    assert "All times in Tokyo." in alice_client.get("/my/").content.decode()


# --- joining ------------------------------------------------------------------------------------------------


def test_a_login_becomes_a_member_of_another_brand(alice, other_brand):
    elsewhere = client_of(other_brand, alice.person.user)
    assert elsewhere.get("/my/join/").status_code == 200
    assert elsewhere.post("/my/join/", {"first_name": "Alice", "last_name": "Ahrens"}).status_code == 422
    joined = elsewhere.post("/my/join/", {"first_name": "Alice", "last_name": "Ahrens", "terms": "on"})
    assert joined["Location"] == "/my/"
    member = Professional.objects.get(brand=other_brand)
    assert (member.status, member.person.user) == ("draft", alice.person.user)
    assert elsewhere.get("/my/").status_code == 200


def test_nobody_joins_with_an_address_that_is_not_proven(brand):
    user = factories.make_user("mallory@example.org", verified=False)
    factories.make_person(brand, email="mallory@example.org")
    answer = client_of(brand, user).post("/my/join/", {"first_name": "M", "last_name": "M", "terms": "on"})
    assert answer.status_code == 403
    assert not Professional.objects.exists()


def test_joining_says_when_the_address_belongs_to_another_login(brand):
    user = factories.make_user("dora@example.org")
    factories.make_person(brand, email="dora@example.org", user=factories.make_user("old@example.org"))
    answer = client_of(brand, user).post("/my/join/", {"first_name": "D", "last_name": "D", "terms": "on"})
    assert answer.status_code == 422
    assert "belongs to another member" in answer.content.decode()


# --- profile ------------------------------------------------------------------------------------------------


def test_the_profile_is_saved_as_a_whole(alice, alice_client):
    data = profile_data(alice, about="New text", languages=["en", "tr"])
    data |= {"offices-1-street": "Nebenweg 2", "offices-1-postcode": "20095", "offices-1-city": "Hamburg"}
    assert alice_client.post("/my/profile/", data)["Location"] == "/my/profile/"
    alice.refresh_from_db()
    assert alice.about == "New text"
    assert alice.person.full_name == "Dr. Alice Ahrens"
    assert {language.code for language in alice.languages.all()} == {"en", "tr"}
    assert [office.city for office in alice.offices.all()] == ["Berlin", "Hamburg"]


def test_an_office_is_removed(alice, alice_client):
    factories.make_office(alice, city="Potsdam", position=1)
    data = profile_data(alice) | {"offices-0-DELETE": "on"}
    assert alice_client.post("/my/profile/", data).status_code == 302
    assert [office.city for office in alice.offices.all()] == ["Potsdam"]


def test_a_public_profile_stays_complete(alice, alice_client):
    data = profile_data(alice, about="", specialties=[], languages=[], **{"offices-0-DELETE": "on"})
    answer = alice_client.post("/my/profile/", data)
    assert answer.status_code == 422
    text = answer.content.decode()
    for said in ("need a text about you", "at least one specialty", "at least one language", "at least one office"):
        assert said in text
    alice.refresh_from_db()
    assert alice.about
    assert alice.offices.count() == 1


def test_a_draft_may_be_saved_half_way(alice, alice_client):
    Professional.objects.filter(pk=alice.pk).update(status="draft")
    assert alice_client.post("/my/profile/", profile_data(alice, about="", specialties=[])).status_code == 302


@pytest.mark.parametrize(
    "nonsense",
    [
        {"specialties": ["999999", "x"]},
        {"languages": ["klingon"]},
        {"first_name": "\x00"},
        {"offices-TOTAL_FORMS": "x"},
        {"offices-TOTAL_FORMS": "5000"},
        {"offices-0-id": "x"},
        {"offices-0-country": "ZZ"},
        {"about": "x" * 5000},
    ],
)
def test_nonsense_is_refused_politely(alice, alice_client, nonsense):
    assert alice_client.post("/my/profile/", profile_data(alice, **nonsense)).status_code == 422


def test_specialties_and_offices_of_others_cannot_be_taken(alice, alice_client, charlie, other_brand):
    foreign = factories.make_specialty(other_brand)
    assert alice_client.post("/my/profile/", profile_data(alice, specialties=[foreign.pk])).status_code == 422
    stolen = charlie.offices.get()
    data = profile_data(alice, **{"offices-0-id": stolen.pk, "offices-0-city": "Stolen"})
    assert alice_client.post("/my/profile/", data).status_code < 500
    stolen.refresh_from_db()
    assert (stolen.professional, stolen.city) == (charlie, "Berlin")


def test_portrait_is_kept_and_removed(alice, alice_client):
    assert alice_client.post("/my/profile/portrait/", {"portrait": picture()}).status_code == 302
    alice.refresh_from_db()
    assert alice.portrait.name.endswith(".webp")
    assert alice_client.post("/my/profile/portrait/", {"remove": "1"}).status_code == 302
    alice.refresh_from_db()
    assert not alice.portrait


def test_a_portrait_that_is_no_picture_is_refused(alice, alice_client):
    fake = io.BytesIO(b"<svg onload=alert(1)>")
    fake.name = "me.png"
    answer = alice_client.post("/my/profile/portrait/", {"portrait": fake})
    assert answer.status_code == 422
    assert "could not be read as a picture" in answer.content.decode()
    assert alice_client.post("/my/profile/portrait/").status_code == 422


def test_a_complete_draft_is_submitted(alice, alice_client):
    Professional.objects.filter(pk=alice.pk).update(status="draft", about="")
    assert "a text about you" in alice_client.get("/my/profile/").content.decode()
    answer = alice_client.post("/my/profile/submit/", follow=True)
    assert "Still missing: a text about you" in answer.content.decode()
    Professional.objects.filter(pk=alice.pk).update(about="I listen.")
    assert "Waiting for approval" in alice_client.post("/my/profile/submit/", follow=True).content.decode()
    assert "submitted already" in alice_client.post("/my/profile/submit/", follow=True).content.decode()


def test_a_refusal_is_read_with_its_reason(alice, alice_client, admin_user):
    Professional.objects.filter(pk=alice.pk).update(status="submitted")
    accounts.refuse(alice, by=admin_user, reason="The register number is missing.")
    assert "The register number is missing." in alice_client.get("/my/profile/").content.decode()
    assert "The register number is missing." in alice_client.get("/my/").content.decode()


# --- settings, leaving --------------------------------------------------------------------------------------


def test_zone_is_found_by_its_city(alice, alice_client):
    answer = alice_client.post("/my/settings/", {"language": "de", "time_zone": "lisbon"})
    assert answer.status_code == 302
    assert answer.cookies["django_language"].value == "de"
    person = Person.objects.get(pk=alice.person_id)
    assert (person.time_zone, person.language) == ("Europe/Lisbon", "de")


@pytest.mark.parametrize("data", [{}, {"language": "xx", "time_zone": "Nowhere/Land"}, {"time_zone": "\x00" * 90}])
def test_wrong_settings_are_refused(alice_client, data):
    assert alice_client.post("/my/settings/", data).status_code == 422


def test_leaving_needs_her_own_address(alice, alice_client):
    for typed in ("", "charlie@example.org", "x"):
        assert alice_client.post("/my/settings/leave/", {"email": typed}).status_code == 422
    alice.refresh_from_db()
    assert alice.status == "listed"


def test_leaving_closes_cancels_and_logs_out(alice, alice_client, meeting_type, next_monday):
    from scheduling import bookings

    booking = bookings.enter(meeting_type, next_monday, name="Bob", email="bob@example.org")
    assert "1 future appointment is cancelled" in alice_client.get("/my/settings/leave/").content.decode()
    answer = alice_client.post("/my/settings/leave/", {"email": "Alice@Example.org"})
    assert answer["Location"] == reverse("farewell")
    assert alice_client.get(reverse("farewell")).status_code == 200
    alice.refresh_from_db()
    assert alice.status == "closed"
    assert Booking.objects.get(pk=booking.pk).status == "cancelled"
    assert "/accounts/login/" in alice_client.get("/my/")["Location"]


def test_mails_follow_a_changed_address(alice, alice_client, bob):
    for number, email in enumerate(("new@example.org", bob.email)):
        EmailAddress.objects.create(user=alice.person.user, email=email, verified=True)
        alice_client.post("/accounts/email/", {"action_primary": "", "email": email})
        alice.person.user.refresh_from_db()
        assert alice.person.user.email == email, number
        assert Person.objects.get(pk=alice.person_id).email == "new@example.org"


def test_profile_queries_do_not_grow(alice, alice_client, at_most_queries):
    for number in range(8):
        factories.make_office(alice, position=number)
        alice.specialties.add(factories.make_specialty(alice.brand))
    with at_most_queries(18):
        assert alice_client.get("/my/profile/").status_code == 200
    data = profile_data(alice)
    with at_most_queries(70):
        assert alice_client.post("/my/profile/", data).status_code == 302


def test_staff_who_are_no_members_are_led_to_the_administration(admin_client):
    assert admin_client.get("/my/")["Location"] == "/admin/"
