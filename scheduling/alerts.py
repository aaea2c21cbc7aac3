"""“Tell me if an earlier time opens”: subscribing, finding what opened, offering it in line, and the claim.

What opened is what is free now and was not when a worker last looked (`Watch`), whatever the reason: a cancellation, a move,
new hours, a provider. A hold that ran out opens nothing. Each opening is offered to those whom it fits, in the order in which
they asked, ten minutes apart; nobody holds two offers at a time. A claim takes the opening in one database step under the
host's lock, and what a mover leaves behind is found by the next look and goes to the next in line.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from directory.models import Brand
from scheduling import availability, bookings, holding
from scheduling.background import after_commit
from scheduling.engine import settled
from scheduling.groundwork import BookingError, NotAllowed, SlotTaken, _lock_host
from scheduling.models import Alert, Booking, MeetingType, Offer, Opening, Watch
from scheduling.models.bookings import Status

State = Alert.State
HEAD_START = timedelta(minutes=10)
# How long somebody without a booking is told of times, and how long an unproven address and an ended wish are kept.
LONGEST = timedelta(days=60)
PROVE_WITHIN = timedelta(days=3)
KEPT = timedelta(days=30)
MOST_OPENINGS = 20


# --- links -----------------------------------------------------------------------------------------------------


def token(row: Alert | Offer) -> str:
    return signing.Signer(salt=f"scheduling.alerts.{type(row).__name__}").sign(str(row.pk))


def _unsigned(model: type, text: str) -> int:
    """The id that a signed link names; 0, which no row has, if it was not signed here."""
    try:
        return int(signing.Signer(salt=f"scheduling.alerts.{model.__name__}").unsign(text))
    except (signing.BadSignature, ValueError):
        return 0


def find_alert(brand: Brand, text: str) -> Alert | None:
    """The wish that a signed link of this brand names."""
    rows = Alert.objects.select_related("meeting_type__host__person", "meeting_type__host__brand", "booking")
    return rows.filter(pk=_unsigned(Alert, text), meeting_type__host__brand=brand).first()


def find_offer(brand: Brand, text: str) -> Offer | None:
    rows = Offer.objects.select_related(
        "opening", "alert__booking", "alert__meeting_type__host__person", "alert__meeting_type__host__brand"
    )
    return rows.filter(pk=_unsigned(Offer, text), alert__meeting_type__host__brand=brand).first()


# --- subscribing -----------------------------------------------------------------------------------------------


@transaction.atomic
def ask(
    meeting_type: MeetingType, *, name: str, email: str, weekdays: int, daypart: str, language: str, time_zone: str
) -> Alert:
    """A wish without a booking; counts once the address is proven. Asking again changes the window, and mails again
    only while it is unproven and an hour has passed."""
    now = timezone.now()
    _lock_host(meeting_type.host_id)
    email = email.strip().lower()
    row = Alert.objects.filter(
        meeting_type=meeting_type, email=email, booking=None, state__in=[State.UNPROVEN, State.ACTIVE]
    ).first()
    if row is None:
        row = Alert(meeting_type=meeting_type, email=email, created_at=now, due_at=now)
    elif row.state == State.ACTIVE:
        return row  # nobody else changes what she asked for by knowing her address
    elif row.status != Alert.Status.DUE and row.changed_at < now - timedelta(hours=1):
        row.status, row.due_at, row.created_at = Alert.Status.DUE, now, now
    row.name, row.weekdays, row.daypart, row.language = name.strip(), weekdays, daypart, language
    row.time_zone, row.expires_at, row.changed_at = time_zone, now + LONGEST, now
    row.save()
    after_commit("scheduling.tasks.watch_openings")
    return row


@transaction.atomic
def ask_for_earlier(booking: Booking, *, weekdays: int, daypart: str) -> Alert:
    """The wish of somebody who is booked; her address is known. Raises NotAllowed when it can no longer be moved."""
    now = timezone.now()
    _lock_host(booking.host_id)
    if not booking.is_open or not booking.client_email or booking.move_until <= now:
        raise NotAllowed
    values = {
        "meeting_type": booking.meeting_type,
        "name": booking.client_name,
        "email": booking.client_email,
        "language": booking.client_language,
        "time_zone": booking.display_zone.key,
        "weekdays": weekdays,
        "daypart": daypart,
        "expires_at": booking.starts_at,
        "changed_at": now,
        "status": Alert.Status.SUPERSEDED,
        "due_at": None,
    }
    row, _created = Alert.objects.update_or_create(booking=booking, state=State.ACTIVE, defaults=values)
    look_first(booking.meeting_type, now)
    return row


@transaction.atomic
def prove(alert: Alert) -> bool:
    """The link of the mail was used. False when the wish has ended."""
    now = timezone.now()
    proven = Alert.objects.filter(pk=alert.pk, state=State.UNPROVEN, expires_at__gt=now)
    if proven.update(state=State.ACTIVE, changed_at=now):
        look_first(alert.meeting_type, now)
        return True
    return Alert.objects.filter(pk=alert.pk, state=State.ACTIVE).exists()


def stop(alert: Alert) -> None:
    """No more mails; harmless when repeated."""
    rows = Alert.objects.filter(pk=alert.pk, state__in=[State.UNPROVEN, State.ACTIVE])
    rows.update(state=State.ENDED, changed_at=timezone.now())


# --- what opened -----------------------------------------------------------------------------------------------


def _free(meeting_type: MeetingType, now: datetime) -> set[int]:
    end = availability.horizon_end(meeting_type, now)
    return {int(epoch) for epoch in availability.open_epochs(meeting_type, now, end, now=now)}


def look_first(meeting_type: MeetingType, now: datetime) -> None:
    """Remember what is free at this moment: that has not opened, it was there to be booked."""
    if not Watch.objects.filter(pk=meeting_type.pk).exists():
        known = sorted(_free(meeting_type, now))
        Watch.objects.bulk_create([Watch(meeting_type=meeting_type, known=known)], ignore_conflicts=True)


def sweep(now: datetime | None = None) -> int:
    """End what is over, look at every meeting type that somebody waits for, write offers; how many."""
    now = now or timezone.now()
    Alert.objects.filter(state=State.UNPROVEN, changed_at__lte=now - PROVE_WITHIN).delete()
    over = Q(expires_at__lte=now) | (
        Q(booking__isnull=False) & ~Q(booking__status__in=[Status.PENDING, Status.CONFIRMED])
    )
    ended = Alert.objects.filter(over, state__in=[State.UNPROVEN, State.ACTIVE]).values_list("pk", flat=True)
    Alert.objects.filter(pk__in=list(ended)).update(state=State.ENDED, changed_at=now)
    Alert.objects.filter(state__in=[State.DONE, State.ENDED], changed_at__lte=now - KEPT).delete()
    wanted = set(Alert.objects.filter(state=State.ACTIVE).values_list("meeting_type_id", flat=True))
    Watch.objects.exclude(pk__in=wanted).delete()
    return sum(_look(pk, now) for pk in sorted(wanted))


@transaction.atomic
def _look(meeting_type_id: int, now: datetime) -> int:
    """One meeting type, under its host's lock, so that two workers look one after the other."""
    meeting_type = MeetingType.objects.select_related("host__person", "host__brand", "office").get(pk=meeting_type_id)
    _lock_host(meeting_type.host_id)
    look_first(meeting_type, now)
    watch = Watch.objects.get(pk=meeting_type_id)
    line = list(Alert.objects.filter(meeting_type=meeting_type, state=State.ACTIVE).select_related("booking"))
    free, known = _free(meeting_type, now), set(watch.known)
    if not free and known and meeting_type.engine != "native":
        return 0  # a provider that does not answer; when it does again, nothing has opened
    held = _held(meeting_type, known - free, now)
    opened = [datetime.fromtimestamp(epoch, UTC) for epoch in sorted(free - known)]
    fitting = [start for start in opened if any(alert.fits(start) for alert in line)]
    Opening.objects.bulk_create(
        [Opening(meeting_type=meeting_type, starts_at=start, created_at=now) for start in fitting[:MOST_OPENINGS]],
        ignore_conflicts=True,
    )
    for opening in Opening.objects.filter(meeting_type=meeting_type, state=Opening.State.OPEN):
        if int(opening.starts_at.timestamp()) not in free | held:
            Opening.objects.filter(pk=opening.pk, state=Opening.State.OPEN).update(state=Opening.State.GONE)
    watch.known = sorted(free | held)
    watch.save(update_fields=["known"])
    return _offer(meeting_type, line, now)


