"""What a backtest found, as data: the one thing that text, Markdown, HTML and JSON show.

Money is in minor units of the book's currency; shares are 0 to 1; `None` where there is nothing
to divide by, or no labels to judge by.
"""

from collections.abc import Mapping

import msgspec

from risk.decision import Version


class Figure(msgspec.Struct, frozen=True):
    """A measure with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


class Group(msgspec.Struct, frozen=True):
    """Payments that share something: how many, their money, the frauds among them."""

    payments: int
    minor: int
    frauds: int | None = None
    fraud_minor: int | None = None


class Quality(msgspec.Struct, frozen=True):
    """How well stopping fits the labels; stopped is whatever is not approved.

    `value_recall` is recall by money, `false_ratio` good payments stopped for each fraud.
    """

    precision: Figure | None
    recall: Figure | None
    f1: Figure | None
    value_recall: Figure | None
    false_ratio: Figure | None


class Side(msgspec.Struct, frozen=True):
    """One of the two: what judged, and what became of the payments."""

    book: Version
    scorer: Version
    outcomes: Mapping[str, Group]
    good_minor_held: int | None
    quality: Quality | None


class Sample(msgspec.Struct, frozen=True):
    """One flipped payment with the reasons on both sides."""

    id: str
    transaction_id: str
    payer: str
    time: str
    amount: str
    fraud: bool | None
    before: tuple[str, ...]
    after: tuple[str, ...]


class Flips(msgspec.Struct, frozen=True):
    """Payments that change from one outcome to another, for one cause."""

    before: str
    after: str
    cause: str
    group: Group
    samples: tuple[Sample, ...]


class RuleLine(msgspec.Struct, frozen=True):
    """What a rule did in one book.

    `alone` are payments that only this rule stops; without it they would pass.
    """

    rule: str
    side: str
    mode: str
    fired: Group
    alone: Group
    precision: Figure | None
    recall: Figure | None
    false_ratio: Figure | None


class Overlap(msgspec.Struct, frozen=True):
    """Two rules of the second book that fire together; `share` is of the rarer one."""

    first: str
    second: str
    payments: int
    share: float


class Segment(msgspec.Struct, frozen=True):
    """One slice of the payments: the blast radius."""

    by: str
    value: str
    payments: int
    stopped_before: int
    stopped_after: int
    flips: int


class Setting(msgspec.Struct, frozen=True):
    """One point of a sweep. `per_day` is what people must look at: reviews a day."""

    params: Mapping[str, float]
    stopped: int
    reviews: int
    per_day: float
    precision: float | None
    recall: float | None
    value_recall: float | None
    is_current: bool


class Sweep(msgspec.Struct, frozen=True):
    """Every setting that was tried; `knee` and `best` are places in `settings`.

    `best` is the one that catches most within the review capacity, the fewest reviews of those.
    """

    names: tuple[str, ...]
    settings: tuple[Setting, ...]
    knee: int | None
    best: int | None
    capacity: float | None


class Report(msgspec.Struct, frozen=True):
    """A backtest. `skipped` says why rows are not compared.

    `is_partial` says why the data could not be read to its end; `doubts` are what else must not
    be overlooked.
    """

    rows: int
    days: float
    since: str
    until: str
    currency: str
    exponent: int
    labels: int | None
    skipped: Mapping[str, int]
    is_partial: str | None
    before: Side
    after: Side
    matrix: Mapping[str, Mapping[str, Group]]
    flips: tuple[Flips, ...]
    rules: tuple[RuleLine, ...]
    overlaps: tuple[Overlap, ...]
    segments: tuple[Segment, ...]
    sweep: Sweep | None = None
    title: str = "Backtest"
    note: str | None = None
    doubts: tuple[str, ...] = ()

    @property
    def flipped(self) -> int:
        """How many payments change their outcome."""
        return sum(flips.group.payments for flips in self.flips)
