"""The control API, JSON in and out, below /_sandbox/.

GET                      everything at a glance: clock, faults, limits, switches, deliveries, kinds of objects
POST   reset             as on the first start
GET    faults            all faults
POST   faults            add one (fields: `faults.Fault`); {"clear": true, "seed": 7} takes all away
DELETE faults/ID
GET, POST clock          {"at": ISO time} | {"offset": seconds ahead of real time} | {"speed": 60 | 0}
GET    switches          by provider
POST   switches          {"provider", "name" or U number, "value"}; null goes back to the default
GET, POST limits         {"name", "enabled", "rate", "per", "burst"}
GET    objects/P/KIND    all; POST makes one
GET, PUT, PATCH, DELETE objects/P/KIND/ID    behind the provider's back: no webhook, no check; PATCH merges the top level
POST   actions/P/NAME    what the provider's staff, dashboard or a visitor does, with its webhooks (body: keywords)
GET    deliveries        ?provider=
POST   deliver           {"provider", "mode", "copies", "seconds"} sets a mode · {"provider", "flush": true, "order":
                         "reverse"} · {"provider", "ids": […]} sends again · {"provider", "endpoint", "payload",
                         "headers"} forges one · {"wait": seconds} waits until nothing is under way
GET    log               ?provider=&method=&path=prefix&since=number ; DELETE empties it
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.http import HttpResponse, JsonResponse

from integrations.sandbox.store import Body

View = Callable[..., HttpResponse]


class BadRequest(Exception):
    """A sentence for the developer."""


def answer(value: Any, status: int = 200) -> JsonResponse:
    return JsonResponse(value, status=status, safe=False)


def controls(*methods: str) -> Callable[[Callable[..., Any]], View]:
    """JSON in, JSON out; what the developer got wrong is a 400 with a sentence."""

    def decorate(view: Callable[..., Any]) -> View:
        @wraps(view)
        def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in methods:
                return answer({"error": f"Use {' or '.join(methods)}."}, 405)
            try:
                request.data = json.loads(request.body or b"{}")
                if not isinstance(request.data, dict):
                    raise BadRequest("Send a JSON object.")
                return answer(view(request, *args, **kwargs))
            except (BadRequest, ValueError, TypeError, KeyError) as error:
                return answer({"error": str(error.args[0] if error.args else error)}, 400)

        return wrapped

    return decorate


@controls("GET")
def state(request: Any) -> Body:
    sandbox = request.sandbox
    return {
        "clock": sandbox.clock.describe(),
        "faults": sandbox.faults.describe(),
        "limits": sandbox.limits.describe(),
        "switches": {name: sandbox.describe_switches(name) for name in sandbox.providers},
        "deliveries": sandbox.deliveries.modes,
        "actions": {name: sorted(provider.actions) for name, provider in sandbox.providers.items()},
        "objects": [
            {"provider": provider, "kind": kind, "count": count}
            for provider, kind, count in sandbox.store.kinds()
            if not provider.startswith("_")
        ],
    }


@controls("POST")
def reset(request: Any) -> Body:
    request.sandbox.deliveries.wait(2)
    request.sandbox.reset()
    return {"reset": True}


@controls("GET", "POST", "DELETE")
def faults(request: Any) -> Any:
    sandbox = request.sandbox
    if request.method == "DELETE" or request.data.get("clear"):
        sandbox.faults.clear(int(request.data.get("seed", 0)))
    elif request.method == "POST":
        return {"id": sandbox.faults.add(**request.data).id}
    return sandbox.faults.describe()


@controls("DELETE")
def fault(request: Any, uid: str) -> Body:
    if not request.sandbox.faults.remove(uid):
        raise BadRequest(f"There is no fault {uid}.")
    return {"removed": uid}


@controls("GET", "POST")
def clock(request: Any) -> Body:
    sandbox, data = request.sandbox, request.data
    if request.method == "POST":
        at = None
        if "at" in data:
            at = datetime.fromisoformat(data["at"])
            if at.tzinfo is None:
                raise BadRequest("Send the time with its offset.")
        elif "offset" in data:
            at = datetime.fromtimestamp(time.time() + float(data["offset"]), UTC)
        sandbox.clock.set(at, float(data["speed"]) if "speed" in data else None)
    return sandbox.clock.describe()


@controls("GET", "POST")
def switches(request: Any) -> Any:
    sandbox, data = request.sandbox, request.data
    if request.method == "POST":
        sandbox.set_switch(data["provider"], data["name"], data.get("value"))
    return {name: sandbox.describe_switches(name) for name in sandbox.providers}


@controls("GET", "POST")
def limits(request: Any) -> Any:
    if request.method == "POST":
        changes = dict(request.data)
        request.sandbox.limits.change(changes.pop("name"), **changes)
    return request.sandbox.limits.describe()


@controls("GET", "POST")
def objects(request: Any, provider: str, kind: str) -> Any:
    store = request.sandbox.store
    if request.method == "POST":
        body = request.data
        return store.put(provider, kind, str(body["id"]), body, body.get("_key"))
    return store.all(provider, kind, request.GET.get("key"))


@controls("GET", "PUT", "PATCH", "DELETE")
def one_object(request: Any, provider: str, kind: str, uid: str) -> Any:
    store = request.sandbox.store
    with store.transaction():
        found = store.get(provider, kind, uid)
        if request.method == "PUT":
            return store.put(provider, kind, uid, request.data)
        if found is None:
            raise BadRequest(f"{provider} has no {kind} {uid}.")
        if request.method == "PATCH":
            return store.put(provider, kind, uid, {**found, **request.data})
        if request.method == "DELETE":
            store.delete(provider, kind, uid)
    return found


@controls("POST")
def action(request: Any, provider: str, name: str) -> Any:
    actions = request.sandbox.providers[provider].actions
    if name not in actions:
        raise BadRequest(f"{provider} knows {', '.join(sorted(actions))}.")
    return actions[name](request.sandbox, **request.data)


@controls("GET")
def deliveries(request: Any) -> Any:
    wanted = request.GET.get("provider")
    names = [wanted] if wanted else list(request.sandbox.providers)
    return [delivery for name in names for delivery in request.sandbox.store.all(name, "delivery")]


@controls("POST")
def deliver(request: Any) -> Body:
    sender, data = request.sandbox.deliveries, request.data
    if "wait" in data:
        return {"idle": sender.wait(float(data["wait"]))}
    provider = data["provider"]
    if "mode" in data:
        sender.set_mode(provider, data["mode"], data.get("copies", 2), data.get("seconds", 0.0))
        return {"modes": sender.modes}
    if data.get("flush") or data.get("ids"):
        return {"sent": sender.flush(provider, data.get("order", "as made"), data.get("ids", ()))}
    payload = data["payload"]
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    made = sender.send(provider, "forged", data["endpoint"], raw, data.get("headers"), forced=True)
    return {"ids": made}


@controls("GET", "DELETE")
def log(request: Any) -> Any:
    if request.method == "DELETE":
        request.sandbox.log.clear()
    query = {name: request.GET[name] for name in ("provider", "method", "path") if name in request.GET}
    return request.sandbox.log.entries(**query, since=int(request.GET.get("since", 0)))
