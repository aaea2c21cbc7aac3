"""The conferencing part of the contract: video rooms. Create, update where it exists, cancel, the way in, the status.

A room is a resource of the kind "conference" and follows its bookings by the mirror protocol. No Django here.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from integrations.contract import Remote, Resource
from integrations.errors import Unsupported

HOST = "host"


class RoomState(StrEnum):
    """Where a meeting is. UNKNOWN: the provider does not say, or says something new."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    HOST_LEFT = "host_left"
    ENDED = "ended"
    UNKNOWN = "unknown"


class PersonState(StrEnum):
    """Where one person of a meeting is."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    INSIDE = "inside"
    LEFT = "left"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """One person's way in. `passcode`: what she is asked for there, "" where nothing is asked."""

    url: str
    passcode: str = ""


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """`raw`: the provider's own word. `people`: states by our reference."""

    state: RoomState
    raw: str = ""
    people: Mapping[str, PersonState] = field(default_factory=dict)


class Conferencing(Resource):
    """Two keys of a room's `data` mean something to everybody: `join_url`, and `people`, our references of who is in it."""

    # False: the provider has no call for it. What changes is then shown as a difference, or made anew.
    can_update: ClassVar[bool] = True
    can_cancel: ClassVar[bool] = True
    has_status: ClassVar[bool] = False

    @abstractmethod
    def entry(self, remote: Remote, ref: str) -> Entry:
        """The way in for HOST or a booking's uid. No call: what is needed was kept when the room was made.

        Raises Unsupported for somebody whom the room does not know.
        """

    def status(self, remote: Remote) -> RoomStatus:
        """Raises the six errors; Unsupported where nothing can be asked."""
        raise Unsupported("This provider does not say how a meeting stands.")

    @classmethod
    def features(cls, kind: str) -> list[str]:
        able = [("create", True), ("update", cls.can_update), ("cancel", cls.can_cancel), ("participant link", True)]
        return [f"{kind}: {name}" for name, has in [*able, ("status", cls.has_status)] if has]
