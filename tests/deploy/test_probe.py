"""An open port is not a broker that serves."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from probe import brokers, serving


@contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    """A server that takes one request and sends `answer`; None closes the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                if answer is not None:
                    connection.sendall(struct.pack(">i", len(answer)) + answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def metadata(*addresses: tuple[str, int]) -> bytes:
    """What a broker says: its correlation id, then the brokers, the second without a rack."""
    said = struct.pack(">ii", 7, len(addresses))
    for number, (host, port) in enumerate(addresses):
        name = host.encode()
        rack = struct.pack(">h2s", 2, b"r1") if number % 2 else struct.pack(">h", -1)
        said += struct.pack(">ih", number, len(name)) + name + struct.pack(">i", port) + rack
    return said


def test_the_answer_names_the_brokers() -> None:
    """Brokers with and without a rack are read."""
    known = [("127.0.0.1", 9092), ("other.example", 9093), ("x", 1)]
    with answering(metadata(*known)) as port:
        assert known == brokers("127.0.0.1", port)


@pytest.mark.parametrize("answer", [None, b"", b"HTTP", metadata(), metadata(("127.0.0.1", 1))])
def test_what_names_no_broker_at_this_address_does_not_serve(answer: bytes | None) -> None:
    """Nothing, nonsense, a broker still fenced, and the address of another one."""
    with answering(answer) as port:
        assert not serving("127.0.0.1", port, 1.0)


def test_a_closed_port_does_not_serve() -> None:
    """Nobody listens on a port that was just given back."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not serving("127.0.0.1", port, 1.0)
