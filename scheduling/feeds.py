"""A professional's bookings for her own calendar program: switch on, rotate, switch off, read.

The file follows RFC 5545 and 7986. It says no more about clients than she has chosen, and where the subject is sensitive only that
she is busy. Cancelled bookings are left out: a subscribed calendar is replaced as a whole.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, prefetch_related_objects
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from icalendar import Calendar
from icalendar import Event as VEvent

from directory import audit
from directory.models import Brand, Professional
from scheduling import ics, links
from scheduling.models import Booking, CalendarFeed
from scheduling.models.bookings import BookingQuerySet, Status

PAST, AHEAD = timedelta(days=31), timedelta(days=366)
MOST = 2000
REFRESH = timedelta(hours=1)
SHOWN = [Status.PENDING, Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW]
Detail = CalendarFeed.Detail

audit.WORDS |= {
    "feed.on": translation.gettext_lazy("calendar feed switched on"),
    "feed.off": translation.gettext_lazy("calendar feed switched off"),
}


def switch_on(host: Professional, detail: str) -> str:
    """Make a new address, which ends an older one; returns it, for the only time."""
    token = secrets.token_urlsafe(32)
    values = {"digest": _digest(token), "detail": detail, "created_at": timezone.now(), "read_at": None}
    CalendarFeed.objects.update_or_create(host=host, defaults=values)
    audit.record("feed.on", host)
    return address(host.brand, token)


def set_detail(host: Professional, detail: str) -> None:
    CalendarFeed.objects.filter(host=host).update(detail=detail)


def switch_off(host: Professional) -> None:
    CalendarFeed.objects.filter(host=host).delete()
    audit.record("feed.off", host)


def address(brand: Brand, token: str) -> str:
    return brand.url(f"/feed/{token}.ics")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find(brand: Brand, token: str) -> CalendarFeed | None:
    """The feed behind an address of this brand; none once the account is closed."""
    feeds = CalendarFeed.objects.filter(digest=_digest(token), host__brand=brand)
    feed = feeds.exclude(host__status=Professional.Status.CLOSED).select_related("host__person").first()
    if feed:
        feed.host.brand = brand
    return feed


def note_reading(feed: CalendarFeed, now: datetime) -> None:
    """At most every ten minutes: she sees whether her program still reads it."""
    if feed.read_at is None or now - feed.read_at > timedelta(minutes=10):
        CalendarFeed.objects.filter(pk=feed.pk).update(read_at=now)


def _window(feed: CalendarFeed, now: datetime) -> BookingQuerySet:
    mine = Booking.objects.filter(host=feed.host, status__in=SHOWN)
    return mine.filter(ends_at__gt=now - PAST, starts_at__lt=now + AHEAD)


def version(feed: CalendarFeed, now: datetime) -> str:
    """Changes when the file would: one cheap query. The window moves with the day."""
    seen = _window(feed, now).aggregate(latest=Max("updated_at"), count=Count("pk"))
    person = feed.host.person
    parts = [feed.detail, feed.host.is_sensitive, person.language, person.time_zone, now.date(), *seen.values()]
    return _digest("|".join(map(str, parts)))[:32]


def render(feed: CalendarFeed, now: datetime) -> bytes:
    """The whole file: times on the host's wall clock with its VTIMEZONE."""
    host = feed.host
    zone = ZoneInfo(host.person.time_zone)
    with translation.override(host.person.language):
        calendar = Calendar()
        calendar.add("prodid", ics.PRODID)
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("method", "PUBLISH")
        name = _("Appointments at %(brand)s") % {"brand": host.brand.name}
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("x-wr-timezone", host.person.time_zone)
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
        bookings = _window(feed, now).select_related("meeting_type__office").order_by("starts_at")[:MOST]
        prefetch_related_objects([host], "offices")
        for booking in bookings:
            booking.host = booking.meeting_type.host = host
            calendar.add_component(_entry(booking, feed.detail, zone))
        if bookings:
            calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _entry(booking: Booking, detail: str, zone: ZoneInfo) -> VEvent:
    bare = detail == Detail.BUSY or booking.host.is_sensitive
    entry = VEvent()
    entry.add("uid", f"{booking.uid}@feed")
    entry.add("sequence", booking.version)
    entry.add("dtstamp", ics.utc(booking.updated_at))
    entry.add("dtstart", booking.starts_at.astimezone(zone))
    entry.add("dtend", booking.ends_at.astimezone(zone))
    entry.add("status", "TENTATIVE" if booking.status == Status.PENDING else "CONFIRMED")
    entry.add("transp", "OPAQUE")
    entry.add("class", "PRIVATE")
    entry.add("summary", _("Busy") if bare else ics.clean(_summary(booking, detail)))
    place = "" if bare else ics.place(booking)
    if place and booking.channel != "phone":
        entry.add("location", ics.clean(place))
    entry.add("url", links.host_url(booking))
    return entry


def _summary(booking: Booking, detail: str) -> str:
    name = booking.client_name if detail == Detail.FULL else initials(booking.client_name)
    return _("%(title)s: %(name)s") % {"title": booking.title, "name": name} if name else booking.title


def initials(name: str) -> str:
    """“Bob van Berg” → “B. B.”: of the first and the last word."""
    words = name.split()
    return " ".join(f"{word[0].upper()}." for word in (words[:1] + words[-1:] if len(words) > 1 else words))
