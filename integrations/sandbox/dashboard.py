"""Pages to look inside: what is stored, what was asked, what goes wrong. For developers, in English."""

import json
from pathlib import Path
from typing import Any

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string

from integrations.sandbox.log import redact

ASSETS = Path(__file__).parent / "assets"
TYPES = {".css": "text/css", ".js": "text/javascript"}
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'"
SHOWN = 60
ROOT = "/_sandbox/"


def page(template: str, context: dict[str, Any], policy: str = POLICY + "; frame-ancestors 'none'") -> HttpResponse:
    """Without the product's context processors, which ask for a brand."""
    response = HttpResponse(render_to_string(f"integrations/sandbox/{template}", {"root": ROOT, **context}))
    response["Content-Security-Policy"] = policy
    return response


def asset(request: Any, name: str) -> HttpResponse:
    path = ASSETS / Path(name).name
    if path.suffix not in TYPES or not path.is_file():
        raise Http404
    return HttpResponse(path.read_bytes(), content_type=TYPES[path.suffix] + "; charset=utf-8")


def home(request: Any) -> HttpResponse:
    sandbox = request.sandbox
    kinds = sandbox.store.kinds()
    base = request.build_absolute_uri("/").rstrip("/")
    providers = [
        {
            "name": name,
            "title": provider.title or name,
            "facts": provider.facts(sandbox, base),
            "kinds": [(kind, count) for owner, kind, count in kinds if owner == name and not kind.startswith("_")],
            "switches": sandbox.describe_switches(name),
            "deliveries": sandbox.store.all(name, "delivery")[-10:][::-1],
            "mode": sandbox.deliveries.modes.get(name, {}).get("mode", "normal"),
        }
        for name, provider in sandbox.providers.items()
    ]
    context = {
        "providers": providers,
        "clock": sandbox.clock.describe(),
        "faults": sandbox.faults.describe(),
        "limits": sandbox.limits.describe(),
        "log": sandbox.log.entries()[-SHOWN:][::-1],
    }
    return page("home.html", context)


def kind(request: Any, provider: str, kind: str) -> HttpResponse:
    found = request.sandbox.store.all(provider, kind)
    shown = [{"id": body.get("id", ""), "text": json.dumps(redact(body), indent=2)} for body in found[-200:][::-1]]
    return page("kind.html", {"provider": provider, "kind": kind, "objects": shown, "count": len(found)})
