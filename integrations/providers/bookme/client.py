"""Calls to BookMe by operation, with a token of Microsoft Entra that all workers share."""

import time
from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from django.core.cache import cache
from django.utils.translation import gettext as _

from integrations import tokens
from integrations.contract import Provider
from integrations.errors import Transient, Unsupported
from integrations.http import Answer
from integrations.providers.bookme import wire
from integrations.providers.bookme.answers import until_reset

# Seconds that a token lasts when nobody says, and that lists of the configuration are remembered.
ASSUMED, REMEMBERED = 3600.0, 600


class Client:
    def __init__(self, provider: Provider) -> None:
        self.provider, self.http, self.options = provider, provider.http, provider.option
        self.version = wire.VERSIONS[wire.version_of(self.http.base_url, str(self.options["api_version"]))]
        # The token is no header of a credential: without this a 401 would be tried once per live set.
        self.http.credential_headers = [{}]

    def call(
        self,
        operation: str,
        ids: Mapping[str, str] = MappingProxyType({}),
        *,
        body: Any = None,
        params: list[tuple[str, str]] | None = None,
    ) -> Any:
        method, path = (self.version.update, "/bookme/meetings/{meeting}") if operation == "update" else (
            wire.ENDPOINTS[operation]
        )  # fmt: skip
        return self.send(method, path, ids, body=body, params=params).json()

    def send(
        self,
        method: str,
        path: str,
        ids: Mapping[str, str] = MappingProxyType({}),
        *,
        body: Any = None,
        params: list[tuple[str, str]] | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        write: bool | None = None,
    ) -> Answer:
        if not self.http.base_url:
            raise Unsupported(_("Enter the address of the API with its version; &money hands it over."))
        path = path.format(**{name: quote(value, safe="") for name, value in ids.items()})

        def attempt(credentials: Mapping[str, str], token: str) -> Answer:
            given = {**headers, "Authorization": f"Bearer {token}"}
            if credentials.get("subscription_key"):
                given["Ocp-Apim-Subscription-Key"] = credentials["subscription_key"]
            return self.http.request(method, path, json=body, params=params, headers=given, write=write)

        answer = tokens.call(self.provider, self._key, self._fetch, attempt)
        self._heed(answer)
        return answer

    def _heed(self, answer: Answer) -> None:
        """Nothing is left of the allowance: wait until it is renewed, before we are told to."""
        if answer.headers.get("X-RateLimit-Remaining") == "0":
            self.http.gate.pause(until_reset(answer.headers.get("X-RateLimit-Reset")) or 1.0)

    # --- lists of the configuration -------------------------------------------------------------------------------

    def known(self, name: str, *, fresh: bool = False) -> list[dict[str, Any]]:
        """Topics, customer types, employees or rooms, remembered for ten minutes where the connection has a name."""
        key = f"bookme-{name}:{self.provider.memory.key}:{sha256(self.http.base_url.encode()).hexdigest()[:12]}"
        found = cache.get(key) if self.provider.memory.key and not fresh else None
        if found is None:
            params = [("isCustomer", "true")] if name == "topics" else []
            if name == "topics" and self.version.languages and self.options["language"]:
                params.append(("lang", str(self.options["language"])))
            rows = self.call(name, params=params)
            if not isinstance(rows, list):
                raise Transient(f"The list of {name} cannot be read.")
            found = [row for row in rows if isinstance(row, dict) and row.get("id")]
            cache.set(key, found, timeout=REMEMBERED)
        return list(found)

    def one(self, name: str, uid: str) -> dict[str, Any] | None:
        """From the remembered list, else from a fresh one."""
        for fresh in (False, True):
            for row in self.known(name, fresh=fresh):
                if str(row["id"]) == uid:
                    return row
        return None

    # --- token ------------------------------------------------------------------------------------------------------

    def _key(self, credentials: Mapping[str, str]) -> str:
        parts = [self.provider.memory.key, self.http.base_url, str(self.options["authority"])]
        parts += [credentials.get(name, "") for name in ("tenant_id", "client_id", "client_secret", "scope")]
        return f"bookme-{sha256('|'.join(parts).encode()).hexdigest()[:24]}"

    def _fetch(self, credentials: Mapping[str, str]) -> tuple[str, float]:
        tenant = quote(credentials.get("tenant_id", ""), safe="")
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.get("client_id", ""),
            "client_secret": credentials.get("client_secret", ""),
            "scope": credentials.get("scope", ""),
        }
        answer = self.http.request(
            "POST",
            f"/{tenant}/oauth2/v2.0/token",
            data=form,
            base_url=str(self.options["authority"]).rstrip("/"),
            write=False,
        ).json()
        token = tokens.granted(answer)
        try:
            lasts = float(answer.get("expires_in") or ASSUMED)
        except (TypeError, ValueError):
            lasts = ASSUMED
        return token, time.time() + lasts
