"""manage.py demo: two brands with professionals, portraits, hours, meeting types and appointments."""

from argparse import ArgumentParser
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from directory.models import Brand, Professional
from scheduling import availability
from scheduling.demo import appointments, everyday, load, visits
from scheduling.demo.entries import Entry


def _first(entries: list[Entry], special: str = "") -> Entry:
    return next(entry for entry in entries if entry.special == special)


def _named(entries: list[Entry], last: str) -> Entry:
    return next(entry for entry in entries if entry.last == last)


(_LAWYERS, _lawyers), (_DOCTORS, _doctors) = load.BRANDS
_BRANDTNER, _CARMODY = _named(_lawyers, "Brandtner"), _named(_doctors, "Carmody")

# (role, host, e-mail, password)
DEMO_LOGINS: list[tuple[str, str, str, str]] = [
    ("Administrator", "localhost", load.ADMIN, load.PASSWORD),
    ("Support, contact data masked", "localhost", load.SUPPORT, load.PASSWORD),
    ("Lawyer", _LAWYERS.HOST, load.email_of(_BRANDTNER, _LAWYERS), load.PASSWORD),
    ("Doctor", _DOCTORS.HOST, load.email_of(_CARMODY, _DOCTORS), load.PASSWORD),
    ("Member, profile unfinished", _LAWYERS.HOST, load.email_of(_first(_lawyers, "draft"), _LAWYERS), load.PASSWORD),
    ("Member, waiting", _LAWYERS.HOST, load.email_of(_first(_lawyers, "submitted"), _LAWYERS), load.PASSWORD),
]
LOGINS = [(role, email, password) for role, _host, email, password in DEMO_LOGINS]


class Command(BaseCommand):
    help = "Load two demo brands. What is there already stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="delete the demo brands first; others are not touched")
        parser.add_argument(
            "--anywhere", action="store_true", help="also where DEVELOPMENT is off, although the passwords are public"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT and not options["anywhere"]:
            raise CommandError(
                "The passwords of the demo log-ins are public. Set DEVELOPMENT=1, or give --anywhere if you mean it."
            )
        if options["reset"]:
            load.remove()
        load.make_admin()
        for content, entries in load.BRANDS:
            with transaction.atomic():
                brand = load.make_brand(content, entries)
                if brand is not None:
                    self.fill(brand, content, entries)
            name = content.BRAND["name"]
            if options["verbosity"]:
                self.stdout.write(f"{name}: loaded." if brand else f"{name}: there already, left as it is.")

    def fill(self, brand: Brand, content: ModuleType, entries: list[Entry]) -> None:
        members = {email for _role, _host, email, _password in DEMO_LOGINS}
        appointments.make(
            brand,
            busy=members,
            full={load.email_of(entry, content) for entry in entries if entry.special == "full"},
        )
        # What follows asks who is listed and what is free: that must not wait for the end of the transaction.
        for host in Professional.objects.filter(brand=brand).select_related("person", "brand"):
            availability.refresh(host)
        special = {load.email_of(entry, content) for entry in entries if entry.special == "paused"}
        everyday.make(brand, members, paused=special)
        appointments.write_mails(brand)
        visits.make(brand, busy=members)
        for host_id in Professional.objects.filter(brand=brand).values_list("pk", flat=True):
            availability.refresh_later(host_id)
