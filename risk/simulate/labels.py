"""What a bank learns of fraud: late, not of everything, and not always rightly."""

from dataclasses import dataclass

from risk.simulate.cases.book import Entry
from risk.simulate.stream import Dice

_DAY = 86_400_000
_SOONEST = 60_000


@dataclass(frozen=True)
class Label:
    """One report. `known_at` is in milliseconds since 1970 UTC, after the payment."""

    transaction_id: str
    label: str
    kind: str
    source: str
    known_at: int


def report(seed: int, identity: str, time: int, since: int, entry: Entry) -> list[Label]:
    """The labels that one payment of a case will get.

    `time` is the payment's, `since` what the case's delay counts from. One in a hundred reports
    is withdrawn, one in two hundred comes twice, one in a thousand names a payment unknown here.
    """
    case = entry.case
    kind = entry.step.kind or case.kind
    if case.delay is None or kind == "preparation":
        return []
    dice = Dice(seed, 130, case.number, entry.number)
    known = max(since + int(case.delay * _DAY), time + _SOONEST)
    kind = "card_not_present" if kind == "first_party" else kind
    first = Label(identity, "fraud", kind, case.source, known)
    labels = [first]
    if dice.chance(0.01):
        later = known + int(dice.lognormal(9, 0.6) * _DAY)
        labels.append(Label(identity, "genuine", kind, case.source, later))
    if dice.chance(0.005):
        labels.append(Label(identity, "fraud", kind, case.source, known + dice.below(_DAY)))
    if dice.chance(0.001):
        labels.append(Label(f"{dice.word():016x}", "fraud", kind, case.source, known))
    return labels
