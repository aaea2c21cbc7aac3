"""Somebody else's server that hears our webhooks: real HTTP, signatures checked with the library's own verifier."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass
class Receiver:
    """`answers`: statuses of the next requests, or (status, headers, body); 204 when none is left."""

    url: str = ""
    secret: str = ""
    answers: list[Any] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def verify(self, raw: bytes, headers: dict[str, str]) -> Any:
        return Webhook(self.secret).verify(raw, headers) if self.secret else json.loads(raw)

    @property
    def types(self) -> list[str]:
        return [body["type"] for body in self.heard]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers in self.headers]


@contextmanager
def listening(**values: Any) -> Iterator[Receiver]:
    receiver = Receiver(**values)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                body = receiver.verify(raw, headers)
            except WebhookVerificationError as error:
                receiver.refused.append(str(error))
                self.answer(401)
                return
            given = receiver.answers.pop(0) if receiver.answers else 204
            receiver.headers.append(headers)
            receiver.heard.append(body)
            status, more, text = given if isinstance(given, tuple) else (given, {}, "")
            self.answer(status, more, text)

        def answer(self, status: int, headers: dict[str, str] | None = None, text: str = "") -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://localhost:{server.server_port}/in"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
