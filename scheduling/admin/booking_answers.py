"""Answering requests in the administration, in the name of the professional."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.enums import ActionVariant

from directory.admin.verbs import Question, ReasonForm, VerbAdmin
from scheduling import bookings, requests
from scheduling.models import Booking

Actor = Booking.Actor


class AnswersAdmin(VerbAdmin):
    """The two answers to a request, as actions on one booking."""

    @action(description=gettext_lazy("Accept the request"), permissions=["act"], url_path="accept", icon="task_alt")
    def accept_one(self, request: Any, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Accept the request"),
            explanation=[
                _("The appointment stands from then on, and both sides get an e-mail with the calendar file."),
                _("Whoever else asked for the same time is told that it is gone."),
            ],
            button=_("Accept the request"),
            run=lambda row, data: requests.accept(row, actor=Actor.ADMIN, user=request.user),
            done=_("Accepted: %(count)d."),
            errors=(bookings.BookingError,),
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @action(
        description=gettext_lazy("Decline the request"),
        permissions=["act"],
        url_path="decline",
        icon="event_busy",
        variant=ActionVariant.DANGER,
    )
    def decline_one(self, request: Any, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Decline the request"),
            explanation=[_("The client gets an e-mail with your reason and the next free times.")],
            button=_("Decline the request"),
            run=lambda row, data: requests.refuse(row, reason=data["reason"], actor=Actor.ADMIN, user=request.user),
            done=_("Declined: %(count)d."),
            form=ReasonForm,
            errors=(bookings.BookingError,),
            danger=True,
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @staticmethod
    def answers_to(booking: Booking) -> list[str]:
        return ["accept_one", "decline_one"] if booking.is_request else []
