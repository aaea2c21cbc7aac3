"""The four steps that anybody may take: configuration → free times → reservation → booking and its calendar file."""

import hashlib
import math
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, Prefetch, QuerySet, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from directory import search
from directory.models import Brand, Professional
from scheduling import availability, bookings, guard, holding, proof
from scheduling.api import shapes
from scheduling.api.base import Endpoint, Page
from scheduling.api.problems import Problem
from scheduling.clients import ClientCategory
from scheduling.engine import engine_for, settled
from scheduling.models import Booking, MeetingType, Reservation
from scheduling.models.bookings import Status
from scheduling.slots import Reason

WEEK, RANGE = timedelta(days=7), timedelta(days=shapes.RANGE_DAYS)
# Public answers about times may be kept for so long by anybody.
CACHED = "public, max-age=15, stale-while-revalidate=60"
ETAG = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="ETag of the answer you have.")
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Yours; repeats within 24 h get the first answer."
)
BOOKING_TOKEN = OpenApiParameter(
    "Booking-Token", str, OpenApiParameter.HEADER, description="The end of manage_url: who has it is the client."
)
# What the free times of a meeting type hang on, and the meeting type itself; parameters: now, brand, two slugs.
VERSION_OF = """
    SELECT kind.engine, kind.needs_room, kind.id, host.id, host.calendar_version, host.paused,
        (SELECT COUNT(*) FROM scheduling_booking AS held
         WHERE held.host_id = host.id AND held.status = 'held' AND held.hold_expires_at > %s)
    FROM scheduling_meetingtype AS kind JOIN directory_professional AS host ON host.id = kind.host_id
    WHERE host.brand_id = %s AND host.slug = %s AND kind.slug = %s
        AND host.status = 'listed' AND host.bookable AND kind.visibility IN ('public', 'link')
"""
NOT_CHANGED = OpenApiResponse(description="What you have is still true.")


class Configuration(Endpoint):
    @extend_schema(responses=shapes.ConfigurationOut, tags=["1 Configuration"], operation_id="getConfiguration")
    def get(self, request: Request) -> Response:
        """What this directory is: its languages, subjects and rules."""
        brand = self.brand
        response = Response(
            {
                "name": brand.name,
                "language": brand.language,
                "languages": [code for code, _name in settings.LANGUAGES],
                "time_zone": brand.time_zone,
                "hold_minutes": brand.hold_minutes,
                "specialties": shapes.SpecialtyOut(_with_parents(search.specialties_of(brand)), many=True).data,
                "client_categories": [
                    {"id": one.value, "name": one.label, "description": one.description} for one in ClientCategory
                ],
                "rooms": shapes.RoomOut(brand.meeting_rooms.filter(is_active=True), many=True).data,
                "channels": [str(value) for value in MeetingType.Channel],
                "privacy_url": brand.url(reverse("legal", args=["privacy"])),
            }
        )
        response.headers["Cache-Control"] = "public, max-age=300"
        return response


def _with_parents(rows: list[Any]) -> list[Any]:
    """Their parents from the same list, without a query for each."""
    known = {row.pk: row for row in rows}
    for row in rows:
        row.parent = known.get(row.parent_id)
    return rows


def _shown() -> Prefetch:  # type: ignore[type-arg]
    return Prefetch("meeting_types", MeetingType.objects.public().prefetch_related("rooms"), to_attr="shown_types")


def _changed(brand: Brand, found: QuerySet[Professional], since: datetime) -> QuerySet[Professional]:
    """Who changed since then: those of `found`, and as `gone` those who were public once and are not among them."""
    never = [Professional.Status.DRAFT, Professional.Status.SUBMITTED]
    rows = Professional.objects.of_brand(brand).exclude(status__in=never).filter(updated_at__gte=since)
    gone = Case(When(pk__in=found.order_by().values("pk"), then=Value(False)), default=Value(True))
    return search.for_cards(rows.annotate(gone=gone)).prefetch_related(_shown())


def _or_gone(row: Professional) -> dict[str, Any]:
    if getattr(row, "gone", False):
        return {"id": row.pk, "gone": True, "updated_at": row.updated_at}
    return dict(shapes.ProfessionalOut(row).data)


