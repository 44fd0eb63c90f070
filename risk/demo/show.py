"""The demo from its first process to its last: start, watch, end in order, audit.

Everything that is started is on a leash or ends by itself, so nothing outlives the demo,
whatever ends it.
"""

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final, Protocol

import msgspec

from risk.decision import decode
from risk.demo.children import Child, command
from risk.demo.tally import Picture, Tally
from risk.demo.truth import frauds
from risk.demo.view import Frame
from risk.kafka_admin import Cluster
from risk.reader import Sieve
from risk.settings import Settings

READY_SECONDS: Final = 30.0
CATCH_UP_SECONDS: Final = 15.0
PICTURE_SECONDS: Final = 0.25
READY_WORDS: Final = "worker ready"


class DemoFailed(Exception):
    """A process of the demo ended or did not begin; `str()` holds its last words."""


class Plan(msgspec.Struct, frozen=True):
    """What is shown. `rate` is in payments a second."""

    seconds: float
    rate: int
    seed: int
    preset: str
    payers: int = 250
    partitions: int = 4


class Screen(Protocol):
    """Where the pictures go."""

    def show(self, frame: Frame, seen: Picture) -> None:
        """Take the newest picture; called some times a second."""
        ...


def run_demo(
    plan: Plan, settings: Settings, screen: Callable[[], AbstractContextManager[Screen]]
) -> bool:
    """Show payments being decided, then audit; returns whether the audit holds.

    The topics that `settings` name must not exist yet; `screen` opens what shows the pictures.
    Raises `DemoFailed`, and what the door to Kafka raises.
    """
    with tempfile.TemporaryDirectory(prefix="riskstream-demo-") as name, ExitStack() as stack:
        folder = Path(name)
        settings = settings.model_copy(update={"state_dir": folder, "port": 0})
        _run(settings, "topics", "create", "--partitions", str(plan.partitions))
        worker = _start(stack, settings, ["worker"], folder)
        _await_ready(worker)
        known = _foretell(plan, settings, folder)
        simulator = _start(
            stack, settings, [*_simulation(plan), "--kafka", "--rate", str(plan.rate)], folder
        )
        with (
            Cluster(settings.bootstrap) as cluster,
            _asked_to_end() as ended,
            screen() as shown,
        ):
            watch = _Watch(cluster, settings, known)
            elapsed = _show(plan, settings, watch, shown, ended, (worker, simulator))
            simulator.end()
            _catch_up(watch)
            shown.show(_frame(plan, settings, elapsed, done=True), watch.picture())
        holds = _audit(settings)
        if worker.end() != 0:
            raise DemoFailed(f"{worker.name} did not stop in order:\n{worker.last_words()}")
        return holds


def _simulation(plan: Plan) -> list[str]:
    """The same words make the same payments, in a file as on Kafka."""
    options = {
        "--count": int(plan.seconds * plan.rate),
        "--seed": plan.seed,
        "--preset": plan.preset,
        "--payers": plan.payers,
    }
    return ["simulate", *(str(word) for pair in options.items() for word in pair)]


def _foretell(plan: Plan, settings: Settings, folder: Path) -> list[str]:
    """Make the payments once for what is true of them; no process that decides is told."""
    payments, truth = folder / "payments.jsonl", folder / "truth.jsonl"
    files = ["--out", str(payments), "--truth", str(truth)]
    _run(settings, *_simulation(plan), *files)
    payments.unlink()
    return frauds(truth)


class _Watch:
    """Follows both topics and the truth."""

    def __init__(self, cluster: Cluster, settings: Settings, known: Sequence[str]) -> None:
        starts = dict.fromkeys(cluster.ends(settings.topic_transactions), 0)
        self._arrivals = cluster.follow(settings.topic_transactions, starts)
        self._decisions = cluster.follow(settings.topic_decisions, starts)
        self._sieve = Sieve()
        self._tally = Tally()
        for identity in known:
            self._tally.learn(identity)

    def look(self) -> None:
        """Take up what is new; waits a moment if nothing is."""
        for record in next(self._arrivals):
            self._tally.arrive((record.partition, record.offset), record.timestamp)
        for record in next(self._decisions):
            if record.value is not None and self._sieve.accepts(record.partition, record):
                self._tally.decide(decode(record.value), record.timestamp)

    def picture(self) -> Picture:
        """Sum up until now."""
        return self._tally.picture(time.time_ns() // 1_000_000)


def _show(
    plan: Plan,
    settings: Settings,
    watch: _Watch,
    screen: Screen,
    ended: Callable[[], bool],
    children: Sequence[Child],
) -> float:
    """Watch until the time is up or somebody asks to end; returns the seconds that it took."""
    begin = time.monotonic()
    due = 0.0
    while (elapsed := time.monotonic() - begin) < plan.seconds and not ended():
        watch.look()
        for child in children:
            if child.status() not in (None, 0):
                raise DemoFailed(f"{child.name} ended:\n{child.last_words()}")
        if elapsed >= due:
            due = elapsed + PICTURE_SECONDS
            screen.show(_frame(plan, settings, elapsed), watch.picture())
    return elapsed


def _catch_up(watch: _Watch) -> None:
    end = time.monotonic() + CATCH_UP_SECONDS
    while time.monotonic() < end:
        watch.look()
        seen = watch.picture()
        if seen.decided >= seen.arrived:
            return


def _frame(plan: Plan, settings: Settings, elapsed: float, *, done: bool = False) -> Frame:
    return Frame(plan.preset, settings.runtime, elapsed, plan.seconds, done)


def _start(stack: ExitStack, settings: Settings, words: list[str], folder: Path) -> Child:
    child = Child(settings, words, folder / f"{words[0]}.log")
    stack.callback(child.end)
    return child


def _await_ready(worker: Child) -> None:
    end = time.monotonic() + READY_SECONDS
    while not worker.said(READY_WORDS):
        if worker.status() is not None or time.monotonic() > end:
            raise DemoFailed(f"{worker.name} does not get ready:\n{worker.last_words()}")
        time.sleep(0.05)


def _run(settings: Settings, *words: str) -> None:
    ended = subprocess.run(  # noqa: S603  our own command
        command(settings, words), capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        raise DemoFailed(f"risk {words[0]} failed:\n{ended.stdout}{ended.stderr}")


def _audit(settings: Settings) -> bool:
    """Let people read what the command says; 1 is its word for no."""
    words = ["audit", "--wait", "20"]
    return subprocess.run(command(settings, words), check=False).returncode == 0  # noqa: S603


@contextmanager
def _asked_to_end() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C or SIGTERM into a wish; a second Ctrl-C interrupts."""
    asked: list[int] = []

    def note(number: int, _: object) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
