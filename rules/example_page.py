"""Inline tests and the fixtures they start from.

In a rule, about that rule:
    tests: [{name: at the limit, use: normal, given: {payer_count_10m: 6}, expect: hit}]
Beside the rules, about the whole book:
    tests: [{name: a gift card, use: normal, given: {text.gift_card: true},
             expect: {outcome: review, rules: [GIFT-CARD]}}]
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

from rules.calendar import micros
from rules.document import Leaf, Node
from rules.errors import did_you_mean
from rules.model import ALWAYS, TIERS, Dossier, Example, Outcome, Place, Truth, Window
from rules.page import ABSENT, Page
from rules.vocabulary import Scalar, Vocabulary

Values = dict[str, Scalar | None]

NOON: Final = micros("2026-01-01T12:00:00Z")
"""Event time of a test that names none (a Thursday)."""

TRUTHS: Final[Mapping[str, Truth]] = {"hit": True, "miss": False, "unknown": None}


class ExampleReader:
    """Reads fixtures and tests against the words and rules of the book."""

    def __init__(
        self, words: Vocabulary, rules: Mapping[str, Dossier], fixtures: Mapping[str, Values]
    ) -> None:
        self._words = words
        self._rules = rules
        self._fixtures = fixtures

    def in_rule(self, page: Page, node: Node) -> Iterator[Example]:
        """Read the tests that stand in a rule."""
        fields = page.entries(node, "a rule")
        _, name = fields.get("id", (None, ABSENT))
        rule = self._rules.get(name.text if isinstance(name, Leaf) else "")
        if "tests" in fields and rule is not None:
            for test in page.items(fields["tests"][1], "tests"):
                yield self._of_rule(page, test, rule)

    def _of_rule(self, page: Page, node: Node, rule: Dossier) -> Example:
        found = page.fields(node, "a test", ("given", "expect"), ("name", "use", "at"))
        truth = page.choice(found["expect"], "expect", TRUTHS)
        name = page.text(found["name"], "name") if "name" in found else truth
        return Example(
            name=name,
            place=Place(page.file, node.mark.line),
            given=self._given(page, found),
            at=self._at(page, found, rule.window),
            rule=rule.id,
            truth=TRUTHS[truth],
        )

    def of_book(self, page: Page, node: Node) -> Example:
        """Read a test of the whole book."""
        found = page.fields(node, "a test", ("name", "expect"), ("given", "use", "at"))
        return Example(
            name=page.text(found["name"], "name"),
            place=Place(page.file, node.mark.line),
            given=self._given(page, found),
            at=self._at(page, found, Window()),
            **self._expected(page, found["expect"]),
        )

    def _expected(self, page: Page, node: Node) -> dict[str, Any]:
        listed = ("rules", "shadow", "unknown", "reasons")
        found = page.fields(node, "expect", (), ("outcome", "tier", "score", *listed))
        expected: dict[str, Any] = {}
        if "outcome" in found:
            expected["outcome"] = page.choice(found["outcome"], "outcome", get_args(Outcome))
        if "tier" in found:
            expected["tier"] = page.choice(found["tier"], "tier", TIERS)
        if "score" in found:
            expected["score"] = page.whole(found["score"], "score", 0, 100)
        for key in listed:
            if key in found:
                items = page.items(found[key], key)
                expected[key] = tuple(sorted(self._id(page, item, key) for item in items))
        if not expected:
            page.wrong(node, "a test must expect something", "like {outcome: review}")
        return expected

    def _id(self, page: Page, node: Node, key: str) -> str:
        name = page.text(node, f"an entry of {key}")
        if key != "reasons" and name and name not in self._rules:
            page.wrong(node, f"unknown rule {name[:60]!r}", did_you_mean(name, self._rules))
        return name

    def _given(self, page: Page, found: Mapping[str, Node]) -> dict[str, Scalar]:
        values: Values = {}
        if "use" in found:
            fixture = page.text(found["use"], "use")
            if fixture not in self._fixtures:
                hint = did_you_mean(fixture, self._fixtures)
                page.wrong(found["use"], f"unknown fixture {fixture[:60]!r}", hint)
            values |= self._fixtures.get(fixture, {})
        if "given" in found:
            values |= read_values(page, found["given"], self._words)
        return {name: value for name, value in values.items() if value is not None}

    def _at(self, page: Page, found: Mapping[str, Node], window: Window) -> int:
        if "at" in found:
            return page.moment(found["at"], "at")
        if window.holds(NOON):
            return NOON
        return window.start if window.start != ALWAYS else window.end - 1


def read_values(page: Page, node: Node, words: Vocabulary) -> Values:
    """Values by name, each of its word's type; a misspelt name would silently test nothing."""
    values: Values = {}
    for name, (mark, value) in page.entries(node, "given").items():
        word = words.get(name)
        if word is None:
            page.wrong(mark, f"unknown value {name[:60]!r}", did_you_mean(name, words))
        else:
            values[name] = page.value(value, name, word)
    return values
