"""The pages and endpoints of OAuth 2: a professional allows a program, the program fetches and gives back its tokens."""

from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from oauth2_provider import views
from oauth2_provider.settings import oauth2_settings

from directory import audit, visitors
from directory.access import professional_required
from directory.velocity import HOUR, Limit, spend
from scheduling.models import ApiClient

# Of one address: every call checks a secret, which is slow on purpose.
TOKENS = (Limit(30, 60), Limit(300, HOUR))
PURE = ("approval_prompt", "prompt")


def _is_clean(values: Any) -> bool:
    """NUL cannot be looked up in any column."""
    return not any("\0" in value for values_of in values.lists() for value in [values_of[0], *values_of[1]])


@method_decorator(professional_required, name="dispatch")
class Authorize(views.AuthorizationView):
    """GET asks, in our look; only a POST makes a code."""

    template_name = "scheduling/api/authorize.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _is_clean(request.GET):
            raise Http404
        query = request.GET.copy()
        for name in PURE:  # they would let a GET give a code, or log somebody out
            query.pop(name, None)
        request.GET = query  # type: ignore[assignment]
        response: HttpResponse = super().get(request, *args, **kwargs)
        return self._may_leave(response, query.get("redirect_uri", ""))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        return self._may_leave(response, request.POST.get("redirect_uri", ""))

    def form_valid(self, form: Any) -> HttpResponse:
        client = get_object_or_404(
            ApiClient, client_id=form.cleaned_data["client_id"], brand=self.request.brand, is_active=True
        )
        response: HttpResponse = super().form_valid(form)
        if form.cleaned_data["allow"] and response.status_code == 302 and "code=" in response["Location"]:
            audit.record("program.allowed", client, note=form.cleaned_data["scope"])
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response({"error": {"error": "invalid_request"}}, status=400)

    @staticmethod
    def _may_leave(response: HttpResponse, address: str) -> HttpResponse:
        """Browsers hold the answer of a form to form-action too: the program's own origin, on this page only."""
        parts = urlsplit(address)
        if response.status_code == 200 and parts.scheme in ("http", "https") and parts.netloc:
            response._csp_update = {"form-action": [f"{parts.scheme}://{parts.netloc}"]}  # type: ignore[attr-defined]
        return response


class _Limited:
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wait = spend("oauth", visitors.fingerprint(visitors.address(request)), *TOKENS)
        if wait:
            body = {"error": "temporarily_unavailable", "error_description": "Too many requests."}
            return JsonResponse(body, status=429, headers={"Retry-After": str(wait)})
        if request.method == "POST" and not _is_clean(request.POST):
            return JsonResponse({"error": "invalid_request"}, status=400)
        response: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        response.headers.setdefault("Content-Type", "application/json")
        response.headers["Cache-Control"] = "no-store"
        return response


class Token(_Limited, views.TokenView):
    """Codes, refresh tokens and client credentials into access tokens."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("grant_type") not in oauth2_settings.OAUTH2_GRANT_TYPES_SUPPORTED:
            return JsonResponse({"error": "unsupported_grant_type"}, status=400)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


class Revoke(_Limited, views.RevokeTokenView):
    """A program gives a token back."""


class ResourceMetadata(views.OAuthProtectedResourceMetadataView):
    """RFC 9728: where tokens for this API come from."""

    def get_resource(self, request: HttpRequest) -> str:
        return request.build_absolute_uri("/api/v1")

    def get_authorization_servers(self, request: HttpRequest) -> list[str]:
        return [request.build_absolute_uri("/").rstrip("/")]

    def get_resource_documentation(self) -> str:
        return self.request.build_absolute_uri("/api/docs/")
