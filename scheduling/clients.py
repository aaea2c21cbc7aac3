"""Clients as a professional knows them: how often they came, and in which way they may book.

Nothing here turns anybody away for good: whoever may not book online may ask, or call.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from directory.models import Brand, Person, Professional, User
from scheduling.models import AttendanceRule, Booking, ClientMark
from scheduling.models.bookings import Status

MONTH = timedelta(days=30)


class ClientCategory(TextChoices):
    """Who somebody is to a professional, before anything is booked."""

    NEW = "new", _("New client")
    EXISTING = "existing", _("Existing client")

    @property
    def description(self) -> str:
        if self == ClientCategory.NEW:
            return gettext("Has not been here before. Not every professional takes new clients.")
        return gettext("Has been here before.")

    @classmethod
    def of(cls, host: Professional) -> "list[ClientCategory]":
        """Whom she takes at present."""
        return [one for one in cls if one == cls.EXISTING or host.accepts_new_clients]


@dataclass(frozen=True, slots=True)
class Record:
    """How many appointments of a client are over, and how many of them she missed."""

    ended: int = 0
    missed: int = 0

    @property
    def rate(self) -> int:
        """Missed of ended, in percent."""
        return round(100 * self.missed / self.ended) if self.ended else 0


def record(client: Person, *, host: Professional | None = None, brand: Brand | None = None) -> Record:
    """At one host, or at all of a brand. One query."""
    rows = Booking.objects.filter(client=client, status__in=[Status.COMPLETED, Status.NO_SHOW])
    rows = rows.filter(host=host) if host else rows.filter(host__brand=brand)
    counts = rows.aggregate(ended=Count("pk"), missed=Count("pk", filter=Q(status=Status.NO_SHOW)))
    return Record(**counts)


def is_known(booking: Booking) -> bool:
    """Whether another appointment of its client at this host has taken place."""
    before = Booking.objects.filter(client=booking.client_id, host=booking.host_id, status=Status.COMPLETED)
    return booking.client_id is not None and before.exclude(pk=booking.pk).exists()


def way_of(client: Person, host: Professional, now: datetime) -> str:
    """In which way this client may book this host: "" as everybody, else a `Way`. A mark comes before the rule."""
    mark = ClientMark.objects.filter(host=host, client=client).first()
    if mark is not None:
        return mark.way
    rule = AttendanceRule.objects.filter(host=host).first()
    if rule is None:
        return ""
    missed = Booking.objects.filter(
        host=host, client=client, status=Status.NO_SHOW, starts_at__gte=now - rule.months * MONTH
    )
    return rule.way if missed.count() >= rule.no_shows else ""


@transaction.atomic
def mark(
    client: Person, host: Professional, way: str, *, note: str = "", user: User | None = None
) -> ClientMark | None:
    """From now on this client books this host only so; "" undoes it. Appointments that stand are not touched."""
    if not way:
        ClientMark.objects.filter(host=host, client=client).delete()
        return None
    values = {"way": way, "note": note.strip()[:200], "created_by": user}
    row, _created = ClientMark.objects.update_or_create(host=host, client=client, defaults=values)
    return row


@transaction.atomic
def set_rule(host: Professional, *, no_shows: int | None, months: int = 12, way: str = "request") -> None:
    """`no_shows` None: no rule."""
    if not no_shows:
        AttendanceRule.objects.filter(host=host).delete()
        return
    values = {"no_shows": no_shows, "months": months, "way": way}
    AttendanceRule.objects.update_or_create(host=host, defaults=values)
