"""What happened → rows, inside the transaction in which it happened. Rolled back together, kept together.

Nothing is written where nobody listens. Bulk writes send no signals and are not heard of; the verbs make none.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model, Q
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver
from django.utils import timezone

from directory.models import Brand, Professional
from directory.signals import professional_closing, professional_decided, professional_listed
from integrations.hooks import catalogue
from integrations.hooks.models import HookDelivery, HookEndpoint, HookEvent
from scheduling.background import after_commit
from scheduling.models import AvailabilityOverride, AvailabilityRule, BookingEvent

# Saving a week of hours writes many rows: one event follows, when it has been quiet for as long as this.
QUIET = timedelta(seconds=5)


def listeners(brand_id: int, professional: Professional, event_type: str) -> list[HookEndpoint]:
    """Active addresses of the professional and of the whole brand that want the event. One query."""
    found = HookEndpoint.objects.filter(
        Q(professional=None) | Q(professional=professional), brand_id=brand_id, is_active=True
    )
    return [endpoint for endpoint in found if endpoint.wants(event_type)]


def emit(event_type: str, professional: Professional, data: Callable[[], dict[str, Any]], *, subject: str = "") -> None:
    """Write the event and who is to hear it; `data` is asked only if somebody is. One query where nobody is."""
    endpoints = listeners(professional.brand_id, professional, event_type)
    if endpoints:
        write(event_type, professional.brand, professional, data(), endpoints, subject=subject)


@transaction.atomic
def write(
    event_type: str,
    brand: Brand,
    professional: Professional | None,
    data: dict[str, Any],
    endpoints: list[HookEndpoint],
    *,
    subject: str = "",
    is_example: bool = False,
    wait: timedelta = timedelta(0),
) -> HookEvent:
    """An event and its deliveries, due after `wait`; wakes a worker when the transaction is done."""
    now = timezone.now()
    event = HookEvent.objects.create(
        type=event_type,
        brand=brand,
        professional=professional,
        data=data,
        subject=subject,
        is_example=is_example,
        at=now,
    )
    HookDelivery.objects.bulk_create(
        HookDelivery(event=event, endpoint=endpoint, due_at=now + wait) for endpoint in endpoints
    )
    after_commit("integrations.tasks.send_hooks")
    return event


@receiver(post_save, sender=BookingEvent)
def booking_changed(
    sender: type[Model], instance: BookingEvent, created: bool = False, raw: bool = False, **_kwargs: Any
) -> None:
    event_type = catalogue.type_of(instance)
    if created and not raw and event_type:
        booking = instance.booking
        emit(event_type, booking.host, lambda: catalogue.booking_data(instance), subject=booking.reference)


@receiver(professional_listed)
def member_listed(sender: type[Model], professional: Professional, **_kwargs: Any) -> None:
    _member("member.listed", professional)


@receiver(professional_decided)
def member_decided(sender: type[Model], professional: Professional, **_kwargs: Any) -> None:
    if professional.status == Professional.Status.SUSPENDED:
        _member("member.suspended", professional)


@receiver(professional_closing)
def member_left(sender: type[Model], professional: Professional, **_kwargs: Any) -> None:
    """The brand hears of it; the member's own addresses hear nothing any more."""
    stop_all_of(professional)
    _member("member.closed", professional, status=Professional.Status.CLOSED)


@receiver([post_save, pre_delete], sender=AvailabilityRule)
@receiver([post_save, pre_delete], sender=AvailabilityOverride)
def hours_changed(sender: type[Model], instance: AvailabilityRule, raw: bool = False, **_kwargs: Any) -> None:
    if raw:
        return
    host, event_type = instance.host, "member.hours_changed"
    endpoints = listeners(host.brand_id, host, event_type)
    if not endpoints:
        return
    now = timezone.now()
    waiting = HookDelivery.objects.filter(
        event__type=event_type, event__professional=host, status=HookDelivery.Status.DUE, attempts=0, leased_until=None
    )
    known = set(waiting.values_list("endpoint_id", flat=True))
    waiting.update(due_at=now + QUIET)
    missing = [endpoint for endpoint in endpoints if endpoint.pk not in known]
    if missing:
        write(event_type, host.brand, host, catalogue.member_data(host), missing, subject=host.slug, wait=QUIET)


def stop_all_of(professional: Professional) -> None:
    mine = HookEndpoint.objects.filter(professional=professional)
    HookDelivery.objects.filter(endpoint__in=mine, status=HookDelivery.Status.DUE).update(
        status=HookDelivery.Status.STOPPED, due_at=None
    )
    mine.update(is_active=False)


def _member(event_type: str, professional: Professional, **changed: str) -> None:
    data = catalogue.member_data(professional)
    emit(event_type, professional, lambda: data | changed, subject=professional.slug)
