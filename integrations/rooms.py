"""Video rooms as people meet them: each one's way in, and how the meeting stands. Reads rows; `poll` asks the providers."""

import logging
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from directory.secrets import CannotUnseal
from integrations.conferencing import HOST, Conferencing, PersonState, RoomState, RoomStatus
from integrations.errors import NotFound, ProviderError, Unauthorised, Unsupported
from integrations.models import Mirror
from integrations.room_models import RoomPerson, RoomWatch
from scheduling.models import Booking, Message
from scheduling.rooms import AFTER, BEFORE, Room, State

logger = logging.getLogger(__name__)
# Pauses between two questions about one meeting: as long as nothing new is said they grow.
PAUSES = [timedelta(seconds=seconds) for seconds in (30, 60, 120, 240, 480, 900)]
REST = timedelta(minutes=5)


def room_of(booking: Booking, audience: Message.Audience) -> Room | None:
    """The way in of one side (settings.VIDEO_ROOMS); None: no provider makes a room for this appointment. Two queries."""
    mirror = (
        Mirror.objects.filter(kind="conference", local_uid=str(booking.session))
        .select_related("connection__brand", "watch")
        .order_by("-connection__is_active", "-pk")
        .first()
    )
    if mirror is None or (booking.join_url and booking.join_url == booking.meeting_type.video_url):
        return None
    ref = HOST if audience == Message.Audience.HOST else str(booking.pk)
    remote = mirror.remote
    if remote is None or ref not in remote.data.get("people", []):
        if mirror.state == "parked":
            return Room(State.FAILED, since=mirror.updated_at, problem=mirror.last_error)
        return Room(State.PREPARING, since=booking.updated_at)
    try:
        room = mirror.connection.open().resource("conference")
        assert isinstance(room, Conferencing)
        room.secrets = dict(mirror.secrets) if room.keeps_secrets else {}
        entry = room.entry(remote, ref)
    except (Unsupported, CannotUnseal, KeyError) as error:
        return Room(State.FAILED, problem=str(error))
    meeting, other = _standing(mirror, ref)
    return Room(State.READY, entry.url, entry.passcode, meeting=meeting, other=other)


def _standing(mirror: Mirror, ref: str) -> tuple[str, str]:
    """How the call stands, and whether somebody else is inside, as far as the provider has said."""
    seen: RoomWatch | None = getattr(mirror, "watch", None)
    if seen is None or seen.state in (RoomState.UNKNOWN, RoomState.SCHEDULED):
        return "", ""
    inside = RoomPerson.objects.filter(mirror=mirror, state=PersonState.INSIDE).exclude(ref=ref).exists()
    return str(seen.get_state_display()), _("The other side is in the room.") if inside else ""


# --- how meetings stand ------------------------------------------------------------------------------------------------


def watch(mirror: Mirror) -> None:
    """A room was made or changed: ask how the meeting stands from shortly before its start."""
    cls = mirror.connection.provider_class.resources["conference"]
    session = Booking.objects.filter(session=mirror.local_uid).order_by("starts_at").first()
    if session is None or not (issubclass(cls, Conferencing) and cls.has_status):
        return
    until = session.ends_at + AFTER
    RoomWatch.objects.update_or_create(
        mirror=mirror,
        defaults={"due_at": max(timezone.now(), session.starts_at - BEFORE), "until": until, "unchanged": 0},
    )


def poll(*, now: datetime | None = None, limit: int = 200) -> int:
    """Ask how the meetings stand that are due; returns how many answered. A connection that fails is left for a while."""
    now = now or timezone.now()
    ill: set[int] = set()
    answered = 0
    due = RoomWatch.objects.filter(due_at__lte=now, mirror__connection__is_active=True).exclude(mirror__remote_id="")
    for row in due.select_related("mirror__connection__brand").order_by("due_at")[:limit]:
        connection = row.mirror.connection
        if connection.is_resting or connection.pk in ill:
            continue
        # The claim: another worker that found the row as well asks nothing.
        if not RoomWatch.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=now + REST):
            continue
        try:
            room = connection.open(patience=5.0).resource("conference")
            assert isinstance(room, Conferencing)
            room.secrets = dict(row.mirror.secrets) if room.keeps_secrets else {}
            assert row.mirror.remote is not None
            answered += _note(row, room.status(row.mirror.remote), now)
        except (NotFound, Unsupported):
            RoomWatch.objects.filter(pk=row.pk).update(due_at=None, asked_at=now)
        except (ProviderError, CannotUnseal) as error:
            logger.warning("%s: %s", connection, error)
            connection.failed(error, rest=REST if isinstance(error, Unauthorised) else None)
            ill.add(connection.pk)
    return answered


def _note(row: RoomWatch, status: RoomStatus, now: datetime) -> bool:
    """Keep what was said, and when to ask again: soon after news, later and later without, never after the end."""
    people = {person.ref: person for person in RoomPerson.objects.filter(mirror=row.mirror_id)}
    changed = [ref for ref, state in status.people.items() if ref in people and people[ref].state != state]
    for ref in changed:
        RoomPerson.objects.filter(pk=people[ref].pk).update(state=status.people[ref])
    news = bool(changed) or row.raw != status.raw or row.state != status.state
    unchanged = 0 if news else row.unchanged + 1
    over = status.state == RoomState.ENDED or (row.until is not None and now > row.until)
    pause = PAUSES[min(unchanged, len(PAUSES) - 1)]
    RoomWatch.objects.filter(pk=row.pk).update(
        state=status.state,
        raw=status.raw[:64],
        asked_at=now,
        unchanged=unchanged,
        due_at=None if over else now + pause,
    )
    return True
