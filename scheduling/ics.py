"""Calendar files. `Event` and `render` are pure; `event_for` reads a booking as one side of it sees it.

The rules are those of RFC 5545 (format), 5546 (who changes what), 6868 (parameter values) and 7986 (identity,
conference). Folding, escaping and quoting are icalendar's work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from urllib.parse import quote, urlencode

from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from icalendar import Alarm, Calendar, vCalAddress, vUri
from icalendar import Event as VEvent

from scheduling import links
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Status

PRODID = "-//Scheduling Marketplace//Bookings//EN"
ALARM_MINUTES = 60
LINK_TEXT_LIMIT = 1000

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
EventStatus = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
Audience = Message.Audience
Channel = MeetingType.Channel


@dataclass(frozen=True)
class Party:
    """Somebody in a calendar entry; `role` is the iCalendar ROLE."""

    name: str
    email: str
    role: Literal["REQ-PARTICIPANT", "CHAIR"] = "REQ-PARTICIPANT"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One calendar entry. Instants are aware; `sequence` only ever rises; texts are plain, lines split by \\n."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime
    summary: str
    organizer: Party
    sent_by: str = ""
    attendees: tuple[Party, ...] = ()
    status: EventStatus = "CONFIRMED"
    private: bool = False
    description: str = ""
    location: str = ""
    url: str = ""
    conference_url: str = ""
    conference_label: str = ""
    alarm_minutes: int | None = None


class CalendarLink(NamedTuple):
    """A page of a web calendar with the entry filled in."""

    name: str
    url: str


# --- pure: text of the file --------------------------------------------------------------------------------


def render(event: Event, *, method: Method, stamp: datetime) -> bytes:
    """The file. `stamp` is when it is made (DTSTAMP); ValueError when the method asks for more than the event has."""
    if event.ends_at <= event.starts_at:
        raise ValueError("an event ends after it starts")
    if method != "PUBLISH" and not event.attendees:
        raise ValueError(f"{method} needs an attendee")
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(_vevent(event, method, stamp))
    return bytes(calendar.to_ical())


def render_all(events: Sequence[Event], *, stamp: datetime) -> bytes:
    """Several entries in one file. Only PUBLISH may hold more than one UID (RFC 5546, 3.2)."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for event in events:
        calendar.add_component(_vevent(event, "PUBLISH", stamp))
    return bytes(calendar.to_ical())


def _vevent(event: Event, method: Method, stamp: datetime) -> VEvent:
    cancelled = method == "CANCEL" or event.status == "CANCELLED"
    entry = VEvent()
    entry.add("uid", event.uid)
    entry.add("sequence", event.sequence)
    instants = {
        "dtstamp": stamp,
        "dtstart": event.starts_at,
        "dtend": event.ends_at,
        "created": event.created_at,
        "last-modified": event.updated_at,
    }
    for name, instant in instants.items():
        entry.add(name, utc(instant))
    entry.add("status", "CANCELLED" if cancelled else event.status)
    entry.add("transp", "OPAQUE")
    entry.add("class", "PRIVATE" if event.private else "PUBLIC")
    for name, text in {"summary": event.summary, "description": event.description, "location": event.location}.items():
        if text:
            entry.add(name, clean(text))
    if event.url:
        entry.add("url", vUri(event.url))
    entry["organizer"] = _organizer(event)
    # RFC 5546 3.2.1: a published entry invites nobody.
    for attendee in event.attendees if method != "PUBLISH" else ():
        entry.add("attendee", _attendee(attendee), encode=False)
    if event.conference_url and not cancelled:
        entry["conference"] = _conference(event)
    if event.alarm_minutes is not None and not cancelled:
        entry.add_component(_alarm(event))
    return entry


def utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("instants must be aware")
    return instant.astimezone(UTC).replace(microsecond=0)


