"""Feedback and usage of video meetings: fetched month by month, kept as rows, summed up for staff."""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone

from directory.secrets import CannotUnseal
from integrations.errors import ProviderError
from integrations.models import Connection
from integrations.report_models import ReportMonth, RoomFeedback, RoomUsage

logger = logging.getLogger(__name__)
# The running month is fetched again after this, and a month that is over once more when everything has arrived there.
AGAIN, SETTLED = timedelta(hours=12), timedelta(days=3)
PROMOTERS, DETRACTORS = 9, 6
TEXTS = {
    "code": 64,
    "title": 300,
    "tenant_id": 64,
    "app_version": 64,
    "browser": 120,
    "system": 120,
    "subscription_id": 64,
}


def reporting() -> list[Connection]:
    rows = Connection.objects.filter(is_active=True).select_related("brand")
    return [row for row in rows if row.provider_class.reports is not None]


def first_of(day: date) -> date:
    return day.replace(day=1)


def following(month: date) -> date:
    return first_of(month + timedelta(days=31))


def months(first: date, last: date) -> Iterator[date]:
    """First days of all months that the range touches."""
    month = first_of(first)
    while month <= last:
        yield month
        month = following(month)


def tenants(connection: Connection) -> list[str]:
    codes = connection.options.get("tenant_codes") or []
    return [str(code) for code in codes] or [""]


# --- fetching ------------------------------------------------------------------------------------------------------


def fetch(connection: Connection, month: date, tenant: str = "") -> int:
    """One month of one tenant; returns how many rows came. Raises the six errors; the last words are kept."""
    row, _made = ReportMonth.objects.get_or_create(connection=connection, month=month, tenant=tenant)
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    after = following(month)
    end = datetime(after.year, after.month, 1, tzinfo=UTC) - timedelta(milliseconds=1)
    begun = timezone.now()
    try:
        provider = connection.open()
        assert provider.reports is not None
        source = provider.reports(provider)
        feedback, usage = source.feedback(start, end, tenant), source.usage(start, end, tenant)
    except (ProviderError, CannotUnseal) as error:
        ReportMonth.objects.filter(pk=row.pk).update(last_error=str(error)[:2000])
        raise
    with transaction.atomic():
        _keep(RoomFeedback, connection, tenant, feedback)
        _keep(RoomUsage, connection, tenant, usage)
        ReportMonth.objects.filter(pk=row.pk).update(fetched_at=begun, last_error="")
    return len(feedback) + len(usage)


def _keep(model: type[Model], connection: Connection, tenant: str, found: list[Any]) -> None:
    rows = []
    for one in found:
        values = {name: value[: TEXTS[name]] if name in TEXTS else value for name, value in asdict(one).items()}
        rows.append(model(connection=connection, tenant=tenant, remote_id=str(values.pop("id"))[:64], **values))
    if not rows:
        return
    fixed = {"id", "connection", "remote_id"}
    changing = [field.name for field in model._meta.concrete_fields if field.name not in fixed]
    model.objects.bulk_create(  # type: ignore[attr-defined]
        rows, batch_size=500, update_conflicts=True, unique_fields=["connection", "remote_id"], update_fields=changing
    )


def fetch_range(connection: Connection, first: date, last: date) -> int:
    """All months and tenants of a range, the oldest first. Raises the six errors; what came before stays."""
    return sum(fetch(connection, month, tenant) for month in months(first, last) for tenant in tenants(connection))


def fetch_due(*, now: datetime | None = None) -> int:
    """The running month and the one before, where they are not up to date; returns how many rows came."""
    now = now or timezone.now()
    count = 0
    for connection in reporting():
        if connection.is_resting:
            continue
        this = first_of(now.date())
        try:
            for month in (first_of(this - timedelta(days=1)), this):
                for tenant in tenants(connection):
                    if _is_due(connection, month, tenant, now):
                        count += fetch(connection, month, tenant)
        except (ProviderError, CannotUnseal) as error:
            logger.warning("Reports of %s: %s", connection, error)
            connection.failed(error)
    return count


def _is_due(connection: Connection, month: date, tenant: str, now: datetime) -> bool:
    row = ReportMonth.objects.filter(connection=connection, month=month, tenant=tenant).first()
    if row is None or row.fetched_at is None:
        return True
    over = datetime.combine(following(month), datetime.min.time(), UTC) + SETTLED
    return now - row.fetched_at >= AGAIN and row.fetched_at < over


# --- summing up ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sum:
    """`nps`: share of 9 and 10 less share of 0 to 6, in points; None without ratings. Whole minutes."""

    month: date
    ratings: int = 0
    mean: float | None = None
    nps: int | None = None
    meetings: int = 0
    minutes: int = 0
    billable: int = 0
    free: int = 0
    covered: int = 0
    extra: int = 0


def summed(connection: Connection, first: date, last: date, tenant: str = "") -> list[Sum]:
    """By month, the oldest first; two queries. `tenant` "": all."""
    found = {month: Sum(month) for month in months(first, last)}
    rated: dict[date, list[int]] = {month: [] for month in found}
    for at, rating in feedback(connection, first, last, tenant).values_list("at", "rating"):
        rated[first_of(at.date())].append(rating)
    for month, ratings in rated.items():
        if ratings:
            promoters = sum(1 for rating in ratings if rating >= PROMOTERS)
            detractors = sum(1 for rating in ratings if rating <= DETRACTORS)
            row = found[month]
            row.ratings, row.mean = len(ratings), round(sum(ratings) / len(ratings), 1)
            row.nps = round(100 * (promoters - detractors) / len(ratings))
    seconds: dict[date, list[int]] = {month: [0, 0] for month in found}
    columns = ("created_at", "total_seconds", "billable_seconds", "is_free", "is_covered")
    for at, total, billable, is_free, is_covered in usage(connection, first, last, tenant).values_list(*columns):
        month = first_of(at.date())
        row = found[month]
        row.meetings += 1
        seconds[month][0] += total
        seconds[month][1] += billable
        row.free += is_free
        row.covered += is_covered and not is_free
        row.extra += not is_covered and not is_free
    for month, (total, billable) in seconds.items():
        found[month].minutes, found[month].billable = round(total / 60), round(billable / 60)
    return list(found.values())


def _between(first: date, last: date, column: str, tenant: str) -> Q:
    start = datetime.combine(first, datetime.min.time(), UTC)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), UTC)
    inside = Q(**{f"{column}__gte": start, f"{column}__lt": end})
    return inside & Q(tenant=tenant) if tenant else inside


def feedback(connection: Connection, first: date, last: date, tenant: str = ""):  # type: ignore[no-untyped-def]
    """Days in UTC, both inclusive."""
    return RoomFeedback.objects.filter(_between(first, last, "at", tenant), connection=connection)


def usage(connection: Connection, first: date, last: date, tenant: str = ""):  # type: ignore[no-untyped-def]
    return RoomUsage.objects.filter(_between(first, last, "created_at", tenant), connection=connection)
