"""The handler around every request of the sandbox, and the threaded server it runs in.

Django's own handler, but with the sandbox's URLs and without the product's middleware: brands, sessions and the
product's database do not exist here.
"""

import json
import logging
import socket
import threading
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.urls import set_urlconf

from integrations.sandbox.core import ApiError, Sandbox
from integrations.sandbox.faults import Fault
from integrations.sandbox.log import redact

logger = logging.getLogger("integrations.sandbox")
URLCONF = "integrations.sandbox.urls"
PROXY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>nginx</body></html>"
KEPT_BODY = 4096


class SandboxRequest(WSGIRequest):
    """What the sandbox's views get: a request that knows the sandbox, its provider and who asks."""

    sandbox: Sandbox
    provider: str  # "" for the sandbox's own pages
    inner_path: str  # below the provider's mount
    actor: str = ""  # for the log: the acting user or key


class Application(WSGIHandler):
    request_class = SandboxRequest

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        super().__init__()

    def load_middleware(self, is_async: bool = False) -> None:
        """None of the product's."""
        none: list[Any] = []
        self._view_middleware = self._template_response_middleware = self._exception_middleware = none
        self._middleware_chain = getattr(self, "_get_response")  # noqa: B009  (unknown to the stubs)

    def get_response(self, request: Any) -> HttpResponseBase:
        set_urlconf(URLCONF)
        request.urlconf, request.sandbox = URLCONF, self.sandbox
        first, _slash, rest = request.path_info.lstrip("/").partition("/")
        known = first in self.sandbox.providers
        request.provider, request.inner_path = (first, "/" + rest) if known else ("", request.path_info)
        began = time.monotonic()
        if not known:
            return self._finish(request, self._answer(request))
        fired = self.sandbox.faults.fire(request.provider, request.method, request.inner_path)
        body = request.body  # read before the answer is settled, or keep-alive would take it for the next request
        response, dropped = self._disturb(request, fired)
        self.sandbox.log.add(
            {
                "at": self.sandbox.clock.now().isoformat(),
                "provider": request.provider,
                "method": request.method,
                "path": request.inner_path,
                "query": redact({name: request.GET.getlist(name) for name in request.GET}),
                "body": readable(body),
                "actor": request.actor,
                "status": None if dropped else response.status_code,
                "fault": "+".join(fault.kind for fault in fired),
                "began": began,
                "ended": time.monotonic(),
            }
        )
        return self._finish(request, response)

    def _answer(self, request: Any) -> HttpResponse:
        fail = self.sandbox.providers[request.provider].fail if request.provider else None
        try:
            response: HttpResponse = self._middleware_chain(request)
        except ApiError as error:
            return error.response
        except Exception as error:
            status = 404 if type(error).__name__ in ("Resolver404", "Http404") else 500
            if status == 500:
                logger.exception("The sandbox failed at %s %s", request.method, request.path_info)
            if fail:
                return fail(request, status)
            return JsonResponse({"error": "Not found" if status == 404 else f"{type(error).__name__}"}, status=status)
        return response

    def _disturb(self, request: Any, fired: list[Fault]) -> tuple[HttpResponse, bool]:
        """The answer, and whether the connection was closed without it."""
        for each in fired:
            time.sleep(each.seconds)
        fault = next((each for each in fired if each.kind != "latency"), None)
        if fault is None:
            return self._answer(request), False
        if fault.kind == "status":
            return forced(fault), False
        if fault.kind == "html":
            return HttpResponse(PROXY_PAGE.format("Welcome to nginx!")), False
        if fault.kind == "drop":
            hang_up(request)
            return HttpResponse(status=503), True
        if fault.kind == "repeat_page":
            query = [(name, value) for name, value in parse_qsl(request.META["QUERY_STRING"])]
            kept = [(name, "0" if name in ("page", "offset") else value) for name, value in query]
            request.META["QUERY_STRING"] = urlencode(kept)
            request.__dict__.pop("GET", None)
        response = self._answer(request)
        if fault.kind == "lost_504":
            return HttpResponse(PROXY_PAGE.format("504 Gateway Time-out"), status=504), False
        if fault.kind == "lost":
            hang_up(request)
        elif fault.kind == "cut":
            break_off(request, response)
        return altered(response, fault), fault.kind in ("lost", "cut")

    def _finish(self, request: Any, response: HttpResponse) -> HttpResponse:
        if not response.has_header("Content-Length") and not response.streaming:
            response["Content-Length"] = str(len(response.content))
        response._resource_closers.append(request.close)  # type: ignore[attr-defined]
        return response


