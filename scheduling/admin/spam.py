"""The spam desk: rules, what the guard stopped, and taking it back."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from directory.admin.filters import DayRangeFilter
from directory.admin.forms import WholeRowForm
from directory.admin.verbs import Question, short
from scheduling import guard, proof
from scheduling.admin.messages import ReadOnlyRows
from scheduling.bookings import BookingError
from scheduling.models import BlockedAttempt, SpamRule

Outcome, Effect = BlockedAttempt.Outcome, SpamRule.Effect
COLOURS = {Outcome.REFUSED: "danger", Outcome.LIMITED: "warning", Outcome.MAIL: "info"}
EFFECTS = {Effect.REFUSE: "danger", Effect.MAIL: "info", Effect.ALLOW: "success"}


class SpamRuleForm(WholeRowForm):
    whole = ("brand",)

    class Meta:
        model = SpamRule
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields and self.instance.kind != SpamRule.Kind.FINGERPRINT:
            choices = [choice for choice in SpamRule.Kind.choices if choice[0] != SpamRule.Kind.FINGERPRINT]
            self.fields["kind"].choices = choices  # type: ignore[attr-defined]


@admin.register(SpamRule)
class SpamRuleAdmin(ModelAdmin):
    form = SpamRuleForm
    list_display = ["about", "effect_label", "brand_label", "until_label", "note"]
    list_select_related = ["brand"]
    list_filter = [
        ("brand", RelatedDropdownFilter),
        ("effect", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
    ]
    list_filter_submit = True
    search_fields = ["value", "note"]
    fieldsets = [(None, {"fields": [("kind", "value"), "effect", "brand", "until", "note"]})]

    @display(description=gettext_lazy("about"), ordering="value", header=True)
    def about(self, obj: SpamRule) -> list[str]:
        by_hash = obj.kind == SpamRule.Kind.FINGERPRINT
        return [obj.note if by_hash and obj.note else obj.value, obj.get_kind_display()]

    @display(description=gettext_lazy("effect"), ordering="effect", label=EFFECTS)
    def effect_label(self, obj: SpamRule) -> tuple[str, str]:
        return obj.effect, obj.get_effect_display()

    @display(description=gettext_lazy("brand"), ordering="brand__name")
    def brand_label(self, obj: SpamRule) -> str:
        return str(obj.brand) if obj.brand else _("All brands")

    @display(description=gettext_lazy("until"), ordering="until")
    def until_label(self, obj: SpamRule) -> str:
        return short(obj.until)


@admin.register(BlockedAttempt)
class BlockedAttemptAdmin(ReadOnlyRows):
    list_display = ["code", "time", "what", "outcome_label", "email", "network", "brand", "undone"]
    list_select_related = ["brand"]
    list_filter = [
        ("brand", RelatedDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("outcome", ChoicesDropdownFilter),
        ("at", DayRangeFilter),
    ]
    list_filter_submit = True
    search_fields = ["email", "network", "id"]
    search_help_text = gettext_lazy("Code (the number after S-), mail domain or network")
    actions = ["no_spam_chosen"]
    actions_detail = ["no_spam"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("code", "at"),
                    ("action", "reason", "outcome"),
                    ("email", "network"),
                    ("brand", "host"),
                    ("booking", "rule"),
                    ("undone_at", "undone_by"),
                ]
            },
        )
    ]
    readonly_fields = ["code"]

    @display(description=gettext_lazy("code"), ordering="id")
    def code(self, obj: BlockedAttempt) -> str:
        return f"S-{obj.pk}"

    @display(description=gettext_lazy("at"), ordering="at")
    def time(self, obj: BlockedAttempt) -> str:
        return short(obj.at)

    @display(description=gettext_lazy("attempt"), ordering="reason", header=True)
    def what(self, obj: BlockedAttempt) -> list[str]:
        return [obj.get_reason_display(), obj.get_action_display()]

    @display(description=gettext_lazy("outcome"), ordering="outcome", label=COLOURS)
    def outcome_label(self, obj: BlockedAttempt) -> tuple[str, str]:
        return obj.outcome, obj.get_outcome_display()

    @display(description=gettext_lazy("no spam"), boolean=True)
    def undone(self, obj: BlockedAttempt) -> bool | None:
        return True if obj.undone_at else None

    def _question(self, request: HttpRequest, rows: list[Any]) -> Question:
        def run(attempt: BlockedAttempt, data: dict[str, Any]) -> None:
            guard.undo(attempt, user=request.user)  # type: ignore[arg-type]
            if attempt.booking and attempt.booking.waits_for_mail:
                proof.give(attempt.booking)

        return Question(
            title=_("This was no spam"),
            explanation=[
                _("Whoever it was may book for 30 days without being stopped; a rule says so, and can be deleted."),
                _("A booking that still waits for a click in a mail is confirmed now."),
            ],
            button=_("No spam"),
            run=run,
            done=_("Taken back: %(count)d."),
            errors=(BookingError,),
        )

    @action(description=gettext_lazy("No spam"), permissions=["act"], url_path="no-spam", icon="undo")
    def no_spam(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._question(request, [row]))

    @admin.action(description=gettext_lazy("No spam"), permissions=["act"])
    def no_spam_chosen(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return self.ask(request, queryset, self._question)
