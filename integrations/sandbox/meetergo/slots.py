"""Bookable slots, over the product's own slot arithmetic; the single truth for offering and for booking here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetergo import availability
from integrations.sandbox.meetergo.auth import Caller
from integrations.sandbox.meetergo.shapes import (
    DAYS,
    NAME,
    checked_id,
    error,
    everything,
    get,
    instant,
    iso,
    range_edge,
)  # fmt: skip
from integrations.sandbox.meetergo.validate import CHANNELS
from integrations.sandbox.store import Body
from scheduling.slots import Rules, Session, open_epochs

MINUTE = 60
Windows = list[tuple[int, int]]


@dataclass
class Question:
    """What is asked about one meeting type; instants are seconds since the epoch."""

    meeting_type: Body
    hosts: list[str]
    start: float
    end: float
    duration: int
    everyone: bool = False
    without: str = ""  # an appointment that does not count


def minutes(clock: str) -> int:
    hour, _colon, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def weekly(plan: Body) -> dict[int, Windows]:
    return {
        number: [(minutes(span["start"]), minutes(span["end"])) for span in plan["schedule"][day]["hours"]]
        for number, day in enumerate(DAYS)
        if plan["schedule"].get(day, {}).get("enabled")
    }


def extra_hours(plan: Body, usual: dict[int, Windows]) -> dict[date, Windows]:
    """Exceptions that open time, as whole days' hours: the usual ones and the exception's."""
    zone = ZoneInfo(plan["timezone"])
    days: dict[date, Windows] = {}
    for each in plan["availabilityExceptions"]:
        if not each["available"] or each["deletedAt"]:
            continue
        start, end = (datetime.fromtimestamp(instant(each[side]), zone) for side in ("start", "end"))
        day = start.date()
        while day <= end.date():
            first = start.hour * 60 + start.minute if day == start.date() else 0
            last = end.hour * 60 + end.minute if day == end.date() else 1440
            if first < last:
                days.setdefault(day, list(usual.get(day.weekday(), []))).append((first, last))
            day += timedelta(days=1)
    return {day: merged(windows) for day, windows in days.items()}


def merged(windows: Windows) -> Windows:
    result: Windows = []
    for start, end in sorted(windows):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def active(sandbox: Sandbox, host_id: str, without: str = "") -> Iterable[Body]:
    for link in everything(sandbox, "hosting", host_id):
        found = get(sandbox, "appointment", link["appointmentId"])
        if found and not found["isCancelled"] and found["id"] != without:
            yield found


def occupied(sandbox: Sandbox, question: Question, host_id: str, plan: Body) -> tuple[Windows, list[Session]]:
    """(busy times with their buffers, group sessions of this type)."""
    busy: Windows = []
    sessions: list[Session] = []
    for booked in active(sandbox, host_id, question.without):
        info = booked["meetingInfo"]
        start, end = int(instant(booked["start"])), int(instant(booked["end"]))
        widened = (start - info.get("bufferBefore", 0) * MINUTE, end + info.get("bufferAfter", 0) * MINUTE)
        if booked["meetingTypeId"] == question.meeting_type["id"] and question.meeting_type["spots"] > 1:
            sessions.append(Session(start, end, *widened, taken=len(booked["attendees"])))
        else:
            busy.append(widened)
    if sandbox.switch(NAME, "pending_blocks") == "yes":
        for waiting in everything(sandbox, "provisional", host_id):
            if waiting["status"] == "pending":
                start = int(instant(waiting["dto"]["start"]))
                busy.append((start, start + waiting["duration"] * MINUTE))
    for event in everything(sandbox, "calendarEvent", host_id):
        busy.append((int(instant(event["start"])), int(instant(event["end"]))))
    for each in plan["availabilityExceptions"]:
        if not each["available"] and not each["deletedAt"]:
            busy.append((int(instant(each["start"])), int(instant(each["end"]))))
    return busy, sessions


def last_start(sandbox: Sandbox, meeting_type: Body) -> tuple[float, float]:
    """The instants between which bookings are taken at all."""
    ahead = meeting_type["daysIntoFuture"]
    now = sandbox.clock.timestamp()
    if ahead.get("mode") == "limit" and ahead.get("bookingLimit") is not None:
        return now, now + ahead["bookingLimit"] * MINUTE
    try:
        edges = [range_edge(str(ahead[name]), "UTC") if ahead.get(name) else None for name in ("rangeMin", "rangeMax")]
    except ValueError:
        return now, float("inf")
    return max(now, edges[0] or now), edges[1] or float("inf")


def of_host(sandbox: Sandbox, question: Question, host_id: str, *, ignore_busy: bool = False) -> list[int]:
    """Open starts of one host."""
    plan = availability.for_type(sandbox, question.meeting_type, host_id)
    if plan is None or not question.meeting_type["enabled"]:
        return []
    info, usual = question.meeting_type["meetingInfo"], weekly(plan)
    busy, sessions = ([], []) if ignore_busy else occupied(sandbox, question, host_id, plan)
    earliest, latest = last_start(sandbox, question.meeting_type)
    raster = question.meeting_type.get("timeslotInterval") or sandbox.switch(NAME, "raster") or question.duration
    starts = open_epochs(
        zone=plan["timezone"],
        weekly=usual,
        overrides=extra_hours(plan, usual),
        busy=busy,
        rules=Rules(
            duration=question.duration,
            step=int(raster),
            buffer_before=info.get("bufferBefore") or 0,
            buffer_after=info.get("bufferAfter") or 0,
            notice=question.meeting_type.get("bookingMinimum") or 0,
            seats=question.meeting_type["spots"],
        ),
        range_start=int(max(question.start, earliest)),
        range_end=int(min(question.end, latest + 1, 7e9)),
        now=int(sandbox.clock.timestamp()),
        sessions=sessions,
    )
    return [int(start) for start in starts]


def open_starts(sandbox: Sandbox, question: Question, *, ignore_busy: bool = False) -> list[int]:
    """Open starts of any host, or (`everyone`) of all of them."""
    by_host = [set(of_host(sandbox, question, host, ignore_busy=ignore_busy)) for host in question.hosts]
    if not by_host:
        return []
    return sorted(set.intersection(*by_host) if question.everyone else set.union(*by_host))


def seats_taken(sandbox: Sandbox, question: Question) -> dict[int, Body]:
    """By start: the group appointment that has begun to fill."""
    found = {}
    for host in question.hosts:
        for booked in active(sandbox, host, question.without):
            if booked["meetingTypeId"] == question.meeting_type["id"]:
                found[int(instant(booked["start"]))] = booked
    return found


def scope(caller: Caller, meeting_type: Body, host_ids: list[str], queue_id: str | None) -> list[str]:
    """Hosts that are meant. Raises 400 as the server does, before it looks at anything else."""
    if queue_id:
        queue = get(caller.sandbox, "queue", checked_id(caller.sandbox, queue_id))
        if queue is None or queue.get("companyId") != caller.company_id:
            raise error(400, "Queue not found")
        return host_ids or list(queue["hostIds"])
    return host_ids or ([meeting_type["userId"]] if meeting_type["userId"] else [])


def bookable(caller: Caller, uid: str | None) -> Body:
    if not uid:
        raise error(400, ["meetingTypeId should not be empty"])
    found = get(caller.sandbox, "meetingType", checked_id(caller.sandbox, uid))
    if found is None or found["companyId"] != caller.company_id or found["deletedAt"]:
        raise error(400, "Meeting type not found")
    return found


def asked_zone(caller: Caller, meeting_type: Body, hosts: list[str]) -> str:
    zone = caller.query.get("timezone")
    if not zone:
        if caller.switch("slots_zone") == "UTC" or not hosts:
            return "UTC"
        plan = availability.for_type(caller.sandbox, meeting_type, hosts[0])
        return str(plan["timezone"]) if plan else "UTC"
    try:
        return ZoneInfo(zone).key
    except (KeyError, ValueError, OSError):
        raise error(400, ["timezone must be a valid IANA time-zone"]) from None


def index(caller: Caller) -> Body:
    """GET /v4/booking-availability"""
    query, sandbox = caller.query, caller.sandbox
    hosts, queue_id = caller.values("hostIds"), query.get("queueId")
    if not hosts and not queue_id and caller.switch("scope_required"):
        raise error(400, "Expected hostIds or queueId")
    meeting_type = bookable(caller, query.get("meetingTypeId"))
    hosts = scope(caller, meeting_type, hosts, queue_id)
    zone = asked_zone(caller, meeting_type, hosts)
    try:
        start, end = (range_edge(query[name], zone) for name in ("start", "end"))
    except (KeyError, ValueError):
        raise error(
            400, ["start must be a valid ISO 8601 date string", "end must be a valid ISO 8601 date string"]
        ) from None
    if query.get("channel") and query["channel"] not in CHANNELS:
        raise error(400, ["channel must be a valid enum value"])
    try:
        duration = int(query.get("meetingDuration") or meeting_type["meetingInfo"]["duration"])
    except ValueError:
        raise error(400, ["meetingDuration must be an integer number"]) from None
    without = query.get("existingAppointmentId") or ""
    everyone = query.get("calculationMethod", "anyone") == "everyone"
    question = Question(meeting_type, hosts, start, end, duration, everyone, without)
    keep = float(caller.switch("slots_cache"))
    place = (meeting_type["id"], tuple(hosts), start, end, duration, zone, everyone, without, query.get("troubleshoot"))
    now = sandbox.clock.timestamp()
    if keep and query.get("refreshCache") != "true" and place in sandbox.cache and sandbox.cache[place][0] > now - keep:
        kept: Body = sandbox.cache[place][1]
        return kept
    answer = answered(sandbox, question, zone, troubleshoot=query.get("troubleshoot") == "true")
    if keep:
        sandbox.cache[place] = (now, answer)
    return answer


def answered(sandbox: Sandbox, question: Question, zone: str, *, troubleshoot: bool = False) -> Body:
    starts = open_starts(sandbox, question)
    shape, length = sandbox.switch(NAME, "slots_shape"), question.duration * MINUTE
    if shape == "availableSlots":
        return {"availableSlots": [{"start": iso(start), "end": iso(start + length)} for start in starts]}
    frames = [
        {"start": iso(start), "end": iso(end)} for start, end in merged([(start, start + length) for start in starts])
    ]
    if shape == "timeframes":
        return {"timeframes": frames}
    blocked = set(open_starts(sandbox, question, ignore_busy=True)) - set(starts) if troubleshoot else set()
    groups = seats_taken(sandbox, question) if question.meeting_type["spots"] > 1 else {}
    days: dict[str, list[Any]] = {}
    tz = ZoneInfo(zone)
    for start in sorted({*starts, *blocked}):
        local = datetime.fromtimestamp(start, tz)
        text = iso(start) if zone == "UTC" else local.isoformat()
        spot: Body = {"startTime": text}
        if start in groups:
            taken = len(groups[start]["attendees"])
            spot["appointment"] = {
                "id": groups[start]["id"], "totalSpots": question.meeting_type["spots"], "takenSpots": taken,
            }  # fmt: skip
        if start in blocked:
            spot["unavailabilityEvents"] = [
                {"hostId": host, "hostName": (get(sandbox, "user", host) or {}).get("fullName", ""), "type": "event",
                 "picture": ""}
                for host in question.hosts
            ]  # fmt: skip
        days.setdefault(local.date().isoformat(), []).append(spot)
    if shape == "slots":
        listed = [{"date": day, "times": [spot["startTime"] for spot in spots]} for day, spots in days.items()]
        return {"slots": listed, "timezone": zone}
    earliest = datetime.fromtimestamp(starts[0], tz).date().isoformat() if starts else None
    return {
        "timezone": zone,
        "timeframes": frames,
        "dates": [{"date": day, "spots": spots} for day, spots in days.items()],
        "earliestAvailableDate": earliest,
        "earliestMonthAvailability": None,
    }
