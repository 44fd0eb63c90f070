"""Run a command for as long as standard input stays open: it never outlives who started it.

    python -m risk.demo.leash COMMAND...

Whatever ends the starter, kill -9 included, closes the pipe; the command then gets SIGTERM, and
SIGKILL if it is still there after `PATIENCE` seconds. The status is the command's.
"""

import os
import subprocess
import sys
from threading import Thread
from typing import Final

PATIENCE: Final = 6.0
"""A worker stops within five seconds."""


def main(command: list[str]) -> int:
    """Run the command; returns its status as a shell would say it."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  our own command
    Thread(target=_end_with_input, args=(child,), daemon=True).start()
    status = child.wait()
    return status if status >= 0 else 128 - status


def _end_with_input(child: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 1024):  # no buffer, whose lock would be held when the program ends
        pass
    child.terminate()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
