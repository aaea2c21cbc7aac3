"""What a professional is told by mail, and when: her choices per event and her quiet hours."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from directory.models import Professional
from scheduling.models import Booking, Message, NotificationChoices

Kind = Message.Kind
EVENTS = {
    Kind.CONFIRMED: "new_booking",
    Kind.REQUESTED: "request",
    Kind.MOVED: "moved",
    Kind.CANCELLED: "cancelled",
    Kind.REMINDER_DAY: "reminder",
}


def of(host: Professional) -> NotificationChoices:
    """Her choices, or the defaults."""
    try:
        return host.notification_choices
    except NotificationChoices.DoesNotExist:
        return NotificationChoices(host=host)


def wants(host: Professional, kind: str) -> bool:
    """Whether she is told of this. A kind that is no choice of hers is always told."""
    switch = EVENTS.get(Kind(kind))
    return switch is None or getattr(of(host), switch)


def quiet_end(choices: NotificationChoices, now: datetime) -> datetime | None:
    """When the quiet hours that `now` falls into are over; None outside of them. On her wall clock."""
    zone = ZoneInfo(choices.host.person.time_zone)
    start, end = choices.quiet_from, choices.quiet_until
    if not choices.quiet or start == end:
        return None
    local = now.astimezone(zone)
    at = local.time()
    over_midnight = start > end
    inside = (at >= start or at < end) if over_midnight else start <= at < end
    if not inside:
        return None
    day = local.date() + timedelta(days=over_midnight and at >= start)
    return datetime.combine(day, end, zone)


def send_at(booking: Booking, now: datetime) -> datetime:
    """When she is told of a change: at once, or after her quiet hours. What concerns today, or begins before they are
    over, does not wait."""
    choices = of(booking.host)
    end = quiet_end(choices, now)
    if end is None:
        return now
    zone = ZoneInfo(booking.host.person.time_zone)
    event = booking.events.filter(version=booking.version).last()
    starts = [booking.starts_at, event.from_start if event else None]
    today = now.astimezone(zone).date()
    if any(start and (start.astimezone(zone).date() == today or now < start < end) for start in starts):
        return now
    return end
