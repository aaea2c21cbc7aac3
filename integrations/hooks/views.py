"""A member's webhook addresses: list, add, one with its log, and what can be done with it. Also the public catalogue."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from directory.access import MemberRequest, professional_required
from integrations.hooks import catalogue, endpoints
from integrations.hooks.forms import ChangeForm, EndpointForm, ExampleForm, ReplayForm
from integrations.hooks.models import HookDelivery, HookEndpoint

PAGE = 25


def _mine(request: MemberRequest, pk: int) -> HookEndpoint:
    return get_object_or_404(HookEndpoint, pk=pk, professional=request.professional, brand=request.brand)


@professional_required
def index(request: MemberRequest) -> HttpResponse:
    mine = HookEndpoint.objects.filter(professional=request.professional, brand=request.brand)
    found = mine.annotate(
        waiting=Count("deliveries", filter=Q(deliveries__status=HookDelivery.Status.DUE)),
        last_event=Max("deliveries__created_at"),
    ).order_by("pk")
    context = {"endpoints": found, "limit": endpoints.LIMIT}
    return render(request, "integrations/member/hooks.html", context)


@professional_required
def new(request: MemberRequest) -> HttpResponse:
    """Add an address; its secret is shown on the page that follows, this once."""
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            endpoint = endpoints.create(request.brand, request.professional, **form.cleaned_data)
        except endpoints.NotAllowed as reason:
            form.add_error("url", str(reason))
        else:
            return _detail(request, endpoint, secret=endpoint.secrets[0]["secret"], status=201)
    return render(request, "integrations/member/hook_new.html", {"form": form}, status=422 if form.is_bound else 200)


@professional_required
def detail(request: MemberRequest, pk: int) -> HttpResponse:
    endpoint = _mine(request, pk)
    if request.method != "POST":
        return _detail(request, endpoint)
    form = ChangeForm(request.POST, endpoint=endpoint)
    if not form.is_valid():
        return _detail(request, endpoint, form=form, status=422)
    HookEndpoint.objects.filter(pk=endpoint.pk).update(**form.cleaned_data)
    messages.info(request, _("The address is saved."))
    return redirect("my_webhook", pk)


def _detail(
    request: MemberRequest,
    endpoint: HookEndpoint,
    *,
    form: ChangeForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    log = endpoint.deliveries.select_related("event").prefetch_related("log")
    context = {
        "endpoint": endpoint,
        "form": form or ChangeForm(endpoint=endpoint),
        "example_form": ExampleForm(),
        "replay_form": ReplayForm(),
        "secret": secret,
        "page": Paginator(log, PAGE).get_page(request.GET.get("page")),
        "rotates": len(endpoint.good_secrets(timezone.now())) > 1,
    }
    return render(request, "integrations/member/hook.html", context, status=status)


@require_POST
@professional_required
def rotate(request: MemberRequest, pk: int) -> HttpResponse:
    endpoint = _mine(request, pk)
    secret = endpoints.rotate(endpoint)
    endpoint.refresh_from_db()
    return _detail(request, endpoint, secret=secret)


@require_POST
@professional_required
def switch(request: MemberRequest, pk: int) -> HttpResponse:
    endpoint, on = _mine(request, pk), request.POST.get("on") == "1"
    endpoints.switch(endpoint, on)
    messages.info(request, _("The address is switched on.") if on else _("The address is switched off."))
    return redirect("my_webhook", pk)


@require_POST
@professional_required
def example(request: MemberRequest, pk: int) -> HttpResponse:
    endpoint, form = _mine(request, pk), ExampleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the events."))
        return redirect("my_webhook", pk)
    try:
        endpoints.send_example(endpoint, form.cleaned_data["type"])
    except endpoints.NotAllowed as reason:
        messages.error(request, str(reason))
    else:
        messages.info(request, _("An example is on its way. Its line in the log says what the receiver answered."))
    return redirect("my_webhook", pk)


@require_POST
@professional_required
def replay(request: MemberRequest, pk: int) -> HttpResponse:
    """One line of the log, or all that was missed in a span."""
    endpoint = _mine(request, pk)
    if delivery := request.POST.get("delivery", ""):
        chosen = endpoint.deliveries.filter(pk=int(delivery) if delivery.isascii() and delivery.isdigit() else 0)
        count = endpoints.replay(chosen)
    else:
        form = ReplayForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Choose how far back."))
            return redirect("my_webhook", pk)
        count = endpoints.replay_since(endpoint, timezone.now() - timedelta(hours=form.cleaned_data["hours"]))
    text = ngettext("%(count)d message is sent once more.", "%(count)d messages are sent once more.", count)
    messages.info(request, text % {"count": count} if count else _("There is nothing to send again."))
    return redirect("my_webhook", pk)


@require_POST
@professional_required
def remove(request: MemberRequest, pk: int) -> HttpResponse:
    _mine(request, pk).delete()
    messages.info(request, _("The address and its log are removed."))
    return redirect("my_webhooks")


@require_safe
@cache_control(public=True, max_age=3600)
def event_types(request: HttpRequest) -> JsonResponse:
    """The catalogue for machines: each event with its JSON Schema and an example."""
    types = [
        {
            "type": one.name,
            "description": str(one.said),
            "schema": one.schema,
            "example": {"type": one.name, "timestamp": "2027-03-01T08:00:00Z", "data": one.example},
        }
        for one in catalogue.TYPES.values()
    ]
    response = JsonResponse({"types": types}, json_dumps_params={"ensure_ascii": False})
    response["Access-Control-Allow-Origin"] = "*"
    return response
