"""What should be at a provider, read from the local rows at this moment. The only reader of other apps' models for parity.

`of(connection, kind, uid)` answers None when the object should not be there: deleted, not listed, another connection.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.utils import translation

from directory.models import Person, Professional
from integrations.contract import (
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
from integrations.models import Connection, Enrolment
from scheduling.models import AvailabilityOverride, AvailabilityRule, Booking, MeetingType
from scheduling.models.bookings import Status

# Local uid of a mirror whose remote object was replaced by a new one: nothing of ours wants it any more.
RETIRED = "retired-"
OPEN = (Status.PENDING, Status.CONFIRMED)
# Suspended members keep their account; their meeting types are switched off there.
MEMBERS = (Professional.Status.LISTED, Professional.Status.SUSPENDED)


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


def uids(connection: Connection, kind: str) -> Iterator[str]:
    """Local uids of everything of `kind` that should exist at `connection`."""
    professionals = members(connection)
    if kind in ("user", "availability", "personal_page"):
        yield from (str(pk) for pk in professionals.order_by().values_list("pk", flat=True).iterator())
    elif kind == "meeting_type":
        types = MeetingType.objects.filter(host__in=professionals.order_by().values("pk"))
        alive = ~Q(visibility=MeetingType.Visibility.ARCHIVED) | Q(bookings__status__in=OPEN)
        yield from map(str, types.filter(alive).order_by().values_list("pk", flat=True).distinct().iterator())
    elif kind == "customer":
        people = Person.objects.filter(brand=connection.brand, bookings__host__in=professionals.order_by().values("pk"))
        yield from map(str, people.exclude(email="").order_by().distinct().values_list("pk", flat=True).iterator())
    elif kind in ("booking", "conference"):
        upcoming = Booking.objects.filter(host__in=professionals.order_by().values("pk"), status__in=OPEN)
        yield from (str(pk) for pk in upcoming.values_list("pk", flat=True).iterator())


def _member(connection: Connection, pk: str) -> Professional | None:
    professional = Professional.objects.select_related("person", "brand").filter(pk=pk, status__in=MEMBERS).first()
    return professional if professional and connection_of(professional) == connection else None


def _user(connection: Connection, uid: str) -> Desired | None:
    professional = _member(connection, uid)
    if professional is None:
        return None
    person = professional.person
    first = professional.meeting_types.exclude(visibility=MeetingType.Visibility.ARCHIVED).first()
    return Desired(
        UserFacts(
            ref=uid,
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            phone=person.phone,
            slug=professional.slug,
            language=person.language,
            hours=_hours_of(professional),
            first_type=_type_facts(first, professional) if first else None,
            specialties=tuple(professional.specialties.values_list("slug", flat=True)),
        ),
        person_uid=str(person.pk),
    )


def _hours_of(professional: Professional) -> HoursFacts:
    weekly: dict[int, tuple[tuple[int, int], ...]] = {}
    for rule in AvailabilityRule.objects.filter(host=professional).order_by("weekday", "start_minute"):
        weekly[rule.weekday] = (*weekly.get(rule.weekday, ()), (rule.start_minute, rule.end_minute))
    closures = tuple(
        Closure(row.first_date, row.last_date, tuple((w[0], w[1]) for w in row.windows), row.note)
        for row in AvailabilityOverride.objects.filter(host=professional).order_by("first_date", "pk")
    )
    return HoursFacts(professional.time_zone, weekly, closures)


def _availability(connection: Connection, uid: str) -> Desired | None:
    professional = _member(connection, uid)
    return Desired(_hours_of(professional), owner_uid=uid) if professional else None


def _personal_page(connection: Connection, uid: str) -> Desired | None:
    professional = _member(connection, uid)
    if professional is None:
        return None
    brand = professional.brand
    with translation.override(brand.language):
        headline, subline = brand.headline or brand.name, brand.intro
    facts = PageFacts(uid, headline, subline, brand.accent, brand.palette["accent_dark"])
    return Desired(facts, owner_uid=uid)


def _type_facts(meeting_type: MeetingType, professional: Professional) -> MeetingTypeFacts:
    place = meeting_type.place
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
    return Desired(_type_facts(meeting_type, professional), owner_uid=str(professional.pk))


def _customer(connection: Connection, uid: str) -> Desired | None:
    person = Person.objects.filter(pk=uid, brand_id=connection.brand_id).exclude(email="").first()
    if person is None or Professional.objects.filter(person=person, status__in=MEMBERS).exists():
        return None
    if not person.bookings.filter(host__in=members(connection).order_by().values("pk")).exists():
        return None
    facts = CustomerFacts(uid, person.email, person.first_name, person.last_name, person.phone, person.language)
    return Desired(facts, person_uid=uid)


def _open_booking(connection: Connection, uid: str) -> Booking | None:
    booking = Booking.objects.select_related("host__person", "meeting_type").filter(pk=uid, status__in=OPEN).first()
    return booking if booking and _member(connection, str(booking.host_id)) else None


def _booking(connection: Connection, uid: str) -> Desired | None:
    booking = _open_booking(connection, uid)
    if booking is None:
        return None
    return Desired(
        BookingFacts(
            ref=uid,
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
        ),
        owner_uid=str(booking.meeting_type_id),
    )


def _has_own_room(booking: Booking) -> bool:
    """A host who entered a video room of her own keeps it. Both sides join by our link, so they always meet."""
    return bool(booking.join_url) and booking.join_url == booking.meeting_type.video_url


def _conference(connection: Connection, uid: str) -> Desired | None:
    booking = _open_booking(connection, uid)
    if booking is None or booking.channel != MeetingType.Channel.VIDEO or _has_own_room(booking):
        return None
    host = booking.host.person
    return Desired(
        ConferenceFacts(
            ref=uid,
            title=booking.title,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            host_name=host.full_name,
            host_email=host.email,
            client_name=booking.client_name,
            client_email=booking.client_email,
        ),
        owner_uid=str(booking.host_id),
    )


READERS: dict[str, Callable[[Connection, str], Desired | None]] = {
    "user": _user,
    "availability": _availability,
    "personal_page": _personal_page,
    "meeting_type": _meeting_type,
    "customer": _customer,
    "booking": _booking,
    "conference": _conference,
}
