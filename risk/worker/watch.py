"""The port that an operator's tools ask: /metrics, /healthz, /readyz.

It is served by threads of its own, so that it answers also while the worker is busy; whether
the worker's loop still turns is what /healthz is about.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from risk.worker.metrics import Metrics

STALLED_SECONDS: Final = 15.0
"""The loop gives a sign every second; a fold gives it a turn every 15 ms."""


class Pulse:
    """What the worker says of itself. Written by its loop, read by the port's threads.

    `book` is the hash of the book in use; `refused` the mistakes of a newer one that was not
    taken. `challenger` and `refused_challenger` are the same of what judges beside.
    """

    def __init__(self) -> None:
        self.beat = time.monotonic()
        self.phase = "starting"
        self.partitions: tuple[int, ...] = ()
        self.book = ""
        self.refused: list[str] | None = None
        self.challenger: str | None = None
        self.refused_challenger: list[str] | None = None

    def alive(self) -> bool:
        """Whether the loop turned lately."""
        return time.monotonic() - self.beat < STALLED_SECONDS

    def ready(self) -> bool:
        """Whether payments are being taken."""
        return self.alive() and self.phase == "running"


class PortInUse(Exception):
    """The watch port cannot be opened."""


class _Server(WSGIServer):
    # One thread a request, as many as there are curious; none outlives the process.
    daemon_threads = True

    def process_request(self, request: Any, client_address: Any) -> None:
        threading.Thread(
            target=self._serve, args=(request, client_address), daemon=True
        ).start()

    def _serve(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        finally:
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news, and its request line is attacker-made."""


class _Silent(WSGIRequestHandler):
    timeout = 5  # a client that says nothing must not hold a thread

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        pass


def serve_watch(host: str, port: int, metrics: Metrics, pulse: Pulse) -> int:
    """Serve in the background; returns the port. Raises `PortInUse`."""
    application = build_application(metrics, pulse)
    try:
        server = make_server(host, port, application, _Server, _Silent)
    except OSError as error:
        raise PortInUse(
            f"port {port} on {host} cannot be opened for /metrics: {error.strerror}. Stop what "
            "uses it, or choose another with --port (0 picks a free one)"
        ) from None
    threading.Thread(target=server.serve_forever, name="watch", daemon=True).start()
    return int(server.server_port)


def build_application(metrics: Metrics, pulse: Pulse) -> Callable[..., Iterable[bytes]]:
    """The three pages as a WSGI application."""
    pages = metrics.application()

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            found: Iterable[bytes] = pages(environ, start)
            return found
        if path not in ("/healthz", "/readyz"):
            return _say(start, "404 Not Found", {"pages": ["/metrics", "/healthz", "/readyz"]})
        good = pulse.alive() if path == "/healthz" else pulse.ready()
        text = {
            "alive": pulse.alive(),
            "phase": pulse.phase,
            "partitions": pulse.partitions,
            "book": pulse.book,
            "refused_book": pulse.refused,
            "challenger": pulse.challenger,
            "refused_challenger": pulse.refused_challenger,
        }
        return _say(start, "200 OK" if good else "503 Service Unavailable", text)

    return answer


def _say(start: Callable[..., Any], status: str, text: dict[str, Any]) -> list[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(text).encode() + b"\n"]
