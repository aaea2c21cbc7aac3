"""What fills the days of a demo log-in beside appointments: busy times, public holidays, a marked client, a series, an alert
with an offer; and a colleague who has paused. Made after the appointments, by the verbs."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from directory.models import Brand, Professional
from scheduling import alerts, availability, bookings, busy, clients, public_holidays, series
from scheduling.demo.clients import HOST_REASONS, NAMES
from scheduling.models import Alert, Booking, BusyTime, Message, Offer
from scheduling.models.bookings import Status

BUSY = {
    "de": ("Fortbildung", "Zahnarzt", "Kammerversammlung"),
    "en": ("Training", "Dentist", "Meeting of the practice"),
}
UNRELIABLE = {"de": "Sagt oft kurzfristig ab.", "en": "Often cancels at short notice."}
PAUSED = {
    "de": "Ich bin bis Monatsende bei Gericht in einem langen Verfahren. Danach nehme ich wieder Termine an.",
    "en": "I am teaching until the end of the month and take new appointments again afterwards.",
}
SERIES = 4
REGIONS = {"DE": "BE", "GB": "ENG"}


@transaction.atomic
def make(brand: Brand, members: set[str], *, paused: Collection[str] = (), now: datetime | None = None) -> None:
    """For the listed members with these e-mail addresses; `paused` are those of colleagues who take no bookings now."""
    now = now or timezone.now()
    hosts = Professional.objects.filter(brand=brand, status=Professional.Status.LISTED, person__email__in=members)
    for host in hosts.select_related("person", "brand").order_by("pk"):
        _busy_times(host, now)
        public_holidays.keep(host, brand.country, REGIONS.get(brand.country, ""), [])
        _mark(host)
        _series(host, now)
        _alert(host, now)
    for host in Professional.objects.filter(brand=brand, person__email__in=paused):
        host.paused, host.pause_note = True, PAUSED[brand.language]
        host.save(update_fields=["paused", "pause_note"])


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


def _series(host: Professional, now: datetime) -> None:
    """Some weeks at the same hour, booked at once, where the host offers that."""
    types = host.meeting_types.bookable().filter(series_max__gte=SERIES, seats=1, on_request=False)  # type: ignore[attr-defined]
    meeting_type = types.select_related("host__person", "host__brand").first()
    if meeting_type is None:
        return
    name = NAMES[host.brand.language][-1]
    for start in availability.open_starts(meeting_type, now + timedelta(days=2), now + timedelta(days=14), now=now):
        dates = series.weekly(start, SERIES, host.time_zone)
        try:
            first = series.hold([(meeting_type, date) for date in dates], language=host.brand.language, now=now)
        except series.Clash:
            continue
        bookings.confirm(first, name=name, email=f"{name.split()[0].lower()}@client.example", now=now)
        Message.objects.filter(booking__series=first.pk).delete()  # written as sent, like those of all others
        return


def _alert(host: Professional, now: datetime) -> None:
    """Whoever has the last appointment of all would rather come earlier, and is told of a time that the host gave back."""
    rows = Booking.objects.filter(host=host, meeting_type__seats=1, series=None).upcoming(now).order_by("-starts_at")
    for booking in rows.select_related("meeting_type__host__person", "meeting_type__host__brand", "host__person")[:8]:
        try:
            alert = alerts.ask_for_earlier(booking, weekdays=0b0011111, daypart="any")
        except alerts.NotAllowed:
            continue
        if _opens(alert, now):
            return
        alert.delete()


def _opens(alert: Alert, now: datetime) -> bool:
    """An earlier appointment of the same kind is cancelled; the offer counts as mailed."""
    assert alert.booking is not None
    rows = Booking.objects.filter(meeting_type=alert.meeting_type, status=Status.CONFIRMED, series=None)
    soon = rows.filter(starts_at__gt=now + timedelta(days=2), starts_at__lt=alert.booking.starts_at).order_by(
        "-starts_at"
    )
    for booking in soon.exclude(pk=alert.booking.pk)[:8]:
        reason = HOST_REASONS[alert.meeting_type.host.brand.language][0]
        bookings.cancel(booking, actor=Booking.Actor.HOST, reason=reason, notify=False, now=now)
        alerts.sweep(now)
        told = Offer.objects.filter(alert=alert)
        if told.update(status=Offer.Status.SENT, due_at=None, sent_at=now, recipient=alert.email, attempts=1):
            return True
    return False
