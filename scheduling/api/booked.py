"""One booking: read, move, cancel, its calendar file. For its client, who has its token, or for a token that may."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling import bookings, guard, ics, links
from scheduling.api import shapes
from scheduling.api.base import Endpoint
from scheduling.api.callers import Caller
from scheduling.api.problems import Problem
from scheduling.api.public import BOOKING_TOKEN, IDEMPOTENCY, refused
from scheduling.engine import settled
from scheduling.models import Booking, Message


class BookingEndpoint(Endpoint):
    """One booking, for its client (Booking-Token) or for a token that may see it."""

    def find(self, scope: str) -> tuple[Booking, str]:
        """The booking, and who asks: Booking.Actor. Anything else is a 404."""
        rows = Booking.objects.of_brand(self.brand).select_related(
            "host__person", "host__brand", "meeting_type__office", "client"
        )
        uid: UUID = self.kwargs["uid"]
        token = self.request.headers.get("Booking-Token", "")
        if token:
            who = guard.visitor(self.request._request)
            guard.may_open(who)
            found = links.find(self.brand, token)
            if found is None or found.pk != uid:
                guard.missed(who)
                raise Problem("not-found")
            return get_object_or_404(rows, pk=uid), Booking.Actor.CLIENT
        self.caller.require(scope)
        real = rows.real()
        if self.caller.professional is not None:
            return get_object_or_404(real.filter(host=self.caller.professional), pk=uid), Booking.Actor.HOST
        return get_object_or_404(real, pk=uid), Booking.Actor.ADMIN

    def shown(self, booking: Booking, actor: str) -> Response:
        """The client's own link is for the client."""
        for_client = actor == Booking.Actor.CLIENT
        return Response(shapes.BookingOut(booking, context={"client": for_client}).data)

    @property
    def user(self) -> Any:
        auth = self.request.auth
        return self.request.user if isinstance(auth, Caller) and self.request.user.is_authenticated else None


class OneBooking(BookingEndpoint):
    @extend_schema(parameters=[BOOKING_TOKEN], responses=shapes.BookingOut, tags=["4 Book"], operation_id="getBooking")
    def get(self, request: Request, uid: UUID) -> Response:
        """The booking as it is now."""
        return self.shown(*self.find("bookings:read"))


class Reschedule(BookingEndpoint):
    @extend_schema(
        request=shapes.RescheduleIn,
        parameters=[BOOKING_TOKEN, IDEMPOTENCY],
        responses=shapes.BookingOut,
        tags=["4 Book"],
        operation_id="rescheduleBooking",
    )
    def post(self, request: Request, uid: UUID) -> Response:
        """Move it: the new time is taken and the old one freed at once. The client's time limit binds the client only."""
        booking, actor = self.find("bookings:write")
        start = self.data(shapes.RescheduleIn)["start"]
        if actor == Booking.Actor.CLIENT:
            guard.may_change(guard.visitor(request._request), booking)
        try:
            moved = bookings.reschedule(booking, start, actor=actor, user=self.user)
        except (bookings.SlotTaken, bookings.NotOffered) as refusal:
            raise refused(refusal, booking.meeting_type, start) from refusal
        return self.shown(settled(moved), actor)


class Cancel(BookingEndpoint):
    @extend_schema(
        request=shapes.CancelIn,
        parameters=[BOOKING_TOKEN, IDEMPOTENCY],
        responses=shapes.BookingOut,
        tags=["4 Book"],
        operation_id="cancelBooking",
    )
    def post(self, request: Request, uid: UUID) -> Response:
        """Cancel it. The time limit for changes binds the client only."""
        booking, actor = self.find("bookings:write")
        reason = self.data(shapes.CancelIn)["reason"]
        return self.shown(settled(bookings.cancel(booking, actor=actor, user=self.user, reason=reason)), actor)


class CalendarFile(BookingEndpoint):
    @extend_schema(
        request=shapes.CalendarFileIn,
        parameters=[BOOKING_TOKEN],
        responses={(200, "text/calendar"): OpenApiTypes.STR},
        tags=["4 Book"],
        operation_id="calendarFile",
    )
    def post(self, request: Request, uid: UUID) -> HttpResponse:
        """The appointment as an iCalendar file. The same UID for life; SEQUENCE rises with every change."""
        booking, actor = self.find("bookings:read")
        words = self.data(shapes.CalendarFileIn)
        audience = Message.Audience.CLIENT if actor == Booking.Actor.CLIENT else Message.Audience.HOST
        event = ics.event_for(booking, audience=audience, language=request.LANGUAGE_CODE)  # type: ignore[attr-defined]
        chosen = {"summary": words["title"], "description": words["description"]}
        event = replace(event, **{name: text for name, text in chosen.items() if text})  # type: ignore[arg-type]
        method: ics.Method = "CANCEL" if event.status == "CANCELLED" else "PUBLISH"
        content = ics.render(event, method=method, stamp=timezone.now())
        response = HttpResponse(content, content_type=f"text/calendar; charset=utf-8; method={method}")
        response.headers["Content-Disposition"] = f'attachment; filename="{ics.file_name(booking)}"'
        return response
