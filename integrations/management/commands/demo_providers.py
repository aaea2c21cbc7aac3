"""Connect the demo brands with the local copies of the providers (`make run`), so that there is something to see.

The English directory gives new members an account at meetergo; a few of its people have one already, one of them is
booked in the provider's page, one through BookMe. Of the German one some are known to MeetBit, and three have video rooms, one at each provider of such. The rest stay with
the built-in engine.
"""

import logging
import time
from argparse import ArgumentParser
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from directory.models import Brand, Professional
from integrations import connections, reports
from integrations.errors import ProviderError, Transient
from integrations.models import Connection, Enrolment
from integrations.room_models import RoomChoice
from integrations.sandbox.bookme import seed as bank
from integrations.sandbox.liveminutes.provider import account_sid, auth_token
from integrations.sandbox.meetbit.links import WEBHOOK_SECRET
from integrations.sandbox.meetbit.wire import key_id, key_secret
from integrations.sandbox.meetergo.seed import api_key
from integrations.sandbox.meetrs.wire import client_key, client_secret
from scheduling import bookings
from scheduling.demo import doctors, lawyers
from scheduling.models import MeetingType

PATIENCE = 30.0
OWN, EMBEDDED, KNOWN = 3, 1, 3
# Who shows the demo logs in as her.
LOGINS = ("annika.brandtner@anwaelte.example",)


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
            *self.rooms(Brand.objects.filter(slug=lawyers.BRAND["slug"]).first(), copies),
            *self.bookme(Brand.objects.filter(slug=doctors.BRAND["slug"]).first(), copies),
        ]
        for connection in made:
            self.stdout.write(f"{connection}: {self.test(connection)}")
            if connection.provider_class.reports is not None:
                self.report(connection)
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

    def rooms(self, brand: Brand | None, copies: str) -> list[Connection]:
        """A video meeting type for each provider of rooms, and a call that is about to begin, so that joining works."""
        meetbit = Connection.objects.filter(brand=brand, provider="meetbit").first()
        if brand is None or meetbit is None or Connection.objects.filter(brand=brand, provider="meetrs").exists():
            return []
        with transaction.atomic():
            meet = self.connect(
                brand,
                {"client_key": client_key(), "client_secret": client_secret()},
                name="Meet.rs",
                provider="meetrs",
                base_url=f"{copies}/meetrs",
            )
            live = self.connect(
                brand,
                {"account_sid": account_sid(), "auth_token": auth_token()},
                name="LiveMinutes",
                provider="liveminutes",
                base_url=f"{copies}/liveminutes",
                options={"auth_probe_key": "probe"},
            )
            known = Professional.objects.filter(enrolment__connection=meetbit)
            listed = quiet(brand).exclude(pk__in=known.values("pk"))
            first = listed.filter(person__email=LOGINS[0]).first() or listed[0]
            hosts = [first, listed.exclude(pk=first.pk)[0], known[0]]
            for host, connection in zip(hosts, (meet, live, meetbit), strict=True):
                RoomChoice.objects.create(professional=host, connection=connection)
                self.call(host)
        return [meet, live]

    def bookme(self, brand: Brand | None, copies: str) -> list[Connection]:
        """One member is an employee of the copy's bank, with her meeting types for topics; the last of the quiet ones, so
        that the accounts at meetergo stay with those they were given to."""
        if brand is None or brand.connections.filter(provider="bookme").exists():
            return []
        host = quiet(brand).filter(enrolment__isnull=False, enrolment__connection=None).last()
        if host is None:
            return []
        base = f"{copies}/bookme"
        made = self.connect(
            brand,
            bank.credentials(),
            name="BookMe",
            provider="bookme",
            base_url=f"{base}/api/v1",
            options={"authority": base, "customer_type": bank.uid("private")},
        )
        self.test(made)
        person, week = host.person, {str(day): [[540, 1020]] for day in range(5)}
        acts = [
            (
                "add_employee",
                {"email": person.email, "first": person.first_name, "last": person.last_name, "hours": week},
            )
        ]
        acts += [("add_topic", {"name": one.title}) for one in host.meeting_types.filter(seats=1)]
        with suppress(requests.RequestException):  # without them its people are assigned by hand
            for name, values in acts:
                requests.post(f"{copies}/_sandbox/actions/bookme/{name}", json=values, timeout=10)
        connections.enrol([host], made)
        return [made]

    def report(self, connection: Connection) -> None:
        """The copy has three months of them."""
        today = timezone.localdate()
        with suppress(ProviderError):
            self.stdout.write(
                f"{connection}: {reports.fetch_range(connection, today - timedelta(days=92), today)} rows"
            )

    def call(self, host: Professional) -> None:
        """Ten minutes from now, which is inside the time in which our link opens the room."""
        made = MeetingType.objects.create(
            host=host,
            slug="videosprechstunde",
            title="Videosprechstunde",
            description="Im Browser, ohne Anmeldung. Der Raum öffnet sich 15 Minuten vorher.",
            channel=MeetingType.Channel.VIDEO,
            duration=30,
            notice=60,
            position=50,
        )
        start = (timezone.now() + timedelta(minutes=10)).replace(second=0, microsecond=0)
        with suppress(bookings.SlotTaken):
            bookings.enter(
                made, start, name="Jonas Wieland", email="jonas.wieland@example.org", outside_rules=True, notify=False
            )

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
