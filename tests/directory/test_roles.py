"""Roles of staff: every page of the administration for every role; masked contact data; one's own brands only."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse

from directory import contacts, roles
from directory.admin_site import path_to_brand
from directory.models import AuditEvent, Professional
from scheduling import availability, bookings
from tests import factories
from tests.conftest import client_of

# Kinds of rows that belong to no brand: rights are the whole installation's.
GLOBAL = {"auth.group"}
MASKED = ["Support", "Moderation", "Read only"]
PRIVATE = ["bob@example.org", "+49 30 555123", "alice@example.org", "my secret worry"]


@pytest.fixture
def groups(db):
    roles.make()


@pytest.fixture
def booking(alice, meeting_type):
    start = availability.next_free(meeting_type)
    held = bookings.hold(meeting_type, start)
    return bookings.confirm(
        held, name="Bob Berg", email="bob@example.org", phone="+49 30 555123", note="my secret worry"
    )


@pytest.fixture
def staff_of(groups):
    def make(role, *brands):
        user = factories.make_user(is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        user.brands.set(brands)
        return user

    return make


def pages(model):
    """The pages of a kind of rows: (URL, is it about one row) for everything that GET may ask."""
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    found = [(reverse(f"admin:{name}_changelist"), False), (reverse(f"admin:{name}_add"), False)]
    for row in model.objects.all()[:3]:
        found += [(reverse(f"admin:{name}_{page}", args=[row.pk]), True) for page in ("change", "history", "delete")]
        for pattern in admin.site._registry[model].get_urls():
            if pattern.name and pattern.name.startswith(name) and set(pattern.pattern.converters) == {"object_id"}:
                found.append((reverse(f"admin:{pattern.name}", args=[row.pk]), True))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("role", list(roles.ROLES))
def test_every_page_for_every_role(role, staff_of, brand, other_brand, booking):
    """Of her own brand she gets what the role allows; of another brand nothing, and nowhere a private word if masked."""
    factories.make_meeting_type(factories.make_professional(other_brand, last_name="Fremdling"))
    here, elsewhere = client_of(brand, staff_of(role, brand)), client_of(brand, staff_of(role, other_brand))
    opened = 0
    for model in admin.site._registry:
        for url, about_one in pages(model):
            status, text = answer(here, url)
            assert status in (200, 302, 403, 404, 405), f"{role} {url}: {status}"
            opened += status == 200
            if role in MASKED and model._meta.label != "directory.Brand":
                leaks = [word for word in PRIVATE if word in text]
                assert not leaks, f"{role} reads {leaks} at {url}"
            if model._meta.label_lower in GLOBAL:
                continue
            status, shown = answer(elsewhere, url)
            assert status in (200, 302, 403, 404, 405)
            if not about_one or "Fremdling" not in text:
                assert "Ahrens" not in shown, f"{role} of another brand reads alice at {url}"
    assert opened > 8


def answer(client, url):
    """Status and, of a page that is shown, its text."""
    response = client.get(url)
    shown = response.status_code == 200 and not response.streaming
    return response.status_code, response.content.decode() if shown else ""


def test_everything_registered_has_a_way_to_its_brand_or_is_known_to_be_global():
    without = {m._meta.label_lower for m, page in admin.site._registry.items() if page.brand_path is None}
    assert without == GLOBAL
    assert path_to_brand(Professional) == "brand__pk"


def test_a_page_registered_without_a_class_of_its_own_is_guarded_as_well():
    from directory.admin_site import Guarded, Site
    from directory.models import Office

    site = Site()
    site.register(Office)
    assert isinstance(site._registry[Office], Guarded)
    assert site._registry[Office].brand_path == "professional__brand__pk"


def test_staff_without_brands_sees_nobody(staff_of, brand, booking):
    client = client_of(brand, staff_of("Owner"))
    for name in ("directory_professional", "directory_person", "scheduling_booking", "directory_brand"):
        page = client.get(reverse(f"admin:{name}_changelist"))
        assert page.status_code == 200
        assert page.context["cl"].result_count == 0


def test_verbs_do_not_reach_another_brand(staff_of, brand, other_brand, booking):
    client = client_of(brand, staff_of("Owner", other_brand))
    url = reverse("admin:scheduling_booking_cancel_one", args=[booking.pk])
    assert client.post(url, {"confirmed": "on", "reason": "x"}).status_code == 404
    listed = reverse("admin:scheduling_booking_changelist")
    chosen = {"action": "cancel_chosen", "_selected_action": [booking.pk], "confirmed": "on", "reason": "x"}
    client.post(listed, chosen)
    entry = client.get(reverse("admin:scheduling_booking_add"), {"host": booking.host_id})
    assert entry.context["host"] is None
    booking.refresh_from_db()
    assert booking.status == "confirmed"


def test_a_row_cannot_be_put_into_another_brand(staff_of, brand, other_brand):
    client = client_of(brand, staff_of("Owner", brand))
    url = reverse("admin:directory_specialty_add")
    data = {"brand": other_brand.pk, "name_en": "Stolen", "slug": "stolen", "position": 0}
    response = client.post(url, data)
    assert "brand" in response.context["adminform"].form.errors


def test_reveal_is_a_post_and_leaves_a_line(staff_of, brand, booking):
    user = staff_of("Support", brand)
    client = client_of(brand, user)
    change = client.get(reverse("admin:scheduling_booking_change", args=[booking.pk])).content.decode()
    assert "b•••@e•••.org" in change
    url = reverse("admin:scheduling_booking_reveal", args=[booking.pk])
    assert url in change
    before = AuditEvent.objects.filter(verb="contact.revealed").count()
    assert "bob@example.org" not in client.get(url).content.decode()
    assert AuditEvent.objects.filter(verb="contact.revealed").count() == before
    shown = client.post(url)
    assert "bob@example.org" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    event = AuditEvent.objects.filter(verb="contact.revealed").latest("id")
    assert (event.actor_id, event.subject_id, event.brand_id) == (user.pk, str(booking.pk), brand.pk)


@pytest.mark.parametrize("role", ["Moderation", "Read only"])
def test_these_roles_may_not_reveal(role, staff_of, brand, booking):
    client = client_of(brand, staff_of(role, brand))
    assert client.post(reverse("admin:scheduling_booking_reveal", args=[booking.pk])).status_code == 403


def test_a_masked_address_is_found_by_the_whole_of_it_only(staff_of, brand, booking):
    client = client_of(brand, staff_of("Support", brand))
    url = reverse("admin:scheduling_booking_changelist")
    assert client.get(url, {"q": "bob@example.org"}).context["cl"].result_count == 1
    assert client.get(url, {"q": "bob@ex"}).context["cl"].result_count == 0


def test_who_may_change_people_but_not_see_contacts_does_not_wipe_them(brand, bob):
    from django.contrib.auth.models import Permission

    user = factories.make_user(is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_person", "change_person"]))
    client = client_of(brand, user)
    url = reverse("admin:directory_person_change", args=[bob.pk])
    data = {
        "first_name": "Robert",
        "last_name": "Berg",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "email": "x@y.z",
    }
    assert client.post(url, data).status_code == 302
    bob.refresh_from_db()
    assert (bob.first_name, bob.email) == ("Robert", "bob@example.org")


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("anna@kanzlei.example", "a•••@k•••.example"),
        ("+49 30 1234567", "+49•••67"),
        ("I have a question about 3 things", "•••"),
        ("", ""),
    ],
)
def test_masks(value, masked):
    assert contacts.mask(value) == masked


def test_roles_stay_as_the_operator_changed_them(groups):
    group = Group.objects.get(name="Support")
    group.permissions.clear()
    roles.make()
    assert not group.permissions.exists()
    roles.make(reset=True)
    assert group.permissions.filter(codename="reveal_contacts").exists()


@pytest.mark.parametrize(
    ("role", "allowed", "not_allowed"),
    [
        ("Support", "scheduling.change_spamrule scheduling.change_blockedattempt", "integrations.view_hookdelivery"),
        ("Support", "integrations.view_roomchoice", "scheduling.change_mailtext scheduling.delete_consent"),
        ("Moderation", "scheduling.delete_spamrule scheduling.view_consent", "integrations.view_roomchoice"),
        (
            "Onboarding",
            "integrations.change_roomchoice integrations.view_hookdelivery",
            "integrations.delete_roomchoice",
        ),
        ("Read only", "integrations.view_hookendpoint scheduling.view_mailtext", "scheduling.change_spamrule"),
        ("Owner", "scheduling.change_mailtext integrations.change_hookendpoint", "directory.delete_person"),
    ],
)
def test_what_fits_a_role(role, allowed, not_allowed, staff_of, brand):
    user = staff_of(role, brand)
    assert [name for name in allowed.split() if not user.has_perm(name)] == []
    assert [name for name in not_allowed.split() if user.has_perm(name)] == []
