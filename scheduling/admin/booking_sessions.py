"""A group meeting in the administration: how full it is, and the questions about all of it."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from directory.admin.verbs import Question, ReasonForm, VerbAdmin
from scheduling import bookings, groups
from scheduling.admin.booking_forms import MoveForm
from scheduling.models import Booking

Actor = Booking.Actor


class SessionsAdmin(VerbAdmin):
    """What concerns everybody in the session of a booking."""

    @display(description=gettext_lazy("group"))
    def session_text(self, obj: Booking) -> str:
        session = groups.find(obj.host, obj.session) if obj.is_group else None
        if session is None:
            return "–"
        names = ", ".join(booking.client_name for booking in session.participants if booking.is_open)
        counts = _("%(taken)d of %(seats)d seats taken") % {"taken": session.taken, "seats": session.seats}
        return f"{counts}: {names}" if names else counts

    @action(description=gettext_lazy("Move the session"), permissions=["act"], url_path="move-session", icon="groups")
    def move_session_one(self, request: Any, object_id: str) -> HttpResponse:
        row: Booking = self.find(request, object_id)
        question = Question(
            title=_("Move the whole session"),
            explanation=[_("Everybody who takes part moves with it and gets an e-mail with the new time.")],
            button=_("Move everybody"),
            run=lambda row, data: groups.move(
                row.host,
                row.session,
                data["start"],
                actor=Actor.ADMIN,
                user=request.user,
                reason=data["reason"],
                outside_rules=data["outside_rules"],
            ),
            done=_("Moved: %(count)d."),
            form=lambda *args: MoveForm(*args, booking=row),
            errors=(bookings.BookingError,),
        )
        return self.ask_about(request, row, question)

    @action(
        description=gettext_lazy("Cancel the session"),
        permissions=["act"],
        url_path="cancel-session",
        icon="group_off",
        variant=ActionVariant.DANGER,
    )
    def cancel_session_one(self, request: Any, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Cancel the whole session"),
            explanation=[_("Everybody who takes part gets an e-mail with your reason. This cannot be undone.")],
            button=_("Cancel for everybody"),
            run=lambda row, data: groups.cancel(
                row.host, row.session, actor=Actor.ADMIN, user=request.user, reason=data["reason"]
            ),
            done=_("Cancelled: %(count)d."),
            form=ReasonForm,
            errors=(bookings.BookingError,),
            danger=True,
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @staticmethod
    def session_actions(booking: Booking) -> list[str]:
        open_group = booking.is_group and booking.is_open and booking.ends_at > timezone.now()
        return ["move_session_one", "cancel_session_one"] if open_group else []
