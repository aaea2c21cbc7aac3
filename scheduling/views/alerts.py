"""Earlier-time alerts: ask, prove the address, stop, claim. GET shows, POST acts: mail scanners follow links."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from directory import visitors
from directory.velocity import HOUR, Limit, spend
from scheduling import alerts, guard, letters, links, weeks
from scheduling.bookings import BookingError, NotAllowed
from scheduling.engine import engine_for
from scheduling.forms.alerts import AlertForm, WindowForm
from scheduling.models import Alert, Booking, Offer
from scheduling.models.bookings import Status
from scheduling.views import gate
from scheduling.views.booking import HOLD, see_other
from scheduling.views.private import private
from scheduling.views.profile import find_meeting_type

ASKED = (Limit(6, HOUR), Limit(20, 24 * HOUR))
# To one address, whoever asks from wherever about whichever meeting type.
MAILED = (Limit(4, HOUR), Limit(10, 24 * HOUR))


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, slug: str, type_slug: str) -> HttpResponse:
    """Somebody without a booking. The answer is the same for a known and an unknown address."""
    meeting_type = find_meeting_type(request, slug, type_slug)
    if engine_for(meeting_type).embed(meeting_type, language=request.LANGUAGE_CODE):  # type: ignore[attr-defined]
        raise Http404
    form = AlertForm(request.POST if request.method == "POST" else None)
    context = {
        "meeting_type": meeting_type,
        "professional": meeting_type.host,
        "form": form,
        "privacy_page": reverse("legal", args=["privacy"]),
    }
    if not form.is_valid():
        return render(request, "scheduling/alert_new.html", context, status=422 if form.is_bound else 200)
    wait = spend("alert", guard.visitor(request).key, *ASKED)
    if wait:
        return gate.limited(request, guard.Limited(wait))
    email = form.cleaned_data["email"]
    mailbox = visitors.fingerprint(visitors.plain_email(email))
    if not form.cleaned_data["homepage"] and not spend("alert-mail", mailbox, *MAILED):
        zone = weeks.display_zone(meeting_type, request.visitor_zone)  # type: ignore[attr-defined]
        alerts.ask(
            meeting_type,
            name=form.cleaned_data["name"],
            email=email,
            language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
            time_zone=zone,
            **form.window(),  # type: ignore[arg-type]
        )
    return render(request, "scheduling/alert_new.html", context | {"asked": email})


@require_http_methods(["GET", "POST"])
@private
def for_booking(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """Somebody who is booked: choose the window, or stop."""
    now = timezone.now()
    if not booking.is_open or booking.move_until <= now or not booking.client_email:
        return redirect(f"/b/{token}/")
    alert = Alert.objects.filter(booking=booking, state=Alert.State.ACTIVE).first()
    if request.method == "POST" and "stop" in request.POST:
        if alert:
            alerts.stop(alert)
        return see_other(f"/b/{token}/earlier/")
    initial = (
        {"weekdays": [day for day in range(7) if alert.weekdays >> day & 1], "daypart": alert.daypart}
        if alert
        else None
    )
    form = WindowForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            alerts.ask_for_earlier(booking, **form.window())  # type: ignore[arg-type]
        except NotAllowed:
            return see_other(f"/b/{token}/")
        return see_other(f"/b/{token}/earlier/")
    context = {"booking": booking, "token": token, "form": form, "alert": alert, "professional": booking.host}
    return render(request, "scheduling/alert_booking.html", context, status=422 if form.is_bound else 200)


def _alert(request: HttpRequest, token: str) -> Alert:
    alert = alerts.find_alert(request.brand, token)  # type: ignore[attr-defined]
    if alert is None:
        raise Http404
    return alert


@never_cache
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, token: str) -> HttpResponse:
    """What is asked for; POST confirms the address."""
    alert = _alert(request, token)
    if request.method == "POST":
        alerts.prove(alert)
        return see_other(request.path)
    context = {"alert": alert, "token": token, "professional": alert.meeting_type.host}
    return render(request, "scheduling/alert.html", context)


@csrf_exempt  # a mail program posts here by itself (RFC 8058); the link carries the right
@never_cache
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    alert = _alert(request, token)
    if request.method == "POST":
        alerts.stop(alert)
    return redirect("alert", token)


@never_cache
@require_http_methods(["GET", "POST"])
def claim(request: HttpRequest, token: str) -> HttpResponse:
    """The time and one button; the first who presses it has it."""
    offer = alerts.find_offer(request.brand, token)  # type: ignore[attr-defined]
    if offer is None:
        raise Http404
    refused = False
    if request.method == "POST":
        try:
            booking = alerts.claim(offer)
        except BookingError:
            refused = True
        else:
            return _won(request, offer, booking)
    there = not refused and alerts.still_there(offer, timezone.now())
    alert, start = offer.alert, offer.opening.starts_at
    context = {
        "offer": offer,
        "alert": alert,
        "token": token,
        "there": there,
        "when": _moment(alert, start),
        "was": _moment(alert, alert.booking.starts_at) if alert.booking else "",
        "alert_token": alerts.token(alert),
        "professional": alert.meeting_type.host,
        "meeting_type": alert.meeting_type,
    }
    return render(request, "scheduling/alert_claim.html", context, status=200 if there else 410 if not refused else 409)


def _moment(alert: Alert, start):  # type: ignore[no-untyped-def]
    end = start + timedelta(minutes=alert.meeting_type.duration)
    return letters.moment(start, end, ZoneInfo(alert.time_zone))


def _won(request: HttpRequest, offer: Offer, booking: Booking) -> HttpResponse:
    """A moved booking is shown; a time that is kept asks for the rest, with name and address filled in."""
    if booking.status == Status.HELD:
        request.session[HOLD] = str(booking.pk)
        gate.remember(request, {"name": offer.alert.name, "email": offer.alert.email})
        return see_other(f"{links.manage_path(booking)}details/")
    return see_other(links.manage_path(booking))
