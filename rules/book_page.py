"""book.yaml: the frame in which the rules stand."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias, cast, get_args

import msgspec

from rules.document import Fields, Leaf, Node
from rules.errors import Mistake
from rules.lists import ListMaker
from rules.model import (
    TIERS,
    Ask,
    AtDeadline,
    Engine,
    Listing,
    ListKind,
    Llm,
    Outcome,
    Thresholds,
    Tier,
)
from rules.page import Page
from rules.shelf import LISTS
from rules.velocity import Velocity
from rules.velocity_page import VelocityReader, describe
from rules.vocabulary import Vocabulary, Word

FRAME: Final = ("name", "version", "owner", "currency", "on_malformed")
ALSO: Final = (
    "description", "default", "tiers", "score", "lists", "attributes", "velocities", "rates",
    "engine", "llm",
)  # fmt: skip
ADVICE: Final = dict.fromkeys(
    ("rules", "tests", "fixtures"), "it stands in files like cards.rules.yaml"
)
NAME: Final = (r"[a-z][a-z0-9_]{0,39}", "trusted_payees")
DEADLINE: Final = (10, 2_000)
"""Milliseconds that a payment may wait: a worker must stop within five seconds."""

OUTCOMES: Final[Mapping[Tier, Outcome]] = {
    "block": "reject",
    "allow": "approve",
    "reject": "reject",
    "review": "review",
}


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What book.yaml says."""

    name: str
    version: str
    owner: str
    currency: str
    on_malformed: Outcome
    default: Outcome
    outcomes: Mapping[Tier, Outcome]
    thresholds: Thresholds
    llm: Llm
    engine: Engine
    attributes: Vocabulary
    velocities: Mapping[str, Velocity]
    declared: Vocabulary
    """The words of attributes and velocities."""

    listings: Mapping[str, Listing]
    list_lines: Mapping[str, int]
    rates: str | None
    """File of the exchange rates, beside book.yaml."""


OpenList: TypeAlias = Callable[[str, ListKind, str], tuple[Listing, Sequence[Mistake]] | None]
"""Name, kind and file of a list -> the list and its mistakes; None if there is no such file."""


