"""Onboard many members at once. Rows are the state: stop it with Ctrl-C, run it again, let a worker finish it."""

import csv
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from directory.models import Professional
from integrations import connections, desired, sync
from integrations.management.commands.sync import chosen_connections
from integrations.models import Connection, Mirror

BAR = 30


class Command(BaseCommand):
    help = "Give members their accounts at a provider, at the pace that the provider allows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--connection", required=True, metavar="NAME")
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--all", action="store_true", help="all members who belong to the connection")
        who.add_argument("--csv", type=Path, help="members by a column “email” or “slug”; they are enrolled first")

    def handle(self, *args: Any, **given: Any) -> None:
        connection = chosen_connections(given["connection"])[0]
        if given["csv"]:
            chosen = self.read(connection, given["csv"])
            connections.enrol(chosen, connection)
            pks = [professional.pk for professional in chosen]
        else:
            pks = list(desired.members(connection).order_by("pk").values_list("pk", flat=True).distinct())
        connections.pause(connection, False)
        connections.onboard(connection, pks)
        began = connections.progress(connection, pks)
        self.stdout.write(f"{connection}: {began.total} member(s), {began.ready} of them have an account.")
        try:
            self.work(connection, pks, began)
        except KeyboardInterrupt:
            self.stdout.write("\nStopped. Nothing is lost: the worker goes on, and so does the same command.")
            raise SystemExit(130) from None

    def read(self, connection: Connection, path: Path) -> list[Professional]:
        """Members of the brand named in a CSV; unknown ones are an error before anything happens."""
        try:
            with path.open(newline="", encoding="utf-8-sig") as file:
                rows = [
                    {str(name).strip().lower(): value for name, value in row.items()} for row in csv.DictReader(file)
                ]
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path}: {error}") from error
        members = Professional.objects.filter(brand=connection.brand).select_related("person", "brand")
        by_slug = {member.slug: member for member in members}
        by_email = {member.person.email.lower(): member for member in members if member.person.email}
        chosen: dict[int, Professional] = {}
        unknown = []
        for row in rows:
            email, slug = (row.get("email") or "").strip().lower(), (row.get("slug") or "").strip()
            member = by_email.get(email) or by_slug.get(slug)
            if member is None:
                unknown.append(email or slug or "(empty line)")
            elif member.status in desired.MEMBERS:
                chosen[member.pk] = member
            else:
                self.stdout.write(f"Left out, not listed: {member}")
        if unknown:
            raise CommandError(f"Not members of {connection.brand}: {', '.join(unknown[:20])}.")
        if not chosen:
            raise CommandError(f"{path} names no member by “email” or “slug”.")
        return list(chosen.values())

    def work(self, connection: Connection, pks: list[int], began: connections.Progress) -> None:
        """Help the workers until every account is there or waits for a person. The gate keeps the pace."""
        started = time.monotonic()
        while True:
            worked = sync.work(limit=5)
            now = connections.progress(connection, pks)
            self.draw(now, began, time.monotonic() - started)
            if now.done >= now.total:
                break
            if connection.mirrors.filter(due_at__isnull=False).count() == 0:
                break
            if not worked:
                connection.refresh_from_db(fields=["resting_until", "last_error"])
                if connection.is_resting:
                    raise CommandError(f"\nThe connection rests: {connection.last_error}")
                time.sleep(1)
        self.stdout.write("")
        parked = Mirror.objects.filter(connection=connection, kind="user").parked()
        for row in parked:
            self.stdout.write(f"  waits for a person: {row}: {row.last_error}")
        self.stdout.write(f"{now.ready} of {now.total} have an account.")
        if now.ready < now.total:
            raise SystemExit(1)

    def draw(self, now: connections.Progress, began: connections.Progress, seconds: float) -> None:
        """[#####…] 12/40  1.5/s  ETA 0:19"""
        rate = (now.done - began.done) / seconds if seconds else 0.0
        left = f"{(now.total - now.done) / rate / 60:.0f} min" if rate > 0 else "?"
        filled = BAR * now.percent // 100
        line = f"[{'#' * filled}{'·' * (BAR - filled)}] {now.done}/{now.total}  {rate * 60:.0f}/min  {left} left"
        self.stdout.write(f"\r{line}   " if sys.stdout.isatty() else line, ending="" if sys.stdout.isatty() else "\n")
        self.stdout.flush()
