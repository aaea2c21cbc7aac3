"""List actions on many rows: asked on one page, done by a job, with the outcome of each row."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from directory import jobs, roles
from directory.admin import verbs
from directory.models import AuditEvent, Job, Professional
from tests import factories
from tests.conftest import client_of

LIST = reverse("admin:directory_professional_changelist")


@pytest.fixture
def waiting(brand, monkeypatch):
    """Four that wait for approval; more than two are many here."""
    monkeypatch.setattr(verbs, "INLINE", 2)
    return [factories.make_professional(brand, status="submitted", last_name=f"Wartende {n}") for n in range(4)]


def ask(client, chosen, action="approve_chosen", **more):
    return client.post(LIST, {"action": action, "_selected_action": [row.pk for row in chosen], **more})


def answer(client, page, action="approve_chosen", **more):
    """The POST that the page's own form sends."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    assert {"rows", "select_across", "_selected_action"} <= fields.keys()
    return client.post(LIST, {**fields, "action": action, "confirmed": "on", **more})


def test_many_rows_are_a_job_that_says_what_became_of_each(waiting, admin_client, admin_user):
    page = ask(admin_client, waiting)
    assert page.status_code == 200
    assert "Approve 4 profiles" in page.content.decode()
    assert "A worker does it" in page.content.decode()
    response = answer(admin_client, page)
    job = Job.objects.get()
    assert response["Location"] == reverse("admin:directory_job_change", args=[job.pk])
    assert Professional.objects.filter(status="listed").count() == 0, "nothing is done while somebody waits"
    Professional.objects.filter(pk=waiting[1].pk).update(status="closed")
    assert jobs.run_next() == 1
    job.refresh_from_db()
    assert (job.status, job.done, job.failed, job.total) == ("done", 3, 1, 4)
    assert Professional.objects.filter(status="listed").count() == 3
    approved = AuditEvent.objects.filter(verb="member.approved")
    assert {event.actor_id for event in approved} == {admin_user.pk}
    assert {event.source for event in approved} == {"admin"}
    page = admin_client.get(response["Location"])
    outcomes = page.context["outcomes"]
    assert [bool(each.words) for each in outcomes] == [True, False, False, False]
    assert outcomes[0].name == str(waiting[1])
    assert "Wartende 0" not in job.result + job.log, "names are read when they are shown"
    download = admin_client.get(reverse("admin:directory_job_result", args=[job.pk])).content.decode()
    assert "Wartende 0,done" in download


def test_few_rows_are_done_at_once(waiting, admin_client):
    page = ask(admin_client, waiting[:2])
    assert "A worker does it" not in page.content.decode()
    assert answer(admin_client, page)["Location"] == LIST
    assert Professional.objects.filter(status="listed").count() == 2
    assert not Job.objects.exists()


def test_those_on_the_page_are_meant_whoever_joins_the_list_meanwhile(brand, waiting, admin_client):
    page = ask(admin_client, waiting[:1], select_across="1")
    factories.make_professional(brand, status="submitted")
    answer(admin_client, page)
    assert Job.objects.get().total == 4


def test_the_reason_reaches_the_members(waiting, admin_client):
    page = ask(admin_client, waiting, "suspend_chosen")
    assert answer(admin_client, page, "suspend_chosen").status_code == 422, "a reason is asked for"
    answer(admin_client, page, "suspend_chosen", reason="The chamber says no.")
    Professional.objects.filter(pk__in=[row.pk for row in waiting]).update(status="listed")
    jobs.run_next()
    assert set(Professional.objects.values_list("status", "refusal_reason")) == {("suspended", "The chamber says no.")}
    assert Job.objects.get().data == ""
    assert not mail.outbox or "chamber" in mail.outbox[0].body


def test_who_lost_the_right_does_nothing_more_and_sees_her_own_job(brand, waiting):
    roles.make()
    user = factories.make_user(is_staff=True)
    user.groups.set(roles.Group.objects.filter(name="Moderation"))
    user.brands.set([brand])
    client = client_of(brand, user)
    response = answer(client, ask(client, waiting))
    assert client.get(response["Location"]).status_code == 200, "her role may not see other people's jobs"
    user.groups.clear()
    jobs.run_next()
    job = Job.objects.get()
    assert (job.done, job.failed) == (0, 4)
    assert not Professional.objects.filter(status="listed").exists()


def test_rows_of_other_brands_cannot_be_slipped_in(brand, other_brand, waiting):
    roles.make()
    user = factories.make_user(is_staff=True)
    user.groups.set(roles.Group.objects.filter(name="Owner"))
    user.brands.set([brand])
    client = client_of(brand, user)
    foreign = factories.make_professional(other_brand, status="submitted")
    keys = ",".join(str(row.pk) for row in [*waiting, foreign]) + ",x"
    page = ask(client, waiting[:1], select_across="1", rows=keys, confirmed="on")
    assert page.status_code == 302
    assert Job.objects.get().total == 4
