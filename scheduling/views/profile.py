"""The public profile and the page of free times."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from directory.models import Person, Professional
from directory.views.errors import error
from scheduling import availability, structured, visits, weeks
from scheduling.engine import embed_for, engine_for
from scheduling.models import Booking, MeetingType
from scheduling.views import gate


def find_professional(request: HttpRequest, slug: str) -> Professional:
    """Of this brand, with what the page shows. Not public: 404, unless it is her own or staff looks at it."""
    professional = get_object_or_404(
        Professional.objects.of_brand(request.brand)  # type: ignore[attr-defined]
        .select_related("person")
        .prefetch_related("offices", "languages", "specialties"),
        slug=slug,
    )
    professional.brand = request.brand  # type: ignore[attr-defined]
    closed = professional.status == Professional.Status.CLOSED
    if not professional.is_public and not closed and not _may_preview(request, professional):
        raise Http404
    return professional


def _may_preview(request: HttpRequest, professional: Professional) -> bool:
    user = request.user
    return user.is_authenticated and (user.is_staff or professional.person.user_id == user.pk)


def parse_start(text: str) -> datetime | None:
    """An aware instant from a form or link that somebody could mean, else None."""
    try:
        start = parse_datetime(text)
    except ValueError:
        return None
    return start if start and start.tzinfo and 2000 <= start.year < 2200 else None


def parse_day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """/p/<slug>/ – who and why on the left, the booking panel with a week of free times on the right.

    ?name=&email=&note= fill in the form that comes later.
    """
    professional = find_professional(request, slug)
    if professional.status == Professional.Status.CLOSED:
        return error(request, 410, member_left=True)
    typed = gate.prefilled(request)
    if typed:
        gate.remember(request, typed)
        return _without_prefill(request, professional)
    types = list(professional.meeting_types.public().select_related("office"))
    for meeting_type in types:
        meeting_type.host = professional
    wanted = request.GET.get("type", "")
    chosen = next((one for one in types if one.slug == wanted), types[0] if types else None)
    context = {"professional": professional, "meeting_types": types, "chosen": chosen}
    embed = None
    if chosen and not professional.is_paused:
        embed = embed_for(chosen, language=request.LANGUAGE_CODE, **visitor(request))  # type: ignore[attr-defined]
    if chosen and embed:
        context |= {"embed": embed, "embed_loaded": not embed.ask_first or "embed" in request.GET}
    elif chosen:
        context |= week_context(request, chosen) | {"panel_query": f"type={chosen.slug}&"}
        day = parse_day(request.GET.get("day", ""))
        open_days = [one for one in context["week"].days if one.times]  # type: ignore[attr-defined]
        context["shown_day"] = next((one for one in open_days if one.date == day), next(iter(open_days), None))
    framed = getattr(request, "embed", None)
    if framed:
        context["direct_url"] = request.brand.url(f"{professional.get_absolute_url()}?type={wanted}#book")  # type: ignore[attr-defined]
        return render(request, "scheduling/embed/panel.html", context)
    context["structured"] = structured.profile(professional, types)
    response = render(request, "scheduling/profile.html", context)
    if embed and context["embed_loaded"]:
        response._csp_update = {"frame-src": [embed.origin]}  # type: ignore[attr-defined]
    if "preview" in request.GET and request.user.is_staff:  # in a frame of the page where staff decides
        response["X-Frame-Options"] = "SAMEORIGIN"
        response._csp_replace = {"frame-ancestors": ["'self'"]}  # type: ignore[attr-defined]
    return visits.note(request, response, visits.Kind.PROFILE, professional)


def _without_prefill(request: HttpRequest, professional: Professional) -> HttpResponse:
    """The same page under an address that names nobody: addresses stay in histories and are passed on with links."""
    query = request.GET.copy()
    for key in gate.PREFILLED:
        query.pop(key, None)
    response = redirect(professional.get_absolute_url() + (f"?{query.urlencode()}" if query else ""))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def visitor(request: HttpRequest) -> dict[str, str]:
    """Name and address of somebody who has signed in, to be filled in; empty for everybody else."""
    if not request.user.is_authenticated:
        return {}
    person = Person.objects.filter(user=request.user, brand=request.brand).first()  # type: ignore[attr-defined]
    return {"name": person.full_name if person else "", "email": request.user.email}


def week_context(
    request: HttpRequest, meeting_type: MeetingType, *, first: date | None = None, exclude: Booking | None = None
) -> dict[str, object]:
    """What the week strip needs: the week of `first` or ?from=, in the zone that counts for this meeting.

    Asks the engine for news first: outside transactions only.
    """
    freshness = engine_for(meeting_type).refresh(meeting_type)
    visitor_zone: str = request.visitor_zone  # type: ignore[attr-defined]
    zone = weeks.display_zone(meeting_type, visitor_zone)
    now = timezone.now()
    first = first or parse_day(request.GET.get("from", ""))
    week = weeks.week(meeting_type, zone=zone, first=first, now=now, exclude=exclude)
    return {
        "week": week,
        "freshness": freshness,
        "zone": weeks.describe_zone(zone, now),
        "zone_fixed": meeting_type.channel == MeetingType.Channel.ON_SITE,
        "their_zone": weeks.describe_zone(visitor_zone, now),
    }


def find_meeting_type(request: HttpRequest, slug: str, type_slug: str) -> MeetingType:
    """A bookable type of a public professional of this brand."""
    meeting_type = get_object_or_404(
        MeetingType.objects.bookable().select_related("host__person", "office").prefetch_related("host__offices"),
        slug=type_slug,
        host__slug=slug,
        host__brand=request.brand,  # type: ignore[attr-defined]
    )
    meeting_type.host.brand = request.brand  # type: ignore[attr-defined]
    listed = meeting_type.host.status == Professional.Status.LISTED
    if not listed and not _may_preview(request, meeting_type.host):
        raise Http404
    return meeting_type


def times(request: HttpRequest, slug: str, type_slug: str) -> HttpResponse:
    """/p/<slug>/book/<type>/ – free times; ?start= (from a search card) offers that one first."""
    meeting_type = find_meeting_type(request, slug, type_slug)
    if embed_for(meeting_type, language=request.LANGUAGE_CODE):  # type: ignore[attr-defined]
        return redirect(f"{meeting_type.host.get_absolute_url()}?type={meeting_type.slug}#book")
    start = parse_start(request.GET.get("start", ""))
    wanted = _time(request, meeting_type, start) if start and "from" not in request.GET else None
    context = week_context(request, meeting_type, first=wanted.start.date() if wanted else None)
    week: weeks.Week = context["week"]  # type: ignore[assignment]
    context |= {
        "meeting_type": meeting_type,
        "professional": meeting_type.host,
        "wanted": wanted,
        "wanted_free": wanted is not None and wanted.iso in {time.iso for day in week.days for time in day.times},
    }
    response = render(request, "scheduling/times.html", context)
    return visits.note(request, response, visits.Kind.TIMES, meeting_type.host, meeting_type)


def _time(request: HttpRequest, meeting_type: MeetingType, start: datetime) -> weeks.Time:
    """A start in the zone in which this visitor reads this meeting."""
    zone = weeks.display_zone(meeting_type, request.visitor_zone)  # type: ignore[attr-defined]
    return weeks.make_time(start, meeting_type.duration, ZoneInfo(zone))


def taken(
    request: HttpRequest,
    meeting_type: MeetingType,
    start: datetime,
    *,
    status: int = 409,
    declined: bool = False,
    **context: object,
) -> HttpResponse:
    """The polite refusal: says so, and offers the nearest free times. 409, or 410 where a hold ran out.

    `declined`: the engine of the meeting type said no although it had offered the time.
    """
    zone = weeks.display_zone(meeting_type, request.visitor_zone)  # type: ignore[attr-defined]
    engine_for(meeting_type).refresh(meeting_type, fresh=declined)
    listed = meeting_type.host.status == Professional.Status.LISTED
    found = availability.nearest(meeting_type, start) if listed else []
    context |= {
        "meeting_type": meeting_type,
        "professional": meeting_type.host,
        "wanted": _time(request, meeting_type, start),
        "alternatives": [_time(request, meeting_type, free) for free in found],
        "zone": weeks.describe_zone(zone, timezone.now()),
        "declined": declined,
        "again": start in found,
    }
    return render(request, "scheduling/taken.html", context, status=status)
