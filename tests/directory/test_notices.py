"""Mails about membership: in the member's language, from the brand, only while the decision stands."""

import pytest
from django.core import mail

from config.celery import app
from directory import accounts, notices
from directory.models import LegalPage, Professional
from tests import factories

pytestmark = pytest.mark.django_db
Status = Professional.Status


@pytest.fixture
def applicant():
    brand = factories.make_brand(slug="kanzlei", name="Kanzleifinder", sender_address="termine@kanzlei.example")
    LegalPage.objects.create(brand=brand, kind="imprint", title="Imprint", body="…")
    return factories.make_professional(brand, email="alice@example.org", status=Status.SUBMITTED)


@pytest.fixture
def worker():
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def admin():
    return factories.make_admin("admin@example.org")


def test_approval_is_told(applicant, admin, worker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        accounts.approve(applicant, by=admin)
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.org"]
    assert sent.from_email == "Kanzleifinder <termine@kanzlei.example>"
    assert sent.reply_to == ["Kanzleifinder <help@kanzlei.example>"]
    assert sent.subject == "Your profile at Kanzleifinder is approved"
    assert "clients can book" in sent.body
    assert "kanzlei.localhost" in sent.body
    assert "/legal/imprint/" in sent.body
    html = sent.alternatives[0].content
    assert "clients can book" in html
    assert '<html lang="en">' in html
    assert sent.message()["Auto-Submitted"] == "auto-generated"


def test_who_has_nothing_to_book_is_told_what_is_missing(applicant, admin):
    applicant.bookable, applicant.status = False, Status.LISTED
    assert "as soon as there is something to book" in notices.compose(applicant).body


def test_refusal_comes_with_the_reason(applicant, admin, worker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        accounts.refuse(applicant, by=admin, reason="The <register> number is missing.")
    (sent,) = mail.outbox
    assert "The <register> number is missing." in sent.body
    assert "The &lt;register&gt; number is missing." in sent.alternatives[0].content
    assert "/my/profile/" in sent.body


def test_suspension_is_told(applicant, admin, worker, django_capture_on_commit_callbacks):
    applicant.status = Status.LISTED
    applicant.save()
    with django_capture_on_commit_callbacks(execute=True):
        accounts.suspend(applicant, by=admin, reason="Complaint of 3 May.")
    (sent,) = mail.outbox
    assert "Complaint of 3 May." in sent.body


def test_a_decision_that_was_taken_back_is_not_announced(applicant):
    assert not notices.send(applicant.pk, Status.LISTED)
    assert not notices.send(4_000_000, Status.LISTED)
    assert not mail.outbox


def test_no_address_no_mail(applicant):
    applicant.status = Status.LISTED
    applicant.save()
    applicant.person.email = ""
    applicant.person.save()
    assert not notices.send(applicant.pk, Status.LISTED)


def test_in_her_language(applicant):
    applicant.person.language, applicant.status = "de", Status.LISTED
    assert notices.compose(applicant).message()["Content-Language"] == "de"
    assert '<html lang="de">' in notices.compose(applicant).alternatives[0].content


def test_a_brand_name_cannot_add_headers(applicant):
    applicant.status = Status.LISTED
    applicant.brand.name = "Kanzlei\r\nBcc: all@example.org"
    applicant.brand.sender_name = "Kanzlei"
    message = notices.compose(applicant).message()
    assert message["Bcc"] is None
