"""What adapters may know of their connection's past: names that were counted, and whether the credentials have proved right."""

from django.apps import apps
from django.core.cache import cache
from django.db.models import Model

from integrations.past import Memory

# For so long an answer proves the credentials.
PROOF = 600


class RowMemory(Memory):
    def __init__(self, connection_id: int) -> None:
        self.connection_id, self.key = connection_id, f"connection-{connection_id}"

    @property
    def _rows(self) -> type[Model]:
        return apps.get_model("integrations", "Counted")

    def count(self, kind: str) -> int:
        return self._rows.objects.filter(connection_id=self.connection_id, kind=kind).count()  # type: ignore[attr-defined]

    def knows(self, kind: str, name: str) -> bool:
        found = self._rows.objects.filter(connection_id=self.connection_id, kind=kind, name=name)  # type: ignore[attr-defined]
        return bool(found.exists())

    def note(self, kind: str, name: str) -> None:
        row = self._rows(connection_id=self.connection_id, kind=kind, name=name)
        self._rows.objects.bulk_create([row], ignore_conflicts=True)  # type: ignore[attr-defined]

    def proven(self) -> bool:
        return bool(cache.get(f"proof:{self.key}"))

    def prove(self) -> None:
        cache.set(f"proof:{self.key}", True, timeout=PROOF)
