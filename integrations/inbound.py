"""Bookings that were made, moved or cancelled at a provider → rows below, by `scheduling.external`.

Webhooks and the poll both end here. A booking that came in gets its mirror in the same transaction, as applied already:
otherwise our own worker would make it a second time over there.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from directory.models import Professional
from integrations import desired, sync
from integrations.contract import Engine, Provider, Remote, RemoteBooking
from integrations.models import Connection, Mirror
from scheduling import external
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import Status

logger = logging.getLogger(__name__)
# A row that is written while we read is read again, but not for ever.
TRIES = 3
OPEN = (Status.PENDING, Status.CONFIRMED)
BACK, AHEAD = timedelta(days=1), timedelta(days=120)
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
    if provider.engine is None:
        return "This provider cannot be asked about bookings."
    engine = provider.engine(provider)
    user = _user_of(connection, remote_id, user_ids)
    read_at = timezone.now()
    said = {}
    for theirs in engine.read_attendances(user, remote_id):
        said[theirs.id] = _insist(connection, provider, engine, user, theirs, read_at)
    ours = Booking.objects.filter(remote_source=connection.source, remote_id__startswith=f"{remote_id}:")
    for left in ours.filter(status__in=OPEN).exclude(remote_id__in=said).values_list("remote_id", flat=True):
        read_at = timezone.now()
        said[left] = _insist(connection, provider, engine, user, engine.read_booking(user, left), read_at)
    return "; ".join(said.values()) or "Nothing is behind it."


def _insist(
    connection: Connection, provider: Provider, engine: Engine, user: Remote, theirs: RemoteBooking, read_at: datetime
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
        return "A change made here was refused there; a person has to decide."
    known = UUID(mirror.local_uid) if mirror else None
    host = _host(connection, theirs, known)
    if host is None:
        return "Nobody of ours."
    with transaction.atomic():
        recorded = external.record(
            host,
            _meeting_type(connection, theirs, host),
            _external(connection, theirs),
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
    mirror = Mirror.objects.filter(
        connection=connection, kind="meeting_type", remote_id=theirs.meeting_type_id, owner_uid=str(host.pk)
    ).first()
    return MeetingType.objects.filter(pk=mirror.local_uid, host=host).first() if mirror else None


def _external(connection: Connection, theirs: RemoteBooking) -> external.External:
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
    if provider.engine is None:
        return 0
    engine = provider.engine(provider)
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
