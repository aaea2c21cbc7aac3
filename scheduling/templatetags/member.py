"""Hours, durations, links and events in words, for the professional's pages."""

from collections.abc import Sequence

from django import template
from django.utils import timezone

from directory.models import Professional
from scheduling import hours
from scheduling.models import AvailabilityOverride, Booking, MeetingType
from scheduling.models.bookings import EVENTS
from scheduling.models.hours import windows_text

register = template.Library()


@register.filter
def window_text(windows: Sequence[Sequence[int]]) -> str:
    """[[540, 720], [780, 1020]] → '09:00–12:00, 13:00–17:00'."""
    return windows_text(windows)


@register.filter
def override_dates(override: AvailabilityOverride) -> str:
    return hours.dates_in_words(override)


@register.filter
def duration(minutes: int) -> str:
    """90 → '1 h 30 min', 2880 → '2 days'."""
    return hours.span_in_words(minutes)


@register.filter
def public_url(meeting_type: MeetingType) -> str:
    """The absolute address under which clients book this; host and brand loaded."""
    return meeting_type.host.brand.url(meeting_type.get_absolute_url())


@register.filter
def event_name(kind: str) -> str:
    """What happened to a booking, in a word or two."""
    return str(EVENTS.get(kind, kind))


@register.filter
def future_bookings(professional: Professional) -> int:
    """How many appointments closing the account would cancel."""
    return Booking.objects.filter(host=professional).upcoming(timezone.now()).count()