def _held(meeting_type: MeetingType, epochs: Iterable[int], now: datetime) -> set[int]:
    """Those starts that only a visitor's hold takes away, not the hold of somebody who claimed."""
    claimed = Opening.objects.filter(meeting_type=meeting_type, state=Opening.State.TAKEN, starts_at__gt=now)
    ours = {int(start.timestamp()) for start in claimed.values_list("starts_at", flat=True)}
    holds = Booking.objects.filter(host=meeting_type.host, status=Status.HELD, hold_expires_at__gt=now)
    ranges = [
        (int(first.timestamp()), int(last.timestamp()))
        for first, last in holds.values_list("blocked_from", "blocked_until")
    ]
    before, after = meeting_type.buffer_before * 60, (meeting_type.duration + meeting_type.buffer_after) * 60
    return {
        epoch
        for epoch in epochs
        if epoch not in ours and any(first < epoch + after and epoch - before < last for first, last in ranges)
    }


def _offer(meeting_type: MeetingType, line: list[Alert], now: datetime) -> int:
    """Everybody in line who has no living offer gets the earliest opening that fits and was not offered to her."""
    openings = list(Opening.objects.filter(meeting_type=meeting_type, state=Opening.State.OPEN).order_by("starts_at"))
    told = list(Offer.objects.filter(opening__in=openings).values_list("alert_id", "opening_id", "created_at"))
    living = {alert for alert, _opening, at in told if at > now - Offer.LIFE}
    seen = {(alert, opening) for alert, opening, _at in told}
    places = {opening.pk: sum(pk == opening.pk for _alert, pk, _at in told) for opening in openings}
    rows = []
    for alert in line:
        too_late = alert.booking is not None and alert.booking.move_until <= now
        if alert.pk in living or too_late:
            continue
        fitting = (one for one in openings if (alert.pk, one.pk) not in seen and alert.fits(one.starts_at))
        opening = next(fitting, None)
        if opening is None:
            continue
        due_at = now + HEAD_START * places[opening.pk]
        rows.append(Offer(alert=alert, opening=opening, language=alert.language, due_at=due_at, created_at=now))
        places[opening.pk] += 1
    Offer.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


