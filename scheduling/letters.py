"""What a mail says: one message row and the state of its booking now → a mail in the receiver's language."""

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
from directory.letterhead import address, letterhead, tidy
from scheduling import availability, ics, intake, links, mail, reminders, texts, weeks
from scheduling.groundwork import members
from scheduling.models import Booking, BookingEvent, MeetingType, Message

Audience = Message.Audience
Kind = Message.Kind
# How a booking can come to nothing: refused, unanswered, or somebody else was chosen.
DECLINED = ("declined", "lapsed", "outrun")
OVER = (Kind.CANCELLED, Kind.DECLINED)
# They are told apart by when they come; what they say is the same.
TEMPLATES: dict[str, str] = dict.fromkeys(reminders.KINDS, "reminder")
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
    # What was never agreed was never in a calendar, and a reminder changes nothing there.
    never = (Kind.DECLINED, Kind.REQUESTED, Kind.VERIFY, *reminders.KINDS)
    without = message.kind in never or (booking.awaits and message.kind == Kind.CANCELLED)
    event = ics.event_for(booking, audience=Audience(message.audience), language=language)
    with translation.override(language):
        context = _context(message, event)
        folder = f"scheduling/email/{TEMPLATES.get(message.kind, message.kind)}.{message.audience}"
        text = render_to_string(f"{folder}.txt", context)
        html = render_to_string(f"{folder}.html", context)
    rows = _together(message)
    if len(rows) > 1:
        method = "PUBLISH"
        events = [ics.event_for(row, audience=Audience(message.audience), language=language) for row in rows]
    return mail.build(
        subject=context["subject"],
        text=tidy(text),
        html=html,
        sender=sender(brand),
        to=email,
        reply_to=_reply_to(booking, message.audience),
        headers={"Content-Language": language, **_thread(message)},
        calendar=b""
        if without
        else ics.render_all(events, stamp=now)
        if len(rows) > 1
        else ics.render(event, method=method, stamp=now),
        method=method,
    )


def _together(message: Message) -> list[Booking]:
    """What one confirmation says at once: everything that was booked together and stands."""
    if message.booking.series is None or message.kind not in (Kind.CONFIRMED, Kind.REQUESTED):
        return [message.booking]
    if message.booking.pk != message.booking.series:
        return [message.booking]  # one of several requests, accepted by itself
    return [row for row in members(message.booking) if row.is_open]


# --- headers -----------------------------------------------------------------------------------------------


def _reply_to(booking: Booking, audience: str) -> str:
    """The other side; who has no address that can be written to is reached through the brand."""
    person, brand = booking.host.person, booking.host.brand
    if audience == Audience.CLIENT:
        name, email = person.full_name, person.email
    else:
        name, email = booking.client_name, booking.client_email
    return (email and address(name, email)) or formataddr((brand.name, brand.support_email))


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
    """Says what, when and with whom; of a sensitive subject only that and when."""
    booking = message.booking
    kind = TEMPLATES.get(message.kind, message.kind)
    names = {"when": short_moment(booking.starts_at, reading_zone(booking, message.audience)), "what": event.summary}
    if message.kind == Kind.CANCELLED and booking.awaits:
        pattern = (
            _("Request withdrawn: %(when)s") if booking.cancelled_by == Actor.CLIENT else _("Not booked: %(when)s")
        )
        return pattern % names
    if booking.host.is_sensitive:
        patterns = {
            Kind.REQUESTED: _("Your request for %(when)s"),
            Kind.VERIFY: _("Please confirm your appointment on %(when)s"),
            Kind.CONFIRMED: _("Your appointment on %(when)s"),
            Kind.MOVED: _("Your appointment is now on %(when)s"),
            Kind.CANCELLED: _("Your appointment on %(when)s is cancelled"),
            Kind.DECLINED: _("Your booking for %(when)s could not be made"),
            "reminder": _("Reminder: your appointment on %(when)s"),
        }
    else:
        patterns = {
            Kind.REQUESTED: _("Requested: %(when)s – %(what)s"),
            Kind.VERIFY: _("Please confirm: %(when)s – %(what)s"),
            Kind.CONFIRMED: _("Confirmed: %(when)s – %(what)s"),
            Kind.MOVED: _("Moved to %(when)s – %(what)s"),
            Kind.CANCELLED: _("Cancelled: %(when)s – %(what)s"),
            Kind.DECLINED: _("Not booked: %(when)s – %(what)s"),
            "reminder": _("Reminder: %(when)s – %(what)s"),
        }
    return patterns[kind] % names


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
    own = texts.words(
        booking.host.brand_id,
        TEMPLATES.get(message.kind, message.kind),
        audience,
        translation.get_language(),
        {
            "when": short_moment(booking.starts_at, zone),
            "title": booking.title,
            "professional": str(booking.host),
            "brand": booking.host.brand.name,
            "reference": booking.reference,
            "client": booking.client_name,
        },
    )
    # A brand of its own sensitivity has neutral subjects of its own; another brand's may name what it is about.
    private = booking.host.is_sensitive and not booking.host.brand.sensitive
    return letterhead(
        booking.host.brand, _subject(message, event) if private else own.subject or _subject(message, event)
    ) | {
        "opening": own.opening,
        "closing": own.closing,
        "booking": booking,
        "professional": booking.host,
        "kind": message.kind,
        "when": moment(booking.starts_at, booking.ends_at, zone),
        "elsewhere": elsewhere(booking, audience),
        "was": begin(was, zone) if was else "",
        "where": _("Video call") if booking.channel == MeetingType.Channel.VIDEO else event.location,
        "kept_until": begin(booking.hold_expires_at, zone)
        if booking.waits_for_mail and booking.hold_expires_at
        else "",
        "by": change.actor if change else booking.cancelled_by,
        "how": change.kind if change else "",
        "answer_by": begin(booking.answer_by, zone) if booking.answer_by else "",
        "free": _free_near(booking, zone) if message.kind == Kind.DECLINED else [],
        "reason": change.reason if change and change.actor != audience and not booking.host.is_sensitive else "",
        "facts": _facts(message),
        "buttons": _buttons(message, event),
    }


