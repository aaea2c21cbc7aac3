"""Verbs of the busy times that a professional enters herself: a dentist, a lecture, an afternoon off.

Busy time of a provider or an imported calendar belongs to its source and is changed there.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from directory.models import Professional
from scheduling.models import Booking, BusyTime

OWN = "own"


def own(host: Professional):  # type: ignore[no-untyped-def]
    """Busy times that this professional may change."""
    return BusyTime.objects.filter(host=host, source=OWN)


@transaction.atomic
def save(row: BusyTime) -> list[Booking]:
    """Add or change; returns the upcoming appointments that it overlaps and did not before. They stay as they are."""
    Professional.objects.lock(row.host_id)
    before = own(row.host).filter(pk=row.pk).first()
    known = {booking.pk for booking in touched(row.host, before.starts_at, before.ends_at)} if before else set()
    if not row.remote_id:
        row.source, row.remote_id = OWN, uuid.uuid4().hex
    row.save()
    return [booking for booking in touched(row.host, row.starts_at, row.ends_at) if booking.pk not in known]


@transaction.atomic
def delete(row: BusyTime) -> None:
    Professional.objects.lock(row.host_id)
    row.delete()


def touched(host: Professional, start: datetime, end: datetime, *, now: datetime | None = None) -> list[Booking]:
    """Upcoming appointments that overlap [start, end), by start."""
    upcoming = Booking.objects.filter(host=host, starts_at__lt=end, ends_at__gt=start).upcoming(now or timezone.now())
    return list(upcoming.select_related("meeting_type__office").order_by("starts_at"))
