"""Verbs of meeting types: create, edit, show or hide, reorder, remove."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from directory.accounts import transliterate
from directory.models import Professional
from scheduling import availability
from scheduling.models import MeetingType

Visibility = MeetingType.Visibility
# Those a professional may choose; archived is what `remove` makes of one that has bookings.
CHOOSABLE = (Visibility.PUBLIC, Visibility.LINK, Visibility.OFF)


@transaction.atomic
def create(host: Professional, values: Mapping[str, object]) -> MeetingType:
    """At the end of the list, under a URL name made from the title."""
    Professional.objects.lock(host.pk)
    mine = MeetingType.objects.filter(host=host)
    last = mine.order_by("-position").first()
    columns = {name: value for name, value in values.items() if name != "rooms"}
    meeting_type = MeetingType(host=host, position=last.position + 1 if last else 0, **columns)
    base = slugify(transliterate(meeting_type.title))[:70] or "meeting"
    taken = set(mine.values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    meeting_type.slug = base if base not in taken else next(slug for slug in numbered if slug not in taken)
    meeting_type.save()
    _choose_rooms(meeting_type, values)
    return meeting_type


@transaction.atomic
def edit(meeting_type: MeetingType, values: Mapping[str, object]) -> MeetingType:
    """The URL name stays, and what was promised to booked clients stays in their bookings."""
    Professional.objects.lock(meeting_type.host_id)
    for column, value in values.items():
        if column != "rooms":
            setattr(meeting_type, column, value)
    meeting_type.save()
    _choose_rooms(meeting_type, values)
    return meeting_type


def _choose_rooms(meeting_type: MeetingType, values: Mapping[str, Any]) -> None:
    """After the row is there; which rooms count decides about free times."""
    if "rooms" in values:
        meeting_type.rooms.set(values["rooms"])
        availability.refresh_later(meeting_type.host_id)


@transaction.atomic
def show(meeting_type: MeetingType, visibility: str) -> MeetingType:
    """On the profile, with the link only, or off. Raises ValueError for anything else."""
    if visibility not in CHOOSABLE:
        raise ValueError(visibility)
    Professional.objects.lock(meeting_type.host_id)
    meeting_type.visibility = visibility
    meeting_type.save(update_fields=["visibility", "updated_at"])
    return meeting_type


@transaction.atomic
def move(meeting_type: MeetingType, *, up: bool) -> None:
    """One place up or down; at the end of the list nothing happens."""
    Professional.objects.lock(meeting_type.host_id)
    ordered = list(listed(meeting_type.host))
    old = [other.pk for other in ordered].index(meeting_type.pk)
    new = old - 1 if up else old + 1
    if not 0 <= new < len(ordered):
        return
    ordered.insert(new, ordered.pop(old))
    for position, other in enumerate(ordered):
        if other.position != position:
            other.position = position
            other.save(update_fields=["position"])


@transaction.atomic
def remove(meeting_type: MeetingType) -> bool:
    """Delete it, or archive it where bookings point to it. True if it is gone for good."""
    Professional.objects.lock(meeting_type.host_id)
    if meeting_type.bookings.exists():
        meeting_type.visibility = Visibility.ARCHIVED
        meeting_type.save(update_fields=["visibility", "updated_at"])
        return False
    meeting_type.delete()
    return True


def listed(host: Professional):  # type: ignore[no-untyped-def]
    """Those of a host in order, without the archived."""
    return MeetingType.objects.filter(host=host).exclude(visibility=Visibility.ARCHIVED).order_by("position", "pk")
