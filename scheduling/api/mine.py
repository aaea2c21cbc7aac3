"""A professional's own hours, meeting types, busy times and bookings; an operator's program sees the brand's bookings."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from directory.models import Professional
from scheduling import attendance, bookings, hours, meeting_types
from scheduling.api import shapes
from scheduling.api.base import Endpoint, Page, etag_of, require_match
from scheduling.api.booked import BookingEndpoint
from scheduling.api.problems import Problem
from scheduling.api.public import IDEMPOTENCY
from scheduling.engine import settled
from scheduling.models import AvailabilityOverride, Booking, BusyTime, MeetingType
from scheduling.models.bookings import Status

READ, WRITE = "read", "write"
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="ETag of what you read.")
# Where busy times that come through here say they come from.
SOURCE = "api"
MOST_BUSY = timedelta(days=366)


class Mine(Endpoint):
    @property
    def host(self) -> Professional:
        """Whose token this is. A program of the whole brand has nothing of its own: 404."""
        return self.caller.require_professional()


class Hours(Mine):
    scopes: ClassVar = {"GET": "hours:read", "PUT": "hours:write"}

    @extend_schema(responses=shapes.HoursShape, tags=["Own: hours"], operation_id="getHours")
    def get(self, request: Request) -> Response:
        """Weekly windows on the professional's wall clock."""
        return Response(self._now())

    @extend_schema(request=shapes.HoursShape, responses=shapes.HoursShape, tags=["Own: hours"], operation_id="putHours")
    def put(self, request: Request) -> Response:
        """Set the whole week; a day that is not named is closed. Booked appointments stay where they are."""
        days = self.data(shapes.HoursShape)["days"]
        week: hours.Week = {weekday: [] for weekday in range(7)}
        for number, day in enumerate(days):
            windows = sorted((window["start"], window["end"]) for window in day["windows"])
            _refuse_overlap(windows, f"#/days/{number}/windows")
            week[day["weekday"]] = windows
        hours.replace_week(self.host, week)
        return Response(self._now())

    def _now(self) -> dict[str, Any]:
        week = hours.week_of(self.host)
        days = [
            {"weekday": weekday, "windows": [{"start": start, "end": end} for start, end in windows]}
            for weekday, windows in week.items()
        ]
        return dict(shapes.HoursShape({"time_zone": self.host.time_zone, "days": days}).data)


def _refuse_overlap(windows: list[tuple[int, int]], pointer: str) -> None:
    for (_start, end), (start, _end) in zip(windows, windows[1:], strict=False):
        if start < end:
            detail = _("Two windows overlap.")
            raise Problem("validation", errors=[{"pointer": pointer, "code": "overlap", "detail": detail}])


class Overrides(Mine):
    scopes: ClassVar = {"GET": "hours:read", "POST": "hours:write"}

    @extend_schema(responses=shapes.list_of(shapes.OverrideShape), tags=["Own: hours"], operation_id="listOverrides")
    def get(self, request: Request) -> Response:
        """Special hours and absences that are not over."""
        today = timezone.localdate(timezone=timezone.get_current_timezone())
        found = hours.coming_overrides(self.host, today - timedelta(days=1))
        return Response({"items": shapes.OverrideShape(found[:500], many=True).data})

    @extend_schema(
        request=shapes.OverrideShape,
        parameters=[IDEMPOTENCY],
        responses={201: shapes.OverrideShape},
        tags=["Own: hours"],
        operation_id="createOverride",
    )
    def post(self, request: Request) -> Response:
        """Special hours for some days, or an absence: no windows."""
        override = AvailabilityOverride(host=self.host, **_override(self.data(shapes.OverrideShape)))
        hours.save_override(override)
        return Response(shapes.OverrideShape(override).data, status=201)


class OneOverride(Mine):
    scopes: ClassVar = {"GET": "hours:read", "PUT": "hours:write", "DELETE": "hours:write"}

    def find(self, pk: int) -> AvailabilityOverride:
        return get_object_or_404(AvailabilityOverride, pk=pk, host=self.host)

    @extend_schema(responses=shapes.OverrideShape, tags=["Own: hours"], operation_id="getOverride")
    def get(self, request: Request, pk: int) -> Response:
        """One of the special hours or absences."""
        return Response(shapes.OverrideShape(self.find(pk)).data)

    @extend_schema(
        request=shapes.OverrideShape, responses=shapes.OverrideShape, tags=["Own: hours"], operation_id="putOverride"
    )
    def put(self, request: Request, pk: int) -> Response:
        """Set the special hours or absence anew."""
        override = self.find(pk)
        for name, value in _override(self.data(shapes.OverrideShape)).items():
            setattr(override, name, value)
        hours.save_override(override)
        return Response(shapes.OverrideShape(override).data)

    @extend_schema(responses={204: None}, tags=["Own: hours"], operation_id="deleteOverride")
    def delete(self, request: Request, pk: int) -> Response:
        """Take it back: the weekly hours hold again."""
        hours.delete_override(self.find(pk))
        return Response(status=204)