def clean(text: str) -> str:
    """Without the control characters that RFC 5545 3.1 forbids, line ends as \\n."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in lines if letter in "\n\t" or (letter >= " " and letter != "\x7f"))


def _word(text: str) -> str:
    """A parameter value: one line. Common parsers take a backslash for an escape there, which it is not."""
    return " ".join(clean(text).replace("\\", "/").split())


def _mailto(email: str) -> str:
    return "mailto:" + quote(email, safe="@!$&'*+-./=_~")


def _organizer(event: Event) -> vCalAddress:
    address = vCalAddress(_mailto(event.organizer.email))
    address.params["CN"] = _word(event.organizer.name)
    if event.sent_by and event.sent_by != event.organizer.email:
        address.params["SENT-BY"] = _mailto(event.sent_by)
    return address


def _attendee(party: Party) -> vCalAddress:
    """Whoever books has agreed already: there is nothing to answer."""
    address = vCalAddress(_mailto(party.email))
    address.params["CN"] = _word(party.name)
    address.params["CUTYPE"] = "INDIVIDUAL"
    address.params["ROLE"] = party.role
    address.params["PARTSTAT"] = "ACCEPTED"
    address.params["RSVP"] = "FALSE"
    return address


def _conference(event: Event) -> vUri:
    uri = vUri(event.conference_url)
    uri.params["VALUE"] = "URI"
    uri.params["FEATURE"] = ["VIDEO", "AUDIO"]
    if event.conference_label:
        uri.params["LABEL"] = _word(event.conference_label)
    return uri


def _alarm(event: Event) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", clean(event.summary))
    alarm.add("trigger", timedelta(minutes=-(event.alarm_minutes or 0)))
    return alarm


def calendar_links(event: Event) -> list[CalendarLink]:
    """Pages that add the entry to a web calendar: Google, Outlook.com, Microsoft 365."""
    start, end = utc(event.starts_at), utc(event.ends_at)
    details = clean(event.description)[:LINK_TEXT_LIMIT]
    google = {
        "action": "TEMPLATE",
        "text": clean(event.summary),
        "dates": f"{start:%Y%m%dT%H%M%SZ}/{end:%Y%m%dT%H%M%SZ}",
        "details": details,
        "location": clean(event.location),
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": clean(event.summary),
        "startdt": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "body": details,
        "location": clean(event.location),
    }
    # Outlook shows a literal plus sign where a space is encoded as one.
    compose = f"/calendar/0/deeplink/compose?{urlencode(outlook, quote_via=quote)}"
    return [
        CalendarLink("Google Calendar", f"https://calendar.google.com/calendar/render?{urlencode(google)}"),
        CalendarLink("Outlook.com", f"https://outlook.live.com{compose}"),
        CalendarLink("Microsoft 365", f"https://outlook.office.com{compose}"),
    ]


# --- a booking as an entry ---------------------------------------------------------------------------------

STATUS: dict[str, EventStatus] = {
    Status.HELD: "TENTATIVE",
    Status.PENDING: "TENTATIVE",
    Status.CANCELLED: "CANCELLED",
    Status.DECLINED: "CANCELLED",
    Status.EXPIRED: "CANCELLED",
}


def event_for(booking: Booking, *, audience: Message.Audience, language: str) -> Event:
    """The booking as one side's calendar shows it, in `language`.

    The organiser is the professional, the brand sends in her name (SENT-BY). Of a sensitive subject the entry says only
    that there is an appointment, and when and where.
    """
    brand = booking.host.brand
    video = booking.channel == Channel.VIDEO
    join_url = links.join_url(booking, audience) if video else ""
    for_client = audience == Audience.CLIENT
    with translation.override(language):
        return Event(
            uid=str(booking.uid),
            sequence=booking.version,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            created_at=booking.created_at,
            updated_at=booking.updated_at,
            summary=_summary(booking, audience),
            organizer=_professional(booking),
            sent_by=brand.sender_address,
            attendees=_attendees(booking, audience),
            status=STATUS.get(booking.status, "CONFIRMED"),
            private=booking.host.is_sensitive,
            description=_description(booking, audience, join_url),
            location=join_url or place(booking),
            url=links.manage_url(booking) if for_client else links.host_url(booking),
            conference_url=join_url,
            conference_label=_("Join the video call") if video else "",
            alarm_minutes=ALARM_MINUTES if for_client else None,
        )


def _professional(booking: Booking) -> Party:
    """Without an address (her data was erased) the brand organises what is left."""
    person = booking.host.person
    return (
        Party(str(person), person.email)
        if person.email
        else Party(person.full_name or booking.host.brand.name, booking.host.brand.sender_address)
    )


def _attendees(booking: Booking, audience: Message.Audience) -> tuple[Party, ...]:
    """The client. In her own file the professional is there too, as the chair: a client entered by phone may have no
    address, and an invitation without attendees is none."""
    client = [Party(booking.client_name, booking.client_email)] if booking.client_email else []
    if audience == Audience.CLIENT:
        return tuple(client)
    chair = _professional(booking)
    return (*client, Party(chair.name, chair.email, "CHAIR"))


def _summary(booking: Booking, audience: Message.Audience) -> str:
    if booking.host.is_sensitive:
        if audience == Audience.CLIENT:
            return _("Appointment")
        return _("Appointment %(reference)s") % {"reference": booking.reference}
    if audience == Audience.CLIENT:
        return _("%(title)s with %(name)s") % {"title": booking.title, "name": booking.host}
    return _("%(title)s: %(name)s") % {"title": booking.title, "name": booking.attendee}


def place(booking: Booking) -> str:
    """Where to be, in the active language: address, or the number that is called. Empty for video."""
    if booking.channel == Channel.PHONE:
        number = booking.client_phone or booking.location
        return _("By phone: %(number)s") % {"number": number} if number else _("By phone")
    if booking.channel == Channel.VIDEO:
        return ""
    office = booking.meeting_type.place
    return booking.location or (office.one_line if office else "")


def _description(booking: Booking, audience: Message.Audience, join_url: str) -> str:
    """Nothing here tells the professional's calendar more about the client than the entry needs."""
    parts = []
    if join_url:
        parts.append(_("Join the video call: %(url)s") % {"url": join_url})
    if audience == Audience.CLIENT:
        preparation = booking.meeting_type.preparation.strip()
        if preparation and not booking.host.is_sensitive:
            parts.append(preparation)
        parts.append(_("View, move or cancel: %(url)s") % {"url": links.manage_url(booking)})
    parts.append(_("Reference: %(reference)s") % {"reference": booking.reference})
    return "\n\n".join(parts)


def file_name(booking: Booking) -> str:
    """`appointment-2027-03-22.ics` in the active language, by the date that the client reads."""
    day = booking.starts_at.astimezone(booking.display_zone).date()
    word = slugify(pgettext("file name", "appointment")) or "appointment"
    return f"{word}-{day.isoformat()}.ics"
