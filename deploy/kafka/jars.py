"""Java, and Kafka's jars from Maven: fetched once, then only read."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from errors import Trouble

POM = Path(__file__).with_name("pom.xml")
NEEDED_JAVA = 17


def kafka_version() -> str:
    """Read the version that pom.xml pins."""
    found = re.search(r"<kafka\.version>([\d.]+)</kafka\.version>", POM.read_text())
    if not found:
        raise Trouble(f"{POM} names no kafka.version")
    return found[1]


def find_java() -> str | None:
    """Find a Java that can run Kafka; JAVA_HOME goes before PATH."""
    home = os.environ.get("JAVA_HOME")
    for java in filter(None, (f"{home}/bin/java" if home else None, shutil.which("java"))):
        if _java_version(java) >= NEEDED_JAVA:
            return java
    return None


def _java_version(java: str) -> int:
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    return int(found[1]) if found else 0


def folder(home: Path) -> Path:
    """Where the jars of the pinned version lie, under the tools' folder."""
    return home / f"kafka-{kafka_version()}"


def fetch(home: Path) -> Path:
    """Bring the jars with Maven if they are not there; a half fetched set is never used."""
    jars = folder(home)
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise Trouble(
            "Maven (the command mvn) is missing; it fetches the jars of Apache Kafka, once.\n"
            "  Debian, Ubuntu: apt-get install maven     macOS: brew install maven"
        )
    partial = jars.with_name(f"{jars.name}.partial-{os.getpid()}")
    _say(f"Fetching Apache Kafka {kafka_version()} with Maven: 54 MB, once ...")
    started = time.monotonic()
    goal = "dependency:copy-dependencies"
    target = f"-DoutputDirectory={partial}"
    _run([maven, "-B", "-f", str(POM), goal, target])
    try:
        partial.rename(jars)
    except OSError:  # another start was faster
        shutil.rmtree(partial, ignore_errors=True)
    _say(f"Apache Kafka is here after {time.monotonic() - started:.0f} s: {jars}")
    return jars


def _run(command: list[str]) -> None:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    last = _follow(process.stdout or ())
    if process.wait() != 0:
        said = "\n  ".join(last)
        raise Trouble(
            f"Maven could not fetch Apache Kafka. Is a Maven repository reachable, perhaps "
            f"through a mirror or proxy in ~/.m2/settings.xml? It said:\n  {said}"
        )


def _follow(lines: Iterable[str]) -> list[str]:
    """Show how many files came; keep the last words for a message."""
    last: deque[str] = deque(maxlen=12)
    files = 0
    for line in lines:
        if "Downloaded from" in line:
            files += 1
            if files % 20 == 0:
                _say(f"  {files} files")
        elif "Downloading from" not in line and line.strip():
            last.append(line.rstrip())
    return list(last)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
