"""Thin Celery tasks over the verbs. Each is idempotent; each finds by itself what is due."""

import datetime as dt
from smtplib import SMTPException

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from directory import accounts, notices
from directory.models import Person, Professional
from scheduling import availability, bookings, messages
from scheduling.models import Message


@shared_task
def send_message(message_id: int) -> bool:
    return messages.deliver(message_id)


@shared_task
def send_due_messages() -> int:
    """What no broker message announced, or what is tried again; at most for a minute, the next beat goes on."""
    until, count = timezone.now() + dt.timedelta(minutes=1), 0
    for message_id in messages.due():
        count += messages.deliver(message_id)
        if timezone.now() >= until:
            break
    return count


@shared_task(autoretry_for=(SMTPException, OSError), retry_backoff=60, retry_backoff_max=3600, max_retries=12)
def send_notice(professional_id: int, status: str) -> bool:
    return notices.send(professional_id, status)


@shared_task
def expire_holds() -> int:
    return bookings.expire_holds()


@shared_task
def complete_past() -> int:
    return bookings.complete_past()


@shared_task
def refresh_next_free() -> int:
    """Time passes: a free time that was next is no longer free. Hosts with one in the coming day, or with none."""
    soon = timezone.now() + dt.timedelta(days=1)
    due = Professional.objects.filter(
        Q(next_free_at__lte=soon) | Q(next_free_at=None), status=Professional.Status.LISTED
    )
    count = 0
    for host in due.select_related("person").iterator(chunk_size=200):
        availability.refresh(host)
        count += 1
    return count


@shared_task
def erase_closed() -> int:
    """Closed accounts lose their personal data once no mail that needs it is waiting."""
    waiting = Message.objects.filter(status=Message.Status.DUE).values("booking__host__person")
    people = Person.objects.filter(professional__status=Professional.Status.CLOSED, erased_at=None)
    count = 0
    for person in people.exclude(pk__in=waiting)[:100]:
        accounts.erase(person)
        count += 1
    return count
