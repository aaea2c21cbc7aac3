"""The professional's notification choices."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from directory.access import MemberRequest, professional_required
from scheduling import notifications
from scheduling.forms.notifications import NotificationForm


@professional_required
def choices(request: MemberRequest) -> HttpResponse:
    """Which mails, and when not."""
    data = request.POST if request.method == "POST" else None
    form = NotificationForm(data, instance=notifications.of(request.professional))
    if not form.is_valid():
        context = {"form": form, "address": request.professional.person.email}
        status = 422 if form.is_bound else 200
        return render(request, "scheduling/member/notifications.html", context, status=status)
    form.save()
    messages.info(request, _("Your choice is saved. It holds for mails from now on."))
    return redirect("my_notifications")
