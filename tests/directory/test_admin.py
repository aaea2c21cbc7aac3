"""Django admin of the directory: every page opens, verbs do what they say, nobody gets in who should not."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from directory.models import Brand, Domain, LegalPage, Person, Professional, Specialty, User
from tests import factories
from tests.admin_pages import form_data
from tests.conftest import client_of

Status = Professional.Status
CHECKED = ("directory", "scheduling", "auth")


def page(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


@pytest.fixture
def waiting(brand: Brand) -> Professional:
    return factories.make_professional(brand, slug="wanda-wartet", status=Status.SUBMITTED, bookable=False)


# --- every page -------------------------------------------------------------------------------------------------


@pytest.fixture
def rows(alice: Professional, waiting: Professional, other_brand: Brand, admin_user: User) -> None:
    """At least one row of everything in the directory, with and without what is optional."""
    Specialty.objects.create(brand=alice.brand, name="Divorce", slug="divorce", parent=alice.specialties.get())
    LegalPage.objects.create(brand=alice.brand, kind=LegalPage.Kind.IMPRINT, title="Imprint", body="# Us")
    factories.make_person(other_brand)
    factories.make_professional(other_brand, office=False, languages=(), status=Status.DRAFT, title="", about="")


@pytest.mark.parametrize("model", [m for m in admin.site._registry if m._meta.app_label in ("directory", "auth")])
def test_every_page_opens(model, rows, admin_client: Client) -> None:
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    listed = admin_client.get(page(f"{name}_changelist"))
    assert listed.status_code == 200
    assert admin_client.get(page(f"{name}_changelist"), {"q": "a"}).status_code == 200
    if listed.context["has_add_permission"]:
        assert admin_client.get(page(f"{name}_add")).status_code == 200
    for row in model.objects.all():
        assert admin_client.get(page(f"{name}_change", row.pk)).status_code == 200
        assert admin_client.get(page(f"{name}_history", row.pk)).status_code == 200


def test_everything_of_ours_is_registered_or_shown_inside_something() -> None:
    registered = {model.__name__ for model in admin.site._registry if model._meta.app_label in CHECKED}
    wanted = {"AuditEvent", "Job", "Brand", "Specialty", "Person", "User", "Professional", "Group"}
    wanted |= {"MeetingType", "AvailabilityRule", "AvailabilityOverride", "BusyTime", "Booking", "Message"}
    wanted |= {"AttendanceRule", "ClientMark"}
    assert wanted <= registered


def test_the_overview_and_the_log_in_page_open(rows, admin_client: Client, client: Client) -> None:
    assert admin_client.get(page("index")).status_code == 200
    assert client.get(page("login")).url.startswith("/accounts/login/")
    assert admin_client.get(page("password_change")).status_code == 200


@pytest.mark.parametrize("language", ["en", "de"])
def test_pages_open_in_both_languages(language: str, alice: Professional, admin_client: Client) -> None:
    for url in (page("index"), page("directory_professional_change", alice.pk)):
        response = admin_client.get(url, headers={"Accept-Language": language})
        assert response.headers["Content-Language"] == language


# --- who gets in ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["index", "directory_professional_changelist", "directory_brand_add"])
def test_members_and_strangers_stay_out(name: str, client: Client, alice_client: Client) -> None:
    for visitor in (client, alice_client):
        response = visitor.get(page(name))
        assert response.status_code == 302
        assert "/admin/login/" in response["Location"]


def test_staff_sees_what_the_permissions_say(brand: Brand, waiting: Professional) -> None:
    user = factories.make_user(is_staff=True)
    client = client_of(brand, user)
    assert client.get(page("index")).status_code == 200
    assert client.get(page("directory_professional_changelist")).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_professional"))
    assert client.get(page("directory_professional_changelist")).status_code == 200
    response = client.get(page("directory_professional_change", waiting.pk))
    assert "/approve/" not in response.content.decode()
    assert client.post(page("directory_professional_approve_one", waiting.pk), {"confirmed": "on"}).status_code == 403
    waiting.refresh_from_db()
    assert waiting.status == Status.SUBMITTED


def test_who_may_edit_log_ins_does_not_gain_power(brand: Brand, admin_user: User) -> None:
    user = factories.make_user(is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client = client_of(brand, user)
    url = page("directory_user_change", user.pk)
    assert client.post(url, {**form_data(client, url), "is_superuser": "on"}).status_code == 302
    user.refresh_from_db()
    assert not user.is_superuser
    assert client.post(page("auth_user_password_change", admin_user.pk), {}).status_code == 404


# --- policy -----------------------------------------------------------------------------------------------------


def test_only_admin_has_the_wider_policy(admin_client: Client) -> None:
    inside = admin_client.get(page("index"))
    outside = admin_client.get("/accounts/login/")
    assert "script-src 'self' 'unsafe-eval'" in inside["Content-Security-Policy"]
    assert "'unsafe-inline'" not in inside["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    assert "unsafe" not in outside["Content-Security-Policy"]
    for response in (inside, outside):
        assert response["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


# --- brands -----------------------------------------------------------------------------------------------------


def test_both_languages_and_the_contrast_check(brand: Brand, admin_client: Client) -> None:
    url = page("directory_brand_change", brand.pk)
    data = form_data(admin_client, url)
    data |= {"headline_en": "Find a lawyer", "headline_de": "Anwalt finden", "accent": "#7A1F3D"}
    assert admin_client.post(url, data).status_code == 302
    brand.refresh_from_db()
    assert (brand.headline_en, brand.headline_de, brand.accent) == ("Find a lawyer", "Anwalt finden", "#7a1f3d")
    assert "Links on white" in admin_client.get(url).content.decode()
    pale = admin_client.post(url, {**data, "accent": "#ffe08a"})
    assert pale.status_code == 200
    assert "accent" in pale.context["adminform"].form.errors


def test_the_primary_domain_moves_in_one_save(brand: Brand, admin_client: Client) -> None:
    old = brand.domains.get()
    new = Domain.objects.create(brand=brand, host="new.localhost", is_primary=False)
    url = page("directory_brand_change", brand.pk)
    data = form_data(admin_client, url)
    data.pop("domains-0-is_primary", None)
    data.pop("domains-1-is_primary", None)
    position = 0 if data["domains-0-id"] == new.pk else 1
    assert admin_client.post(url, {**data, f"domains-{position}-is_primary": "on"}).status_code == 302
    assert brand.domains.get(is_primary=True) == new
    both = {**data, "domains-0-is_primary": "on", "domains-1-is_primary": "on"}
    assert admin_client.post(url, both).status_code == 200
    assert Domain.objects.filter(pk=old.pk, is_primary=False).exists()


def test_a_foreign_or_doubled_host_is_a_form_error(brand: Brand, other_brand: Brand, admin_client: Client) -> None:
    url = page("directory_brand_change", brand.pk)
    data = form_data(admin_client, url)
    more = {"domains-TOTAL_FORMS": 3, "domains-1-brand": brand.pk, "domains-2-brand": brand.pk}
    twice = {"domains-1-host": "twin.localhost", "domains-2-host": "Twin.localhost"}
    assert admin_client.post(url, {**data, **more, **twice}).status_code == 200
    taken = {"domains-TOTAL_FORMS": 2, "domains-1-brand": brand.pk, "domains-1-host": other_brand.host.upper()}
    assert admin_client.post(url, {**data, **taken}).status_code == 200
    assert brand.domains.count() == 1


def test_a_second_default_brand_is_a_form_error(brand: Brand, other_brand: Brand, admin_client: Client) -> None:
    url = page("directory_brand_change", other_brand.pk)
    response = admin_client.post(url, {**form_data(admin_client, url), "is_default": "on", "hold_minutes": 3})
    assert set(response.context["adminform"].form.errors) == {"is_default", "hold_minutes"}


def test_an_svg_logo_with_a_script_is_refused(brand: Brand, admin_client: Client) -> None:
    url = page("directory_brand_change", brand.pk)
    data = form_data(admin_client, url)
    bad = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    good = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>'
    refused = admin_client.post(url, {**data, "logo": SimpleUploadedFile("logo.svg", bad)})
    assert "logo" in refused.context["adminform"].form.errors
    assert admin_client.post(url, {**data, "logo": SimpleUploadedFile("logo.svg", good)}).status_code == 302
    brand.refresh_from_db()
    served = admin_client.get(brand.logo.url)
    assert served["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served["Content-Security-Policy"]


def test_a_new_brand_can_be_added(admin_client: Client) -> None:
    url = page("directory_brand_add")
    data = form_data(admin_client, url)
    data |= {
        "name": "Steuer",
        "slug": "steuer",
        "noun_en": "tax adviser",
        "nouns_en": "tax advisers",
        "support_email": "help@steuer.example",
        "sender_address": "mail@steuer.example",
        "domains-TOTAL_FORMS": 1,
        "domains-0-host": "steuer.localhost",
        "domains-0-is_primary": "on",
    }
    response = admin_client.post(url, data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert Brand.objects.get(slug="steuer").host == "steuer.localhost"


# --- people -----------------------------------------------------------------------------------------------------


def test_log_ins_are_made_and_get_another_password(admin_client: Client, brand: Brand) -> None:
    data = {"email": "Sam@Example.org", "usable_password": "true", "password1": "a long pass phrase"}
    assert admin_client.post(page("directory_user_add"), {**data, "password2": "another one"}).status_code == 200
    made = admin_client.post(page("directory_user_add"), {**data, "password2": data["password1"]})
    assert made.status_code == 302
    user = User.objects.get(email="sam@example.org")
    assert user.check_password("a long pass phrase")
    assert user.emailaddress_set.get().primary
    url = page("auth_user_password_change", user.pk)
    assert admin_client.get(url).status_code == 200
    new = {"usable_password": "true", "password1": "quite another phrase", "password2": "quite another phrase"}
    assert admin_client.post(url, new).status_code == 302
    user.refresh_from_db()
    assert user.check_password("quite another phrase")
    assert admin_client.post(page("directory_user_add"), {**data, "password2": data["password1"]}).status_code == 200


def test_staff_can_vouch_for_an_address(alice: Professional, admin_client: Client) -> None:
    user = alice.person.user
    user.emailaddress_set.update(verified=False)
    url = page("directory_user_change", user.pk)
    data = form_data(admin_client, url)
    assert admin_client.post(url, {**data, "emailaddress_set-0-verified": "on"}).status_code == 302
    assert user.emailaddress_set.get().verified


def test_a_second_person_with_the_same_e_mail_is_a_form_error(alice: Professional, bob: Person, admin_client) -> None:
    url = page("directory_person_change", bob.pk)
    data = form_data(admin_client, url)
    assert admin_client.post(url, {**data, "email": alice.person.email.upper()}).status_code == 200
    assert admin_client.post(url, {**data, "time_zone": "Europe/Atlantis"}).status_code == 200
    assert admin_client.post(url, {**data, "time_zone": "Europe/Madrid"}).status_code == 302


def test_specialties_stay_in_their_brand(alice: Professional, other_brand: Brand, admin_client: Client) -> None:
    specialty = alice.specialties.get()
    url = page("directory_specialty_change", specialty.pk)
    data = form_data(admin_client, url)
    foreign = factories.make_specialty(other_brand)
    for parent in (foreign, specialty):
        assert admin_client.post(url, {**data, "parent": parent.pk}).status_code == 200
    both = {**data, "name_en": "Family law", "name_de": "Familienrecht"}
    assert admin_client.post(url, both).status_code == 302


# --- many rows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["professional", "person", "user", "specialty", "brand"])
def test_lists_do_not_ask_more_with_more_rows(
    model: str, admin_client: Client, brand: Brand, django_assert_max_num_queries
) -> None:
    def fill(number: int) -> None:
        for _ in range(number):
            factories.make_professional(brand, with_login=True)
            factories.make_brand()

    url = page(f"directory_{model}_changelist")
    fill(2)
    admin_client.get(url)
    with django_assert_max_num_queries(40) as few:
        assert admin_client.get(url).status_code == 200
    fill(6)
    with django_assert_max_num_queries(len(few)):
        assert admin_client.get(url).status_code == 200


def test_the_overview_asks_at_most_fifteen_queries(rows, admin_client: Client, at_most_queries, brand: Brand) -> None:
    for _ in range(4):
        factories.make_professional(brand, status=Status.SUBMITTED)
    admin_client.get(page("index"))
    with at_most_queries(15):
        assert admin_client.get(page("index")).status_code == 200


def test_an_empty_list_says_what_one_can_do_about_it(admin_client: Client, brand: Brand) -> None:
    def text(url: str) -> str:
        return admin_client.get(url).content.decode()

    specialties = page("directory_specialty_changelist")
    for url, can_add in ((specialties, True), (page("directory_loggedmail_changelist"), False)):
        assert "There is nothing here yet." in text(url)
        assert ("/add/" in text(url)) is can_add
        assert "Nothing fits" not in text(url)
    assert "Nothing fits the search or the filters." in text(f"{specialties}?q=xyz")
    assert ">Show all</a>" in text(f"{specialties}?q=xyz")


def test_a_list_without_filters_does_not_offer_all_of_it(admin_client: Client, brand: Brand) -> None:
    for name in ("Family law", "Tax law"):
        factories.make_specialty(brand, name)
    url = page("directory_specialty_changelist")
    assert "Show all" not in admin_client.get(url).content.decode()
    found = admin_client.get(f"{url}?q=tax").content.decode()
    assert "1 result" in found
    assert "Show all" in found
