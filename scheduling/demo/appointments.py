"""Appointments of a demo brand: six weeks back, six weeks ahead, made by the verbs at a pretended time.

Nothing is waiting to be sent afterwards: the verbs are asked not to notify, and the mails that would have gone out
are written as sent.
"""

import random
from copy import copy
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from directory.models import Brand, Professional
from scheduling import availability, bookings
from scheduling.demo import clients, phones
from scheduling.models import Booking, BookingEvent, MeetingType, Message
from scheduling.models.bookings import Status

BACK, AHEAD = timedelta(days=42), timedelta(days=42)
DAY = timedelta(days=1)
# A professional with a demo log-in has this many times the appointments of another.
BUSY = 3


@transaction.atomic
def make(brand: Brand, *, busy: set[str], full: set[str], now: datetime | None = None) -> int:
    """Fill the calendars of a brand; returns the number of bookings. `busy` and `full` are e-mail addresses."""
    now = now or timezone.now()
    diary = _Diary(brand, now)
    hosts = Professional.objects.filter(brand=brand, status=Professional.Status.LISTED).select_related("person")
    for host in hosts.order_by("pk"):
        diary.fill(host, BUSY if host.person.email in busy else 1)
        if host.person.email in full:
            diary.fill_next_week(host)
    _date_back(diary.made)
    return len(diary.made)


class _Diary:
    def __init__(self, brand: Brand, now: datetime) -> None:
        self.brand, self.now = brand, now
        self.made: list[Booking] = []
        self.language = brand.language
        self.random = random.Random(f"appointments of {brand.slug}")  # noqa: S311

    # --- which times ------------------------------------------------------------------------------------------

    def fill(self, host: Professional, share: int) -> None:
        """Some times of each meeting type, past and to come, spread over the weeks."""
        types = list(MeetingType.objects.bookable().filter(host=host).select_related("host__person", "host__brand"))
        for meeting_type in types:
            if meeting_type.seats > 1:
                self.group(meeting_type)
                continue
            past = self.free(meeting_type, self.now - BACK, self.now - timedelta(hours=2))
            ahead = self.free(meeting_type, self.now, self.now + min(AHEAD, timedelta(days=meeting_type.horizon_days)))
            soon = [start for start in ahead if start < self.now + 8 * DAY]
            for starts in (past, soon, ahead):
                wanted = share if share > 1 else int(self.random.random() < 0.6)
                for start in self.random.sample(starts, min(wanted, len(starts))):
                    self.appointment(meeting_type, start, [other for other in ahead if other != start])
            if meeting_type.on_request and share > 1:
                later = self.free(meeting_type, self.now + 3 * DAY, self.now + 10 * DAY)
                for number, start in enumerate(sorted({*later[:1], *later[-1:]})):
                    self.ask(meeting_type, start, len(self.made) + number)

    def ask(self, meeting_type: MeetingType, start: datetime, number: int) -> None:
        """A request that waits for the host's answer."""
        number %= len(clients.NAMES[self.language])
        name = clients.NAMES[self.language][number]
        booking = bookings.confirm(
            bookings.hold(meeting_type, start, language=self.language, now=self.now),
            name=name,
            email=f"{slugify(name.translate(phones.ASCII)).replace('-', '.')}@client.example",
            phone=phones.mobile(self.language, number),
            note=clients.NOTES[self.language][0],
            now=self.now,
        )
        # Mails are written as sent, like those of all others.
        Message.objects.filter(booking=booking).delete()

    def fill_next_week(self, host: Professional) -> None:
        """Until nothing is free from Monday to Sunday of next week."""
        local = timezone.localtime(self.now, self.zone(host))
        monday = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7 - local.weekday())
        for meeting_type in MeetingType.objects.bookable().filter(host=host).select_related("host__person"):
            while starts := availability.open_starts(meeting_type, monday, monday + 7 * DAY, now=self.now):
                self.book(meeting_type, starts[0])

    def free(self, meeting_type: MeetingType, start: datetime, end: datetime) -> list[datetime]:
        """What was or is offered in [start, end), as seen early enough for the notice and with no horizon in the past."""
        seen = copy(meeting_type)
        if start < self.now:
            seen.horizon_days, seen.notice = 365, 0
        return availability.open_starts(seen, start, end, now=min(start, self.now))

    # --- what happens -----------------------------------------------------------------------------------------

    def appointment(self, meeting_type: MeetingType, start: datetime, others: list[datetime]) -> None:
        booking = self.book(meeting_type, start)
        if booking is None:
            return
        if start < self.now:
            self.end(booking)
            return
        chance = self.random.random()
        booked_at = booking.created_at
        later = booked_at + (self.now - booked_at) * self.random.random()
        if chance < 0.10:
            by_host = self.random.random() < 0.3
            self.cancel(booking, by_host, later)
        elif chance < 0.22 and others:
            self.move(booking, self.random.choice(others), later)

    def book(self, meeting_type: MeetingType, start: datetime) -> Booking | None:
        """Held and confirmed by a client some days before, or entered by the host after a call. None: taken."""
        name = self.random.choice(clients.NAMES[self.language])
        number = clients.NAMES[self.language].index(name)
        notice = timedelta(minutes=meeting_type.notice)
        earliest = start - min(timedelta(days=meeting_type.horizon_days - 1), timedelta(days=16))
        latest = min(start - notice, self.now) - timedelta(minutes=30)
        at = earliest + (latest - earliest) * self.random.random() if latest > earliest else self.now
        at = at.replace(microsecond=0)
        facts: dict[str, Any] = {
            "name": name,
            "email": f"{slugify(name.translate(phones.ASCII)).replace('-', '.')}@client.example",
            "phone": phones.mobile(self.language, number),
            "note": self.random.choice(clients.NOTES[self.language]),
        }
        by_phone = self.random.random() < 0.15
        if by_phone:
            facts["note"] = clients.CALLED[self.language]
        try:
            # The start is one that availability offers; asking for each again would double the time this takes.
            booking = bookings.enter(meeting_type, start, now=at, notify=False, outside_rules=True, **facts)
        except bookings.SlotTaken:
            return None
        booking.created_at = at
        booking.client_language = self.speaks()
        if not by_phone:
            booking.origin, booking.consented_at = Booking.Origin.PAGE, at
        self.made.append(booking)
        return booking

    def group(self, meeting_type: MeetingType) -> None:
        """Two sessions with several people, one of them last week."""
        past = self.free(meeting_type, self.now - 14 * DAY, self.now - DAY)
        ahead = self.free(meeting_type, self.now + 2 * DAY, self.now + 14 * DAY)
        for starts in (past, ahead):
            if not starts:
                continue
            start = self.random.choice(starts)
            for _seat in range(meeting_type.seats - self.random.randint(2, 3)):
                booking = self.book(meeting_type, start)
                if booking and start < self.now:
                    self.end(booking)

    def end(self, booking: Booking) -> None:
        status = Status.NO_SHOW if self.random.random() < 0.08 else Status.COMPLETED
        bookings.finish(booking, status, now=booking.ends_at + timedelta(hours=1))

    def cancel(self, booking: Booking, by_host: bool, at: datetime) -> None:
        reasons = clients.HOST_REASONS if by_host else clients.CLIENT_REASONS
        actor = Booking.Actor.HOST if by_host else Booking.Actor.CLIENT
        reason = self.random.choice(reasons[self.language])
        try:
            bookings.cancel(booking, actor=actor, reason=reason, notify=False, now=at)
        except bookings.NotAllowed:  # too late by the client's cut-off: then it takes place
            return

    def move(self, booking: Booking, start: datetime, at: datetime) -> None:
        try:
            bookings.reschedule(booking, start, actor=Booking.Actor.CLIENT, notify=False, now=at)
        except bookings.BookingError:  # taken meanwhile, or too late: it stays where it is
            return

    def speaks(self) -> str:
        return self.language if self.random.random() < 0.9 else {"de": "en", "en": "de"}[self.language]

    @staticmethod
    def zone(host: Professional) -> ZoneInfo:
        return ZoneInfo(host.time_zone)


