"""Bookings that are made, moved or cancelled outside: `record` follows what a provider says of one of them.

Part of the verbs of `scheduling.bookings`, and under the same lock: one queue per host. What the provider says has
happened already; so nothing is refused here. Holds yield to it, and where another appointment has the time, the time is
kept as taken and the clash is written into the history of both.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from directory.middleware import known_zone
from directory.models import Professional
from scheduling import availability, meeting_rooms, messages
from scheduling.bookings import cancel, settle
from scheduling.groundwork import (
    Actor,
    BookingError,
    _client,
    _expire,
    _fresh,
    _lock_host,
    _log,
    _new_booking,
    _save,
)
from scheduling.models import Booking, BusyTime, MeetingType, Message
from scheduling.models.bookings import Status


@dataclass(frozen=True, slots=True)
class External:
    """A booking as an outside system has it. `source` names the account there; instants are aware.

    `tells_client`: it writes to the clients who book on its own pages; then we write to their hosts only.
    """

    source: str
    remote_id: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    client_name: str
    client_email: str = ""
    client_phone: str = ""
    client_language: str = ""
    client_time_zone: str = ""
    join_url: str = ""
    tells_client: bool = False

    def tell(self, booking: Booking, kind: str) -> None:
        """Write to both sides, or to the host alone where the client is told already."""
        told = self.tells_client and booking.origin == Booking.Origin.IMPORT
        messages.queue(booking, kind, audiences=[Message.Audience.HOST] if told else messages.BOTH)


@dataclass(frozen=True, slots=True)
class Recorded:
    """`outcome`: created, linked, confirmed, moved, cancelled, unchanged, ignored, busy or conflict.

    `conflict`: the appointment that is in the way; None unless the outcome is conflict.
    """

    outcome: str
    booking: Booking | None = None
    conflict: Booking | None = None


class StaleError(BookingError):
    """The row was written after the outside system was asked: ask again."""


@transaction.atomic
def record(
    host: Professional,
    meeting_type: MeetingType | None,
    external: External,
    *,
    engine: str,
    read_at: datetime,
    known: UUID | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Bring one outside booking in; idempotent, whatever the order and number of calls.

    `meeting_type`: what it is here; None: only the time is known to be taken. `known`: the uid of our row, where the
    caller knows it. `read_at`: when the outside system was asked. Raises StaleError; then nothing has changed.
    """
    if external.ends_at <= external.starts_at:
        raise ValueError(f"{external.remote_id} ends before it starts.")
    now = now or timezone.now()
    host = _lock_host(host.pk)
    booking = _ours(host, external, known)
    if booking is not None:
        return _follow(booking, external, read_at, now)
    if external.cancelled:
        _give_back(host, external)
        return Recorded("ignored")
    if meeting_type is None:
        changed = _take(host, external)
        return Recorded("busy" if changed else "unchanged")
    return _bring_in(_fresh(meeting_type, host), external, engine, now)


@transaction.atomic
def link(uid: UUID, *, source: str, remote_id: str, engine: str, join_url: str = "") -> bool:
    """An agreed booking is to be found at an outside system, from now on under this id; says whether that is news.

    The answer to a change, not a change: no version, no message, no signal. Calendars hold our own link to the room.
    """
    booking = Booking.objects.filter(pk=uid, status=Status.CONFIRMED).first()
    if booking is None or (booking.remote_source, booking.remote_id) == (source, remote_id):
        return False
    _lock_host(booking.host_id)
    if Booking.objects.filter(remote_source=source, remote_id=remote_id).exclude(pk=uid).exists():
        return False
    values = {"remote_source": source, "remote_id": remote_id, "engine": engine, "updated_at": timezone.now()}
    values |= {"join_url": join_url} if join_url else {}
    return bool(Booking.objects.filter(pk=uid, status=Status.CONFIRMED).update(**values))


@transaction.atomic
def unlink(uid: UUID, *, source: str, join_url: str = "") -> None:
    """An open booking has left an outside system and goes on here. `join_url`: the room that went with it."""
    found = Booking.objects.filter(pk=uid).select_related("meeting_type").first()
    if found is None or not found.is_open:
        return
    _lock_host(found.host_id)
    mine = Booking.objects.filter(pk=uid, remote_source__in=[source, ""], status__in=[Status.PENDING, Status.CONFIRMED])
    if join_url:
        own = found.meeting_type.video_url if found.channel == MeetingType.Channel.VIDEO else ""
        mine.filter(join_url=join_url).update(join_url=own, updated_at=timezone.now())
    values = {"remote_source": "", "remote_id": "", "engine": found.meeting_type.engine}
    mine.update(**values, updated_at=timezone.now())


def _ours(host: Professional, external: External, known: UUID | None) -> Booking | None:
    """Our row: by its id there, by what the caller knows, or the one of this client at this time that has no id there
    yet, or only that of a request. A cancelled one is known by its id or not at all: it may have been made anew.
    """
    mine = Booking.objects.select_related("meeting_type__office", "client").filter(host=host)
    booking = mine.filter(remote_source=external.source, remote_id=external.remote_id).first()
    if booking is None and known is not None:
        booking = mine.filter(pk=known).first()
    if booking is None and external.client_email and not external.cancelled:
        waiting = mine.filter(
            starts_at=external.starts_at,
            client_email=external.client_email.strip().lower(),
            status__in=[Status.PENDING, Status.CONFIRMED],
        )
        booking = waiting.filter(Q(remote_id="") | Q(status=Status.PENDING)).first()
    if booking is not None:
        booking.host = booking.meeting_type.host = host
    return booking


