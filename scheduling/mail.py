"""Mail as bytes: the MIME layout of an invitation, and mails as files where none are sent."""

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import encoders, message_from_bytes, policy
from email.message import EmailMessage as ParsedMail
from email.mime.base import MIMEBase
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from directory.letterhead import one_line

NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{8}\.eml")


# --- building ----------------------------------------------------------------------------------------------


class Invitation(EmailMultiAlternatives):
    """multipart/mixed( multipart/alternative( plain, HTML, calendar ), invite.ics ), as RFC 6047 and mail clients
    want it: the inline part makes the buttons, the attachment serves programs that look for a file."""

    def __init__(self, *args: Any, calendar: bytes, method: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calendar, self.method = calendar, method
        # Base64 keeps the CRLFs; other encodings may be rewritten on the way.
        file = MIMEBase("application", "ics", name="invite.ics")
        file.add_header("Content-Disposition", "attachment", filename="invite.ics")
        self.attach(_base64(file, calendar))

    def message(self) -> Any:  # type: ignore[override]
        mixed: Any = super().message()
        alternative = mixed.get_payload()[0]
        part = MIMEBase("text", "calendar", method=self.method, charset="UTF-8")
        alternative.attach(_base64(part, self.calendar))
        return mixed


def _base64(part: MIMEBase, content: bytes) -> MIMEBase:
    part.set_payload(content)
    encoders.encode_base64(part)
    return part


def build(
    *,
    subject: str,
    text: str,
    html: str,
    sender: str,
    to: str,
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
    calendar: bytes = b"",
    method: str = "",
) -> EmailMultiAlternatives:
    """A transactional mail. With `calendar` (an .ics file whose METHOD is `method`) it is an invitation."""
    known: dict[str, Any] = {
        "subject": one_line(subject),
        "body": text,
        "from_email": sender,
        "to": [to],
        "reply_to": [reply_to] if reply_to else [],
        "headers": {"Auto-Submitted": "auto-generated", **(headers or {})},
    }
    message = Invitation(calendar=calendar, method=method, **known) if calendar else EmailMultiAlternatives(**known)
    message.attach_alternative(html, "text/html")
    return message


# --- mails as files ----------------------------------------------------------------------------------------


class EmlBackend(BaseEmailBackend):
    """Development: every mail becomes a file in MAIL_FILES_DIR that any mail program opens. The time is its name."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.MAIL_FILES_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for message in email_messages:
            if not message.recipients():
                continue
            mail: Any = message.message()
            content = mail.as_bytes(linesep="\r\n")
            name = f"{timezone.now().astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(4)}.eml"
            unfinished = folder / f".{name}.part"
            unfinished.write_bytes(content)
            os.replace(unfinished, folder / name)
            count += 1
        return count


@dataclass(frozen=True)
class StoredMail:
    """One file of the backend above; `at` in UTC."""

    name: str
    at: datetime
    mail: ParsedMail

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"] or "")

    @property
    def replies_to(self) -> str:
        return str(self.mail["Reply-To"] or "")

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.mail.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part else ""

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.mail.items()]

    @property
    def parts(self) -> list[tuple[str, str, str]]:
        """Content type, file name and – of calendar parts – the text of all that is neither plain text nor HTML."""
        found = []
        for part in self.mail.walk():
            if part.is_multipart() or part.get_content_type() in ("text/plain", "text/html"):
                continue
            payload = part.get_payload(decode=True)
            readable = part.get_content_type() in ("text/calendar", "application/ics")
            content = payload.decode(errors="replace") if readable and isinstance(payload, bytes) else ""
            found.append((str(part["Content-Type"]), part.get_filename() or "", content))
        return found


def path_of(name: str) -> Path | None:
    """The file of that name, or None for a name that is none of ours."""
    if not NAME.fullmatch(name):
        return None
    path = Path(settings.MAIL_FILES_DIR) / name
    return path if path.is_file() else None


def read(path: Path) -> StoredMail:
    at = datetime.strptime(path.name.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    return StoredMail(path.name, at, mail)  # type: ignore[arg-type]


def newest(limit: int = 100) -> list[StoredMail]:
    """The latest mails, newest first."""
    folder = Path(settings.MAIL_FILES_DIR)
    paths = [path for path in folder.glob("*.eml") if NAME.fullmatch(path.name)] if folder.is_dir() else []
    return [read(path) for path in sorted(paths, reverse=True)[:limit]]
