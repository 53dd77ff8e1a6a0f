"""The scheduler's little web server: ``/health`` for whoever watches it, ``/metrics`` for Prometheus. It only reads,
and by default listens to this machine only."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST

log = structlog.get_logger(__name__)


@contextmanager
def serving(
    address: str, port: int, health: Callable[[], tuple[bool, dict[str, Any]]], metrics: Callable[[], bytes]
) -> Iterator[int]:
    """Answer until the block ends; gives the port (another than 0). Raises OSError where the port is taken.

    health   whether all is well (200, else 503), and the document that says more
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/health":
                well, document = health()
                self._answer(200 if well else 503, "application/json", json.dumps(document).encode() + b"\n")
            elif path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, metrics())
            else:
                self._answer(404, "text/plain; charset=utf-8", b"there is /health and /metrics\n")

        def _answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            log.debug("asked", request=format % args)

        def version_string(self) -> str:
            return "loantrail"

    server = ThreadingHTTPServer((address, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="endpoint", daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
