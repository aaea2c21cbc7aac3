"""A client's own data without an account: ask for the link, see, take along, erase."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from directory import visitors
from directory.velocity import HOUR, Limit, spend
from scheduling import background, guard, links, own_data
from scheduling.models.bookings import Status
from scheduling.views import gate

ASKED = (Limit(6, HOUR), Limit(20, 24 * HOUR))
MAILED = (Limit(3, HOUR),)


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The address with which you booked. The link goes there."),
        error_messages={"required": _("Please enter your e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )


@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The answer is the same for a known and an unknown address; a worker looks and writes."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"form": form}
        return render(request, "scheduling/own_data_ask.html", context, status=422 if form.is_bound else 200)
    if wait := spend("own-data", guard.visitor(request).key, *ASKED):
        return gate.limited(request, guard.Limited(wait))
    email = form.cleaned_data["email"].strip().lower()
    if not spend("own-data-mail", visitors.fingerprint(visitors.plain_email(email)), *MAILED):
        background.send("scheduling.tasks.send_data_link", request.brand.pk, email, request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    return render(request, "scheduling/own_data_ask.html", {"asked": email})


def _held(request: HttpRequest, token: str) -> own_data.Held:
    who = guard.visitor(request)
    held = own_data.find(who.brand, token, timezone.now())
    if held is None:
        raise Http404
    return held


@never_cache
@require_GET
def show(request: HttpRequest, token: str) -> HttpResponse:
    held, now = _held(request, token), timezone.now()
    bookings = list(held.bookings)
    hidden = (Status.EXPIRED,)
    rows = [(row, links.manage_path(row), own_data.is_open(row, now)) for row in bookings if row.status not in hidden]
    context = {
        "held": held,
        "token": token,
        "rows": rows,
        "open": sum(is_open for _row, _path, is_open in rows),
        "erasable": any(not own_data.is_open(row, now) for row in bookings),
        "alerts": list(held.alerts),
        "consents": list(held.consents),
        "erased": "erased" in request.GET,
    }
    response = render(request, "scheduling/own_data.html", context)
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_GET
def file(request: HttpRequest, token: str) -> HttpResponse:
    held = _held(request, token)
    response = JsonResponse(
        own_data.export(held, timezone.now()), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@never_cache
@require_POST
def erase(request: HttpRequest, token: str) -> HttpResponse:
    held = _held(request, token)
    if "sure" not in request.POST:
        return redirect("own_data", token)
    own_data.erase(held)
    return redirect(reverse("own_data", args=[token]) + "?erased")
