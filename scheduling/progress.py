"""How far a member's account at a booking provider is. Who keeps such accounts lies above (settings.MEMBER_PROGRESS)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.apps import apps
from django.conf import settings
from django.db.models import QuerySet, TextChoices
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from directory.models import Brand, Professional


class State(TextChoices):
    BUILT_IN = "built_in", _("booked by the built-in engine")
    NOT_STARTED = "not_started", _("not begun")
    WAITING = "waiting", _("waiting")
    WORKING = "working", _("being worked on")
    PARKED = "parked", _("needs a person")
    DRIFTED = "drifted", _("differs there")
    DONE = "done", _("in parity")


# Of several objects the first of these that one of them is in says how the member stands.
WORST_FIRST = (State.PARKED, State.WORKING, State.WAITING, State.DRIFTED, State.DONE)


@dataclass(frozen=True, slots=True)
class Part:
    """One object of hers at a provider. `error` in the provider's own words; `name`: which of several it is."""

    kind: str
    label: str
    state: State
    connection: str
    name: str = ""
    remote_id: str = ""
    proven_at: datetime | None = None
    attempts: int = 0
    error: str = ""


@dataclass(slots=True)
class Standing:
    """`connection` and `provider`: where she belongs, empty for the built-in engine. `problem`: why nothing goes on there."""

    state: State = State.BUILT_IN
    connection: str = ""
    provider: str = ""
    problem: str = ""
    parts: list[Part] = field(default_factory=list)


class Progress(Protocol):
    def in_state(self, members: Any, brand: Brand, state: State) -> Any: ...

    def of(self, members: Iterable[Professional], brand: Brand) -> dict[int, Standing]: ...


class BuiltIn:
    """Nobody has an account anywhere else."""

    def in_state(self, members: QuerySet[Professional], brand: Brand, state: State) -> QuerySet[Professional]:
        return members if state == State.BUILT_IN else members.none()

    def of(self, members: Iterable[Professional], brand: Brand) -> dict[int, Standing]:
        return {member.pk: Standing() for member in members}


def progress() -> Progress:
    path = settings.MEMBER_PROGRESS
    return import_string(path)() if path and apps.is_installed(path.split(".")[0]) else BuiltIn()  # type: ignore[no-any-return]
