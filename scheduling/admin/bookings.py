"""Bookings: looked at here, changed only by the verbs of `scheduling.bookings`."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib import messages as notes
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from directory import contacts
from directory.admin.filters import DayRangeFilter
from directory.admin.verbs import Question, ReasonForm, badge
from scheduling import availability, bookings, messages
from scheduling.admin.booking_answers import AnswersAdmin
from scheduling.admin.booking_entry import EntryAdmin
from scheduling.admin.booking_forms import MoveForm
from scheduling.admin.booking_parts import (
    COLOURS,
    INLINES,
    StatusFilter,
    attendance_text,
    on_clock,
    parse_moment,
)
from scheduling.admin.booking_sessions import SessionsAdmin
from scheduling.admin.messages import ReadOnlyRows
from scheduling.engine import settled
from scheduling.models import Booking
from scheduling.models.bookings import Status

Actor = Booking.Actor
OPEN = ["cancel_one", "move_one", "resend_one"]
BEGUN = ["completed_one", "no_show_one"]


@admin.register(Booking)
class BookingAdmin(EntryAdmin, AnswersAdmin, SessionsAdmin, ReadOnlyRows):
    inlines = INLINES
    list_display = ["start", "client_label", "host_label", "title", "status_label", "origin", "reference"]
    list_display_links = ["start", "reference"]
    list_select_related = ["host__person", "host__brand", "meeting_type"]
    list_filter = [
        ("host__brand", RelatedDropdownFilter),
        StatusFilter,
        ("channel", ChoicesDropdownFilter),
        ("starts_at", DayRangeFilter),
        ("host", AutocompleteSelectFilter),
    ]
    list_filter_submit = True
    search_fields = [
        "reference",
        "client_name",
        "client_email",
        "host__person__first_name",
        "host__person__last_name",
    ]
    actions = ["cancel_chosen", "completed_chosen", "no_show_chosen", "resend_chosen"]
    actions_detail = [
        "accept_one",
        "decline_one",
        "move_one",
        "resend_one",
        "completed_one",
        "no_show_one",
        "move_session_one",
        "cancel_session_one",
        "cancel_one",
    ]
    readonly_fields = [
        "status_badge",
        "begins",
        "end",
        "client_start",
        "reference",
        "uid",
        "version",
        "awaits",
        "answer_by",
        "attendance",
        "client_moves",
        "session_text",
        "created_at",
        "updated_at",
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("reference", "status_badge"),
                    ("begins", "end"),
                    ("host", "meeting_type"),
                    ("channel", "location"),
                    ("price_text", "seats"),
                    "session_text",
                ]
            },
        ),
        (
            gettext_lazy("Client"),
            {
                "fields": [
                    ("client_name", "client", "attendee_name"),
                    ("client_email", "client_phone"),
                    "client_note",
                    ("attendance", "client_moves"),
                    ("client_language", "client_time_zone", "client_start"),
                    "consented_at",
                ]
            },
        ),
        (
            gettext_lazy("Record"),
            {
                "classes": ["tab"],
                "fields": [
                    ("origin", "version"),
                    ("awaits", "answer_by"),
                    ("cancelled_by", "cancel_reason"),
                    ("cancel_cutoff", "move_cutoff"),
                    ("blocked_from", "blocked_until"),
                    ("created_at", "updated_at"),
                    "hold_expires_at",
                    "uid",
                ],
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        return super().get_queryset(request).select_related("host__person", "host__brand", "meeting_type", "client")

    # --- columns ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("start"), ordering="starts_at", header=True)
    def start(self, obj: Booking) -> list[str]:
        return [on_clock(obj.starts_at, obj.time_zone), obj.time_zone]

    @display(description=gettext_lazy("start"))
    def begins(self, obj: Booking) -> str:
        return f"{on_clock(obj.starts_at, obj.time_zone)}, {obj.time_zone}"

    @display(description=gettext_lazy("attendance"))
    def attendance(self, obj: Booking) -> str:
        return attendance_text(obj)

    @display(description=gettext_lazy("status"))
    def status_badge(self, obj: Booking) -> SafeString:
        return badge(obj.get_status_display(), COLOURS[Status(obj.status)])

    @display(description=gettext_lazy("end"))
    def end(self, obj: Booking) -> str:
        return on_clock(obj.ends_at, obj.time_zone)

    @display(description=gettext_lazy("start on the client's clock"))
    def client_start(self, obj: Booking) -> str:
        return on_clock(obj.starts_at, obj.client_time_zone or obj.time_zone)

    @display(description=gettext_lazy("client"), ordering="client_name", header=True)
    def client_label(self, obj: Booking) -> list[str]:
        return [obj.client_name or "–", contacts.shown(obj.client_email)]

    @display(description=gettext_lazy("professional"), ordering="host__person__last_name", header=True)
    def host_label(self, obj: Booking) -> list[str]:
        return [str(obj.host), str(obj.host.brand)]

    @display(description=gettext_lazy("status"), ordering="status", label=COLOURS)
    def status_label(self, obj: Booking) -> tuple[str, str]:
        return obj.status, obj.get_status_display()

    # --- what may be done ---------------------------------------------------------------------------------------

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        obj = self.get_object(request, str(object_id))
        offered: list[str] = []
        if obj and obj.is_request:
            offered += self.answers_to(obj)
        elif obj and obj.is_open:
            offered += [*OPEN, *self.session_actions(obj)]
        if obj and obj.status in (Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW):
            offered += BEGUN if obj.starts_at <= timezone.now() else []
        if obj and obj.status == Status.CANCELLED:
            offered.append("resend_one")
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        found = super().get_actions_detail(request, object_id)
        return [each for each in found if each.action_name.removeprefix(prefix) in offered]

    def _cancellation(self, request: Any, rows: list[Any]) -> Question:
        addresses = {row.client_email for row in rows} | {row.host.person.email for row in rows}
        count = len(addresses - {""})
        return Question(
            title=ngettext("Cancel the booking", "Cancel %(count)d bookings", len(rows)) % {"count": len(rows)},
            explanation=[
                _("The time becomes free again. This cannot be undone."),
                ngettext(
                    "%(count)d person gets an e-mail with your reason.",
                    "%(count)d people get an e-mail with your reason.",
                    count,
                )
                % {"count": count},
            ],
            button=_("Cancel booking"),
            run=lambda row, data: bookings.cancel(row, actor=Actor.ADMIN, user=request.user, reason=data["reason"]),
            done=_("Cancelled: %(count)d."),
            form=ReasonForm,
            errors=(bookings.BookingError,),
            danger=True,
        )

    def _ending(self, request: Any, status: Status) -> Question:
        completed = status == Status.COMPLETED
        return Question(
            title=_("Mark as completed") if completed else _("Mark as no-show"),
            explanation=[
                _("The appointment took place.") if completed else _("The client did not appear."),
                _("Nobody gets an e-mail. It can be changed later."),
            ],
            button=_("Mark as completed") if completed else _("Mark as no-show"),
            run=lambda row, data: bookings.finish(row, status, actor=Actor.ADMIN, user=request.user),
            done=_("Marked: %(count)d."),
            errors=(bookings.BookingError,),
        )

    def _completion(self, request: HttpRequest, rows: list[Any]) -> Question:
        return self._ending(request, Status.COMPLETED)

    def _absence(self, request: HttpRequest, rows: list[Any]) -> Question:
        return self._ending(request, Status.NO_SHOW)

    def _repetition(self, request: HttpRequest, rows: list[Any]) -> Question:
        return Question(
            title=_("Send the last e-mail again"),
            explanation=[
                _("Both sides get the e-mail about the last change once more, with the current calendar file."),
            ],
            button=_("Send again"),
            run=lambda row, data: messages.resend(row),
            done=_("Queued again for %(count)d bookings.") if len(rows) > 1 else _("Queued again."),
            errors=(messages.NotAllowed,),
        )

    @action(
        description=gettext_lazy("Cancel booking"),
        permissions=["act"],
        url_path="cancel",
        icon="event_busy",
        variant=ActionVariant.DANGER,
    )
    def cancel_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._cancellation(request, [row]))

    @action(description=gettext_lazy("Move"), permissions=["act"], url_path="move", icon="event_repeat")
    def move_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row: Booking = self.find(request, object_id)
        start = parse_moment(request.GET.get("start", ""))
        return self.ask_about(request, row, self._move(request, row, start))

    def _move(self, request: Any, row: Booking, start: datetime | None) -> Question:
        now = timezone.now()
        after = max(now, row.starts_at - timedelta(days=3))
        free = availability.open_starts(row.meeting_type, after, after + availability.NEAR, now=now, exclude=row)[:12]
        zone = row.host.time_zone
        return Question(
            title=_("Move the booking"),
            explanation=[
                _("It starts on %(start)s now. The old time becomes free at the moment the new one is taken.")
                % {"start": on_clock(row.starts_at, zone)},
            ],
            button=_("Move booking"),
            run=partial(self._move_row, request),
            done=_("Moved: %(count)d."),
            form=lambda *args: MoveForm(*args, booking=row, start=start),
            errors=(bookings.BookingError,),
            template="scheduling/admin/move.html",
            context={"free": [(moment.isoformat().replace("+00:00", "Z"), on_clock(moment, zone)) for moment in free]},
        )

    def _move_row(self, request: Any, row: Booking, data: dict[str, Any]) -> None:
        """Where a provider has a say, its word is waited for, as on the pages of host and client."""
        moved = bookings.reschedule(
            row,
            data["start"],
            actor=Actor.ADMIN,
            user=request.user,
            reason=data["reason"],
            outside_rules=data["outside_rules"],
            notify=data["notify"],
        )
        moved = settled(moved)
        if moved.starts_at != data["start"]:
            raise bookings.BookingError(_("The provider did not take this time; the booking stays where it was."))
        if moved.status == Status.PENDING:
            text = _("The provider has not answered yet; the client is told as soon as it has.")
            self.message_user(request, text, notes.WARNING)

    @action(
        description=gettext_lazy("Send last e-mail again"),
        permissions=["act"],
        url_path="resend",
        icon="forward_to_inbox",
    )
    def resend_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._repetition(request, [row]))

    @action(description=gettext_lazy("Completed"), permissions=["act"], url_path="completed", icon="task_alt")
    def completed_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.ask_about(request, self.find(request, object_id), self._ending(request, Status.COMPLETED))

    @action(description=gettext_lazy("Did not appear"), permissions=["act"], url_path="no-show", icon="person_cancel")
    def no_show_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.ask_about(request, self.find(request, object_id), self._ending(request, Status.NO_SHOW))

    @admin.action(description=gettext_lazy("Cancel, with a reason"), permissions=["act"])
    def cancel_chosen(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse | None:
        return self.ask(request, queryset, self._cancellation)

    @admin.action(description=gettext_lazy("Mark as completed"), permissions=["act"])
    def completed_chosen(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse | None:
        return self.ask(request, queryset, self._completion)

    @admin.action(description=gettext_lazy("Mark as no-show"), permissions=["act"])
    def no_show_chosen(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse | None:
        return self.ask(request, queryset, self._absence)

    @admin.action(description=gettext_lazy("Send last e-mail again"), permissions=["act"])
    def resend_chosen(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse | None:
        return self.ask(request, queryset, self._repetition)
