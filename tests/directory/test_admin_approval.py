"""Approval and membership in Django admin: the queue, the questions, the form of a member."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from directory.models import Brand, Professional, User
from tests import factories
from tests.admin_pages import form_data

Status = Professional.Status


def page(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


@pytest.fixture
def waiting(brand: Brand) -> Professional:
    return factories.make_professional(brand, slug="wanda-wartet", status=Status.SUBMITTED, bookable=False)


# --- approval ---------------------------------------------------------------------------------------------------


def test_the_queue_shows_who_waits_and_how_many(
    waiting: Professional, alice: Professional, admin_client: Client
) -> None:
    response = admin_client.get(page("directory_professional_changelist"), {"status__exact": "submitted"})
    assert [row.pk for row in response.context["cl"].result_list] == [waiting.pk]
    items = [item for group in response.context["sidebar_navigation"] for item in group["items"]]
    queue = next(item for item in items if "status__exact=submitted" in str(item.get("link_callback", "")))
    assert str(queue["badge_callback"]) == "1"
    assert queue["active"]


def test_approving_asks_and_then_lists(waiting: Professional, admin_client: Client, admin_user: User) -> None:
    url = page("directory_professional_approve_one", waiting.pk)
    assert admin_client.get(url).status_code == 200
    waiting.refresh_from_db()
    assert waiting.status == Status.SUBMITTED
    assert admin_client.post(url, {"confirmed": "on"}).status_code == 302
    waiting.refresh_from_db()
    assert (waiting.status, waiting.decided_by) == (Status.LISTED, admin_user)


def test_refusing_needs_a_reason(waiting: Professional, admin_client: Client) -> None:
    url = page("directory_professional_refuse_one", waiting.pk)
    for reason in ("", "   "):
        assert admin_client.post(url, {"confirmed": "on", "reason": reason}).status_code == 422
    waiting.refresh_from_db()
    assert waiting.status == Status.SUBMITTED
    assert admin_client.post(url, {"confirmed": "on", "reason": "The number is wrong."}).status_code == 302
    waiting.refresh_from_db()
    assert (waiting.status, waiting.refusal_reason) == (Status.DRAFT, "The number is wrong.")


def test_a_verb_that_makes_no_sense_says_so(alice: Professional, admin_client: Client) -> None:
    response = admin_client.post(page("directory_professional_approve_one", alice.pk), {"confirmed": "on"})
    assert response.status_code == 409
    assert "Listed" in response.content.decode()


def test_refusing_several_from_the_list(waiting: Professional, alice: Professional, admin_client: Client) -> None:
    url = page("directory_professional_changelist")
    chosen = {"action": "refuse_chosen", "_selected_action": [waiting.pk, alice.pk]}
    asked = admin_client.post(url, chosen)
    assert asked.status_code == 200
    assert str(waiting) in asked.content.decode()
    assert admin_client.post(url, {**chosen, "confirmed": "on", "reason": ""}).status_code == 422
    done = admin_client.post(url, {**chosen, "confirmed": "on", "reason": "Incomplete."}, follow=True)
    assert len(list(done.context["messages"])) == 2  # one was refused, and alice is listed already
    waiting.refresh_from_db()
    alice.refresh_from_db()
    assert (waiting.status, alice.status) == (Status.DRAFT, Status.LISTED)


def test_suspending_needs_a_reason_and_can_be_undone(alice: Professional, admin_client: Client) -> None:
    url = page("directory_professional_suspend_one", alice.pk)
    assert admin_client.post(url, {"confirmed": "on"}).status_code == 422
    admin_client.post(url, {"confirmed": "on", "reason": "Complaint"})
    alice.refresh_from_db()
    assert alice.status == Status.SUSPENDED
    admin_client.post(page("directory_professional_approve_one", alice.pk), {"confirmed": "on"})
    alice.refresh_from_db()
    assert alice.status == Status.LISTED


def test_closing_needs_the_name_typed(alice: Professional, admin_client: Client) -> None:
    url = page("directory_professional_close_one", alice.pk)
    assert admin_client.post(url, {"confirmed": "on", "typed": "alice"}).status_code == 422
    assert admin_client.post(url, {"confirmed": "on", "typed": alice.slug}).status_code == 302
    alice.refresh_from_db()
    assert alice.status == Status.CLOSED


def test_the_form_cannot_change_the_status(waiting: Professional, admin_client: Client) -> None:
    url = page("directory_professional_change", waiting.pk)
    data = {**form_data(admin_client, url), "status": Status.LISTED, "title": "Notary", "brand": 999}
    assert admin_client.post(url, data).status_code == 302
    waiting.refresh_from_db()
    assert (waiting.title, waiting.status) == ("Notary", Status.SUBMITTED)


def test_a_taken_slug_and_a_foreign_specialty_are_form_errors(
    waiting: Professional, alice: Professional, other_brand: Brand, admin_client: Client
) -> None:
    url = page("directory_professional_change", waiting.pk)
    data = form_data(admin_client, url)
    assert admin_client.post(url, {**data, "slug": alice.slug}).status_code == 200
    foreign = factories.make_specialty(other_brand)
    assert admin_client.post(url, {**data, "specialties": [foreign.pk]}).status_code == 200
    waiting.refresh_from_db()
    assert waiting.slug == "wanda-wartet"


def test_a_new_member_belongs_to_the_brand_of_the_person(other_brand: Brand, admin_client: Client) -> None:
    person = factories.make_person(other_brand)
    response = admin_client.post(
        page("directory_professional_add"), {"person": person.pk, "slug": "new-member", "title": "Doctor"}
    )
    assert response.status_code == 302
    assert Professional.objects.get(slug="new-member").brand == other_brand
    again = factories.make_person(other_brand)
    data = {"person": again.pk, "slug": "new-member", "title": "Doctor"}
    assert admin_client.post(page("directory_professional_add"), data).status_code == 200


def test_a_portrait_is_cut_and_renamed(waiting: Professional, admin_client: Client) -> None:
    target = io.BytesIO()
    Image.new("RGB", (900, 500), "navy").save(target, "PNG")
    url = page("directory_professional_change", waiting.pk)
    data = form_data(admin_client, url)
    upload = SimpleUploadedFile("me.png", target.getvalue(), "image/png")
    assert admin_client.post(url, {**data, "portrait": upload}).status_code == 302
    waiting.refresh_from_db()
    assert waiting.portrait.name.endswith(".webp")
    bad = SimpleUploadedFile("me.png", b"nothing", "image/png")
    assert admin_client.post(url, {**data, "portrait": bad}).status_code == 200
