"""Why a time is or is not offered, for the professional whose rules they are."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from directory.access import MemberRequest, professional_required
from scheduling import meeting_types, why
from scheduling.forms.why import WhyForm


@professional_required
def show(request: MemberRequest) -> HttpResponse:
    """?type=7&day=2026-11-24&at=09:30; without a type or a time the form is filled with the first of them."""
    host, now = request.professional, timezone.now()
    first = meeting_types.listed(host).first()
    typed = request.GET.dict()
    asked = bool({"type", "day", "at"} & typed.keys())
    if first:
        typed.setdefault("type", str(first.pk))
    typed.setdefault("day", str(timezone.localdate()))
    typed["at"] = typed.get("at") or "09:00"
    form = WhyForm(typed, host=host, now=now)
    answer = None
    if first and form.is_valid():
        meeting_type = form.cleaned_data["type"]
        meeting_type.host = host
        answer = why.answer(meeting_type, form.cleaned_data["start"], now=now)
    context = {"professional": host, "form": form, "answer": answer, "asked": asked, "has_types": first is not None}
    return render(request, "scheduling/member/why.html", context, status=422 if asked and form.errors else 200)
