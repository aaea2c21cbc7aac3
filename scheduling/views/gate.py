"""What the guard's answers look like on pages."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from directory.secrets import CannotUnseal, seal, unseal
from directory.views.errors import error
from scheduling import bookings, consents, embed, guard, intake, proof
from scheduling.forms.visitor import DetailsForm
from scheduling.models import Booking

TYPED = "typed"  # session key
PREFILLED = {"name": 120, "email": 254, "note": 1000}  # what an address may fill in, and the longest texts


def passed(request: HttpRequest, booking: Booking, form: DetailsForm) -> str:
    """guard.may_confirm about a valid form."""
    data = form.cleaned_data
    return guard.may_confirm(
        guard.visitor(request), booking, email=data["email"], mark=data["mark"], decoy=data[guard.DECOY]
    )


def carry_out(request: HttpRequest, booking: Booking, form: DetailsForm) -> Booking:
    """A valid form → booked, or asked to confirm by mail, with all that was typed, in one transaction.

    Raises what the guard and the verbs raise.
    """
    data = form.cleaned_data
    verb = proof.ask if passed(request, booking, form) == guard.MAIL else bookings.confirm
    with transaction.atomic():
        booking = verb(
            booking,
            **{key: data[key] for key in ("name", "email", "phone", "note")},
            seats=data.get("seats"),
            language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
            time_zone=request.visitor_zone,  # type: ignore[attr-defined]
        )
        intake.name_attendee(booking, **form.attendee())
        intake.record(booking, form.answers())
        consents.give(booking, form.consents())
        embed.note_source(booking, getattr(request, "embed", None), request.session.get(embed.CAMPAIGN_KEY))
    return booking


def remember(request: HttpRequest, typed: dict[str, object] | None) -> None:
    """Keep what was typed when a time was lost; sealed, because sessions lie in the database. None: forget it."""
    if typed is None:
        request.session.pop(TYPED, None)
    else:
        request.session[TYPED] = seal(typed)


def remembered(request: HttpRequest) -> dict[str, Any]:
    try:
        typed = unseal(request.session.get(TYPED, ""))
    except CannotUnseal:
        return {}
    return typed if isinstance(typed, dict) else {}


def prefilled(request: HttpRequest) -> dict[str, object]:
    """What the address that was opened would fill in."""
    return {key: request.GET[key][:most] for key, most in PREFILLED.items() if request.GET.get(key)}


def limited(request: HttpRequest, limit: guard.Limited) -> HttpResponse:
    """429, with the time to wait in words and for machines."""
    response = error(request, 429, limit_text=str(limit))
    response.headers["Retry-After"] = str(limit.seconds)
    return response


def refused(request: HttpRequest, refusal: guard.Refused) -> HttpResponse:
    """The neutral answer: no reason, but a way for a person who was stopped by mistake."""
    return render(request, "scheduling/refused.html", {"code": refusal.code}, status=403)


def mark_anew(form: DetailsForm, booking: Booking, stale: guard.Stale) -> None:
    """The same form with what was typed, and a mark that counts from now."""
    form.add_error(None, str(stale))
    data: Any = form.data
    form.data = data.copy()
    data = form.data
    data["mark"] = guard.stamp(booking)


def mail_asked(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    """The page of a booking that waits for the click in a mail."""
    return render(request, "scheduling/mail_asked.html", context)