class Professionals(Endpoint):
    @extend_schema(
        parameters=[shapes.ProfessionalsQuery],
        responses=shapes.page_of(shapes.ProfessionalOut, shapes.ProfessionalItems()),
        tags=["1 Configuration"],
        operation_id="listProfessionals",
    )
    def get(self, request: Request) -> Response:
        """Listed professionals with their offices and meeting types; with `updated_since` also who has left the list."""
        asked = self.query(shapes.ProfessionalsQuery)
        filters = search.Filters.of(
            {"what": asked.get("specialty", ""), "where": asked.get("city", ""), "speaks": asked.get("language", "")}
        )
        found = search.Search(self.brand, filters).results().prefetch_related(_shown())
        if asked.get("client_category") == "new":
            found = found.filter(accepts_new_clients=True)
        if "updated_since" in asked:
            found = _changed(self.brand, found, asked["updated_since"])  # type: ignore[assignment]
        page = Page()
        rows = page.paginate_queryset(found, request, view=self)
        for row in rows or []:
            row.brand = self.brand  # which knows its host already
        return page.get_paginated_response([_or_gone(row) for row in rows or []])


class OneProfessional(Endpoint):
    @extend_schema(responses=shapes.ProfessionalOut, tags=["1 Configuration"], operation_id="getProfessional")
    def get(self, request: Request, slug: str) -> Response:
        """One listed professional with offices and meeting types."""
        listed = search.for_cards(Professional.objects.of_brand(self.brand).listed()).prefetch_related(_shown())
        return Response(shapes.ProfessionalOut(get_object_or_404(listed, slug=slug)).data)


