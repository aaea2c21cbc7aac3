"""Bookings that were made, moved or cancelled at a provider → rows below, by `scheduling.external`.

Webhooks and the poll both end here. A booking that came in gets its mirror in the same transaction, as applied already:
otherwise our own worker would make it a second time over there.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from directory.models import Professional
from integrations import desired, sync
from integrations.contract import Provider, Reader, Remote, RemoteBooking
from integrations.errors import NotFound
from integrations.models import Connection, Mirror
from scheduling import external
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import Status

logger = logging.getLogger(__name__)
# A row that is written while we read is read again, but not for ever.
TRIES = 3
OPEN = (Status.PENDING, Status.CONFIRMED)
BACK, AHEAD = timedelta(days=1), timedelta(days=120)
GONE = "It is gone there, though nobody cancelled it: make it again, or cancel it here."
# The share of the allowed calls that the poll may use, and how often it runs (the beat schedule in settings).
POLL_SHARE, POLL_EVERY = 0.2, 180.0


class Later(Exception):  # noqa: N818  (not an error)
    """Our own change of this booking is on its way there; look again when it has arrived."""


def read(connection: Connection, remote_id: str, user_ids: tuple[str, ...] = ()) -> str:
    """Read what is behind one id at the provider and follow it; says in words what that led to.

    Of a group that is a booking for each attendee; those we know who are no longer among them are read one by one.
    Raises the six errors, and Later.
    """
    provider = connection.open()
    engine = provider.reading()
    if engine is None:
        return gettext_noop("This provider cannot be asked about bookings.")
    user = _user_of(connection, remote_id, user_ids)
    read_at = timezone.now()
    said = {}
    try:
        there = engine.read_attendances(user, remote_id)
    except NotFound as error:
        if provider.engine is None:
            return _deleted(connection, provider, remote_id, error, read_at)
        return _gone(connection, remote_id, error)
    for theirs in there:
        said[theirs.id] = _insist(connection, provider, engine, user, theirs, read_at)
    ours = Booking.objects.filter(remote_source=connection.source, remote_id__startswith=f"{remote_id}:")
    for left in ours.filter(status__in=OPEN).exclude(remote_id__in=said).values_list("remote_id", flat=True):
        read_at = timezone.now()
        said[left] = _insist(connection, provider, engine, user, engine.read_booking(user, left), read_at)
    return "; ".join(said.values()) or gettext_noop("Nothing is behind it.")


def _deleted(connection: Connection, provider: Provider, remote_id: str, error: NotFound, read_at: datetime) -> str:
    """Where bookings are only read, cancelled ones are not there any more. Raises `error` for one we do not know."""
    booking = Booking.objects.filter(remote_source=connection.source, remote_id=remote_id).first()
    user = Mirror.objects.filter(connection=connection, kind="user", local_uid=str(booking and booking.host_id)).first()
    if booking is None:
        raise error
    theirs = RemoteBooking(
        id=remote_id,
        user_id=user.remote_id if user else "",
        meeting_type_id="",
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        cancelled=True,
        client_name=booking.client_name,
        client_email=booking.client_email,
    )
    return follow(connection, theirs, read_at=read_at, provider=provider)


def _gone(connection: Connection, remote_id: str, error: NotFound) -> str:
    """An appointment of ours that is not there any more, though nobody cancelled it: shown as what waits for a person.

    Raises Later while a worker is at it, and `error` for what is none of ours.
    """
    mirrors = Mirror.objects.filter(connection=connection, kind="booking")
    mine = mirrors.filter(Q(remote_id=remote_id) | Q(remote_id__startswith=f"{remote_id}:"))
    if not mine.exists():
        raise error
    free = mine.filter(due_at=None).filter(Q(leased_until=None) | Q(leased_until__lte=timezone.now()))
    words = f"{GONE} {error}"[:2000]
    if not free.update(last_error=words, drift={"object": ["there", "gone"]}, proven_at=timezone.now()):
        raise Later
    return GONE


def _insist(
    connection: Connection, provider: Provider, engine: Reader, user: Remote, theirs: RemoteBooking, read_at: datetime
) -> str:
    """Follow; what was read before our row was last written is read again."""
    for _attempt in range(TRIES):
        try:
            return follow(connection, theirs, read_at=read_at, provider=provider)
        except external.StaleError:
            logger.info("Booking %s changed here while it was read; reading again.", theirs.id)
        read_at = timezone.now()
        theirs = engine.read_booking(user, theirs.id)
    raise Later


def _user_of(connection: Connection, remote_id: str, user_ids: tuple[str, ...]) -> Remote:
    """On whose behalf to read: one of the members it names, else the host of the booking we know."""
    users = Mirror.objects.filter(connection=connection, kind="user").exclude(remote_id="")
    named = users.filter(remote_id__in=user_ids).first()
    if named is None:
        known = Booking.objects.filter(remote_source=connection.source, remote_id=remote_id).first()
        named = users.filter(local_uid=str(known.host_id)).first() if known else None
    return (named.remote if named else None) or Remote(user_ids[0] if user_ids else "")


def follow(connection: Connection, theirs: RemoteBooking, *, read_at: datetime, provider: Provider) -> str:
    """Bring what was read into our rows; one transaction, no HTTP. Raises Later, external.StaleError."""
    mirror = Mirror.objects.filter(connection=connection, kind="booking", remote_id=theirs.id).first()
    # A move that still waits here is newer than what they show. A cancellation there is final.
    if mirror is not None and not theirs.cancelled and mirror.state in ("waiting", "working"):
        raise Later
    if mirror is not None and not theirs.cancelled and mirror.state == "parked":
        return gettext_noop("A change made here was refused there; a person has to decide.")
    known = UUID(mirror.local_uid) if mirror else None
    host = _host(connection, theirs, known)
    if host is None:
        return gettext_noop("Nobody of ours.")
    if desired.connection_of(host) != connection and (theirs.cancelled or _is_known(connection, theirs, host, known)):
        # What happens there to an appointment that goes on here is our own leaving.
        return gettext_noop("She is not booked there any more; the appointment goes on here.")
    with transaction.atomic():
        recorded = external.record(
            host,
            _meeting_type(connection, theirs, host),
            _external(connection, provider, theirs),
            engine=connection.provider,
            read_at=read_at,
            known=known,
        )
        _keep_mirror(connection, provider, recorded, theirs)
    if recorded.outcome == "conflict" and recorded.conflict is not None:
        words = f"Booking {theirs.id} there and appointment {recorded.conflict.reference} here are at the same time."
        logger.error("%s: %s", connection, words)
        connection.failed(Exception(words))
        return words
    reference = f" {recorded.booking.reference}" if recorded.booking else ""
    return f"{recorded.outcome}{reference}"


def _is_known(connection: Connection, theirs: RemoteBooking, host: Professional, known: UUID | None) -> bool:
    """Whether it is a booking that we have, by its id or by time and client."""
    mine = Booking.objects.filter(host=host)
    same = mine.filter(starts_at=theirs.starts_at, client_email=theirs.client_email.strip().lower(), status__in=OPEN)
    there = mine.filter(remote_source=connection.source, remote_id=theirs.id)
    return known is not None or there.exists() or same.exists()


def _host(connection: Connection, theirs: RemoteBooking, known: UUID | None) -> Professional | None:
    if known is not None:
        return Professional.objects.filter(bookings__pk=known).first()
    mirror = Mirror.objects.filter(connection=connection, kind="user", remote_id=theirs.user_id).first()
    ours = Booking.objects.filter(remote_source=connection.source, remote_id=theirs.id).values("host_id")
    hosts = Professional.objects.filter(brand=connection.brand_id)
    if mirror is not None and theirs.user_id:
        return hosts.filter(pk=mirror.local_uid).first()
    return hosts.filter(pk__in=ours).first()


def _meeting_type(connection: Connection, theirs: RemoteBooking, host: Professional) -> MeetingType | None:
    if not theirs.meeting_type_id:
        return None
    if "meeting_type" not in connection.provider_class.resources:
        # Types are not mirrored there: one of this length, else her first.
        minutes = int((theirs.ends_at - theirs.starts_at).total_seconds() / 60)
        types = list(MeetingType.objects.bookable().filter(host=host))
        return next((one for one in types if one.duration == minutes), types[0] if types else None)
    mirror = Mirror.objects.filter(
        connection=connection, kind="meeting_type", remote_id=theirs.meeting_type_id, owner_uid=str(host.pk)
    ).first()
    return MeetingType.objects.filter(pk=mirror.local_uid, host=host).first() if mirror else None


def _external(connection: Connection, provider: Provider, theirs: RemoteBooking) -> external.External:
    return external.External(
        source=connection.source,
        remote_id=theirs.id,
        starts_at=theirs.starts_at,
        ends_at=theirs.ends_at,
        cancelled=theirs.cancelled,
        client_name=theirs.client_name,
        client_email=theirs.client_email,
        client_phone=theirs.client_phone,
        client_language=theirs.client_language,
        client_time_zone=theirs.client_time_zone,
        join_url=theirs.join_url if len(theirs.join_url) <= 500 else "",
        tells_client=provider.option.get("page_mails") == "provider",
    )


def _keep_mirror(
    connection: Connection, provider: Provider, recorded: external.Recorded, theirs: RemoteBooking
) -> None:
    """What they told us needs no telling back."""
    booking = recorded.booking
    if booking is None or "booking" not in provider.resources or recorded.outcome in ("unchanged", "conflict"):
        return
    uid = str(booking.pk)
    free = Mirror.objects.filter(connection=connection, kind="booking", local_uid=uid).exclude(
        leased_until__gt=timezone.now()
    )
    if not booking.is_open:
        free.delete()
        return
    wanted = desired.of(connection, "booking", uid)
    if wanted is None:
        return
    if recorded.outcome in ("linked", "confirmed"):
        # Made by us: the worker may be at it this moment; it only has to learn the id, or that a request was granted.
        now = timezone.now()
        free.filter(remote_id="").update(remote_id=theirs.id, attempted_at=now)
        free.exclude(remote_id=theirs.id).update(due_at=now, applied_digest="")
        return
    resource = provider.resource("booking")
    payload = resource.payload(wanted.facts)
    now = timezone.now()
    values = {
        "remote_id": theirs.id,
        "owner_uid": wanted.owner_uid,
        "applied_digest": sync.applied_digest(resource, payload),
        "attempted_at": now,
        "proven_at": now,
        "due_at": None,
        "last_error": "",
        "attempts": 0,
    }
    if not free.update(**values):
        Mirror.objects.get_or_create(connection=connection, kind="booking", local_uid=uid, defaults=values)


def poll(connection: Connection) -> int:
    """Ask for the bookings of as many members as our share of the rate allows, taking turns; returns how many.

    Brings in what webhooks missed. Raises the six errors.
    """
    provider = connection.open()
    engine = provider.reading()
    if engine is None:
        return 0
    calls, seconds = min(provider.rate, key=lambda rate: rate[0] / rate[1])
    share = max(1, int(POLL_SHARE * POLL_EVERY * calls / seconds))
    turn = f"poll:{connection.pk}"
    users = Mirror.objects.filter(connection=connection, kind="user").exclude(remote_id="").order_by("pk")
    rows = list(users.filter(pk__gt=cache.get(turn) or 0)[:share])
    if len(rows) < share:
        rows += list(users.filter(pk__lte=cache.get(turn) or 0)[: share - len(rows)])
    for row in rows:
        read_at = timezone.now()
        assert row.remote is not None
        for theirs in list(engine.bookings(row.remote, read_at - BACK, read_at + AHEAD)):
            try:
                follow(connection, theirs, read_at=read_at, provider=provider)
            except (Later, external.StaleError, ValueError) as reason:
                logger.info("Booking %s is left to the next round: %r", theirs.id, reason)
        cache.set(turn, row.pk, timeout=None)
    return len(rows)
