"""Numbers of the administration's first page as charts, each with a table that says the same."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from scheduling import offered
from scheduling.models import Booking
from scheduling.models.bookings import Status

BACK, AHEAD = 28, 14  # days of the chart of bookings
WEEKS = 8  # of the chart of no-shows
MOST = 8  # specialties and cities
REAL = (Status.PENDING, Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW)
BLUE, RED, GREY = "var(--color-primary-600)", "var(--color-red-600)", "var(--color-base-400)"


@dataclass(frozen=True)
class Chart:
    """`kind` bar or line; `series` name → one value for each label, with its colour. `note` says what is counted."""

    title: str
    kind: str
    label: str
    labels: list[str]
    series: list[tuple[str, str, list[Any]]]
    note: str = ""

    @property
    def data(self) -> str:
        sets = [
            {
                "label": name,
                "data": values,
                "backgroundColor": colour,
                "borderColor": colour,
                "displayYAxis": not number,
            }
            for number, (name, colour, values) in enumerate(self.series)
        ]
        return json.dumps({"labels": self.labels, "datasets": sets})

    @property
    def rows(self) -> list[tuple[str, list[Any]]]:
        return [(label, [values[n] for _n, _c, values in self.series]) for n, label in enumerate(self.labels)]

    @property
    def is_empty(self) -> bool:
        return not any(value for _name, _colour, values in self.series for value in values)


@dataclass
class Days:
    """Bookings by day and state, on the clock of the page: one query for everything that is said about days."""

    counts: dict[date, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    minutes: dict[date, float] = field(default_factory=lambda: defaultdict(float))

    def count(self, first: date, last: date, states: tuple[str, ...] = REAL) -> int:
        span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return sum(self.counts[day][state] for day in span if day in self.counts for state in states)

    def no_show_rate(self, first: date, last: date) -> float | None:
        """Of the appointments that are over, the share at which nobody appeared; None where none is over."""
        over = self.count(first, last, (Status.COMPLETED, Status.NO_SHOW))
        return self.count(first, last, (Status.NO_SHOW,)) / over if over else None


def days(bookings: QuerySet[Booking], today: date) -> Days:
    first = today - timedelta(days=WEEKS * 7 + 7)
    last = today + timedelta(days=AHEAD + 1)
    zone = timezone.get_current_timezone()
    midnight = datetime.min.time()
    length = ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField())
    rows = (
        # ends_at has the index, with the status before it
        bookings.filter(
            status__in=REAL,
            ends_at__gte=datetime.combine(first, midnight, zone),
            ends_at__lt=datetime.combine(last, midnight, zone),
        )
        .annotate(day=TruncDate("starts_at"), length=length)
        .order_by()
        .values_list("day", "status")
        .annotate(count=Count("pk"), total=Sum("length"))
    )
    found = Days()
    for day, status, count, total in rows:
        found.counts[day][status] += count
        if status in (Status.PENDING, Status.CONFIRMED):
            found.minutes[day] += total.total_seconds() / 60
    return found


def fill_rate(days: Days, listed: QuerySet[Any], today: date) -> float | None:
    """Booked minutes of the next 7 days over those that listed members offer: absences and public holidays are no offer."""
    left = offered.minutes(listed, today, 7)
    booked = sum(days.minutes[today + timedelta(days=n)] for n in range(7))
    return min(1.0, booked / (left or booked)) if left or booked else None


def per_day(days: Days, today: date) -> Chart:
    span = [today + timedelta(days=n) for n in range(-BACK, AHEAD + 1)]
    return Chart(
        title=_("Appointments per day"),
        kind="bar",
        label=_("Day"),
        labels=[date_format(day, "SHORT_DATE_FORMAT") for day in span],
        series=[
            (_("Past"), GREY, [days.count(day, day) if day < today else 0 for day in span]),
            (_("Today and later"), BLUE, [days.count(day, day) if day >= today else 0 for day in span]),
        ],
        note=_("The last 28 days and the next 14; held and cancelled ones are left out."),
    )


def no_shows(days: Days, monday: date) -> Chart:
    weeks = [monday - timedelta(days=7 * n) for n in range(WEEKS, 0, -1)]
    rates = [days.no_show_rate(week, week + timedelta(days=6)) for week in weeks]
    return Chart(
        title=_("Did not appear, by week"),
        kind="line",
        label=_("Week from"),
        labels=[date_format(week, "SHORT_DATE_FORMAT") for week in weeks],
        series=[(_("Per cent"), RED, [round(100 * rate) if rate else 0 for rate in rates])],
        note=_("Share of the appointments that are over."),
    )


def next_free(listed: QuerySet[Any], now: datetime) -> list[Chart]:
    """How long one waits for a free time, by specialty and by city: the median of listed members, in days."""
    language = (get_language() or "en").split("-")[0]
    found: list[dict[str, dict[int, float | None]]] = [defaultdict(dict), defaultdict(dict)]
    columns = listed.order_by().values_list("pk", "next_free_at", f"specialties__name_{language}", "offices__city")
    for pk, moment, specialty, city in columns.iterator(chunk_size=5000):
        wait = None if moment is None else max(0.0, (moment - now).total_seconds() / 86_400)
        for groups, name in zip(found, (specialty, city), strict=True):
            if name:
                groups[name][pk] = wait
    titles = [
        (_("Days to the next free time, by specialty"), _("Specialty")),
        (_("Days to the next free time, by city"), _("City")),
    ]
    charts = []
    for groups, (title, label) in zip(found, titles, strict=True):
        most = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:MOST]
        waits = {name: [wait for wait in members.values() if wait is not None] for name, members in most}
        without = sum(1 for name, members in most if not waits[name] for _member in members)
        note = _("The median of listed members; the largest groups are shown.")
        if without:
            text = ngettext(
                "%(count)d member in a group without a free time.",
                "%(count)d members in groups without a free time.",
                without,
            )
            note = f"{note} {text % {'count': without}}"
        names = [name for name, found_waits in waits.items() if found_waits]
        values = [round(median(waits[name]), 1) for name in names]
        charts.append(
            Chart(title=title, kind="bar", label=label, labels=names, series=[(_("Days"), BLUE, values)], note=note)
        )
    return charts