def _date_back(made: list[Booking]) -> None:
    """When and by which door a booking came in: for the verb it is a call, and now."""
    Booking.objects.bulk_update(made, ["created_at", "consented_at", "origin", "client_language"], batch_size=100)
    confirmed = BookingEvent.objects.filter(booking__in=[booking.pk for booking in made if booking.consented_at])
    confirmed.filter(kind="confirmed").update(actor=Booking.Actor.CLIENT)


def write_mails(brand: Brand, now: datetime | None = None) -> None:
    """What the verbs would have queued, as sent; versions that a later change overtook were sent in their time too."""
    now = now or timezone.now()
    kinds = {kind: kind for kind in Message.Kind.values}
    rows = []
    events = BookingEvent.objects.filter(booking__host__brand=brand, kind__in=kinds).select_related(
        "booking__host__person"
    )
    for event in events:
        booking = event.booking
        for audience, address, language in (
            (Message.Audience.CLIENT, booking.client_email, booking.client_language),
            (Message.Audience.HOST, booking.host.person.email, booking.host.person.language),
        ):
            sent_at = min(event.at + timedelta(seconds=8), now)
            rows.append(
                Message(
                    booking=booking,
                    version=event.version,
                    kind=kinds[event.kind],
                    audience=audience,
                    status=Message.Status.SENT,
                    recipient=address,
                    language=language,
                    attempts=1,
                    due_at=None,
                    created_at=event.at,
                    sent_at=sent_at,
                )
            )
    Message.objects.bulk_create(rows, ignore_conflicts=True)
