"""Rows → HTTP: one delivery at a time, each try signed afresh under the same id, for three days.

At least once: a worker that dies between sending and marking sends again, and the receiver knows the message by its id.
There is no order between deliveries; `data.version` says which state of a booking is newer.
"""

import json
import logging
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import requests
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from standardwebhooks import Webhook

from directory import mail_log
from directory.adapter import sender
from directory.secrets import CannotUnseal
from integrations import http
from integrations.hooks import catalogue
from integrations.hooks.models import HookAttempt, HookDelivery, HookEndpoint, HookEvent

logger = logging.getLogger(__name__)
Status = HookDelivery.Status
TIMEOUT = 15.0  # seconds for a whole try
LEASE = timedelta(minutes=2)
# Seconds between one try and the next, as Standard Webhooks suggest: 75 hours in all.
PAUSES = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
LONGEST_WISH = 86_400.0
KEPT_ANSWER = 2000
KEPT = timedelta(days=30)
# An answer may drip and a name may take its time: only a thread of its own bounds both. It has no database connection.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="hooks")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try. `status` 0: no answer, and `answer` says why. `wish`: Retry-After in seconds."""

    status: int
    answer: str = ""
    milliseconds: int = 0
    wish: float | None = None

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


def work(*, seconds: float = 50) -> int:
    """Send what is due, the oldest first; returns how many tries were made.

    An address that gives no answer is left alone for the rest of this run, so that it costs the others 15 seconds once.
    """
    until, silent, tried = time.monotonic() + seconds, set[int](), 0
    for delivery_id, endpoint_id in due():
        if time.monotonic() > until:
            break
        if endpoint_id not in silent:
            outcome = deliver(delivery_id)
            tried += outcome is not None
            if outcome is not None and outcome.status == 0:
                silent.add(endpoint_id)
    return tried


def due(now: datetime | None = None, *, limit: int = 500) -> list[tuple[int, int]]:
    """(delivery, endpoint) ids to send."""
    rows = _claimable(now or timezone.now()).order_by("due_at", "pk")
    return list(rows.values_list("pk", "endpoint_id")[:limit])


def _claimable(now: datetime):  # type: ignore[no-untyped-def]
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return HookDelivery.objects.filter(free, status=Status.DUE, due_at__lte=now)


def deliver(delivery_id: int) -> Outcome | None:
    """Claim one delivery and try it; None when it is not due or somebody else has it."""
    now = timezone.now()
    if not _claimable(now).filter(pk=delivery_id).update(leased_until=now + LEASE):
        return None
    delivery = HookDelivery.objects.select_related("event", "endpoint__brand", "endpoint__professional__person").get(
        pk=delivery_id
    )
    if not delivery.endpoint.is_active:
        _close(delivery, Status.STOPPED, tries=0)
        return None
    outcome = attempt(delivery.endpoint, delivery.event)
    _settle(delivery, outcome)
    return outcome


def attempt(endpoint: HookEndpoint, event: HookEvent) -> Outcome:
    """One signed POST. Never raises for what the other side, its name or its address does."""
    http.refuse_inside_transaction()
    now = timezone.now()
    try:
        text = body(endpoint, event)
        headers = signed(endpoint, event, text, now)
    except CannotUnseal as error:
        return Outcome(0, str(error))
    started = time.monotonic()
    future = _threads.submit(_post, endpoint.url, text.encode(), headers)
    try:
        outcome = future.result(timeout=TIMEOUT + 1)
    except TimeoutError:
        future.cancel()
        outcome = Outcome(0, "No answer in time.")
    milliseconds = int((time.monotonic() - started) * 1000)
    return Outcome(outcome.status, outcome.answer, milliseconds, outcome.wish)


