"""A last will is carried out, whatever ended the program that made it."""

import subprocess
import sys
from pathlib import Path

import pytest
from guard import Guard, carry_out

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_what_was_promised_is_carried_out_in_reverse(tmp_path: Path) -> None:
    """The process that writes into a folder goes before the folder."""
    home = tmp_path / "a folder"
    home.mkdir()
    guard = Guard()
    guard.promise(f"remove {home}")
    guard.promise(f"run mkdir {tmp_path}/made")
    guard.close()
    assert [False, True] == [home.exists(), (tmp_path / "made").exists()]


def test_what_is_settled_is_not_carried_out(tmp_path: Path) -> None:
    """A line that was taken back does nothing."""
    guard = Guard()
    guard.promise(f"remove {tmp_path}")
    guard.forget(f"remove {tmp_path}")
    guard.close()
    assert tmp_path.exists()


def test_a_killed_program_takes_its_processes_along(tmp_path: Path) -> None:
    """Kill -9 of the program ends what it promised to stop."""
    script = (
        "import os, sys\n"
        f"sys.path.insert(0, {str(Path('deploy/kafka').resolve())!r})\n"
        "from guard import Guard\n"
        f"Guard().start({SLEEP!r})\n"
        "os.kill(os.getpid(), 9)\n"
    )
    # The sleeper holds our pipe open: the call returns when it is gone, and only then.
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        timeout=60,
    )
    assert -9 == ended.returncode


def test_an_unknown_order_is_refused() -> None:
    """A misspelt line is a mistake, not a no-op."""
    with pytest.raises(ValueError, match="stpo"):
        carry_out(["stpo 1"])
