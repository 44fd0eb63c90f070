"""What asking costs those who wait, and those who do not: 20,000 simulated payments.

    python tests/benchmarks/bench_asking.py

First in one process: the share that waits, outcomes against always asking, calls and money,
the cost of the question itself. Then a worker on Kafka (needs KAFKA_BOOTSTRAP) beside a server
that answers after 600 ms: latency of the payments that do not wait, with and without such
neighbours. The book is the default one, narrowed to what `risk rules cost` calls cheap.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from drivers.model import served  # noqa: E402
from figures import Figure, cpu_us, report  # noqa: E402
from llm.server import readings  # noqa: E402

from features.llm.backend import deepseek  # noqa: E402
from features.llm.prompt import load_prompt  # noqa: E402
from features.text.local import Memo  # noqa: E402
from features.text.schema import FLAGS, Reading  # noqa: E402
from risk.asking import TextBounds  # noqa: E402
from risk.asking_cost import CostTally  # noqa: E402
from risk.assembly import build_bench, build_pipeline, default_book  # noqa: E402
from risk.decide import Bench, Known, decide  # noqa: E402
from risk.decision import Decision, Version, decode  # noqa: E402
from risk.filerun import key_of  # noqa: E402
from risk.kafka_admin import Cluster  # noqa: E402
from risk.pipeline import Answer, Arrival  # noqa: E402
from risk.question import NOT_NEEDED, Question  # noqa: E402
from risk.settings import Settings, load  # noqa: E402
from risk.settled import Asked, conclude, hear, is_needed  # noqa: E402
from rules.reaching import BookReach  # noqa: E402

COUNT = int(os.environ.get("BENCH_COUNT", "20000"))
RATE = int(os.environ.get("BENCH_RATE", "500"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "2"))
MODEL_S = 0.6


def write_book(folder: Path, llm: str) -> Path:
    """The default book, memo rules for new payees and 1,000 or more, no points for memos."""
    shutil.copytree(default_book(), folder)
    card = folder / "scorecard.yaml"
    lines = card.read_text(encoding="utf-8").splitlines(keepends=True)
    card.write_text("".join([one for one in lines if not one.strip().startswith("text.")]))
    path = folder / "scams.rules.yaml"
    text = path.read_text(encoding="utf-8")
    narrow = " and payee_is_new and amount >= 1000\n"
    text = text.replace("when: text.instruction\n", f"when: text.instruction{narrow}")
    text = text.replace("text.secrecy and payee_is_new\n", f"text.secrecy{narrow}")
    text = text.replace(
        "any: [amount >= $least, text.urgent, text.secrecy]", "amount >= $least"
    )
    most = r"least: \{value: (30|150|200|250|300|500), sweep: [^}]*\}"
    path.write_text(re.sub(most, "least: 1000", text), encoding="utf-8")
    with (folder / "book.yaml").open("a", encoding="utf-8") as file:
        file.write(f"llm: {llm}\n")
    return folder


def flag_of(text: str) -> str | None:
    """What the model sees in a text: in one of twenty something, always the same."""
    number = int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big")
    return FLAGS[number // 20 % len(FLAGS)] if number % 20 == 0 and text.split() else None


def claim(text: str) -> dict[str, Any]:
    """The same, as a server says it."""
    flag = flag_of(text)
    flags = [] if flag is None else [{"f": flag, "t": text.split()[0]}]
    return {"s": 0.0, "u": 0.0, "p": "other", "l": "en", "e": [], "f": flags}


class Nobody:
    """A model that has read nothing yet."""

    version = Version("m", "", "")

    def peek(self, memo: Memo) -> Reading | None:
        """Nothing."""
        return None


def answer(question: Question) -> Asked:
    """What the model says, at once."""
    flag = flag_of(question.memo.text)
    raised = {} if flag is None else {f"text.{flag}": True}
    return Asked("answered", {**question.known.reading, **raised})


def simulate(path: Path) -> list[Arrival]:
    """The payments of a simulated bank."""
    command = [sys.executable, "-m", "risk", "simulate", "--count", str(COUNT), "--out"]
    subprocess.run([*command, str(path)], check=True, stdout=subprocess.DEVNULL)
    rows = [line.strip() for line in path.read_bytes().splitlines()]
    return [Arrival(0, number, key_of(row), row) for number, row in enumerate(rows)]


def decided(bench: Bench, arrivals: Sequence[Arrival]) -> tuple[list[str], int]:
    """Outcomes, and how many were asked about."""
    pipeline = build_pipeline(Settings(), bench)
    pipeline.consult(Nobody())
    outcomes, asked = [], 0
    for arrival in arrivals:
        (item,) = pipeline.take_in([arrival])
        if isinstance(item, Question):
            asked += 1
            item = pipeline.conclude(item, answer(item))
        if isinstance(item, Answer):
            outcomes.append(item.decision.outcome)
    return outcomes, asked


def saved(folder: Path, arrivals: Sequence[Arrival]) -> list[Figure]:
    """Asking when it matters against always asking."""
    sharp = build_bench(write_book(folder / "sharp", "{ask: when-it-matters}"))
    always = build_bench(write_book(folder / "always", "{ask: always}"))
    plain = build_bench(write_book(folder / "never", "{ask: never}"))
    outcomes, asked = decided(sharp, arrivals)
    others, asked_always = decided(always, arrivals)
    alone, _ = decided(plain, arrivals)
    same = sum(one == other for one, other in zip(outcomes, others, strict=True))
    changed = sum(one != other for one, other in zip(outcomes, alone, strict=True))
    tally = CostTally(build_pipeline(Settings(), sharp), load_prompt(), deepseek().tariff)
    tally.add(arrivals)
    cost = tally.cost()
    return [
        ("payments that an empty cache lets wait", 100 * asked / len(outcomes), "%"),
        ("outcomes equal to always asking", 100 * same / len(outcomes), "%"),
        ("outcomes that answers made stricter", changed, "payments"),
        (
            "payments asked about, of those that always asking does",
            100 * asked / asked_always,
            "%",
        ),
        ("calls, of those that always asking does", 100 * cost.calls / cost.calls_always, "%"),
        ("cost of 1,000 payments", 1000 * cost.usd / cost.payments, "USD"),
    ]


def steps(folder: Path, arrivals: Sequence[Arrival]) -> list[Figure]:
    """What each step of the question takes, for payments with a memo."""
    bench = build_bench(folder / "sharp")
    rows = []
    for one in build_pipeline(Settings(), bench).take(arrivals):
        values, source = one.decision.values, one.decision.source
        if one.decision.duplicate_of is None and values["local"].get("text.length"):
            known = Known(values["payment"], values["history"], values["local"])
            rows.append((known, hear(known, 0, bench), source))
    from features.transaction import Payer, Transaction

    paid = Transaction(
        id="p", at=0, kind="transfer", amount_minor=1, currency="EUR", payer=Payer("a")
    )
    reach = BookReach(bench.book)
    bounds = TextBounds({*bench.book.names, *bench.scorer.names})
    return [
        ("rules of the book", len(bench.book.dossiers), "rules"),
        ("decide, nobody asked", cpu_us(lambda r: decide(paid, r[0], bench, r[2]), rows), "us"),
        (
            "the rules over exact values",
            cpu_us(lambda r: bench.evaluator.match(r[1].local.values, 0), rows),
            "us",
        ),
        (
            "the twin over bounds",
            cpu_us(
                lambda r: reach.possible(r[1].local.values, bounds.of(r[0].reading), 0), rows
            ),
            "us",
        ),
        ("local and without text", cpu_us(lambda r: hear(r[0], 0, bench), rows), "us"),
        ("whether to ask", cpu_us(lambda r: is_needed(r[1], r[0], 0, bench), rows), "us"),
        (
            "record",
            cpu_us(lambda r: conclude(paid, r[0], bench, r[2], r[1], NOT_NEEDED), rows),
            "us",
        ),
    ]


def stream(llm: str, endpoint: str) -> list[tuple[float, Decision]]:
    """Latency in ms, from the payment's record to that of its decision, of a running worker."""
    name = f"bench-asking-{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "RISK_TOPIC_TRANSACTIONS": f"{name}-in",
            "RISK_TOPIC_DECISIONS": f"{name}-out",
            "RISK_TOPIC_DEAD_LETTERS": f"{name}-dead",
            "RISK_TOPIC_LABELS": f"{name}-labels",
            "RISK_TOPIC_READING_LOG": f"{name}-readings",
            "RISK_TOPIC_REVISIONS": f"{name}-revisions",
            "RISK_GROUP": name,
            "RISK_STATE_DIR": folder,
            "RISK_PORT": "0",
            "RISK_BOOK": str(write_book(Path(folder) / "book", llm)),
            "RISK_LLM_BACKEND": "openai",
            "RISK_LLM_ENDPOINT": endpoint,
            "RISK_LLM_MODEL": "m",
        }
        settings: Settings = load(environment=environment)[0]

        def risk(*words: str) -> None:
            command = [sys.executable, "-m", "risk", *words]
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)

        risk("topics", "create", "--partitions", "4")
        worker = subprocess.Popen(
            [sys.executable, "-m", "risk", "worker", "--runtime", "direct"],
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        risk("simulate", "--kafka", "--count", str(2 * RATE), "--rate", str(RATE))  # warms up
        risk(
            "simulate",
            "--kafka",
            "--seed",
            "2",
            "--rate",
            str(RATE),
            "--count",
            str(RATE * SECONDS),
        )
        time.sleep(2)
        worker.terminate()
        worker.wait(20)
        return latencies(settings, skip=2 * RATE)


def latencies(settings: Settings, skip: int) -> list[tuple[float, Decision]]:
    """Pairs of latency and decision, but for the first payments."""
    with Cluster(settings.bootstrap) as cluster:
        stamps = {
            (partition, record.offset): record.timestamp
            for partition, span in cluster.spans(settings.topic_transactions).items()
            for record in cluster.read(settings.topic_transactions, partition, span)
        }
        first = sorted(stamps.values())[skip]
        found = []
        for partition, span in cluster.spans(settings.topic_decisions).items():
            for record in cluster.read(settings.topic_decisions, partition, span):
                decision = decode(record.value or b"")
                stamp = stamps[partition, decision.source.offset]
                if stamp >= first:
                    found.append((float(record.timestamp - stamp), decision))
    return found


def waited(decision: Decision) -> bool:
    """Whether it was held for an answer."""
    return decision.llm is not None and decision.llm.status not in (
        "not_needed",
        "none",
        "cached",
    )


def quantile(found: Sequence[float], part: float) -> float:
    """The value that this part of them does not exceed."""
    return sorted(found)[min(len(found) - 1, int(part * len(found)))] if found else 0.0


def neighbours() -> list[Figure]:
    """Interleaved: nobody waits; some wait, in vain; some wait and get their answer."""
    kinds = {
        "nobody waits": "{ask: never}",
        "some wait 250 ms in vain": "{ask: when-it-matters, deadline_ms: 250}",
        "some wait for the answer": "{ask: when-it-matters, deadline_ms: 1500}",
    }
    rows: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    with served(readings(claim, after=MODEL_S)) as server:
        for _ in range(ROUNDS):
            for kind, llm in kinds.items():
                found = stream(llm, server.endpoint)
                others = [ms for ms, decision in found if not waited(decision)]
                held = [ms for ms, decision in found if waited(decision)]
                rows[kind].append(
                    {
                        "the others, p50": quantile(others, 0.5),
                        "the others, p99": quantile(others, 0.99),
                        "who waited, p50": quantile(held, 0.5),
                        "who waited, p99": quantile(held, 0.99),
                        "share that waited": 100 * len(held) / max(1, len(found)),
                    }
                )
    return [
        (
            f"{kind}: {what}",
            statistics.median([row[what] for row in found]),
            "%" if "share" in what else "ms",
        )
        for kind, found in rows.items()
        for what in found[0]
    ]


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as folder:
        arrivals = simulate(Path(folder) / "payments.jsonl")
        figures = [*saved(Path(folder), arrivals), *steps(Path(folder), arrivals)]
    figures += neighbours()
    report(
        "asking",
        figures,
        f"{COUNT} simulated payments; the model sees something in one text of twenty. Worker "
        f"(direct) at {RATE}/s for {SECONDS} s on 4 partitions, median of {ROUNDS} interleaved "
        f"rounds, from the payment's record to its decision's; the server answers after "
        f"{MODEL_S} s. Broker, server, generator and worker share {os.cpu_count()} cores.",
    )


if __name__ == "__main__":
    main()
