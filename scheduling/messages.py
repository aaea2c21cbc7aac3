"""What is sent to whom, when: rows in the booking's transaction, mail by the worker.

A row says only that something happened. What the mail says is read when it is sent, so the last mail that somebody
gets tells the truth. At least once, in the order of versions: a crash between sending and marking repeats a mail
under the same Message-ID.
"""

import logging
import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from scheduling import letters, notifications, reminders
from scheduling.background import after_commit
from scheduling.models import Booking, Message
from scheduling.models.bookings import Status

log = logging.getLogger(__name__)

Audience = Message.Audience
BOTH = (Audience.CLIENT, Audience.HOST)
# Longer than the conversation with a mail server can take: each of its steps may last EMAIL_TIMEOUT.
LEASE = timedelta(seconds=15 * settings.EMAIL_TIMEOUT)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP = timedelta(hours=24)


class NotAllowed(Exception):
    """There is nothing to send again; the text is for people."""


def queue(booking: Booking, kind: str, *, audiences: Iterable[str] = BOTH) -> None:
    """Write the rows of one change, inside its transaction; a row that exists already stays.

    Who has no address gets no row, nor does a professional who does not want to hear of it; her quiet hours hold it back.
    """
    now = timezone.now()
    rows = [
        Message(
            booking=booking,
            version=booking.version,
            kind=kind,
            audience=audience,
            language=language,
            due_at=now if audience == Audience.CLIENT else notifications.send_at(booking, now),
        )
        for audience in audiences
        for email, language in [letters.receiver(booking, audience)]
        if email and (audience == Audience.CLIENT or notifications.wants(booking.host, kind))
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    written = Message.objects.filter(
        booking=booking, version=booking.version, kind=kind, audience__in=[row.audience for row in rows]
    )
    for pk in written.filter(status=Message.Status.DUE, due_at__lte=now).values_list("pk", flat=True):
        after_commit("scheduling.tasks.send_message", pk)
    reminders.plan(booking, booking.updated_at)


@transaction.atomic
def requeue(message: Message) -> None:
    """Send one row once more, now. Raises NotAllowed while it is being sent and for what the booking left behind."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    rows = Message.objects.filter(free, pk=message.pk).exclude(status=Message.Status.SUPERSEDED)
    if not rows.update(status=Message.Status.DUE, due_at=now, attempts=0, last_error="", leased_until=None):
        raise NotAllowed(_("This message is being sent at this moment, or the booking has changed since."))
    after_commit("scheduling.tasks.send_message", message.pk)


@transaction.atomic
def resend(booking: Booking) -> None:
    """Send what was last said about a booking once more, to all who were told. Raises NotAllowed."""
    rows = Message.objects.about_changes().filter(booking=booking).exclude(status=Message.Status.SUPERSEDED)
    last = rows.order_by("-version").values_list("version", flat=True).first()
    if last is None:
        raise NotAllowed(_("No e-mail has been written for this booking."))
    for message in rows.filter(version=last):
        requeue(message)


def forget(now: datetime | None = None) -> int:
    """Delete the log of mails about appointments that are over for MAIL_LOG_DAYS; how many rows. 0 days: keep all."""
    if not settings.MAIL_LOG_DAYS:
        return 0
    before = (now or timezone.now()) - timedelta(days=settings.MAIL_LOG_DAYS)
    old = Message.objects.filter(booking__ends_at__lt=before, created_at__lt=before)
    return old.exclude(status=Message.Status.DUE).delete()[0]


def due(now: datetime | None = None, *, limit: int = 500) -> list[int]:
    """Ids of rows that wait to be sent, in the order in which they fell due."""
    rows = _claimable(now or timezone.now()).order_by("due_at", "id")
    return list(rows.values_list("pk", flat=True)[:limit])


def _claimable(now: datetime):  # type: ignore[no-untyped-def]
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return Message.objects.filter(free, status=Message.Status.DUE, due_at__lte=now)


def deliver(message_id: int) -> bool:
    """Send one row if it is due and nobody else is at it; True when a mail went out. Safe to repeat, never raises
    for what a mail server or a bad address does: the row says what happened and when it is tried again."""
    message = _claim(message_id)
    if message is None:
        return False
    if _is_overtaken(message):
        _release(message, status=Message.Status.SUPERSEDED, due_at=None)
        return False
    later = reminders.put_off(message, timezone.now()) if message.kind in reminders.KINDS else None
    if later:
        _release(message, due_at=later)
        return False
    try:
        mail = letters.compose(message, now=timezone.now())
        mail.send()
    except letters.NoAddress as error:
        _release(message, status=Message.Status.FAILED, due_at=None, last_error=str(error))
        return False
    except Exception as error:  # noqa: BLE001  whatever goes wrong, this row is tried again and the others go on
        _failed(message, error)
        return False
    language = letters.receiver(message.booking, message.audience)[1]
    _release(
        message,
        status=Message.Status.SENT,
        due_at=None,
        sent_at=timezone.now(),
        recipient=mail.to[0],
        subject=mail.subject[:255],
        language=language,
        last_error="",
    )
    return True


def _claim(message_id: int) -> Message | None:
    """Lease the row, with everything the mail needs. None: not due, taken, or an older mail is still on its way."""
    now = timezone.now()
    row = Message.objects.filter(pk=message_id).values("booking_id", "audience", "channel", "version").first()
    if row is None:
        return None
    on_their_way = Message.objects.filter(
        booking_id=row["booking_id"],
        audience=row["audience"],
        channel=row["channel"],
        version__lt=row["version"],
        status=Message.Status.DUE,
        leased_until__gt=now,
    )
    if on_their_way.exists():
        return None
    until = now + LEASE
    if not _claimable(now).filter(pk=message_id).update(leased_until=until):
        return None
    related = ("booking__host__person", "booking__host__brand", "booking__meeting_type__office")
    return Message.objects.select_related(*related).get(pk=message_id)


def _is_overtaken(message: Message) -> bool:
    """A newer row tells this reader more, or there is no such appointment any more. Cancellations always go out."""
    if message.kind in (Message.Kind.CANCELLED, Message.Kind.DECLINED):
        return False
    if message.kind == Message.Kind.REQUESTED and not message.booking.is_request:
        return True
    if message.kind == Message.Kind.VERIFY:
        return message.booking.status != Status.HELD
    if message.kind in reminders.KINDS:
        return reminders.is_overtaken(message, timezone.now())
    if message.booking.status not in (Status.PENDING, Status.CONFIRMED):
        return True
    newer = Message.objects.about_changes().filter(
        booking=message.booking, audience=message.audience, channel=message.channel, version__gt=message.version
    )
    return newer.exists()


def _failed(message: Message, error: Exception) -> None:
    """Again after 2ⁿ minutes give or take a fifth, at most an hour; after a day it stays failed, with the reason."""
    now = timezone.now()
    log.warning("Message %s was not sent: %r", message.pk, error)
    attempts = message.attempts + 1
    minutes = min(2**attempts, LONGEST_PAUSE.total_seconds() / 60)
    due_at = now + timedelta(minutes=minutes) * random.uniform(0.8, 1)  # noqa: S311
    # A reminder is written long before it is due, and is of no use after the start.
    over = message.booking.starts_at if message.kind in reminders.KINDS else message.created_at + GIVE_UP
    given_up = now >= over
    _release(
        message,
        status=Message.Status.FAILED if given_up else Message.Status.DUE,
        attempts=attempts,
        due_at=None if given_up else due_at,
        last_error=f"{type(error).__name__}: {error}"[:2000],
    )


def _release(message: Message, **fields: object) -> None:
    """Only while the lease is ours: whoever took over an expired lease decides."""
    ours = Message.objects.filter(pk=message.pk, leased_until=message.leased_until)
    ours.update(leased_until=None, **fields)
