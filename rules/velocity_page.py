"""The velocities of book.yaml, read and checked."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

import msgspec

from rules.document import Items, Leaf, Node
from rules.errors import did_you_mean
from rules.page import ABSENT, Page
from rules.velocity import (
    COMPARING,
    LABELLED,
    LONGEST,
    MAY_BE_LABELLED,
    MINUTE,
    NUMERIC,
    OF_ANY,
    ONLY_PAST,
    OWN_UNIT,
    RUNS,
    SHORTEST,
    TIMED,
    Entity,
    Function,
    Unit,
    Velocity,
    said,
)
from rules.velocity_where import MAX_DEPTH, circles, depth, read_where
from rules.vocabulary import Vocabulary, Word
from rules.written import written

NAME: Final = (r"[a-z][a-z0-9_]{0,39}", "sent_app_24h")
MAX_VELOCITIES: Final = 200
MOST_NEWEST: Final = 512
REQUIRED: Final = ("fn", "by", "window")
OPTIONAL: Final = (
    "of", "where", "include_current", "delay", "label", "q", "to", "plus", "at_least", "newest",
    "unit", "meaning",
)  # fmt: skip
UNITS: Final = {
    "count": "payments",
    "label_count": "payments",
    "run_length": "payments",
    "distinct": "values",
    "label_rate": "share",
}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})(m|h|d)")
_SIZES: Final = {"m": MINUTE, "h": 60 * MINUTE, "d": 1440 * MINUTE}


class VelocityReader:
    """Reads velocities against the words of the book; mistakes go to the page.

    What is looked at (`of`) is a field of a payment; a condition may ask for more.
    """

    def __init__(self, page: Page, words: Vocabulary) -> None:
        self._page = page
        self._words = words
        self._payment = {name: word for name, word in words.items() if word.from_payment}

    def velocities(self, node: Node) -> dict[str, Velocity]:
        """Read them all, by name."""
        page = self._page
        found: dict[str, Velocity] = {}
        wheres: dict[str, Node] = {}
        entries = page.entries(node, "velocities")
        if len(entries) > MAX_VELOCITIES:
            page.wrong(node, f"{len(entries)} velocities; a book has at most {MAX_VELOCITIES}")
        for name, (mark, given) in entries.items():
            page.key(mark, name, "velocity", *NAME)
            if name in self._words:
                page.wrong(
                    mark, f"there is a value {name[:40]!r} already", "choose another name"
                )
            fields = page.fields(given, "a velocity", REQUIRED, OPTIONAL)
            wheres |= {name: fields["where"]} if "where" in fields else {}
            found[name] = self._velocity(name, mark.line, fields)
            self._check(found[name], fields, given)
        return self._with_conditions(found, wheres)

    def _with_conditions(
        self, found: dict[str, Velocity], wheres: Mapping[str, Node]
    ) -> dict[str, Velocity]:
        """Read the conditions, once it is known what each velocity is."""
        declared = {name: describe(velocity, self._words) for name, velocity in found.items()}
        words = {**declared, **self._words}
        for name, node in wheres.items():
            where = read_where(self._page, node, words)
            replaced = {"where": where, "where_text": written(where)}
            found[name] = msgspec.structs.replace(found[name], **replaced)
        for name in wheres:
            if depth(name, found, {}) > MAX_DEPTH:
                cause = f"more than {MAX_DEPTH} velocities stand behind {name[:40]} in a chain"
                self._page.wrong(wheres[name], cause)
        for ring in circles(found):
            told = " -> ".join([*ring, ring[0]])
            cause = f"a velocity cannot wait for itself: {told}"
            self._page.wrong(wheres[ring[0]], cause, "include_current: false looks back only")
        return found

    def _velocity(self, name: str, line: int, found: Mapping[str, Node]) -> Velocity:
        page = self._page
        fields: dict[str, Any] = {
            "fn": page.choice(found["fn"], "fn", get_args(Function)),
            "by": self._by(found["by"]),
            "window": self._duration(found["window"], "window"),
            "of": self._of(found["of"]) if "of" in found else (),
            **self._options(found),
        }
        return Velocity(name=name, line=line, **fields)

    def _options(self, found: Mapping[str, Node]) -> dict[str, Any]:
        page = self._page
        takers: Mapping[str, Callable[[Node, str], Any]] = {
            "include_current": page.flag,
            "delay": self._duration,
            "label": lambda n, what: page.choice(n, what, ("fraud", "genuine")),
            "q": lambda n, what: float(page.number(n, what, 0, 1)),
            "to": lambda n, what: page.choice(n, what, ("mean", "median")),
            "plus": lambda n, what: float(page.number(n, what, 0)),
            "at_least": lambda n, what: page.whole(n, what, 1, 10_000),
            "newest": lambda n, what: page.whole(n, what, 1, MOST_NEWEST),
            "unit": lambda n, what: page.choice(n, what, get_args(Unit)),
            "meaning": page.text,
        }
        return {key: take(found[key], key) for key, take in takers.items() if key in found}

    def _by(self, node: Node) -> tuple[str, ...]:
        page = self._page
        if isinstance(node, Items) and not 1 <= len(node.items) <= 2:
            page.wrong(
                node, "by is one entity or a pair of two", "like payer or [payer, payee]"
            )
            return ("payer",)
        nodes = node.items if isinstance(node, Items) else (node,)
        entities = tuple([page.choice(item, "by", get_args(Entity)) for item in nodes])
        if len(set(entities)) < len(entities):
            page.wrong(node, "a pair is of two different entities")
        return entities

    def _of(self, node: Node) -> tuple[str, ...]:
        nodes = node.items if isinstance(node, Items) else (node,)
        return tuple([self._name(item) for item in nodes])

    def _name(self, node: Node) -> str:
        name = self._page.text(node, "of", 60)
        if name and name not in self._payment:
            known = name in self._words
            cause = f"{name!r} is no field of a payment" if known else f"unknown value {name!r}"
            self._page.wrong(node, cause, did_you_mean(name, self._payment))
        return name

    def _duration(self, node: Node, what: str) -> int:
        text = node.text if isinstance(node, Leaf) else ""
        found = _DURATION.fullmatch(text)
        width = int(found[1]) * _SIZES[found[2]] if found else 0
        if not SHORTEST <= width <= LONGEST:
            self._page.wrong(node, f"{what} is 1m to 180d", "like 10m, 24h or 7d")
            return SHORTEST
        return width

    def _check(self, velocity: Velocity, found: Mapping[str, Node], node: Node) -> None:
        for cause, key in (
            *_of_causes(velocity, self._payment),
            *_option_causes(velocity, found),
        ):
            place = found.get(key, ABSENT)
            self._page.wrong(node if place is ABSENT else place, cause)


def _of_causes(velocity: Velocity, payment: Vocabulary) -> list[tuple[str, str]]:
    fn, of = velocity.fn, velocity.of
    if fn in NUMERIC and len(of) != 1:
        return [(f"{fn} needs of: one number", "of")]
    if fn in OF_ANY and not of:
        return [(f"{fn} needs of: the value that is looked at", "of")]
    if of and fn not in NUMERIC | OF_ANY:
        return [(f"{fn} looks at no value: leave of out", "of")]
    if fn in NUMERIC and of[0] in payment and payment[of[0]].type != "number":
        return [(f"{fn} needs a number; {of[0]} is {payment[of[0]].type}", "of")]
    return []


def _option_causes(v: Velocity, found: Mapping[str, Node]) -> list[tuple[str, str]]:
    causes = []
    for key, fits, need in (
        ("q", v.fn == "percentile", "percentile"),
        ("to", v.fn == "ratio_to", "ratio_to"),
        ("plus", v.fn in COMPARING, "ratio_to, z_mean and z_median"),
        ("unit", v.fn in TIMED, "since_first, since_last and run_age"),
        ("delay", v.fn in MAY_BE_LABELLED, "velocities over labels"),
        ("label", v.delay is not None, "velocities with delay"),
        ("newest", _is_windowed(v), "functions of the payments in a window"),
        ("include_current", v.fn not in ONLY_PAST, "functions that can look at the payment"),
    ):
        if key in found and not fits:
            causes.append((f"{key} belongs to {need} only", key))
    if v.fn in LABELLED and v.delay is None:
        causes.append((f"{v.fn} needs delay: how old the payments must be", "fn"))
    if v.fn in RUNS and v.delay is None and "where" not in found:
        causes.append((f"{v.fn} needs where, or labels by delay", "fn"))
    if v.fn == "percentile" and not 0 < v.q < 1:
        causes.append(("q must lie between 0 and 1", "q"))
    if v.delay is not None and v.include_current:
        causes.append(("a labelled velocity never sees the payment at hand", "include_current"))
    return causes


def _is_windowed(v: Velocity) -> bool:
    return v.delay is None and v.fn not in ONLY_PAST | {"first", "since_first"}


def describe(velocity: Velocity, payment: Vocabulary) -> Word:
    """Make the word that the velocity adds to the vocabulary."""
    fn = velocity.fn
    own = payment.get(velocity.of[0]) if velocity.of else None
    unit = velocity.unit if fn in TIMED else UNITS.get(fn)
    points = fn in ("first", "last") and own is not None
    if own is not None and (points or fn in OWN_UNIT):
        unit = own.unit
    return Word(
        type="flag" if fn == "is_new" else own.type if points and own else "number",
        meaning=velocity.meaning or said(velocity),
        unit=unit,
        low=_low(velocity, own),
        high=1 if fn == "label_rate" else None,
    )


def _low(velocity: Velocity, own: Word | None) -> float | None:
    fn = velocity.fn
    if fn in UNITS or fn in TIMED or fn == "stddev":
        return 0
    return own.low if own is not None and fn in OWN_UNIT else None
