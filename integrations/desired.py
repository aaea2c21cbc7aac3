"""What should be at a provider, read from the local rows at this moment. The only reader of other apps' models for parity.

`of(connection, kind, uid)` answers None when the object should not be there: deleted, not listed, another connection.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone, translation

from directory.models import Person, Professional
from integrations import hold_rows as holds
from integrations.conferencing import HOST
from integrations.contract import (
    Attendee,
    BookingFacts,
    Closure,
    ConferenceFacts,
    CustomerFacts,
    Facts,
    HoursFacts,
    MeetingTypeFacts,
    PageFacts,
    UserFacts,
)
from integrations.models import Connection, Enrolment, Mirror
from integrations.room_models import RoomChoice, RoomOptions
from scheduling import clients
from scheduling.models import AvailabilityOverride, AvailabilityRule, Booking, MeetingType
from scheduling.models.bookings import Status

# Local uid of a mirror whose remote object was replaced by a new one: nothing of ours wants it any more.
RETIRED = "retired-"
OPEN = (Status.PENDING, Status.CONFIRMED)
# Suspended members keep their account; their meeting types are switched off there.
MEMBERS = (Professional.Status.LISTED, Professional.Status.SUSPENDED)
# A video room stays open for so long after the end of the appointment: people may still be talking.
OVERTIME = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Desired:
    """`owner_uid`: local uid of the parent of the resource's `owner_kind`; `person_uid`: the human behind it."""

    facts: Facts
    owner_uid: str = ""
    person_uid: str = ""


def connection_of(professional: Professional) -> Connection | None:
    """Where this member belongs: the admin's choice, else the brand's default; None: the built-in engine."""
    choice = Enrolment.objects.filter(professional=professional).select_related("connection__brand").first()
    if choice:
        return choice.connection
    return Connection.objects.filter(brand_id=professional.brand_id, is_default=True).select_related("brand").first()


def rooms_of(professional: Professional) -> Connection | None:
    """Where a member's video rooms come from: the admin's choice, the brand's, else her own connection if it has any;
    None: only from the links that she enters herself."""
    choice = RoomChoice.objects.filter(professional=professional).select_related("connection__brand").first()
    if choice:
        return choice.connection
    brands = Connection.objects.filter(brand_id=professional.brand_id, for_rooms=True).select_related("brand").first()
    own = brands or connection_of(professional)
    return own if own and "conference" in own.provider_class.resources else None


def room_hosts(connection: Connection):  # type: ignore[no-untyped-def]
    """Members whose video rooms come from a connection."""
    if "conference" not in connection.provider_class.resources:
        return Professional.objects.none()
    here = Professional.objects.filter(brand=connection.brand, status__in=MEMBERS)
    chosen = here.filter(room_choice__connection=connection)
    if connection.for_rooms:
        return chosen | here.filter(room_choice=None)
    if Connection.objects.filter(brand=connection.brand_id, for_rooms=True).exists():
        return chosen
    return chosen | members(connection).filter(room_choice=None)


def _needs_account_for_rooms(connection: Connection) -> bool:
    """A room is made in the account of its host there."""
    room = connection.provider_class.resources.get("conference")
    return room is not None and room.owner_kind == "user"


def members(connection: Connection):  # type: ignore[no-untyped-def]
    """Professionals who belong to a connection."""
    here = Professional.objects.filter(brand=connection.brand, status__in=MEMBERS)
    chosen = here.filter(enrolment__connection=connection)
    return chosen | here.filter(enrolment=None) if connection.is_default else chosen


def of(connection: Connection, kind: str, uid: str) -> Desired | None:
    """The facts of one object that should exist at `connection`, or None."""
    if uid.startswith(RETIRED):
        return None
    return READERS[kind](connection, uid)


def uids(connection: Connection, kind: str, *, of: list[int] | None = None) -> Iterator[str]:
    """Local uids of everything of `kind` that should exist at `connection`. `of`: what belongs to these members only.

    Appointments that have begun are not made there any more.
    """
    professionals = members(connection)
    if kind == "user" and _needs_account_for_rooms(connection):
        professionals = Professional.objects.filter(
            Q(pk__in=professionals.order_by().values("pk")) | Q(pk__in=room_hosts(connection).order_by().values("pk"))
        )
    if of is not None:
        professionals = professionals.filter(pk__in=of)
    if kind in ("user", "availability", "personal_page"):
        yield from (str(pk) for pk in professionals.order_by().values_list("pk", flat=True).iterator())
    elif kind == "meeting_type":
        types = MeetingType.objects.filter(host__in=professionals.order_by().values("pk"))
        alive = ~Q(visibility=MeetingType.Visibility.ARCHIVED) | Q(bookings__status__in=OPEN)
        yield from map(str, types.filter(alive).order_by().values_list("pk", flat=True).distinct().iterator())
    elif kind == "customer":
        people = Person.objects.filter(brand=connection.brand, bookings__host__in=professionals.order_by().values("pk"))
        yield from map(str, people.exclude(email="").order_by().distinct().values_list("pk", flat=True).iterator())
    elif kind == "conference":
        rooms = room_hosts(connection) if of is None else room_hosts(connection).filter(pk__in=of)
        hosts = rooms.order_by().values("pk")
        meeting = Booking.objects.filter(_meets(), host__in=hosts).order_by()
        yield from map(str, meeting.values_list("session", flat=True).distinct().iterator())
    elif kind == "booking":
        upcoming = Booking.objects.filter(
            host__in=professionals.order_by().values("pk"), status__in=OPEN, awaits="", starts_at__gt=timezone.now()
        )
        yield from (str(pk) for pk in upcoming.values_list("pk", flat=True).iterator())


