"""How much time members offer in some days: weekly hours with overrides, absences and public holidays. Two queries, for sums
over a whole brand. What is booked or otherwise taken within it counts as offered."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db.models import F, QuerySet, Sum

from directory.models import Professional
from scheduling.calendars import by_date
from scheduling.models import AvailabilityOverride, AvailabilityRule


def minutes(hosts: QuerySet[Professional], first: date, days: int) -> int:
    """Minutes that `hosts` offer on `days` dates from `first`, each on her own wall clock."""
    last = first + timedelta(days=days - 1)
    keys = hosts.order_by().values("pk")
    weekly: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rules = AvailabilityRule.objects.filter(host__in=keys).order_by().values_list("host", "weekday")
    for host, weekday, length in rules.annotate(length=Sum(F("end_minute") - F("start_minute"))):
        weekly[host][weekday] = length
    dates = [first + timedelta(days=number) for number in range(days)]
    total = sum(of_host[day.weekday()] for of_host in weekly.values() for day in dates)
    for host, found in _overrides(keys, first, last).items():
        total += sum(length - weekly[host][day.weekday()] for day, length in found.items())
    return total


def _overrides(keys: QuerySet[Professional, Any], first: date, last: date) -> dict[int, dict[date, int]]:
    """Minutes of each date on which something else than the weekly hours counts."""
    of_host = defaultdict(list)
    rows = AvailabilityOverride.objects.filter(host__in=keys, last_date__gte=first, first_date__lte=last).order_by()
    columns = ("host", "first_date", "last_date", "pk", "windows", "holiday")
    for host, begin, until, pk, windows, holiday in rows.values_list(*columns):
        length = sum(window[1] - window[0] for window in windows)
        of_host[host].append((begin, until, (not holiday, pk), length))
    return {host: by_date(found, first, last) for host, found in of_host.items()}
