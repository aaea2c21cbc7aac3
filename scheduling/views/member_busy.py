"""Busy times that the professional enters: an appointment of her own, an afternoon off."""

import copy
from datetime import time, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_time
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory.access import MemberRequest, professional_required
from scheduling import busy
from scheduling.forms.busy import BusyForm
from scheduling.models import BusyTime
from scheduling.views.effects import decide
from scheduling.views.member_calendar import date_of


@professional_required
def edit(request: MemberRequest, pk: int | None = None) -> HttpResponse:
    """Add or change one; what becomes of the appointments it overlaps is asked first."""
    host = request.professional
    row = get_object_or_404(busy.own(host), pk=pk) if pk is not None else BusyTime(host=host)
    initial = BusyForm.initial_of(row) if pk is not None else _prefilled(request)
    form = BusyForm(request.POST if request.method == "POST" else None, host=host, now=timezone.now(), initial=initial)
    context = {"form": form, "busy": row if pk is not None else None, "professional": host}
    if not form.is_valid():
        return render(request, "scheduling/member/busy.html", context, status=422 if form.is_bound else 200)
    if "back" in request.POST:
        return render(request, "scheduling/member/busy.html", context)
    new = BusyTime(pk=row.pk, host=host, source=row.source, remote_id=row.remote_id)
    new.starts_at, new.ends_at = form.cleaned_data["starts_at"], form.cleaned_data["ends_at"]
    new.note = form.cleaned_data["note"]
    return decide(
        request,
        lambda: busy.save(copy.copy(new)),
        title=_("Block a time"),
        said=_("Saved. Nothing can be booked in this time."),
        done=lambda: _to_calendar(new),
    )


@require_POST
@professional_required
def delete(request: MemberRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(busy.own(request.professional), pk=pk)
    busy.delete(row)
    messages.info(request, _("Removed. The time can be booked again, as far as your hours go."))
    return _to_calendar(row)


def _to_calendar(row: BusyTime) -> HttpResponse:
    response = redirect("my_calendar")
    response["Location"] += f"?date={timezone.localtime(row.starts_at):%Y-%m-%d}"
    return response


def clock_of(text: str) -> time | None:
    """'09:30' → a time; None for anything else."""
    try:
        return parse_time(text)
    except ValueError:
        return None


def _prefilled(request: MemberRequest) -> dict[str, object]:
    """?day=2026-11-24&at=09:30&until=10:30, as the calendar names an empty time."""
    at, until = clock_of(request.GET.get("at", "")), clock_of(request.GET.get("until", ""))
    day = date_of(request.GET.get("day", "")) or timezone.localdate()
    last_day = day + timedelta(days=1) if at and until == time() else None
    return {"day": day, "at": at, "until": until, "last_day": last_day}
