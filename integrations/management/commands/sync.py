"""Parity by hand: what differs, bring it up to date, prove it."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from directory.secrets import CannotUnseal
from integrations import parity, sync
from integrations.errors import ProviderError, Unauthorised
from integrations.models import Connection


class Command(BaseCommand):
    help = (
        "--plan prints what differs and changes nothing (exit code 2 if something does); --all marks what differs and "
        "works until nothing is due; --verify reads the provider's side again and mends what was changed there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--plan", action="store_true")
        what.add_argument("--all", action="store_true")
        what.add_argument("--verify", action="store_true")
        parser.add_argument("--connection", metavar="NAME", help="only this one (default: all that are active)")
        parser.add_argument("--kind", action="append", default=[], help="only objects of this kind; may be repeated")
        parser.add_argument("--force", action="store_true", help="override the brake of deletions")
        parser.add_argument("--keep", action="store_true", help="with --verify: only note what differs")

    def handle(self, *args: Any, **given: Any) -> None:
        self.kinds: list[str] = given["kind"]
        chosen = list(chosen_connections(given["connection"]))
        unknown = set(self.kinds) - {kind for one in chosen for kind in one.provider_class.resources}
        if unknown:
            raise CommandError(f"No such kind here: {', '.join(sorted(unknown))}.")
        differs = False
        for connection in chosen:
            try:
                if given["plan"]:
                    differs |= self.plan(connection)
                elif given["verify"]:
                    differs |= self.verify(connection, repair=not given["keep"])
                else:
                    self.mark(connection, force=given["force"])
            except parity.BrakeError as stopped:
                raise CommandError(f"{connection}: {stopped} Nothing was marked; --force goes on.") from None
            except Unauthorised as error:
                raise CommandError(f"{connection}: the credentials are refused: {error}") from None
            except (ProviderError, CannotUnseal) as error:
                raise CommandError(f"{connection}: {type(error).__name__}: {error}") from None
        if not given["plan"] and not (given["verify"] and given["keep"]):
            done = 0
            while count := sync.work():
                done += count
            self.stdout.write(f"{done} object(s) worked on.")
            self.report(chosen)
        elif differs:
            raise SystemExit(2)

    def plan(self, connection: Connection) -> bool:
        steps = [step for step in parity.plan(connection) if not self.kinds or step.kind in self.kinds]
        counts = Counter(step.action for step in steps)
        self.stdout.write(f"{connection}: " + summary(counts))
        for step in steps:
            if step.action != "nothing":
                there = f" ({step.remote_id})" if step.remote_id else ""
                self.stdout.write(f"  {step.action:<7} {step.kind} {step.uid}{there}")
        return counts.total() != counts["nothing"]

    def verify(self, connection: Connection, *, repair: bool) -> bool:
        verdict = parity.verify(connection, repair=repair, kinds=self.kinds or None)
        self.stdout.write(
            f"{connection}: {verdict.checked} read, {verdict.edited} edited there, {verdict.missing} missing there, "
            f"{verdict.unknown} unknown to us."
        )
        return bool(verdict.edited or verdict.missing)

    def mark(self, connection: Connection, *, force: bool) -> None:
        if self.kinds:
            due = 0
            for step in parity.plan(connection):
                if step.kind in self.kinds and step.action in ("create", "update"):
                    sync.mark(connection, step.kind, step.uid)
                    due += 1
        else:
            due = parity.sweep(connection, force=force)
        self.stdout.write(f"{connection}: {due} object(s) due.")

    def report(self, chosen: list[Connection]) -> None:
        """What is left; a failing exit code if a person has to do something."""
        parked = 0
        for connection in chosen:
            for row in connection.mirrors.parked():
                parked += 1
                self.stdout.write(f"  waits for a person: {row}: {row.last_error}")
        if parked:
            raise SystemExit(1)


def chosen_connections(name: str | None) -> list[Connection]:
    found = Connection.objects.filter(is_active=True).select_related("brand")
    if name:
        found = found.filter(name=name)
        if not found:
            known = ", ".join(Connection.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no active connection “{name}”. Known: {known}.")
    return list(found)


def summary(counts: Counter[str]) -> str:
    words = {"create": "to create", "update": "to update", "delete": "to delete", "nothing": "in parity"}
    return ", ".join(f"{counts[action]} {text}" for action, text in words.items())
