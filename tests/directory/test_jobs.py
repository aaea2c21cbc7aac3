"""Jobs: claimed once, counted, stopped, taken up again where a dead worker left them."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from directory import jobs
from directory.models import AuditEvent, Job, Person
from tests import factories

WORDS = ["one", "two", "bad", "four"]


def write_names(job):
    """Work of these tests: a person for each word of the data; "bad" fails, "boom" breaks."""
    for word in job.data.split()[job.done + job.failed :]:
        if word == "boom":
            raise RuntimeError(word)
        if word == "bad":
            yield "bad is no name"
            continue
        if word == "stop":
            jobs.stop(job)
        Person.objects.get_or_create(brand=job.brand, email=f"{word}@example.org")
        yield None


@pytest.fixture(autouse=True)
def _kind(settings):
    settings.JOB_KINDS = {"names": f"{__name__}.write_names"}


def start(brand, words, by=None):
    return jobs.start("names", title="Names", brand=brand, by=by, total=len(words), data=" ".join(words))


def test_a_job_runs_once_and_counts(brand, admin_user):
    job = start(brand, WORDS, admin_user)
    assert jobs.run_next() == 1
    assert jobs.run_next() == 0
    job.refresh_from_db()
    assert (job.status, job.done, job.failed, job.log) == ("done", 3, 1, "bad is no name")
    assert job.data == "", "what it was given goes when it ends"
    assert AuditEvent.objects.filter(verb="job.started", actor=admin_user, subject_id=str(job.pk)).exists()


def test_a_running_job_is_nobody_elses_until_its_worker_is_dead(brand):
    job = start(brand, WORDS)
    now = timezone.now()
    Job.objects.update(status="running", done=2, leased_until=now + jobs.LEASE)
    assert jobs.run_next() == 0
    with time_machine.travel(now + jobs.LEASE + timedelta(seconds=1)):
        assert jobs.run_next() == 1
    job.refresh_from_db()
    assert (job.status, job.done, job.failed) == ("done", 3, 1)
    assert not Person.objects.filter(email="one@example.org").exists(), "the first two were done before"


def test_stop_ends_a_waiting_job_at_once_and_a_running_one_after_the_item(brand, monkeypatch):
    waiting = start(brand, WORDS)
    jobs.stop(waiting)
    waiting.refresh_from_db()
    assert waiting.status == "stopped"
    assert jobs.run_next() == 0
    monkeypatch.setattr(jobs, "OFTEN", timedelta(0))
    running = start(brand, ["one", "stop", "three"])
    assert jobs.run_next() == 1
    running.refresh_from_db()
    assert (running.status, running.done) == ("stopped", 2)
    assert not Person.objects.filter(email="three@example.org").exists()


def test_a_stopped_job_goes_on_where_it_was_for_a_day(brand, monkeypatch):
    monkeypatch.setattr(jobs, "OFTEN", timedelta(0))
    job = start(brand, ["one", "stop", "three"])
    jobs.run_next()
    assert not Person.objects.filter(email="three@example.org").exists()
    assert jobs.resume(job)
    assert not jobs.resume(job), "it waits already"
    jobs.run_next()
    job.refresh_from_db()
    assert (job.status, job.done, job.data) == ("done", 3, "")
    late = start(brand, WORDS)
    jobs.stop(late)
    assert jobs.forget(timezone.now()) == 0
    assert jobs.forget(timezone.now() + jobs.KEPT + timedelta(seconds=1)) == 1
    assert not jobs.resume(late), "what it needs is gone"
    Job.objects.filter(pk=late.pk).update(log="Hanna Huber is closed.")
    jobs.forget(timezone.now() + jobs.TOLD + timedelta(seconds=1))
    assert not Job.objects.exclude(log="").exists(), "words about people do not stay for ever"


def test_an_unexpected_error_breaks_the_job_off_and_says_so(brand):
    job = start(brand, ["one", "boom", "three"])
    jobs.run_next()
    job.refresh_from_db()
    assert (job.status, job.done) == ("broken", 1)
    assert "broke off" in job.log


def test_a_worker_that_lost_its_lease_writes_nothing_more(brand, monkeypatch):
    """Two workers on one job, because the first slept too long: the row belongs to the second."""
    monkeypatch.setattr(jobs, "OFTEN", timedelta(0))
    job = start(brand, ["one", "two", "three"])
    real = jobs._count
    calls = []

    def slow(job, *args):
        if not calls:
            Job.objects.filter(pk=job.pk).update(leased_until=timezone.now() + 2 * jobs.LEASE, done=3)
        calls.append(args)
        return real(job, *args)

    monkeypatch.setattr(jobs, "_count", slow)
    jobs.run_next()
    job.refresh_from_db()
    assert (job.status, job.done, len(calls)) == ("running", 3, 1)


def test_the_page_shows_progress_and_stops(brand, admin_client):
    job = start(brand, WORDS)
    url = reverse("admin:directory_job_change", args=[job.pk])
    page = admin_client.get(url)
    assert page["Refresh"] == "3"
    assert "0 of 4 done" in page.content.decode()
    admin_client.post(reverse("admin:directory_job_stop", args=[job.pk]), {"confirmed": "on"})
    assert "Refresh" not in admin_client.get(url).headers
    job.refresh_from_db()
    assert job.status == "stopped"


def test_an_unknown_kind_is_refused_when_it_is_started(brand):
    with pytest.raises(LookupError):
        jobs.start("nonsense", title="x", brand=brand, by=None, total=1)


def test_staff_of_another_brand_sees_no_job(brand, other_brand, client):
    start(brand, WORDS)
    user = factories.make_user(is_staff=True)
    user.brands.set([other_brand])
    from django.contrib.auth.models import Permission

    user.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("admin:directory_job_changelist")).context["cl"].result_count == 0