def _member(connection: Connection, pk: str) -> Professional | None:
    professional = Professional.objects.select_related("person", "brand").filter(pk=pk, status__in=MEMBERS).first()
    return professional if professional and connection_of(professional) == connection else None


def _room_host(connection: Connection, pk: str) -> Professional | None:
    professional = Professional.objects.select_related("person", "brand").filter(pk=pk, status__in=MEMBERS).first()
    return professional if professional and rooms_of(professional) == connection else None


def _user(connection: Connection, uid: str) -> Desired | None:
    professional = _member(connection, uid)
    if professional is None and _needs_account_for_rooms(connection):
        professional = _room_host(connection, uid)
    return Desired(user_facts(professional), person_uid=str(professional.person_id)) if professional else None


def user_facts(professional: Professional) -> UserFacts:
    person = professional.person
    first = professional.meeting_types.exclude(visibility=MeetingType.Visibility.ARCHIVED).first()
    return UserFacts(
        ref=str(professional.pk),
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        phone=person.phone,
        slug=professional.slug,
        language=person.language,
        hours=hours_facts(professional),
        first_type=type_facts(first, professional) if first else None,
        specialties=tuple(professional.specialties.values_list("slug", flat=True)),
    )


def hours_facts(professional: Professional) -> HoursFacts:
    weekly: dict[int, tuple[tuple[int, int], ...]] = {}
    for rule in AvailabilityRule.objects.filter(host=professional).order_by("weekday", "start_minute"):
        weekly[rule.weekday] = (*weekly.get(rule.weekday, ()), (rule.start_minute, rule.end_minute))
    closures = tuple(
        Closure(row.first_date, row.last_date, tuple((w[0], w[1]) for w in row.windows), row.note, bool(row.holiday))
        for row in AvailabilityOverride.objects.filter(host=professional).order_by("first_date", "pk")
    )
    return HoursFacts(professional.time_zone, weekly, closures)


def _availability(connection: Connection, uid: str) -> Desired | None:
    professional = _member(connection, uid)
    return Desired(hours_facts(professional), owner_uid=uid) if professional else None


def _personal_page(connection: Connection, uid: str) -> Desired | None:
    professional = _member(connection, uid)
    if professional is None:
        return None
    brand = professional.brand
    with translation.override(brand.language):
        headline, subline = brand.headline or brand.name, brand.intro
    facts = PageFacts(uid, headline, subline, brand.accent, brand.palette["accent_dark"])
    return Desired(facts, owner_uid=uid)


def type_facts(meeting_type: MeetingType, professional: Professional) -> MeetingTypeFacts:
    place, rooms = meeting_type.place, []
    if meeting_type.needs_room:
        chosen = meeting_type.rooms.values_list("pk", flat=True)
        rooms = list(chosen or professional.brand.meeting_rooms.values_list("pk", flat=True))
    return MeetingTypeFacts(
        ref=str(meeting_type.pk),
        slug=meeting_type.slug,
        title=meeting_type.title,
        description=meeting_type.description,
        duration=meeting_type.duration,
        step=meeting_type.step or meeting_type.duration,
        buffer_before=meeting_type.buffer_before,
        buffer_after=meeting_type.buffer_after,
        notice=meeting_type.notice,
        horizon_days=meeting_type.horizon_days,
        seats=meeting_type.seats,
        channel=meeting_type.channel,
        enabled=meeting_type.is_bookable and professional.status == Professional.Status.LISTED,
        location=place.one_line if place else "",
        rooms=tuple(map(str, rooms)),
    )


