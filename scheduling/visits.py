"""Counts how the pages of a professional lead to a booking: per day of her calendar, without cookies or personal data.

Counted are visits, not clicks: who looks at another week, reloads, or is a program, her or staff is left out. The sum is
raised when the answer has been sent, so that nobody waits for it.
"""

import datetime as dt
import logging
import re
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from directory.models import Professional
from scheduling.models import MeetingType, VisitCount

logger = logging.getLogger(__name__)
Kind = VisitCount.Kind
TABLE, ALL = VisitCount._meta.db_table, "host_id, day, kind, meeting_type_id"
BOTS = re.compile(
    r"bot\b|bot/|linkexpanding|crawl|spider|slurp|headless|preview|facebookexternalhit|embedly|monitor|uptime|pingdom|lighthouse"
    r"|curl/|wget/|python|httpx|aiohttp|okhttp|go-http|java/|libwww|scrapy|axios|node-fetch",
    re.IGNORECASE,
)


def note(
    request: HttpRequest, response: HttpResponse, kind: str, host: Professional, meeting_type: MeetingType | None = None
) -> HttpResponse:
    """Count this request once its `response` is out, if it is a visit; returns the response."""
    if is_visit(request) and not _is_hers(request, host):
        day = timezone.localdate(timezone=ZoneInfo(host.time_zone))
        key = (host.pk, kind, meeting_type.pk if meeting_type else None)
        response._resource_closers.append(lambda: _add_quietly(*key, day=day))  # type: ignore[attr-defined]
    return response


def is_visit(request: HttpRequest) -> bool:
    """Somebody came here or sent a form, rather than a program, a browser on its own account, or a click on the page."""
    headers = request.headers
    agent = headers.get("User-Agent", "")
    if not agent or BOTS.search(agent) or request.method == "HEAD":
        return False
    if request.method != "GET":
        return True
    if "prefetch" in headers.get("Sec-Purpose", headers.get("Purpose", "")):
        return False
    # What browsers send on a reload, also on the one by which a page changes to the visitor's time zone.
    if headers.get("Cache-Control", "") in ("max-age=0", "no-cache"):
        return False
    try:
        came_from = urlsplit(headers.get("Referer", ""))
    except ValueError:
        return True
    return (came_from.netloc, came_from.path) != (request.get_host(), request.path)


def _is_hers(request: HttpRequest, host: Professional) -> bool:
    user = request.user
    return user.is_authenticated and (user.is_staff or host.person.user_id == user.pk)


def _add_quietly(host_id: int, kind: str, meeting_type_id: int | None, *, day: dt.date) -> None:
    try:
        add(host_id, kind, meeting_type_id, day=day)
    except DatabaseError:  # a lost count must not become a failed page
        logger.exception("A visit was not counted.")


def add(host_id: int, kind: str, meeting_type_id: int | None, *, day: dt.date) -> None:
    """One more, in a single statement: Django's own upsert does not know indexes that have a condition."""
    columns, null = ("host_id, day, kind", "IS NULL") if meeting_type_id is None else (ALL, "IS NOT NULL")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} ({ALL}, count) VALUES (%s, %s, %s, %s, 1)"  # noqa: S608  (constants)
            f" ON CONFLICT ({columns}) WHERE meeting_type_id {null} DO UPDATE SET count = {TABLE}.count + 1",
            [host_id, connection.ops.adapt_datefield_value(day), kind, meeting_type_id],
        )


def forget(today: dt.date) -> int:
    """Drop sums older than settings.VISITS_KEPT_MONTHS (0: keep all); returns how many rows."""
    months = settings.VISITS_KEPT_MONTHS
    if not months:
        return 0
    years, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return VisitCount.objects.filter(day__lt=dt.date(years, month + 1, 1)).delete()[0]
