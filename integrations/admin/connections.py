"""A brand's accounts at providers: settings, secrets, health, parity, onboarding. All its verbs in one module."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from directory.admin.verbs import Question, VerbAdmin, badge, more, short
from directory.secrets import CannotUnseal
from integrations import assignments, connections, moving, parity
from integrations.admin import add_ons, report, room_reports
from integrations.admin import assignments as assignment_form
from integrations.admin.forms import PREFIX, form_for, secrets_form
from integrations.contract import Provider
from integrations.errors import ProviderError
from integrations.models import EXPIRY_WARNINGS, Connection

ERRORS = (ProviderError, CannotUnseal, connections.CannotConnectError, parity.BrakeError)


def health_of(connection: Connection) -> tuple[str, str]:
    """(colour, words) for lists."""
    if not connection.is_active:
        return "default", _("switched off")
    if connection.is_resting:
        return "danger", _("rests after an error")
    if connection.last_error:
        return "warning", _("last call failed")
    return ("success", _("well")) if connection.last_ok_at else ("info", _("never called"))


def expiry_of(connection: Connection) -> tuple[str, str]:
    left = connection.days_left
    if left is None:
        return "default", _("no date")
    if left < 0:
        return "danger", _("expired")
    colour = "danger" if left <= EXPIRY_WARNINGS[1] else "warning" if left <= EXPIRY_WARNINGS[0] else "success"
    return colour, _("in %(count)d days") % {"count": left}


@admin.register(Connection)
class ConnectionAdmin(VerbAdmin):
    list_display = ["name", "brand", "provider_name", "is_default", "booking", "health", "expiry", "last_answer"]
    list_select_related = ["brand"]
    list_filter = [("brand", RelatedDropdownFilter)]
    search_fields = ["name", "brand__name", "provider"]
    change_form_outer_before_template = "integrations/admin/health.html"
    warn_unsaved_form = True
    actions_detail = [
        "test",
        "sync_now",
        "verify_now",
        "assign",
        more("enter_credentials", "drop_old", "hooks", "make_default", "leave_default"),
    ]
    readonly_fields = ["health_badge", "expiry_badge", "live_sets", "last_answer", "webhook_address", "allowances"]

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        first = [
            "brand",
            "provider_name" if obj else "provider",
            "name",
            "base_url",
            ("is_default", "for_rooms", "is_active"),
        ]
        booking = ["booking", ("ask_before_embed", "when_down"), "reminds_clients"]
        if obj is None:
            return [(None, {"fields": first}), (gettext_lazy("Visitors"), {"fields": booking})]
        health = ["health_badge", "last_answer", "live_sets", ("expires_on", "expiry_badge")]
        if obj.provider_class.allowances is not Provider.allowances:
            health.append("allowances")
        if obj.provider_class.webhook is not None:
            health.append("webhook_address")
        options = [PREFIX + option.name for option in obj.provider_class.options]
        return [
            (None, {"fields": first}),
            (gettext_lazy("Visitors"), {"fields": booking}),
            (gettext_lazy("Health"), {"classes": ["tab"], "fields": health}),
            (gettext_lazy("Options"), {"classes": ["tab"], "fields": options}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = form_for(obj)
        shown = [name for name in form.declared_fields if name.startswith(PREFIX)]
        kwargs["fields"] = [
            name
            for _title, options in self.get_fieldsets(request, obj)
            for entry in options["fields"]
            for name in (entry if isinstance(entry, tuple) else (entry,))
            if name not in shown and name not in self.get_readonly_fields(request, obj)
        ]
        kwargs["form"] = form
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "brand", "provider_name", "is_default"] if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What we made there would stay behind: first every member has to leave."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not obj.mirrors.exclude(remote_id="").exists())

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Only what can be done: there are two sets of credentials, it is the brand's default, or it is not."""
        found = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id))
        offered = {
            "drop_old": row is not None and _live(row) > 1,
            "make_default": row is not None and row.is_active and not row.is_default,
            "leave_default": row is not None and row.is_default,
            "assign": row is not None and assignments.possible(row),
            "hooks": row is not None and row.provider_class.webhook is not None,
        }
        left_out = tuple(name for name, possible in offered.items() if not possible)
        return [one for one in found if not str(one.action_name).endswith(left_out)]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        if obj:
            context["alarms"] = connections.alarms(obj)
            context["pages"] = {
                "parity": reverse("admin:integrations_connection_parity", args=[obj.pk]),
                "onboarding": reverse("admin:integrations_connection_onboarding", args=[obj.pk]),
            }
            if obj.provider_class.reports is not None:
                context["pages"]["reports"] = reverse("admin:integrations_connection_reports", args=[obj.pk])
            if add_ons.possible(obj):
                context["pages"]["add_ons"] = reverse("admin:integrations_connection_add_ons", args=[obj.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Connection, *args: Any, **kwargs: Any) -> HttpResponse:
        """A connection without credentials is of no use: they are asked for next."""
        self.message_user(request, _("Made. Now enter the credentials."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:integrations_connection_enter_credentials", args=[obj.pk]))

    # --- columns ------------------------------------------------------------------------------------------------

    @display(
        description=gettext_lazy("health"),
        label={
            "success": "success",
            "warning": "warning",
            "danger": "danger",
            "info": "info",
            "default": "default",
        },
    )
    def health(self, obj: Connection) -> tuple[str, str]:
        return health_of(obj)

    @display(
        description=gettext_lazy("credentials expire"),
        ordering="expires_on",
        label={"success": "success", "warning": "warning", "danger": "danger", "default": "default"},
    )
    def expiry(self, obj: Connection) -> tuple[str, str]:
        return expiry_of(obj)

    @display(description=gettext_lazy("health"))
    def health_badge(self, obj: Connection) -> SafeString:
        colour, words = health_of(obj)
        return badge(words, colour)

    @display(description=gettext_lazy("credentials expire"))
    def expiry_badge(self, obj: Connection) -> SafeString:
        colour, words = expiry_of(obj)
        return badge(words, colour)

    @display(description=gettext_lazy("live sets of credentials"))
    def live_sets(self, obj: Connection) -> str:
        live = _live(obj)
        return str(live) if live >= 0 else _("The encryption key is gone; enter them again.")

    @display(description=gettext_lazy("provider"), ordering="provider")
    def provider_name(self, obj: Connection) -> str:
        return obj.provider_class.label

    @display(description=gettext_lazy("allowances"))
    def allowances(self, obj: Connection) -> str:
        try:
            return "\n".join(obj.open().allowances())
        except CannotUnseal:
            return "–"

    @display(description=gettext_lazy("last answer"), ordering="last_ok_at")
    def last_answer(self, obj: Connection) -> str:
        return short(obj.last_ok_at)

    @display(description=gettext_lazy("address for webhooks"))
    def webhook_address(self, obj: Connection) -> str:
        return obj.webhook_url

    # --- verbs --------------------------------------------------------------------------------------------------

    def _tell(self, request: HttpRequest, verb: Any, row: Connection, _data: dict[str, Any]) -> None:
        self.message_user(request, str(verb(row)), messages.INFO)

    @action(
        description=gettext_lazy("Enter credentials"), permissions=["act"], url_path="enter-credentials", icon="key"
    )
    def enter_credentials(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)

        def run(connection: Connection, data: dict[str, Any]) -> None:
            if data["expires_on"]:
                connection.expires_on = data["expires_on"]
                connection.save(update_fields=["expires_on"])
            values = {name: value for name, value in data.items() if isinstance(value, str)}
            connections.set_credentials(connection, values, rotate=data["rotate"])

        question = Question(
            title=_("Enter credentials"),
            explanation=[
                _("They are kept encrypted and never shown again."),
                _("Nothing is called now; test the connection afterwards."),
            ],
            button=_("Keep them"),
            run=run,
            done=_("The credentials are kept."),
            form=secrets_form(row) if _live(row) >= 0 else secrets_form(_emptied(row)),
            errors=ERRORS,
        )
        return self.ask_about(request, row, question)

    @action(description=gettext_lazy("Test connection"), permissions=["act"], url_path="test", icon="network_check")
    def test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Test the connection"),
            explanation=[_("One harmless call proves the credentials and says what is found.")],
            button=_("Test"),
            run=partial(self._tell, request, connections.check),
            done=_("The provider answers."),
            errors=ERRORS,
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @action(description=gettext_lazy("Sync now"), permissions=["act"], url_path="sync-now", icon="sync")
    def sync_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        question = Question(
            title=_("Sync now"),
            explanation=[
                _("Everything that differs from what was applied is marked; workers write it to the provider."),
                _("“Compare now” on the parity page shows beforehand what that would be."),
            ],
            button=_("Sync now"),
            run=lambda connection, data: parity.sweep(connection),
            done=_("Marked; the parity page shows how it goes."),
            errors=ERRORS,
        )
        return self.ask_about(request, row, question)

    @action(
        description=gettext_lazy("Assignments"), permissions=["act"], url_path="assignments", icon="conversion_path"
    )
    def assign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        if not assignments.possible(row):
            raise PermissionDenied
        try:
            sheet = assignments.read(row)
        except ERRORS as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:integrations_connection_change", args=[row.pk]))
        question = Question(
            title=_("Assignments"),
            explanation=[
                _("These people, topics and rooms exist at the provider already; nothing is made or changed there."),
                _("Suggestions are chosen beforehand. What is left open is found by e-mail address or the same name."),
            ],
            button=_("Keep the assignments"),
            run=lambda connection, data: assignments.save(connection, assignment_form.chosen(data)),
            done=_("The assignments are kept; workers bring them in."),
            form=assignment_form.form_of(sheet),
            errors=ERRORS,
            template="integrations/admin/assignments.html",
        )
        return self.ask_about(request, row, question)

    @action(description=gettext_lazy("Verify"), permissions=["act"], url_path="verify", icon="fact_check")
    def verify_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Verify everything"),
            explanation=[
                _("Workers read every object at the provider again, one call each, and mend what was changed there.")
            ],
            button=_("Verify"),
            run=lambda connection, data: connections.verify_later(connection),
            done=_("Handed over; the age of the last proof on the parity page falls as they go."),
            errors=ERRORS,
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @action(description=gettext_lazy("Set up webhooks"), permissions=["act"], url_path="webhooks", icon="webhook")
    def hooks(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Set up webhooks"),
            explanation=[_("The provider is asked to send its messages to our address; once is enough.")],
            button=_("Set up"),
            run=partial(self._tell, request, connections.register_webhook),
            done=_("The webhooks are set up."),
            errors=ERRORS,
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @action(
        description=gettext_lazy("Take out old credentials"), permissions=["act"], url_path="drop-old", icon="key_off"
    )
    def drop_old(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Take out the old credentials"),
            explanation=[_("Only the set entered last stays. Revoke the other at the provider as well.")],
            button=_("Take out"),
            run=lambda connection, data: connections.drop_old_credentials(connection),
            done=_("One set of credentials is left."),
            errors=ERRORS,
            danger=True,
        )
        return self.ask_about(request, self.find(request, object_id), question)

    def _move(self, row: Connection, target: Connection | None) -> dict[str, Any]:
        """What both questions about the brand's default share."""
        members = list(moving.without_choice(row.brand).select_related("person", "brand"))
        return {
            "explanation": [
                _(
                    "Every member of the brand without a choice of her own moves; those with a choice stay where they are."
                ),
                _("Their public addresses and booked appointments stay; clients are told nothing."),
                _("The account at the provider they leave is deleted there, and one is made where they go to."),
                _("Until that is done the built-in engine takes bookings, so nobody is without a booking page."),
            ],
            "run": lambda connection, data: moving.make_default(connection.brand, target),
            "errors": ERRORS,
            "danger": True,
            "template": "integrations/admin/move.html",
            "context": {"previews": [moving.preview(members, target)]},
        }

    @action(
        description=gettext_lazy("Members join here"), permissions=["act"], url_path="make-default", icon="group_add"
    )
    def make_default(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        question = Question(
            title=_("Members of the brand join here"),
            button=_("Move the members"),
            done=_("Moved; the onboarding page shows how far they are."),
            **self._move(row, row),
        )
        return self.ask_about(request, row, question)

    @action(
        description=gettext_lazy("Members join no longer"), permissions=["act"], url_path="leave-default",
        icon="group_remove",
    )  # fmt: skip
    def leave_default(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        question = Question(
            title=_("Members of the brand use the built-in engine"),
            button=_("Move the members"),
            done=_("Moved; the parity page shows what is still being removed there."),
            **self._move(row, None),
        )
        return self.ask_about(request, row, question)

    # --- pages --------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        own = [
            path(
                "<int:pk>/parity/", self.admin_site.admin_view(self.parity_page), name="integrations_connection_parity"
            ),
            path(
                "<int:pk>/onboarding/",
                self.admin_site.admin_view(self.onboarding_page),
                name="integrations_connection_onboarding",
            ),
        ]
        more = [*room_reports.urls(self.admin_site, self.find), *add_ons.urls(self)]
        return [*own, *more, *super().get_urls()]

    def _page(self, request: HttpRequest, row: Connection, title: str, **context: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "connection": row,
            "back": reverse("admin:integrations_connection_change", args=[row.pk]),
            **context,
        }

    def parity_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.find(request, str(pk))
        steps = report.plan(row) if "plan" in request.GET else None
        context = self._page(request, row, _("Parity"), report=report.of(row), alarms=connections.alarms(row))
        return TemplateResponse(request, "integrations/admin/parity.html", {**context, "plan": steps})

    def onboarding_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Rows are the state: the page can be left, and shows where things are whenever it is opened."""
        row = self.find(request, str(pk))
        if request.method == "POST":
            if not self.has_act_permission(request, row):
                raise PermissionDenied
            if "stop" in request.POST:
                connections.pause(row, True)
            else:
                connections.resume(row)
            return HttpResponseRedirect(request.path)
        now = connections.progress(row)
        running = not row.is_paused and now.done < now.total
        context = self._page(request, row, _("Onboarding"), progress=now, running=running, pace=report.pace(row))
        return TemplateResponse(request, "integrations/admin/onboarding.html", context)


def _live(connection: Connection) -> int:
    """Number of live sets of credentials; -1 where they cannot be read."""
    try:
        return len(connection.credentials or [])
    except CannotUnseal:
        return -1


def _emptied(connection: Connection) -> Connection:
    connection.credentials = []
    return connection