def _override(data: dict[str, Any]) -> dict[str, Any]:
    if data["last_date"] < data["first_date"]:
        detail = _("The last date is before the first.")
        raise Problem("validation", errors=[{"pointer": "#/last_date", "code": "order", "detail": detail}])
    windows = sorted((window["start"], window["end"]) for window in data["windows"])
    _refuse_overlap(windows, "#/windows")
    return {**data, "windows": [list(window) for window in windows]}


class BusyTimes(Mine):
    scopes: ClassVar = {"GET": "hours:read", "POST": "hours:write"}

    @extend_schema(responses=shapes.list_of(shapes.BusyTimeShape), tags=["Own: hours"], operation_id="listBusyTimes")
    def get(self, request: Request) -> Response:
        """Time that is taken by something else, from now on."""
        found = BusyTime.objects.filter(host=self.host, ends_at__gt=timezone.now()).order_by("starts_at", "pk")[:500]
        return Response({"items": shapes.BusyTimeShape(found, many=True).data})

    @extend_schema(
        request=shapes.BusyTimeShape,
        parameters=[IDEMPOTENCY],
        responses={201: shapes.BusyTimeShape},
        tags=["Own: hours"],
        operation_id="createBusyTime",
    )
    def post(self, request: Request) -> Response:
        """Time that is taken by something else."""
        data = self.data(shapes.BusyTimeShape)
        if data["ends_at"] - data["starts_at"] > MOST_BUSY:
            detail = _("At most a year at once.")
            raise Problem("validation", errors=[{"pointer": "#/end", "code": "too_long", "detail": detail}])
        with transaction.atomic():
            busy = BusyTime.objects.create(host=self.host, source=SOURCE, remote_id=uuid.uuid4().hex, **data)
        return Response(shapes.BusyTimeShape(busy).data, status=201)


class OneBusyTime(Mine):
    scopes: ClassVar = {"DELETE": "hours:write"}

    @extend_schema(responses={204: None}, tags=["Own: hours"], operation_id="deleteBusyTime")
    def delete(self, request: Request, pk: int) -> Response:
        """Only one that was made here; the rest belongs to where it comes from."""
        busy = get_object_or_404(BusyTime, pk=pk, host=self.host, source=SOURCE)
        busy.delete()
        return Response(status=204)


class MeetingTypes(Mine):
    scopes: ClassVar = {"GET": "meeting_types:read", "POST": "meeting_types:write"}

    @extend_schema(
        responses=shapes.list_of(shapes.MyMeetingTypeShape),
        tags=["Own: meeting types"],
        operation_id="listMeetingTypes",
    )
    def get(self, request: Request) -> Response:
        """All meeting types, also hidden ones."""
        found = meeting_types.listed(self.host)[:200]
        return Response({"items": shapes.MyMeetingTypeShape(found, many=True).data})

    @extend_schema(
        request=shapes.MyMeetingTypeShape,
        parameters=[IDEMPOTENCY],
        responses={201: shapes.MyMeetingTypeShape},
        tags=["Own: meeting types"],
        operation_id="createMeetingType",
    )
    def post(self, request: Request) -> Response:
        """Add a meeting type."""
        made = meeting_types.create(self.host, _type_values(self.host, self.data(shapes.MyMeetingTypeShape)))
        response = Response(shapes.MyMeetingTypeShape(made).data, status=201)
        response.headers["Location"] = request.build_absolute_uri(reverse("api:my_meeting_type", args=[made.slug]))
        return response


