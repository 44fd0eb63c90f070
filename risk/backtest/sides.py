"""The two sides of a comparison, over records that are read as far as they can be."""

from collections.abc import Iterator, Sequence

from risk.again import lacking
from risk.backtest.compare import Contender, unequal
from risk.backtest.frame import load
from risk.decide import Bench
from risk.files import BadFile
from risk.replay.reconsider import Records


class Readable:
    """Records up to the first that cannot be read; `fault` then says what is wrong there."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.fault: str | None = None

    def __call__(self) -> Iterator[list[bytes]]:
        """Yield the batches."""
        try:
            yield from self._records()
        except BadFile as error:
            self.fault = str(error)


def contenders(
    benches: Sequence[Bench], records: Sequence[Records]
) -> tuple[Contender, Contender]:
    """Load the values that both benches read; raises `BadFile` if the sides cannot be compared.

    `records` are those of either side, or of both.
    """
    words = {**benches[0].book.words, **benches[1].book.words}
    names = {*benches[0].names, *benches[1].names}
    first = load(records[0](), words, names)
    second = first if len(records) == 1 else load(records[1](), words, names)
    if not first.frame.height:
        raise BadFile(
            "no payment that was judged lies in the data and span that were asked for"
        )
    if unequal(first, second):
        raise BadFile("the two books do not read the same messages as payments")
    return (
        Contender(benches[0], first, records[0]),
        Contender(benches[1], second, records[-1]),
    )


def check_recorded(side: Contender) -> None:
    """Raise `BadFile` if a book reads what recorded decisions neither hold nor call unknown."""
    absent = lacking(side.bench, side.loaded.told | side.loaded.sources.keys())
    if absent:
        book = side.bench.book_version
        raise BadFile(
            f"book {book.name} {book.version} reads {', '.join(absent)}, which the recorded"
            " decisions do not hold; backtest on the payments themselves"
        )
