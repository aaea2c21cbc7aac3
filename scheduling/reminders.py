"""Reminders: when they fall due, and the rows that say so.

A week and a day before the start by the reader's wall clock, and two hours before a video or phone call. None arrives
between 21:00 and 08:00 of her clock: one that would is due at 20:00 of the evening before; the one of two hours, for which
that is too early, is left out. A reminder is left out too when its time is over, or comes within half an hour, at the moment
it is planned: the confirmation has just said it. Who was never written to about a booking is not reminded of it.

Rows carry the booking's version: a move plans anew, and the rows of the version that was left behind are overtaken.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from scheduling import notifications
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Status
from scheduling.models.messages import REMINDERS

Kind = Message.Kind
Audience = Message.Audience
KINDS = REMINDERS
NIGHT, MORNING, EVENING = time(21), time(8), time(20)
DAYS = {Kind.REMINDER_WEEK: 7, Kind.REMINDER_DAY: 1}
HOURS = timedelta(hours=2)
# A reminder that would follow the confirmation sooner says nothing new.
SOONEST = timedelta(minutes=30)
AHEAD = timedelta(days=9)
SWITCHES = {
    Kind.REMINDER_WEEK: "remind_week",
    Kind.REMINDER_DAY: "remind_day",
    Kind.REMINDER_HOURS: "remind_hours",
}


def clock_of(booking: Booking, audience: str) -> ZoneInfo:
    """The zone in which this side sleeps: where the client is, not where the appointment takes place."""
    if audience == Audience.CLIENT:
        return ZoneInfo(booking.client_time_zone or booking.time_zone)
    return ZoneInfo(booking.host.person.time_zone)


def is_night(moment: datetime, zone: ZoneInfo) -> bool:
    at = moment.astimezone(zone).time()
    return at >= NIGHT or at < MORNING


def morning_after(moment: datetime, zone: ZoneInfo) -> datetime:
    """The next 08:00 after a moment of the night."""
    local = moment.astimezone(zone)
    day = local.date() + timedelta(days=local.time() >= NIGHT)
    return datetime.combine(day, MORNING, zone)


def due_at(kind: str, starts_at: datetime, zone: ZoneInfo) -> datetime | None:
    """When a reminder of this kind is due on the clock of `zone`; None if it would fall into the night and is left out."""
    if kind == Kind.REMINDER_HOURS:
        moment = starts_at - HOURS
        return None if is_night(moment, zone) else moment
    local = starts_at.astimezone(zone)
    day = local.date() - timedelta(days=DAYS[Kind(kind)])
    if local.time() >= NIGHT:
        return datetime.combine(day, EVENING, zone)
    if local.time() < MORNING:
        return datetime.combine(day - timedelta(days=1), EVENING, zone)
    # Through UTC: a time that the clock skips that day becomes one that exists.
    return datetime.combine(day, local.time(), zone).astimezone(UTC)


def wanted(booking: Booking, kind: str, audience: str) -> bool:
    """Whether the brand, the meeting type and the way it takes place ask for this reminder; of the professional, whether
    she wants the one of the day before."""
    if audience == Audience.HOST:
        return kind == Kind.REMINDER_DAY and notifications.wants(booking.host, kind)
    if kind == Kind.REMINDER_HOURS and booking.channel == MeetingType.Channel.ON_SITE:
        return False
    switch = SWITCHES[Kind(kind)]
    return getattr(booking.host.brand, switch) and getattr(booking.meeting_type, switch)


def plan(booking: Booking, now: datetime | None = None) -> None:
    """Make the waiting reminders those of the booking as it is now. Inside the transaction that changed it."""
    now = now or timezone.now()
    waiting = Message.objects.filter(booking=booking, kind__in=KINDS, status=Message.Status.DUE)
    if booking.status != Status.CONFIRMED:
        waiting.update(status=Message.Status.SUPERSEDED, due_at=None)
        return
    if booking.version:
        waiting.exclude(version=booking.version).update(status=Message.Status.SUPERSEDED, due_at=None)
    if booking.starts_at > now + SOONEST:
        told = Message.objects.filter(Q(booking=booking.pk) | Q(booking=booking.series), audience=Audience.CLIENT)
        Message.objects.bulk_create(_rows(booking, now, told=told.exists()), ignore_conflicts=True)


def plan_missing(now: datetime | None = None) -> int:
    """Rows that no verb has written, because a reminder was switched on since; how many."""
    now = now or timezone.now()
    # What was booked together was told in one mail, about the first.
    told = Message.objects.filter(Q(booking=OuterRef("pk")) | Q(booking=OuterRef("series")), audience=Audience.CLIENT)
    upcoming = Booking.objects.filter(
        status=Status.CONFIRMED, starts_at__gt=now + SOONEST, starts_at__lte=now + AHEAD
    ).annotate(told=Exists(told))
    rows: list[Message] = []
    related = ("host__person", "host__brand", "host__notification_choices", "meeting_type")
    for booking in upcoming.select_related(*related).iterator(chunk_size=500):
        rows += _rows(booking, now, told=booking.told)
    known = set(
        Message.objects.filter(kind__in=KINDS, booking__starts_at__gt=now, booking__starts_at__lte=now + AHEAD)
        .values_list("booking_id", "version", "kind", "audience")
        .iterator(chunk_size=2000)
    )
    missing = [row for row in rows if (row.booking_id, row.version, row.kind, row.audience) not in known]
    Message.objects.bulk_create(missing, ignore_conflicts=True, batch_size=500)
    return len(missing)


def _rows(booking: Booking, now: datetime, *, told: bool) -> Iterable[Message]:
    """`told`: the client has had a mail about this booking."""
    sides = {Audience.HOST: (booking.host.person.email, booking.host.person.language)}
    if told:
        sides[Audience.CLIENT] = (booking.client_email, booking.client_language)
    return [
        Message(
            booking=booking,
            version=booking.version,
            kind=kind,
            audience=audience,
            language=language,
            due_at=moment,
            created_at=now,
        )
        for audience, (email, language) in sides.items()
        for kind in KINDS
        if email and wanted(booking, kind, audience)
        for moment in [due_at(kind, booking.starts_at, clock_of(booking, audience))]
        if moment and moment >= now + SOONEST
    ]


def is_overtaken(message: Message, now: datetime) -> bool:
    """The appointment is another or no more, has begun, the reminder was switched off, a later one or somebody else says the
    same."""
    booking = message.booking
    if booking.status != Status.CONFIRMED or booking.version != message.version or booking.starts_at <= now:
        return True
    if not wanted(booking, message.kind, message.audience):
        return True
    if message.audience == Audience.CLIENT and _is_reminded_elsewhere(booking):
        return True
    later: Collection[str] = KINDS[KINDS.index(Kind(message.kind)) + 1 :]
    others = Message.objects.filter(
        booking=booking, version=message.version, audience=message.audience, channel=message.channel, kind__in=later
    )
    said = others.filter(status=Message.Status.SENT) | others.filter(status=Message.Status.DUE, due_at__lte=now)
    return said.exists()


def _is_reminded_elsewhere(booking: Booking) -> bool:
    path = settings.REMINDED_ELSEWHERE
    return bool(path and apps.is_installed(path.split(".")[0]) and import_string(path)(booking))


def put_off(message: Message, now: datetime) -> datetime | None:
    """When to send a reminder that a worker reaches in the reader's night only; None if it is not night."""
    zone = clock_of(message.booking, message.audience)
    return morning_after(now, zone) if is_night(now, zone) else None
