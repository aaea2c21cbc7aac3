"""Sending rows that are not about one booking: claim, send, note what happened. Messages of bookings have their own order
(`scheduling.messages`)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMessage
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from scheduling.background import after_commit
from scheduling.messages import GIVE_UP, LEASE, log
from scheduling.models import Outgoing

Status = Outgoing.Status


class NotAllowed(Exception):  # noqa: N818  named as that of scheduling.messages
    """The row cannot be sent again; the text is for people."""


PAUSE = timedelta(minutes=5)


def due(rows: "QuerySet[Any]", now: datetime, *, limit: int = 500) -> list[int]:
    """Ids of what waits to be sent."""
    return list(_claimable(rows, now).order_by("due_at", "pk").values_list("pk", flat=True)[:limit])


def _claimable(rows: "QuerySet[Any]", now: datetime) -> "QuerySet[Any]":
    return rows.filter(Q(leased_until=None) | Q(leased_until__lte=now), status=Status.DUE, due_at__lte=now)


def requeue(row: Any, task: str) -> None:
    """Send one row once more, now. Raises NotAllowed while it is being sent and for what is overtaken."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    rows = type(row)._default_manager.filter(free, pk=row.pk).exclude(status=Status.SUPERSEDED)
    values = {"status": Status.DUE, "due_at": now, "attempts": 0, "last_error": "", "leased_until": None}
    if not rows.update(**values):
        raise NotAllowed(_("This message is being sent at this moment, or has been overtaken."))
    after_commit(task)


def deliver(rows: "QuerySet[Any]", pk: int, compose: Callable[[Any, datetime], EmailMessage | None]) -> bool:
    """Send one row if it is due and nobody else is at it; True when a mail went out. Never raises.

    `compose` reads the state at this moment; None: there is nothing to say any more.
    """
    now = timezone.now()
    until = now + LEASE
    if not _claimable(rows.order_by(), now).filter(pk=pk).update(leased_until=until):
        return False
    row = rows.get(pk=pk)
    ours = rows.model._default_manager.filter(pk=pk, leased_until=until)
    try:
        mail = compose(row, now)
        if mail is None:
            ours.update(status=Status.SUPERSEDED, due_at=None, leased_until=None)
            return False
        mail.send()
    except Exception as error:  # noqa: BLE001  this row is tried again, the others go on
        log.warning("%s %s was not sent: %r", rows.model.__name__, pk, error)
        over = now - row.created_at >= GIVE_UP
        ours.update(
            status=Status.FAILED if over else Status.DUE,
            due_at=None if over else now + PAUSE * (row.attempts + 1),
            attempts=row.attempts + 1,
            last_error=f"{type(error).__name__}: {error}"[:2000],
            leased_until=None,
        )
        return False
    ours.update(
        status=Status.SENT,
        due_at=None,
        sent_at=timezone.now(),
        recipient=mail.to[0],
        subject=mail.subject[:255],
        leased_until=None,
        last_error="",
    )
    return True
