"""Taking a consent back, as easily as it was given: one button on the page of the booking."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from scheduling import consents
from scheduling.models import Booking
from scheduling.views.private import private


@require_POST
@private
def withdraw(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    if consents.withdraw(booking, request.POST.get("kind", "")):
        messages.success(request, _("Your consent is withdrawn."))
    return redirect("booking", token)
