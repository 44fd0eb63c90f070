"""The watch port answers an operator's tools over real HTTP."""

import json
import urllib.error
import urllib.request

import pytest

from risk.worker.metrics import Metrics
from risk.worker.watch import STALLED_SECONDS, PortInUse, Pulse, serve_watch


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_metrics_are_served_as_text() -> None:
    """Prometheus' own format, with our names."""
    metrics = Metrics()
    metrics.in_flight(3, 12)
    metrics.watch_lag(lambda: {3: 40})
    port = serve_watch("127.0.0.1", 0, metrics, Pulse())
    status, text = get(port, "/metrics")
    assert status == 200
    assert 'risk_in_flight{partition="3"} 12.0' in text
    assert 'risk_lag{partition="3"} 40.0' in text


def test_ready_only_while_running_and_healthy_only_while_the_loop_turns() -> None:
    """A stalled loop is unhealthy, a stopping worker is not ready."""
    pulse = Pulse()
    port = serve_watch("127.0.0.1", 0, Metrics(), pulse)
    seen = [(get(port, "/healthz")[0], get(port, "/readyz")[0])]
    pulse.phase = "running"
    seen.append((get(port, "/healthz")[0], get(port, "/readyz")[0]))
    pulse.beat -= STALLED_SECONDS + 1
    seen.append((get(port, "/healthz")[0], get(port, "/readyz")[0]))
    assert seen == [(200, 503), (200, 200), (503, 503)]


def test_an_unknown_page_names_the_known_ones() -> None:
    """Somebody who mistypes learns what there is, and sees nothing of what he sent."""
    status, text = get(serve_watch("127.0.0.1", 0, Metrics(), Pulse()), "/metric")
    assert (status, json.loads(text)) == (404, {"pages": ["/metrics", "/healthz", "/readyz"]})


def test_a_port_in_use_is_named_with_a_way_out() -> None:
    """The message says which port and what to do."""
    port = serve_watch("127.0.0.1", 0, Metrics(), Pulse())
    with pytest.raises(PortInUse, match=f"port {port} .*--port"):
        serve_watch("127.0.0.1", port, Metrics(), Pulse())
