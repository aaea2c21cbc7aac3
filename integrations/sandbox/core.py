"""One running copy of the sandbox, and what a provider's package tells about itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse

from integrations.sandbox.clock import Clock
from integrations.sandbox.deliveries import Deliveries
from integrations.sandbox.faults import Faults
from integrations.sandbox.limits import Limit, Limits
from integrations.sandbox.log import RequestLog
from integrations.sandbox.store import Store

# Modules that hold a PROVIDER.
PROVIDERS = [
    "integrations.sandbox.meetergo.provider",
    "integrations.sandbox.meetbit.provider",
    "integrations.sandbox.bookme.provider",
    "integrations.sandbox.liveminutes.provider",
    "integrations.sandbox.meetrs.provider",
]


class ApiError(Exception):
    """Leave a view early with this answer."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True)
class Switch:
    """Something the public documents leave open: one of `choices`; no choices means any value."""

    name: str
    default: Any
    about: str
    choices: Sequence[Any] = ()
    unknown: str = ""  # its number in the notes, U1 …: another name for the switch
    in_profile: dict[str, Any] = field(default_factory=dict)  # other defaults while the switch `profile` has that value


@dataclass(frozen=True)
class Provider:
    name: str
    urls: str
    seed: Callable[["Sandbox"], None]
    title: str = ""
    switches: Sequence[Switch] = ()
    limits: dict[str, Limit] = field(default_factory=dict)
    # What the provider's own staff and dashboard can do, by name: called with the sandbox and keywords.
    actions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    # (label, value) of what a client needs, shown by the command and on the dashboard.
    facts: Callable[["Sandbox", str], list[tuple[str, str]]] = lambda sandbox, base: []
    # The body of a 500, and of a 404 for a path that is none.
    fail: Callable[[HttpRequest, int], HttpResponse] | None = None


class Sandbox:
    def __init__(self, path: Path | str) -> None:
        found = [import_module(module).PROVIDER for module in PROVIDERS]
        self.providers: dict[str, Provider] = {provider.name: provider for provider in found}
        self.store = Store(path)
        self.clock = Clock(self.store)
        self.faults = Faults()
        self.limits = Limits(self.clock, {name: limit for each in found for name, limit in each.limits.items()})
        self.log = RequestLog()
        self.deliveries = Deliveries(self.store, self.clock)
        self.cache: dict[Any, Any] = {}  # answers that a provider may give again; emptied by reset
        self._seed()

    def _seed(self) -> None:
        with self.store.transaction():
            for name, provider in self.providers.items():
                if self.store.get("_sandbox", "seeded", name) is None:
                    provider.seed(self)
                    self.store.put("_sandbox", "seeded", name, {})

    def reset(self) -> None:
        """As on the first start."""
        with self.store.transaction():
            self.store.clear()
            self._seed()
        self.clock.load()
        self.faults.clear()
        self.limits.reset()
        self.log.clear()
        self.cache.clear()
        self.deliveries.modes.clear()

    def switch(self, provider: str, name: str) -> Any:
        """What holds now. Raises KeyError for an unknown switch."""
        switch = self._switch(provider, name)
        chosen = self.store.get("_sandbox", "switches", provider) or {}
        if switch.name in chosen:
            return chosen[switch.name]
        if switch.in_profile:
            return switch.in_profile.get(self.switch(provider, "profile"), switch.default)
        return switch.default

    def set_switch(self, provider: str, name: str, value: Any) -> None:
        """None goes back to the default. Raises KeyError for an unknown switch, ValueError for an unknown value."""
        switch = self._switch(provider, name)
        if value is not None and switch.choices and value not in switch.choices:
            raise ValueError(f"{switch.name} must be one of {', '.join(map(str, switch.choices))}")
        with self.store.transaction():
            chosen = self.store.get("_sandbox", "switches", provider) or {}
            chosen.pop(switch.name, None)
            if value is not None:
                chosen[switch.name] = value
            self.store.put("_sandbox", "switches", provider, chosen)

    def _switch(self, provider: str, name: str) -> Switch:
        for switch in self.providers[provider].switches:
            if name in (switch.name, switch.unknown):
                return switch
        raise KeyError(f"{provider} has no switch {name}")

    def describe_switches(self, provider: str) -> list[dict[str, Any]]:
        return [
            {
                "name": switch.name,
                "unknown": switch.unknown,
                "value": self.switch(provider, switch.name),
                "default": switch.default,
                "choices": list(switch.choices),
                "about": switch.about,
            }
            for switch in self.providers[provider].switches
        ]

    def close(self) -> None:
        self.deliveries.close()
        self.store.close()
