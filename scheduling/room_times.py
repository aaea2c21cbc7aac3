"""At which starts a room is free, for meeting types that need one. Reads only; `meeting_rooms` claims."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from django.db.models import Q

from scheduling.calendars import REACH, Epoch
from scheduling.models import Booking, MeetingRoom, MeetingType


def needs_room(meeting_type: MeetingType) -> bool:
    return meeting_type.needs_room and meeting_type.engine == "native"


def rooms_of(meeting_type: MeetingType):  # type: ignore[no-untyped-def]
    """Those it may take place in: the chosen ones, else all of the brand; large enough, in their order."""
    chosen = Q(meeting_types=meeting_type)
    if not meeting_type.rooms.exists():
        chosen = Q(brand=meeting_type.host.brand_id)
    large = Q(capacity=None) | Q(capacity__gt=meeting_type.seats)
    return MeetingRoom.objects.filter(chosen & large, is_active=True).order_by("position", "name", "pk")


def lock(meeting_type: MeetingType) -> None:
    """The queue of all rooms it may take place in, by id whatever their order on the page; none where it needs none."""
    if needs_room(meeting_type):
        wanted = [room.pk for room in rooms_of(meeting_type)]
        list(MeetingRoom.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk"))


@dataclass(slots=True)
class RoomTimes:
    """Rooms of one meeting type and when each is taken, as epoch seconds; `sessions`: starts of its own groups."""

    rooms: list[int] = field(default_factory=list)
    taken: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    sessions: set[int] = field(default_factory=set)

    def free(self, meeting_type: MeetingType, starts: np.ndarray) -> np.ndarray:
        """Those of `starts` (epochs) at which a room is free."""
        if not len(starts):
            return starts
        begins = starts - meeting_type.buffer_before * 60
        ends = starts + (meeting_type.duration + meeting_type.buffer_after) * 60
        free = np.isin(starts, np.fromiter(self.sessions, dtype=np.int64, count=len(self.sessions)))
        for room in self.rooms:
            rows = self.taken[room]
            first = np.sort(np.array([row[0] for row in rows], dtype=np.int64))
            last = np.sort(np.array([row[1] for row in rows], dtype=np.int64))
            # Begun before our end, without those over before our beginning: what overlaps.
            free |= first.searchsorted(ends, "left") == last.searchsorted(begins, "right")
        return starts[free]


def load(
    meeting_types: Iterable[MeetingType], start: datetime, end: datetime, now: datetime, exclude: Booking | None = None
) -> dict[int, RoomTimes]:
    """By meeting type, for those that need a room: at most three queries, none where no type does."""
    needy = {one.pk: one for one in meeting_types if needs_room(one)}
    found = {pk: RoomTimes() for pk in needy}
    if not needy:
        return found
    chosen: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
    through = MeetingType.rooms.through.objects.filter(meetingtype__in=needy, meetingroom__is_active=True)
    for pk, room, capacity in through.values_list("meetingtype_id", "meetingroom_id", "meetingroom__capacity"):
        chosen[pk].append((room, capacity))
    named = set(
        MeetingType.rooms.through.objects.filter(meetingtype__in=needy).values_list("meetingtype_id", flat=True)
    )
    shared = list(
        MeetingRoom.objects.filter(brand__in={one.host.brand_id for one in needy.values()}, is_active=True).values_list(
            "pk", "capacity", "brand_id"
        )
    )
    for pk, one in needy.items():
        mine = (
            chosen[pk] if pk in named else [(room, size) for room, size, brand in shared if brand == one.host.brand_id]
        )
        found[pk].rooms = [room for room, capacity in mine if capacity is None or capacity > one.seats]
    rows = Booking.objects.blocking(now).filter(
        room__in={room for times in found.values() for room in times.rooms},
        starts_at__gte=start - REACH,
        starts_at__lt=end + REACH,
    )
    if exclude is not None:
        rows = rows.exclude(pk=exclude.pk)
    columns = rows.order_by().annotate(a=Epoch("blocked_from"), b=Epoch("blocked_until"), c=Epoch("starts_at"))
    taken: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for room, type_id, begins, ends, begun in columns.values_list("room_id", "meeting_type_id", "a", "b", "c"):
        taken[room].append((begins, ends))
        if type_id in needy and needy[type_id].seats > 1:
            found[type_id].sessions.add(begun)
    for times in found.values():
        times.taken = taken
    return found
