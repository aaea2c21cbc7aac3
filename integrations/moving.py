"""Members who change provider: what goes with them, and a look at it beforehand.

Nothing of theirs changes for visitors: the address of the profile, and of every open booking the row, its link and its
calendar entry. Our own engine decides from the moment of the choice until they are ready where they go; what is at the
place they leave is due for removal, what they need at the new one is due for creation, and workers do both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import Brand, Professional
from directory.secrets import CannotUnseal
from integrations import desired, remote_times, sync
from integrations.contract import Facts
from integrations.errors import Rejected
from integrations.models import Connection, Mirror
from scheduling.models import Booking, MeetingType

BATCH = 200
# Lines that a page shows of what cannot be taken along.
SHOWN = 50


@transaction.atomic
def follow(professionals: Iterable[Professional], connection: Connection | None) -> None:
    """These members belong to `connection` now (None: the built-in engine). Marks only; repeating it does no harm."""
    pks = [professional.pk for professional in professionals]
    for start in range(0, len(pks), BATCH):
        _follow(pks[start : start + BATCH], connection)
    sync.nudge()


def _follow(pks: list[int], connection: Connection | None) -> None:
    remote_times.leave(Q(meeting_type__host__in=pks) & ~Q(connection=connection))
    now = timezone.now()
    elsewhere = Mirror.objects.filter(_of(pks)).exclude(connection=connection)
    elsewhere.update(due_at=now, attempts=0, last_error="")
    if connection is not None:
        for kind in connection.provider_class.resources:
            sync.mark_all(connection, kind, desired.uids(connection, kind, of=pks))


def _of(pks: list[int]) -> Q:
    """Mirrors of these members, of their meeting types and bookings, and of the clients of those."""
    members = [str(pk) for pk in pks]
    types = [str(pk) for pk in MeetingType.objects.filter(host__in=pks).values_list("pk", flat=True)]
    bookings = Booking.objects.filter(host__in=pks).order_by()
    clients = [str(pk) for pk in bookings.exclude(client=None).values_list("client_id", flat=True).distinct()]
    upcoming = [str(pk) for pk in bookings.filter(status__in=desired.OPEN).values_list("pk", flat=True)]
    return (
        Q(kind="user", local_uid__in=members)
        | Q(owner_uid__in=members, kind__in=("availability", "personal_page", "meeting_type", "conference"))
        | Q(kind="booking", owner_uid__in=types)
        | Q(kind__in=("booking", "conference"), local_uid__in=upcoming)
        | Q(kind="customer", local_uid__in=clients)
    )


@transaction.atomic
def make_default(brand: Brand, connection: Connection | None) -> int:
    """Members of the brand without a choice of their own belong to `connection` from now on; returns how many.

    None: to the built-in engine.
    """
    for row in Connection.objects.filter(brand=brand, is_default=True):
        row.is_default = False
        row.save(update_fields=["is_default"])
    if connection is not None:
        connection.is_default = True
        connection.save(update_fields=["is_default"])
    found = list(without_choice(brand))
    follow(found, connection)
    return len(found)


def without_choice(brand: Brand):  # type: ignore[no-untyped-def]
    return Professional.objects.filter(brand=brand, status__in=desired.MEMBERS, enrolment=None)


# --- beforehand ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Preview:
    """What a move would take along: counts, what the other side lacks altogether, and what it refuses one by one."""

    where: str
    members: int = 0
    already: int = 0
    types: int = 0
    bookings: int = 0
    lacks: list[str] = field(default_factory=list)
    unmapped: list[tuple[str, str]] = field(default_factory=list)
    more: int = 0

    def refused(self, subject: str, why: str) -> None:
        if len(self.unmapped) < SHOWN:
            self.unmapped.append((subject, why))
        else:
            self.more += 1


def preview(professionals: Iterable[Professional], connection: Connection | None) -> Preview:
    """Reads local rows only: nothing is changed and nobody is called."""
    found = Preview(connection.name if connection else _("Built-in engine"))
    found.lacks = _lacks(connection)
    now = timezone.now()
    for professional in professionals:
        if desired.connection_of(professional) == connection:
            found.already += 1
            continue
        found.members += 1
        types = list(professional.meeting_types.exclude(visibility=MeetingType.Visibility.ARCHIVED))
        upcoming = list(Booking.objects.filter(host=professional).upcoming(now).select_related("meeting_type"))
        found.types, found.bookings = found.types + len(types), found.bookings + len(upcoming)
        if connection is not None:
            for subject, why in _refusals(connection, professional, types, upcoming):
                found.refused(f"{professional.person.full_name}: {subject}", why)
    return found


def _lacks(connection: Connection | None) -> list[str]:
    if connection is None:
        return []
    cls = connection.provider_class
    found = []
    if cls.engine is None:
        found.append(_("It has no free times of its own: the built-in engine goes on computing them."))
    if "booking" not in cls.resources:
        found.append(_("It keeps no appointments: they stay here only, as they are."))
    if "availability" not in cls.resources:
        found.append(_("It keeps no working hours: those entered here go on counting."))
    return found


def _refusals(
    connection: Connection, professional: Professional, types: list[MeetingType], upcoming: list[Booking]
) -> Iterator[tuple[str, str]]:
    """(what, why) for everything that the provider cannot take as it is, in its adapter's words."""
    resources = connection.provider_class.resources
    facts: list[tuple[str, str, Facts]] = [
        ("user", _("account"), desired.user_facts(professional)),
        ("availability", _("hours"), desired.hours_facts(professional)),
    ]
    for one in types:
        facts.append(("meeting_type", one.title, desired.type_facts(one, professional)))
    for booking in upcoming:
        booking.host = professional
        facts.append(("booking", booking.reference, desired.booking_facts(booking)))
    try:
        provider = connection.open()
    except CannotUnseal as error:
        yield _("account"), str(error)
        return
    for kind, subject, wanted in facts:
        if kind not in resources:
            continue
        resource = provider.resource(kind)
        try:
            resource.payload(wanted)
        except Rejected as error:
            yield subject, str(error)
        else:
            for words in resource.unmapped(wanted):
                yield subject, words
