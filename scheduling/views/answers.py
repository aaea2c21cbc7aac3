"""What a client answered: changed by her until the start, read by the professional; files only for these two."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from directory.access import MemberRequest, professional_required
from directory.secrets import CannotUnseal
from scheduling import intake
from scheduling.forms.intake import AnswersForm
from scheduling.models import Answer, Booking, Question
from scheduling.models.bookings import Status
from scheduling.views.booking import facts
from scheduling.views.private import private


@require_http_methods(["GET", "POST"])
@private
def edit(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    """/b/<token>/answers/ – until the appointment begins."""
    if not booking.is_open or booking.starts_at <= timezone.now():
        return redirect("booking", token)
    questions = intake.questions_of(booking.meeting_type)
    if not questions:
        return redirect("booking", token)
    raw = intake.raw_answers(booking)
    files = {answer.question_id: answer for answer in booking.answers.all() if answer.kind == Question.Kind.FILE}
    form = AnswersForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        questions=questions,
        kept={pk for pk in files if pk is not None},
        initial={question.key: raw.get(question.pk, "") for question in questions},
    )
    if form.is_valid():
        intake.record(booking, form.answers())
        messages.success(request, _("Your answers are saved."))
        return redirect("booking", token)
    context = {**facts(request, booking), "form": form, "token": token, "files": list(files.values())}
    return render(request, "scheduling/answers.html", context, status=422 if form.is_bound else 200)


@require_GET
@private
def client_file(request: HttpRequest, booking: Booking, token: str, pk: int) -> HttpResponse:
    if booking.status in (Status.HELD, Status.EXPIRED):
        raise Http404
    return _download(booking, pk)


@require_GET
@professional_required
def host_file(request: MemberRequest, uid: uuid.UUID, pk: int) -> HttpResponse:
    return _download(get_object_or_404(Booking.objects.filter(host=request.professional).real(), pk=uid), pk)


def _download(booking: Booking, pk: int) -> HttpResponse:
    """Always as a download: what a stranger uploaded is never shown as a page of ours."""
    answer = get_object_or_404(Answer, booking=booking, pk=pk, kind=Question.Kind.FILE)
    try:
        content, content_type, name = intake.read_file(answer)
    except (OSError, CannotUnseal) as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