class Slots(Endpoint):
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Who has the answer already is told so before anything else is looked at; it does not count towards the limit."""
        if request.method == "GET" and "If-None-Match" in request.headers:
            self.request = request
            etag = self.etag(timezone.now(), kwargs["slug"], kwargs["type_slug"])
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
        meeting_type = get_object_or_404(
            MeetingType.objects.bookable().select_related("host__person"),
            host__brand=self.brand,
            host__slug=slug,
            host__status=Professional.Status.LISTED,
            host__bookable=True,
            slug=type_slug,
        )
        meeting_type.host.brand = self.brand
        etag = self.etag(now, slug, type_slug)  # before the times are read: old times never go under a new one
        response = Response(self._answer(meeting_type, asked, start, max(start, end), now))
        if etag:
            response.headers["ETag"] = etag
        response.headers["Cache-Control"] = CACHED
        return response

    def etag(self, now: datetime, slug: str, type_slug: str) -> str:
        """Of the host's calendar, the question, the minute, since notice and horizon pass with it, and the holds that have
        not run out. "" where free times change otherwise: at providers, and in rooms that others book too.

        Written as SQL, because putting it together takes the ORM ten times as long as the database needs.
        """
        with connection.cursor() as cursor:
            cursor.execute(VERSION_OF, [connection.ops.adapt_datetimefield_value(now), self.brand.pk, slug, type_slug])
            row = cursor.fetchone()
        if row is None or row[0] != "native" or row[1]:
            return ""
        # A start at a full minute is still offered in that very instant, so minutes end with it.
        minute = (math.ceil(now.timestamp()) - 1) // 60
        parts = [*row, self.brand.paused, minute, self.request.META.get("QUERY_STRING", "")]
        return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:24]}"'

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


# --- reservation ------------------------------------------------------------------------------------------------


class Reservations(Endpoint):
    @extend_schema(
        request=shapes.ReservationIn,
        parameters=[IDEMPOTENCY],
        responses={201: shapes.ReservationOut},
        tags=["3 Reserve"],
        operation_id="reserve",
    )
    def post(self, request: Request) -> Response:
        """Keep a time for some minutes. The same token again moves the reservation, and an hour after the first one
        nothing is kept any longer under it."""
        data = self.data(shapes.ReservationIn)
        meeting_type = get_object_or_404(
            MeetingType.objects.bookable().select_related("host__person", "host__brand"),
            host__brand=self.brand,
            host__slug=data["professional"],
            host__status=Professional.Status.LISTED,
            slug=data["meeting_type"],
        )
        engine = engine_for(meeting_type)
        if engine.embed(meeting_type, language=request.LANGUAGE_CODE):  # type: ignore[attr-defined]
            raise Problem("not-bookable", _("This appointment is booked in the provider's page: see profile_url."))
        who = guard.visitor(request._request)
        guard.may_hold(who, meeting_type.host)
        engine.refresh(meeting_type)
        try:
            booking, earlier = _reserve(self, meeting_type, data)
            booking = holding.kept(booking, earlier)
        except (bookings.SlotTaken, bookings.NotOffered) as refusal:
            raise refused(refusal, meeting_type, data["start"]) from refusal
        guard.held(who, booking)
        return Response(
            {
                "start": booking.starts_at,
                "end": booking.ends_at,
                "expires_at": booking.hold_expires_at,
                "professional": meeting_type.host.slug,
                "meeting_type": meeting_type.slug,
                "seats": booking.seats,
            },
            status=201,
        )


class OneReservation(Endpoint):
    @extend_schema(responses={204: None}, tags=["3 Reserve"], operation_id="releaseReservation")
    def delete(self, request: Request, token: str) -> Response:
        """Give the time back. Harmless when there is nothing to give."""
        row = Reservation.objects.filter(brand=self.brand, digest=_digest(token)).select_related("booking").first()
        if row and row.booking:
            bookings.release(row.booking)
        return Response(status=204)


@transaction.atomic
def _reserve(endpoint: Endpoint, meeting_type: MeetingType, data: dict[str, Any]) -> tuple[Booking, Booking | None]:
    """One reservation a token, whoever asks at once: the row is locked until the hold is made. With the former one."""
    Reservation.objects.bulk_create(
        [Reservation(brand=endpoint.brand, digest=_digest(data["token"]))], ignore_conflicts=True
    )
    row = (
        Reservation.objects.select_for_update(of=("self",))
        .select_related("booking")
        .get(brand=endpoint.brand, digest=_digest(data["token"]))
    )
    if row.booking and row.booking.status not in (Status.HELD, Status.EXPIRED):
        raise Problem("not-allowed", _("Something is booked under this token already; use a new one."))
    booking = bookings.hold(
        meeting_type,
        data["start"],
        language=data.get("language") or endpoint.brand.language,
        time_zone=data.get("time_zone") or "",
        seats=data["seats"],
        replaces=row.booking,
        origin=Booking.Origin.API,
    )
    earlier, row.booking = row.booking, booking
    row.save(update_fields=["booking"])
    return booking, earlier


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def refused(refusal: Exception, meeting_type: MeetingType, start: datetime) -> Problem:
    """With the nearest free starts, so that nobody has to ask twice."""
    reason: Reason = refusal.reason  # type: ignore[attr-defined]
    near = availability.nearest(meeting_type, start) if reason in availability.TAKEN else []
    zone = ZoneInfo(meeting_type.host.time_zone)
    code = "slot-taken" if isinstance(refusal, bookings.SlotTaken) else "not-offered"
    alternatives = [one.astimezone(zone).isoformat() for one in near]
    return Problem(code, str(refusal), reason=str(reason), alternatives=alternatives)


# --- booking ----------------------------------------------------------------------------------------------------


class Bookings(Endpoint):
    @extend_schema(
        request=shapes.BookingIn,
        parameters=[IDEMPOTENCY],
        responses={201: shapes.BookingOut, 202: shapes.BookingOut},
        tags=["4 Book"],
        operation_id="createBooking",
    )
    def post(self, request: Request) -> Response:
        """Book the reserved time. 201: booked, or asked for (status *pending*, `waits_for` says whose word is missing).
        202: kept, until the client clicks the link in a mail."""
        data = self.data(shapes.BookingIn)
        row = (
            Reservation.objects.filter(brand=self.brand, digest=_digest(data["token"]))
            .select_related("booking__host__person", "booking__host__brand", "booking__meeting_type")
            .first()
        )
        if row is None or row.booking is None:
            raise Problem("hold-expired")
        booking = row.booking
        if booking.status in (Status.HELD, Status.EXPIRED) and not booking.waits_for_mail:
            booking = self._book(booking, data)
        status = 202 if booking.waits_for_mail else 201
        response = Response(shapes.BookingOut(booking, context={"client": True}).data, status=status)
        response.headers["Location"] = request.build_absolute_uri(reverse("api:booking", args=[booking.pk]))
        return response

    def _book(self, booking: Booking, data: dict[str, Any]) -> Booking:
        client = data["client"]
        passed = guard.may_confirm(guard.visitor(self.request._request), booking, email=client["email"])
        verb = proof.ask if passed == guard.MAIL else bookings.confirm
        booking = verb(
            booking,
            name=client["name"],
            email=client["email"],
            phone=client["phone"],
            note=data["note"],
            language=client.get("language"),
            time_zone=client.get("time_zone"),
        )
        if booking.waits_for_mail:
            return booking
        booking = settled(booking)
        if booking.status == Status.DECLINED:
            refusal = bookings.SlotTaken()
            raise refused(refusal, booking.meeting_type, booking.starts_at)
        return booking
