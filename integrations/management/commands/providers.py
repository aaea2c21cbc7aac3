"""What the providers can do, read from the code; and whether the connections are well."""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from integrations import doctor
from integrations.contract import Provider
from integrations.models import Connection, provider_class

# Written by the heartbeat task (config/health.py) at least every minute.
HEARTBEAT, LATE = "worker-heartbeat", 60.0


def rows(classes: Sequence[type[Provider]]) -> list[str]:
    """Every part that some provider has: objects first, then rooms, then the rest."""
    names = {feature for cls in classes for feature in cls.features()}
    return sorted(names, key=lambda name: (not name.startswith("resource"), not name.startswith("conference"), name))


class Command(BaseCommand):
    help = "Feature matrix of all providers; --doctor examines the connections; --endpoints prints an address table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--markdown", action="store_true", help="only the matrix, as README.md shows it")
        parser.add_argument("--doctor", action="store_true", help="keys, expiry, reach, webhooks, worker")
        parser.add_argument("--endpoints", metavar="PROVIDER", choices=sorted(settings.PROVIDERS))

    def handle(self, *args: Any, **given: Any) -> None:
        if given["endpoints"]:
            self.endpoints(given["endpoints"])
        elif given["doctor"]:
            self.doctor()
        elif given["markdown"]:
            self.markdown()
        else:
            self.matrix()

    def classes(self) -> list[type[Provider]]:
        found = []
        for slug in sorted(settings.PROVIDERS):
            try:
                found.append(provider_class(slug))
            except ImportError as error:
                self.stderr.write(f"{slug} cannot be loaded: {error}")
        return found

    def markdown(self) -> None:
        classes = self.classes()
        self.stdout.write(f"| | {' | '.join(cls.label for cls in classes)} |")
        self.stdout.write(f"|---|{'---|' * len(classes)}")
        for row in rows(classes):
            self.stdout.write(f"| {row} | {' | '.join('yes' if row in cls.features() else '–' for cls in classes)} |")

    def matrix(self) -> None:
        classes = self.classes()
        found = rows(classes)
        width = max([len(row) for row in found] + [8])
        self.stdout.write("  ".join([" " * width, *(cls.label for cls in classes)]))
        for row in found:
            cells = [("yes" if row in cls.features() else "–").ljust(len(cls.label)) for cls in classes]
            self.stdout.write("  ".join([row.ljust(width), *cells]).rstrip())
        for cls in classes:
            self.stdout.write(f"\n{cls.label}: {cls.base_url}")
            pace = ", ".join(f"{calls} calls in {seconds:g} s" for calls, seconds in cls.rate)
            self.stdout.write(f"  credentials: {', '.join(cls.secrets)}\n  pace: {pace}")
            for option in cls.options:
                choices = f" [{'|'.join(option.choices)}]" if option.choices else ""
                inferred = " (inferred)" if option.inferred else ""
                self.stdout.write(f"  option {option.name}{choices} = {option.default!r}{inferred}: {option.help}")

    def endpoints(self, slug: str) -> None:
        """What the adapter assumes of addresses that the provider's documents leave open; it has a command of its own."""
        name = f"{slug}_endpoints"
        if name not in get_commands():
            raise CommandError(f"{provider_class(slug).label} has no table of assumed addresses.")
        call_command(name, stdout=self.stdout)

    def doctor(self) -> None:
        ill = 0
        for connection in Connection.objects.filter(is_active=True).select_related("brand"):
            self.stdout.write(f"{connection} – {connection.provider}")
            for finding in doctor.examine(connection):
                ill += not finding.ok
                self.stdout.write(f"  {'ok  ' if finding.ok else 'FAIL'}  {finding.text}")
        seen = cache.get(HEARTBEAT)
        alive = seen is not None and time.time() - seen <= LATE
        ill += not alive
        words = "never heard of" if seen is None else f"last heard of {time.time() - seen:.0f} s ago"
        self.stdout.write(f"Worker\n  {'ok  ' if alive else 'FAIL'}  {words}")
        if ill:
            raise SystemExit(1)
