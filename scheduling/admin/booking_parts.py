"""What a booking's admin pages are made of: words and colours, times on a clock, the status filter, inlines."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from directory import audit, contacts
from scheduling import clients
from scheduling.models import Answer, Booking, BookingEvent, Message, bookings
from scheduling.models.bookings import Status

COLOURS = {
    Status.HELD: "info",
    Status.PENDING: "warning",
    Status.CONFIRMED: "success",
    Status.COMPLETED: "primary",
    Status.NO_SHOW: "danger",
    Status.CANCELLED: "danger",
    Status.EXPIRED: "default",
    Status.DECLINED: "default",
}
# What staff does rather than sees.
MARKED = {
    Status.COMPLETED.value: gettext_lazy("Marked as completed"),
    Status.NO_SHOW.value: gettext_lazy("Marked as no-show"),
}
EVENTS = {**bookings.EVENTS, **MARKED}
audit.WORDS.update({f"booking.{kind}": words for kind, words in EVENTS.items()})


def on_clock(moment: datetime | None, zone: str) -> str:
    """Day and time on a wall clock; a dash for nothing."""
    return date_format(moment.astimezone(ZoneInfo(zone)), "SHORT_DATETIME_FORMAT") if moment else "–"


def attendance_text(booking: Booking) -> str:
    """How often this client missed an appointment, with this professional and in the whole directory."""
    if booking.client is None:
        return "–"
    here = clients.record(booking.client, host=booking.host)
    everywhere = clients.record(booking.client, brand=booking.host.brand)
    return _("Missed here: %(missed)d of %(ended)d. In the directory: %(all_missed)d of %(all_ended)d.") % {
        "missed": here.missed,
        "ended": here.ended,
        "all_missed": everywhere.missed,
        "all_ended": everywhere.ended,
    }


class StatusFilter(DropdownFilter):
    """What people call an appointment, unless a status is asked for: holds come and go by the hundred."""

    title = gettext_lazy("status")
    parameter_name = "status"
    all_option = ["", gettext_lazy("Appointments, without holds")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Still to come")), ("requests", _("Requests without an answer")), *Status.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        value = self.value()
        if value == "open":
            return queryset.filter(status__in=[Status.PENDING, Status.CONFIRMED], ends_at__gt=timezone.now())
        if value == "requests":
            return queryset.filter(status=Status.PENDING).exclude(awaits="")
        return queryset.filter(status=value) if value else queryset.exclude(status__in=[Status.HELD, Status.EXPIRED])


class ReadOnlyInline(TabularInline):
    extra = 0
    tab = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("scheduling.view_booking") or request.user.has_perm("scheduling.change_booking")


class EventInline(ReadOnlyInline):
    model = BookingEvent
    fields = ["at", "what", "actor", "actor_user", "from_local", "to_local", "reason"]
    readonly_fields = ["what", "from_local", "to_local"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BookingEvent]:
        return super().get_queryset(request).select_related("actor_user", "booking")

    @display(description=gettext_lazy("what"))
    def what(self, obj: BookingEvent) -> Any:
        return EVENTS.get(obj.kind, obj.kind)

    @display(description=pgettext_lazy("moved appointment", "from"))
    def from_local(self, obj: BookingEvent) -> str:
        return on_clock(obj.from_start, obj.booking.time_zone)

    @display(description=pgettext_lazy("moved appointment", "to"))
    def to_local(self, obj: BookingEvent) -> str:
        return on_clock(obj.to_start, obj.booking.time_zone)


class AnswerInline(ReadOnlyInline):
    """What was answered. Sensitive answers are the professional's; staff see that there is one."""

    model = Answer
    fields = ["label", "shown", "answered_at"]
    readonly_fields = ["shown"]

    @display(description=gettext_lazy("answer"))
    def shown(self, obj: Answer) -> str:
        return "•••" if obj.sensitive else obj.text


class MessageInline(ReadOnlyInline):
    model = Message
    fields = ["kind", "audience", "to_whom", "status", "attempts", "sent_at", "last_error"]
    readonly_fields = ["to_whom"]
    show_change_link = True

    @display(description=gettext_lazy("recipient"))
    def to_whom(self, obj: Message) -> str:
        return contacts.shown(obj.recipient) or "–"


def parse_moment(text: str) -> datetime | None:
    """An instant from a link of ours; nothing for what is none."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None


INLINES = [AnswerInline, EventInline, MessageInline]
