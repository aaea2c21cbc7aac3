"""The member's admin page, with the answer to "why is this time (not) offered?"."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from directory.admin.professionals import ProfessionalAdmin
from directory.admin.verbs import more
from directory.models import Professional
from scheduling import meeting_types, why
from scheduling.forms.why import WhyForm


class DateInput(UnfoldAdminTextInputWidget):
    input_type = "date"


class TimeInput(UnfoldAdminTextInputWidget):
    input_type = "time"


class StaffWhyForm(WhyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types: forms.ModelChoiceField = self.fields["type"]  # type: ignore[assignment]
        types.widget = UnfoldAdminSelectWidget(choices=types.choices)
        self.fields["day"].widget = DateInput()
        self.fields["at"].widget = TimeInput()


admin.site.unregister(Professional)


@admin.register(Professional)
class BookableProfessionalAdmin(ProfessionalAdmin):
    actions_detail = [*ProfessionalAdmin.actions_detail[:-1], more("view_as_one", "close_one", "why_one")]
    always_offered = ["why_one"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.why)
        return [path("<path:object_id>/why/", view, name="directory_professional_why"), *super().get_urls()]

    @action(description=gettext_lazy("Why is a time offered?"), permissions=["view"], url_path="explain", icon="help")
    def why_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:directory_professional_why", args=[object_id]))

    def why(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """?type=7&day=2026-11-24&at=09:30, on the member's clock; what is left out is filled in."""
        host: Professional | None = self.get_object(request, object_id)  # type: ignore[assignment]
        if host is None:
            raise Http404
        if not self.has_view_permission(request, host):
            raise PermissionDenied
        now, first = timezone.now(), meeting_types.listed(host).first()
        typed = request.GET.dict()
        asked = bool({"type", "day", "at"} & typed.keys())
        zone = ZoneInfo(host.time_zone)
        typed.setdefault("type", str(first.pk) if first else "")
        typed.setdefault("day", str(timezone.localdate(now, zone)))
        typed["at"] = typed.get("at") or "09:00"
        form, answer = StaffWhyForm(typed, host=host, now=now), None
        if first and form.is_valid():
            meeting_type = form.cleaned_data["type"]
            meeting_type.host = host
            answer = why.answer(meeting_type, form.cleaned_data["start"], now=now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Why is a time offered or not?"),
            "original": host,
            "form": form,
            "answer": answer,
            "has_types": first is not None,
        }
        with timezone.override(zone):
            return render(request, "scheduling/admin/why.html", context, status=422 if asked and form.errors else 200)
