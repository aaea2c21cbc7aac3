"""From a chosen time to a booking, and everything its manage link opens. GET shows, POST acts."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from directory.models import Brand
from directory.views.errors import error
from scheduling import (
    availability,
    bookings,
    consents,
    guard,
    holding,
    ics,
    intake,
    links,
    rooms,
    series,
    visits,
    weeks,
)
from scheduling.bookings import CallFirst, HoldExpired, NotAllowed, NotOffered, SeatsGone, SlotTaken
from scheduling.engine import embed_for, engine_for, settled
from scheduling.forms.visitor import TYPED_FIELDS, CancelForm, DetailsForm
from scheduling.groundwork import members, seats_left
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Status
from scheduling.views import gate
from scheduling.views.private import LINK_LIFE, private
from scheduling.views.profile import find_meeting_type, parse_start, taken, week_context

ALL = "all"  # name of the calendar file with everything that was booked together
HOLD = "hold"  # session key: the browser's hold


@require_POST
def hold(request: HttpRequest, slug: str, type_slug: str) -> HttpResponse:
    """Take a time for ten minutes → 303 to the details; 409 with the nearest free times if it has gone.

    What is booked on a provider's own page is booked there only: 303 to where that page is shown.
    """
    meeting_type = find_meeting_type(request, slug, type_slug)
    if embed_for(meeting_type, language=request.LANGUAGE_CODE):  # type: ignore[attr-defined]
        return see_other(f"{meeting_type.host.get_absolute_url()}?type={meeting_type.slug}#book")
    start = parse_start(request.POST.get("start", ""))
    if start is None:
        return error(request, 400)
    who = guard.visitor(request)
    try:
        guard.may_hold(who, meeting_type.host)
    except guard.Limited as limit:
        return gate.limited(request, limit)
    except guard.Refused as refusal:
        return gate.refused(request, refusal)
    engine_for(meeting_type).refresh(meeting_type)
    earlier = Booking.objects.of_brand(who.brand).filter(pk=request.session.get(HOLD), status=Status.HELD).first()  # type: ignore[misc]
    try:
        booking = holding.hold(
            meeting_type,
            start,
            language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
            time_zone=request.visitor_zone,  # type: ignore[attr-defined]
            replaces=earlier,
        )
    except (SlotTaken, NotOffered):
        return taken(request, meeting_type, start)
    guard.held(who, booking)
    request.session[HOLD] = str(booking.pk)
    response = see_other(f"{links.manage_path(booking)}details/")
    if earlier is not None:
        return response
    return visits.note(request, response, visits.Kind.CHOSEN, booking.host, booking.meeting_type)


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
    if booking.waits_for_mail:
        return gate.mail_asked(request, {**facts(request, booking), "token": token})
    form = DetailsForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        questions=intake.questions_of(booking.meeting_type),
        initial={**gate.remembered(request), "mark": guard.stamp(booking)},
        channel=booking.channel,
        sensitive=booking.host.is_sensitive,
        care=booking.host.brand.care_text,
        marketing=booking.host.brand.marketing_text,
        seats_left=seats_left(booking, timezone.now()) if booking.is_group else 1,
    )
    if request.method == "POST" and form.is_valid():
        try:
            booking = gate.carry_out(request, booking, form)
        except guard.Refused as refusal:
            return gate.refused(request, refusal)
        except guard.Limited as limit:
            form.add_error(None, str(limit))
            response = details_page(request, booking, form, token, status=429)
            response.headers["Retry-After"] = str(limit.seconds)
            return response
        except HoldExpired:
            keep_typed(request)
            return taken(request, booking.meeting_type, booking.starts_at, expired=True, kept=True)
        except (CallFirst, SeatsGone) as refusal:
            form.add_error(None, str(refusal))
            return details_page(request, booking, form, token, status=409)
        except guard.Stale as stale:
            gate.mark_anew(form, booking, stale)
        except NotAllowed:
            return see_other(f"/b/{token}/")
        else:
            request.session.pop(HOLD, None)
            return _booked(request, booking, token)
    if request.method == "GET" and not is_held(booking):
        return taken(request, booking.meeting_type, booking.starts_at, status=410, expired=True)
    return details_page(request, booking, form, token, status=422 if form.errors else 200)


def details_page(request: HttpRequest, booking: Booking, form: DetailsForm, token: str, *, status: int) -> HttpResponse:
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
        status=status,
    )


def _booked(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """To the page of the booking, or back to the times if another engine refused it."""
    if not booking.waits_for_mail:
        booking = settled(booking)
    if booking.status == Status.DECLINED:
        keep_typed(request)
        return taken(request, booking.meeting_type, booking.starts_at, declined=True, kept=True)
    gate.remember(request, None)
    if booking.waits_for_mail:
        return see_other(f"/b/{token}/details/")
    response = see_other(f"/b/{token}/")
    return visits.note(request, response, visits.Kind.BOOKED, booking.host, booking.meeting_type)


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
        "siblings": siblings(booking),
    }


def siblings(booking: Booking) -> list[tuple[Booking, str]]:
    """The others booked together with it, each with its own page; none while they are held."""
    others = [row for row in members(booking) if row.pk != booking.pk and row.status != Status.EXPIRED]
    return [
        (row, "" if row.status == Status.HELD else reverse("booking", args=[links.manage_token(row)])) for row in others
    ]


@require_POST
@private
def extend(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """More time for the form. What is typed is kept for the next showing of the page."""
    keep_typed(request)
    try:
        holding.extend(booking)
    except (HoldExpired, SlotTaken):
        return taken(request, booking.meeting_type, booking.starts_at, status=410, expired=True)
    return see_other(f"/b/{token}/details/")


def keep_typed(request: HttpRequest) -> None:
    typed: dict[str, object] = {key: request.POST.get(key, "")[:2000] for key in TYPED_FIELDS}
    for key in request.POST:
        if re.fullmatch(r"q\d{1,18}", key) and len(typed) < len(TYPED_FIELDS) + intake.MOST:
            values = [value[:3000] for value in request.POST.getlist(key)]
            typed[key] = values if len(values) > 1 else values[0]
    if any(typed.values()):
        gate.remember(request, typed)


@require_POST
@private
def release(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """Choose another time: the held one is free again."""
    keep_typed(request)
    if booking.waits_for_mail:
        columns = {"name": booking.client_name, "email": booking.client_email, "phone": booking.client_phone}
        gate.remember(request, {**columns, "note": booking.client_note})
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
    was_asked = bool(booking.awaits) and booking.status == Status.DECLINED
    near = availability.nearest(booking.meeting_type, booking.starts_at, count=5) if was_asked else []
    shown = facts(request, booking)
    others = {row.status for row, _path in shown["siblings"]}  # type: ignore[attr-defined]
    context = {
        **shown,
        "token": token,
        "booked_together": booking.pk == booking.series and others == {Status.CONFIRMED},
        "alternatives": [
            weeks.make_time(one, booking.meeting_type.duration, booking.display_zone)
            for one in near
            if one != booking.starts_at
        ][:4],
        "was_moved": booking.version > 0 and booking.events.filter(kind="moved").exists(),
        "is_open": booking.is_open and booking.starts_at > now,
        "room": rooms.room_of(booking, Message.Audience.CLIENT) if shown["is_video"] and booking.is_open else None,
        "can_move": booking.is_open
        and not booking.moves_used_up
        and now <= booking.move_until
        and booking.meeting_type.is_bookable,
        "answers": list(booking.answers.all()),
        "consents": consents.standing(booking),
        "can_answer": booking.is_open and booking.starts_at > now and booking.meeting_type.questions.exists(),
        "can_cancel": booking.is_open and now <= booking.cancel_until,
        "ics_stem": ics.file_name(booking).removesuffix(".ics"),
        "calendar_links": ics.calendar_links(event),
        "join_url": links.join_url(booking, Message.Audience.CLIENT),
        # Most engines decide in seconds; one that has not is asked by a worker, not by this page.
        "look_again": 5 if not booking.awaits and now - booking.updated_at < timedelta(minutes=2) else 60,
    }
    return render(request, "scheduling/booking.html", context)


@require_http_methods(["GET", "POST"])
@private
def move(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """Choose another time (links), look at old and new, confirm (POST): one transaction on the same booking."""
    now = timezone.now()
    if not booking.is_open or booking.moves_used_up or now > booking.move_until or not booking.meeting_type.is_bookable:
        return redirect(f"/b/{token}/")
    start = parse_start(request.POST.get("start", "") or request.GET.get("start", ""))
    if request.method == "POST":
        if start is None:
            return error(request, 400)
        try:
            guard.may_change(guard.visitor(request), booking)
        except guard.Limited as limit:
            return gate.limited(request, limit)
        engine_for(booking.meeting_type).refresh(booking.meeting_type)
        try:
            if "all" in request.POST and booking.series:
                series.move(booking, start)
                return see_other(f"/b/{token}/")
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
            verb = series.cancel if "all" in request.POST and booking.series else bookings.cancel
            verb(booking, actor=Booking.Actor.CLIENT, reason=form.cleaned_data["reason"])
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
    rows = [row for row in members(booking) if row.is_open] if name == ALL else [booking]
    events = [ics.event_for(row, audience=Message.Audience.CLIENT, language=row.client_language) for row in rows]
    if not events:
        raise Http404
    response = HttpResponse(
        ics.render_all(events, stamp=timezone.now()),
        content_type="text/calendar; charset=utf-8; method=PUBLISH",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{ics.file_name(booking)}"'
    return response


@require_GET
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Our own link to a video meeting: says when it is too early, over or still being prepared, else opens the room."""
    read = links.read_join_token(token)
    booking, audience = None, Message.Audience.CLIENT
    if read:
        uid, audience = read
        brand: Brand = request.brand  # type: ignore[attr-defined]
        booking = Booking.objects.of_brand(brand).select_related("host__person", "meeting_type").filter(pk=uid).first()
    if booking is None or booking.status in (Status.HELD, Status.EXPIRED):
        raise Http404
    if booking.ends_at < timezone.now() - LINK_LIFE:
        return error(request, 410)
    now = timezone.now()
    open_now = rooms.is_open(booking, now)
    room = rooms.room_of(booking, audience) if open_now else None
    ready = room if room is not None and room.state == rooms.State.READY else None
    response: HttpResponse
    if ready and request.headers.get("HX-Request"):
        # The waiting page asks in the background; the browser itself has to go.
        response = HttpResponse(headers={"HX-Redirect": request.path})
    elif ready and not ready.passcode:
        response = redirect(ready.url)
    else:
        booking.host.brand = request.brand  # type: ignore[attr-defined]
        context = {
            **facts(request, booking),
            "room": room,
            "open_now": open_now,
            "opens_at": booking.starts_at - rooms.BEFORE,
            "is_over": now > booking.ends_at,
            "is_host": audience == Message.Audience.HOST,
            "look_again": 5 if open_now else 30,
        }
        response = render(request, "scheduling/join.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
