"""The first page of Django admin: what waits for somebody, and what the day brings."""

from datetime import datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from config.unfold import WAITING
from directory.models import Brand, Professional
from scheduling.models import Booking, Message

Status = Professional.Status
SHOWN = 8


def waiting_badge(request: HttpRequest) -> str:
    """The number of profiles that wait for approval, counted once for each page."""
    if not hasattr(request, "_profiles_waiting"):
        request._profiles_waiting = Professional.objects.filter(status=Status.SUBMITTED).count()  # type: ignore[attr-defined]
    return str(request._profiles_waiting)  # type: ignore[attr-defined]


def connections_badge(request: HttpRequest) -> str:
    """The number of connections to providers that need somebody, counted once for each page; empty for none."""
    if not hasattr(request, "_connections_ill"):
        found = import_string("integrations.connections.ill")()
        request._connections_ill = found  # type: ignore[attr-defined]
    return str(len(request._connections_ill) or "")  # type: ignore[attr-defined]


def index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the page needs, in a fixed number of queries; each part only for those who may see such rows."""
    user = request.user
    if user.has_perm("directory.view_professional"):
        context |= _approvals(request)
    if user.has_perm("scheduling.view_booking"):
        context |= _bookings()
    if user.has_perm("scheduling.view_message"):
        context |= _messages()
    if user.has_perm("directory.view_brand"):
        context["brands"] = _brands()
    if apps.is_installed("integrations") and user.has_perm("integrations.view_connection"):
        context["connection_alarms"] = import_string("integrations.connections.all_alarms")()
    context["cards"] = _cards(context)
    context["title"] = _("Overview")
    return context


def _approvals(request: HttpRequest) -> dict[str, Any]:
    waiting = Professional.objects.filter(status=Status.SUBMITTED).select_related("person", "brand")
    return {
        "approvals_count": int(waiting_badge(request)),
        "approvals": list(waiting.order_by("submitted_at")[:SHOWN]),
    }


def _bookings() -> dict[str, Any]:
    now = timezone.now()
    today = timezone.make_aware(datetime.combine(timezone.localdate(now), time.min))
    monday = today - timedelta(days=today.weekday())
    real = Booking.objects.filter(status__in=["pending", "confirmed", "completed", "no_show"])
    counts = real.filter(starts_at__gte=monday, starts_at__lt=monday + timedelta(days=8)).aggregate(
        today=Count("pk", filter=Q(starts_at__gte=today, starts_at__lt=today + timedelta(days=1))),
        week=Count("pk", filter=Q(starts_at__lt=monday + timedelta(days=7))),
    )
    fresh = Booking.objects.filter(created_at__gte=now - timedelta(days=7)).real().count()
    upcoming = Booking.objects.upcoming(now).select_related("host__person", "host__brand").order_by("starts_at")
    return {
        "bookings_today": counts["today"],
        "bookings_week": counts["week"],
        "bookings_fresh": fresh,
        "bookings_next": [
            {
                "start": date_format(timezone.localtime(booking.starts_at), "SHORT_DATETIME_FORMAT"),
                "client": booking.client_name,
                "host": str(booking.host),
                "brand": booking.host.brand.name,
                "url": reverse("admin:scheduling_booking_change", args=[booking.pk]),
            }
            for booking in upcoming[:SHOWN]
        ],
        "day": {"first": today.date().isoformat(), "last": today.date().isoformat()},
        "week": {"first": monday.date().isoformat(), "last": (monday + timedelta(days=6)).date().isoformat()},
    }


def _messages() -> dict[str, Any]:
    counts = Message.objects.filter(status__in=[Message.Status.DUE, Message.Status.FAILED]).aggregate(
        waiting=Count("pk", filter=Q(status=Message.Status.DUE)),
        failed=Count("pk", filter=Q(status=Message.Status.FAILED)),
    )
    return {"messages_waiting": counts["waiting"], "messages_failed": counts["failed"]}


def _brands() -> list[Brand]:
    listed = Q(professionals__status=Status.LISTED)
    bookable = listed & Q(professionals__bookable=True)
    return list(
        Brand.objects.prefetch_related("domains").annotate(
            listed=Count("professionals", filter=listed), public=Count("professionals", filter=bookable)
        )
    )


def _cards(context: dict[str, Any]) -> list[dict[str, Any]]:
    """Numbers that one would act on, each with the list behind it."""
    cards = []
    if "approvals_count" in context:
        link = f"{reverse('admin:directory_professional_changelist')}?{WAITING}"
        count = context["approvals_count"]
        cards.append({"title": _("Waiting for approval"), "number": count, "link": link, "urgent": count > 0})
    if "bookings_today" in context:
        link = reverse("admin:scheduling_booking_changelist")
        for title, number, days in (
            (_("Appointments today"), context["bookings_today"], context["day"]),
            (_("Appointments this week"), context["bookings_week"], context["week"]),
        ):
            query = f"?starts_at_from={days['first']}&starts_at_to={days['last']}"
            cards.append({"title": title, "number": number, "link": link + query})
        cards.append({"title": _("Booked in the last 7 days"), "number": context["bookings_fresh"], "link": link})
    if "messages_failed" in context:
        link = reverse("admin:scheduling_message_changelist")
        failed = context["messages_failed"]
        cards.append(
            {
                "title": _("Messages failed"),
                "number": failed,
                "link": f"{link}?status__exact=failed",
                "urgent": failed > 0,
            }
        )
        cards.append(
            {"title": _("Messages waiting"), "number": context["messages_waiting"], "link": f"{link}?status__exact=due"}
        )
    return cards
