"""The professional's meeting types."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory.access import MemberRequest, professional_required
from scheduling import meeting_types
from scheduling.forms.meeting_types import MeetingTypeForm
from scheduling.models import MeetingType


def _mine(request: MemberRequest, pk: int) -> MeetingType:
    """Her own and not archived, or 404."""
    meeting_type = get_object_or_404(meeting_types.listed(request.professional), pk=pk)
    meeting_type.host = request.professional
    return meeting_type


@professional_required
def index(request: MemberRequest) -> HttpResponse:
    listed = list(meeting_types.listed(request.professional).select_related("office"))
    for meeting_type in listed:
        meeting_type.host = request.professional
    context = {"professional": request.professional, "meeting_types": listed}
    return render(request, "scheduling/member/meeting_types.html", context)


@professional_required
def edit(request: MemberRequest, pk: int | None = None) -> HttpResponse:
    """A new meeting type, or one of hers."""
    host = request.professional
    meeting_type = _mine(request, pk) if pk is not None else None
    form = MeetingTypeForm(
        request.POST if request.method == "POST" else None, instance=meeting_type or MeetingType(host=host), host=host
    )
    if form.is_valid():
        if meeting_type:
            meeting_types.edit(meeting_type, form.values())
            messages.info(request, _("“%(title)s” is saved. It holds for new bookings.") % {"title": meeting_type})
        else:
            meeting_type = meeting_types.create(host, form.values())
            messages.info(request, _("“%(title)s” can be found in the list now.") % {"title": meeting_type})
        return redirect("my_meeting_types")
    context = {
        "form": form,
        "meeting_type": meeting_type,
        "title": MeetingType.objects.values_list("title", flat=True).get(pk=pk) if pk else "",
        "professional": host,
        "has_bookings": bool(meeting_type and meeting_type.bookings.exists()),
    }
    return render(request, "scheduling/member/meeting_type.html", context, status=422 if form.is_bound else 200)


@require_POST
@professional_required
def show(request: MemberRequest, pk: int) -> HttpResponse:
    """On the profile, with the link only, or off."""
    meeting_type = _mine(request, pk)
    try:
        meeting_types.show(meeting_type, request.POST.get("visibility", ""))
    except ValueError as error:
        raise Http404 from error
    messages.info(
        request,
        _("“%(title)s”: %(state)s.") % {"title": meeting_type, "state": meeting_type.get_visibility_display()},
    )
    return redirect("my_meeting_types")


@require_POST
@professional_required
def move(request: MemberRequest, pk: int) -> HttpResponse:
    meeting_types.move(_mine(request, pk), up="up" in request.POST)
    return redirect("my_meeting_types")


@require_POST
@professional_required
def remove(request: MemberRequest, pk: int) -> HttpResponse:
    meeting_type = _mine(request, pk)
    if meeting_types.remove(meeting_type):
        messages.info(request, _("“%(title)s” is deleted.") % {"title": meeting_type})
    else:
        messages.info(request, _("“%(title)s” is archived. Its appointments stay.") % {"title": meeting_type})
    return redirect("my_meeting_types")
