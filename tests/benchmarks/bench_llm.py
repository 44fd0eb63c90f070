"""What reading costs: each stage, asking at several cache hit rates; what it finds.

    python tests/benchmarks/bench_llm.py

CPU time, best of three rounds. Real payment lines are read if the shared sample is here, else
lines of our own. The model is a scripted server on loopback that answers after 600 ms.
"""

import asyncio
import csv
import gzip
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from figures import Figure, cpu_us, report

from features.llm.backend import deepseek
from features.llm.cache import Cache
from features.llm.chat import Chat
from features.llm.client import wall
from features.llm.door import Door
from features.llm.extractor import Extractor
from features.llm.ground import ground
from features.llm.inquiry import Manner
from features.llm.parse import parse
from features.llm.prompt import load_prompt
from features.llm.record import Record
from features.text.fingerprint import Fingerprint
from features.text.local import LocalReader, load_reader
from features.text.names import NameList
from features.text.normalise import normalise
from features.text.redact import redact
from features.text.schema import FLAGS
from tests.llm.attacks import bipia, own, payment_lines
from tests.llm.faults import FAULTS
from tests.llm.server import Answer, Request, Server, reading, said, serving

SHARED = Path(__file__).parents[3] / "shared/data/text"
OWN = ("Anna Muster", "cust-000123", "DE02120300000000202051")
WITH_NUMBERS = "pay 4111 1111 1111 1111 to DE89 3704 0044 0532 0130 00, call +44 20 7946 0958"
ASKED = 4_000
MODEL_S = 0.6
WAIT_S = 0.25


def lines() -> list[str]:
    """Payment lines as they come, with their repetitions."""
    path = SHARED / "oxford-expenditure/expenditure_sample.csv.gz"
    if not path.exists():
        return [f"{line} {n}" for n in range(200) for line in payment_lines()]
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [f"{row['category']} {row['supplier']}" for row in csv.DictReader(file)]


def listed() -> list[NameList]:
    """The sanctions list of 2024, for its size; none if it is not here."""
    path = SHARED / "ofac-sdn/sdn.csv"
    if not path.exists():
        return []
    rows = csv.reader(path.read_text(encoding="latin-1").splitlines())
    return [NameList("sdn", [(row[0], row[1]) for row in rows if len(row) > 1])]


def fresh(reader: LocalReader, texts: Sequence[str]) -> float:
    """CPU microseconds of reading texts that were not read before, the best of three rounds."""

    def read(text: str) -> None:
        reader._known.clear()
        reader.look(text, OWN)

    return cpu_us(read, texts)


def stages(texts: list[str]) -> list[Figure]:
    """Each step of a memo's way, alone."""
    distinct = sorted(set(texts))
    reader, name = load_reader(), Fingerprint(b"s" * 32).of
    answer = json.dumps({"items": {"k": reading(f=[{"f": "urgent", "t": "urgent"}])}})
    figures: list[Figure] = [
        ("normalise", cpu_us(normalise, distinct), "us"),
        ("redact, no identifier", cpu_us(lambda text: redact(text, OWN), distinct), "us"),
        ("redact, card + IBAN + phone", cpu_us(redact, [WITH_NUMBERS] * 2000), "us"),
        ("read, new text, no name list", fresh(reader, distinct), "us"),
        ("read, known text", cpu_us(lambda text: reader.look(text, OWN), distinct), "us"),
        (
            "values of a reading",
            cpu_us(lambda text: reader.read(text).values(), distinct),
            "us",
        ),
        ("fingerprint", cpu_us(name, distinct), "us"),
        ("parse an answer", cpu_us(lambda text: parse(answer, ["k"]), distinct), "us"),
    ]
    claim = parse(answer, ["k"])["k"]
    figures.append(
        ("ground an answer", cpu_us(lambda t: ground(claim, t, "‡"), distinct), "us")
    )
    for names in listed():
        with_list = load_reader([names])
        figures.append(("read, new text, 14,965 names", fresh(with_list, distinct), "us"))
    return figures


def false_positives(texts: list[str]) -> list[Figure]:
    """Share of real lines that raise a flag: the odd ones, which no list was fitted to."""
    reader = load_reader()
    rows = []
    for kind, chosen in (("lines", texts[1::2]), ("distinct lines", sorted(set(texts[1::2])))):
        raised = Counter(red.flag for text in chosen for red in reader.read(text).red_flags)
        worst = max([raised[flag] for flag in FLAGS])
        rows.append(
            (f"false positives of the worst flag, {kind}", 100 * worst / len(chosen), "%")
        )
    return rows


