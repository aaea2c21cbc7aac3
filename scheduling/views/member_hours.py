"""Weekly hours, special hours and absences of the professional."""

import copy

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory.access import MemberRequest, professional_required
from scheduling import absences, hours
from scheduling.forms.hours import OverrideForm, WeekForm
from scheduling.models import AvailabilityOverride, Booking
from scheduling.views.effects import decide


@professional_required
def week(request: MemberRequest) -> HttpResponse:
    """GET shows; POST saves the week, or carries out a button of a row on what is typed and shows that."""
    host = request.professional
    if request.method != "POST":
        return _page(request, WeekForm.of_week(hours.week_of(host), hours.places_of(host)))
    form = WeekForm.of_post(request.POST)
    if form.change(request.POST):
        return _page(request, form, changed=True)
    valid = form.validate()
    if valid is None:
        return _page(request, form, status=422)
    change = hours.Change()

    def save() -> list[Booking]:
        nonlocal change
        change = hours.replace_week(host, valid, places=form.places)
        return change.touched

    outcome = absences.agreed(save, request.POST.get("agreed", ""))
    if not outcome.done:
        return _page(request, form, touched=change.touched, status=409)
    messages.info(request, hours.described(change))
    return redirect("my_hours")


def _page(
    request: MemberRequest,
    form: WeekForm,
    *,
    status: int = 200,
    changed: bool = False,
    touched: list[Booking] | None = None,
) -> HttpResponse:
    host = request.professional
    context = {
        "form": form,
        "offices": list(host.offices.all()),
        "touched": touched,
        "agreed": absences.stamp(touched or []),
        "changed": changed,
        "professional": host,
        "overrides": hours.coming_overrides(host, timezone.localdate()),
        "outside": hours.outside(host),
        "holidays": hours.coming_holidays(host, timezone.localdate()),
    }
    return render(request, "scheduling/member/hours.html", context, status=status)


@professional_required
def override(request: MemberRequest, pk: int | None = None) -> HttpResponse:
    """Add or change special hours or an absence; what becomes of the appointments it touches is asked first."""
    host = request.professional
    instance = AvailabilityOverride(host=host)
    if pk is not None:
        instance = get_object_or_404(AvailabilityOverride, pk=pk, host=host, holiday="")
    data = request.POST if request.method == "POST" else None
    initial = {"kind": OverrideForm.OTHER} if "special" in request.GET else None
    form = OverrideForm(data, instance=instance, today=timezone.localdate(), initial=initial)
    valid = data is not None and form.is_valid()
    if valid and "back" not in request.POST:
        form.instance.host = host
        return decide(
            request,
            lambda: hours.save_override(copy.copy(form.instance)).touched,
            title=_("Absence or special hours"),
            said=_("Saved: %(dates)s.") % {"dates": hours.dates_in_words(form.instance)},
            done=lambda: redirect("my_hours"),
        )
    context = {"form": form, "override": instance if pk else None, "professional": host}
    return render(
        request, "scheduling/member/override.html", context, status=422 if form.is_bound and not valid else 200
    )


@require_POST
@professional_required
def delete_override(request: MemberRequest, pk: int) -> HttpResponse:
    instance = get_object_or_404(AvailabilityOverride, pk=pk, host=request.professional, holiday="")
    if "back" in request.POST:
        return redirect("my_hours")
    deleted = _("Removed: %(dates)s. Your weekly hours count on these days.") % {
        "dates": hours.dates_in_words(instance)
    }
    return decide(
        request,
        lambda: hours.delete_override(copy.copy(instance)).touched,
        title=_("Remove special days"),
        said=deleted,
        done=lambda: redirect("my_hours"),
    )
