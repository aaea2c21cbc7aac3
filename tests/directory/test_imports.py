"""Members as CSV: the dry run writes nothing, the job writes each row once, what is faulty is said by its line."""

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from directory import imports, jobs, roles
from directory.models import AuditEvent, Job, Person, Professional, Specialty
from tests import factories
from tests.conftest import client_of

HEAD = "reference;email;first_name;last_name;title;about;specialties;languages;street;postcode;city"
ANNA = "K-1;anna@example.org;Anna;Öztürk;Lawyer;Hello, “you”;family-law|Scheidung;de|tr;Weg 1;10115;Berlin"
BEN = "K-2;ben@example.org;Ben;Bär;Lawyer;;family-law;de;;;"
BAD = "K-3;not an address;Cy;C;;;no such thing;xx;Weg 1;;"


def text(*rows):
    return "\n".join([HEAD, *rows]) + "\n"


@pytest.fixture(autouse=True)
def family(brand):
    return Specialty.objects.create(brand=brand, slug="family-law", name_en="Family law", synonyms="Scheidung")


def run(brand, content, key="reference", **options):
    job = imports.start(brand, content, key=key, submit=options.get("submit", False), by=options.get("by"))
    assert jobs.run_next() == 1
    job.refresh_from_db()
    return job


def test_the_dry_run_counts_and_writes_nothing(brand):
    before = Professional.objects.count(), Person.objects.count()
    rows = imports.read("\ufeff" + text(ANNA, BEN, BAD, ANNA), "reference")
    plan = imports.plan(brand, rows, "reference")
    assert (plan.new, plan.known, [number for number, _words in plan.faults]) == (2, 0, [4, 5])
    words = plan.faults[0][1]
    for part in ("not an address", "no such thing", "xx", "street, postcode and city"):
        assert part in words
    assert "twice" in plan.faults[1][1]
    assert (Professional.objects.count(), Person.objects.count()) == before


def test_the_job_makes_members_with_everything_and_says_what_failed(brand, family):
    job = run(brand, text(ANNA, BAD, BEN))
    assert (job.status, job.done, job.failed) == ("done", 2, 1)
    assert job.log.startswith("Line 3:")
    anna = Professional.objects.get(reference="K-1")
    assert (str(anna.person), anna.status, anna.about) == ("Anna Öztürk", "draft", "Hello, “you”")
    assert list(anna.specialties.all()) == [family]
    assert [row.code for row in anna.languages.all()] == ["de", "tr"]
    assert anna.main_office.one_line == "Weg 1, 10115 Berlin"
    assert not mail.outbox


def test_a_second_run_changes_and_makes_nobody_twice(brand):
    run(brand, text(ANNA, BEN))
    count = Professional.objects.count()
    run(brand, "reference;title;about\nK-1;Specialist lawyer;\n")
    anna = Professional.objects.get(reference="K-1")
    assert Professional.objects.count() == count
    assert (anna.title, anna.about) == ("Specialist lawyer", "Hello, “you”"), "an empty cell changes nothing"
    assert anna.offices.count() == 1


def test_a_known_client_becomes_the_member_and_a_known_member_is_found_by_e_mail(brand, bob, alice):
    rows = "email,first_name,last_name,title\nBOB@example.org,Robert,Berg,Lawyer\nalice@example.org,,,Judge\n"
    job = run(brand, rows, key="email")
    assert (job.done, job.failed) == (2, 0)
    bob.refresh_from_db()
    assert (bob.first_name, bob.professional.title) == ("Robert", "Lawyer")
    alice.refresh_from_db()
    assert (alice.title, alice.person.first_name) == ("Judge", "Alice")


def test_the_address_of_a_log_in_is_not_changed_by_a_file(brand, alice):
    Professional.objects.filter(pk=alice.pk).update(reference="K-9")
    job = run(brand, "reference,email\nK-9,thief@example.org\n")
    assert job.failed == 1
    assert "log-in" in job.log
    alice.person.refresh_from_db()
    assert alice.person.email == "alice@example.org"


def test_members_of_another_brand_are_out_of_reach(other_brand, alice):
    job = run(other_brand, "email,title\nalice@example.org,Stolen\n", key="email")
    assert job.failed == 1
    alice.refresh_from_db()
    assert alice.title == "Lawyer"


def test_complete_profiles_are_submitted_if_wished(brand):
    job = run(brand, text(ANNA, BEN), submit=True)
    assert (job.done, job.failed) == (1, 1)
    assert Professional.objects.get(reference="K-1").status == "submitted"
    assert not Professional.objects.filter(reference="K-2").exists(), "a row is taken as a whole or not at all"


def test_a_dead_worker_is_followed_by_one_that_goes_on(brand, monkeypatch):
    job = imports.start(brand, text(ANNA, BEN), key="reference", submit=False, by=None)
    work = imports.run(job)
    assert next(work) is None
    work.close()
    job.done = 1
    assert list(imports.run(job)) == [None]
    assert Professional.objects.filter(reference__startswith="K-").count() == 2


@pytest.mark.parametrize(
    "content",
    ["", "email\n", "name,email\nx,y\n", "email,email\na,b\n", "title\nx\n", "\0\0", 'email\n"' + "x" * 200_000],
)
def test_what_is_no_such_file_is_refused(content):
    with pytest.raises(ValidationError):
        imports.read(content, "email")


def test_export_and_import_are_inverse_and_safe_for_spreadsheets(brand, alice, rf):
    alice.title, alice.reference = "=1+1", "A-1"
    alice.save()
    exported = "".join(imports.lines(Professional.objects.filter(pk=alice.pk)))
    assert "'=1+1" in exported
    row = imports.read(exported, "reference")[0]
    assert (row["title"], row["email"], row["city"]) == ("=1+1", "alice@example.org", "Berlin")
    assert run(brand, exported).failed == 0


def test_the_pages_ask_before_they_start(brand, admin_client, admin_user):
    url = reverse("admin:directory_professional_import_members")
    assert admin_client.get(url).status_code == 200
    data = {"brand": brand.pk, "key": "reference"}
    bad = admin_client.post(url, data | {"file": SimpleUploadedFile("x.csv", "Ä".encode("latin-1"))})
    assert (bad.status_code, "UTF-8" in bad.content.decode()) == (422, True)
    checked = admin_client.post(url, data | {"file": SimpleUploadedFile("x.csv", text(ANNA, BAD).encode())})
    assert "nothing has been written" in checked.content.decode()
    assert not Job.objects.exists()
    token = checked.context["token"]
    assert admin_client.post(url, {"token": token})["Location"].startswith("/admin/directory/job/")
    assert Job.objects.get().by == admin_user
    assert admin_client.post(url, {"token": token})["Location"] == url, "a second click starts no second job"
    assert Job.objects.count() == 1


def test_who_may_not_see_contacts_exports_them_masked_and_imports_nothing(brand, alice):
    roles.make()
    user = factories.make_user(is_staff=True)
    user.groups.set(roles.Group.objects.filter(name="Moderation"))
    client = client_of(brand, user)
    exported = b"".join(client.get(reverse("admin:directory_professional_export_members")).streaming_content).decode()
    assert "Ahrens" in exported
    assert "alice@example.org" not in exported
    assert AuditEvent.objects.filter(verb="exported", actor=user).exists()
    assert client.get(reverse("admin:directory_professional_import_members")).status_code == 403
