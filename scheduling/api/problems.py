"""Errors as RFC 9457 problems. Each kind has an address that stays, a title, and a page that explains it.

`detail` and `title` are in the caller's language; programs look at `type` or `code`.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelInvalid
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

from scheduling import guard
from scheduling.groundwork import BookingError, CallFirst, HoldExpired, NotAllowed, NotOffered, SeatsGone, SlotTaken

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    code: str
    status: int
    title: str | Promise
    advice: str | Promise

    @property
    def path(self) -> str:
        return f"/api/problems/{self.code}"


KINDS = {
    one.code: one
    for one in [
        Kind(
            "validation",
            422,
            gettext_lazy("Something in the request is missing or wrong"),
            gettext_lazy("“errors” names each field by a JSON pointer. Mend them and send the request again."),
        ),
        Kind(
            "malformed",
            400,
            gettext_lazy("The request cannot be read"),
            gettext_lazy("Send JSON with Content-Type: application/json."),
        ),
        Kind(
            "slot-taken",
            409,
            gettext_lazy("Somebody else has this time"),
            gettext_lazy(
                "“alternatives” lists the nearest free starts. Choose one of them, or ask for free times again."
            ),
        ),
        Kind(
            "not-offered",
            409,
            gettext_lazy("This time is not offered"),
            gettext_lazy(
                "It lies outside the rules; “reason” says which. Only starts from the list of slots can be booked."
            ),
        ),
        Kind(
            "hold-expired",
            410,
            gettext_lazy("The reservation has run out"),
            gettext_lazy("Reserve the time again, under the same token if you like."),
        ),
        Kind(
            "not-allowed",
            409,
            gettext_lazy("This cannot be done with the booking as it is"),
            gettext_lazy(
                "It may be cancelled or over already, or the time limit for changes has passed; “detail” says which."
            ),
        ),
        Kind(
            "not-bookable",
            403,
            gettext_lazy("This booking cannot be made online"),
            gettext_lazy("A person was stopped by mistake? The support can lift it with the code in “detail”."),
        ),
        Kind(
            "rate-limited",
            429,
            gettext_lazy("Too many requests"),
            gettext_lazy("Wait for the seconds in Retry-After. The RateLimit field says before how much is left."),
        ),
        Kind(
            "unauthorised",
            401,
            gettext_lazy("Who asks is not known"),
            gettext_lazy("Send Authorization: Bearer with a token that is valid for this directory."),
        ),
        Kind(
            "forbidden-scope",
            403,
            gettext_lazy("This token may not do that"),
            gettext_lazy("“scope” names what it lacks."),
        ),
        Kind("not-found", 404, gettext_lazy("There is no such thing here"), gettext_lazy("Check the address.")),
        Kind(
            "method",
            405,
            gettext_lazy("This address does not know this method"),
            gettext_lazy("The Allow field lists what it knows."),
        ),
        Kind(
            "media-type",
            415,
            gettext_lazy("Only JSON can be read here"),
            gettext_lazy("Send Content-Type: application/json."),
        ),
        Kind(
            "not-acceptable",
            406,
            gettext_lazy("Only JSON is sent here"),
            gettext_lazy("Accept application/json."),
        ),
        Kind(
            "idempotency-conflict",
            422,
            gettext_lazy("This Idempotency-Key belongs to another request"),
            gettext_lazy("Use a new key for a new request; a key is kept for 24 hours."),
        ),
        Kind(
            "still-running",
            409,
            gettext_lazy("The first request with this Idempotency-Key is still running"),
            gettext_lazy("Ask again in a few seconds."),
        ),
        Kind(
            "changed-meanwhile",
            412,
            gettext_lazy("It has been changed since you read it"),
            gettext_lazy("Read it again and repeat the change with its ETag in If-Match."),
        ),
        Kind(
            "provider-unavailable",
            503,
            gettext_lazy("The booking system behind this professional does not answer"),
            gettext_lazy("Nothing was booked. Try again later."),
        ),
    ]
}


class Problem(exceptions.APIException):
    """Raise it anywhere in an endpoint. `more`: extension members."""

    def __init__(self, code: str, detail: str = "", *, headers: dict[str, str] | None = None, **more: Any) -> None:
        self.kind, self.words, self.more, self.headers = KINDS[code], detail, more, headers or {}
        self.status_code = self.kind.status
        super().__init__(detail or str(self.kind.title))


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler."""
    problem = problem_of(error)
    if problem is None:
        return None
    request = context.get("request")
    if problem.status_code == 401 and request is not None:
        where = request.build_absolute_uri("/.well-known/oauth-protected-resource")
        problem.headers["WWW-Authenticate"] = f'Bearer resource_metadata="{where}"'
    response = Response(body(problem, request), status=problem.status_code, headers=problem.headers)
    response.content_type = CONTENT_TYPE
    return response


