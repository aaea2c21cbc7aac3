"""Verbs of webhook addresses: create, change, rotate the secret, switch on and off, example, replay, remove."""

import ipaddress
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from requests_hardened.ip_filter import filter_host

from directory.models import Brand, Professional
from integrations.hooks import catalogue, outbox, sending
from integrations.hooks.models import HookDelivery, HookEndpoint, HookEvent, new_secret
from scheduling.background import after_commit

# Addresses of one owner.
LIMIT = 10
# How long a replaced secret signs beside the new one.
OVERLAP = timedelta(hours=24)
REPLAY_LIMIT = 1000


class NotAllowed(Exception):
    """The text is for people."""


def check_url(url: str) -> str:
    """The address as it is stored. Raises ValidationError; where its name leads is checked at every try."""
    url = url.strip()
    parts = urlsplit(url)
    schemes = ["https", "http"] if settings.WEBHOOKS_TO_LOOPBACK else ["https"]
    if parts.scheme not in schemes:
        raise ValidationError(_("The address must begin with https://."))
    if parts.username or parts.password:
        raise ValidationError(_("No user name or password in the address: the signature says who sends."))
    host = parts.hostname or ""
    if host != "localhost" or not settings.WEBHOOKS_TO_LOOPBACK:
        URLValidator(schemes=schemes)(url)
    if not _may_be_called(host):
        raise ValidationError(_("This address is not public."))
    return parts._replace(fragment="").geturl()


def _may_be_called(host: str) -> bool:
    """A number by the same rule as at every try; a name may be called until we know where it leads."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    try:
        filter_host(host, 443, allow_loopback=settings.WEBHOOKS_TO_LOOPBACK)
    except requests.RequestException:
        return False
    return True


@transaction.atomic
def create(
    brand: Brand,
    professional: Professional | None,
    url: str,
    *,
    types: list[str] | None = None,
    payload: str = HookEndpoint.Payload.FULL,
    description: str = "",
) -> HookEndpoint:
    """A new address with a secret of its own. Raises ValidationError, NotAllowed beyond the limit or twice."""
    url = check_url(url)
    Brand.objects.select_for_update().get(pk=brand.pk)
    mine = HookEndpoint.objects.filter(brand=brand, professional=professional)
    if mine.filter(url=url).exists():
        raise NotAllowed(_("This address is in the list already."))
    if mine.count() >= LIMIT:
        raise NotAllowed(_("There are %(count)d addresses already; remove one first.") % {"count": LIMIT})
    return HookEndpoint.objects.create(
        brand=brand, professional=professional, url=url, types=types or [], payload=payload, description=description
    )


@transaction.atomic
def rotate(endpoint: HookEndpoint) -> str:
    """A new secret, returned; the one before it goes on signing beside it for a day, older ones end now."""
    endpoint = HookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    fresh, until = new_secret(), (timezone.now() + OVERLAP).isoformat()
    endpoint.secrets = [{"secret": fresh, "until": None}, {"secret": endpoint.secrets[0]["secret"], "until": until}]
    endpoint.save(update_fields=["secrets"])
    return fresh


def switch(endpoint: HookEndpoint, on: bool) -> None:
    """Off: what waits is dropped from the queue and can be replayed. On: what happens from now on is sent."""
    if on:
        rows = HookEndpoint.objects.filter(pk=endpoint.pk)
        rows.update(is_active=True, stopped_because="", failing_since=None)
    else:
        sending.switch_off(endpoint, HookEndpoint.Stopped.BY_OWNER)


@transaction.atomic
def send_example(endpoint: HookEndpoint, event_type: str = "booking.confirmed") -> HookEvent:
    """An event that did not happen, marked as an example. Raises NotAllowed while the address is switched off."""
    if not endpoint.is_active:
        raise NotAllowed(_("Switch the address on first."))
    example = catalogue.TYPES[event_type].example
    return outbox.write(
        event_type, endpoint.brand, endpoint.professional, example, [endpoint], subject=_("example"), is_example=True
    )


def replay(deliveries: QuerySet[HookDelivery]) -> int:
    """Send once more, under the same ids; at most 1,000, of addresses that are switched on. Returns how many."""
    chosen = deliveries.filter(endpoint__is_active=True).exclude(status=HookDelivery.Status.DUE)
    pks = list(chosen.order_by("created_at").values_list("pk", flat=True)[:REPLAY_LIMIT])
    with transaction.atomic():
        count = HookDelivery.objects.filter(pk__in=pks).update(
            status=HookDelivery.Status.DUE, due_at=timezone.now(), attempts=0, leased_until=None
        )
        after_commit("integrations.tasks.send_hooks")
    return count


def replay_since(endpoint: HookEndpoint, since: datetime) -> int:
    """What was not delivered since then, after an outage of the receiver."""
    missed = HookDelivery.objects.filter(endpoint=endpoint, created_at__gte=since)
    return replay(missed.exclude(status=HookDelivery.Status.DELIVERED))
