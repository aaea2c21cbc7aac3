"""Step 2 of the API: the free times of a meeting type, and the ETag that says whether they have changed."""

import hashlib
import math
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    BigAutoField,
    Count,
    DateTimeField,
    IntegerField,
    Model,
    OuterRef,
    QuerySet,
    SlugField,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from directory.models import Person, Professional
from scheduling import availability
from scheduling.api import shapes
from scheduling.api.base import Endpoint
from scheduling.api.problems import Problem
from scheduling.engine import engine_for
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import Status
from scheduling.prepared import Prepared

WEEK, RANGE = timedelta(days=7), timedelta(days=shapes.RANGE_DAYS)
# Public answers about times may be kept for so long by anybody.
CACHED = "public, max-age=15, stale-while-revalidate=60"
ETAG = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="ETag of the answer you have.")
NOT_CHANGED = OpenApiResponse(description="What you have is still true.")


def _columns(model: type[Model], *wanted: str) -> list[str]:
    """In the order in which `from_db` wants them."""
    return [field.attname for field in model._meta.concrete_fields if field.attname in wanted]


# What free times are computed from; the rest of a hundred columns costs more than the query.
KIND = _columns(
    MeetingType,
    *("id", "host_id", "slug", "visibility", "engine", "channel", "any_office", "needs_room", "duration", "step"),
    *("buffer_before", "buffer_after", "notice", "horizon_days", "last_date", "seats", "daily_limit", "weekly_limit"),
)
HOST = _columns(Professional, "id", "person_id", "brand_id", "slug", "status", "paused", "calendar_version")
PERSON = _columns(Person, "id", "time_zone")


def _offer(brand: Any, host: Any, slug: Any, now: Any) -> QuerySet[Any, Any]:
    """Meeting type, host, person, and how many holds of the host have not run out."""
    held = Booking.objects.filter(host=OuterRef("host"), status=Status.HELD, hold_expires_at__gt=now).order_by()
    count = Subquery(held.values("host").annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    found = MeetingType.objects.bookable().filter(
        slug=slug, host__slug=host, host__brand=brand, host__status=Professional.Status.LISTED, host__bookable=True
    )
    hers = [f"host__{name}" for name in HOST] + [f"host__person__{name}" for name in PERSON]
    return found.order_by().annotate(held=Coalesce(count, 0)).values_list(*KIND, *hers, "held")


OFFER = Prepared(_offer, brand=BigAutoField(), host=SlugField(), slug=SlugField(), now=DateTimeField())


class Slots(Endpoint):
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Who has the answer already is told so before anything else is looked at; it does not count towards the limit."""
        if request.method == "GET" and "If-None-Match" in request.headers:
            self.request = request
            now = timezone.now()
            offer = self.offer(now, kwargs["slug"], kwargs["type_slug"])
            etag = self.etag(*offer, now) if offer else ""
            if etag and _matches(request, etag):
                return HttpResponse(status=304, headers={"ETag": etag, "Cache-Control": CACHED})
        return super().dispatch(request, *args, **kwargs)

    @extend_schema(
        parameters=[shapes.SlotsQuery, ETAG],
        responses={200: shapes.SlotsOut, 304: NOT_CHANGED},
        tags=["2 Available slots"],
        operation_id="listSlots",
    )
    def get(self, request: Request, slug: str, type_slug: str) -> HttpResponse:
        """Free starts of one meeting type, at most 31 days at once. Ask with the ETag of the last answer: while nothing
        has changed, 304 costs next to nothing and does not count towards the limit."""
        asked, now = self.query(shapes.SlotsQuery), timezone.now()
        start = max(asked.get("start", now), now)
        end = asked.get("end", start + WEEK)
        if end <= start and "end" in asked and "start" in asked and asked["end"] <= asked["start"]:
            raise _wrong("?end", _("The end lies before the start."))
        if end - start > RANGE:
            raise _wrong("?end", _("At most %(days)d days at once.") % {"days": shapes.RANGE_DAYS})
        offer = self.offer(now, slug, type_slug)
        if offer is None:
            raise Http404
        meeting_type, held = offer
        etag = self.etag(meeting_type, held, now)  # of before the times are read: old ones never go under a new one
        response = Response(self._answer(meeting_type, asked, start, max(start, end), now))
        if etag:
            response.headers["ETag"] = etag
        response.headers["Cache-Control"] = CACHED
        return response

    def offer(self, now: datetime, slug: str, type_slug: str) -> tuple[MeetingType, int] | None:
        """The meeting type with host, person and brand, and how many holds of the host there are; None: nothing to book."""
        row = next(iter(OFFER(brand=self.brand.pk, host=slug, slug=type_slug, now=now)), None)
        if row is None:
            return None
        end = len(KIND) + len(HOST)
        meeting_type = MeetingType.from_db("default", KIND, row[: len(KIND)])
        host = Professional.from_db("default", HOST, row[len(KIND) : end])
        host.person, host.brand = Person.from_db("default", PERSON, row[end:-1]), self.brand
        meeting_type.host = host
        return meeting_type, row[-1]

    def etag(self, meeting_type: MeetingType, held: int, now: datetime) -> str:
        """Of the host's calendar, the question, the minute, since notice and horizon pass with it, and the holds that have
        not run out. "" where free times change otherwise: at providers, and in rooms that others book too."""
        if meeting_type.engine != "native" or meeting_type.needs_room:
            return ""
        host = meeting_type.host
        # A start at a full minute is still offered in that very instant, so minutes end with it.
        minute = (math.ceil(now.timestamp()) - 1) // 60
        parts = [meeting_type.pk, host.pk, host.calendar_version, host.is_paused, held, minute]
        asked = self.request.META.get("QUERY_STRING", "")
        return f'"{hashlib.sha256(repr([*parts, asked]).encode()).hexdigest()[:24]}"'

    def _answer(
        self, meeting_type: MeetingType, asked: dict[str, Any], start: datetime, end: datetime, now: datetime
    ) -> dict[str, Any]:
        freshness = engine_for(meeting_type).refresh(meeting_type)
        epochs = availability.open_epochs(meeting_type, start, end, now=now, seats=asked["seats"])
        zone = ZoneInfo(asked.get("time_zone") or meeting_type.host.time_zone)
        seconds = 60 * meeting_type.duration
        next_free = None if len(epochs) else availability.next_free(meeting_type, after=end, now=now)
        return {
            "slots": [{"start": _local(one, zone), "end": _local(one + seconds, zone)} for one in map(int, epochs)],
            "time_zone": zone.key,
            "next_free": next_free.astimezone(zone).isoformat() if next_free else None,
            "as_of": freshness.as_of.astimezone(UTC).isoformat() if freshness.as_of else None,
            "requests_only": freshness.requests_only,
        }


def _local(epoch: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(epoch, zone).isoformat()


def _matches(request: Request, etag: str) -> bool:
    asked = request.headers.get("If-None-Match", "")
    return asked.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in asked.split(",")}


def _wrong(pointer: str, detail: str, code: str = "invalid") -> Problem:
    return Problem("validation", errors=[{"pointer": pointer, "code": code, "detail": detail}])
