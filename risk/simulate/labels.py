"""What a bank learns of fraud: late, not of everything, and not always rightly."""

from dataclasses import dataclass, replace

from risk.simulate.cases.book import Entry
from risk.simulate.stream import Dice

_DAY = 86_400_000
_SOONEST = 60_000
_WITHDRAWN, _TWICE, _UNKNOWN = 0.01, 0.005, 0.001


@dataclass(frozen=True)
class Label:
    """One report; `paid_at`, `known_at` in milliseconds since 1970 UTC, one after the other."""

    transaction_id: str
    label: str
    kind: str
    source: str
    payer: int
    paid_at: int
    known_at: int


def report(seed: int, identity: str, paid_at: int, since: int, entry: Entry) -> list[Label]:
    """The labels that one payment of a case will get; `since`: what its delay counts from.

    Some reports are withdrawn later, some come twice, some name a payment nobody knows.
    """
    case = entry.case
    if case.delay is None or entry.step.kind == "preparation":
        return []
    dice = Dice(seed, 130, case.number, entry.number)
    known = max(since + int(case.delay * _DAY), paid_at + _SOONEST)
    kind = entry.step.kind or case.kind
    kind = "card_not_present" if kind == "first_party" else kind  # nobody can tell
    first = Label(identity, "fraud", kind, case.source, entry.step.payer, paid_at, known)
    labels = [first]
    if dice.chance(_WITHDRAWN):
        later = known + int(dice.lognormal(9, 0.6) * _DAY)
        labels.append(replace(first, label="genuine", known_at=later))
    if dice.chance(_TWICE):
        labels.append(replace(first, known_at=known + dice.below(_DAY)))
    if dice.chance(_UNKNOWN):
        labels.append(replace(first, transaction_id=f"{dice.word():016x}"))
    return labels
