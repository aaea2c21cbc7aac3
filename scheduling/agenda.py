"""What a professional sees of her bookings: tabs, search and the table she takes along."""

import csv
from collections.abc import Iterator
from datetime import datetime, tzinfo

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

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


def delimiter(language: str) -> str:
    """What spreadsheets expect between cells where people write so."""
    return ";" if language == "de" else ","


class Echo:
    """What csv.writer writes to; writerow() then returns the line."""

    def write(self, text: str, /) -> str:
        return text


def table(bookings: BookingQuerySet, *, delimiter: str) -> Iterator[str]:
    """Bookings as lines of CSV, with the mark by which spreadsheets know UTF-8; read in portions, however many.

    In the time zone and language of the call, not of the moment at which a line is taken: a response that streams is
    sent when those of its request are over.
    """
    zone = timezone.get_current_timezone()
    heads = [_("Reference"), _("Date"), _("From"), _("To"), _("Meeting type"), _("Client"), _("E-mail"), _("Phone")]
    heads += [_("Status"), _("Message")]
    return _lines(bookings, heads, {value: str(label) for value, label in Status.choices}, zone, delimiter)


def _lines(
    bookings: BookingQuerySet, heads: list[str], statuses: dict[str, str], zone: tzinfo, delimiter: str
) -> Iterator[str]:
    writer = csv.writer(Echo(), delimiter=delimiter)
    yield "\ufeff" + writer.writerow(heads)  # type: ignore[operator]
    columns = ("reference", "starts_at", "ends_at", "title", "client_name", "client_email", "client_phone")
    rows = bookings.select_related(None).values_list(*columns, "status", "client_note")
    for reference, starts_at, ends_at, title, name, email, phone, status, note in rows.iterator(chunk_size=500):
        start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
        times = [f"{start:%Y-%m-%d}", f"{start:%H:%M}", f"{end:%H:%M}"]
        cells = [reference, *times, title, name, email, phone, statuses[status], note]
        yield writer.writerow([_harmless(str(cell)) for cell in cells])  # type: ignore[misc]


def _harmless(cell: str) -> str:
    """What a client typed must not become a formula in somebody's spreadsheet (OWASP: CSV injection)."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