def body(problem: Problem, request: Any) -> dict[str, Any]:
    kind = problem.kind
    found = {
        "type": request.build_absolute_uri(kind.path) if request is not None else kind.path,
        "title": str(kind.title),
        "status": kind.status,
        "detail": problem.words or str(kind.advice),
        "code": kind.code,
    }
    if request is not None:
        found["instance"] = request.path
    return found | problem.more


def plain(request: HttpRequest, code: str) -> JsonResponse:
    """For what fails before DRF has it."""
    return JsonResponse(body(Problem(code), request), status=KINDS[code].status, content_type=CONTENT_TYPE)


def problem_of(error: Exception) -> Problem | None:
    """What a failure of a verb, a serialiser or DRF is to callers; None: a defect of ours."""
    match error:
        case Problem():
            return error
        case SlotTaken():
            return Problem("slot-taken", str(error), reason=str(error.reason))
        case NotOffered():
            return Problem("not-offered", str(error), reason=str(error.reason))
        case HoldExpired():
            return Problem("hold-expired", str(error))
        case CallFirst() | SeatsGone() | NotAllowed() | BookingError():
            return Problem("not-allowed", str(error))
        case guard.Limited():
            return Problem(
                "rate-limited", str(error), headers={"Retry-After": str(error.seconds)}, retry_after=error.seconds
            )
        case guard.Refused():
            return Problem("not-bookable", _("Code for the support: %(code)s") % {"code": error.code})
        case exceptions.ValidationError():
            return Problem("validation", errors=list(_pointers(error.detail)))
        case ModelInvalid():
            return Problem("validation", " ".join(error.messages), errors=_model_errors(error))
        case exceptions.ParseError():
            return Problem("malformed", str(error.detail))
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return Problem("unauthorised")
        case exceptions.PermissionDenied() | PermissionDenied():
            return Problem("forbidden-scope")
        case exceptions.NotFound() | Http404():
            return Problem("not-found")
        case exceptions.MethodNotAllowed():
            return Problem("method")
        case exceptions.UnsupportedMediaType():
            return Problem("media-type")
        case exceptions.NotAcceptable():
            return Problem("not-acceptable")
    return None


def _pointers(detail: Any, pointer: str = "#") -> Any:
    """A serialiser's errors → [{pointer, code, detail}]."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            here = pointer if name == "non_field_errors" else f"{pointer}/{_escaped(name)}"
            yield from _pointers(inner, here)
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            yield from _pointers(inner, f"{pointer}/{number}" if isinstance(inner, (dict, list)) else pointer)
    else:
        yield {"pointer": pointer, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def _escaped(name: Any) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


def _model_errors(error: ModelInvalid) -> list[dict[str, str]]:
    if not hasattr(error, "error_dict"):
        return [{"pointer": "#", "code": error.code or "invalid", "detail": text} for text in error.messages]
    return [
        {"pointer": "#" if name == "__all__" else f"#/{_escaped(name)}", "code": one.code or "invalid", "detail": text}
        for name, found in error.error_dict.items()
        for one in found
        for text in one.messages
    ]
