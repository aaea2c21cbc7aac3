"""Visits of the pages of a demo brand: of its busy members for half a year, of the others for a week."""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from directory.models import Brand, Professional
from scheduling.models import Booking, VisitCount

Kind = VisitCount.Kind
BUSY_DAYS, DAYS = 182, 7


def make(brand: Brand, *, busy: set[str], now: datetime | None = None) -> int:
    """Written beside the appointments, which must be there; returns the number of sums. `busy`: e-mail addresses."""
    now = now or timezone.now()
    dice = random.Random(f"visits of {brand.slug}")  # noqa: S311
    rows: list[VisitCount] = []
    for host in Professional.objects.listed().filter(brand=brand).select_related("person").order_by("pk"):
        rows += _of(host, BUSY_DAYS if host.person.email in busy else DAYS, dice, now)
    VisitCount.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _of(host: Professional, days: int, dice: random.Random, now: datetime) -> list[VisitCount]:
    zone = ZoneInfo(host.time_zone)
    today = timezone.localdate(now, zone)
    first = today - timedelta(days=days - 1)
    online = Booking.objects.filter(
        host=host, origin=Booking.Origin.PAGE, created_at__gte=now - timedelta(days=days + 1)
    )
    booked: Counter[tuple[date, int]] = Counter()
    for created_at, meeting_type in online.values_list("created_at", "meeting_type"):
        booked[created_at.astimezone(zone).date(), meeting_type] += 1
    types = list(host.meeting_types.values_list("pk", flat=True))
    rows = []
    for day in (first + timedelta(days=number) for number in range(days)):
        weekend = day.weekday() >= 5
        seen = dice.randint(1, 5) if weekend else dice.randint(5, 16)
        for pk in types:
            done = booked[day, pk]
            chosen = done + (dice.random() < 0.3)
            times = chosen + dice.randint(0, 2 if weekend else 4)
            seen += times // 2
            for kind, count in ((Kind.TIMES, times), (Kind.CHOSEN, chosen), (Kind.BOOKED, done)):
                if count:
                    rows.append(VisitCount(host=host, day=day, kind=kind, meeting_type_id=pk, count=count))
        rows.append(VisitCount(host=host, day=day, kind=Kind.PROFILE, count=seen))
    return rows
