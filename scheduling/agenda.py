"""What a professional sees of her bookings: tabs and search."""

from datetime import datetime

from django.db.models import Q

from directory.models import Professional
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import BookingQuerySet, Status

UPCOMING, PAST, CANCELLED = "upcoming", "past", "cancelled"
TABS = (UPCOMING, PAST, CANCELLED)
OVER = [Status.CANCELLED, Status.DECLINED]


def tab(host: Professional, name: str, now: datetime) -> BookingQuerySet:
    """Upcoming: soonest first. Past and cancelled: latest first."""
    mine = Booking.objects.filter(host=host).real().select_related("meeting_type")
    if name == CANCELLED:
        return mine.filter(status__in=OVER).order_by("-starts_at")
    if name == PAST:
        return mine.exclude(status__in=OVER).filter(ends_at__lte=now).order_by("-starts_at")
    return mine.exclude(status__in=OVER).filter(ends_at__gt=now).order_by("starts_at")


def narrowed(bookings: BookingQuerySet, *, words: str = "", meeting_type: MeetingType | None = None) -> BookingQuerySet:
    """By the client's name, e-mail or phone, or the reference with or without its dash; and by meeting type."""
    if meeting_type:
        bookings = bookings.filter(meeting_type=meeting_type)
    for word in words.split()[:5]:
        matches = Q(client_name__icontains=word) | Q(client_email__icontains=word) | Q(client_phone__icontains=word)
        bare = word.replace("-", "").upper()
        if len(bare) >= 4:
            matches |= Q(reference__istartswith=f"{bare[:4]}-{bare[4:]}")
        bookings = bookings.filter(matches)
    return bookings
