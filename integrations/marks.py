"""Which mirrors a local change concerns. Called by receivers; writes marks only, never reads a provider."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from directory.models import Person, Professional
from integrations import sync
from integrations.desired import connection_of, rooms_of
from integrations.models import Connection, Mirror
from scheduling.models import Booking, MeetingType


def _connections(professional: Professional, kinds: Iterable[str], uid: str) -> list[Connection]:
    """Where the object should be, and wherever it still is: a member who changes provider leaves the old one."""
    now = connection_of(professional)
    elsewhere = Connection.objects.filter(mirrors__kind__in=kinds, mirrors__local_uid=uid).select_related("brand")
    found = {connection.pk: connection for connection in elsewhere}
    if now is not None:
        found.setdefault(now.pk, now)
    return list(found.values())


def professional(professional: Professional) -> None:
    """Account, hours and every meeting type: their state may follow hers."""
    uid = str(professional.pk)
    for connection in _connections(professional, ("user", "availability"), uid):
        if not Mirror.objects.filter(connection=connection, kind="user", local_uid=uid).exists() and (
            professional.status not in (Professional.Status.LISTED, Professional.Status.SUSPENDED)
        ):
            continue
        sync.mark(connection, "user", uid)
        sync.mark(connection, "availability", uid, owner_uid=uid)
        sync.mark(connection, "personal_page", uid, owner_uid=uid)
        for meeting_type_id in professional.meeting_types.values_list("pk", flat=True):
            sync.mark(connection, "meeting_type", str(meeting_type_id), owner_uid=uid)
        if "customer" in connection.provider_class.resources and professional.person.bookings.exists():
            # Whoever books as well is a customer before she joins, and again after she has left.
            sync.mark(connection, "customer", str(professional.person_id))


def person(person: Person) -> None:
    """A member's name or zone, or a client's data where clients are mirrored."""
    member = Professional.objects.filter(person=person).select_related("person").first()
    if member is not None:
        professional(member)
    for connection in Connection.objects.filter(mirrors__kind="customer", mirrors__local_uid=str(person.pk)):
        sync.mark(connection, "customer", str(person.pk))


def hours(host_id: int) -> None:
    host = Professional.objects.filter(pk=host_id).first()
    if host is not None:
        for connection in _connections(host, ("availability",), str(host_id)):
            sync.mark(connection, "availability", str(host_id), owner_uid=str(host_id))


def meeting_type(meeting_type: MeetingType) -> None:
    uid = str(meeting_type.pk)
    for connection in _connections(meeting_type.host, ("meeting_type",), uid):
        sync.mark(connection, "meeting_type", uid, owner_uid=str(meeting_type.host_id))


def booking(booking: Booking) -> None:
    """The appointment itself, its video room and the one she leaves, and the client where clients are mirrored."""
    uid = str(booking.pk)
    for connection in _connections(booking.host, ("booking",), uid):
        sync.mark(connection, "booking", uid, owner_uid=str(booking.meeting_type_id))
        if booking.client_id:
            sync.mark(connection, "customer", str(booking.client_id))
    if booking.channel == MeetingType.Channel.VIDEO:
        rooms(booking)


def rooms(booking: Booking) -> None:
    """Where the booking's session meets, and every room that still knows her."""
    session, host = str(booking.session), str(booking.host_id)
    now = rooms_of(booking.host)
    if now is not None:
        sync.mark(now, "conference", session, owner_uid=host)
    known = Mirror.objects.filter(kind="conference").filter(Q(local_uid=session) | Q(people__ref=str(booking.pk)))
    for row in known.select_related("connection").distinct():
        sync.mark(row.connection, "conference", row.local_uid)


def all_rooms(professional: Professional) -> None:
    """Her rooms come from elsewhere now, or her meeting types wish otherwise: those ahead follow."""
    now = rooms_of(professional)
    if now is not None and now.provider_class.resources["conference"].owner_kind == "user":
        sync.mark(now, "user", str(professional.pk))
    ahead = Booking.objects.filter(host=professional, channel=MeetingType.Channel.VIDEO, ends_at__gt=timezone.now())
    for booking in ahead.select_related("host").iterator():
        rooms(booking)