def injection() -> list[Figure]:
    """Share of attack texts that the local reader knows for what they are, by kind."""
    reader = load_reader()
    seen, known = Counter[str](), Counter[str]()
    for kind, text in (*own(), *bipia()):
        kind = kind.split(":")[0]
        seen[kind] += 1
        flags = {red.flag for red in reader.read(f"rent {text}").red_flags}
        known[kind] += bool(flags & {"instruction", "obfuscated"})
    return [(f"injection known locally: {k}", 100 * known[k] / seen[k], "%") for k in seen]


def billed(request: Request) -> Answer:
    """Answers as the prompt asks, with a bill of about a token for four characters."""
    answer = json.dumps({"items": dict.fromkeys(request.items, reading())})
    system, user = (len(message["content"]) // 4 for message in request.json["messages"])
    usage = {
        "prompt_tokens": system + user,
        "prompt_cache_hit_tokens": system,
        "completion_tokens": len(answer) // 4,
    }
    return said(answer, after=MODEL_S, usage=usage)


def make(server: Server, manner: Manner, records: list[Record] | None = None) -> Extractor:
    """An extractor of this server."""
    return Extractor(
        Chat(deepseek(endpoint=server.endpoint), Door(server.endpoint, "k"), wall),
        load_prompt(),
        Fingerprint(b"s" * 32),
        cache=Cache(),
        record=(records if records is not None else []).append,
        wall=wall,
        manner=manner,
    )


async def asking(hits: float) -> list[Figure]:
    """Ask about 4,000 memos of which a share is cached, a server answering after 600 ms."""
    reader = load_reader()
    async with serving(billed) as server:
        records: list[Record] = []
        extractor = make(server, Manner(waiting=10 * ASKED), records)
        memos = [reader.look(f"invoice {n} consulting") for n in range(ASKED)]
        await asyncio.gather(*[extractor.ask(memo) for memo in memos[: int(ASKED * hits)]])
        records.clear()
        before = len(server.requests)
        start, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*[extractor.ask(memo) for memo in memos])
        seconds, busy = time.perf_counter() - start, time.process_time() - cpu
        calls = len(server.requests) - before
        await extractor.close()
    cost_usd = sum(record.usage.cost for record in records) / ASKED / 1e6
    what = f"asking, {100 * hits:.0f} % cached"
    return [
        (what, ASKED / seconds, "texts/s"),
        (f"{what}: CPU a text, the server's included", busy / ASKED * 1e6, "us"),
        (f"{what}: calls", calls, "calls"),
        (f"{what}: cost of 1,000 texts", cost_usd, "USD"),
    ]


async def under(fault: Answer) -> tuple[float, int]:
    """400 payments at 1,000 a second that wait at most 250 ms for a server with this fault.

    Gives the p99 of what they waited beyond that in milliseconds, and what was left over.
    """
    reader = load_reader()
    loop = asyncio.get_running_loop()
    late: list[float] = []
    async with serving(fault) as server:
        extractor = make(server, Manner(deadline=1.0))

        async def pay(number: int) -> None:
            await asyncio.sleep(number / 1000)
            start = loop.time()
            await extractor.read(reader.look(f"invoice {number}"), WAIT_S)
            late.append(1000 * max(0.0, loop.time() - start - WAIT_S))

        await asyncio.gather(*[pay(number) for number in range(400)])
        for _ in range(100):
            if extractor.waiting + extractor.calls:
                await asyncio.sleep(0.1)
        left = extractor.waiting + extractor.calls
        await extractor.close()
    return sorted(late)[int(0.99 * len(late))], left


def faults() -> list[Figure]:
    """Each fault under load."""
    figures: list[Figure] = []
    for name, (fault, _) in FAULTS.items():
        late, left = asyncio.run(under(fault))
        figures.append((f"fault {name}: beyond the deadline, p99", late, "ms"))
        if left:
            figures.append((f"fault {name}: left over", left, "texts"))
    return figures


def main() -> None:
    """Measure and report."""
    texts = lines()
    figures = [*stages(texts), *false_positives(texts), *injection()]
    for hits in (0.0, 0.5, 0.95):
        figures += asyncio.run(asking(hits))
    figures += faults()
    report(
        "llm",
        figures,
        f"{len(texts)} payment lines, {len(set(texts))} distinct; costs at the list price of "
        "DeepSeek, a token for four characters, the system message from their cache.",
    )


if __name__ == "__main__":
    main()
