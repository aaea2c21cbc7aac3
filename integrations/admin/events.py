"""The log of webhooks: what came, what it led to, and once more."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from directory.admin.filters import DayRangeFilter
from directory.admin.verbs import Question, short
from integrations import webhooks
from integrations.models import WebhookEvent
from integrations.words import note_words
from scheduling.admin.messages import ReadOnlyRows

STATES = {
    "due": ("info", gettext_lazy("waiting")),
    "failed": ("danger", gettext_lazy("needs a person")),
    "applied": ("success", gettext_lazy("applied")),
    "noted": ("default", gettext_lazy("only noted")),
}


def state_of(event: WebhookEvent) -> str:
    if event.due_at:
        return "due"
    if event.last_error:
        return "failed"
    return "applied" if event.applied_at else "noted"


class StateFilter(DropdownFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state, words) for state, (_colour, words) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> QuerySet[WebhookEvent]:
        wanted = {
            "due": Q(due_at__isnull=False),
            "failed": Q(due_at=None) & ~Q(last_error=""),
            "applied": Q(due_at=None, last_error="", applied_at__isnull=False),
            "noted": Q(due_at=None, last_error="", applied_at=None),
        }
        return queryset.filter(wanted[self.value()]) if self.value() in wanted else queryset


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyRows):
    list_display = ["what", "connection", "state_label", "received", "applied", "attempts", "led_to"]
    list_select_related = ["connection__brand"]
    list_filter = [("connection", RelatedDropdownFilter), StateFilter, ("received_at", DayRangeFilter)]
    list_filter_submit = True
    search_fields = ["type", "event_key", "body", "note", "last_error"]
    actions = ["replay_chosen"]
    actions_detail = ["replay_one"]
    readonly_fields = ["note_in_words"]
    fieldsets = [
        (None, {"fields": ["connection", ("type", "event_key"), ("received_at", "applied_at"), "note_in_words"]}),
        (gettext_lazy("Application"), {"fields": [("due_at", "leased_until"), "attempts", "last_error"]}),
        (gettext_lazy("As it came"), {"classes": ["tab"], "fields": ["headers", "body"]}),
    ]

    @display(description=gettext_lazy("message"), ordering="type", header=True)
    def what(self, obj: WebhookEvent) -> list[str]:
        return [obj.type or "?", obj.event_key[:16]]

    @display(description=gettext_lazy("state"), label={name: name for name in ("info", "danger", "success", "default")})
    def state_label(self, obj: WebhookEvent) -> tuple[str, str]:
        return STATES[state_of(obj)][0], str(STATES[state_of(obj)][1])

    @display(description=gettext_lazy("received"), ordering="received_at")
    def received(self, obj: WebhookEvent) -> str:
        return short(obj.received_at)

    @display(description=gettext_lazy("applied"), ordering="applied_at")
    def applied(self, obj: WebhookEvent) -> str:
        return short(obj.applied_at)

    @display(description=gettext_lazy("note"))
    def note_in_words(self, obj: WebhookEvent) -> str:
        return note_words(obj.note) or "–"

    @display(description=gettext_lazy("what it led to"))
    def led_to(self, obj: WebhookEvent) -> str:
        return (obj.last_error or note_words(obj.note))[:80] or "–"

    def _replay(self, request: HttpRequest, rows: list[Any]) -> Question:
        count = len(rows)
        return Question(
            title=ngettext("Apply the message again", "Apply %(count)d messages again", count) % {"count": count},
            explanation=[
                _("A worker reads what it speaks of at the provider again, one call each; what is known already stays.")
            ],
            button=_("Apply again"),
            run=lambda row, data: webhooks.replay(WebhookEvent.objects.filter(pk=row.pk)),
            done=_("Due now: %(count)d."),
        )

    @action(description=gettext_lazy("Apply again"), permissions=["act"], url_path="replay", icon="replay")
    def replay_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._replay(request, [row]))

    @admin.action(description=gettext_lazy("Apply again"), permissions=["act"])
    def replay_chosen(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> HttpResponse | None:
        return self.ask(request, queryset, self._replay)
