"""A brand's own words in mails, and how long the log of mails is kept."""

from datetime import timedelta

import pytest
from django.core import mail as outbox_of
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from scheduling import messages, texts
from scheduling.models import MailText, Message
from tests.scheduling.rows import make_booking

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "named"),
    [("Hi {client}", "{client}"), ("{ when}", "{ when}"), ("{}", "{}"), ("{when", "brace"), ("{{ when }}", "when")],
)
def test_what_is_no_placeholder_is_named(text, named):
    with pytest.raises(ValidationError, match=named.replace("{", r"\{").replace("}", r"\}")):
        texts.check(text, texts.COMMON)


def test_the_words_stand_in_both_parts_and_nothing_in_them_runs():
    booking = make_booking()
    MailText.objects.create(
        brand=booking.host.brand,
        kind="confirmed",
        audience="client",
        language="en",
        subject="See you {when}",
        opening="Dear reader, {title} <b>%(when)s</b>",
        closing="Yours, {brand}",
    )
    messages.queue(booking, "confirmed")
    for row in Message.objects.about_changes():
        assert messages.deliver(row.pk)
    client = next(mail for mail in outbox_of.outbox if mail.to == ["bob@example.org"])
    assert client.subject == "See you Mon, 22 Mar 2027, 10:00 (Berlin)"
    assert "Dear reader, First talk <b>%(when)s</b>" in client.body
    html = client.alternatives[0][0]
    assert "Dear reader, First talk &lt;b&gt;%(when)s&lt;/b&gt;" in html
    assert "Yours, Kanzleifinder" in client.body
    assert "Yours, Kanzleifinder" in html
    host = next(mail for mail in outbox_of.outbox if mail.to != ["bob@example.org"])
    assert "Dear reader" not in host.body


def test_the_administration_checks_previews_tests_and_resets(admin_client, admin_user, brand):
    new = "/admin/scheduling/mailtext/add/"
    typed = {"brand": brand.pk, "kind": "moved", "audience": "client", "language": "en", "opening": "Hello {nobody}"}
    page = admin_client.post(new, typed)
    assert page.status_code == 200
    assert "{nobody}" in page.content.decode()
    assert not MailText.objects.exists()
    assert admin_client.post(new, typed | {"opening": "Hello, {reference}"}).status_code == 302
    row = MailText.objects.get()
    preview = reverse("admin:scheduling_mailtext_preview", args=[row.pk])
    assert "Hello, K7Q2-M4XD" in admin_client.get(preview, follow=True).content.decode()
    assert not outbox_of.outbox
    assert admin_client.post(preview, {"confirmed": "on"}, follow=True).status_code == 200
    assert [mail.to for mail in outbox_of.outbox] == [[admin_user.email]]
    admin_client.post(reverse("admin:scheduling_mailtext_reset", args=[row.pk]), {"confirmed": "on"}, follow=True)
    row.refresh_from_db()
    assert row.opening == ""


def test_a_sensitive_brand_keeps_its_subjects_neutral(admin_client, other_brand):
    typed = {"brand": other_brand.pk, "kind": "moved", "audience": "client", "language": "en", "subject": "{title}"}
    assert "{title}" in admin_client.post("/admin/scheduling/mailtext/add/", typed).content.decode()
    assert not MailText.objects.exists()


def test_old_rows_of_the_log_are_forgotten_and_what_waits_stays(settings):
    booking = make_booking()
    messages.queue(booking, "confirmed")
    Message.objects.update(created_at=booking.ends_at - timedelta(days=9))
    Message.objects.filter(audience="client").update(status="sent", due_at=None)
    later = booking.ends_at + timedelta(days=settings.MAIL_LOG_DAYS)
    assert messages.forget(later) == 0
    sent = Message.objects.filter(status="sent").count()
    assert messages.forget(later + timedelta(seconds=1)) == sent > 0
    assert set(Message.objects.values_list("status", flat=True)) == {"due"}
    settings.MAIL_LOG_DAYS = 0
    assert messages.forget(timezone.now() + timedelta(days=9999)) == 0
