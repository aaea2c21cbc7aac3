"""What fills the days of a demo log-in beside appointments: busy times, public holidays, a marked client, an alert."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from directory.models import Brand, Professional
from scheduling import alerts, availability, busy, clients, public_holidays
from scheduling.models import Booking, BusyTime
from scheduling.models.bookings import Status

BUSY = {
    "de": ("Fortbildung", "Zahnarzt", "Kammerversammlung"),
    "en": ("Training", "Dentist", "Meeting of the practice"),
}
UNRELIABLE = {"de": "Sagt oft kurzfristig ab.", "en": "Often cancels at short notice."}
REGIONS = {"DE": "BE", "GB": "ENG"}


@transaction.atomic
def make(brand: Brand, members: set[str], *, now: datetime | None = None) -> None:
    """For the listed members with these e-mail addresses."""
    now = now or timezone.now()
    hosts = Professional.objects.filter(brand=brand, status=Professional.Status.LISTED, person__email__in=members)
    for host in hosts.select_related("person", "brand").order_by("pk"):
        _busy_times(host, now)
        public_holidays.keep(host, brand.country, REGIONS.get(brand.country, ""), [])
        _mark(host)
        _alert(host, now)


def _busy_times(host: Professional, now: datetime) -> None:
    """Three in the next ten days, each in time that is free."""
    meeting_type = host.meeting_types.bookable().select_related("host__person", "host__brand").first()  # type: ignore[attr-defined]
    if meeting_type is None:
        return
    zone = ZoneInfo(host.time_zone)
    taken: set[date] = set()
    for start in availability.open_starts(meeting_type, now + timedelta(days=1), now + timedelta(days=10), now=now):
        day = start.astimezone(zone).date()
        if day in taken or len(taken) == len(BUSY["en"]):
            continue
        note = BUSY[host.brand.language][len(taken)]
        taken.add(day)
        busy.save(BusyTime(host=host, starts_at=start, ends_at=start + timedelta(minutes=60), note=note))


def _mark(host: Professional) -> None:
    """A client who may from now on only ask for a time; one who did not come, if there is any."""
    missed = Booking.objects.filter(host=host, client__isnull=False, status=Status.NO_SHOW).order_by("-starts_at")
    ended = Booking.objects.filter(host=host, client__isnull=False, status=Status.COMPLETED).order_by("-starts_at")
    booking = missed.first() or ended.first()
    if booking and booking.client:
        clients.mark(booking.client, host, "request", note=UNRELIABLE[host.brand.language], user=host.person.user)


def _alert(host: Professional, now: datetime) -> None:
    """Whoever has the last appointment of all would rather come earlier."""
    rows = Booking.objects.filter(host=host, meeting_type__seats=1).upcoming(now).order_by("-starts_at")
    for booking in rows.select_related("meeting_type__host__person", "meeting_type__host__brand", "host__person")[:5]:
        try:
            alerts.ask_for_earlier(booking, weekdays=0b0011111, daypart="any")
        except alerts.NotAllowed:
            continue
        return