class FrameReader:
    """Reads book.yaml; `open_list` reads the files of its lists.

    `words` is the vocabulary without what the book itself declares.
    """

    def __init__(self, page: Page, open_list: OpenList, words: Vocabulary) -> None:
        self._page = page
        self._open_list = open_list
        self._words = words

    def frame(self) -> Frame:
        """Read the frame; mistakes go to the page."""
        page = self._page
        found = page.fields(page.root, "book.yaml", FRAME, ALSO, ADVICE)
        attributes = self._attributes(found.get("attributes"))
        velocities = self._velocities(found.get("velocities"), attributes)
        return Frame(
            name=page.name(found["name"], "name", r"[a-z][a-z0-9-]{0,59}", "payments-default"),
            version=page.text(found["version"], "version", 40),
            owner=page.text(found["owner"], "owner"),
            currency=page.name(found["currency"], "currency", r"[A-Z]{3}", "EUR"),
            on_malformed=self._outcome(found["on_malformed"], "on_malformed"),
            default=self._outcome(found["default"], "default")
            if "default" in found
            else "approve",
            outcomes=self._outcomes(found.get("tiers")),
            thresholds=self._thresholds(found.get("score")),
            llm=self._llm(found.get("llm")),
            engine=self._engine(found["engine"]) if "engine" in found else "native",
            attributes=attributes,
            velocities=velocities,
            declared={**attributes, **self._described(velocities, attributes)},
            listings=self._listings(found.get("lists")),
            list_lines=self._lines(found.get("lists")),
            rates=self._rates(found["rates"]) if "rates" in found else None,
        )

    def _engine(self, node: Node) -> Engine:
        return cast("Engine", self._page.choice(node, "engine", get_args(Engine)))

    def _rates(self, node: Node) -> str:
        return self._page.name(node, "rates", r"[A-Za-z0-9_-]{1,60}\.csv", "rates.csv")

    def _velocities(self, node: Node | None, attributes: Vocabulary) -> Mapping[str, Velocity]:
        if node is None:
            return {}
        return VelocityReader(self._page, {**self._words, **attributes}).velocities(node)

    def _described(
        self, velocities: Mapping[str, Velocity], attributes: Vocabulary
    ) -> Vocabulary:
        words = {**self._words, **attributes}
        return {name: describe(velocity, words) for name, velocity in velocities.items()}

    def _outcome(self, node: Node, what: str) -> Outcome:
        return cast("Outcome", self._page.choice(node, what, get_args(Outcome)))

    def _outcomes(self, node: Node | None) -> Mapping[Tier, Outcome]:
        outcomes = dict(OUTCOMES)
        if node is None:
            return outcomes
        for tier, given in self._page.fields(node, "tiers", (), TIERS).items():
            outcomes[cast("Tier", tier)] = self._outcome(given, tier)
        for tier, outcome in outcomes.items():
            if (outcome == "approve") != (tier == "allow"):
                self._page.wrong(node, f"tier {tier} cannot mean {outcome}")
        return outcomes

    def _thresholds(self, node: Node | None) -> Thresholds:
        if node is None:
            return Thresholds()
        page = self._page
        found = page.fields(node, "score", (), ("review", "reject", "rules"))
        limits = {key: page.whole(given, key, 1, 100) for key, given in found.items()}
        if limits.get("review", 0) >= limits.get("reject", 101):
            page.wrong(node, "review must be below reject")
        return Thresholds(**limits)

    def _llm(self, node: Node | None) -> Llm:
        if node is None:
            return Llm()
        page = self._page
        found = page.fields(node, "llm", (), ("ask", "deadline_ms", "at_deadline"))
        plain = Llm()
        ask, wait = found.get("ask"), found.get("deadline_ms")
        last = found.get("at_deadline")
        return Llm(
            cast("Ask", page.choice(ask, "ask", get_args(Ask))) if ask else plain.ask,
            page.whole(wait, "deadline_ms", *DEADLINE) if wait else plain.deadline_ms,
            cast("AtDeadline", page.choice(last, "at_deadline", get_args(AtDeadline)))
            if last
            else plain.at_deadline,
        )

    def _attributes(self, node: Node | None) -> Vocabulary:
        if node is None:
            return {}
        words = {}
        for name, (mark, given) in self._page.entries(node, "attributes").items():
            self._page.key(mark, name, "attribute", *NAME)
            words[f"attributes.{name}"] = self._word(given)
        return words

    def _word(self, node: Node) -> Word:
        page = self._page
        also = ("unit", "low", "high", "from_text")
        found = page.fields(node, "an attribute", ("type", "meaning"), also)
        bounds = {key: page.number(found[key], key) for key in ("low", "high") if key in found}
        type_ = page.choice(found["type"], "type", ("number", "text", "flag"))
        if bounds and type_ != "number":
            page.wrong(node, "only a number has low and high")
        return Word(
            type=msgspec.convert(type_, Word.__annotations__["type"]),
            meaning=page.text(found["meaning"], "meaning"),
            unit=page.text(found["unit"], "unit", 40) if "unit" in found else None,
            from_text=page.flag(found["from_text"], "from_text")
            if "from_text" in found
            else False,
            from_payment=True,
            **bounds,
        )

    def _listings(self, node: Node | None) -> Mapping[str, Listing]:
        if node is None:
            return {}
        listings = {}
        for name, (mark, given) in self._page.entries(node, "lists").items():
            self._page.key(mark, name, "list", *NAME)
            listings[name] = self._listing(name, given)
        return listings

    def _lines(self, node: Node | None) -> Mapping[str, int]:
        fields = node.fields if isinstance(node, Fields) else {}
        return {name: field.mark.line for name, field in fields.items()}

    def _listing(self, name: str, node: Node) -> Listing:
        page = self._page
        found = page.fields(node, "a list", ("kind",), ("file", "values", "description"))
        kind = cast("ListKind", page.choice(found["kind"], "kind", get_args(ListKind)))
        if ("file" in found) == ("values" in found):
            page.wrong(node, "a list has either file or values")
            return Listing(name, kind, {}, {})
        if "file" in found:
            return self._list_file(name, kind, found["file"])
        maker = ListMaker(name, kind, page.file, page.quote)
        for item in page.items(found["values"], "values"):
            maker.add(item.mark.line, **self._row(item))
        page.mistakes += maker.mistakes
        return maker.listing()

    def _list_file(self, name: str, kind: ListKind, node: Node) -> Listing:
        page = self._page
        file = page.name(node, "file", r"[A-Za-z0-9_-]{1,60}\.(txt|csv)", "trusted_payees.csv")
        found = self._open_list(name, kind, f"{LISTS}/{file}")
        if found is None:
            page.wrong(node, f"there is no {LISTS}/{file[:60]} that can be read")
            return Listing(name, kind, {}, {})
        listing, mistakes = found
        page.mistakes += mistakes
        return listing

    def _row(self, node: Node) -> dict[str, str]:
        page = self._page
        if not isinstance(node, Fields):
            return {"value": page.text(node, "an entry", 200)}
        found = page.fields(node, "an entry", ("value",), ("expires", "reason", "added_by"))
        row = {key: page.text(given, key) for key, given in found.items() if key != "expires"}
        if "expires" in found:
            row["expires"] = (
                expires.text if isinstance(expires := found["expires"], Leaf) else "?"
            )
        return row
