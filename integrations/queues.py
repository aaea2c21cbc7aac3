"""settings.QUEUES: objects at providers, messages from them, and webhooks to others that are due."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from directory.queues import Queue
from integrations.hooks.models import HookDelivery
from integrations.models import Mirror, WebhookEvent


def waiting(now: datetime) -> list[Queue]:
    """What rests with its connection is no backlog: the alarms of the connection say so."""
    mirrors = Mirror.objects.due(now)
    events = WebhookEvent.objects.filter(due_at__lte=now)
    deliveries = HookDelivery.objects.filter(status=HookDelivery.Status.DUE, due_at__lte=now)
    lists = {name: f"admin:integrations_{name}_changelist" for name in ("mirror", "webhookevent", "hookdelivery")}
    return [
        Queue("mirrors", _("objects at providers"), mirrors, "due_at", "connection__brand", lists["mirror"]),
        Queue("events", _("messages of providers"), events, "due_at", "connection__brand", lists["webhookevent"]),
        Queue("hooks", _("webhooks to others"), deliveries, "due_at", "endpoint__brand", lists["hookdelivery"]),
    ]
