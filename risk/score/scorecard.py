"""scorecard.yaml -> a scorecard, with all of its mistakes at once.

    name: starter-card
    version: "1"
    base: 5                                   # points of every payment, 0 if left out
    values:
      amount:        {bands: [{below: 100, points: 0}, {below: 1000, points: 6}, {points: 15}]}
      device_is_new: {true: 12, unknown: 3}   # false and unknown are 0 if left out
      channel:       {points: {api: 4, phone: 6}, others: 0}

Who writes the memo must not be able to lower the score: a value from text has no negative
points.
"""

from collections.abc import Mapping
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Final

from risk.score.card import Bands, Choices, Line, Scorecard, Switch
from rules.document import Node
from rules.errors import BookError, Mistake, did_you_mean
from rules.page import ABSENT, Page
from rules.vocabulary import Vocabulary, Word
from rules.wording import fold

LIMIT: Final = 100
"""Points of one line lie within -LIMIT and LIMIT."""


def load_scorecard(path: Path, words: Vocabulary) -> Scorecard:
    """Read a scorecard; raises `rules.errors.BookError` with every mistake."""
    try:
        raw = path.read_bytes()
    except OSError:
        cause = "the scorecard is needed and cannot be read"
        raise BookError([Mistake(path.name, 1, 1, cause)]) from None
    mistakes: list[Mistake] = []
    page = Page(path.name, raw, mistakes)
    found = page.fields(page.root, "a scorecard", ("name", "version", "values"), ("base",))
    card = Scorecard(
        name=page.name(found["name"], "name", r"[a-z][a-z0-9-]{0,59}", "starter-card"),
        version=page.text(found["version"], "version", 40),
        hash=blake2b(raw, digest_size=16).hexdigest(),
        base=page.whole(found["base"], "base", 0, LIMIT) if "base" in found else 0,
        lines=tuple(_lines(page, found["values"], words)),
    )
    if mistakes:
        raise BookError(mistakes)
    return card


def _lines(page: Page, node: Node, words: Vocabulary) -> list[Line]:
    lines = []
    for name, (mark, given) in page.entries(node, "values").items():
        word = words.get(name)
        if word is None:
            page.wrong(mark, f"unknown value {name[:60]!r}", did_you_mean(name, words))
        else:
            lines.append(_LineReader(page, name, word).line(given))
    return lines


class _LineReader:
    def __init__(self, page: Page, name: str, word: Word) -> None:
        self._page = page
        self._name = name
        self._word = word

    def line(self, node: Node) -> Line:
        if self._word.type == "number":
            return self._bands(node)
        return self._switch(node) if self._word.type == "flag" else self._choices(node)

    def _points(self, found: Mapping[str, Node], key: str) -> int:
        if key not in found:
            return 0
        low = 0 if self._word.from_text else -LIMIT
        return self._page.whole(found[key], f"{key} of {self._name}", low, LIMIT)

    def _switch(self, node: Node) -> Switch:
        found = self._page.fields(
            node, f"the flag {self._name}", ("true",), ("false", "unknown")
        )
        points = (self._points(found, key) for key in ("true", "false", "unknown"))
        return Switch(self._name, *points)

    def _choices(self, node: Node) -> Choices:
        page = self._page
        also = ("others", "unknown")
        found = page.fields(node, f"the text {self._name}", ("points",), also)
        entries = page.entries(found["points"], "points")
        points = {}
        for text, (mark, given) in entries.items():
            if fold(text) in points:
                page.wrong(mark, f"{text[:60]!r} stands here twice")
            points[fold(text)] = self._points({text: given}, text)
        return Choices(self._name, points, *(self._points(found, key) for key in also))

    def _bands(self, node: Node) -> Bands:
        page = self._page
        found = page.fields(node, f"the number {self._name}", ("bands",), ("unknown",))
        nodes = page.items(found["bands"], "bands") or (ABSENT,)
        if nodes == (ABSENT,):
            page.wrong(found["bands"], "bands needs at least one band")
        bands = [page.fields(band, "a band", ("points",), ("below",)) for band in nodes]
        points = tuple(self._points(band, "points") for band in bands)
        bounds = [page.number(b["below"], "below") for b in bands[:-1] if "below" in b]
        if len(bounds) != len(bands) - 1 or "below" in bands[-1]:
            page.wrong(found["bands"], "every band but the last has below; the last has none")
        elif not all(low < high for low, high in pairwise(bounds)):
            page.wrong(found["bands"], "the bounds of the bands must ascend")
        return Bands(self._name, tuple(bounds), points, self._points(found, "unknown"))
