"""Payments on their way: wishes with what is decided of them, then complete columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from risk.simulate.stream import Ints, Words

DAY_MILLIS = 86_400_000
NOT_GIVEN = -1
GIVEN = (
    "moment", "cents", "payee", "device", "country", "channel", "status", "family", "memo",
    "case",
)  # fmt: skip
"""What may be decided of a payment before it is drawn: milliseconds of the day, cents before
rounding, the payee's reference, the device's word (0: none) and country, channel, status, the
family of the memo's pattern (0: blank), the key its words come from, the number of its case."""


@dataclass(frozen=True)
class Rows:
    """Payments to be completed. `given` columns hold `NOT_GIVEN` where nothing is decided."""

    payer: Ints
    use: Ints
    sequence: Ints
    given: dict[str, Ints] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.payer)

    def or_given(self, name: str, drawn: Ints) -> Ints:
        """What was given, and where nothing was, what was drawn."""
        given = self.given.get(name)
        return drawn if given is None else np.where(given == NOT_GIVEN, drawn, given)


def join(parts: Sequence[Rows]) -> Rows:
    """All rows, in order."""
    names = [name for name in GIVEN if any(name in part.given for part in parts)]
    empty = {len(part): np.full(len(part), NOT_GIVEN) for part in parts}
    return Rows(
        np.concatenate([part.payer for part in parts]),
        np.concatenate([part.use for part in parts]),
        np.concatenate([part.sequence for part in parts]),
        {
            name: np.concatenate([part.given.get(name, empty[len(part)]) for part in parts])
            for name in names
        },
    )


@dataclass(frozen=True)
class Payments:
    """Complete payments as columns, ready to be written down."""

    key: Words
    moment: Ints  # milliseconds since the day began
    payer: Ints
    sequence: Ints
    use: Ints
    channel: Ints
    status: Ints
    cents: Ints
    payee: Ints
    device: Ints  # 0: none
    country: Ints  # of the device
    family: Ints  # of the memo; 0: blank
    memo: Ints  # what the memo's words come from
    turn: Words  # and what of them changes from one payment to the next
    rail: Ints
    case: Ints  # NOT_GIVEN: of no case

    def __len__(self) -> int:
        return len(self.key)

    def take(self, places: Ints) -> "Payments":
        """Those rows, in that order."""
        return Payments(*(getattr(self, name)[places] for name in COLUMNS))

    def in_order(self) -> "Payments":
        """Sorted by (time, payer, number within the payer's day): a total order."""
        return self.take(np.lexsort((self.sequence, self.payer, self.moment)))


COLUMNS = tuple(column.name for column in fields(Payments))


def merge(parts: Sequence[Payments]) -> Payments:
    """All payments, in the order of the parts."""
    columns = ([getattr(part, name) for part in parts] for name in COLUMNS)
    return Payments(*(np.concatenate(column) for column in columns))
