"""From a chosen time to a booking, and everything its manage link opens. GET shows, POST acts."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from directory.models import Brand
from directory.views.errors import error
from scheduling import bookings, ics, links, weeks
from scheduling.bookings import HoldExpired, NotAllowed, NotOffered, SlotTaken
from scheduling.engine import engine_for, settled
from scheduling.forms.visitor import CancelForm, DetailsForm
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Status
from scheduling.views.profile import find_meeting_type, parse_start, taken, week_context

HOLD, TYPED = "hold", "typed"  # session keys: the browser's hold, and what was typed when a time was lost
LINK_LIFE = timedelta(days=30)
View = Callable[..., HttpResponse]


def private(view: View) -> View:
    """A page behind a secret link: looked up by token and brand, never cached, indexed or leaked as a referrer."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str, **kwargs: object) -> HttpResponse:
        booking = links.find(request.brand, token)  # type: ignore[attr-defined]
        if booking is None:
            raise Http404
        if booking.ends_at < timezone.now() - LINK_LIFE:
            response = error(request, 410, booking=booking)
        else:
            booking.host.brand = request.brand  # type: ignore[attr-defined]
            booking.meeting_type.host = booking.host
            response = view(request, booking, token=token, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return guarded


@require_POST
def hold(request: HttpRequest, slug: str, type_slug: str) -> HttpResponse:
    """Take a time for ten minutes → 303 to the details; 409 with the nearest free times if it has gone."""
    meeting_type = find_meeting_type(request, slug, type_slug)
    start = parse_start(request.POST.get("start", ""))
    if start is None:
        return error(request, 400)
    engine_for(meeting_type).refresh(meeting_type)
    brand: Brand = request.brand  # type: ignore[attr-defined]
    earlier = Booking.objects.of_brand(brand).filter(pk=request.session.get(HOLD), status=Status.HELD).first()  # type: ignore[misc]
    try:
        booking = bookings.hold(
            meeting_type,
            start,
            language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
            time_zone=request.visitor_zone,  # type: ignore[attr-defined]
            replaces=earlier,
        )
    except (SlotTaken, NotOffered):
        return taken(request, meeting_type, start)
    request.session[HOLD] = str(booking.pk)
    return see_other(f"{links.manage_path(booking)}details/")


def see_other(path: str) -> HttpResponse:
    response = redirect(path)
    response.status_code = 303
    return response


@require_http_methods(["GET", "POST"])
@private
def details(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """Who are you → confirmed. What was typed survives a lost time."""
    if booking.status not in (Status.HELD, Status.EXPIRED):
        return redirect(f"/b/{token}/")
    typed = request.session.get(TYPED)
    form = DetailsForm(
        request.POST if request.method == "POST" else None,
        initial=typed if isinstance(typed, dict) else None,
        channel=booking.channel,
        sensitive=booking.host.brand.sensitive,
    )
    if request.method == "POST" and form.is_valid():
        given = {key: form.cleaned_data[key] for key in ("name", "email", "phone", "note")}
        try:
            booking = bookings.confirm(
                booking,
                **given,
                language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
                time_zone=request.visitor_zone,  # type: ignore[attr-defined]
            )
        except HoldExpired:
            request.session[TYPED] = given
            return taken(request, booking.meeting_type, booking.starts_at, expired=True, kept=True)
        except NotAllowed:
            return see_other(f"/b/{token}/")
        booking = settled(booking)
        request.session.pop(HOLD, None)
        if booking.status == Status.DECLINED:
            request.session[TYPED] = given
            return taken(request, booking.meeting_type, booking.starts_at, declined=True, kept=True)
        request.session.pop(TYPED, None)
        return see_other(f"/b/{token}/")
    if request.method == "GET" and not is_held(booking):
        return taken(request, booking.meeting_type, booking.starts_at, status=410, expired=True)
    return render(
        request,
        "scheduling/details.html",
        {
            **facts(request, booking),
            "form": form,
            "token": token,
            "extendable": booking.created_at + bookings.MAX_EXTENSIONS > timezone.now(),
            "privacy_page": reverse("legal", args=["privacy"]),
        },
        status=422 if form.errors else 200,
    )


def is_held(booking: Booking) -> bool:
    return (
        booking.status == Status.HELD
        and booking.hold_expires_at is not None
        and booking.hold_expires_at > timezone.now()
    )


def facts(request: HttpRequest, booking: Booking) -> dict[str, object]:
    """What every page of a booking shows: the row, its times in the zone that counts, and in the visitor's."""
    zone = booking.display_zone
    start = booking.starts_at.astimezone(zone)
    theirs = booking.starts_at.astimezone(ZoneInfo(request.visitor_zone))  # type: ignore[attr-defined]
    return {
        "booking": booking,
        "professional": booking.host,
        "meeting_type": booking.meeting_type,
        "start": start,
        "end": booking.ends_at.astimezone(zone),
        "zone": weeks.describe_zone(zone.key, booking.starts_at),
        "their_time": theirs if theirs.utcoffset() != start.utcoffset() else None,
        "their_zone": weeks.describe_zone(theirs.tzinfo.key, booking.starts_at),  # type: ignore[union-attr]
        "is_video": booking.channel == MeetingType.Channel.VIDEO,
        "now": timezone.now(),
    }


@require_POST
@private
def extend(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """More time for the form. What is typed is kept for the next showing of the page."""
    keep_typed(request)
    try:
        bookings.extend(booking)
    except HoldExpired:
        return taken(request, booking.meeting_type, booking.starts_at, status=410, expired=True)
    return see_other(f"/b/{token}/details/")


def keep_typed(request: HttpRequest) -> None:
    typed = {key: request.POST.get(key, "")[:2000] for key in ("name", "email", "phone", "note")}
    if any(typed.values()):
        request.session[TYPED] = typed


@require_POST
@private
def release(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """Choose another time: the held one is free again."""
    keep_typed(request)
    bookings.release(booking)
    request.session.pop(HOLD, None)
    return see_other(booking.meeting_type.get_absolute_url())


@require_GET
@private
def manage(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """The booking as it is now: state, facts, calendar buttons, move and cancel."""
    if booking.status in (Status.HELD, Status.EXPIRED):
        return redirect(f"/b/{token}/details/")
    now = timezone.now()
    event = ics.event_for(booking, audience=Message.Audience.CLIENT, language=request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    context = {
        **facts(request, booking),
        "token": token,
        "is_open": booking.is_open and booking.starts_at > now,
        "can_move": booking.is_open and now <= booking.move_until and booking.meeting_type.is_bookable,
        "can_cancel": booking.is_open and now <= booking.cancel_until,
        "ics_stem": ics.file_name(booking).removesuffix(".ics"),
        "calendar_links": ics.calendar_links(event),
        "join_url": links.join_url(booking, Message.Audience.CLIENT),
        # Most engines decide in seconds; one that has not is asked by a worker, not by this page.
        "look_again": 5 if now - booking.updated_at < timedelta(minutes=2) else 60,
    }
    return render(request, "scheduling/booking.html", context)


@require_http_methods(["GET", "POST"])
@private
def move(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """Choose another time (links), look at old and new, confirm (POST): one transaction on the same booking."""
    now = timezone.now()
    if not booking.is_open or now > booking.move_until or not booking.meeting_type.is_bookable:
        return redirect(f"/b/{token}/")
    start = parse_start(request.POST.get("start", "") or request.GET.get("start", ""))
    if request.method == "POST":
        if start is None:
            return error(request, 400)
        engine_for(booking.meeting_type).refresh(booking.meeting_type)
        try:
            booking = settled(bookings.reschedule(booking, start, actor=Booking.Actor.CLIENT))
        except (SlotTaken, NotOffered):
            return taken(request, booking.meeting_type, start, moving=booking, token=token)
        except NotAllowed:
            return see_other(f"/b/{token}/")
        if booking.starts_at != start and booking.is_open:
            return taken(request, booking.meeting_type, start, declined=True, moving=booking, token=token)
        return see_other(f"/b/{token}/")
    context = {
        **facts(request, booking),
        **week_context(request, booking.meeting_type, exclude=booking),
        "token": token,
    }
    if start is not None:
        zone = booking.display_zone
        context["wanted"] = weeks.make_time(start, booking.meeting_type.duration, zone)
    return render(request, "scheduling/move.html", context)


@require_http_methods(["GET", "POST"])
@private
def cancel(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """GET asks, POST cancels: a mail scanner that follows the link changes nothing."""
    if not booking.is_open or timezone.now() > booking.cancel_until:
        return redirect(f"/b/{token}/")
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            bookings.cancel(booking, actor=Booking.Actor.CLIENT, reason=form.cleaned_data["reason"])
        except NotAllowed:
            return see_other(f"/b/{token}/")
        return see_other(f"/b/{token}/")
    return render(request, "scheduling/cancel.html", {**facts(request, booking), "form": form, "token": token})


@require_GET
@private
def calendar_file(request: HttpRequest, booking: Booking, token: str, name: str) -> HttpResponse:
    """The booking as it is now, as an .ics file over plain HTTP(S)."""
    if booking.status in (Status.HELD, Status.EXPIRED):
        raise Http404
    event = ics.event_for(booking, audience=Message.Audience.CLIENT, language=booking.client_language)
    response = HttpResponse(
        ics.render(event, method="PUBLISH", stamp=timezone.now()),
        content_type="text/calendar; charset=utf-8; method=PUBLISH",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{ics.file_name(booking)}"'
    return response


@require_GET
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Our own link to a video meeting: says when it is too early, over or still being prepared, else opens the room."""
    read = links.read_join_token(token)
    booking, audience = None, ""
    if read:
        uid, audience = read
        brand: Brand = request.brand  # type: ignore[attr-defined]
        booking = Booking.objects.of_brand(brand).select_related("host__person", "meeting_type").filter(pk=uid).first()
    if booking is None or booking.status in (Status.HELD, Status.EXPIRED):
        raise Http404
    if booking.ends_at < timezone.now() - LINK_LIFE:
        return error(request, 410)
    now = timezone.now()
    open_now = (
        booking.is_open
        and now >= booking.starts_at - timedelta(minutes=15)
        and now <= booking.ends_at + timedelta(hours=2)
    )
    response: HttpResponse
    if open_now and booking.join_url:
        response = redirect(booking.join_url)
    else:
        booking.host.brand = request.brand  # type: ignore[attr-defined]
        response = render(
            request,
            "scheduling/join.html",
            {
                **facts(request, booking),
                "open_now": open_now,
                "is_over": now > booking.ends_at,
                "is_host": audience == Message.Audience.HOST,
            },
        )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
