"""What the parity page of a connection shows: numbers from our rows, nothing from the provider."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.formats import date_format

from directory.secrets import CannotUnseal
from integrations import parity
from integrations.admin.subjects import name_rows
from integrations.errors import Rejected
from integrations.models import CallCount, Connection, Mirror, WebhookEvent
from scheduling.models import BusyTime

HOURS = 48
BAR, GAP, HEIGHT = 10, 3, 120
SHOWN = 20


@dataclass(frozen=True, slots=True)
class KindRow:
    """Mirrors of one kind by state; `oldest`: the object whose proof is the oldest."""

    kind: str
    total: int
    done: int
    waiting: int
    parked: int
    drifted: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the chart, in the units of its view box."""

    x: int
    calls: int
    limited: int
    failed: int
    y_calls: float
    y_limited: float
    y_failed: float
    title: str
    tick: str


def of(connection: Connection) -> dict[str, Any]:
    """Everything for the page; a fixed number of queries."""
    mirrors = Mirror.objects.filter(connection=connection)
    now = timezone.now()
    errors = list(mirrors.exclude(last_error="").order_by("-updated_at")[:SHOWN])
    drifted = list(mirrors.exclude(drift={}).order_by("-proven_at")[:SHOWN])
    name_rows([*errors, *drifted])
    return {
        "kinds": kinds(connection),
        "errors": errors,
        "drifted": drifted,
        "events": list(WebhookEvent.objects.filter(connection=connection)[:SHOWN]),
        "clashes": list(
            BusyTime.objects.filter(source=connection.source, ends_at__gte=now).select_related("host__person")[:SHOWN]
        ),
        "bars": bars(connection, now),
        "chart": {
            "width": HOURS * (BAR + GAP),
            "height": HEIGHT,
            "bar": BAR,
            "whole": HEIGHT + 32,
            "text": HEIGHT + 26,
        },
    }


def kinds(connection: Connection) -> list[KindRow]:
    waiting, wrong = Q(due_at__isnull=False), ~Q(last_error="")
    rows = (
        Mirror.objects.filter(connection=connection)
        .order_by()
        .values("kind")
        .annotate(
            total=Count("pk"),
            waiting=Count("pk", filter=waiting),
            parked=Count("pk", filter=Q(due_at=None) & wrong),
            drifted=Count("pk", filter=Q(due_at=None, last_error="") & ~Q(drift={})),
            oldest=Min("proven_at", filter=~Q(remote_id="")),
        )
    )
    order = {kind: number for number, kind in enumerate(connection.provider_class.resources)}
    found = [
        KindRow(done=row["total"] - row["waiting"] - row["parked"] - row["drifted"], **row)  # type: ignore[misc]
        for row in rows
    ]
    return sorted(found, key=lambda row: order.get(row.kind, 99))


def bars(connection: Connection, now: datetime) -> list[Bar]:
    """The last two days by hour, empty hours too."""
    last = now.replace(minute=0, second=0, microsecond=0)
    first = last - timedelta(hours=HOURS - 1)
    counts = {row.hour: row for row in CallCount.objects.filter(connection=connection, hour__gte=first)}
    most = max([row.calls for row in counts.values()] + [1])
    found = []
    for number in range(HOURS):
        hour = first + timedelta(hours=number)
        row = counts.get(hour) or CallCount(hour=hour)
        local = timezone.localtime(hour)
        found.append(
            Bar(
                x=number * (BAR + GAP),
                calls=row.calls,
                limited=row.limited,
                failed=row.failed,
                y_calls=round(HEIGHT * row.calls / most, 1),
                y_limited=round(HEIGHT * row.limited / most, 1),
                y_failed=round(HEIGHT * row.failed / most, 1),
                title=date_format(local, "SHORT_DATETIME_FORMAT"),
                tick=date_format(local, "H:i") if local.hour % 12 == 0 else "",
            )
        )
    return found


def plan(connection: Connection) -> dict[str, Any]:
    """The difference between what should be there and what was applied; changes nothing and calls nobody."""
    try:
        steps = list(parity.plan(connection))
    except (CannotUnseal, Rejected) as error:
        return {"error": str(error), "counts": {}, "steps": []}
    counts = Counter(step.action for step in steps)
    due = [step for step in steps if step.action != "nothing"]
    return {"counts": dict(counts), "steps": due[:200], "more": max(0, len(due) - 200), "error": ""}


def pace(connection: Connection) -> str:
    """How many calls the connection may make, in figures."""
    rates = connection.options.get("rate") or connection.provider_class.rate
    return ", ".join(f"{calls:g} / {seconds:g} s" for calls, seconds in rates)
