"""One view for the whole API: the table of calls says which function answers, with which status and permission."""

import json
import re
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from integrations.providers.meetbit.endpoints import Endpoint, endpoint_table
from integrations.sandbox.meetbit import links, people, rooms
from integrations.sandbox.meetbit.wire import NAME, Caller, client_of, count, denied, plain

HANDLERS: dict[str, Callable[..., Any]] = {
    "users.list": people.list_users,
    "users.create": people.create_user,
    "users.get": people.get_user,
    "users.update": people.update_user,
    "users.delete": people.delete_user,
    "users.restore": people.restore_user,
    "customers.list": people.list_customers,
    "customers.create": people.create_customer,
    "customers.get": people.get_customer,
    "customers.update": people.update_customer,
    "customers.delete": people.delete_customer,
    "customers.restore": people.restore_customer,
    "online_conferences.list": rooms.index,
    "online_conferences.create": rooms.create,
    "online_conferences.get": rooms.get,
    "online_conferences.update": rooms.update,
    "online_conferences.delete": rooms.delete,
    "attendees.list": rooms.list_attendees,
    "attendees.create": rooms.create_attendee,
    "attendees.delete": rooms.delete_attendee,
    "online_conference_accounts.list": people.list_accounts,
    "meeting_links.list": links.index,
    "meeting_links.get": links.get,
    "events.list": links.list_events,
    "events.get": links.get_event,
    "calendars.get": links.get_calendar,
    "forms.list": links.list_forms,
}
THINGS = {
    "users": "User", "customers": "Customer", "online_conferences": "Online Conference",
    "attendees": "Online Conference Attendee",
}  # fmt: skip
DEEDS = {"create": "created", "update": "updated", "get": "fetched", "list": "fetched", "restore": "restored"}


def view(request: Any, path: str) -> HttpResponse:
    """Order: pace, key, path, permission, body, work. Every answer tells the pace that is left."""
    pace = count(request)
    client = client_of(request)
    request.actor = client["name"]
    operation, endpoint, ids = matched(request, f"/{path}")
    caller = Caller(request, client, operation, endpoint, body_of(request))
    if not caller.allows(endpoint.permission):
        raise denied()
    with request.sandbox.store.transaction():
        result = HANDLERS[operation](caller, *ids)
    response = answer(caller, result)
    for name, value in pace.items():
        response[name] = value
    if endpoint.inferred:
        response["X-Sandbox-Inferred"] = "1"
    return response


def matched(request: HttpRequest, path: str) -> tuple[str, Endpoint, list[str]]:
    """Operation, its entry in the table, and the values of the path. Raises Http404."""
    corrections = request.sandbox.switch(NAME, "endpoints")  # type: ignore[attr-defined]
    for operation, endpoint in endpoint_table({"endpoints": corrections}).items():
        found = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>\\d+)", re.escape(endpoint.path)), path)
        if found and endpoint.method == request.method:
            return operation, endpoint, list(found.groups())
    raise Http404


def body_of(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body or b"{}")
    except ValueError:
        raise plain(400, "The request body is no JSON.") from None


def answer(caller: Caller, result: Any) -> HttpResponse:
    status = caller.endpoint.success[0]
    if result is None:
        return HttpResponse(status=status)
    resource, _dot, deed = caller.operation.partition(".")
    if deed == "create":
        status = caller.switch("created")
    data, more = result if isinstance(result, tuple) else (result, {})
    if not caller.switch("wrapped") and isinstance(data, dict):
        return JsonResponse(data, status=status)
    thing = THINGS.get(resource, resource.replace("_", " ").title())
    return JsonResponse({"message": f"Successfully {DEEDS[deed]} {thing}.", "data": data, **more}, status=status)
