"""Messages from providers: stored once, answered in milliseconds, applied by the worker.

Nothing in a message is believed. It only says where to look: the object is read again at the provider.
"""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from directory.secrets import CannotUnseal
from integrations import inbound, parity, sync
from integrations.contract import Notice, Webhook
from integrations.errors import OutcomeUnknown, ProviderError, Transient, Unauthorised
from integrations.models import Connection, Mirror, WebhookEvent
from scheduling import background

logger = logging.getLogger(__name__)
LARGEST = 256 * 1024
LEASE = timedelta(minutes=2)
GIVE_UP = timedelta(hours=24)
LATER = timedelta(seconds=15)
# Headers that say nothing about the message, or too much about us.
DROPPED = ("authorization", "cookie", "x-forwarded", "x-real-ip", "x-webhook-signature")


@csrf_exempt
@require_POST
def receive(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """2xx: stored, now or before. 404: no such connection. 401: not authentic. 413: too large. 400: no message."""
    connection = _connection(provider, token)
    if connection is None:
        return HttpResponse(status=404)
    length = request.META.get("CONTENT_LENGTH") or "0"
    raw = request.read(LARGEST + 1) if length.isdigit() and int(length) <= LARGEST else None
    if raw is None or len(raw) > LARGEST:
        return HttpResponse(status=413)
    try:
        part = _part(connection)
    except CannotUnseal:
        logger.exception("Webhook of %s cannot be checked.", connection)
        return HttpResponse(status=503)
    if part is None:
        return HttpResponse(status=404)
    if not part.authentic(dict(request.headers), raw, timezone.now()):
        return HttpResponse(status=401)
    try:
        body = raw.decode()
        notice = part.parse(dict(request.headers), raw)
    except ValueError:
        return HttpResponse(status=400)
    store(connection, notice, dict(request.headers), body)
    return HttpResponse(status=204)


def _connection(provider: str, token: str) -> Connection | None:
    """By its token, compared in constant time: how long it takes says nothing about a token that is nearly right."""
    found = None
    for connection in Connection.objects.filter(provider=provider, is_active=True).select_related("brand"):
        if hmac.compare_digest(connection.webhook_token.encode(), token.encode()):
            found = connection
    return found


def _part(connection: Connection) -> Webhook | None:
    provider = connection.open()
    return provider.webhook(provider) if provider.webhook else None


def store(connection: Connection, notice: Notice, headers: Mapping[str, str], body: str) -> None:
    """Once by the provider's own id, else by a digest of what it says; then wake a worker."""
    body = body.replace("\x00", "")
    key = notice.event_id or hashlib.sha256(f"{notice.type}\n{notice.remote_id}\n{body}".encode()).hexdigest()
    kept = {name: value for name, value in headers.items() if not name.lower().startswith(DROPPED)}
    event = WebhookEvent(
        connection=connection,
        event_key=key.replace("\x00", "")[:128],
        type=notice.type.replace("\x00", "")[:64],
        headers=kept,
        body=body,
    )
    if not notice.kind:
        event.due_at, event.note = None, gettext_noop("Nothing follows from messages of this type.")
    WebhookEvent.objects.bulk_create([event], ignore_conflicts=True)
    if notice.kind:
        transaction.on_commit(lambda: background.send("integrations.tasks.apply_webhooks"))


def due(now: datetime | None = None, *, limit: int = 200) -> list[int]:
    """Ids of events to apply, the oldest first."""
    return list(_claimable(now or timezone.now()).order_by("due_at", "pk").values_list("pk", flat=True)[:limit])


def _claimable(now: datetime):  # type: ignore[no-untyped-def]
    free = WebhookEvent.objects.filter(due_at__lte=now, connection__is_active=True)
    return free.exclude(leased_until__gt=now).exclude(connection__resting_until__gt=now)


def apply(event_id: int) -> bool:
    """Claim one event and do what follows from it; False when somebody else has it or nothing is due."""
    now = timezone.now()
    if not _claimable(now).filter(pk=event_id).exists():
        return False
    # Without a join, which PostgreSQL would not look at again after waiting for another worker (`sync.claim`).
    free = WebhookEvent.objects.filter(Q(leased_until=None) | Q(leased_until__lte=now), pk=event_id, due_at__lte=now)
    if not free.update(leased_until=now + LEASE):
        return False
    event = WebhookEvent.objects.select_related("connection__brand").get(pk=event_id)
    try:
        note = _act(event)
    except inbound.Later:
        note = gettext_noop("Our own change is on its way there; looked at afterwards.")
        _release(event, due_at=timezone.now() + LATER, note=note)
    except (Transient, OutcomeUnknown, Unauthorised) as error:
        rest = sync.REST if isinstance(error, Unauthorised) else None
        event.connection.failed(error, rest=rest)
        given_up = timezone.now() - event.received_at > GIVE_UP and event.attempts > 10
        due_at = (
            None if given_up else timezone.now() + sync.backoff(event.attempts, getattr(error, "retry_after", None))
        )
        _release(event, due_at=due_at, last_error=str(error)[:2000], attempts=event.attempts + 1)
    except (ProviderError, ValueError, CannotUnseal) as error:
        _release(event, due_at=None, last_error=str(error)[:2000], attempts=event.attempts + 1)
    else:
        _release(event, due_at=None, applied_at=timezone.now(), last_error="", note=note[:255])
    return True


def _act(event: WebhookEvent) -> str:
    """Look at what the event speaks of. Says in words what that led to."""
    connection = event.connection
    part = _part(connection)
    if part is None:
        return gettext_noop("This provider sends no messages.")
    notice = part.parse(event.headers, event.body.encode())
    if notice.kind == "booking" and notice.remote_id:
        return inbound.read(connection, notice.remote_id, notice.user_ids)
    mirror = (
        Mirror.objects.filter(connection=connection, kind=notice.kind, remote_id=notice.remote_id)
        .select_related("connection__brand")
        .first()
    )
    if mirror is None or not notice.remote_id:
        return gettext_noop("It speaks of nothing that we are responsible for.")
    verdict = parity.Verdict()
    parity.verify_one(mirror, verdict)
    sync.nudge()
    if verdict.edited or verdict.missing:
        return gettext_noop("It differs from what we want and is mended.")
    return gettext_noop("Nothing new.")


def _release(event: WebhookEvent, **fields: object) -> None:
    """Give the lease back. A replay asked for meanwhile stays due."""
    held = WebhookEvent.objects.filter(pk=event.pk, leased_until=event.leased_until)
    if "due_at" in fields:
        held.filter(due_at=event.due_at).update(due_at=fields.pop("due_at"))
    held.update(leased_until=None, **fields)


def replay(events) -> int:  # type: ignore[no-untyped-def]
    """Apply stored events once more; harmless, because each only says where to look."""
    count = events.update(due_at=timezone.now(), attempts=0, last_error="")
    transaction.on_commit(lambda: background.send("integrations.tasks.apply_webhooks"))
    return int(count)
