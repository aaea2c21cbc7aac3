"""Her numbers as charts, each of which is a table or has one beside it, and as CSV."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from directory.access import MemberRequest, professional_required
from scheduling import agenda, numbers
from scheduling.models import VisitCount

WIDE = 1000  # units of a drawing: whole numbers, because the language would write a decimal comma into the SVG
SHADES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a horizontal chart. `length` of WIDE; `share` in per cent of the whole, where that makes sense."""

    label: str
    value: int
    length: int
    share: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A week in a drawing of 1000 × 1000: what was kept at the bottom, what was cancelled upon it."""

    week: numbers.Week
    x: int
    width: int
    kept_y: int
    kept: int
    gone_y: int
    gone: int


@dataclass(frozen=True, slots=True)
class Cell:
    weekday: str
    count: int
    shade: int


def _bars(pairs: list[tuple[str, int]], *, whole: int | None = None) -> list[Bar]:
    most = max([value for _label, value in pairs], default=0) or 1
    return [
        Bar(label, value, value * WIDE // most, round(100 * value / whole) if whole else None) for label, value in pairs
    ]


def _columns(weeks: list[numbers.Week]) -> list[Column]:
    most = max(week.booked for week in weeks) or 1
    step = WIDE // len(weeks)
    columns = []
    for number, week in enumerate(weeks):
        kept, gone = ((week.booked - week.cancelled) * WIDE // most, week.cancelled * WIDE // most)
        columns.append(
            Column(week, number * step + step // 8, step * 3 // 4, WIDE - kept, kept, WIDE - kept - gone, gone)
        )
    return columns


def _lead_labels() -> list[str]:
    return [
        _("On the same day"),
        _("The day before"),
        _("2 to 3 days before"),
        _("4 to 7 days before"),
        _("8 to 14 days before"),
        _("15 to 30 days before"),
        _("Earlier"),
    ]


def _load(found: numbers.Numbers) -> list[tuple[str, list[Cell]]]:
    """Rows of hours from the first to the last in use, columns of weekdays."""
    if not found.load:
        return []
    hours = [hour for _weekday, hour in found.load]
    most = max(found.load.values())
    rows = []
    for hour in range(min(hours), max(hours) + 1):
        counts = [found.load[weekday, hour] for weekday in range(7)]
        cells = [Cell(str(WEEKDAYS[day]), count, -(-SHADES * count // most)) for day, count in enumerate(counts)]
        rows.append((f"{hour:02}:00", cells))
    return rows


def _days(request: MemberRequest) -> int:
    """?days= of the periods there are; else 90."""
    return next((days for days in numbers.PERIODS if request.GET.get("days") == str(days)), 90)


@professional_required
def show(request: MemberRequest) -> HttpResponse:
    days = _days(request)
    found = numbers.read(request.professional, days)
    kinds = VisitCount.Kind
    context = {
        "professional": request.professional,
        "days": days,
        "periods": numbers.PERIODS,
        "numbers": found,
        "funnel": _bars([(str(kind.label), found.funnel[kind.value]) for kind in kinds]),
        "leads": _bars(list(zip(_lead_labels(), found.leads, strict=True)), whole=sum(found.leads)),
        "columns": _columns(found.weeks),
        "most": max(week.booked for week in found.weeks),
        "load": _load(found),
        "weekdays": [(WEEKDAYS_ABBR[day], WEEKDAYS[day]) for day in range(7)],
        "typical": _typical(found.lead_median),
    }
    return render(request, "scheduling/member/numbers.html", context)


def _typical(days: float | None) -> str:
    """The median lead time in words."""
    if days is None:
        return pgettext("no number", "None yet")
    return _("Same day") if days < 1 else _("%(count)s days") % {"count": round(days)} if days >= 2 else _("1 day")


@professional_required
def export(request: MemberRequest) -> HttpResponse:
    """A line for each day of the period."""
    lines = numbers.table(request.professional, _days(request), delimiter=agenda.delimiter(request.LANGUAGE_CODE))
    response = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="numbers-{timezone.localdate()}.csv"'
    return response
