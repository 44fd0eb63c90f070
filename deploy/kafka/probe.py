"""Ask a broker, in Kafka's own protocol, whether it serves: an open port is not enough.

One Metadata request, version 1: every broker since 0.10 answers it, and a KRaft broker is in
the answer only once the controller lets it serve.
"""

import socket
import struct

METADATA, VERSION, CORRELATION = 3, 1, 7
NO_TOPICS = struct.pack(">i", 0)


def serving(host: str, port: int, seconds: float = 2.0) -> bool:
    """Whether the broker at this address says of itself that it serves, within `seconds`."""
    try:
        return (host, port) in brokers(host, port, seconds)
    except (OSError, EOFError, struct.error, UnicodeDecodeError):
        return False


def brokers(host: str, port: int, seconds: float = 2.0) -> list[tuple[str, int]]:
    """Ask for the addresses that the cluster tells its clients."""
    client = b"riskstream"
    header = struct.pack(">hhih", METADATA, VERSION, CORRELATION, len(client)) + client
    request = header + NO_TOPICS
    with socket.create_connection((host, port), timeout=seconds) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (length,) = struct.unpack(">i", _exactly(connection, 4))
        return _addresses(_exactly(connection, length))


def _exactly(connection: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        more = connection.recv(length - len(received))
        if not more:
            raise EOFError
        received += more
    return received


def _addresses(answer: bytes) -> list[tuple[str, int]]:
    correlation, count = struct.unpack_from(">ii", answer)
    if correlation != CORRELATION:
        raise EOFError
    found, place = [], 8
    for _ in range(count):
        (length,) = struct.unpack_from(">h", answer, place + 4)
        place += 6
        host = answer[place : place + length].decode()
        place += length
        port, rack = struct.unpack_from(">ih", answer, place)
        place += 6 + max(rack, 0)
        found.append((host, port))
    return found
