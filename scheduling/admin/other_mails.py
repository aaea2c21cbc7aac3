"""The log of mails that are not about one booking: earlier times, and the day in one mail. Beside that of messages, with the
same states, and sent again in the same way."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from directory.admin.filters import DayRangeFilter
from directory.admin.verbs import Question, badge, short
from scheduling import outbox
from scheduling.admin.messages import COLOURS, ReadOnlyRows
from scheduling.models import Alert, Digest, Offer, Outgoing
from scheduling.outbox import NotAllowed


class OutgoingAdmin(ReadOnlyRows):
    """`task` sends what is due of such rows."""

    task = ""
    list_filter_submit = True
    search_fields = ["recipient", "subject"]
    actions = ["send_chosen_again"]
    actions_detail = ["send_again"]
    own_fields: list[Any] = []
    readonly_fields = ["status_badge", "created_at", "leased_until"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sending = ["status_badge", ("attempts", "last_error"), ("created_at", "due_at"), ("leased_until", "sent_at")]
        return [
            (None, {"fields": [*self.own_fields, ("recipient", "language"), "subject"]}),
            (_("Sending"), {"fields": sending}),
        ]

    @display(description=gettext_lazy("status"), ordering="status", label=COLOURS)
    def status_label(self, obj: Outgoing) -> tuple[str, str]:
        return obj.status, obj.get_status_display()

    @display(description=gettext_lazy("status"))
    def status_badge(self, obj: Outgoing) -> SafeString:
        return badge(obj.get_status_display(), COLOURS[Outgoing.Status(obj.status)])

    @display(description=gettext_lazy("due"), ordering="due_at")
    def due(self, obj: Outgoing) -> str:
        return short(obj.due_at)

    @display(description=gettext_lazy("sent at"), ordering="sent_at")
    def sent(self, obj: Outgoing) -> str:
        return short(obj.sent_at)

    @display(description=gettext_lazy("last error"))
    def error(self, obj: Outgoing) -> str:
        return obj.last_error[:80] or "–"

    def _again(self, request: HttpRequest, rows: list[Any]) -> Question:
        count = len(rows)
        return Question(
            title=ngettext("Send the message again", "Send %(count)d messages again", count) % {"count": count},
            explanation=[
                _("It goes out within a minute, written anew; what has passed meanwhile is not sent."),
                _("A message that was sent already arrives a second time."),
            ],
            button=_("Send again"),
            run=lambda row, data: outbox.requeue(row, self.task),
            done=_("Queued: %(count)d."),
            errors=(NotAllowed,),
        )

    @action(description=gettext_lazy("Send again"), permissions=["act"], url_path="send-again", icon="forward_to_inbox")
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._again(request, [row]))

    @admin.action(description=gettext_lazy("Send again"), permissions=["act"])
    def send_chosen_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self.ask(request, queryset, self._again)


@admin.register(Digest)
class DigestAdmin(OutgoingAdmin):
    task = "scheduling.tasks.send_digests"
    list_display = ["host", "day", "status_label", "recipient", "attempts", "due", "sent", "error"]
    list_select_related = ["host__person"]
    list_filter = [
        ("host__brand", RelatedDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("created_at", DayRangeFilter),
    ]
    own_fields = [("host", "day")]


@admin.register(Offer)
class OfferAdmin(OutgoingAdmin):
    task = "scheduling.tasks.watch_openings"
    list_display = ["opens", "meeting_type", "status_label", "recipient", "attempts", "due", "sent", "error"]
    list_select_related = ["opening", "alert__meeting_type__host__person"]
    list_filter = [
        ("alert__meeting_type__host__brand", RelatedDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("created_at", DayRangeFilter),
    ]
    own_fields = [("opens", "meeting_type")]
    readonly_fields = [*OutgoingAdmin.readonly_fields, "opens", "meeting_type"]

    @display(description=gettext_lazy("time that opened"), ordering="opening__starts_at")
    def opens(self, obj: Offer) -> str:
        return short(obj.opening.starts_at)

    @display(description=gettext_lazy("meeting type"))
    def meeting_type(self, obj: Offer) -> str:
        return f"{obj.alert.meeting_type.host}: {obj.alert.meeting_type}"


@admin.register(Alert)
class AlertAdmin(OutgoingAdmin):
    """Only wishes of people without a booking are mailed: they prove their address first."""

    task = "scheduling.tasks.watch_openings"
    list_display = ["meeting_type", "state", "status_label", "recipient", "attempts", "due", "sent", "error"]
    list_select_related = ["meeting_type__host__person"]
    list_filter = [
        ("meeting_type__host__brand", RelatedDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("created_at", DayRangeFilter),
    ]
    own_fields = [("meeting_type", "state"), "expires_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(booking=None)
