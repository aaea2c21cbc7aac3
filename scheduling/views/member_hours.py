"""Weekly hours, special hours and absences of the professional."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory.access import MemberRequest, professional_required
from scheduling import hours
from scheduling.forms.hours import OverrideForm, WeekForm
from scheduling.models import AvailabilityOverride


@professional_required
def week(request: MemberRequest) -> HttpResponse:
    """GET shows; POST saves the week, or carries out a button of a row on what is typed and shows that."""
    host = request.professional
    if request.method != "POST":
        return _page(request, WeekForm.of_week(hours.week_of(host)))
    form = WeekForm.of_post(request.POST)
    if form.change(request.POST):
        return _page(request, form, changed=True)
    valid = form.validate()
    if valid is None:
        return _page(request, form, status=422)
    messages.info(request, hours.described(hours.replace_week(host, valid)))
    return redirect("my_hours")


def _page(request: MemberRequest, form: WeekForm, *, status: int = 200, changed: bool = False) -> HttpResponse:
    host = request.professional
    context = {
        "form": form,
        "changed": changed,
        "professional": host,
        "overrides": hours.coming_overrides(host, timezone.localdate()),
        "outside": hours.outside(host),
    }
    return render(request, "scheduling/member/hours.html", context, status=status)


@professional_required
def override(request: MemberRequest, pk: int | None = None) -> HttpResponse:
    """Add or change special hours or an absence."""
    host = request.professional
    instance = AvailabilityOverride(host=host)
    if pk is not None:
        instance = get_object_or_404(AvailabilityOverride, pk=pk, host=host)
    data = request.POST if request.method == "POST" else None
    initial = {"kind": OverrideForm.OTHER} if "special" in request.GET else None
    form = OverrideForm(data, instance=instance, today=timezone.localdate(), initial=initial)
    if data is not None and form.is_valid():
        form.instance.host = host
        change = hours.save_override(form.instance)
        saved = _("Saved: %(dates)s.") % {"dates": hours.dates_in_words(form.instance)}
        messages.info(request, " ".join([saved, *hours.touched_in_words(change)]))
        return redirect("my_hours")
    context = {"form": form, "override": instance if pk else None, "professional": host}
    return render(request, "scheduling/member/override.html", context, status=422 if form.is_bound else 200)


@require_POST
@professional_required
def delete_override(request: MemberRequest, pk: int) -> HttpResponse:
    instance = get_object_or_404(AvailabilityOverride, pk=pk, host=request.professional)
    deleted = _("Removed: %(dates)s. Your weekly hours count on these days.") % {
        "dates": hours.dates_in_words(instance)
    }
    change = hours.delete_override(instance)
    messages.info(request, " ".join([deleted, *hours.touched_in_words(change)]))
    return redirect("my_hours")
