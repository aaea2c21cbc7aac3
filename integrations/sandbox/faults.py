"""What goes wrong on purpose.

A fault has a `kind`, says where it applies (`provider`, `method`, `path`: patterns with `*`; the path is read below the
provider's mount, /v4/user for /meetergo/v4/user), how often (`times`, after `skip` matching calls, with `probability`)
and how:

    latency      wait `seconds`, then go on
    status       answer `status` (with `body`, `headers`, `retry_after`) and do nothing
    drop         close the connection and do nothing
    lost         do the work, then close the connection
    lost_504     do the work, then answer 504 with a proxy's page
    truncated    do the work, answer half of the JSON as if it were all
    cut          do the work, break off in the middle of the answer
    html         answer 200 with a page instead of JSON, and do nothing
    empty        do the work, answer with an empty body
    extra        do the work, add fields that nobody documented
    nulls        do the work, answer null in every place named in `fields`
    repeat_page  answer every page of a list with its first page
"""

import random
import threading
import uuid
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

KINDS = {
    "latency", "status", "drop", "lost", "lost_504", "truncated", "cut", "html", "empty", "extra", "nulls", "repeat_page",
}  # fmt: skip


@dataclass
class Fault:
    kind: str
    provider: str = "*"
    method: str = "*"
    path: str = "*"
    times: int | None = 1  # None: until it is taken away
    skip: int = 0
    probability: float = 1.0
    seconds: float = 0.0
    status: int = 503
    body: Any = None  # an object is sent as JSON, a text as it stands
    headers: dict[str, str] = field(default_factory=dict)
    retry_after: int | None = None
    fields: list[str] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    fired: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(sorted(KINDS))}")

    def matches(self, provider: str, method: str, path: str) -> bool:
        return (
            fnmatchcase(provider, self.provider)
            and fnmatchcase(method.upper(), self.method.upper())
            and fnmatchcase(path, self.path)
        )


class Faults:
    """Chance is the same after every reset, so that a failing test fails again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self, seed: int = 0) -> None:
        with self._lock:
            self._faults: list[Fault] = []
            self._random = random.Random(seed)  # noqa: S311  (nothing secret)

    def add(self, **values: Any) -> Fault:
        """Raises ValueError or TypeError for what no fault knows."""
        fault = Fault(**values)
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, uid: str) -> bool:
        with self._lock:
            kept = [fault for fault in self._faults if fault.id != uid]
            gone = len(kept) < len(self._faults)
            self._faults = kept
        return gone

    def fire(self, provider: str, method: str, path: str) -> list[Fault]:
        """What happens to this request: every latency, and at most one other fault. Counts them."""
        chosen: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                if not fault.matches(provider, method, path) or fault.times == 0:
                    continue
                if fault.kind != "latency" and any(other.kind != "latency" for other in chosen):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.probability < 1 and self._random.random() >= fault.probability:
                    continue
                fault.fired += 1
                if fault.times is not None:
                    fault.times -= 1
                chosen.append(fault)
        return chosen

    def describe(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]
