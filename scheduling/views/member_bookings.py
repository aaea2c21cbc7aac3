"""The professional's bookings: list, detail, phone entry, move, cancel, done."""

import uuid
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_time
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory.access import MemberRequest, professional_required
from scheduling import agenda, availability, bookings, clients, groups, links, meeting_types, rooms, weeks
from scheduling.engine import settled
from scheduling.forms.bookings import (
    EntryForm,
    FilterForm,
    MoveToForm,
    OfferedForm,
    OtherTimeForm,
    ReasonForm,
    RefusalForm,
    reason_in_words,
)
from scheduling.forms.rules import MarkForm
from scheduling.groundwork import members
from scheduling.models import Booking, ClientMark, MeetingType, Message
from scheduling.models.bookings import BookingQuerySet, Status
from scheduling.slots import Reason

PAGE = 25


def _mine(request: MemberRequest, uid: uuid.UUID) -> Booking:
    """Her own appointment, or 404; never a hold."""
    mine = Booking.objects.filter(host=request.professional).real().select_related("meeting_type__office", "client")
    booking = get_object_or_404(mine, pk=uid)
    booking.host = booking.meeting_type.host = request.professional
    return booking


@professional_required
def index(request: MemberRequest) -> HttpResponse:
    tab, form, found = _found(request)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    query.pop("tab", None)
    context = {
        "professional": request.professional,
        "tab": tab,
        "form": form,
        "page": page,
        "is_narrowed": any(form.cleaned_data.values()),
        "query": query.urlencode(),
        "now": timezone.now(),
    }
    return render(request, "scheduling/member/bookings.html", context)


def _found(request: MemberRequest) -> tuple[str, FilterForm, BookingQuerySet]:
    """The tab, the filter and the bookings that an address asks for."""
    host = request.professional
    tab = next((name for name in agenda.TABS if name == request.GET.get("tab")), agenda.UPCOMING)
    form = FilterForm(request.GET, host=host)
    form.is_valid()
    words, meeting_type = form.cleaned_data.get("q", ""), form.cleaned_data.get("type")
    return tab, form, agenda.narrowed(agenda.tab(host, tab, timezone.now()), words=words, meeting_type=meeting_type)


@professional_required
def export(request: MemberRequest) -> StreamingHttpResponse:
    """What the list shows, all of it, as a table for spreadsheets, sent while it is read."""
    tab, _form, found = _found(request)
    lines = agenda.table(found, delimiter=agenda.delimiter(request.LANGUAGE_CODE))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{tab}-{timezone.localdate()}.csv"'
    return response


