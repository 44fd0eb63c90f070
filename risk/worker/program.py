"""The worker's life: check, start, run until told to stop, and die at once on the unexpected.

Crash-only: whatever is not expected ends the process without a commit, and the next start goes
on from the last one. A worker that limps on could commit past a payment it never answered.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, Final

from risk.pipeline import Pipeline
from risk.score.model_card import read_card
from risk.settings import Settings
from risk.state.keeper import ScribeKeeper
from risk.state.store import StoreFailed
from risk.worker.asking_metrics import AskingMetrics
from risk.worker.checkpoints import Checkpoints
from risk.worker.clerk import Clerk
from risk.worker.clients import AIOKafkaProducer, KafkaConnectionError, LogReader, producer
from risk.worker.desk import StreamDesk
from risk.worker.feed import LabelFeed, LabelsLost
from risk.worker.follow import follow
from risk.worker.journal import Journal
from risk.worker.logs import start_logs
from risk.worker.metrics import Metrics
from risk.worker.model import backend_of, build_model
from risk.worker.recheck import checked
from risk.worker.runtime import Host
from risk.worker.watch import Pulse, serve_watch

log = logging.getLogger("risk.worker")

UNEXPECTED: Final = 70
"""Exit status after something unexpected; the supervisor should start the worker again."""

NO_DISK: Final = 74
"""Exit status when a checkpoint could not be written: the disk is full or broken."""

CUT_SHORT: Final = 75
"""Exit status when stopping took too long; the next worker decides what was not delivered."""

PATIENCE_SECONDS: Final = 4.0
"""A stop ends within this, delivered or not."""


class BrokerGone(Exception):
    """No broker answers at the start."""


def run_worker(settings: Settings, pipeline: Pipeline) -> None:
    """Run until SIGTERM or SIGINT; raises what is wrong with broker or port at the start.

    Anything unexpected later ends the process with status 70.
    """
    start_logs(settings.log_level)
    backend_of(settings)  # raises what is wrong with it before anything is started
    metrics = Metrics()
    if settings.scorer is not None and settings.scorer.suffix == ".json":
        metrics.watch_drift(read_card(settings.scorer)[0].snapshot)
    pulse = Pulse()
    port = serve_watch(settings.host, settings.port, metrics, pulse)
    log.info("watch port open", extra={"host": settings.host, "port": port})
    metrics.partial(len(pipeline.partial))
    if pipeline.partial:
        log.info(
            "these values know one partition only: others than its payers may share the entity",
            extra={"values": pipeline.partial},
        )
    gc.set_threshold(50_000, 20, 100)
    # A changed book is read in a thread: payments must not wait 5 ms for each of its turns.
    sys.setswitchinterval(0.0005)
    pipeline.adopt(checked(pipeline.bench, settings.recheck_every, metrics))
    asyncio.run(Worker(settings, metrics, pulse).run(pipeline))


def build_host(settings: Settings) -> Host:
    """The host that the settings name; faust takes a second to import, so only if it runs."""
    if settings.runtime == "faust":
        from risk.worker.faust_host import FaustHost

        return FaustHost(settings)
    from risk.worker.direct_host import DirectHost

    return DirectHost(settings)


def build_keeper(settings: Settings) -> ScribeKeeper | None:
    """The keeper that the settings name; None if no checkpoints are wanted."""
    if settings.checkpoint_seconds == 0:
        return None
    folder = settings.state_dir / "state"
    return ScribeKeeper(folder, settings.state_share, settings.share_seconds)


class Worker:
    """One process of the service."""

    def __init__(self, settings: Settings, metrics: Metrics, pulse: Pulse) -> None:
        self._settings = settings
        self._metrics = metrics
        self._pulse = pulse
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, pipeline: Pipeline) -> None:
        """Start everything, run the host until a signal, stop in order."""
        stop = asyncio.Event()
        self._listen(stop)
        output = producer(self._settings)
        try:
            await output.start()
        except KafkaConnectionError:
            await output.stop()
            raise BrokerGone(
                f"no Kafka broker answers at {self._settings.bootstrap}; start one (`make "
                "kafka-start`) or name another with --bootstrap or KAFKA_BOOTSTRAP"
            ) from None
        host = build_host(self._settings)
        reader, keeper = LogReader(self._settings), build_keeper(self._settings)
        clerk, journal = self._hire(pipeline, output)
        desk = StreamDesk(
            self._settings,
            pipeline,
            output,
            reader,
            Checkpoints(self._settings, pipeline, keeper, self._metrics),
            self._feed(pipeline, reader),
            self._metrics,
            host.settle,
            self._spawn,
            clerk,
        )
        self._metrics.watch_lag(host.lag)
        self._spawn(self._beat(host))
        await self._follow(pipeline)
        try:
            await host.run(desk, stop)
        except Exception as error:  # noqa: BLE001  # crash-only: whatever it is, it ends here
            die(error)
        if clerk is not None:
            await clerk.close()
            await journal.flush()
        await output.stop()
        await reader.stop()
        if keeper is not None:
            await keeper.stop()
        log.info("worker stopped")

    def _feed(self, pipeline: Pipeline, reader: LogReader) -> LabelFeed:
        source = reader if pipeline.reads_labels else None
        topic = self._settings.topic_labels
        return LabelFeed(topic, pipeline, source, self._metrics, self._spawn)

    def _listen(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()

        def begin_stop() -> None:
            log.info("stopping")
            self._pulse.phase = "stopping"
            stop.set()
            loop.call_later(PATIENCE_SECONDS, _cut_short)

        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, begin_stop)

    def _hire(
        self, pipeline: Pipeline, output: AIOKafkaProducer
    ) -> tuple[Clerk | None, Journal]:
        """Who asks the model that the settings name, and what writes down the answers."""
        journal = Journal(output, self._settings)
        model = build_model(self._settings, journal.record)
        if model is None:
            return None, journal
        self._spawn(journal.readings())
        self._spawn(journal.revisions())
        metrics = AskingMetrics(self._metrics.registry)
        metrics.watch(model.extractor.counts)
        self._metrics.also(metrics.decided)
        log.info("memos are read by a model", extra={"model": model.version.name})
        decided = self._metrics.decided
        return Clerk(pipeline, model, journal, metrics, decided, die), journal

    async def _follow(self, pipeline: Pipeline) -> None:
        watches = await follow(self._settings, pipeline, self._metrics, self._pulse)

        def ask() -> None:
            for watch in watches:
                watch.ask()

        if watches:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, ask)
        for watch in watches:
            self._spawn(watch.run(self._settings.reload_seconds))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(_end_with)
        return task

    async def _beat(self, host: Host) -> None:
        while True:
            self._pulse.beat = asyncio.get_running_loop().time()
            self._pulse.partitions = tuple(sorted(host.lag()))
            if self._pulse.phase == "starting" and self._pulse.partitions:
                self._pulse.phase = "running"
                log.info("worker ready", extra={"partitions": self._pulse.partitions})
            await asyncio.sleep(0.2)


def _end_with(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        die(error)


def die(error: BaseException) -> None:
    """End the process now: no clean-up, no commit, no other task gets a turn."""
    if isinstance(error, (StoreFailed, LabelsLost)):
        log.critical(str(error))
    else:
        log.critical("unexpected; the process ends and decides nothing more", exc_info=error)
    logging.shutdown()
    os._exit(NO_DISK if isinstance(error, StoreFailed) else UNEXPECTED)


def _cut_short() -> None:
    log.error("stopping took too long; what is undelivered is decided by the next worker")
    logging.shutdown()
    os._exit(CUT_SHORT)
