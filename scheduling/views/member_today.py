"""The professional's first page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from directory.access import MemberRequest, professional_required
from scheduling import numbers, today


@professional_required
def show(request: MemberRequest) -> HttpResponse:
    context = {
        "professional": request.professional,
        "overview": today.overview(request.professional),
        "lately": numbers.lately(request.professional),
        "now": timezone.now(),
    }
    return render(request, "scheduling/member/today.html", context)
