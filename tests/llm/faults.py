"""The faults that a model's server shows, and how a text ends that meets one."""

from tests.llm.server import HEAD, Answer, chunk, failed, http, said

FAULTS: dict[str, tuple[Answer, str]] = {
    "400": (failed(400), "invalid"),
    "401": (failed(401), "open"),
    "402": (failed(402), "open"),
    "422": (failed(422), "invalid"),
    "429": (failed(429), "invalid"),
    "429, wait in seconds": (failed(429, headers={"Retry-After": "0"}), "invalid"),
    "500": (failed(500), "invalid"),
    "503": (failed(503), "invalid"),
    "blank JSON": (said("  \n"), "invalid"),
    "no content": (said(None), "invalid"),
    "empty body": (Answer([(0, http(200, b""))]), "invalid"),
    "early close": (Answer([(0, HEAD + chunk(b'{"choi'))], close=True), "invalid"),
    "no answer, closed": (Answer([], close=True), "invalid"),
    "keep-alive lines": (Answer([(0, HEAD), *[(0.02, chunk(b"\n"))] * 200]), "timeout"),
    "keep-alive comments": (
        Answer([(0, HEAD), *[(0.02, chunk(b": keep-alive\n\n"))] * 200]),
        "timeout",
    ),
    "slow drip": (Answer([(0, HEAD), *[(0.02, chunk(b"{"))] * 200]), "timeout"),
    "no headers": (Answer([(9, b"")]), "timeout"),
    "10 MB reply": (Answer([(0, http(200, b"x" * (10 << 20)))]), "invalid"),
    "no resource": (said(None, finish_reason="insufficient_system_resource"), "invalid"),
    "no item": (said('{"items": {}}'), "invalid"),
    "another's item": (said('{"items": {"zzzzzz": {"s": 0}}}'), "invalid"),
    "cut off": (said('{"items": {"a', finish_reason="length"), "invalid"),
}
"""Name -> what the server answers, and the source of the reading that stands."""