def readable(body: bytes) -> Any:
    """A request's body for the log."""
    try:
        return redact(json.loads(body)) if body else None
    except ValueError:
        return body[:KEPT_BODY].decode("utf-8", "replace")


def forced(fault: Fault) -> HttpResponse:
    if isinstance(fault.body, str):
        response: HttpResponse = HttpResponse(fault.body, status=fault.status, content_type="text/plain")
    else:
        reason = HttpResponse(status=fault.status).reason_phrase
        body = {"statusCode": fault.status, "message": reason, "error": reason} if fault.body is None else fault.body
        response = JsonResponse(body, status=fault.status, safe=False)
    for name, value in fault.headers.items():
        response[name] = value
    if fault.retry_after is not None:
        response["Retry-After"] = str(fault.retry_after)
    return response


def altered(response: HttpResponse, fault: Fault) -> HttpResponse:
    """The true answer, spoiled."""
    if fault.kind == "truncated":
        response.content = response.content[: len(response.content) // 2]
    elif fault.kind == "empty":
        response.content = b""
    elif fault.kind in ("extra", "nulls") and response["Content-Type"].startswith("application/json"):
        response.content = json.dumps(spoiled(json.loads(response.content), fault)).encode()
    return response


def spoiled(value: Any, fault: Fault) -> Any:
    if isinstance(value, list):
        return [spoiled(item, fault) for item in value]
    if not isinstance(value, dict):
        return value
    if fault.kind == "nulls":
        return {name: None if name in fault.fields else spoiled(item, fault) for name, item in value.items()}
    return {**{name: spoiled(item, fault) for name, item in value.items()}, "_undocumented": {"since": "yesterday"}}


def hang_up(request: Any) -> None:
    """Close the client's connection; what is written afterwards goes nowhere."""
    connection = request.environ["sandbox.connection"]
    connection.shutdown(socket.SHUT_RDWR)


def break_off(request: Any, response: HttpResponse) -> None:
    """Promise the whole body, send half of it."""
    content = response.content
    head = f"HTTP/1.1 {response.status_code} {response.reason_phrase}\r\nContent-Type: {response['Content-Type']}\r\n"
    half = content[: len(content) // 2]
    request.environ["sandbox.connection"].sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + half)
    hang_up(request)


class RequestHandler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), "sandbox.connection": self.connection}

    def log_message(self, format: str, *args: Any) -> None:
        """The sandbox keeps its own log."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the other side, or a fault, closed the connection
            self.close_connection = True


class Server(ThreadedWSGIServer):
    """Threads, keep-alive, and room for many clients that knock at once."""

    request_queue_size = 512
    allow_reuse_address = True


class Running:
    """The sandbox behind a port. `stop()` lets go of the port and closes the store."""

    def __init__(self, sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> None:
        self.sandbox = sandbox
        self.server = Server((host, port), RequestHandler)
        self.server.set_app(Application(sandbox))
        self.host, self.port = host, int(self.server.server_port)
        self.url = f"http://{host}:{self.port}"

    def serve(self) -> None:
        """Until `stop` is called from another thread."""
        self.server.serve_forever(poll_interval=0.05)

    def serve_in_thread(self) -> None:
        threading.Thread(target=self.serve, name="sandbox", daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.sandbox.close()


def running(path: Any = None, host: str = "127.0.0.1", port: int = 0) -> Running:
    """A sandbox over the file at `path`, default `settings.SANDBOX_DB`, listening on `port` (0: a free one)."""
    return Running(Sandbox(path or settings.SANDBOX_DB), host, port)
