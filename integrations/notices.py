"""What a professional reads on her first page about her booking page, without the name of any provider."""

from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import Professional
from integrations.desired import MEMBERS, connection_of
from integrations.models import Mirror
from scheduling.models import Booking
from scheduling.today import Note

# "Ready" is news for a week.
NEWS = timedelta(days=7)


def for_member(professional: Professional) -> list[Note]:
    """Being prepared, needs attention, or (for a week) ready. Empty for the built-in engine. Two or three queries."""
    if professional.status not in MEMBERS:
        return []
    connection = connection_of(professional)
    if connection is None:
        return []
    uid = str(professional.pk)
    mine = Mirror.objects.filter(connection=connection).filter(
        Q(kind="user", local_uid=uid) | Q(kind__in=("availability", "meeting_type"), owner_uid=uid)
    )
    rows = list(mine)
    account = next((row for row in rows if row.kind == "user"), None)
    if any(row.state == "parked" for row in rows):
        return [Note("warning", _("Something about your booking page needs our attention; we are on it."))]
    if account is None or not account.remote_id:
        return [Note("info", _("Your booking page is being prepared. You need not do anything."))]
    if account.attempted_at and account.attempted_at > timezone.now() - NEWS:
        return [Note("success", _("Your booking page is ready."))]
    return []


def about_rooms(professional: Professional) -> list[Note]:
    """Video rooms of hers that could not be made, the next appointment first. One query, or two."""
    failed = Mirror.objects.parked().filter(kind="conference", owner_uid=str(professional.pk), remote_id="")
    sessions = list(failed.values_list("local_uid", flat=True)[:200])
    if not sessions:
        return []
    ahead = Booking.objects.filter(host=professional, session__in=sessions).upcoming(timezone.now())
    notes = []
    for booking in ahead.order_by("starts_at")[:3]:
        text = _("The video room for %(name)s could not be made. Our staff know; perhaps call.")
        url = reverse("my_booking", args=[booking.pk])
        notes.append(Note("danger", text % {"name": booking.client_name}, _("See the appointment"), url))
    return notes