def _bring_in(meeting_type: MeetingType, external: External, engine: str, now: datetime) -> Recorded:
    """A row for a booking that was made outside."""
    host = meeting_type.host
    booking = _new_booking(
        meeting_type, external.starts_at, seats=1, origin=Booking.Origin.IMPORT, end=external.ends_at
    )
    clash = _make_room(booking, now)
    if clash is not None:
        return _clash(host, external, clash, None, now)
    booking.status, booking.awaits, booking.engine = Status.CONFIRMED, "", engine
    meeting_rooms.claim(booking, now, or_none=True)
    booking.remote_source, booking.remote_id = external.source, external.remote_id
    booking.client_name = (external.client_name.strip() or external.client_email.strip() or _("Client"))[:120]
    booking.client_email = external.client_email.strip().lower()
    booking.client_phone = external.client_phone.strip()[:40]
    language = external.client_language.lower().split("-")[0]
    booking.client_language = language if language in dict(settings.LANGUAGES) else host.brand.language
    booking.client_time_zone = known_zone(external.client_time_zone) or ""
    booking.join_url = external.join_url or booking.join_url
    booking.client = _client(booking)
    booking.updated_at = now
    booking.save(force_insert=True)
    availability.refresh_later(host.pk)
    _give_back(host, external)
    _log(booking, "confirmed", Actor.PROVIDER, to_start=booking.starts_at, at=now)
    if booking.ends_at > now:
        external.tell(booking, Message.Kind.CONFIRMED)
    return Recorded("created", booking)


def _follow(booking: Booking, external: External, read_at: datetime, now: datetime) -> Recorded:
    """What has changed outside since we last looked."""
    host = booking.host
    if booking.updated_at > read_at:
        raise StaleError
    outcome = "unchanged"
    if booking.remote_id != external.remote_id or booking.remote_source != external.source:
        booking.remote_source, booking.remote_id = external.source, external.remote_id
        outcome = "linked"
    if external.join_url and booking.join_url != external.join_url:
        booking.join_url = external.join_url
        outcome = "linked"
    if outcome == "linked":
        _save(booking, now)
    if external.cancelled:
        _give_back(host, external)
        if not booking.is_open:
            return Recorded(outcome, booking)
        booking = cancel(booking, actor=Actor.PROVIDER, notify=False, now=now)
        external.tell(booking, Message.Kind.CANCELLED)
        return Recorded("cancelled", booking)
    if not booking.is_open:
        return Recorded(outcome, booking)
    if booking.status == Status.PENDING:
        if booking.fallback_start == external.starts_at:
            return Recorded(outcome, booking)  # our move has not been answered yet
        booking = settle(booking, now=now)
        outcome = "confirmed"
    if (booking.starts_at, booking.ends_at) != (external.starts_at, external.ends_at):
        return _move(booking, external, now)
    _give_back(host, external)
    return Recorded(outcome, booking)


def _move(booking: Booking, external: External, now: datetime) -> Recorded:
    moved = _new_booking(
        booking.meeting_type, external.starts_at, seats=booking.seats, origin=booking.origin, end=external.ends_at
    )
    moved.uid = booking.uid
    if not booking.is_group:
        moved.session = booking.uid
    clash = _make_room(moved, now)
    if clash is not None:
        return _clash(booking.host, external, clash, booking, now)
    old_start = booking.starts_at
    for column in ("starts_at", "ends_at", "blocked_from", "blocked_until", "session"):
        setattr(booking, column, getattr(moved, column))
    booking.version += 1
    _save(booking, now)
    _give_back(booking.host, external)
    _log(booking, "moved", Actor.PROVIDER, from_start=old_start, to_start=booking.starts_at, at=now)
    external.tell(booking, Message.Kind.MOVED)
    return Recorded("moved", booking)


def _make_room(booking: Booking, now: datetime) -> Booking | None:
    """Holds yield, and our buffers where they must; returns the appointment that does not."""
    others = Booking.objects.filter(host=booking.host).exclude(pk=booking.pk).exclude(session=booking.session)
    _expire(others.filter(blocked_from__lt=booking.ends_at, blocked_until__gt=booking.starts_at), None)
    clash = None
    for start, end in ((booking.blocked_from, booking.blocked_until), (booking.starts_at, booking.ends_at)):
        clash = others.blocking(now).filter(blocked_from__lt=end, blocked_until__gt=start).first()
        if clash is None:
            booking.blocked_from, booking.blocked_until = start, end
            break
    return clash


def _clash(host: Professional, external: External, clash: Booking, moved: Booking | None, now: datetime) -> Recorded:
    """Two appointments at one time: the time counts as taken, and the history of both says so, once."""
    if _take(host, external):
        with translation.override(host.brand.language):
            reason = _("At the provider, %(name)s has an appointment at this time (%(id)s).") % {
                "name": external.client_name or external.client_email or "?",
                "id": external.remote_id,
            }
        for row in filter(None, [clash, moved]):
            _log(row, "conflict", Actor.PROVIDER, reason=reason, to_start=external.starts_at, at=now)
    return Recorded("conflict", moved, conflict=clash)


def _take(host: Professional, external: External) -> bool:
    """The time counts as taken; returns whether that is news."""
    key: dict[str, Any] = {"host": host, "source": external.source, "remote_id": external.remote_id}
    times = {"starts_at": external.starts_at, "ends_at": external.ends_at}
    if BusyTime.objects.filter(**key, **times).exists():
        return False
    BusyTime.objects.update_or_create(**key, defaults=times)
    availability.refresh_later(host.pk)
    return True


def _give_back(host: Professional, external: External) -> None:
    taken = BusyTime.objects.filter(host=host, source=external.source, remote_id=external.remote_id)
    if taken.delete()[0]:
        availability.refresh_later(host.pk)
