"""Serve local copies of the providers' APIs (integrations/sandbox)."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integrations.sandbox.core import Sandbox
from integrations.sandbox.server import Running


class Command(BaseCommand):
    help = "Serve local copies of the providers' APIs, with hosted booking pages and controls."
    # It touches neither the product's tables nor its URLs.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="where it listens (default: %(default)s)")
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT or 8100)
        parser.add_argument("--db", type=Path, default=settings.SANDBOX_DB, help="its SQLite file")
        parser.add_argument("--fresh", action="store_true", help="forget everything and begin again")

    def handle(self, *args: Any, **options: Any) -> None:
        sandbox = Sandbox(options["db"])
        if options["fresh"]:
            sandbox.reset()
        try:
            running = Running(sandbox, options["host"], options["port"])
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} on {options['host']} cannot be used: {error.strerror}"
            ) from error
        self.stdout.write(f"Sandbox on {running.url}/")
        for provider in sandbox.providers.values():
            for label, value in provider.facts(sandbox, running.url):
                self.stdout.write(f"  {provider.title or provider.name} {label}: {value}")
        self.stdout.flush()

        def stop(number: int, frame: Any) -> None:
            # From a thread of its own: the server waits for its loop, which runs in this one.
            threading.Thread(target=running.server.shutdown, daemon=True).start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        running.serve()
        running.server.server_close()
        sandbox.close()
