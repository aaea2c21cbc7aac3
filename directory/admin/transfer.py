"""Import and export of members, on the list of professionals."""

import secrets
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanWidget

from directory import audit, contacts, imports
from directory.admin_site import in_scope
from directory.models import Brand

KEPT = 3600  # seconds between the dry run and the yes
SHOWN = 100
EXPORTED = 20_000


class ImportForm(forms.Form):
    brand: Any = forms.ModelChoiceField(
        Brand.objects.none(), label=gettext_lazy("Brand"), widget=UnfoldAdminSelectWidget
    )
    key = forms.ChoiceField(
        label=gettext_lazy("A member is known by"),
        choices=[("email", gettext_lazy("E-mail")), ("reference", gettext_lazy("Reference"))],
        widget=UnfoldAdminSelectWidget,
    )
    submit = forms.BooleanField(
        label=gettext_lazy("Submit complete profiles for approval"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=gettext_lazy("Else they stay drafts. Incomplete ones count as failed then."),
    )
    file = forms.FileField(label=gettext_lazy("CSV file"), help_text=gettext_lazy("UTF-8, up to 10 MB."))

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["brand"].queryset = in_scope(Brand.objects.all(), request, "pk")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        file = data.get("file")
        if file is not None and file.size > imports.LARGEST:
            self.add_error("file", _("The file is larger than 10 MB."))
        elif file is not None and "key" in data:
            try:
                data["text"] = file.read().decode("utf-8-sig")
                data["rows"] = imports.read(data["text"], data["key"])
            except UnicodeDecodeError:
                self.add_error("file", _("Save the file in UTF-8."))
            except ValidationError as error:
                self.add_error("file", error)
        return data


class TransferMixin:
    """Adds both to the admin of professionals."""

    def has_import_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request) and contacts.may_see(request.user)  # type: ignore[attr-defined]

    @action(description=gettext_lazy("Import"), permissions=["import"], url_path="import", icon="upload")
    def import_members(self, request: HttpRequest) -> HttpResponse:
        """The file, then the dry run, then a yes that starts a job."""
        if "token" in request.POST:
            return self._begin(request)
        given = request.method == "POST"
        form = ImportForm(request.POST, request.FILES, request=request) if given else ImportForm(request=request)
        context: dict[str, Any] = {"form": form, "columns": imports.COLUMNS, "separator": imports.SEPARATOR}
        if given and form.is_valid():
            data = form.cleaned_data
            plan = imports.plan(data["brand"], data["rows"], data["key"])
            token = secrets.token_urlsafe(16)
            kept = {"brand": data["brand"].pk, "text": data["text"], "key": data["key"], "submit": data["submit"]}
            cache.set(f"import {request.user.pk} {token}", kept, KEPT)
            context = {
                "plan": plan,
                "token": token,
                "brand": data["brand"],
                "faults": plan.faults[:SHOWN],
                "more": max(0, len(plan.faults) - SHOWN),
            }
        context |= {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Import members"),
            "back": reverse("admin:directory_professional_changelist"),
        }
        status = 422 if given and "form" in context else 200
        return TemplateResponse(request, "directory/admin/import.html", context, status=status)

    def _begin(self, request: HttpRequest) -> HttpResponse:
        name = f"import {request.user.pk} {request.POST['token'][:40]}"
        kept = cache.get(name)
        here = reverse("admin:directory_professional_import_members")
        if kept is None:
            self.message_user(request, _("The dry run is too old. Choose the file again."), "ERROR")  # type: ignore[attr-defined]
            return HttpResponseRedirect(here)
        brand = in_scope(Brand.objects.all(), request, "pk").filter(pk=kept["brand"]).first()
        if brand is None:
            raise PermissionDenied
        cache.delete(name)
        user: Any = request.user
        job = imports.start(brand, kept["text"], key=kept["key"], submit=kept["submit"], by=user)
        return HttpResponseRedirect(reverse("admin:directory_job_change", args=[job.pk]))

    @action(description=gettext_lazy("Export"), permissions=["view"], url_path="export", icon="download")
    def export_members(self, request: HttpRequest) -> StreamingHttpResponse:
        """The list as it is filtered, with the columns that an import reads."""
        listed = self.get_changelist_instance(request)  # type: ignore[attr-defined]
        rows = listed.get_queryset(request).order_by("pk")
        user: Any = request.user
        audit.record("exported", user, note="members")
        # Written out while the request is known, on which the masking of contact data rests.
        text = "\ufeff" + "".join(imports.lines(rows[:EXPORTED]))
        response = StreamingHttpResponse([text], content_type="text/csv; charset=utf-8")
        name = f"members-{timezone.now():%Y-%m-%d}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)  # type: ignore[misc]
        for link in getattr(response, "context_data", {}).get("actions_list", []):
            if link["path"].endswith("/export"):
                link["path"] = f"{link['path']}?{request.GET.urlencode()}"
        return response
