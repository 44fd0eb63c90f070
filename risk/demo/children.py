"""The processes of the demo: `risk` commands on a leash, with settings of their own."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from risk.settings import Settings

WORDS: Final = 12
"""Lines of a child's log that are shown when it fails."""


def command(settings: Settings, words: Sequence[str]) -> list[str]:
    """Write a `risk` command as started from here, its settings given as variables."""
    variables = [
        f"RISK_{name.upper()}={value}" for name, value in settings if value is not None
    ]
    return ["env", *variables, sys.executable, "-m", "risk", *words]


class Child:
    """`risk WORDS` in a session of its own; what it says goes to `log`."""

    def __init__(self, settings: Settings, words: Sequence[str], log: Path) -> None:
        self.name = f"risk {words[0]}"
        self.log = log
        leash = [sys.executable, "-m", "risk.demo.leash", *command(settings, words)]
        with log.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603  our own command
                leash,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                start_new_session=True,  # a Ctrl-C is for the demo, which ends it in order
            )

    def status(self) -> int | None:
        """Its exit status, None while it runs."""
        return self._process.poll()

    def end(self) -> int:
        """Let go of the leash and wait; returns the exit status."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        return self._process.wait()

    def said(self, text: str) -> bool:
        """Whether its log holds this text."""
        return text.encode() in self.log.read_bytes()

    def last_words(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-WORDS:])
