"""Choosing several appointments to book together. The choice is the address: `item=<meeting type>@<start>`, repeated."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from directory.models import Professional
from scheduling import availability, guard, links, series, visits, weeks
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import Status
from scheduling.views import gate
from scheduling.views.booking import HOLD, see_other
from scheduling.views.profile import find_professional, parse_start, week_context

MOST = 20


@dataclass
class Item:
    """One chosen appointment: `clash` where it cannot be had, with `others` close to it."""

    meeting_type: MeetingType
    start: datetime
    time: weeks.Time
    without: str
    clash: bool = False
    others: list[tuple[weeks.Time, str]] = field(default_factory=list)

    @property
    def code(self) -> str:
        return code_of(self.meeting_type, self.start)


def code_of(meeting_type: MeetingType, start: datetime) -> str:
    return f"{meeting_type.slug}@{start:%Y-%m-%dT%H:%M:%SZ}"


class Choice:
    """What is chosen so far, of the meeting types of one host that can be booked together."""

    def __init__(self, request: HttpRequest, host: Professional) -> None:
        self.host, self.now = host, timezone.now()
        self.visitor_zone: str = request.visitor_zone  # type: ignore[attr-defined]
        types = host.meeting_types.bookable().filter(series_max__gte=2, engine="native").select_related("office")
        self.types = {meeting_type.slug: meeting_type for meeting_type in types}
        for meeting_type in self.types.values():
            meeting_type.host = host
        mine = Booking.objects.filter(host=host, status=Status.HELD)
        held: str | None = request.session.get(HOLD)
        self.held = mine.filter(pk=held).first() if held else None
        self.starts: list[tuple[MeetingType, datetime]] = []

    def read(self, data: QueryDict) -> None:
        """Items of a form or address; what makes no sense is left out."""
        for code in data.getlist("item")[:MOST]:
            slug, _at, text = code.partition("@")
            start = parse_start(text)
            if slug in self.types and start is not None and (self.types[slug], start) not in self.starts:
                self.starts.append((self.types[slug], start))
        self.starts.sort(key=lambda pair: pair[1])
        del self.starts[self.most :]

    @property
    def most(self) -> int:
        return max([meeting_type.series_max or 0 for meeting_type, _start in self.starts], default=MOST)

    def query(self, starts: list[tuple[MeetingType, datetime]]) -> str:
        return urlencode([("item", code_of(*pair)) for pair in starts])

    def address(self, starts: list[tuple[MeetingType, datetime]]) -> str:
        return f"{self.host.get_absolute_url()}together/?{self.query(starts)}"

    def items(self) -> list[Item]:
        """With what stands against each: taken time, the rules, or another chosen one."""
        found: list[Item] = []
        for number, (meeting_type, start) in enumerate(self.starts):
            rest = self.starts[:number] + self.starts[number + 1 :]
            item = Item(meeting_type, start, self.time(meeting_type, start), self.address(rest))
            refused = availability.refusal(meeting_type, start, now=self.now, exclude=self.held) is not None
            item.clash = refused or self.host.is_paused or any(_overlap(item, other) for other in found)
            if item.clash:
                near = availability.nearest(meeting_type, start, count=4, now=self.now)
                item.others = [
                    (self.time(meeting_type, free), self.address([*rest, (meeting_type, free)])) for free in near
                ]
            found.append(item)
        return found

    def time(self, meeting_type: MeetingType, start: datetime) -> weeks.Time:
        zone = ZoneInfo(weeks.display_zone(meeting_type, self.visitor_zone))
        return weeks.make_time(start, meeting_type.duration, zone)


def _overlap(one: Item, other: Item) -> bool:
    return one.time.start < other.time.end and other.time.start < one.time.end


@require_GET
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """/p/<slug>/together/ – the list, what clashes and the way to more. ?weekly= repeats the last one; ?add= names a
    meeting type to add: right after the last one if that is free, else its free times are shown."""
    choice = _choice(request, slug)
    choice.read(request.GET)
    count = request.GET.get("weekly", "")
    if count.isdecimal() and choice.starts:
        meeting_type, start = choice.starts[-1]
        more = series.weekly(start, min(int(count[:2]), meeting_type.series_max or 1), choice.host.time_zone)
        return redirect(choice.address([*choice.starts, *[(meeting_type, later) for later in more[1:]]]))
    adding = choice.types.get(request.GET.get("add", ""))
    if adding and choice.starts and "from" not in request.GET and adding != choice.starts[-1][0]:
        last, start = choice.starts[-1]
        after = weeks.make_time(start, last.duration, ZoneInfo("UTC")).end
        if availability.refusal(adding, after, now=choice.now, exclude=choice.held) is None:
            return redirect(choice.address([*choice.starts, (adding, after)]))
    return _page(request, choice, adding)


def _choice(request: HttpRequest, slug: str) -> Choice:
    host = find_professional(request, slug)
    choice = Choice(request, host)
    if host.status != Professional.Status.LISTED or not choice.types:
        raise Http404
    return choice


def _page(
    request: HttpRequest, choice: Choice, adding: MeetingType | None = None, *, status: int = 200
) -> HttpResponse:
    items = choice.items()
    first = items[0].meeting_type if items else next(iter(choice.types.values()))
    context: dict[str, object] = {
        "professional": choice.host,
        "items": items,
        "clashes": sum(item.clash for item in items),
        "room": len(items) < choice.most,
        "repeats": range(2, (items[-1].meeting_type.series_max or 1) + 1) if items else (),
        "types": list(choice.types.values()),
        "adding": adding or (first if not items else None),
        "query": choice.query(choice.starts),
        "zone": weeks.describe_zone(weeks.display_zone(first, choice.visitor_zone), choice.now),
    }
    if context["adding"]:
        shown = adding or first
        context |= week_context(request, shown)
        context |= {"add_query": f"{choice.query(choice.starts)}&add={shown.slug}&".lstrip("&"), "shown": shown}
    return render(request, "scheduling/together.html", context, status=status)


@require_POST
def hold(request: HttpRequest, slug: str) -> HttpResponse:
    """All of them are kept, or none; then one form for all."""
    choice = _choice(request, slug)
    choice.read(request.POST)
    who = guard.visitor(request)
    try:
        guard.may_hold(who, choice.host)
    except guard.Limited as limit:
        return gate.limited(request, limit)
    except guard.Refused as refusal:
        return gate.refused(request, refusal)
    try:
        booking = series.hold(
            choice.starts,
            language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
            time_zone=choice.visitor_zone,
            replaces=choice.held,
        )
    except series.Clash:
        return _page(request, choice, status=409)
    guard.held(who, booking)
    request.session[HOLD] = str(booking.pk)
    response = see_other(f"{links.manage_path(booking)}details/")
    if choice.held is not None:
        return response
    return visits.note(request, response, visits.Kind.CHOSEN, choice.host, booking.meeting_type)
