"""A Kafka broker for a laptop and for the tests, without an installation.

    python3 deploy/kafka/broker.py run -- COMMAND...    a broker while COMMAND runs
    python3 deploy/kafka/broker.py start | stop         one that goes on, with its data kept
    python3 deploy/kafka/broker.py address              host:port of that one
    python3 deploy/kafka/broker.py wait [HOST:PORT]     until it serves, a minute at most

COMMAND finds the broker in KAFKA_BOOTSTRAP; if that is set already, COMMAND gets that broker
and none is started. The status of `run` is COMMAND's. Nothing is left of `run` when it ends,
whatever ends it: Ctrl-C, SIGTERM, kill -9, or the end of the program that called it.
"""

import argparse
import math
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from errors import Trouble
from guard import Guard
from node import TOOLS, Node
from probe import brokers

HOME = TOOLS / "server"
GRACE_SECONDS = 20.0
"""How long COMMAND may take to end in order (the demo prints its audit)."""


class Ended(Exception):
    """A signal asks the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main(words: list[str]) -> int:
    """Do what the command line says; returns the exit status."""
    arguments = _arguments(words)
    try:
        act: Callable[[Any], int] = arguments.act
        return act(arguments)
    except Trouble as trouble:
        print(f"broker: {trouble}", file=sys.stderr)
        return 1
    except (Ended, KeyboardInterrupt) as ended:
        return 128 + getattr(ended, "number", signal.SIGINT)


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="broker.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    run = verbs.add_parser("run", help="a broker of its own while a command runs")
    run.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND...")
    run.set_defaults(act=_run)
    start = verbs.add_parser("start", help="start the long-lived one, if it does not run")
    start.add_argument("--port", type=int, help="default: the last one, or any free one")
    start.set_defaults(act=_start)
    verbs.add_parser("stop", help="stop the long-lived one").set_defaults(act=_stop)
    verbs.add_parser("address", help="print host:port of it").set_defaults(act=_address)
    wait = verbs.add_parser("wait", help="wait until a broker serves")
    wait.add_argument("bootstrap", nargs="?", help="HOST:PORT; default: the long-lived one")
    wait.set_defaults(act=_wait)
    for verb in verbs.choices.values():
        verb.add_argument("--home", type=Path, default=HOME, help="folder of state and data")
    return parser.parse_args(words)


def _start(arguments: argparse.Namespace) -> int:
    print(Node(arguments.home, arguments.port).start())
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    Node(arguments.home).stop()
    return 0


def _address(arguments: argparse.Namespace) -> int:
    print(_known(arguments.home))
    return 0


def _wait(arguments: argparse.Namespace) -> int:
    _await(arguments.bootstrap or _known(arguments.home), 60.0)
    return 0


def _known(home: Path) -> str:
    address = Node(home).address()
    if address is None:
        raise Trouble("no broker runs here; `make kafka-start` starts one")
    return address


def _run(arguments: argparse.Namespace) -> int:
    command = [word for i, word in enumerate(arguments.command) if (i, word) != (0, "--")]
    if not command:
        raise Trouble("run: say what to run, as in `run -- make test`")
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _end)
    own = os.environ.get("KAFKA_BOOTSTRAP")
    guard = Guard()
    try:
        bootstrap = _await(own, 5.0) if own else _borrow(guard)
        return _attend(command, bootstrap, guard)
    finally:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # what the guard ends leaves no zombie
        guard.close()


def _borrow(guard: Guard) -> str:
    """Start a broker that the guard takes away again, with all its data."""
    TOOLS.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="run-", dir=TOOLS))
    guard.promise(f"remove {home}")
    return Node(home, guard=guard).start()


def _attend(command: list[str], bootstrap: str, guard: Guard) -> int:
    """Run the command to its end; end it where this program is asked to end."""
    parent = os.getppid()
    try:
        child = guard.start(command, env={**os.environ, "KAFKA_BOOTSTRAP": bootstrap})
    except OSError as error:
        raise Trouble(f"{command[0]} cannot be run: {error.strerror}") from None
    ended = _until(lambda: child.poll() is not None or os.getppid() != parent)
    if child.poll() is None:
        if ended != signal.SIGINT:  # a Ctrl-C reaches the command by itself
            child.terminate()
        if _until(lambda: child.poll() is not None, GRACE_SECONDS) or child.poll() is None:
            child.kill()
        child.wait()
    guard.forget(f"stop {child.pid}")
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _until(done: Callable[[], bool], seconds: float = math.inf) -> int:
    """Wait; returns the number of the signal that cut the waiting short, else 0."""
    end = time.monotonic() + seconds
    try:
        while not done() and time.monotonic() < end:
            time.sleep(0.05)
    except Ended as ended:
        return ended.number
    return 0


def _await(bootstrap: str, seconds: float) -> str:
    end = time.monotonic() + seconds
    while not any(_answers(address) for address in bootstrap.split(",")):
        if time.monotonic() > end:
            raise Trouble(f"no Kafka broker answers at {bootstrap} (KAFKA_BOOTSTRAP)")
        time.sleep(0.2)
    return bootstrap


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        return bool(brokers(host, int(port)))
    except (OSError, EOFError, ValueError):
        return False


def _end(number: int, frame: object) -> NoReturn:
    raise Ended(number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
