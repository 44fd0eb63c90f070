"""How a broker is run: by Java with Maven's jars, or where those are missing by Docker."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from errors import Trouble
from jars import fetch, find_java, folder, kafka_version

MISSING = """\
A Kafka broker cannot be started here. It needs one of
  - Java {java} or newer with Maven     found: {found}
    Debian, Ubuntu: apt-get install openjdk-17-jre-headless maven
    macOS:          brew install openjdk@17 maven
  - Docker, with its engine running   found: {docker}
or a broker that you run yourself: KAFKA_BOOTSTRAP=host:port make demo"""


@dataclass(frozen=True)
class Engine:
    """The program to start.

    `format` prepares an empty data folder; `sweep` removes what a killed program left behind.
    """

    argv: tuple[str, ...]
    format: tuple[str, ...] = ()
    sweep: str = ""


def choose(tools: Path, home: Path, ports: tuple[int, int]) -> Engine:
    """Pick what this machine can run. Raises `Trouble` where it can run nothing."""
    java = find_java()
    if java and (folder(tools).is_dir() or shutil.which("mvn")):
        return _java(java, fetch(tools), home, ports)
    if _docker_works():
        return _docker(ports)
    found = f"{'Java' if java else 'no Java'}, {'Maven' if shutil.which('mvn') else 'no Maven'}"
    docker = "the client, but no engine answers" if shutil.which("docker") else "nothing"
    raise Trouble(MISSING.format(java=17, found=found, docker=docker))


def _java(java: str, jars: Path, home: Path, ports: tuple[int, int]) -> Engine:
    port, controller = ports
    properties = _properties(
        {
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "log.dirs": str(home / "data"),
        }
    )
    file = home / "server.properties"
    file.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
    base = (java, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{jars}/*")
    tool = "kafka.tools.StorageTool"
    return Engine(
        argv=(*base, "-Xmx512m", "kafka.Kafka", str(file)),
        format=(
            *base,
            "-XX:TieredStopAtLevel=1",
            tool,
            "format",
            "-t",
            CLUSTER,
            "-c",
            str(file),
        ),
    )


def _docker(ports: tuple[int, int]) -> Engine:
    port, controller = ports
    properties = _properties(
        {
            "listeners": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        }
    )
    name = f"riskstream-kafka-{port}"
    variables = [
        word
        for key, value in properties.items()
        for word in ("-e", f"KAFKA_{key.upper().replace('.', '_')}={value}")
    ]
    image = f"apache/kafka:{kafka_version()}"
    publish = ("-p", f"127.0.0.1:{port}:{port}")
    return Engine(
        argv=("docker", "run", "--rm", "--name", name, *publish, *variables, image),
        sweep=f"docker rm -f {name}",
    )


def _docker_works() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True).returncode == 0


CLUSTER = "cmlza3N0cmVhbS1rYWZrYQ"
"""A cluster id is 16 bytes in base64; these spell riskstream-kafka."""


def _properties(place: Mapping[str, str]) -> dict[str, str]:
    return {
        "node.id": "1",
        "process.roles": "broker,controller",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "group.min.session.timeout.ms": "1000",  # the tests kill workers, and wait for each
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",  # a misspelt topic is a mistake, not a new topic
        "log.retention.ms": "-1",  # simulated payments carry old timestamps
        **place,
    }
