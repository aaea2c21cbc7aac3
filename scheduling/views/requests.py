"""The professional answers a request: from the link in her mail, which needs no log-in, or from her own pages."""

import uuid
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from directory.access import MemberRequest, professional_required
from directory.models import Brand, User
from scheduling import bookings, links, requests
from scheduling.engine import settled
from scheduling.forms.bookings import RefusalForm
from scheduling.models import Booking


def _carry_out(request: HttpRequest, booking: Booking, user: User | None = None) -> None:
    """What the pressed button says, and a note about what came of it."""
    form = RefusalForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The reason is too long."))
        return
    try:
        if "accept" in request.POST:
            booking = settled(requests.accept(booking, user=user))
            text = _("Accepted. %(name)s gets a mail.") if booking.client_email else _("Accepted.")
        else:
            booking = requests.refuse(booking, reason=form.cleaned_data["reason"], user=user)
            text = _("Declined. %(name)s gets a mail with the next free times.")
    except bookings.BookingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, text % {"name": booking.client_name})


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """/answer/<token>/ from the mail about a request. GET asks, POST answers."""
    brand: Brand = request.brand  # type: ignore[attr-defined]
    uid = links.read_answer_token(token)
    rows = Booking.objects.of_brand(brand).real().select_related("host__person", "meeting_type", "client")
    booking = rows.filter(pk=uid).first() if uid else None
    if booking is None:
        raise Http404
    booking.host.brand = brand
    if request.method == "POST":
        _carry_out(request, booking)
        return redirect("request_answer", token)
    with timezone.override(ZoneInfo(booking.host.time_zone)):
        response = render(
            request,
            "scheduling/answer.html",
            {"booking": booking, "professional": booking.host, "form": RefusalForm(), "token": token},
        )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_POST
@professional_required
def member_answer(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    """Accept or decline, on the professional's own pages."""
    mine = Booking.objects.filter(host=request.professional).real().select_related("meeting_type")
    _carry_out(request, get_object_or_404(mine, pk=uid), request.user)
    if request.POST.get("next") == "today":
        return redirect("my_today")
    return redirect("my_booking", uid)
