"""One Kafka node on this machine: started, found again, stopped, killed.

A home folder holds all of it: data, log, properties and `node.json` (ports, process number).
The running broker holds a lock on `home/lock`, so whether it runs is never guessed from a
process number that may by now belong to another program.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from engine import Engine, choose
from errors import Trouble
from guard import Guard, stop
from probe import serving

TOOLS = Path(__file__).resolve().parents[2] / ".kafka"
READY_SECONDS = 90.0
TRIES = 3


@dataclass(frozen=True)
class Running:
    """What `node.json` holds."""

    port: int
    controller: int
    pid: int
    sweep: str


class Node:
    """A broker at 127.0.0.1 with its data under `home`.

    `port` None takes the port it had before, or a free one. With a `guard` the broker ends
    with the program that started it, however that ends; without one it goes on.
    """

    def __init__(
        self,
        home: Path,
        port: int | None = None,
        guard: Guard | None = None,
        tools: Path = TOOLS,
    ) -> None:
        self._home = home
        self._port = port
        self._guard = guard
        self._tools = tools
        self._process: subprocess.Popen[bytes] | None = None

    def address(self) -> str | None:
        """host:port if it runs."""
        running = self._running()
        return f"127.0.0.1:{running.port}" if running else None

    def start(self) -> str:
        """Start it if it does not run, wait until it serves, return host:port.

        Raises `Trouble` if it cannot be started or is not ready in time.
        """
        self._home.mkdir(parents=True, exist_ok=True)
        with (self._home / "lock").open("a") as lock:
            if not self._serves_already(lock):
                self._launch_with_patience(lock)
            return str(self.address())

    def stop(self) -> None:
        """End it in order; nothing happens if it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would; the next `start` goes on with its data and its port."""
        self._end(signal.SIGKILL)

    def _serves_already(self, lock: IO[str]) -> bool:
        """Take the lock, or wait for the broker that has it to serve."""
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            if _locked(lock):
                return False
            running = self._last()
            if running and serving("127.0.0.1", running.port):
                return True
            time.sleep(0.1)
        raise Trouble(f"Kafka runs in {self._home} but does not serve.\n{self._last_words()}")

    def _launch_with_patience(self, lock: IO[str]) -> None:
        """Try again where another program took the free port before Kafka bound it."""
        for attempt in range(TRIES):
            if self._launch(lock, fresh=attempt > 0):
                return
        raise Trouble(f"Kafka did not start.\n{self._last_words()}")

    def _launch(self, lock: IO[str], *, fresh: bool) -> bool:
        ports = self._ports(fresh=fresh)
        engine = choose(self._tools, self._home, ports)
        self._format(engine)
        with (self._home / "broker.log").open("wb") as log:
            process = self._start(
                engine,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is for the program that uses the broker
                pass_fds=[lock.fileno()],
            )
        self._process = process
        _write(self._home / "node.json", Running(*ports, process.pid, engine.sweep))
        if _ready(process, ports[0]):
            return True
        self.kill()
        return False

    def _ports(self, *, fresh: bool) -> tuple[int, int]:
        last = self._last()
        if self._port is not None:
            return self._port, last.controller if last and not fresh else _free_port()
        if last and not fresh:
            return last.port, last.controller
        return _free_port(), _free_port()

    def _format(self, engine: Engine) -> None:
        if not engine.format or (self._home / "data" / "meta.properties").exists():
            return
        said = subprocess.run(engine.format, capture_output=True, text=True)
        if said.returncode != 0:
            raise Trouble(
                f"Kafka's data folder cannot be prepared:\n{said.stdout}{said.stderr}"
            )

    def _start(self, engine: Engine, **options: Any) -> subprocess.Popen[bytes]:
        if self._guard is None:
            return subprocess.Popen(engine.argv, **options)
        if engine.sweep:
            self._guard.promise(f"run {engine.sweep}")
        return self._guard.start(engine.argv, **options)

    def _end(self, sign: signal.Signals) -> None:
        running = self._running()
        if running is None:
            return
        if sign == signal.SIGKILL:
            with suppress(ProcessLookupError):
                os.kill(running.pid, sign)
        if self._process:
            self._reap(self._process)
        else:
            stop(running.pid)
        if running.sweep:
            subprocess.run(running.sweep.split(), capture_output=True)
        if self._guard:
            self._guard.forget(f"stop {running.pid}")
        self._process = None

    def _reap(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _last(self) -> Running | None:
        try:
            return Running(**json.loads((self._home / "node.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def _running(self) -> Running | None:
        try:
            with (self._home / "lock").open("a") as lock:
                return None if _locked(lock) else self._last()
        except FileNotFoundError:
            return None

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = (self._home / "broker.log").read_text(errors="replace").splitlines()
            return "\n".join(lines[-15:])
        return ""


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ready(process: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < end:
        if serving("127.0.0.1", port):
            return True
        time.sleep(0.1)
    return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _write(file: Path, running: Running) -> None:
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(running)))
    partial.replace(file)
