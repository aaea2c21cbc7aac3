"""settings.REMINDED_ELSEWHERE: whose clients a provider reminds by itself."""

from django.db.models import Q

from integrations.models import Mirror
from scheduling.models import Booking


def does(booking: Booking) -> bool:
    """Whether the appointment, or its video room, is at a provider that mails reminders of its own."""
    there = Q(kind="booking", local_uid=str(booking.pk)) | Q(kind="conference", local_uid=str(booking.session))
    rows = Mirror.objects.filter(there, connection__is_active=True, connection__reminds_clients=True)
    return rows.exclude(remote_id="").exists()
