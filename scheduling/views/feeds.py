"""The calendar feed: her page about it, and the file; and the sheet of one day for printing."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy
from django.views.decorators.http import condition, require_safe

from directory.access import MemberRequest, professional_required
from scheduling import feeds
from scheduling.models import Booking, CalendarFeed

SHOWN_ONCE = "new_feed_address"


class DetailForm(forms.Form):
    detail = forms.ChoiceField(
        label=gettext_lazy("What it shows"), choices=CalendarFeed.Detail, widget=forms.RadioSelect, initial="initials"
    )


@professional_required
def edit(request: MemberRequest) -> HttpResponse:
    """Switch on, change, rotate, switch off. A new address shows once, on the page after it was made."""
    host = request.professional
    feed = CalendarFeed.objects.filter(host=host).first()
    form = DetailForm(request.POST or None, initial={"detail": feed.detail} if feed else None)
    if request.method == "POST" and "off" in request.POST:
        feeds.switch_off(host)
        return redirect("my_feed")
    if form.is_valid():
        if feed and "rotate" not in request.POST:
            feeds.set_detail(host, form.cleaned_data["detail"])
        else:
            request.session[SHOWN_ONCE] = feeds.switch_on(host, form.cleaned_data["detail"])
        return redirect("my_feed")
    address = request.session.pop(SHOWN_ONCE, "") if request.method == "GET" else ""
    context = {
        "feed": feed,
        "form": form,
        "address": address,
        "webcal": address.replace("https://", "webcal://", 1).replace("http://", "webcal://", 1),
        "sensitive": host.is_sensitive,
    }
    return render(request, "scheduling/member/feed.html", context, status=422 if form.is_bound else 200)


@require_safe
def read(request: HttpRequest, token: str) -> HttpResponse:
    """The file, or 304 where the program has it already. Who has the address may read."""
    feed, now = feeds.find(request.brand, token), timezone.now()  # type: ignore[attr-defined]
    if feed is None:
        raise Http404
    feeds.note_reading(feed, now)

    @condition(etag_func=lambda _request: f'"{feeds.version(feed, now)}"')
    def answer(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(feeds.render(feed, now), content_type="text/calendar; charset=utf-8")

    response = answer(request)
    patch_cache_control(response, private=True, no_cache=True)
    response["X-Robots-Tag"] = "noindex"
    return response


@professional_required
def day_sheet(request: MemberRequest) -> HttpResponse:
    """All appointments of a day on paper: for reception, and for the day without a network."""
    day = _date(request.GET.get("date", ""))
    zone = timezone.get_current_timezone()
    start, end = (datetime.combine(each, time.min, tzinfo=zone) for each in (day, day + timedelta(days=1)))
    mine = Booking.objects.filter(host=request.professional, starts_at__gte=start, starts_at__lt=end)
    bookings = list(
        mine.filter(status__in=feeds.SHOWN).select_related("meeting_type__office").order_by("starts_at")[:200]
    )
    for booking in bookings:
        booking.host = booking.meeting_type.host = request.professional
    context = {
        "day": day,
        "bookings": bookings,
        "professional": request.professional,
        "earlier": day - timedelta(days=1),
        "later": day + timedelta(days=1),
        "now": timezone.now(),
    }
    return render(request, "scheduling/member/day_sheet.html", context)


def _date(text: str) -> date:
    """Today for what is no date, or none in which a day can begin and end."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    return day if day and 1900 < day.year < 9000 else timezone.localdate()
