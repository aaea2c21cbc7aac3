"""Apply stored webhook events once more. Harmless: each only says where to look."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations import webhooks
from integrations.models import WebhookEvent


def moment(text: str) -> datetime:
    """'2h', '3d' or an ISO moment (UTC where it names no zone)."""
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if text[:-1].isdigit() and text[-1] in units:
        return timezone.now() - timedelta(**{units[text[-1]]: int(text[:-1])})
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Apply stored webhook events again; without arguments those that could not be applied."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", help="received since: 2h, 3d, or 2026-11-24T10:00")
        parser.add_argument("--id", type=int, action="append", default=[])

    def handle(self, *args: Any, **given: Any) -> None:
        events = WebhookEvent.objects.all()
        if given["id"]:
            events = events.filter(pk__in=given["id"])
        if given["since"]:
            try:
                events = events.filter(received_at__gte=moment(given["since"]))
            except (ValueError, OverflowError) as error:
                raise CommandError(f"“{given['since']}” is no moment.") from error
        if not given["id"] and not given["since"]:
            events = events.filter(applied_at=None, due_at=None).exclude(last_error="")
        pks = list(events.values_list("pk", flat=True))
        chosen = WebhookEvent.objects.filter(pk__in=pks)
        webhooks.replay(chosen)
        for pk in reversed(pks):
            webhooks.apply(pk)
        failed = chosen.exclude(last_error="")
        for event in failed:
            self.stdout.write(f"  {event}: {event.last_error}")
        self.stdout.write(f"{len(pks)} event(s) applied again, {len(failed)} of them with an error.")
        if failed:
            raise SystemExit(1)
