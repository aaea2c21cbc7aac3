"""View-as: only looking, for half an hour, on record, and only for who may."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from directory import roles, view_as
from directory.models import AuditEvent
from tests import factories
from tests.conftest import client_of


def ask(member):
    return reverse("admin:directory_professional_view_as_one", args=[member.pk])


@pytest.fixture
def looking(alice, admin_client):
    response = admin_client.post(ask(alice), {"confirmed": "on"})
    assert response["Location"] == "/my/"
    return admin_client


def test_staff_sees_the_pages_with_a_notice_and_it_is_on_record(looking, alice, admin_user):
    page = looking.get(reverse("my_profile"))
    assert page.status_code == 200
    assert "You see the pages of Alice Ahrens." in page.content.decode()
    started = AuditEvent.objects.get(verb="view_as.started")
    assert (started.subject_id, started.actor_id, started.brand_id) == (str(alice.pk), admin_user.pk, alice.brand_id)
    assert looking.post(reverse("my_view_as_end"))["Location"].endswith(f"/{alice.pk}/change/")
    assert AuditEvent.objects.filter(verb="view_as.ended").exists()
    assert looking.get(reverse("my_profile")).status_code == 302


def test_asking_by_get_starts_nothing(alice, admin_client):
    assert admin_client.get(ask(alice)).status_code == 200
    assert admin_client.get(reverse("my_profile")).status_code == 302


def test_nothing_can_be_changed(looking, alice):
    response = looking.post(reverse("my_profile"), {"title": "Changed"})
    assert response.status_code == 403
    assert "nothing can be changed here" in response.content.decode()
    assert looking.post(reverse("my_leave"), {}).status_code == 403
    alice.refresh_from_db()
    assert (alice.title, alice.status) == ("Lawyer", "listed")


def test_pages_with_secrets_stay_closed(looking):
    from django.urls import get_resolver

    names = [name for name in get_resolver().reverse_dict if isinstance(name, str)]
    closed = [name for name in names if name.startswith(view_as.CLOSED)]
    assert "my_leave" in closed
    assert looking.get(reverse("my_leave")).status_code == 403


def test_it_ends_by_itself(looking):
    with time_machine.travel(timezone.now() + view_as.LONGEST + dt.timedelta(seconds=1)):
        assert looking.get(reverse("my_profile")).status_code == 302


def test_a_right_that_is_taken_away_ends_it_at_once(looking, admin_user):
    admin_user.is_superuser = False
    admin_user.save()
    assert looking.get(reverse("my_profile")).status_code == 302


def test_the_mark_is_of_no_use_at_another_brand(looking, other_brand, admin_user):
    elsewhere = client_of(other_brand, admin_user)
    session = elsewhere.session
    session[view_as.KEY] = looking.session[view_as.KEY]
    session.save()
    assert elsewhere.get(reverse("my_profile")).status_code == 302


@pytest.mark.parametrize("role", ["Support", "Moderation", "Read only"])
def test_roles_with_masked_contacts_may_not(role, alice):
    roles.make()
    user = factories.make_user(is_staff=True)
    user.groups.set(roles.Group.objects.filter(name=role))
    assert client_of(alice.brand, user).post(ask(alice), {"confirmed": "on"}).status_code in (302, 403)
    assert not AuditEvent.objects.filter(verb="view_as.started").exists()
