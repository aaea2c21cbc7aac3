"""The professional's admin page, with where she is booked: the choice of provider, and her account there."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from directory.admin.professionals import ProfessionalForm
from directory.admin.verbs import Question, VerbForm
from directory.models import Professional
from integrations import connections, desired, moving
from integrations.admin.mirrors import STATES
from integrations.models import Connection, Enrolment, Mirror
from scheduling.admin.professionals import BookableProfessionalAdmin

BUILT_IN = "built-in"


class NotHereError(Exception):
    """The member cannot be onboarded there; the text is for people."""


class ConnectedProfessionalForm(ProfessionalForm):
    """With the choice of where she is booked: the brand's default unless the admin says otherwise."""

    booked_at = forms.ChoiceField(
        label=gettext_lazy("Where she is booked"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("A move deletes the account she leaves; public addresses and booked appointments stay."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk or "booked_at" not in self.fields:
            return
        offered = list(Connection.objects.filter(brand=self.instance.brand_id))
        default = next((one.name for one in offered if one.is_default), _("Built-in engine"))
        self.fields["booked_at"].choices = [  # type: ignore[attr-defined]
            ("", _("As the brand has it: %(where)s") % {"where": default}),
            *((str(one.pk), one.name) for one in offered if not one.is_default),
            (BUILT_IN, _("Built-in engine")),
        ]
        choice = Enrolment.objects.filter(professional=self.instance).first()
        if choice:
            self.initial["booked_at"] = str(choice.connection_id or BUILT_IN)


class ChooseForm(VerbForm):
    """`brand_id`: whose connections are offered."""

    def __init__(self, *args: Any, brand_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = Connection.objects.filter(brand_id=brand_id, is_active=True)
        choices = [(str(one.pk), one.name) for one in offered]
        self.fields["where"] = forms.ChoiceField(
            label=_("Where they are booked"),
            choices=[*choices, (BUILT_IN, _("Built-in engine"))],
            widget=UnfoldAdminSelectWidget,
        )


class WithAccounts(ChangeList):
    """Adds to each row of the page where it is booked and how its account is; two queries for all."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        uids = [str(row.pk) for row in rows]
        mirrors: dict[str, Mirror] = {}
        for mirror in Mirror.objects.filter(kind="user", local_uid__in=uids).select_related("connection"):
            mirrors.setdefault(mirror.local_uid, mirror)
        for row in rows:
            row.account = mirrors.get(str(row.pk))
        self.result_list = rows


admin.site.unregister(Professional)


@admin.register(Professional)
class ConnectedProfessionalAdmin(BookableProfessionalAdmin):
    form = ConnectedProfessionalForm
    fieldsets = [
        *BookableProfessionalAdmin.fieldsets,
        (gettext_lazy("Provider"), {"classes": ["tab"], "fields": ["booked_at", "beforehand", "account_there"]}),
    ]
    readonly_fields = [*BookableProfessionalAdmin.readonly_fields, "account_there", "beforehand"]
    list_display = [*BookableProfessionalAdmin.list_display, "account", "parity"]
    actions = [*BookableProfessionalAdmin.actions, "onboard_chosen", "choose_where"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithAccounts

    @display(description=gettext_lazy("account at"))
    def account(self, obj: Professional) -> str:
        mirror: Mirror | None = getattr(obj, "account", None)
        return mirror.connection.name if mirror else "–"

    @display(
        description=gettext_lazy("parity"),
        label={"success": "success", "warning": "warning", "danger": "danger", "info": "info", "default": "default"},
    )
    def parity(self, obj: Professional) -> tuple[str, str] | None:
        mirror: Mirror | None = getattr(obj, "account", None)
        return (STATES[mirror.state][0], str(STATES[mirror.state][1])) if mirror else None

    @display(description=gettext_lazy("account there"))
    def account_there(self, obj: Professional) -> SafeString | str:
        """Each account of hers, with its state and the way to its page."""
        rows = Mirror.objects.filter(kind="user", local_uid=str(obj.pk)).select_related("connection__brand")
        lines = [
            (reverse("admin:integrations_mirror_change", args=[row.pk]), row.connection.name, row.remote_id or "–",
             STATES[row.state][1])
            for row in rows
        ]  # fmt: skip
        return format_html_join("", '<p><a class="look-link" href="{}">{}</a> {} ({})</p>', lines) or "–"

    @display(description=gettext_lazy("what a move takes along"))
    def beforehand(self, obj: Professional) -> SafeString | str:
        """For each place she could go to; local rows only."""
        if not obj.pk:
            return "–"
        offered = [*Connection.objects.filter(brand=obj.brand_id, is_active=True), None]
        here = desired.connection_of(obj)
        previews = [moving.preview([obj], one) for one in offered if one != here]
        return render_to_string("integrations/admin/previews.html", {"previews": previews}) if previews else "–"

    def save_model(self, request: HttpRequest, obj: Professional, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "booked_at" in form.changed_data:
            where = form.cleaned_data["booked_at"]
            offered = Connection.objects.filter(brand=obj.brand_id)
            chosen = offered.filter(is_default=True) if not where else offered.filter(pk=where.replace(BUILT_IN, "0"))
            connections.enrol([obj], chosen.first())

    def _onboarding(self, request: HttpRequest, rows: list[Any]) -> Question:
        count = len(rows)
        return Question(
            title=ngettext("Onboard the member", "Onboard %(count)d members", count) % {"count": count},
            explanation=[
                _("Each gets an account, her hours and her meeting types where she belongs: about four calls each."),
                _(
                    "Workers do it at the pace that the provider allows; the onboarding page of the connection shows how far they are."
                ),
            ],
            button=_("Onboard"),
            run=_onboard,
            done=_("Handed over: %(count)d."),
            errors=(NotHereError,),
        )

    def _choice(self, request: HttpRequest, rows: list[Any]) -> Question:
        """`rows` are of one brand."""
        count, brand_id = len(rows), rows[0].brand_id
        offered = [*Connection.objects.filter(brand_id=brand_id, is_active=True), None]
        return Question(
            title=_("Choose where they are booked"),
            explanation=[
                _("Their public addresses and booked appointments stay; clients are told nothing."),
                _("The account at the provider they leave is deleted there, and one is made where they go to."),
            ],
            button=ngettext("Move the member", "Move %(count)d members", count) % {"count": count},
            run=_move,
            done=_("Moved: %(count)d."),
            form=lambda *args: ChooseForm(*args, brand_id=brand_id),
            errors=(NotHereError,),
            danger=True,
            template="integrations/admin/move.html",
            context={"previews": [moving.preview(rows, one) for one in offered]},
        )

    @admin.action(description=gettext_lazy("Onboard at the provider"), permissions=["act"])
    def onboard_chosen(self, request: HttpRequest, queryset: QuerySet[Professional]) -> HttpResponse | None:
        return self.ask(request, queryset, self._onboarding)

    @admin.action(description=gettext_lazy("Choose where they are booked"), permissions=["act"])
    def choose_where(self, request: HttpRequest, queryset: QuerySet[Professional]) -> HttpResponse | None:
        rows = self.chosen(request, queryset)
        if rows.order_by().values("brand_id").distinct().count() != 1:
            self.message_user(request, _("Choose members of one brand."), "error")
            return None
        return self.ask(request, rows, self._choice)


def _onboard(row: Professional, _data: dict[str, Any]) -> None:
    connection = desired.connection_of(row)
    if connection is None:
        raise NotHereError(_("is booked by the built-in engine."))
    if not connections.onboard(connection, [row.pk]):
        raise NotHereError(_("is not listed."))


def _move(row: Professional, data: dict[str, Any]) -> None:
    where = data["where"]
    connection = None if where == BUILT_IN else Connection.objects.get(pk=where, brand_id=row.brand_id)
    connections.enrol([row], connection)
