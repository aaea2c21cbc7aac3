"""A booking made on the phone, entered in the administration: first whose, then when and for whom."""

from typing import Any

from django.contrib import messages as notes
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from directory.admin_site import in_scope
from scheduling import bookings
from scheduling.admin.booking_forms import EntryForm, HostForm
from scheduling.models import Booking


class EntryAdmin(ModelAdmin):
    """The page behind “Add”."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scheduling.add_booking")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        hosts = in_scope(HostForm.base_fields["host"].queryset, request, "brand")  # type: ignore[attr-defined]
        chosen = HostForm(request.GET if "host" in request.GET else None)
        chosen.fields["host"].queryset = hosts  # type: ignore[attr-defined]
        host = chosen.cleaned_data["host"] if chosen.is_valid() else None
        if host is None:
            chosen = HostForm()
        form = EntryForm(request.POST or None, host=host) if host else None
        status = 200
        if form is not None and request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    booking = self._enter(request, form.cleaned_data)
                except bookings.BookingError as error:
                    form.add_error(None, str(error))
                    status = 409
                else:
                    self.log_addition(request, booking, _("Entered in administration"))
                    text = _("%(reference)s is booked.") % {"reference": booking.reference}
                    self.message_user(request, text, notes.SUCCESS)
                    return HttpResponseRedirect(reverse("admin:scheduling_booking_change", args=[booking.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Enter a booking"),
            "host": host,
            "host_form": chosen,
            "form": form,
            "back": reverse("admin:scheduling_booking_changelist"),
            "media": self.media + chosen.media,
        }
        return TemplateResponse(request, "scheduling/admin/enter.html", context, status=status)

    @staticmethod
    def _enter(request: HttpRequest, data: dict[str, Any]) -> Booking:
        return bookings.enter(
            data["meeting_type"],
            data["start"],
            name=data["name"],
            email=data["email"],
            phone=data["phone"],
            note=data["note"],
            actor=Booking.Actor.ADMIN,
            user=request.user,  # type: ignore[arg-type]
            outside_rules=data["outside_rules"],
            notify=data["notify"],
        )
