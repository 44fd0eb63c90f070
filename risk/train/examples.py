"""What a scorer learns from: payments, the values they had when they passed, and the truth."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from features.velocity import DAY
from risk.train.measure import Flags, Floats, Ints

NEVER: Final = 2**62
"""When it becomes known that nobody ever complained."""


class Examples(msgspec.Struct, frozen=True, eq=False):
    """Aligned columns, in the order of the log.

    `values` has a row a payment and a column a name, NaN where the value was unknown; `at` is
    event time and `known_at` that of the first verdict, in microseconds UTC; `payers` and
    `kinds` are numbered (`kind_names[0]` stands for genuine); `amounts` are major units of the
    book's currency.
    """

    names: tuple[str, ...]
    values: Floats
    at: Ints
    payers: Ints
    fraud: Flags
    known_at: Ints
    kinds: Ints
    amounts: Floats
    kind_names: tuple[str, ...] = ("",)

    def __len__(self) -> int:
        return len(self.at)

    def chosen(self, rows: Flags) -> "Examples":
        """The payments whose flag is set."""
        return msgspec.structs.replace(
            self,
            values=self.values[rows],
            at=self.at[rows],
            payers=self.payers[rows],
            fraud=self.fraud[rows],
            known_at=self.known_at[rows],
            kinds=self.kinds[rows],
            amounts=self.amounts[rows],
        )

    def between(self, begin: int, end: int) -> "Examples":
        """Payments with `begin <= at < end`."""
        return self.chosen((self.at >= begin) & (self.at < end))

    def known_by(self, time: int) -> Flags:
        """Frauds that were known before this time."""
        return self.fraud & (self.known_at < time)

    def only(self, names: Sequence[str]) -> "Examples":
        """The same payments with these values only, in this order."""
        columns = [self.names.index(name) for name in names]
        return msgspec.structs.replace(self, names=tuple(names), values=self.values[:, columns])


class Split(msgspec.Struct, frozen=True):
    """Training, delay and test, one after the other from `begin` (microseconds UTC).

    Nothing that is younger than the delay when the test begins is learned from: its labels are
    not known yet.
    """

    begin: int
    train_days: int = 7
    delay_days: int = 7
    test_days: int = 7

    @property
    def train_end(self) -> int:
        """Where training ends."""
        return self.begin + self.train_days * DAY

    @property
    def test_begin(self) -> int:
        """Where the test begins."""
        return self.train_end + self.delay_days * DAY

    @property
    def test_end(self) -> int:
        """Where the test ends."""
        return self.test_begin + self.test_days * DAY

    def training(self, examples: Examples) -> Examples:
        """What may be learned from: a fraud that nobody knows of yet counts as genuine."""
        found = examples.between(self.begin, self.train_end)
        return msgspec.structs.replace(found, fraud=found.known_by(self.test_begin))

    def test(self, examples: Examples) -> Examples:
        """What is tested on: on each day no payer of whom a fraud since `begin` was known."""
        parts = np.zeros(len(examples), dtype=bool)
        for day in range(self.test_days):
            first = self.test_begin + day * DAY
            seen = (examples.at >= self.begin) & examples.known_by(first)
            today = (examples.at >= first) & (examples.at < first + DAY)
            parts |= today & ~np.isin(examples.payers, examples.payers[seen])
        return examples.chosen(parts)

    def day_of(self, examples: Examples) -> Ints:
        """The number of the test day of each payment, from 0."""
        return (examples.at - self.test_begin) // DAY
