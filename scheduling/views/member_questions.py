"""The professional writes the questions of a meeting type. Everything is a link or a form; no script is needed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from directory.access import MemberRequest, professional_required
from scheduling import intake, meeting_types
from scheduling.forms.intake import QuestionForm
from scheduling.models import MeetingType, Question


def _type(request: MemberRequest, pk: int) -> MeetingType:
    meeting_type = get_object_or_404(meeting_types.listed(request.professional), pk=pk)
    meeting_type.host = request.professional
    return meeting_type


def _question(meeting_type: MeetingType, question: int) -> Question:
    row = get_object_or_404(Question, meeting_type=meeting_type, pk=question)
    row.meeting_type = meeting_type
    return row


@professional_required
def index(request: MemberRequest, pk: int) -> HttpResponse:
    """/my/meeting-types/<pk>/questions/"""
    meeting_type = _type(request, pk)
    questions = intake.questions_of(meeting_type)
    context = {
        "professional": request.professional,
        "meeting_type": meeting_type,
        "questions": [
            (one, intake.conditions(one.depends_on).get(one.depends_value, "") if one.depends_on else "")
            for one in questions
        ],
        "full": len(questions) >= intake.MOST,
        "most": intake.MOST,
    }
    return render(request, "scheduling/member/questions.html", context)


@professional_required
def edit(request: MemberRequest, pk: int, question: int | None = None) -> HttpResponse:
    """A new question, or one of them."""
    meeting_type = _type(request, pk)
    row = _question(meeting_type, question) if question is not None else None
    if row is None and meeting_type.questions.count() >= intake.MOST:
        return redirect("my_questions", pk)
    form = QuestionForm(
        request.POST if request.method == "POST" else None,
        instance=row,
        meeting_type=meeting_type,
        language=request.brand.language,
    )
    if form.is_valid():
        form.save()
        messages.info(request, _("The question is saved. It is asked from the next booking on."))
        return redirect("my_questions", pk)
    context = {"professional": request.professional, "meeting_type": meeting_type, "question": row, "form": form}
    return render(request, "scheduling/member/question.html", context, status=422 if form.is_bound else 200)


@require_POST
@professional_required
def move(request: MemberRequest, pk: int, question: int) -> HttpResponse:
    intake.move_question(_question(_type(request, pk), question), up="up" in request.POST)
    return redirect("my_questions", pk)


@require_POST
@professional_required
def remove(request: MemberRequest, pk: int, question: int) -> HttpResponse:
    """Answers that were given keep the question's text."""
    _question(_type(request, pk), question).delete()
    messages.info(request, _("The question is deleted. Answers that were given stay with their appointments."))
    return redirect("my_questions", pk)
