"""The steps that anybody may take: configuration → free times (`free_times`) → reservation → booking and its calendar file."""

import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Prefetch, QuerySet, Value, When
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
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

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Yours; repeats within 24 h get the first answer."
)
BOOKING_TOKEN = OpenApiParameter(
    "Booking-Token", str, OpenApiParameter.HEADER, description="The end of manage_url: who has it is the client."
)


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
        """Listed professionals with their offices and meeting types; with updated_since also who has left the list."""
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
