"""The log of mails about accounts: every one is in it, sent or not; nobody's address stays longer than it must."""

import datetime as dt
from smtplib import SMTPServerDisconnected

import pytest
from django.contrib.auth.models import Group
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse
from django.utils import timezone

from directory import accounts, mail_log, notices, roles
from directory.models import LoggedMail, Professional
from scheduling import availability, bookings, own_data
from tests import factories
from tests.conftest import client_of

pytestmark = pytest.mark.django_db
Kind, Status = LoggedMail.Kind, LoggedMail.Status


def test_a_decision_is_logged_when_it_is_mailed(alice, brand, mailoutbox):
    assert notices.send(alice.pk, Professional.Status.LISTED)
    row = LoggedMail.objects.get()
    assert (row.brand, row.kind, row.status) == (brand, Kind.DECISION, Status.SENT)
    assert [row.recipient] == mailoutbox[0].to
    assert row.subject == mailoutbox[0].subject


def test_mails_of_log_ins_are_logged(alice, brand, client, mailoutbox):
    client.post(reverse("account_reset_password"), {"email": alice.person.email})
    assert len(mailoutbox) == 1
    row = LoggedMail.objects.get()
    assert (row.kind, row.recipient) == (Kind.ACCOUNT, alice.person.email)


def test_what_failed_says_why_and_is_one_line_with_its_repetition(alice, monkeypatch, mailoutbox):
    def silent(backend, mails):
        raise SMTPServerDisconnected("Connection unexpectedly closed")

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", silent)
        for _attempt in range(2):
            with pytest.raises(SMTPServerDisconnected):
                notices.send(alice.pk, Professional.Status.LISTED)
    row = LoggedMail.objects.get()
    assert (row.status, row.attempts) == (Status.FAILED, 2)
    assert row.last_error == "SMTPServerDisconnected: Connection unexpectedly closed"
    assert notices.send(alice.pk, Professional.Status.LISTED)
    row = LoggedMail.objects.get()
    assert (row.status, row.attempts, row.last_error) == (Status.SENT, 3, "")
    assert notices.send(alice.pk, Professional.Status.LISTED)  # what was sent is never a line of another
    assert LoggedMail.objects.count() == 2


def test_addresses_go_with_the_person_and_lines_after_90_days(alice, brand, meeting_type, mailoutbox):
    notices.send(alice.pk, Professional.Status.LISTED)
    held = bookings.hold(meeting_type, availability.next_free(meeting_type))
    bookings.confirm(held, name="Bob Berg", email="bob@example.org")
    assert own_data.send_link(brand, "bob@example.org", "en")
    held = own_data.Held(brand, "bob@example.org")
    assert own_data.export(held, timezone.now())["other_mails"][0]["kind"] == Kind.OWN_DATA
    own_data.erase(held)
    assert not mail_log.to(brand, "bob@example.org").exists()
    assert mail_log.to(brand, alice.person.email).exists()
    accounts.erase(alice.person)
    assert set(LoggedMail.objects.values_list("recipient", flat=True)) == {""}
    now = timezone.now()
    assert mail_log.forget(now + dt.timedelta(days=89)) == 0
    assert mail_log.forget(now + dt.timedelta(days=91)) == 2


def test_an_address_that_must_not_be_kept_is_not(brand, mailoutbox):
    mail = EmailMessage("Bye", "…", "a@example.org", ["gone@example.org"])
    mail_log.send(mail, brand=brand, kind=Kind.DEPARTURE, name_recipient=False)
    assert LoggedMail.objects.get().recipient == ""


@pytest.mark.parametrize(
    ("role", "its_own", "code", "seen"),
    [("Support", True, 200, True), ("Support", False, 200, False), ("Moderation", True, 403, False)],
)
def test_staff_reads_the_log_of_its_own_brands(role, its_own, code, seen, alice, brand, other_brand, admin_client):
    notices.send(alice.pk, Professional.Status.LISTED)
    url = reverse("admin:directory_loggedmail_changelist")
    assert alice.person.email in admin_client.get(url).content.decode()
    roles.make()
    user = factories.make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    user.brands.set([brand if its_own else other_brand])
    page = client_of(brand, user).get(url)
    text = page.content.decode()
    assert page.status_code == code
    assert ("is approved" in text) is seen
    assert alice.person.email not in text
