"""What the demo starts ends with it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from risk.demo.children import command
from risk.demo.truth import frauds
from risk.settings import Settings

LEASH = [sys.executable, "-m", "risk.demo.leash"]


def test_a_leash_gives_the_status_of_its_command() -> None:
    """Statuses and signals read as in a shell."""
    for script, status in (("exit 3", 3), ("kill -9 $$", 137)):
        with subprocess.Popen([*LEASH, "sh", "-c", script], stdin=subprocess.PIPE) as leash:
            assert status == leash.wait(timeout=60)


def test_letting_go_ends_the_command_in_order() -> None:
    """The command gets SIGTERM when standard input closes."""
    script = "trap 'echo ended; exit 7' TERM; echo started; while :; do sleep 0.05; done"
    leash = subprocess.Popen(
        [*LEASH, "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert leash.stdout is not None
    assert "started\n" == leash.stdout.readline()
    said, _ = leash.communicate(timeout=60)
    assert ("ended\n", 7) == (said, leash.returncode)


def test_a_killed_starter_takes_its_children_along() -> None:
    """Kill -9 closes the pipe as well: the sleeper lets go of our pipe, so this returns."""
    script = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen({[*LEASH, 'sleep', '600']!r}, stdin=subprocess.PIPE)\n"
        "print('started', flush=True); time.sleep(600)\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    assert b"started\n" == starter.stdout.readline()
    os.kill(starter.pid, signal.SIGKILL)
    assert (b"", None) == starter.communicate(timeout=60)


def test_a_child_gets_the_settings_as_variables() -> None:
    """Absent ones are left out; the command is ours."""
    words = command(Settings(group="g7", book=None), ["worker"])
    assert ["env", [sys.executable, "-m", "risk", "worker"]] == [words[0], words[-4:]]
    assert "RISK_GROUP=g7" in words
    assert not [word for word in words if word.startswith("RISK_BOOK=")]


def test_only_fraud_is_read_from_a_truth_file(tmp_path: Path) -> None:
    """The head line tells of the world."""
    file = tmp_path / "truth.jsonl"
    file.write_text(
        '{"world":{"seed":1},"note":"x"}\n'
        '{"transaction_id":"a","fraud":true,"kind":"k"}\n'
        '{"transaction_id":"b","fraud":false,"kind":"twin"}\n'
    )
    assert ["a"] == frauds(file)
