"""The first page of Django admin: what waits for somebody, what the day brings, how things develop.

At most 15 queries, whatever there is to count (tests/config/test_dashboard.py).
"""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import Count, Q, QuerySet, Window
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from config import figures
from config.health import LATE, worker_age
from config.unfold import WAITING
from directory import queues
from directory.contacts import brands_of
from directory.models import Brand, Professional
from directory.queues import Backlog
from scheduling import queues as mail_queues
from scheduling.models import Booking

Status = Professional.Status
SHOWN = 8


def _mine(request: HttpRequest, rows: QuerySet[Any], way: str) -> QuerySet[Any]:
    """Those rows of the brands that who asks looks after."""
    brands = brands_of(request.user)
    return rows if brands is None else rows.filter(**{f"{way}__in": brands})


def waiting_badge(request: HttpRequest) -> str:
    """The number of profiles that wait for approval, counted once for each page."""
    if not hasattr(request, "_profiles_waiting"):
        waiting = _mine(request, Professional.objects.filter(status=Status.SUBMITTED), "brand")
        request._profiles_waiting = waiting.count()  # type: ignore[attr-defined]
    return str(request._profiles_waiting)  # type: ignore[attr-defined]


def _connections(request: HttpRequest) -> list[Any]:
    """The active connections of one's brands, read once for each page."""
    if not hasattr(request, "_connections"):
        found, mine = import_string("integrations.connections.active")(), brands_of(request.user)
        request._connections = [row for row in found if mine is None or row.brand_id in mine]  # type: ignore[attr-defined]
    return request._connections  # type: ignore[attr-defined,no-any-return]


def connections_badge(request: HttpRequest) -> str:
    """The number of connections to providers that need somebody; empty for none."""
    return str(len(import_string("integrations.connections.ill")(_connections(request))) or "")


def index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the page needs, in a fixed number of queries; each part only for those who may see such rows."""
    user = request.user
    charts: list[figures.Chart] = []
    if user.has_perm("directory.view_professional"):
        context |= _approvals(request)
    if user.has_perm("scheduling.view_booking"):
        found, drawn = _bookings(request)
        context |= found
        charts += drawn
    if user.has_perm("directory.view_professional"):
        listed = _mine(request, Professional.objects.listed(), "brand")
        charts += figures.next_free(listed, timezone.now())
    context |= _counts(request)
    if user.has_perm("directory.view_brand"):
        context["brands"] = _brands(request)
    if apps.is_installed("integrations") and user.has_perm("integrations.view_connection"):
        context["connection_alarms"] = import_string("integrations.connections.all_alarms")(_connections(request))
    context["charts"] = charts
    context["cards"] = _cards(context)
    context["title"] = _("Overview")
    return context


def _approvals(request: HttpRequest) -> dict[str, Any]:
    """The oldest that wait and, by the same query, how many there are."""
    waiting = _mine(request, Professional.objects.filter(status=Status.SUBMITTED), "brand")
    found = list(
        waiting.select_related("person", "brand").annotate(count=Window(Count("pk"))).order_by("submitted_at")[:SHOWN]
    )
    request._profiles_waiting = found[0].count if found else 0  # type: ignore[attr-defined]
    return {"approvals_count": request._profiles_waiting, "approvals": found}  # type: ignore[attr-defined]


def _bookings(request: HttpRequest) -> tuple[dict[str, Any], list[figures.Chart]]:
    now = timezone.now()
    today = timezone.localdate(now)
    monday = today - timedelta(days=today.weekday())
    mine = _mine(request, Booking.objects.all(), "host__brand")
    days = figures.days(mine, today)
    upcoming = mine.upcoming(now).select_related("host__person", "host__brand").order_by("starts_at")  # type: ignore[attr-defined]
    offered = _mine(request, Professional.objects.listed(), "brand")
    context = {
        "bookings_today": days.count(today, today),
        "bookings_week": days.count(monday, monday + timedelta(days=6)),
        "fill_rate": figures.fill_rate(days, offered, today),
        "no_show_rate": days.no_show_rate(today - timedelta(days=30), today),
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
        "day": {"first": today.isoformat(), "last": today.isoformat()},
        "week": {"first": monday.isoformat(), "last": (monday + timedelta(days=6)).isoformat()},
    }
    return context, [figures.per_day(days, today), figures.no_shows(days, monday)]


def _counts(request: HttpRequest) -> dict[str, Any]:
    """What waits in all queues, how many mails failed, what was booked lately: one query, of those that one may see."""
    now, user = timezone.now(), request.user
    asked = []
    if user.has_perm("scheduling.view_booking"):
        fresh = Booking.objects.filter(created_at__gte=now - timedelta(days=7)).real()  # type: ignore[attr-defined]
        asked.append(queues.Queue("fresh", "", fresh, "created_at", "host__brand", ""))
    mails = user.has_perm("scheduling.view_message")
    if mails:
        asked += [*queues.all_of(now), *mail_queues.failed()]
    if user.has_perm("directory.view_loggedmail"):
        asked += queues.failed_mails(now)
    found = {backlog.queue.name: backlog for backlog in queues.backlogs(asked, brands_of(user))}
    count = {name: backlog.count for name, backlog in found.items()}
    context: dict[str, Any] = {"bookings_fresh": count.get("fresh", 0)}
    if mails:
        context |= {"messages_waiting": count.get("message", 0), "messages_failed": count.get("failed message", 0)}
        context["backlogs"] = [backlog for name, backlog in found.items() if not name.startswith(("fresh", "failed "))]
    others = [name for name in found if name.startswith("failed ") and name != "failed message"]
    context["others_failed"] = [found[name] for name in others]
    return context


def _brands(request: HttpRequest) -> list[Brand]:
    listed = Q(professionals__status=Status.LISTED)
    bookable = listed & Q(professionals__bookable=True)
    return list(
        _mine(request, Brand.objects.all(), "pk").annotate(
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
        for title, rate in (
            (_("Of offered time booked, next 7 days"), context["fill_rate"]),
            (_("Did not appear, last 30 days"), context["no_show_rate"]),
        ):
            number = "–" if rate is None else _("%(percent)d %%") % {"percent": round(100 * rate)}
            cards.append({"title": title, "number": number, "link": link})
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
        for backlog in context["others_failed"]:
            name, _mark, query = backlog.queue.page.partition("?")
            title = _("Failed: %(mails)s") % {"mails": backlog.queue.label}
            link_to = f"{reverse(name)}?{query}"
            cards.append({"title": title, "number": backlog.count, "link": link_to, "urgent": True})
        cards.append(
            {"title": _("Messages waiting"), "number": context["messages_waiting"], "link": f"{link}?status__exact=due"}
        )
        cards.append(_lag(context["backlogs"]))
    return cards


def _lag(backlogs: list[Backlog]) -> dict[str, Any]:
    """For how long the oldest of all that is due has waited, and in which queue."""
    now, late = timezone.now(), worker_age()
    silent = late is None or late > LATE
    title = _("Delay of the queue; the worker is silent") if silent else _("Delay of the queue")
    page, number, seconds = "admin:scheduling_message_changelist", _("none"), 0.0
    if backlogs:
        worst = backlogs[0]
        page, seconds = worst.queue.page, (now - worst.oldest).total_seconds()
        if seconds >= 60:
            number = timesince(worst.oldest, now, depth=1)
            title = _("%(title)s: %(queue)s") % {"title": title, "queue": worst.queue.label}
    name, _mark, query = page.partition("?")
    link = f"{reverse(name)}?{query}" if query else reverse(name)
    return {"title": title, "number": number, "link": link, "urgent": seconds > 300 or silent}