def body(endpoint: HookEndpoint, event: HookEvent) -> str:
    """The same text at every try."""
    data = event.data if endpoint.payload == HookEndpoint.Payload.FULL else catalogue.thin(event.type, event.data)
    said = {"type": event.type, "timestamp": event.at.astimezone(UTC).isoformat().replace("+00:00", "Z"), "data": data}
    if event.is_example:
        said["example"] = True
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def signed(endpoint: HookEndpoint, event: HookEvent, text: str, now: datetime) -> dict[str, str]:
    """Headers of one try: its own time, and a signature for each secret that is still good."""
    now = now.astimezone(UTC).replace(microsecond=0)
    signatures = [Webhook(one).sign(event.message_id, now, text) for one in endpoint.good_secrets(now)]
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "scheduling-marketplace-webhooks/1",
        "webhook-id": event.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _post(url: str, content: bytes, headers: dict[str, str]) -> Outcome:
    """Only to public addresses: the name is resolved once, checked, and that very address is called (no rebinding).
    Proxies of the environment are not asked, redirects not followed."""
    config = Config(
        ip_filter_enable=True,
        ip_filter_allow_loopback_ips=settings.WEBHOOKS_TO_LOOPBACK,
        never_redirect=True,
        default_timeout=(5.0, TIMEOUT),
    )
    with HTTPSession(config) as session:
        session.trust_env = False
        try:
            with session.post(url, data=content, headers=headers, stream=True) as response:
                answer = response.raw.read(KEPT_ANSWER, decode_content=True).decode("utf-8", "replace")
                return Outcome(response.status_code, answer.replace("\x00", ""), 0, http.retry_after(response.headers))
        except InvalidIPAddress:
            return Outcome(0, "This name leads to an address that is not public.")
        except requests.exceptions.ConnectTimeout:
            return Outcome(0, "No connection in time.")
        except requests.exceptions.SSLError as error:
            return Outcome(0, f"No secure connection: {error}"[:KEPT_ANSWER])
        except (requests.exceptions.RequestException, http._Urllib3Error, OSError, ValueError) as error:
            return Outcome(0, f"No answer: {error}"[:KEPT_ANSWER])


def _settle(delivery: HookDelivery, outcome: Outcome) -> None:
    """Write down one try and what follows from it."""
    now = timezone.now()
    HookAttempt.objects.create(
        delivery=delivery, at=now, status=outcome.status, milliseconds=outcome.milliseconds, answer=outcome.answer
    )
    endpoints = HookEndpoint.objects.filter(pk=delivery.endpoint_id)
    if outcome.is_ok:
        endpoints.update(last_ok_at=now, failing_since=None)
        _close(delivery, Status.DELIVERED)
        return
    endpoints.filter(failing_since=None).update(failing_since=now)
    if outcome.status == 410:
        _close(delivery, Status.STOPPED)
        switch_off(delivery.endpoint, HookEndpoint.Stopped.GONE)
    elif delivery.attempts >= len(PAUSES):
        _close(delivery, Status.FAILED)
        if not endpoints.filter(last_ok_at__gte=delivery.created_at).exists():
            switch_off(delivery.endpoint, HookEndpoint.Stopped.SILENT)
    else:
        held = HookDelivery.objects.filter(pk=delivery.pk, leased_until=delivery.leased_until)
        pause = PAUSES[delivery.attempts] * random.uniform(1, 1.2)  # noqa: S311
        if outcome.status in (429, 503) and outcome.wish is not None:
            pause = max(pause, min(outcome.wish, LONGEST_WISH))
        held.update(due_at=now + timedelta(seconds=pause), attempts=delivery.attempts + 1, leased_until=None)


def _close(delivery: HookDelivery, status: str, *, tries: int = 1) -> None:
    held = HookDelivery.objects.filter(pk=delivery.pk, leased_until=delivery.leased_until)
    held.update(status=status, due_at=None, leased_until=None, attempts=delivery.attempts + tries)


@transaction.atomic
def switch_off(endpoint: HookEndpoint, reason: str) -> None:
    """Nothing more is sent there. Who did not do it herself gets one mail. `reason`: HookEndpoint.Stopped."""
    rows = HookEndpoint.objects.filter(pk=endpoint.pk, is_active=True)
    if not rows.update(is_active=False, stopped_because=reason):
        return
    HookDelivery.objects.filter(endpoint=endpoint, status=Status.DUE).update(status=Status.STOPPED, due_at=None)
    if reason != HookEndpoint.Stopped.BY_OWNER:
        transaction.on_commit(lambda: _tell_owner(endpoint, reason))


def _tell_owner(endpoint: HookEndpoint, reason: str) -> None:
    brand, member = endpoint.brand, endpoint.professional
    with translation.override(member.person.language if member else brand.language):
        path = f"/my/webhooks/{endpoint.pk}/" if member else f"/admin/integrations/hookendpoint/{endpoint.pk}/change/"
        context = {
            "endpoint": endpoint,
            "brand": brand,
            "reason": HookEndpoint.Stopped(reason).label,
            "url": brand.url(path),
        }
        text = render_to_string("integrations/email/hook_off.txt", context)
        subject = _("A webhook of %(brand)s was switched off") % {"brand": brand.name}
    try:
        mail = EmailMessage(subject, text, sender(brand), endpoint.owner_emails)
        mail_log.send(mail, brand=brand, kind=mail_log.Kind.NOTICE)
    except OSError:  # its page says the same
        logger.exception("The owner of %s was not told.", endpoint)


def forget_old(now: datetime | None = None) -> int:
    """Events, deliveries and answers go after 30 days, unless something of them is still due."""
    before = (now or timezone.now()) - KEPT
    old = HookEvent.objects.filter(at__lt=before).exclude(deliveries__status=Status.DUE)
    return old.delete()[0]
