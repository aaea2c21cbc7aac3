"""Her page for taking all data along: start, watch, download."""

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from directory.access import MemberRequest, professional_required
from scheduling import takeout


@professional_required
def show(request: MemberRequest) -> HttpResponse:
    """POST starts; GET shows how far the newest is. While it runs, the page looks again by itself."""
    if request.method == "POST":
        takeout.start(request.professional, by=request.user)
        return redirect("my_takeout")
    now = timezone.now()
    job = takeout.of(request.user, request.brand).first()
    ready = bool(job and takeout.is_ready(job, now))
    until = job.ended_at + takeout.KEPT if job and job.ended_at else None
    context = {"job": job, "ready": ready, "until": until}
    response = render(request, "scheduling/member/takeout.html", context)
    if job and job.is_open:
        response["Refresh"] = "3"
    return response


@require_safe
@professional_required
def download(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    job = get_object_or_404(takeout.of(request.user, request.brand), pk=uid)
    content = takeout.read(job) if takeout.is_ready(job, timezone.now()) else None
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="export-{timezone.localdate()}.zip"'
    return response