def _change(message: Message) -> BookingEvent | None:
    """The line of history that this message is about."""
    kinds = DECLINED if message.kind == Kind.DECLINED else [message.kind]
    return message.booking.events.filter(version=message.version, kind__in=kinds).last()


def _free_near(booking: Booking, zone: ZoneInfo) -> list[Fact]:
    """Free times close to the one that could not be had, with links that offer them."""
    meeting_type = booking.meeting_type
    if not (booking.host.is_public and meeting_type.is_bookable):
        return []
    meeting_type.host = booking.host
    page = booking.host.brand.url(meeting_type.get_absolute_url())
    found = availability.nearest(meeting_type, booking.starts_at, count=4)
    others = [start for start in found if start != booking.starts_at][:3]
    return [Fact("", begin(start, zone), f"{page}?start={start:%Y-%m-%dT%H:%M:%SZ}") for start in others]


def _facts(message: Message) -> list[Fact]:
    """What the reader needs beside time and place. The client reads nothing that was typed into the form in her name:
    anybody can type there, and would have his advertising sent. Of a sensitive subject the client's words stay inside."""
    booking, facts = message.booking, []
    sensitive = booking.host.is_sensitive
    facts.append(Fact(_("Appointment"), booking.title))
    rows = _together(message)
    if len(rows) > 1:
        zone = reading_zone(booking, message.audience)
        lines = [f"{moment(row.starts_at, row.ends_at, zone)} – {row.title}" for row in rows]
        facts.append(Fact(_("All appointments"), "\n".join(lines)))
    if booking.seats > 1:
        facts.append(Fact(_("Seats"), str(booking.seats)))
    if message.audience == Audience.CLIENT:
        facts.append(Fact(_("With"), str(booking.host)))
        if booking.price_text:
            facts.append(Fact(_("Price"), booking.price_text))
        if booking.meeting_type.preparation and message.kind not in OVER:
            facts.append(Fact(_("To prepare"), booking.meeting_type.preparation))
    else:
        if booking.attendee_name:
            facts.append(Fact(_("Booked for"), booking.attendee_name))
        facts.append(Fact(_("Contact") if booking.attendee_name else _("Client"), booking.client_name))
        if booking.client_email:
            facts.append(Fact(_("E-mail"), booking.client_email, f"mailto:{booking.client_email}"))
        if booking.client_phone:
            facts.append(Fact(_("Phone"), booking.client_phone))
        if booking.client_note and not sensitive and message.kind not in OVER:
            facts.append(Fact(_("Message"), booking.client_note))
        if message.kind not in OVER:
            facts += [Fact(answer.label, answer.text) for answer in intake.for_mail(booking)]
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
    if message.kind == Kind.REQUESTED:
        if message.audience == Audience.HOST:
            return [Button(_("Accept or decline"), links.answer_url(booking), primary=True)]
        return [Button(_("View, move or withdraw"), links.manage_url(booking), primary=True)]
    if message.kind == Kind.VERIFY:
        return [Button(_("Confirm the appointment"), links.proof_url(booking), primary=True)]
    buttons = []
    if event.conference_url:
        buttons.append(Button(_("Join the video call"), event.conference_url, primary=True))
    url = links.manage_url(booking) if message.audience == Audience.CLIENT else links.host_url(booking)
    buttons.append(Button(_("View, move or cancel"), url, primary=not buttons))
    return buttons
