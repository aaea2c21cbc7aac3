"""What a mail says: one message row and the state of its booking now → a mail in the receiver's language."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from typing import Any
from zoneinfo import ZoneInfo

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from directory.adapter import sender
from directory.cities import zone_city
from directory.letterhead import letterhead
from scheduling import ics, links, mail, weeks
from scheduling.models import Booking, BookingEvent, MeetingType, Message

Audience = Message.Audience
Kind = Message.Kind
OVER = (Kind.CANCELLED, Kind.DECLINED)
Actor = Booking.Actor


class NoAddress(Exception):
    """Nobody to write to: the receiver's data has been erased."""


@dataclass(frozen=True)
class Fact:
    """A line of the table in the mail."""

    label: str
    value: str
    url: str = ""


@dataclass(frozen=True)
class Button:
    label: str
    url: str
    primary: bool = False


def receiver(booking: Booking, audience: str) -> tuple[str, str]:
    """E-mail (empty if there is none) and language of one side."""
    if audience == Audience.CLIENT:
        return booking.client_email, booking.client_language
    person = booking.host.person
    return person.email, person.language


def compose(message: Message, *, now: datetime) -> EmailMultiAlternatives:
    """The mail, ready to send. `now` becomes the calendar part's DTSTAMP. Raises NoAddress."""
    booking, brand = message.booking, message.booking.host.brand
    email, language = receiver(booking, message.audience)
    if not email:
        raise NoAddress("the receiver's address has been erased")
    method: ics.Method = "CANCEL" if message.kind == Kind.CANCELLED else "REQUEST"
    # A declined booking was never in a calendar.
    declined = message.kind == Kind.DECLINED
    event = ics.event_for(booking, audience=Audience(message.audience), language=language)
    with translation.override(language):
        context = _context(message, event)
        folder = f"scheduling/email/{message.kind}.{message.audience}"
        text = render_to_string(f"{folder}.txt", context)
        html = render_to_string(f"{folder}.html", context)
    return mail.build(
        subject=context["subject"],
        text=tidy(text),
        html=html,
        sender=sender(brand),
        to=email,
        reply_to=_reply_to(booking, message.audience),
        headers={"Content-Language": language, **_thread(message)},
        calendar=b"" if declined else ics.render(event, method=method, stamp=now),
        method=method,
    )


