"""Carry out the last will of a program that may be killed at any moment.

The program starts this one in a session of its own and keeps the only writing end of its
standard input. It writes what must not outlive it, a line each; whatever ends the program,
kill -9 included, closes the pipe, and the will is carried out from its last line to its first:

    stop PID       SIGTERM to the process, SIGKILL if it is still there after five seconds
    run COMMAND    a command, its words separated by spaces
    remove FOLDER  a folder with all that is in it
    forget LINE    that line is settled: a process number may belong to another one soon
"""

import errno
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn, cast

PATIENCE = 5.0


class Guard:
    """The program's side: promise a line, forget it when it is settled, close at the end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C in the terminal reaches its whole group
        )
        self._pipe = cast(IO[str], self._process.stdin)

    def start(self, argv: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a process that does not outlive the program; options are those of `Popen`.

        The process promises its own end before it becomes the command, so there is no moment
        at which a killed program leaves it behind. OSError: there is no such command.
        """
        program = shutil.which(argv[0])
        if program is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), argv[0])
        pipe = self._pipe.fileno()
        passed = (*options.pop("pass_fds", ()), pipe)
        own = [sys.executable, "-SE", str(Path(__file__).resolve()), str(pipe)]
        return subprocess.Popen([*own, program, *argv], pass_fds=passed, **options)

    def promise(self, line: str) -> None:
        """Add a line to the will."""
        self._pipe.write(line + "\n")
        self._pipe.flush()

    def forget(self, line: str) -> None:
        """Take a line back: it is settled."""
        self.promise(f"forget {line}")

    def close(self) -> None:
        """Have everything carried out that was promised and not forgotten."""
        self._pipe.close()
        self._process.wait()


def stop(pid: int) -> None:
    """End a process that is no child of ours, with patience."""
    for sign, patience in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, PATIENCE)):
        try:
            os.kill(pid, sign)
            end = time.monotonic() + patience
            while time.monotonic() < end:
                os.kill(pid, 0)
                time.sleep(0.05)
        except ProcessLookupError:
            return


def carry_out(will: list[str]) -> None:
    """Do what the lines say, the last one first."""
    for line in reversed(will):
        verb, _, rest = line.partition(" ")
        match verb:
            case "stop":
                stop(int(rest))
            case "run":
                subprocess.run(shlex.split(rest), check=False, capture_output=True)
            case "remove":
                shutil.rmtree(rest, ignore_errors=True)
            case _:
                raise ValueError(verb)


def become(pipe: int, program: str, argv: list[str]) -> NoReturn:
    """Promise this process's end, then run the program in its place."""
    os.write(pipe, f"stop {os.getpid()}\n".encode())
    os.close(pipe)
    os.execv(program, argv)


def listen() -> None:
    """Listen until the pipe closes, then act."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    will: list[str] = []
    for line in map(str.strip, sys.stdin):
        if line.startswith("forget "):
            with suppress(ValueError):  # a process that was killed before it promised
                will.remove(line.removeprefix("forget "))
        else:
            will.append(line)
    carry_out(will)


if __name__ == "__main__":
    if sys.argv[1:]:
        become(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
    listen()
