"""What a professional reads on her first page about her booking page, without the name of any provider."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import Professional
from integrations.desired import MEMBERS, connection_of
from integrations.models import Mirror
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
