"""The outbox: what was sent, what waits, what failed."""

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
from directory.admin.verbs import Question, VerbAdmin, badge, short
from scheduling import messages
from scheduling.models import Message

Status = Message.Status
COLOURS = {Status.DUE: "info", Status.SENT: "success", Status.FAILED: "danger", Status.SUPERSEDED: "default"}


class ReadOnlyRows(VerbAdmin):
    """Rows that only verbs write: the pages show them, the actions change them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        name = self.opts.model_name
        return any(request.user.has_perm(f"{self.opts.app_label}.{verb}_{name}") for verb in ("view", "change"))


@admin.register(Message)
class MessageAdmin(ReadOnlyRows):
    list_display = ["what", "status_label", "recipient", "booking", "attempts", "due", "sent", "error"]
    list_select_related = ["booking__host__brand"]
    list_filter = [
        ("booking__host__brand", RelatedDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("audience", ChoicesDropdownFilter),
        ("created_at", DayRangeFilter),
    ]
    list_filter_submit = True
    search_fields = ["recipient", "subject", "booking__reference", "booking__client_email"]
    actions = ["send_chosen_again"]
    actions_detail = ["send_again"]
    fieldsets = [
        (
            None,
            {"fields": ["booking", ("kind", "audience"), ("channel", "version"), ("recipient", "language"), "subject"]},
        ),
        (
            gettext_lazy("Sending"),
            {
                "fields": [
                    "status_badge",
                    ("attempts", "last_error"),
                    ("created_at", "due_at"),
                    ("leased_until", "sent_at"),
                ]
            },
        ),
    ]
    readonly_fields = ["status_badge", "leased_until", "created_at"]

    @display(description=gettext_lazy("message"), ordering="kind", header=True)
    def what(self, obj: Message) -> list[str]:
        return [obj.get_kind_display(), _("to: %(audience)s") % {"audience": obj.get_audience_display()}]

    @display(description=gettext_lazy("status"), ordering="status", label=COLOURS)
    def status_label(self, obj: Message) -> tuple[str, str]:
        return obj.status, obj.get_status_display()

    @display(description=gettext_lazy("status"))
    def status_badge(self, obj: Message) -> SafeString:
        return badge(obj.get_status_display(), COLOURS[Status(obj.status)])

    @display(description=gettext_lazy("due"), ordering="due_at")
    def due(self, obj: Message) -> str:
        return short(obj.due_at)

    @display(description=gettext_lazy("sent at"), ordering="sent_at")
    def sent(self, obj: Message) -> str:
        return short(obj.sent_at)

    @display(description=gettext_lazy("last error"))
    def error(self, obj: Message) -> str:
        return obj.last_error[:80] or "–"

    def _again(self, request: HttpRequest, rows: list[Any]) -> Question:
        count = len(rows)
        return Question(
            title=ngettext("Send the message again", "Send %(count)d messages again", count) % {"count": count},
            explanation=[
                _("It goes out within seconds, written anew from the state of the booking at that moment."),
                _(
                    "A message that was sent already arrives a second time; one that the booking has left behind does not."
                ),
            ],
            button=_("Send again"),
            run=lambda row, data: messages.requeue(row),
            done=_("Queued: %(count)d."),
            errors=(messages.NotAllowed,),
        )

    @action(description=gettext_lazy("Send again"), permissions=["act"], url_path="send-again", icon="forward_to_inbox")
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._again(request, [row]))

    @admin.action(description=gettext_lazy("Send again"), permissions=["act"])
    def send_chosen_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponse | None:
        return self.ask(request, queryset, self._again)
