"""settings.QUEUES: mails that are due; and those that were given up."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from directory.queues import Queue
from scheduling.models import Alert, Digest, Message, Offer, Outgoing

# Each kind of mail that is a row, with the way to its brand.
KINDS: tuple[tuple[type[Outgoing], str], ...] = (
    (Message, "booking__host__brand"),
    (Digest, "host__brand"),
    (Alert, "meeting_type__host__brand"),
    (Offer, "alert__meeting_type__host__brand"),
)


def _page(model: type[Outgoing], status: str) -> str:
    return f"admin:scheduling_{model._meta.model_name}_changelist?status__exact={status}"


def mails(now: datetime) -> list[Queue]:
    found = []
    for model, way in KINDS:
        rows = model._default_manager.filter(status=Outgoing.Status.DUE, due_at__lte=now)
        page = _page(model, Outgoing.Status.DUE)
        found.append(Queue(model._meta.model_name or "", _("mails"), rows, "due_at", way, page))
    return found


def failed() -> list[Queue]:
    """Mails that will not be tried again by themselves, by the name of their kind."""
    found = []
    for model, way in KINDS:
        rows = model._default_manager.filter(status=Outgoing.Status.FAILED)
        label = model._meta.verbose_name_plural or ""
        name = f"failed {model._meta.model_name}"
        found.append(Queue(name, label, rows, "created_at", way, _page(model, Outgoing.Status.FAILED)))
    return found
