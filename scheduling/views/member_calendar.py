"""The professional's calendar: a week as a list for everybody, and the events that the drawn calendar asks for."""

from datetime import date, datetime, timedelta

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from directory.access import MemberRequest, professional_required
from scheduling import busy, diary
from scheduling.models import Booking, BusyTime
from scheduling.models.hours import clock

WEEK = timedelta(days=7)
VIEWS = {"week": "timeGridWeek", "month": "dayGridMonth", "list": "listWeek", "day": "timeGridDay"}


def date_of(text: str) -> date | None:
    """'2026-11-24', also with a time behind it; None for anything else, and for years that no calendar is kept of."""
    try:
        day = parse_date(text[:10])
    except ValueError:
        return None
    return day if day and 2000 <= day.year < 2190 else None


@professional_required
def show(request: MemberRequest) -> HttpResponse:
    """The week of ?date=, from Monday."""
    now, today = timezone.now(), timezone.localdate()
    wanted = date_of(request.GET.get("date", "")) or today
    monday = wanted - timedelta(days=wanted.weekday())
    context = {
        "professional": request.professional,
        "days": diary.days(request.professional, monday, monday + WEEK, now=now),
        "wanted": wanted,
        "today": today,
        "now": now,
        "first": monday,
        "last": monday + WEEK - timedelta(days=1),
        "earlier": monday - WEEK,
        "later": monday + WEEK,
        "view": VIEWS.get(request.GET.get("view", ""), ""),
        "offset": timezone.localtime(now).isoformat()[-6:],
    }
    return render(request, "scheduling/member/calendar.html", context)


@professional_required
def events(request: MemberRequest) -> HttpResponse:
    """Bookings, busy times, absences and hours of [start, end) as JSON; 400 for a range that is none or too long."""
    first, last = date_of(request.GET.get("start", "")), date_of(request.GET.get("end", ""))
    if first is None or last is None:
        return JsonResponse({"error": "start and end are dates"}, status=400)
    try:
        days = diary.days(request.professional, first, last)
    except ValueError:
        return JsonResponse({"error": f"at most {diary.LONGEST.days} days"}, status=400)
    return JsonResponse(_events(days, timezone.now()), safe=False)


def _events(days: list[diary.Day], now: datetime) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    seen = set()
    for day in days:
        found += [_open(day, *window) for window in day.windows]
        if day.is_away:
            found.append(_away(day))
        for entry in day.entries:
            key = entry.row.pk if entry.row else (entry.start, entry.end)
            if (entry.kind, key) not in seen:
                seen.add((entry.kind, key))
                found.append(_event(entry, now))
    return found


def _local(moment: datetime) -> str:
    """The host's wall clock, without an offset: the calendar draws what it is told."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M:%S")


def _open(day: diary.Day, start: int, end: int) -> dict[str, object]:
    until = f"{day.date}T{clock(end)}:00" if end < 1440 else f"{day.date + timedelta(days=1)}T00:00:00"
    return {
        "start": f"{day.date}T{clock(start)}:00",
        "end": until,
        "title": day.places.get(start, ""),
        "display": "background",
        "classNames": ["is-open"],
    }


def _away(day: diary.Day) -> dict[str, object]:
    url = day.override_url
    return {
        "id": f"away-{day.date}",
        "start": str(day.date),
        "end": str(day.date + timedelta(days=1)),
        "allDay": True,
        "title": day.away_words,
        "editable": False,
        "classNames": ["is-away"],
        "extendedProps": {"url": url},
    }


def _event(entry: diary.Entry, now: datetime) -> dict[str, object]:
    row = entry.row
    event: dict[str, object] = {
        "id": f"{entry.kind}-{row.pk if row else _local(entry.start)}",
        "start": _local(entry.start),
        "end": _local(entry.end),
        "title": entry.title,
        "editable": False,
        "classNames": [f"is-{entry.kind}"],
        "extendedProps": {},
    }
    if isinstance(row, Booking):
        event["classNames"] = ["is-booking", f"is-{row.status}"]
        event["startEditable"] = row.is_open and row.starts_at > now
        event["extendedProps"] = {
            "url": reverse("my_booking", args=[row.pk]),
            "move": reverse("my_booking_move_to", args=[row.pk]),
            "about": row.title,
        }
    elif isinstance(row, BusyTime) and row.source == busy.OWN:
        event["extendedProps"] = {"url": reverse("my_busy", args=[row.pk])}
    return event
