"""What a scorer learns from: payments, the values they had when they passed, and the truth."""

from collections.abc import Sequence

import msgspec
import numpy as np

from features.velocity import DAY
from risk.train.measure import Flags, Floats, Ints


class Examples(msgspec.Struct, frozen=True, eq=False):
    """Aligned columns, in the order of the log.

    `values` has a row a payment and a column a name, NaN where the value was unknown; `at` is
    event time in microseconds UTC; `payers` and `kinds` are numbered (`kind_names[0]` stands
    for genuine); `amounts` are major units of the book's currency, 0 where unknown.
    """

    names: tuple[str, ...]
    values: Floats
    at: Ints
    payers: Ints
    fraud: Flags
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
            kinds=self.kinds[rows],
            amounts=self.amounts[rows],
        )

    def between(self, begin: int, end: int) -> "Examples":
        """Payments with `begin <= at < end`."""
        return self.chosen((self.at >= begin) & (self.at < end))

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
        """What may be learned from."""
        return examples.between(self.begin, self.train_end)

    def test(self, examples: Examples) -> Examples:
        """What is tested on: no payment of a payer whose fraud was known before that day.

        On each test day a payer is left out who had a fraud from the begin of training to the
        end of the day `delay + 1` before. With training longer than the test's distance allows
        nothing changes: what counts is what is known.
        """
        parts = np.zeros(len(examples), dtype=bool)
        for day in range(self.test_days):
            first = self.test_begin + day * DAY
            known = first - self.delay_days * DAY
            seen = (examples.at >= self.begin) & (examples.at < known) & examples.fraud
            today = (examples.at >= first) & (examples.at < first + DAY)
            parts |= today & ~np.isin(examples.payers, examples.payers[seen])
        return examples.chosen(parts)

    def day_of(self, examples: Examples) -> Ints:
        """The number of the test day of each payment, from 0."""
        return (examples.at - self.test_begin) // DAY