def _meeting_type(connection: Connection, uid: str) -> Desired | None:
    """Archived ones are switched off there, and stay until their last appointment is over."""
    meeting_type = MeetingType.objects.select_related("office").filter(pk=uid).first()
    if meeting_type is None:
        return None
    archived = meeting_type.visibility == MeetingType.Visibility.ARCHIVED
    if archived and not meeting_type.bookings.filter(status__in=OPEN).exists():
        return None
    professional = _member(connection, str(meeting_type.host_id))
    if professional is None:
        return None
    meeting_type.host = professional
    return Desired(type_facts(meeting_type, professional), owner_uid=str(professional.pk))


def _customer(connection: Connection, uid: str) -> Desired | None:
    person = Person.objects.filter(pk=uid, brand_id=connection.brand_id).exclude(email="").first()
    if person is None or Professional.objects.filter(person=person, status__in=MEMBERS).exists():
        return None
    if not person.bookings.filter(host__in=members(connection).order_by().values("pk")).exists():
        return None
    facts = CustomerFacts(uid, person.email, person.first_name, person.last_name, person.phone, person.language)
    return Desired(facts, person_uid=uid)


def _open_booking(connection: Connection, uid: str) -> Booking | None:
    """A request that its host has not accepted yet is nobody else's business."""
    rows = Booking.objects.select_related("host__person", "meeting_type").filter(status__in=OPEN, awaits="")
    booking = rows.filter(pk=uid).first()
    if booking and booking.is_request:
        return None  # the provider hears of it once the professional has agreed
    return booking if booking and _member(connection, str(booking.host_id)) else None


def _booking(connection: Connection, uid: str) -> Desired | None:
    booking = _open_booking(connection, uid)
    if booking is None:
        return None
    facts = booking_facts(booking)
    engine = connection.provider_class.engine
    if engine is not None and engine.can_hold:
        facts = replace(facts, hold=holds.facts(booking.pk, connection))
    return Desired(facts, owner_uid=str(booking.meeting_type_id))


def booking_facts(booking: Booking) -> BookingFacts:
    return BookingFacts(
        ref=str(booking.pk),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        time_zone=booking.client_time_zone or booking.time_zone,
        channel=booking.channel,
        location=booking.location,
        client_name=booking.client_name,
        client_email=booking.client_email,
        client_phone=booking.client_phone,
        client_language=booking.client_language,
        note=booking.client_note,
        stands=booking.status == Status.CONFIRMED,
        title=booking.title,
        client_ref=f"person-{booking.client_id}" if booking.client_id else "",
        client_category="known" if clients.is_known(booking) else "new",
    )


def _meets() -> Q:
    """Video bookings that want a room: agreed on, also while a move is asked for, and for a while after the end."""
    over = Q(status__in=(Status.COMPLETED, Status.NO_SHOW), ends_at__gt=timezone.now() - OVERTIME)
    moving = Q(status=Status.PENDING, fallback_start__isnull=False)
    return Q(channel=MeetingType.Channel.VIDEO) & (Q(status=Status.CONFIRMED) | moving | over)


def _has_own_room(booking: Booking) -> bool:
    """A host who entered a video room of her own keeps it, and so does a booking whose engine made one. Both sides join
    by our link, so they always meet."""
    if not booking.join_url:
        return False
    if booking.join_url == booking.meeting_type.video_url:
        return True
    engines = Mirror.objects.filter(kind="booking", local_uid=str(booking.pk))
    return booking.engine != "native" and booking.join_url in [row.data.get("joinUrl") for row in engines]


def _conference(connection: Connection, uid: str) -> Desired | None:
    """`uid`: the session; all who share it share the room."""
    rows = Booking.objects.filter(_meets(), session=uid).select_related("meeting_type").order_by("created_at", "pk")
    bookings = [row for row in rows if not _has_own_room(row)]
    if not bookings:
        return None
    first = bookings[0]
    host = _room_host(connection, str(first.host_id))
    if host is None:
        return None
    wishes = RoomOptions.objects.filter(meeting_type=first.meeting_type_id).first()
    facts = ConferenceFacts(
        ref=uid,
        title=first.title,
        starts_at=first.starts_at,
        ends_at=first.ends_at,
        host=Attendee(HOST, host.person.full_name, host.person.email, f"member-{host.pk}"),
        guests=tuple(
            Attendee(str(row.pk), row.client_name, row.client_email, f"client-{row.client_id or row.pk}")
            for row in bookings
        ),
        description=first.meeting_type.description,
        language=host.brand.language,
        is_group=first.is_group,
        options=dict(wishes.options) if wishes else {},
    )
    return Desired(facts, owner_uid=str(host.pk))


READERS: dict[str, Callable[[Connection, str], Desired | None]] = {
    "user": _user,
    "availability": _availability,
    "personal_page": _personal_page,
    "meeting_type": _meeting_type,
    "customer": _customer,
    "booking": _booking,
    "conference": _conference,
}
