"""Kill a replay again and again and compare its file with that of one left in peace.

Run: python tests/replay/kill_replay.py [KILLS] [PAYMENTS], from the repository's root.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory


def start(*arguments: str) -> "subprocess.Popen[bytes]":
    """Start `risk` in a group of its own, so that a kill takes its processes along."""
    return subprocess.Popen(
        [sys.executable, "-m", "risk", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def main(kills: int, payments: int) -> None:
    """Exit status 1 if a row was lost or doubled."""
    dice = Random(1)
    with TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["RISK_BOOKS_DIR"] = str(folder / "books")
        log, whole, killed = (
            str(folder / n) for n in ("p.jsonl", "whole.parquet", "k.parquet")
        )
        start("simulate", "--count", str(payments), "--out", log).wait()
        begin = time.monotonic()
        if start("replay", log, "--out", whole, "--processes", "2").wait():
            raise SystemExit("the replay that was left in peace failed")
        longest = time.monotonic() - begin
        expected, done, finished = Path(whole).read_bytes(), 0, 0
        while done < kills or not finished:
            process = start("replay", log, "--out", killed, "--processes", "2")
            # Once there are enough kills the last run may finish.
            if done < kills:
                time.sleep(dice.uniform(0.2, 0.8) * longest)
            else:
                process.wait()
            if process.poll() is None:
                # Sometimes only the first process: the others notice by themselves.
                (os.killpg if dice.random() < 0.7 else os.kill)(process.pid, signal.SIGKILL)
                done += 1
            process.wait()
            if Path(killed).exists():
                finished += 1
                if Path(killed).read_bytes() != expected:
                    raise SystemExit(f"after {done} kills the file is NOT the same")
                Path(killed).unlink()
        print(f"{done} kills, {finished} files finished: all the same")


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    main(*(given + [20, 40_000][len(given) :]))
