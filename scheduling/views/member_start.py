"""The way to a public page: steps with defaults to accept, beside a preview of the page as clients will see it."""

from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from directory import accounts
from directory.access import MemberRequest, professional_required
from scheduling import onboarding, today
from scheduling.views import profile


@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
@professional_required
def show(request: MemberRequest) -> HttpResponse:
    """GET shows; POST accepts one of the defaults."""
    host = request.professional
    if request.method == "POST":
        if "hours" in request.POST and onboarding.accept_hours(host):
            messages.success(request, _("Your hours are saved. You can change them at any time."))
        elif "meeting_type" in request.POST and onboarding.accept_meeting_type(host):
            messages.success(request, _("The meeting type is saved. You can change it at any time."))
        return redirect("my_start")
    missing = accounts.missing_for_submission(host)
    context = {
        "professional": host,
        "steps": today.steps_of(host, missing),
        "missing": missing,
    }
    return render(request, "scheduling/member/start.html", context)


@professional_required
def preview(request: MemberRequest) -> HttpResponse:
    """Her own public page, for the frame beside the steps; nobody else's can be asked for."""
    response = profile.profile(request, request.professional.slug)
    response._csp_replace = {"frame-ancestors": ["'self'"]}  # type: ignore[attr-defined]
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
