"""The eight methods of LiveMinutes and its words for states. The sandbox reads the same tables.

Names are irregular and case sensitive, as the vendor's document writes them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from integrations.conferencing import PersonState, RoomState

LONGEST_ID = 50
TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Method:
    """`makes`: a lost answer may have made something, and a second call may make it twice."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    makes: bool = False


METHODS: Mapping[str, Method] = {
    "createMeeting": Method(
        ("meetingKey", "hostid"),
        ("title", "lang", "description", "time", "duration", "hostnickname", "hostemail"),
        ("meetingKey", "meetingUrl", "hostUrl"),
        makes=True,
    ),
    "addParticipant": Method(
        ("meetingKey", "puid"), ("nickname", "email"), ("meetingKey", "participantUrl"), makes=True
    ),
    "getParticipantUrl": Method(("meetingKey", "puid"), (), ("participantUrl",)),
    "getMeetingUrl": Method(("meetingKey",), (), ("meetingUrl",)),
    "cancelMeeting": Method(("meetingKey",), (), ("meetingKey",)),
    "cancelParticipant": Method(("meetingKey", "puid"), (), ("meetingKey",)),
    "getMeetingStatus": Method(("meetingKey",), (), ("status",)),
    "getParticipantStatus": Method(("meetingKey", "puid"), (), ("status",)),
}
# 11 means different things in the two lists. 1 for a participant is in the vendor's sample, not in its table.
MEETING_STATES: Mapping[str, RoomState] = {
    "1": RoomState.SCHEDULED,
    "8": RoomState.LIVE,
    "11": RoomState.HOST_LEFT,
    "12": RoomState.ENDED,
}
PERSON_STATES: Mapping[str, PersonState] = {
    "1": PersonState.INVITED,
    "2": PersonState.ACCEPTED,
    "3": PersonState.DECLINED,
    "10": PersonState.INSIDE,
    "11": PersonState.LEFT,
}


def fit_id(local: str) -> str:
    """Our id for a person as it goes there: itself where it is short and plain, else a stable short form."""
    if len(local) <= LONGEST_ID and re.fullmatch(r"[\w.@+-]+", local):
        return local
    return f"p-{sha256(local.encode()).hexdigest()[:40]}"


def wall_clock(moment: datetime, zone: str) -> str:
    """`moment` (aware) as the API writes it: without a zone, so the zone is agreed beforehand."""
    if moment.tzinfo is None:
        raise ValueError("The start needs a time zone.")
    return moment.astimezone(ZoneInfo(zone) if zone else UTC).strftime(TIME)
