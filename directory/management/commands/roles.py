"""manage.py roles: the groups of staff with their permissions."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from directory import roles


class Command(BaseCommand):
    help = (
        "Make the groups Owner, Onboarding, Support, Moderation and Read only. Groups that are there stay as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="give groups that are there their permissions anew")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in roles.make(reset=options["reset"]):
            self.stdout.write(f"{name}: written.")
