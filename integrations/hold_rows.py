"""Times that a provider keeps for a visitor: one row for each held booking. Only `engine.py` asks providers for them."""

import uuid
from datetime import UTC

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.contract import HeldThere
from integrations.models import Connection
from scheduling.models import Booking
from scheduling.models.bookings import ACTIVE


class ProviderHold(models.Model):
    """`token` is the visitor's, of our own making; with it another time replaces this one over there."""

    booking = models.OneToOneField(Booking, models.CASCADE, primary_key=True, related_name="provider_hold")
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="holds", verbose_name=_("connection"))
    token = models.CharField(max_length=64)
    slot = models.CharField(_("id there"), max_length=255)
    room = models.CharField(_("room there"), max_length=255, blank=True)
    until = models.DateTimeField(_("kept until"))

    class Meta:
        verbose_name = _("hold at a provider")
        verbose_name_plural = _("holds at providers")
        indexes = [models.Index(fields=["connection", "until"], name="provider_hold_until")]

    def __str__(self) -> str:
        return f"{self.booking_id} → {self.slot}"


def token_for(booking: Booking, connection: Connection, earlier: Booking | None) -> str:
    """Hers, else that of what she held before, else one under which this very time is kept there for nobody any more
    (a hold cannot be given back), else a new one."""
    here = ProviderHold.objects.filter(connection=connection)
    mine = here.filter(booking=booking).first() or (here.filter(booking=earlier).first() if earlier else None)
    if mine is None:
        abandoned = here.filter(
            until__gt=timezone.now(), booking__host=booking.host_id, booking__starts_at=booking.starts_at
        )
        mine = abandoned.exclude(booking__status__in=ACTIVE).first()
    return mine.token if mine else str(uuid.uuid4())


def keep(booking: Booking, connection: Connection, there: HeldThere) -> None:
    """The token is this booking's alone from now on."""
    ProviderHold.objects.filter(connection=connection, token=there.token).exclude(booking=booking).delete()
    values = {"connection": connection, "token": there.token, "slot": there.slot, "room": there.room}
    ProviderHold.objects.update_or_create(booking=booking, defaults=values | {"until": there.until})


def facts(booking_id: uuid.UUID, connection: Connection) -> dict[str, str]:
    """For `BookingFacts.hold`; empty where nothing is kept there."""
    row = ProviderHold.objects.filter(booking=booking_id, connection=connection).select_related("booking").first()
    if row is None:
        return {}
    start = row.booking.starts_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"token": row.token, "slot": row.slot, "room": row.room, "until": row.until.isoformat(), "start": start}
