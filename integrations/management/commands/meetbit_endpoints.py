"""Print what is assumed of the MeetBit API, to be ticked off against the real tenant."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.models import Connection
from integrations.providers.meetbit import MeetBit, assumptions


class Command(BaseCommand):
    help = "Print every call, parameter and field of the MeetBit API that its public documents leave open (INFERRED)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--connection", type=int, help="number of a connection, whose corrections are applied")
        parser.add_argument("--all", action="store_true", help="documented entries as well")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen: dict[str, Any] = {}
        if options["connection"] is not None:
            connection = Connection.objects.filter(pk=options["connection"], provider=MeetBit.slug).first()
            if connection is None:
                raise CommandError(f"There is no MeetBit connection {options['connection']}.")
            chosen = connection.options
        try:
            lines = assumptions(chosen)
        except ValueError as error:
            raise CommandError(str(error)) from error
        allowed = chosen.get("enabled_optional", [])
        for line in lines:
            if not (line.inferred or options["all"]):
                continue
            mark = "corrected" if line.overridden else "INFERRED" if line.inferred else "documented"
            off = " (off)" if line.optional and line.name not in allowed else ""
            self.stdout.write(f"{mark:11} {line.name:32} {line.means}{off}")
        for option in MeetBit.options:
            if option.inferred:
                value = chosen.get(option.name, option.default)
                mark = "corrected" if value != option.default else "INFERRED"
                self.stdout.write(f"{mark:11} {'option ' + option.name:32} {value}")
