"""Thin Celery tasks over the verbs. Each is idempotent; each finds by itself what is due."""

import datetime as dt
from smtplib import SMTPException

from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from directory import accounts, audit, departures, devices, jobs, mail_log, notices, reviews
from directory.models import Brand, Person, Professional
from scheduling import (
    alert_mails,
    alerts,
    availability,
    bookings,
    digests,
    guard,
    messages,
    own_data,
    proof,
    public_holidays,
    reminders,
    requests,
    takeout,
    visits,
)
from scheduling.api import base, oauth
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


@shared_task
def send_data_link(brand_id: int, email: str, language: str) -> bool:
    """Not swept: whoever gets no mail asks once more."""
    return own_data.send_link(Brand.objects.get(pk=brand_id), email, language)


@shared_task
def send_digests() -> int:
    digests.write_due()
    return digests.send_due()


@shared_task
def watch_openings() -> int:
    """Openings, offers in line and their mails."""
    alerts.sweep()
    return alert_mails.send_due()


@shared_task
def forget_messages() -> int:
    return messages.forget() + mail_log.forget()


@shared_task
def plan_reminders() -> int:
    return reminders.plan_missing()


@shared_task(autoretry_for=(SMTPException, OSError), retry_backoff=60, retry_backoff_max=3600, max_retries=12)
def send_notice(professional_id: int, status: str) -> bool:
    return notices.send(professional_id, status)


@shared_task
def send_login_alerts() -> int:
    return devices.send_alerts()


@shared_task
def expire_holds() -> int:
    return bookings.expire_holds()


@shared_task
def lapse_requests() -> int:
    return requests.lapse()


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
    for host in due.select_related("person", "brand").iterator(chunk_size=200):
        availability.refresh(host)
        count += 1
    return count


@shared_task
def extend_holidays() -> int:
    return public_holidays.extend()


@shared_task
def refresh_brand(brand_id: int) -> int:
    """A brand was paused or goes on: what its members' columns say changes at once."""
    count = 0
    listed = Professional.objects.filter(brand_id=brand_id, status=Professional.Status.LISTED)
    for host in listed.select_related("person", "brand").iterator(chunk_size=200):
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


@shared_task
def prove_erasures() -> int:
    return departures.send_due()


@shared_task
def forget_audit() -> int:
    return audit.forget(timezone.now() - dt.timedelta(days=settings.AUDIT_KEPT_DAYS))


@shared_task
def forget_strangers() -> int:
    """What the guard noted a month ago, and what was typed for bookings that nobody confirmed."""
    return guard.forget_attempts() + proof.forget()


@shared_task
def forget_visits() -> int:
    return visits.forget(timezone.localdate())


@shared_task
def run_jobs() -> int:
    """Imports and other long work; one job at a time for a worker, the next beat goes on."""
    return jobs.run_next()


@shared_task
def remind_of_rechecks() -> int:
    return reviews.remind_of_rechecks(timezone.localdate())


@shared_task
def forget_api() -> int:
    oauth.forget_old()
    return base.forget_old(timezone.now())


@shared_task
def forget_exports() -> int:
    return takeout.forget(timezone.now()) + jobs.forget(timezone.now())
