"""The page behind the link in a mail that asks to confirm. GET shows, POST confirms: mail scanners follow links."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from directory.models import Brand
from scheduling import guard, links, proof, visits
from scheduling.engine import settled
from scheduling.groundwork import HoldExpired, NotAllowed
from scheduling.models.bookings import Status
from scheduling.views import gate
from scheduling.views.booking import facts, see_other
from scheduling.views.profile import taken


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """/confirm/<token>/ – what is about to be booked, with one button."""
    response = _confirm(request, token)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _confirm(request: HttpRequest, token: str) -> HttpResponse:
    brand: Brand = request.brand  # type: ignore[attr-defined]
    who = guard.visitor(request)
    try:
        guard.may_open(who)
    except guard.Limited as limit:
        return gate.limited(request, limit)
    booking = links.find_by_proof(brand, token)
    if booking is None:
        guard.missed(who)
        raise Http404
    booking.host.brand = brand
    booking.meeting_type.host = booking.host
    if not booking.waits_for_mail:
        return redirect(links.manage_path(booking))
    if request.method == "POST":
        try:
            booking = settled(proof.give(booking))
        except HoldExpired:
            return taken(request, booking.meeting_type, booking.starts_at, expired=True)
        except NotAllowed as refusal:
            return render(request, "scheduling/proof.html", {**facts(request, booking), "refusal": refusal}, status=409)
        if booking.status == Status.DECLINED:
            return taken(request, booking.meeting_type, booking.starts_at, declined=True)
        response = see_other(links.manage_path(booking))
        return visits.note(request, response, visits.Kind.BOOKED, booking.host, booking.meeting_type)
    now = timezone.now()
    ran_out = booking.hold_expires_at is not None and booking.hold_expires_at <= now
    return render(request, "scheduling/proof.html", {**facts(request, booking), "ran_out": ran_out})
