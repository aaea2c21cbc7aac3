"""settings.QUEUES: mails that are due."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from directory.queues import Queue
from scheduling.models import Alert, Digest, Message, Offer, Outgoing

LIST = "admin:scheduling_message_changelist?status__exact=due"


def mails(now: datetime) -> list[Queue]:
    ways = ((Message, "booking__host__brand"), (Digest, "host__brand"), (Alert, "meeting_type__host__brand"))
    found = []
    for model, way in (*ways, (Offer, "alert__meeting_type__host__brand")):
        rows = model.objects.filter(status=Outgoing.Status.DUE, due_at__lte=now)
        found.append(Queue(model._meta.model_name or "", _("mails"), rows, "due_at", way, LIST))
    return found