@professional_required
def detail(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    return _detail(request, _mine(request, uid), ReasonForm())


def _detail(request: MemberRequest, booking: Booking, cancel_form: ReasonForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    known = clients.record(booking.client, host=request.professional) if booking.client else None
    mark = ClientMark.objects.filter(host=request.professional, client=booking.client).first() if known else None
    context: dict[str, object] = {
        "professional": request.professional,
        "booking": booking,
        "record": known,
        "siblings": [row for row in members(booking) if row.pk != booking.pk and row.status != Status.EXPIRED],
        "session": groups.find(request.professional, booking.session) if booking.is_group else None,
        "mark": mark,
        "mark_form": MarkForm(initial={"way": mark.way, "note": mark.note} if mark else {"way": ""}),
        "events": booking.events.select_related("actor_user"),
        "answers": list(booking.answers.all()),
        "mails": booking.messages.all(),
        "cancel_form": cancel_form,
        "answer_form": RefusalForm(),
        "has_begun": booking.starts_at <= now,
        "can_change": booking.is_open and not booking.is_request and booking.ends_at > now,
        "can_finish": booking.starts_at <= now and booking.status in ("confirmed", "completed", "no_show"),
        "now": now,
    }
    if booking.channel == MeetingType.Channel.VIDEO and (booking.is_open or rooms.is_open(booking, now)):
        context["room"] = rooms.room_of(booking, Message.Audience.HOST)
        context["join_url"] = links.join_url(booking, Message.Audience.HOST)
    return render(request, "scheduling/member/booking.html", context, status=status)


@professional_required
def move(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    """The offered times of a week, or any time; a time outside her rules is asked about once more."""
    booking, now = _mine(request, uid), timezone.now()
    if not booking.is_open:
        messages.error(request, _("This appointment can no longer be moved."))
        return redirect("my_booking", uid)
    offered = OfferedForm(now=now)
    other = OtherTimeForm(host=request.professional, now=now, auto_id="other_%s", initial=_initial_time(booking))
    if request.method != "POST":
        return _move_page(request, booking, offered, other)
    form: OfferedForm | OtherTimeForm
    if "day" in request.POST or "at" in request.POST:
        form = other = OtherTimeForm(request.POST, host=request.professional, now=now, auto_id="other_%s")
    else:
        form = offered = OfferedForm(request.POST, now=now)
    if not form.is_valid():
        return _move_page(request, booking, offered, other, status=422)
    try:
        booking = _moved(request, booking, form.cleaned_data)
    except bookings.BookingError as error:
        return _move_page(request, booking, offered, other, status=409, refused=error)
    say = messages.info if booking.status == Status.PENDING else messages.success
    say(request, _moved_in_words(booking, booking.starts_at, told=True))
    return redirect("my_booking", uid)


@professional_required
def move_to(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    """The question behind a drag in the calendar: "Move to Tuesday, 10:00?" ?day=…&at=… on her wall clock."""
    booking, now = _mine(request, uid), timezone.now()
    if not booking.is_open:
        messages.error(request, _("This appointment can no longer be moved."))
        return redirect("my_booking", uid)
    data = request.POST if request.method == "POST" else request.GET.dict() | {"tell": "on"}
    form = MoveToForm(data, host=request.professional, now=now)
    if not form.is_valid():
        messages.error(request, form.first_error)
        return redirect("my_booking_move", uid)
    if request.method != "POST":
        return _move_to_page(request, booking, form)
    told = form.cleaned_data["tell"]
    try:
        booking = _moved(request, booking, form.cleaned_data, notify=told or booking.status == Status.PENDING)
    except bookings.BookingError as error:
        return _move_to_page(request, booking, form, status=409, refused=error)
    messages.success(request, _moved_in_words(booking, booking.starts_at, told=told))
    response = redirect("my_calendar")
    response["Location"] += f"?date={timezone.localtime(booking.starts_at):%Y-%m-%d}"
    return response


def _moved(request: MemberRequest, booking: Booking, data: dict[str, Any], *, notify: bool = True) -> Booking:
    """The appointment at the time that was typed; raises BookingError, also where its engine left it where it was."""
    moved = bookings.reschedule(
        booking,
        data["start"],
        actor=Booking.Actor.HOST,
        user=request.user,
        reason=data["reason"],
        outside_rules=bool(data.get("outside")),
        notify=notify,
    )
    if settled(moved).starts_at != data["start"]:
        raise bookings.SlotTaken
    return moved


def _moved_in_words(booking: Booking, start: datetime, *, told: bool) -> str:
    if booking.status == Status.PENDING:
        asked = _("Asked for %(time)s. Your client gets a mail as soon as the new time is confirmed.")
        return asked % {"time": _when(start)}
    moved = _("Moved to %(time)s.") % {"time": _when(start)}
    mail = _("Your client gets a mail with the new time.") if told and booking.client_email else ""
    return f"{moved} {mail}".strip()


def _move_to_page(
    request: MemberRequest,
    booking: Booking,
    form: MoveToForm,
    *,
    status: int = 200,
    refused: bookings.BookingError | None = None,
) -> HttpResponse:
    start = form.cleaned_data["start"]
    context = {
        "professional": request.professional,
        "booking": booking,
        "form": form,
        "start": start,
        "end": start + (booking.ends_at - booking.starts_at),
        **_refusal(refused),
    }
    if refused is None:
        reason = availability.refusal(booking.meeting_type, start, exclude=booking)
        taken = reason in availability.TAKEN
        something_else = taken and reason != Reason.ROOM
        context["warning"] = _("Something else is at this time.") if something_else else reason_in_words(reason)
        context["is_taken"] = taken
    return render(request, "scheduling/member/move_to.html", context, status=status)


def _initial_time(booking: Booking) -> dict[str, object]:
    local = timezone.localtime(booking.starts_at)
    return {"day": local.date(), "at": local.time()}


def _move_page(
    request: MemberRequest,
    booking: Booking,
    offered: object,
    other: object,
    *,
    status: int = 200,
    refused: bookings.BookingError | None = None,
) -> HttpResponse:
    week = weeks.week(
        booking.meeting_type,
        zone=request.professional.time_zone,
        first=_first_day(request) or timezone.localdate(booking.starts_at),
        exclude=booking,
    )
    for day in week.days:
        day.times = [time for time in day.times if time.start != booking.starts_at]
    context = {
        "professional": request.professional,
        "booking": booking,
        "offered_form": offered,
        "other_form": other,
        "week": week,
        **_refusal(refused),
    }
    return render(request, "scheduling/member/move.html", context, status=status)


def _first_day(request: MemberRequest) -> date | None:
    """?from=2026-11-24; nonsense is as good as nothing."""
    try:
        return parse_date(request.GET.get("from", ""))
    except ValueError:
        return None


def _refusal(error: bookings.BookingError | None) -> dict[str, object]:
    """What a page needs to say why a time was refused."""
    return {
        "refused": str(error) if error else "",
        "conflict": getattr(error, "conflict", None),
        "refusal": reason_in_words(error.reason) if isinstance(error, bookings.NotOffered) else "",
    }


@professional_required
def enter(request: MemberRequest) -> HttpResponse:
    """A booking taken on the phone. A conflict is shown with what is in the way; nothing is saved then."""
    host, now = request.professional, timezone.now()
    form = EntryForm(
        request.POST if request.method == "POST" else None, host=host, now=now, initial=_entry_start(request)
    )
    if not form.is_valid():
        return _entry_page(request, form, status=422 if form.is_bound else 200)
    data = form.cleaned_data
    meeting_type = data["meeting_type"]
    meeting_type.host = host
    try:
        booking = bookings.enter(
            meeting_type,
            data["start"],
            name=data["name"],
            email=data["email"],
            phone=data["phone"],
            note=data["note"],
            user=request.user,
            outside_rules=data["outside"],
            notify=not data["silent"],
        )
    except bookings.BookingError as error:
        return _entry_page(request, form, status=409, refused=error)
    messages.success(
        request,
        _("Booked: %(name)s, %(time)s.") % {"name": booking.client_name, "time": _when(booking.starts_at)},
    )
    return redirect("my_booking", booking.pk)


def _entry_start(request: MemberRequest) -> dict[str, object]:
    """?day=2026-11-24&at=09:30, as the calendar names an empty time."""
    try:
        day, at = parse_date(request.GET.get("day", "")), parse_time(request.GET.get("at", ""))
    except ValueError:
        day = at = None
    return {"day": day or timezone.localdate(), "at": at}


def _entry_page(
    request: MemberRequest, form: EntryForm, *, status: int, refused: bookings.BookingError | None = None
) -> HttpResponse:
    context = {
        "professional": request.professional,
        "form": form,
        "has_types": meeting_types.listed(request.professional).exists(),
        **_refusal(refused),
    }
    return render(request, "scheduling/member/enter.html", context, status=status)


@require_POST
@professional_required
def cancel(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    booking = _mine(request, uid)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _detail(request, booking, form, status=422)
    try:
        bookings.cancel(booking, actor=Booking.Actor.HOST, user=request.user, reason=form.cleaned_data["reason"])
    except bookings.BookingError as error:
        messages.error(request, str(error))
    else:
        told = _("Cancelled. Your client gets a mail with your reason.")
        messages.success(
            request, told if booking.client_email else _("Cancelled. There is no e-mail address to write to.")
        )
    return redirect("my_booking", uid)


@require_POST
@professional_required
def finish(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    """Done, or the client did not appear."""
    booking = _mine(request, uid)
    verb = bookings.no_show if "no_show" in request.POST else bookings.complete
    try:
        booking = verb(booking, user=request.user)
    except bookings.BookingError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, _("Noted: %(status)s.") % {"status": booking.get_status_display()})
    return redirect("my_booking", uid)


def _when(instant: datetime) -> str:
    """ "Tuesday, 24 November 2026, 10:00" on her clock."""
    local = timezone.localtime(instant)
    return f"{date_format(local, 'l')}, {date_format(local, 'DATETIME_FORMAT')}"
