"""A brand's account at a provider: make it, change it, or put new credentials in front of the old ones.

Credentials are never arguments, which every user of the machine can read. They come from the environment as
<PROVIDER>_<NAME> (MEETERGO_API_KEY), or from standard input as JSON or as lines NAME=value.
"""

import json
import os
import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date

from directory.models import Brand
from directory.secrets import CannotUnseal
from integrations import connections
from integrations.contract import Option
from integrations.errors import ProviderError
from integrations.models import Connection, provider_class


class Command(BaseCommand):
    help = "Connect a brand to a provider, test it, and say what was found. Run again to change something."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", choices=sorted(settings.PROVIDERS))
        parser.add_argument("--brand", required=True, help="slug of the brand")
        parser.add_argument("--name", help="name of the connection (default: that of the provider)")
        parser.add_argument("--base-url", help="address of the API, where it is not the provider's public one")
        parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
        parser.add_argument("--expires-on", type=parse_date, metavar="YYYY-MM-DD", help="last day of the credentials")
        parser.add_argument("--default", action="store_true", help="new members of the brand join here")
        parser.add_argument("--booking", choices=Connection.Booking.values, help="where visitors book")
        parser.add_argument("--rotate", action="store_true", help="keep the live credentials as the second set")
        parser.add_argument("--webhook", action="store_true", help="make the provider send its webhooks to us")

    def handle(self, *args: Any, **given: Any) -> None:
        brand = Brand.objects.filter(slug=given["brand"]).first()
        if brand is None:
            known = ", ".join(Brand.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no brand “{given['brand']}”. Known: {known}.")
        cls = provider_class(given["provider"])
        name = given["name"] or cls.label
        connection = Connection.objects.filter(brand=brand, name=name).first()
        new = connection is None
        if connection is None:
            connection = Connection(brand=brand, name=name, provider=given["provider"])
        elif connection.provider != given["provider"]:
            raise CommandError(f"“{name}” is a connection to {connection.provider} already.")
        self._set(connection, given)
        secrets = read_secrets(given["provider"], (*cls.secrets, "webhook_secret"))
        if (new or given["rotate"]) and not secrets:
            names = ", ".join(f"{given['provider']}_{secret}".upper() for secret in cls.secrets)
            raise CommandError(f"No credentials. Set {names} in the environment, or give them on standard input.")
        self._save(connection, secrets, rotate=given["rotate"])
        self.stdout.write(f"{'Made' if new else 'Changed'}: {connection}.")
        try:
            self.stdout.write(f"Test: {connections.check(connection)}")
            if given["webhook"]:
                self.stdout.write(f"Webhooks: {connections.register_webhook(connection)}")
        except (ProviderError, CannotUnseal) as error:
            raise CommandError(f"It is kept, but the test failed: {type(error).__name__}: {error}") from error
        self.stdout.write(f"Webhook address: {connection.webhook_url}")

    def _set(self, connection: Connection, given: dict[str, Any]) -> None:
        if given["base_url"]:
            connection.base_url = given["base_url"]
        options = {option.name: option for option in connection.provider_class.options}
        for text in given["option"]:
            name, equals, value = text.partition("=")
            if not equals or name not in options:
                known = ", ".join(sorted(options)) or "none"
                raise CommandError(f"“{text}” is no option of this provider as NAME=VALUE. Known: {known}.")
            connection.options[name] = option_value(options[name], value)
        for name in ("expires_on", "booking"):
            if given[name]:
                setattr(connection, name, given[name])
        if not (connection.base_url or connection.provider_class.base_url):
            raise CommandError("This provider has an address for every customer: give --base-url.")
        if connection.expires_on and connection.expires_on < date.today():  # noqa: DTZ011  (a day in the operator's words)
            raise CommandError("The credentials would have expired already.")
        if given["default"]:
            connection.is_default = True

    def _save(self, connection: Connection, secrets: dict[str, str], *, rotate: bool) -> None:
        if connection.is_default:
            taken = Connection.objects.filter(brand=connection.brand, is_default=True).exclude(pk=connection.pk).first()
            if taken:
                raise CommandError(
                    f"New members of this brand join “{taken.name}” already. In the administration “Members join here” "
                    "moves them, and shows beforehand what that means."
                )
        try:
            connection.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if secrets:
            try:
                connections.require_credentials(connection, secrets)
            except connections.CannotConnectError as error:
                raise CommandError(str(error)) from error
        connection.save()
        if secrets:
            connections.set_credentials(connection, secrets, rotate=rotate)


def option_value(option: Option, text: str) -> Any:
    """Text of a command line → a value of the kind of the default; JSON where the default is no text."""
    if isinstance(option.default, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_secrets(provider: str, names: tuple[str, ...]) -> dict[str, str]:
    """From the environment; what is not there, from standard input if something is piped in."""
    found = {name: os.environ.get(f"{provider}_{name}".upper(), "") for name in names}
    found = {name: value for name, value in found.items() if value}
    if found or sys.stdin is None or sys.stdin.isatty():
        return found
    text = sys.stdin.read().strip()
    if text.startswith("{"):
        try:
            given = {str(name): str(value) for name, value in json.loads(text).items()}
        except ValueError as error:
            raise CommandError("Standard input is not JSON.") from error
    else:
        pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
        given = {name.strip(): value.strip() for name, _equals, value in pairs}
    return {name: given[name] for name in names if given.get(name)}
