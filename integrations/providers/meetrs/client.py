"""Calls to Meet.rs by operation id, with a token that all workers share."""

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations import tokens
from integrations.contract import Provider
from integrations.errors import Unsupported
from integrations.http import Answer
from integrations.providers.meetrs.endpoints import endpoint_table

# Seconds that a token is taken to last when nobody says how long.
ASSUMED = 600.0
# A number as large as this counts milliseconds.
MILLISECONDS = 1e11
SKEW = 60.0


class Client:
    def __init__(self, provider: Provider) -> None:
        self.provider, self.http, self.options = provider, provider.http, provider.option
        self.table = endpoint_table(self.options)
        # The token is no header of a credential: without this a 401 would be tried once per live set.
        self.http.credential_headers = [{}]

    def may(self, operation: str) -> bool:
        return not self.table[operation].optional or operation in self.options["enabled_optional"]

    def call(
        self,
        operation: str,
        ids: Mapping[str, str] = MappingProxyType({}),
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer as JSON."""
        endpoint = self.table[operation]
        if not self.may(operation):
            raise Unsupported(
                _("“%(operation)s” is switched off: name it in the option enabled_optional to allow it.")
                % {"operation": operation}
            )
        path = endpoint.path.format(**{name: quote(value, safe="") for name, value in ids.items()})

        def attempt(_credentials: Mapping[str, str], token: str) -> Answer:
            headers = {"Authorization": f"{self.options['auth_scheme']} {token}"}
            return self.http.request(endpoint.method, path, json=body, params=params, headers=headers)

        return tokens.call(self.provider, self._key, self._fetch, attempt).json()

    def _key(self, credentials: Mapping[str, str]) -> str:
        name = f"{self.provider.memory.key}|{self.http.base_url}|{credentials.get('client_key', '')}"
        secret = credentials.get("client_secret", "")
        return f"meetrs-{sha256(f'{name}|{secret}'.encode()).hexdigest()[:24]}"

    def _fetch(self, credentials: Mapping[str, str]) -> tuple[str, float]:
        """JSON and `client_key`, where OAuth libraries send a form and `client_id`."""
        body = {
            "grant_type": "client_credentials",
            "client_key": credentials.get("client_key", ""),
            "client_secret": credentials.get("client_secret", ""),
        }
        endpoint = self.table["token"]
        answer = self.http.request(endpoint.method, endpoint.path, json=body, write=False).json()
        token = tokens.granted(answer)
        return token, expiry(answer.get("expires_at"), token, str(self.options["expires_unit"]), time.time())


def expiry(stated: Any, token: str, unit: str, now: float) -> float:
    """Epoch seconds at which a token ends. `stated`: seconds, milliseconds or ISO, which the documents leave open.

    Where that is missing or long over: the token's own `exp`, unverified; else ten minutes from `now`.
    """
    until = _moment(stated, unit)
    if until is not None and until > now - SKEW:
        return until
    try:
        middle = token.split(".")[1]
        return float(json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["exp"])
    except (IndexError, ValueError, KeyError, TypeError):
        return now + ASSUMED


def _moment(stated: Any, unit: str) -> float | None:
    try:
        number = float(stated)
    except (TypeError, ValueError):
        try:
            moment = datetime.fromisoformat(str(stated))
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    thousandths = unit == "milliseconds" or (unit == "auto" and number >= MILLISECONDS)
    return number / 1000 if thousandths else number
