"""settings.MEMBER_REMAINS: where something of a member still is. A row of Mirror goes only when the provider has
confirmed that the object is gone there."""

from django.db.models import Q

from directory.models import Professional
from integrations.models import Mirror

OWNED = ("availability", "personal_page", "meeting_type", "conference")


def of(professional: Professional) -> list[str]:
    uid = str(professional.pk)
    rows = Mirror.objects.filter(Q(kind="user", local_uid=uid) | Q(kind__in=OWNED, owner_uid=uid))
    there = rows.exclude(remote_id="", attempted_at=None).order_by()
    return sorted(set(there.values_list("connection__name", flat=True)))