class OneMeetingType(Mine):
    scopes: ClassVar = {"GET": "meeting_types:read", "PATCH": "meeting_types:write", "DELETE": "meeting_types:write"}

    def find(self, slug: str) -> MeetingType:
        return get_object_or_404(meeting_types.listed(self.host), slug=slug)

    def shown(self, meeting_type: MeetingType) -> Response:
        response = Response(shapes.MyMeetingTypeShape(meeting_type).data)
        response.headers["ETag"] = etag_of(meeting_type)
        return response

    @extend_schema(responses=shapes.MyMeetingTypeShape, tags=["Own: meeting types"], operation_id="getMeetingType")
    def get(self, request: Request, slug: str) -> Response:
        """One of them, with the ETag for a change."""
        return self.shown(self.find(slug))

    @extend_schema(
        request=shapes.MyMeetingTypeShape(partial=True),
        parameters=[IF_MATCH],
        responses=shapes.MyMeetingTypeShape,
        tags=["Own: meeting types"],
        operation_id="patchMeetingType",
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Only what is named changes. What was promised to booked clients stays in their bookings."""
        found = self.find(slug)
        require_match(request, etag_of(found))
        values = self.data(shapes.MyMeetingTypeShape, instance=found, partial=True)
        return self.shown(meeting_types.edit(found, _type_values(self.host, values, found)))

    @extend_schema(responses={204: None}, tags=["Own: meeting types"], operation_id="deleteMeetingType")
    def delete(self, request: Request, slug: str) -> Response:
        """Deleted, or archived where bookings point to it."""
        meeting_types.remove(self.find(slug))
        return Response(status=204)


def _type_values(host: Professional, values: dict[str, Any], existing: MeetingType | None = None) -> dict[str, Any]:
    """Checked as the form does: the model's own rules, and an office of hers."""
    office = values.get("office")
    if office is not None and office.professional_id != host.pk:
        detail = _("There is no such office.")
        raise Problem("validation", errors=[{"pointer": "#/office", "code": "does_not_exist", "detail": detail}])
    if values.get("visibility") == MeetingType.Visibility.ARCHIVED:
        detail = _("Delete it instead.")
        raise Problem("validation", errors=[{"pointer": "#/visibility", "code": "invalid_choice", "detail": detail}])
    candidate = existing or MeetingType(host=host, slug="new")
    for name, value in values.items():
        setattr(candidate, name, value)
    candidate.full_clean(exclude=["slug", "host"])
    return values


class MyBookings(Endpoint):
    scopes: ClassVar = {"GET": "bookings:read", "POST": "bookings:write"}

    @extend_schema(
        parameters=[shapes.BookingsQuery],
        responses=shapes.page_of(shapes.BookingOut),
        tags=["Own: bookings"],
        operation_id="listBookings",
    )
    def get(self, request: Request) -> Response:
        """Bookings by when they last changed. Nothing disappears: what was cancelled or declined stays, with its status."""
        asked = self.query(shapes.BookingsQuery)
        found = self._rows().real()
        for name, column in (
            ("updated_since", "updated_at__gte"),
            ("start", "starts_at__gte"),
            ("end", "starts_at__lt"),
        ):
            if name in asked:
                found = found.filter(**{column: asked[name]})
        if "status" in asked:
            found = found.filter(status=asked["status"])
        if "professional" in asked:
            found = found.filter(host__slug=asked["professional"])
        page = Page()
        rows = page.paginate_queryset(found, request, view=self)
        return page.get_paginated_response(shapes.BookingOut(rows, many=True).data)

    def _rows(self) -> Any:
        rows: QuerySet[Booking] = Booking.objects.of_brand(self.brand)
        if self.caller.professional is not None:
            rows = rows.filter(host=self.caller.professional)
        return rows.select_related("host__person", "host__brand", "meeting_type")

    @extend_schema(
        request=shapes.EntryIn,
        parameters=[IDEMPOTENCY],
        responses={201: shapes.BookingOut},
        tags=["Own: bookings"],
        operation_id="enterBooking",
    )
    def post(self, request: Request) -> Response:
        """A booking that the professional takes herself, on the phone say. Taken time is refused whatever the rules."""
        data = self.data(shapes.EntryIn)
        host = self.caller.require_professional()
        meeting_type = get_object_or_404(meeting_types.listed(host), slug=data.pop("meeting_type"))
        booking = bookings.enter(meeting_type, data.pop("start"), user=request.user, **data)
        response = Response(shapes.BookingOut(settled(booking)).data, status=201)
        response.headers["Location"] = request.build_absolute_uri(reverse("api:booking", args=[booking.pk]))
        return response


class Finish(BookingEndpoint):
    @extend_schema(request=None, responses=shapes.BookingOut, tags=["Own: bookings"], operation_id="finishBooking")
    def post(self, request: Request, uid: uuid.UUID, status: str) -> Response:
        """Say what became of it: completed, or no-show."""
        if request.headers.get("Booking-Token"):
            raise Problem("not-found")
        booking, actor = self.find("bookings:write")
        wanted = Status.NO_SHOW if status == "no-show" else Status.COMPLETED
        return self.shown(attendance.finish(booking, wanted, actor=actor, user=self.user), actor)
