"""The audit log: every change of note has a line, no line can be changed, nobody's name stays behind."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from directory import accounts, audit
from directory.models import AuditEvent, Brand, Professional
from tests import factories
from tests.admin_pages import form_data
from tests.conftest import client_of


def last() -> AuditEvent:
    return AuditEvent.objects.order_by("-id")[0]


def refused(sql: str) -> bool:
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    return True


def test_the_database_refuses_to_change_a_line(alice):
    event = audit.record("changed", alice)
    assert refused("UPDATE directory_auditevent SET verb = 'nothing'")
    assert refused(f"DELETE FROM directory_auditevent WHERE id = {event.pk}")
    with pytest.raises(DatabaseError), transaction.atomic():
        event.delete()
    assert AuditEvent.objects.filter(pk=event.pk, verb="changed").exists()


def test_only_retention_forgets_and_only_what_is_old(alice):
    old, new = audit.record("changed", alice), audit.record("changed", alice)
    now = timezone.now() + timedelta(days=1)
    assert AuditEvent.objects.count() >= 2
    kept = AuditEvent.objects.filter(at__gte=new.at).count()
    assert audit.forget(before=new.at) >= 1
    assert not AuditEvent.objects.filter(pk=old.pk).exists()
    assert AuditEvent.objects.count() == kept
    assert refused("DELETE FROM directory_auditevent"), "the permission ends with the job"
    assert audit.forget(before=now) == kept


def test_a_save_in_administration_says_who_changed_what(brand, admin_user, admin_client):
    url = reverse("admin:directory_brand_change", args=[brand.pk])
    data = {**form_data(admin_client, url), "name": "Kanzleiwegweiser", "hold_minutes": 15}
    assert admin_client.post(url, data).status_code == 302
    event = AuditEvent.objects.filter(verb="changed", subject_type="directory.brand").latest("id")
    assert event.changes["name"] == ["Kanzleifinder", "Kanzleiwegweiser"]
    assert event.changes["hold_minutes"] == [10, 15]
    assert (event.brand_id, event.actor_id, event.source) == (brand.pk, admin_user.pk, "admin")
    assert event.actor_text == "admin@example.org"


def test_saving_without_a_change_writes_nothing(brand):
    before = AuditEvent.objects.count()
    Brand.objects.get(pk=brand.pk).save()
    assert AuditEvent.objects.count() == before


def test_values_of_people_are_not_kept(alice, alice_client):
    alice.person.first_name, alice.person.phone = "Alicia", "+49 30 1234"
    alice.person.save()
    event = last()
    assert event.changes == {"first_name": [None, None], "phone": [None, None]}
    accounts.close_account(Professional.objects.get(pk=alice.pk))
    accounts.erase(alice.person)
    kept = " ".join(str(row) for row in AuditEvent.objects.values_list("changes", "note", "actor_text"))
    for private in ("Alice", "Alicia", "1234", "alice@example.org", "Hauptstraße"):
        assert private not in kept


def test_clients_leave_no_lines(bob):
    before = AuditEvent.objects.count()
    bob.phone = "1"
    bob.save()
    assert AuditEvent.objects.count() == before


def test_decisions_about_a_member(brand, admin_user):
    wanda = factories.make_professional(brand, status="submitted")
    accounts.approve(wanda, by=admin_user)
    event = last()
    assert (event.verb, event.changes) == ("member.approved", {"status": ["submitted", "listed"]})
    accounts.suspend(wanda, by=admin_user, reason="Register entry is gone.")
    assert last().verb == "member.suspended"
    assert last().subject_id == str(wanda.pk)


def test_more_rights_for_a_log_in_are_noted(admin_user):
    from django.contrib.auth.models import Group

    user = factories.make_user(is_staff=True)
    group = Group.objects.create(name="Office")
    user.groups.add(group)
    assert last().changes == {"groups": [None, [group.pk]]}
    user.groups.clear()
    assert last().changes == {"groups": [[group.pk], None]}
    user.is_superuser = True
    user.save()
    assert last().changes == {"is_superuser": [False, True]}


def test_a_rolled_back_change_leaves_no_line(brand):
    before = AuditEvent.objects.count()
    with transaction.atomic():
        brand.name = "Other"
        brand.save()
        assert AuditEvent.objects.count() == before + 1
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == before


def test_the_list_says_it_in_words_and_exports_what_is_filtered(alice, admin_client, at_most_queries):
    alice.title = '=HYPERLINK("https://evil.example")'
    alice.save()
    url = reverse("admin:directory_auditevent_changelist")
    with at_most_queries(16):
        page = admin_client.get(url, {"verb": "changed"}).content.decode()
    assert "Professional title: “Lawyer” → “=HYPERLINK" in page
    assert "Alice Ahrens" in page
    export = admin_client.get(reverse("admin:directory_auditevent_export"), {"verb": "changed"})
    lines = b"".join(export.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("at,by,verb")
    assert {line.split(",")[2] for line in lines[1:]} == {"changed"}
    assert last().verb == "exported"


def test_nobody_changes_the_log_by_the_administration(alice, admin_client):
    event = audit.record("changed", alice)
    change = reverse("admin:directory_auditevent_change", args=[event.pk])
    assert admin_client.get(change).status_code == 200
    assert admin_client.post(change, {"verb": "x"}).status_code == 403
    assert admin_client.post(reverse("admin:directory_auditevent_delete", args=[event.pk])).status_code == 403
    staff = client_of(alice.brand, factories.make_user(is_staff=True))
    assert staff.get(reverse("admin:directory_auditevent_changelist")).status_code == 403
