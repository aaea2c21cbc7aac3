"""Programs that may ask for tokens (OAuth 2). A secret is shown on the page that answers, and never again."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oauth2_provider import admin as library
from oauth2_provider.generators import generate_client_secret
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action

from directory import audit
from directory.admin.verbs import Question, VerbAdmin
from scheduling.models import ApiClient, Scope

# Registered by the library; its rows are digests and of no use to people.
for _model in (
    library.application_model,
    library.access_token_model,
    library.grant_model,
    library.id_token_model,
    library.refresh_token_model,
):
    admin.site.unregister(_model)

LOOPBACK = ("localhost", "127.0.0.1", "::1")
GRANTS = [
    (ApiClient.GRANT_CLIENT_CREDENTIALS, gettext_lazy("By itself (client credentials)")),
    (
        ApiClient.GRANT_AUTHORIZATION_CODE,
        gettext_lazy("For each professional who allows it (authorization code, PKCE)"),
    ),
]


class ApiClientForm(forms.ModelForm):  # type: ignore[type-arg]
    authorization_grant_type = forms.ChoiceField(label=gettext_lazy("How it acts"), choices=GRANTS)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May at most"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ApiClient
        fields = (
            "brand",
            "name",
            "authorization_grant_type",
            "client_type",
            "professional",
            "scopes",
            "redirect_uris",
            "is_active",
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        by_itself = data.get("authorization_grant_type") == ApiClient.GRANT_CLIENT_CREDENTIALS
        brand = data.get("brand") or (self.instance.brand if self.instance.pk else None)
        professional = data.get("professional")
        if professional and (not by_itself or professional.brand_id != getattr(brand, "pk", None)):
            self.add_error("professional", _("Only for client credentials, and of the same brand."))
        if by_itself and data.get("client_type") == ApiClient.CLIENT_PUBLIC:
            self.add_error("client_type", _("Who acts by itself needs a secret: confidential."))
        for address in (data.get("redirect_uris") or "").split():
            parts = urlsplit(address)
            local = parts.scheme == "http" and parts.hostname in LOOPBACK
            if not (parts.scheme == "https" or local) or not parts.hostname or parts.fragment or "*" in address:
                self.add_error("redirect_uris", _("Whole https addresses, or http on the program's own machine."))
                break
        return data


@admin.register(ApiClient)
class ApiClientAdmin(VerbAdmin):
    form = ApiClientForm
    list_display = ["name", "brand", "authorization_grant_type", "professional", "is_active", "last_used_at"]
    list_filter = [("brand", RelatedDropdownFilter), "is_active"]
    list_select_related = ["brand", "professional__person"]
    search_fields = ["name", "client_id"]
    autocomplete_fields = ["professional"]
    readonly_fields = ["client_id", "created", "last_used_at"]
    actions_detail = ["new_secret"]
    fieldsets = [
        (None, {"fields": ["brand", "name", "is_active"]}),
        (
            gettext_lazy("What it may do"),
            {"fields": ["authorization_grant_type", "client_type", "professional", "scopes", "redirect_uris"]},
        ),
        (gettext_lazy("State"), {"fields": ["client_id", "created", "last_used_at"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_fieldsets(request, obj)
        return found if obj else found[:2]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was allowed was allowed to a program of this brand."""
        return [*super().get_readonly_fields(request, obj), *(["brand"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: ApiClient, form: Any, change: bool) -> None:
        secret = obj.client_secret
        super().save_model(request, obj, form, change)
        audit.record("changed" if change else "added", obj, note=" ".join(obj.scopes))
        if not change and obj.client_type == ApiClient.CLIENT_CONFIDENTIAL:
            request.new_secret = secret  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiClient, post_url_continue: Any = None) -> HttpResponse:
        secret = getattr(request, "new_secret", "")
        return self._show(request, obj, secret) if secret else super().response_add(request, obj, post_url_continue)

    def _show(self, request: HttpRequest, obj: ApiClient, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Secret of %(name)s") % {"name": obj},
            "client": obj,
            "secret": secret,
            "opts": self.opts,
        }
        response = TemplateResponse(request, "scheduling/admin/api_secret.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @action(description=gettext_lazy("New secret"), permissions=["act"], url_path="new-secret", icon="key")
    def new_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row, made = self.find(request, object_id), []

        def renew(client: ApiClient, _data: dict[str, Any]) -> None:
            secret = generate_client_secret()
            client.client_secret = secret
            client.save(update_fields=["client_secret", "updated"])
            audit.record("changed", client)
            made.append(secret)

        question = Question(
            title=_("New secret"),
            explanation=[
                _("The present one is worth nothing any more, at once. Tokens that are out go on until they end.")
            ],
            button=_("Make a new one"),
            run=renew,
            done=_("New secrets: %(count)d."),
        )
        response = self.ask_about(request, row, question)
        return self._show(request, row, made[0]) if made else response
