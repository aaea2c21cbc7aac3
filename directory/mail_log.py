"""Sending mails that are no row of a queue, with a line in the log for each: it went out, or why it did not."""

from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db.models import F, QuerySet
from django.utils import timezone

from directory.models import Brand, LoggedMail

Kind, Status = LoggedMail.Kind, LoggedMail.Status
KEPT = timedelta(days=90)
AGAIN = timedelta(days=1)  # within it a mail that failed and its repetition are one line


def send(mail: EmailMessage, *, brand: Brand, kind: str, name_recipient: bool = True) -> None:
    """Send now, and log it once for each address; `name_recipient` False leaves the address out.

    Raises what the mail backend raises, after it is logged. Outside of transactions only: a rollback would take the line.
    """
    recipients = mail.to if name_recipient else [""]
    try:
        mail.send()
    except OSError as error:  # SMTPException is one
        _note(mail, brand, kind, recipients, Status.FAILED, f"{type(error).__name__}: {error}"[:2000])
        raise
    _note(mail, brand, kind, recipients, Status.SENT, "")


def _note(mail: EmailMessage, brand: Brand, kind: str, recipients: list[str], status: str, error: str) -> None:
    now, longest = timezone.now(), LoggedMail._meta.get_field("recipient").max_length
    for recipient in recipients:
        # Anybody may ask for a new password under an address that is longer than any of ours.
        row = {"brand": brand, "kind": kind, "recipient": recipient[:longest], "subject": mail.subject[:255]}
        values = {"status": status, "last_error": error, "at": now}
        failed = LoggedMail.objects.filter(**row, status=Status.FAILED, at__gte=now - AGAIN).first()
        if failed:
            LoggedMail.objects.filter(pk=failed.pk).update(**values, attempts=F("attempts") + 1)
        else:
            LoggedMail.objects.create(**row, **values)


def forget(now: datetime | None = None) -> int:
    """Delete what was sent more than 90 days ago; how many rows."""
    return LoggedMail.objects.filter(at__lt=(now or timezone.now()) - KEPT).delete()[0]


def to(brand: Brand, email: str) -> QuerySet[LoggedMail]:
    """What was mailed to one address."""
    return LoggedMail.objects.filter(brand=brand, recipient__iexact=email)


def forget_address(brand: Brand, email: str) -> None:
    """That a mail went out stays in the log; to whom does not."""
    if email:
        to(brand, email).update(recipient="")
