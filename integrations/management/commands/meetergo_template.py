"""Make a meeting-type template at meetergo from a meeting type here, and give it to new members of a specialty."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations import desired
from integrations.contract import MeetingTypeFacts
from integrations.errors import ProviderError
from integrations.models import Connection
from integrations.providers.meetergo import Meetergo, templates
from scheduling.models import MeetingType


class Command(BaseCommand):
    help = "Make a meeting-type template at meetergo, for new members of one specialty or of all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--connection", type=int, required=True, help="id of the connection")
        parser.add_argument("--from", dest="source", type=int, required=True, help="id of the meeting type here")
        parser.add_argument("--specialty", default="*", help="slug of the specialty; default: all new members")
        parser.add_argument("--lock", action="append", default=[], metavar="FIELD", help="what members cannot edit")

    def handle(self, *args: Any, **given: Any) -> None:
        connection = Connection.objects.filter(pk=given["connection"], provider="meetergo").first()
        if connection is None:
            raise CommandError(f"There is no meetergo connection {given['connection']}.")
        meeting_type = MeetingType.objects.filter(pk=given["source"], host__brand=connection.brand).first()
        wanted = desired.of(connection, "meeting_type", str(meeting_type.pk)) if meeting_type else None
        if wanted is None or not isinstance(wanted.facts, MeetingTypeFacts):
            raise CommandError(f"There is no meeting type {given['source']} of a member of this connection.")
        provider = connection.open()
        if not isinstance(provider, Meetergo):
            raise CommandError("This connection speaks to another provider.")
        try:
            template_id = templates.create(provider, wanted.facts, locked=tuple(given["lock"]))
        except ProviderError as error:
            raise CommandError(str(error)) from None
        table = {**(connection.options.get("templates") or {}), given["specialty"]: template_id}
        connection.options = {**connection.options, "templates": table}
        connection.save(update_fields=["options"])
        self.stdout.write(f"Template {template_id} is given to new members ({given['specialty']}).")
