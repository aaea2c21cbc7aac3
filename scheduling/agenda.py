"""What a professional sees of her bookings: tabs, search and the table she takes away."""

import csv
from datetime import datetime
from typing import Protocol

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import Professional
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import BookingQuerySet, Status

UPCOMING, PAST, CANCELLED = "upcoming", "past", "cancelled"
TABS = (UPCOMING, PAST, CANCELLED)
MOST_ROWS = 5000
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


class Writable(Protocol):
    def write(self, text: str, /) -> object: ...


def write_table(target: Writable, bookings: BookingQuerySet, *, delimiter: str) -> None:
    """Bookings as CSV in the active zone and language, with the mark by which spreadsheets know UTF-8."""
    target.write("\ufeff")
    table = csv.writer(target, delimiter=delimiter)
    heads = [_("Reference"), _("Date"), _("From"), _("To"), _("Meeting type"), _("Client"), _("E-mail"), _("Phone")]
    table.writerow([*heads, _("Status"), _("Message")])
    for booking in bookings[:MOST_ROWS]:
        start, end = timezone.localtime(booking.starts_at), timezone.localtime(booking.ends_at)
        times = [f"{start:%Y-%m-%d}", f"{start:%H:%M}", f"{end:%H:%M}"]
        client = [booking.client_name, booking.client_email, booking.client_phone]
        cells = [booking.reference, *times, booking.title, *client, booking.get_status_display(), booking.client_note]
        table.writerow([_harmless(str(cell)) for cell in cells])


def _harmless(cell: str) -> str:
    """What a client typed must not become a formula in somebody's spreadsheet (OWASP: CSV injection)."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
