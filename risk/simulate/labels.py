"""What a bank learns of fraud: late, not of everything, and not always rightly."""

from dataclasses import dataclass

from risk.simulate.cases.book import Entry
from risk.simulate.stream import Dice

_DAY = 86_400_000


@dataclass(frozen=True)
class Label:
    """One report. `known_at` is in milliseconds since 1970 UTC, after the payment."""

    transaction_id: str
    label: str
    kind: str
    source: str
    known_at: int


def report(seed: int, identity: str, time: int, entry: Entry) -> list[Label]:
    """The labels that one payment of a case will get."""
    if entry.case.delay is None:
        return []
    dice = Dice(seed, 130, entry.case.number, entry.number)
    known = time + max(60_000, int(entry.case.delay * _DAY * (0.9 + 0.2 * dice.unit())))
    return [Label(identity, "fraud", entry.case.kind, entry.case.source, known)]