def tidy(text: str) -> str:
    """Plain text as a person would set it: no white space at line ends but that of the signature's dashes, at most one
    empty line in a row."""
    text = re.sub(r"(?<!\n--)[ \t]+\n", "\n", text.replace("\r\n", "\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


# --- headers -----------------------------------------------------------------------------------------------


def _reply_to(booking: Booking, audience: str) -> str:
    """The other side; who has no address that can be written to is reached through the brand."""
    person, brand = booking.host.person, booking.host.brand
    if audience == Audience.CLIENT:
        name, email = person.full_name, person.email
    else:
        name, email = booking.client_name, booking.client_email
    return (email and mail.address(name, email)) or formataddr((brand.name, brand.support_email))


def message_id(message: Message) -> str:
    """The same for every repetition of this row. Short: a folded Message-ID is lost on some servers."""
    domain = message.booking.host.brand.sender_address.rpartition("@")[2]
    row = uuid.uuid5(message.booking_id, f"{message.version} {message.kind} {message.channel} {message.audience}")
    return f"<{row.hex}@{domain}>"


def _thread(message: Message) -> dict[str, str]:
    """Later mails answer the first one that this reader got, so that mail programs keep them together."""
    headers = {"Message-ID": message_id(message)}
    sent = Message.objects.filter(
        booking=message.booking, audience=message.audience, channel=message.channel, status=Message.Status.SENT
    )
    first = sent.exclude(pk=message.pk).order_by("version", "pk").first()
    if first is not None:
        first.booking = message.booking
        headers["In-Reply-To"] = headers["References"] = message_id(first)
    return headers


def _subject(message: Message, event: ics.Event) -> str:
    """Says what, when and with whom; of a sensitive brand only that and when."""
    booking = message.booking
    names = {"when": short_moment(booking.starts_at, reading_zone(booking, message.audience)), "what": event.summary}
    if booking.host.brand.sensitive:
        patterns = {
            Kind.CONFIRMED: _("Your appointment on %(when)s"),
            Kind.MOVED: _("Your appointment is now on %(when)s"),
            Kind.CANCELLED: _("Your appointment on %(when)s is cancelled"),
            Kind.DECLINED: _("Your booking for %(when)s could not be made"),
        }
    else:
        patterns = {
            Kind.CONFIRMED: _("Confirmed: %(when)s – %(what)s"),
            Kind.MOVED: _("Moved to %(when)s – %(what)s"),
            Kind.CANCELLED: _("Cancelled: %(when)s – %(what)s"),
            Kind.DECLINED: _("Not booked: %(when)s – %(what)s"),
        }
    return patterns[Kind(message.kind)] % names


# --- times -------------------------------------------------------------------------------------------------


def reading_zone(booking: Booking, audience: str) -> ZoneInfo:
    """The clock on which this side reads the time."""
    return booking.display_zone if audience == Audience.CLIENT else ZoneInfo(booking.host.person.time_zone)


def long_date(local: datetime) -> str:
    """Monday, 22 March 2027."""
    return f"{date_format(local, 'l')}, {date_format(local, 'DATE_FORMAT')}"


def short_moment(instant: datetime, zone: ZoneInfo) -> str:
    """Mon, 22 Mar 2027, 10:00 (Berlin)."""
    local = instant.astimezone(zone)
    return _("%(weekday)s, %(date)s, %(time)s (%(city)s)") % {
        "weekday": date_format(local, "D"),
        "date": date_format(local, "SHORT_DATE_FORMAT"),
        "time": date_format(local, "TIME_FORMAT"),
        "city": zone_city(zone.key),
    }


def begin(start: datetime, zone: ZoneInfo) -> str:
    """Monday, 22 March 2027, 10:00."""
    local = start.astimezone(zone)
    return _("%(date)s, %(time)s") % {"date": long_date(local), "time": date_format(local, "TIME_FORMAT")}


def moment(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Monday, 22 March 2027, 10:00–10:30, Berlin time (UTC+1)."""
    local = start.astimezone(zone)
    return _("%(date)s, %(start)s–%(end)s, %(city)s time (%(offset)s)") % {
        "date": long_date(local),
        "start": date_format(local, "TIME_FORMAT"),
        "end": date_format(end.astimezone(zone), "TIME_FORMAT"),
        "city": zone_city(zone.key),
        "offset": weeks.offset_text(local),
    }


def elsewhere(booking: Booking, audience: str) -> str:
    """The same time on the other clock that matters here, if it shows another time: the reader's own or the place's."""
    zone = reading_zone(booking, audience)
    own = booking.client_time_zone if audience == Audience.CLIENT else ""
    for name in (own, booking.time_zone):
        other = ZoneInfo(name) if name else zone
        local = booking.starts_at.astimezone(other)
        if local.utcoffset() != booking.starts_at.astimezone(zone).utcoffset():
            return _("That is %(date)s, %(time)s in %(city)s (%(offset)s).") % {
                "date": long_date(local),
                "time": date_format(local, "TIME_FORMAT"),
                "city": zone_city(other.key),
                "offset": weeks.offset_text(local),
            }
    return ""


# --- content -----------------------------------------------------------------------------------------------


def _context(message: Message, event: ics.Event) -> dict[str, Any]:
    booking, audience = message.booking, message.audience
    zone = reading_zone(booking, audience)
    change = _change(message)
    was = change.from_start if change and message.kind == Kind.MOVED else None
    return letterhead(booking.host.brand, _subject(message, event)) | {
        "booking": booking,
        "professional": booking.host,
        "kind": message.kind,
        "when": moment(booking.starts_at, booking.ends_at, zone),
        "elsewhere": elsewhere(booking, audience),
        "was": begin(was, zone) if was else "",
        "where": _("Video call") if booking.channel == MeetingType.Channel.VIDEO else event.location,
        "by": change.actor if change else booking.cancelled_by,
        "reason": change.reason if change and change.actor != audience else "",
        "facts": _facts(message),
        "buttons": _buttons(message, event),
    }


def _change(message: Message) -> BookingEvent | None:
    """The line of history that this message is about."""
    return message.booking.events.filter(version=message.version, kind=message.kind).last()


def _facts(message: Message) -> list[Fact]:
    """What the reader needs beside time and place. The client reads nothing that was typed into the form in her name:
    anybody can type there, and would have his advertising sent. A sensitive brand keeps the client's words inside."""
    booking, facts = message.booking, []
    sensitive = booking.host.brand.sensitive
    facts.append(Fact(_("Appointment"), booking.title))
    if message.audience == Audience.CLIENT:
        facts.append(Fact(_("With"), str(booking.host)))
        if booking.price_text:
            facts.append(Fact(_("Price"), booking.price_text))
        if booking.meeting_type.preparation and message.kind not in OVER:
            facts.append(Fact(_("To prepare"), booking.meeting_type.preparation))
    else:
        facts.append(Fact(_("Client"), booking.client_name))
        if booking.client_email:
            facts.append(Fact(_("E-mail"), booking.client_email, f"mailto:{booking.client_email}"))
        if booking.client_phone:
            facts.append(Fact(_("Phone"), booking.client_phone))
        if booking.client_note and not sensitive and message.kind not in OVER:
            facts.append(Fact(_("Message"), booking.client_note))
    facts.append(Fact(_("Reference"), booking.reference))
    return facts


def _buttons(message: Message, event: ics.Event) -> list[Button]:
    booking, brand = message.booking, message.booking.host.brand
    if message.kind in OVER:
        if message.audience == Audience.HOST:
            return [Button(_("View the appointment"), links.host_url(booking))]
        page = booking.host.get_absolute_url() if booking.host.is_public else "/"
        label = _("Book another time") if booking.host.is_public else _("Find another appointment")
        return [Button(label, brand.url(page), primary=True)]
    buttons = []
    if event.conference_url:
        buttons.append(Button(_("Join the video call"), event.conference_url, primary=True))
    url = links.manage_url(booking) if message.audience == Audience.CLIENT else links.host_url(booking)
    buttons.append(Button(_("View, move or cancel"), url, primary=not buttons))
    return buttons
