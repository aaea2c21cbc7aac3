"""Connect the demo brands with the local copies of the providers (`make run`), so that there is something to see.

The English directory gives new members an account at meetergo; a few of its people have one already, one of them is
booked in the provider's page. Of the German one some are known to MeetBit. The rest stay with the built-in engine.
"""

import logging
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from directory.models import Brand, Professional
from integrations import connections
from integrations.errors import ProviderError, Transient
from integrations.models import Connection, Enrolment
from integrations.sandbox.meetbit.links import WEBHOOK_SECRET
from integrations.sandbox.meetbit.wire import key_id, key_secret
from integrations.sandbox.meetergo.seed import api_key
from scheduling.demo import doctors, lawyers

PATIENCE = 30.0
OWN, EMBEDDED, KNOWN = 3, 1, 3


class Command(BaseCommand):
    help = "Connect the demo brands with the local copies of the providers. Harmless when it has been done."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--web", default="http://127.0.0.1:8000", help="where webhooks reach us (default: %(default)s)"
        )

    def handle(self, *args: Any, **given: Any) -> None:
        if not (settings.DEVELOPMENT and settings.SANDBOX_PORT):
            raise CommandError("This is for development, with the copies of the providers.")
        logging.getLogger("integrations.http").setLevel(logging.WARNING)
        copies = f"http://localhost:{settings.SANDBOX_PORT}"
        made = [
            *self.meetergo(Brand.objects.filter(slug=doctors.BRAND["slug"]).first(), copies),
            *self.meetbit(Brand.objects.filter(slug=lawyers.BRAND["slug"]).first(), copies),
        ]
        for connection in made:
            self.stdout.write(f"{connection}: {self.test(connection)}")
            try:
                address = given["web"] + urlsplit(connection.webhook_url).path
                connections.register_webhook(connection, address)
            except ProviderError as error:
                self.stdout.write(f"{connection}: {error}")

    def meetergo(self, brand: Brand | None, copies: str) -> list[Connection]:
        if brand is None or brand.connections.exists():
            return []
        base = f"{copies}/meetergo"
        options = {"embed_hosts": ["localhost"], "booking_domain": base}
        common = {"provider": "meetergo", "base_url": f"{base}/v4", "options": options}
        secret = {"api_key": api_key()}
        with transaction.atomic():
            ours = self.connect(brand, secret, name="meetergo", is_default=True, **common)
            theirs = self.connect(
                brand, secret, name="meetergo, in its own page", booking=Connection.Booking.EMBED, **common
            )
            people = list(quiet(brand))
            chosen, embedded = people[:OWN], people[OWN : OWN + EMBEDDED]
            rest = Professional.objects.filter(brand=brand).exclude(pk__in=[one.pk for one in chosen + embedded])
            Enrolment.objects.bulk_create(Enrolment(professional=one, connection=None) for one in rest)
            connections.enrol(embedded, theirs)
            connections.onboard(ours, [one.pk for one in chosen])
        return [ours, theirs]

    def meetbit(self, brand: Brand | None, copies: str) -> list[Connection]:
        if brand is None or brand.connections.exists():
            return []
        with transaction.atomic():
            made = self.connect(
                brand,
                {"key_id": key_id(), "key_secret": key_secret(), "webhook_secret": WEBHOOK_SECRET},
                name="MeetBit",
                provider="meetbit",
                base_url=f"{copies}/meetbit/api/public/v2.0",
                options={"department_id": 1, "role_id": 1},
            )
            connections.enrol(quiet(brand)[:KNOWN], made)
        return [made]

    def connect(self, brand: Brand, secrets: dict[str, str], **fields: Any) -> Connection:
        connection = Connection(brand=brand, expires_on=timezone.localdate() + timedelta(days=80), **fields)
        connection.full_clean()
        connection.save()
        connections.set_credentials(connection, secrets)
        return connection

    def test(self, connection: Connection) -> str:
        """The copies may still be starting."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return connections.check(connection)
            except Transient as error:
                if time.monotonic() > until:
                    return f"no answer: {error}"
                time.sleep(1)
            except ProviderError as error:
                return str(error)


def quiet(brand: Brand) -> QuerySet[Professional]:
    """Listed members who can be booked, those with the fewest appointments ahead first: little has to be copied."""
    ahead = Count("bookings", filter=Q(bookings__ends_at__gt=timezone.now(), bookings__status="confirmed"))
    listed = Professional.objects.filter(brand=brand, status=Professional.Status.LISTED, bookable=True)
    return listed.annotate(ahead=ahead).order_by("ahead", "pk")