# --- the claim -------------------------------------------------------------------------------------------------


def still_there(offer: Offer, now: datetime) -> bool:
    """Whether the link can still win."""
    alert, start = offer.alert, offer.opening.starts_at
    if offer.opening.state != Opening.State.OPEN or alert.state != State.ACTIVE or not alert.fits(start):
        return False
    return availability.refusal(alert.meeting_type, start, now=now, exclude=alert.booking) is None


def claim(offer: Offer, *, now: datetime | None = None) -> Booking:
    """Take the opening: the booking, moved; or a hold for somebody who has none. Raises BookingError; then she waits on.
    Whoever repeats a claim that has won gets the booking again.

    Where another engine has the last word it is asked at once, outside of the transaction: what it refuses has gone.
    """
    booking = _take(offer, now or timezone.now())
    asked = booking.status
    try:
        booking = holding.kept(booking) if asked == Status.HELD else settled(booking)
    except SlotTaken:
        _refused_there(offer)
        raise
    if asked == Status.PENDING and booking.starts_at != offer.opening.starts_at:
        _refused_there(offer)
        raise SlotTaken
    return booking


def _refused_there(offer: Offer) -> None:
    """The opening is nobody's to take; who claimed it keeps her place in the line, unless she has asked anew meanwhile."""
    Opening.objects.filter(pk=offer.opening_id).update(state=Opening.State.GONE, taken_by=None)
    with suppress(IntegrityError), transaction.atomic():
        Alert.objects.filter(pk=offer.alert_id, state=State.DONE).update(state=State.ACTIVE, changed_at=timezone.now())


@transaction.atomic
def _take(offer: Offer, now: datetime) -> Booking:
    alert = offer.alert
    _lock_host(alert.meeting_type.host_id)
    won = Opening.objects.filter(pk=offer.opening_id, state=Opening.State.OPEN)
    if not won.update(state=Opening.State.TAKEN, taken_by=alert):
        if alert.booking is not None and Opening.objects.filter(pk=offer.opening_id, taken_by=alert).exists():
            return Booking.objects.get(pk=alert.booking.pk)
        raise SlotTaken
    done = Alert.objects.filter(pk=alert.pk, state=State.ACTIVE).update(state=State.DONE, changed_at=now)
    if not done:
        raise NotAllowed
    start = offer.opening.starts_at
    if alert.booking is None:
        booking = bookings.hold(alert.meeting_type, start, language=alert.language, time_zone=alert.time_zone, now=now)
    else:
        booking = bookings.reschedule(alert.booking, start, actor=Booking.Actor.CLIENT, now=now)
        if booking.starts_at != start:
            raise BookingError
    after_commit("scheduling.tasks.watch_openings")
    return booking
