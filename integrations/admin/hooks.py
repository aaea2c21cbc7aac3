"""Outgoing webhooks: the addresses, what was sent to them, and once more."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from directory.admin.filters import DayRangeFilter
from directory.admin.verbs import Question, VerbAdmin, badge, short
from integrations.hooks import endpoints
from integrations.hooks.forms import type_choices
from integrations.models import HookAttempt, HookDelivery, HookEndpoint
from scheduling.admin.messages import ReadOnlyRows

COLOURS = {"due": "info", "delivered": "success", "failed": "danger", "stopped": "warning"}
MISSED = timedelta(days=3)


class HookEndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    types = forms.MultipleChoiceField(
        label=gettext_lazy("events"),
        choices=type_choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("None ticked: all of them."),
    )

    class Meta:
        model = HookEndpoint
        fields = ["brand", "professional", "url", "description", "payload", "types"]

    def clean_url(self) -> str:
        return endpoints.check_url(self.cleaned_data["url"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        member, brand = data.get("professional"), data.get("brand")
        if member and brand and member.brand_id != brand.pk:
            self.add_error("professional", _("This professional belongs to another brand."))
        return data


@admin.register(HookEndpoint)
class HookEndpointAdmin(VerbAdmin):
    form = HookEndpointForm
    list_display = ["url", "owner", "state_label", "last_answer", "failing"]
    list_select_related = ["brand", "professional__person"]
    list_filter = [("brand", RelatedDropdownFilter), "is_active"]
    search_fields = ["url", "description", "professional__person__last_name"]
    autocomplete_fields = ["professional"]
    readonly_fields = ["state", "last_ok_at", "failing_since", "created_at"]
    actions_detail = ["example", "rotate", "switch", "replay_missed"]
    fieldsets = [
        (None, {"fields": [("brand", "professional"), "url", "description", "payload", "types"]}),
        (gettext_lazy("State"), {"fields": ["state", ("last_ok_at", "failing_since"), "created_at"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: HookEndpoint | None = None) -> list[str]:
        return [*self.readonly_fields, *(["brand", "professional", "url"] if obj else [])]

    @display(description=gettext_lazy("hears of"))
    def owner(self, obj: HookEndpoint) -> str:
        return str(obj.professional) if obj.professional else _("everybody at %(brand)s") % {"brand": obj.brand}

    def _state(self, obj: HookEndpoint) -> tuple[str, str]:
        if not obj.is_active:
            return "danger", obj.get_stopped_because_display() or _("switched off")
        return ("warning", _("no answer at the moment")) if obj.failing_since else ("success", _("active"))

    @display(description=gettext_lazy("state"), label={name: name for name in ("danger", "warning", "success")})
    def state_label(self, obj: HookEndpoint) -> tuple[str, str]:
        return self._state(obj)

    @display(description=gettext_lazy("state"))
    def state(self, obj: HookEndpoint) -> SafeString:
        colour, words = self._state(obj)
        return badge(words, colour)

    @display(description=gettext_lazy("last answer"), ordering="last_ok_at")
    def last_answer(self, obj: HookEndpoint) -> str:
        return short(obj.last_ok_at)

    @display(description=gettext_lazy("failing since"), ordering="failing_since")
    def failing(self, obj: HookEndpoint) -> str:
        return short(obj.failing_since)

    def save_model(self, request: HttpRequest, obj: HookEndpoint, form: forms.Form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            self._show(request, obj.secrets[0]["secret"])

    def _show(self, request: HttpRequest, secret: str) -> None:
        text = _("The secret that signs the messages, shown only now: %(secret)s")
        messages.warning(request, text % {"secret": secret})

    @action(description=gettext_lazy("Send an example"), permissions=["act"], url_path="example", icon="send")
    def example(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Send an example"),
            explanation=[_("One message “booking.confirmed” with made-up data, marked as an example.")],
            button=_("Send"),
            run=lambda row, data: endpoints.send_example(row),
            done=_("An example is on its way; the deliveries say what came back."),
            errors=(endpoints.NotAllowed,),
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @action(description=gettext_lazy("New secret"), permissions=["act"], url_path="rotate", icon="key")
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Make a new secret"),
            explanation=[_("It is shown once. The present one goes on signing beside it for 24 hours.")],
            button=_("Make a new secret"),
            run=lambda row, data: self._show(request, endpoints.rotate(row)),
            done=_("The new secret signs from now on."),
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @action(description=gettext_lazy("Switch on or off"), permissions=["act"], url_path="switch", icon="toggle_on")
    def switch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        if row.is_active:
            title, text = _("Switch off"), _("Nothing is sent there any more; what waits can be replayed later.")
        else:
            title, text = _("Switch on"), _("What happens from now on is sent there.")
        question = Question(
            title=title,
            explanation=[text],
            button=title,
            run=lambda one, data: endpoints.switch(one, not one.is_active),
            done=_("Done."),
        )
        return self.ask_about(request, row, question)

    @action(description=gettext_lazy("Send what was missed"), permissions=["act"], url_path="missed", icon="replay")
    def replay_missed(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Send what was missed"),
            explanation=[_("Every message of the last three days that did not arrive, at most 1,000.")],
            button=_("Send again"),
            run=lambda row, data: endpoints.replay_since(row, timezone.now() - MISSED),
            done=_("Due now."),
        )
        return self.ask_about(request, self.find(request, object_id), question)


class AttemptInline(TabularInline):
    model = HookAttempt
    fields = ["at", "status", "milliseconds", "answer"]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(HookDelivery)
class HookDeliveryAdmin(ReadOnlyRows):
    list_display = ["what", "endpoint", "state_label", "created", "due", "attempts"]
    list_select_related = ["event", "endpoint__brand"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("endpoint", RelatedDropdownFilter),
        ("created_at", DayRangeFilter),
    ]
    list_filter_submit = True
    search_fields = ["event__type", "event__subject", "endpoint__url"]
    actions = ["replay_chosen"]
    actions_detail = ["replay_one"]
    inlines = [AttemptInline]
    fieldsets = [(None, {"fields": ["event", "endpoint", ("status", "attempts"), ("created_at", "due_at")]})]

    @display(description=gettext_lazy("event"), ordering="event__type", header=True)
    def what(self, obj: HookDelivery) -> list[str]:
        return [obj.event.type, obj.event.subject]

    @display(description=gettext_lazy("state"), label={name: name for name in COLOURS.values()})
    def state_label(self, obj: HookDelivery) -> tuple[str, str]:
        return COLOURS[obj.status], obj.get_status_display()

    @display(description=gettext_lazy("created"), ordering="created_at")
    def created(self, obj: HookDelivery) -> str:
        return short(obj.created_at)

    @display(description=gettext_lazy("tried again at"), ordering="due_at")
    def due(self, obj: HookDelivery) -> str:
        return short(obj.due_at)

    def _replay(self, request: HttpRequest, rows: list[Any]) -> Question:
        count = len(rows)
        return Question(
            title=ngettext("Send the message again", "Send %(count)d messages again", count) % {"count": count},
            explanation=[_("Under the same id, so that a receiver which has it already need not act twice.")],
            button=_("Send again"),
            run=lambda row, data: endpoints.replay(HookDelivery.objects.filter(pk=row.pk)),
            done=_("Due now: %(count)d."),
        )

    @action(description=gettext_lazy("Send again"), permissions=["act"], url_path="replay", icon="replay")
    def replay_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._replay(request, [row]))

    @admin.action(description=gettext_lazy("Send again"), permissions=["act"])
    def replay_chosen(self, request: HttpRequest, queryset: QuerySet[HookDelivery]) -> HttpResponse | None:
        return self.ask(request, queryset, self._replay)
