"""A group meeting as its host sees it: who takes part, and what can be done with all of them at once."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from directory.access import MemberRequest, professional_required
from scheduling import bookings, groups
from scheduling.forms.bookings import OtherTimeForm, ReasonForm, reason_in_words
from scheduling.groups import Session


def _mine(request: MemberRequest, uid: uuid.UUID) -> Session:
    session = groups.find(request.professional, uid)
    if session is None:
        raise Http404
    return session


@professional_required
def detail(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    return _page(request, _mine(request, uid))


def _page(
    request: MemberRequest,
    session: Session,
    *,
    cancel_form: ReasonForm | None = None,
    move_form: OtherTimeForm | None = None,
    status: int = 200,
    refused: bookings.BookingError | None = None,
) -> HttpResponse:
    now, local = timezone.now(), timezone.localtime(session.starts_at)
    initial = {"day": local.date(), "at": local.time()}
    context = {
        "professional": request.professional,
        "session": session,
        "cancel_form": cancel_form or ReasonForm(auto_id="cancel_%s"),
        "move_form": move_form or OtherTimeForm(host=request.professional, now=now, initial=initial),
        "refused": str(refused) if refused else "",
        "conflict": getattr(refused, "conflict", None),
        "refusal": reason_in_words(refused.reason) if isinstance(refused, bookings.NotOffered) else "",
        "now": now,
    }
    return render(request, "scheduling/member/session.html", context, status=status)


@require_POST
@professional_required
def move(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    """Everybody to another time; a time outside her rules is asked about once more."""
    session = _mine(request, uid)
    form = OtherTimeForm(request.POST, host=request.professional, now=timezone.now())
    if not form.is_valid():
        return _page(request, session, move_form=form, status=422)
    data = form.cleaned_data
    try:
        new = groups.move(
            request.professional,
            uid,
            data["start"],
            user=request.user,
            reason=data["reason"],
            outside_rules=data["outside"],
        )
    except bookings.BookingError as error:
        return _page(request, session, move_form=form, status=409, refused=error)
    messages.success(request, _("The session has been moved. Everybody gets a mail with the new time."))
    return redirect("my_session", new)


@require_POST
@professional_required
def cancel(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    session = _mine(request, uid)
    form = ReasonForm(request.POST, auto_id="cancel_%s")
    if not form.is_valid():
        return _page(request, session, cancel_form=form, status=422)
    try:
        count = groups.cancel(request.professional, uid, user=request.user, reason=form.cleaned_data["reason"])
    except bookings.BookingError as error:
        messages.error(request, str(error))
    else:
        text = ngettext("%(count)d appointment cancelled.", "%(count)d appointments cancelled.", count)
        messages.success(request, text % {"count": count})
    return redirect("my_session", uid)
