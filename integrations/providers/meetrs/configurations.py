"""Add-on configurations: which tools a Meet has. Their vendor advises to manage them in its own administration and only to
read them here; writing is among the optional calls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from integrations.errors import Transient
from integrations.providers.meetrs.client import Client

# Type 2 is not documented.
MEET, TEAMS = 1, 3


@dataclass(frozen=True, slots=True)
class Configuration:
    """`raw`: as it came, for a round trip; the items' settings are JSON inside a string there."""

    id: str
    name: str
    description: str
    is_default: bool
    type: int
    identifiers: tuple[str, ...]
    raw: dict[str, Any]

    def settings(self, identifier: str) -> list[dict[str, Any]]:
        """Key and value pairs of one add-on; empty where they cannot be read."""
        for item in self.raw.get("items") or []:
            if item.get("identifier") == identifier:
                try:
                    found = json.loads(item.get("configuration") or "[]")
                except ValueError:
                    return []
                return found if isinstance(found, list) else []
        return []


def localized(value: Any, language: str = "") -> str:
    """A plain string, or a map by language in which English is always there."""
    if not isinstance(value, dict):
        return str(value or "")
    return str(value.get(language or (get_language() or "en")[:2]) or value.get("en") or "")


def parse(row: dict[str, Any]) -> Configuration:
    items = [item for item in row.get("items") or [] if isinstance(item, dict)]
    return Configuration(
        id=str(row.get("id", "")),
        name=localized(row.get("name")),
        description=localized(row.get("description")),
        is_default=bool(row.get("isDefault")),
        type=int(row.get("type") or 0),
        identifiers=tuple(str(item.get("identifier", "")) for item in items),
        raw=row,
    )


class Configurations:
    def __init__(self, client: Client) -> None:
        self.client = client

    def list(self) -> "list[Configuration]":
        rows = self.client.call("configurations.list")
        if not isinstance(rows, list):
            raise Transient("The answer is no list.")
        return [parse(row) for row in rows if isinstance(row, dict)]

    def create(self, body: dict[str, Any]) -> Configuration:
        return parse(self.client.call("configurations.create", body=body))

    def update(self, uid: str, body: dict[str, Any]) -> Configuration:
        answered = self.client.call("configurations.update", {"id": uid}, body={**body, "id": uid})
        return parse(answered or {**body, "id": uid})

    def delete(self, uid: str) -> None:
        self.client.call("configurations.delete", {"id": uid})


def changed(row: Configuration | None, data: Mapping[str, Any]) -> dict[str, Any]:
    """The whole object to write: what `data` says (name, description, type, tools, settings, is_default) over what came,
    so that other languages, and settings that nobody here can read, stay."""
    raw = dict(row.raw) if row else {}
    items = {str(item.get("identifier")): item for item in raw.get("items") or [] if isinstance(item, dict)}
    for name in ("name", "description"):
        raw[name] = _in_language(raw.get(name), str(data[name]))
    kept = []
    for one in data["tools"]:
        pairs = data["settings"].get(one, [])
        known = items.get(one, {"identifier": one, "configuration": "[]"})
        same = row is not None and row.settings(one) == pairs
        kept.append(known if same else {**known, "configuration": json.dumps(pairs)})
    return {**raw, "type": data["type"], "isDefault": data["is_default"], "items": kept}


def _in_language(known: Any, text: str) -> Any:
    """English is always there; a plain text stays one."""
    if isinstance(known, str):
        return text
    language = (get_language() or "en")[:2]
    found = dict(known or {})
    return {"en": text, **found, language: text}
