"""The professional's rules: a pause, clients who do not appear, and single clients."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory import accounts
from directory.access import MemberRequest, professional_required
from scheduling import clients
from scheduling.forms.rules import AttendanceForm, MarkForm, PauseForm
from scheduling.models import AttendanceRule, Booking, ClientMark


@professional_required
def rules(request: MemberRequest) -> HttpResponse:
    """GET shows all; POST saves the form that was sent, named by its button."""
    host = request.professional
    sent = request.POST if request.method == "POST" else None
    rule = AttendanceRule.objects.filter(host=host).first() or AttendanceRule(host=host)
    pause = PauseForm(sent if sent and "pause" in sent else None, instance=host)
    attendance = AttendanceForm(sent if sent and "attendance" in sent else None, instance=rule)
    if pause.is_bound and pause.is_valid():
        accounts.pause(host, paused=pause.cleaned_data["paused"], note=pause.cleaned_data["pause_note"])
        messages.info(request, _("New bookings are paused.") if host.paused else _("Clients can book again."))
        return redirect("my_rules")
    if attendance.is_bound and attendance.is_valid():
        clients.set_rule(host, **attendance.values())
        messages.info(request, _("Saved."))
        return redirect("my_rules")
    context = {
        "professional": host,
        "pause": pause,
        "attendance": attendance,
        "marks": ClientMark.objects.filter(host=host).select_related("client"),
    }
    return render(request, "scheduling/member/rules.html", context, status=422 if sent else 200)


@require_POST
@professional_required
def mark(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    """How the client of this appointment may book from now on."""
    mine = Booking.objects.filter(host=request.professional, client__isnull=False).real().select_related("client")
    booking = get_object_or_404(mine, pk=uid)
    form = MarkForm(request.POST)
    if form.is_valid() and booking.client:
        way = form.cleaned_data["way"]
        clients.mark(booking.client, request.professional, way, note=form.cleaned_data["note"], user=request.user)
        text = _("%(name)s books as everybody does.") if not way else _("Noted. It holds for new bookings.")
        messages.info(request, text % {"name": booking.client_name})
    else:
        messages.error(request, _("This could not be saved."))
    return redirect("my_booking", uid)


@require_POST
@professional_required
def unmark(request: MemberRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ClientMark.objects.select_related("client"), pk=pk, host=request.professional)
    clients.mark(row.client, request.professional, "")
    messages.info(request, _("%(name)s books as everybody does.") % {"name": row.client})
    return redirect("my_rules")
