"""Mails as files in development, and the page that shows them to the developer's own machine."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
import time_machine
from django.core import mail as django_mail
from django.core.mail import EmailMultiAlternatives

from scheduling import mail, messages
from scheduling.models import Message
from tests.scheduling.rows import make_booking

BACKEND = "scheduling.mail.EmlBackend"


@pytest.fixture
def folder(settings, tmp_path):
    settings.MAIL_FILES_DIR = tmp_path / "mail"
    settings.EMAIL_BACKEND = BACKEND
    settings.DEVELOPMENT = True
    return settings.MAIL_FILES_DIR


def send(subject="Hello", **fields) -> None:
    message = EmailMultiAlternatives(subject, "Text with ü", "a@example.org", ["b@example.org"], **fields)
    message.attach_alternative("<html><head></head><body><p>HTML with ü</p></body></html>", "text/html")
    message.send()


def test_each_mail_is_a_file_that_mail_programs_open(folder):
    send(bcc=["secret@example.org"])
    (path,) = folder.iterdir()
    assert path.suffix == ".eml"
    content = path.read_bytes()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"secret@example.org" not in content
    parsed = message_from_bytes(content, policy=policy.default)
    assert parsed["Subject"] == "Hello"
    assert parsed.get_body(("plain",)).get_content().strip() == "Text with ü"


def test_newest_first_by_name(folder):
    for minute in (3, 1, 2):
        with time_machine.travel(datetime(2027, 3, 1, 8, minute, tzinfo=UTC), tick=False):
            send(f"Mail {minute}")
    found = mail.newest()
    assert [stored.subject for stored in found] == ["Mail 3", "Mail 2", "Mail 1"]
    assert [stored.name for stored in found] == sorted((stored.name for stored in found), reverse=True)
    assert found[0].at == datetime(2027, 3, 1, 8, 3, tzinfo=UTC)


def test_many_mails_in_one_instant_keep_apart(folder):
    with time_machine.travel(datetime(2027, 3, 1, 8, tzinfo=UTC), tick=False):
        django_mail.get_connection().send_messages(
            [django_mail.EmailMessage("x", "y", "a@example.org", ["b@example.org"]) for _number in range(20)]
        )
    assert len(list(folder.iterdir())) == 20


def test_a_mail_to_nobody_is_none(folder):
    assert django_mail.get_connection().send_messages([django_mail.EmailMessage("x", "y", "a@example.org", [])]) == 0
    assert mail.newest() == []


@pytest.mark.parametrize("name", ["../secret_key", "x.eml", "20270301T080000000000Z-0000000g.eml", ""])
def test_only_our_own_file_names_are_read(folder, name):
    folder.mkdir()
    assert mail.path_of(name) is None


# --- the page ----------------------------------------------------------------------------------------------


def test_an_invitation_is_shown_with_all_its_parts(folder, client, brand):
    booking = make_booking(brand)
    messages.queue(booking, Message.Kind.CONFIRMED, audiences=["client"])
    assert messages.deliver(Message.objects.about_changes().get().pk)
    (stored,) = mail.newest()
    page = client.get("/dev/mail/")
    assert stored.name in page.content.decode()
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    shown = client.get(f"/dev/mail/{stored.name}/").content.decode()
    assert "BEGIN:VCALENDAR" in shown
    assert "invite.ics" in shown
    assert "Auto-Submitted: auto-generated" in shown
    assert 'sandbox="allow-popups' in shown
    raw = client.get(f"/dev/mail/{stored.name}/raw/")
    assert raw["Content-Type"] == "message/rfc822"
    assert raw.content == mail.path_of(stored.name).read_bytes()


def test_html_is_shown_without_scripts(folder, client):
    send()
    (stored,) = mail.newest()
    page = client.get(f"/dev/mail/{stored.name}/")
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    framed = client.get(f"/dev/mail/{stored.name}/html/")
    assert "<p>HTML with ü</p>" in framed.content.decode()
    rules = framed["Content-Security-Policy"]
    assert "script-src 'none'" in rules
    assert "sandbox" in rules
    assert "frame-ancestors 'self'" in rules
    assert framed["X-Frame-Options"] == "SAMEORIGIN"


PATHS = ["", "{name}/", "{name}/html/", "{name}/raw/"]


@pytest.mark.parametrize("path", PATHS)
def test_404_for_other_machines_proxies_and_production(folder, client, settings, path):
    send()
    url = "/dev/mail/" + path.format(name=mail.newest()[0].name)
    assert client.get(url).status_code == 200
    assert client.get(url, REMOTE_ADDR="::1").status_code == 200
    assert client.get(url, REMOTE_ADDR="203.0.113.5").status_code == 404
    assert client.get(url, REMOTE_ADDR="").status_code == 404
    assert client.get(url, headers={"X-Forwarded-For": "203.0.113.5"}).status_code == 404
    assert client.post(url).status_code == 405
    settings.DEVELOPMENT = False
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("name", ["..%2fsecret_key", "nothing.eml", "20270301T080000000000Z-00000000.eml"])
def test_unknown_names_are_404(folder, client, name):
    for path in PATHS[1:]:
        assert client.get("/dev/mail/" + path.format(name=name)).status_code == 404


def test_empty(folder, client):
    assert "No mail yet" in client.get("/dev/mail/").content.decode()
