"""One rule of a *.rules.yaml file, read and checked."""

from collections.abc import Mapping
from itertools import chain
from typing import Final, cast, get_args

from rules.condition import (
    And,
    ContainsAny,
    Named,
    Node,
    Not,
    admitting_lists,
    names,
    parameters,
    walk,
)
from rules.condition_page import Scope, read_condition
from rules.document import Fields
from rules.document import Node as YamlNode
from rules.model import (
    TIERS,
    Listing,
    Mode,
    Param,
    Place,
    Rollout,
    Rule,
    Sequence,
    Severity,
    Tier,
    Window,
    flag_of,
)
from rules.page import Page
from rules.sequence_page import earlier_words, read_sequence, told_template
from rules.template import Slot, Template, read_template
from rules.vocabulary import Scalar, Vocabulary

MAX_SEARCHED: Final = 1000
"""Entries of a list that `contains_any` may look for one by one."""

REQUIRED: Final = ("id", "title", "owner", "severity", "tier")
OPTIONAL: Final = (
    "mode",
    "unless",
    "params",
    "effective",
    "on_missing",
    "rollout",
    "runbook",
    "labels",
    "tests",
)
ID: Final = (r"(?=.{1,60}$)[A-Z][A-Z0-9]*(-[A-Z0-9]+)*", "CARD-TESTING-10M")
"""At most 60 characters: it is the key of the rollout's hash, which takes 64 bytes."""

CODE: Final = (r"(?=.{1,40}$)[A-Z][A-Z0-9]*(-[A-Z0-9]+)*", "R101")
PARAM: Final = r"[a-z][a-z0-9_]{0,39}"


class RuleReader:
    """Reads rules against the words and lists of the book."""

    def __init__(self, words: Vocabulary, listings: Mapping[str, Listing]) -> None:
        self._words = words
        self._listings = listings

    def rule(self, page: Page, node: YamlNode) -> Rule:
        """Read the rule of a node; mistakes go to the page."""
        return _RuleReading(page, self._words, self._listings).rule(node)


class _RuleReading:
    def __init__(self, page: Page, words: Vocabulary, listings: Mapping[str, Listing]) -> None:
        self._page = page
        self._words = words
        self._listings = listings

    def rule(self, node: YamlNode) -> Rule:
        page = self._page
        is_sequence = isinstance(node, Fields) and "sequence" in node.fields
        asks = "sequence" if is_sequence else "when"
        found = page.fields(node, "a rule", (*REQUIRED, asks, "reason"), OPTIONAL)
        params = self._params(found)
        constants = {name: param.value for name, param in params.items()}
        name = page.name(found["id"], "id", *ID)
        sequence = self._sequence(found[asks], constants) if is_sequence else None
        condition = self._conditions(name, found, constants, sequence)
        code, text = self._reason(found["reason"], name, constants, sequence)
        shown = frozenset(piece.name for piece in text if isinstance(piece, Slot))
        rule = Rule(
            id=name,
            title=page.text(found["title"], "title"),
            owner=page.text(found["owner"], "owner"),
            severity=cast(
                "Severity", page.choice(found["severity"], "severity", get_args(Severity))
            ),
            tier=cast("Tier", page.choice(found["tier"], "tier", TIERS)),
            mode=self._mode(found),
            condition=condition,
            sequence=sequence,
            code=code,
            text=text,
            params=params,
            window=self._window(found),
            rollout=self._rollout(found),
            on_missing=self._on_missing(found),
            runbook=page.text(found["runbook"], "runbook") if "runbook" in found else "",
            labels=self._labels(found),
            reads=names(condition),
            shows=shown,
            place=Place(page.file, node.mark.line),
        )
        self._check_lists(rule, found[asks])
        if rule.tier == "allow":
            self._check_allow(rule, found[asks])
        return rule

    def _mode(self, found: Mapping[str, YamlNode]) -> Mode:
        if "mode" not in found:
            return "live"
        return cast("Mode", self._page.choice(found["mode"], "mode", get_args(Mode)))

    def _on_missing(self, found: Mapping[str, YamlNode]) -> Tier | None:
        if "on_missing" not in found:
            return None
        options = ("block", "reject", "review")  # what is not known permits nothing
        return cast("Tier", self._page.choice(found["on_missing"], "on_missing", options))

    def _labels(self, found: Mapping[str, YamlNode]) -> tuple[str, ...]:
        if "labels" not in found:
            return ()
        items = self._page.items(found["labels"], "labels")
        return tuple(self._page.text(item, "a label", 40) for item in items)

    def _params(self, found: Mapping[str, YamlNode]) -> dict[str, Param]:
        if "params" not in found:
            return {}
        params = {}
        for name, (mark, node) in self._page.entries(found["params"], "params").items():
            self._page.key(mark, name, "parameter", PARAM, "min_amount")
            params[name] = self._param(node)
        return params

    def _param(self, node: YamlNode) -> Param:
        page = self._page
        if not isinstance(node, Fields):
            return Param(page.scalar(node, "a parameter"))
        found = page.fields(node, "a parameter", ("value",), ("sweep",))
        value = page.scalar(found["value"], "value")
        if "sweep" not in found:
            return Param(value)
        numbers = [page.number(n, "sweep") for n in page.items(found["sweep"], "sweep")]
        if len(numbers) != 3 or not (numbers[0] <= numbers[1] and numbers[2] > 0):
            page.wrong(found["sweep"], "sweep is [lowest, highest, step]", "like [3, 12, 1]")
            return Param(value)
        if isinstance(value, str | bool) or not numbers[0] <= value <= numbers[1]:
            page.wrong(found["value"], "value must be a number within its sweep")
        return Param(value, (numbers[0], numbers[1], numbers[2]))

    def _sequence(self, node: YamlNode, params: Mapping[str, Scalar]) -> Sequence:
        return read_sequence(self._page, node, Scope(self._words, params, self._listings))

    def _condition(self, node: YamlNode, params: Mapping[str, Scalar]) -> Node:
        return read_condition(self._page, node, Scope(self._words, params, self._listings))

    def _conditions(
        self,
        rule: str,
        found: Mapping[str, YamlNode],
        params: Mapping[str, Scalar],
        sequence: Sequence | None,
    ) -> Node:
        condition: Node = Named(flag_of(rule), "flag")
        if sequence is None:
            condition = self._condition(found["when"], params)
        if "unless" in found:
            condition = And((condition, Not(self._condition(found["unless"], params))))
        steps = sequence.steps if sequence is not None else ()
        used = parameters(condition).union(*[parameters(step.condition) for step in steps])
        for name in params:
            if name not in used:
                self._page.wrong(found["params"], f"parameter {name!r} is used by no condition")
        return condition

    def _reason(
        self,
        node: YamlNode,
        rule: str,
        params: Mapping[str, Scalar],
        sequence: Sequence | None,
    ) -> tuple[str, Template]:
        page = self._page
        found = page.fields(node, "reason", ("code", "text"))
        text = page.text(found["text"], "text")
        words = self._words
        if sequence is not None:
            earlier = [step.name for step in sequence.steps[:-1]]
            words = {**words, **earlier_words(earlier, words)}
        template = read_template(text, words, params, page.within(found["text"]))
        if sequence is not None:
            template = told_template(rule, sequence, template)
        return page.name(found["code"], "code", *CODE), template

    def _window(self, found: Mapping[str, YamlNode]) -> Window:
        if "effective" not in found:
            return Window()
        page = self._page
        given = page.fields(found["effective"], "effective", (), ("from", "until"))
        ends = {
            end: page.moment(given[key], key)
            for key, end in (("from", "start"), ("until", "end"))
            if key in given
        }
        window = Window(**ends)
        if window.start >= window.end:
            page.wrong(found["effective"], "from must be before until")
        return window

    def _rollout(self, found: Mapping[str, YamlNode]) -> Rollout | None:
        if "rollout" not in found:
            return None
        page = self._page
        given = page.fields(found["rollout"], "rollout", ("percent", "by"))
        percent = page.number(given["percent"], "percent", 0, 100)
        texts = [name for name, word in self._words.items() if word.type == "text"]
        by = page.choice(given["by"], "by", texts)
        return Rollout(float(percent), by)

    def _check_lists(self, rule: Rule, node: YamlNode) -> None:
        steps = rule.sequence.steps if rule.sequence is not None else ()
        for found in chain(*[walk(c) for c in (rule.condition, *[s.condition for s in steps])]):
            if isinstance(found, ContainsAny) and found.list in self._listings:
                listing = self._listings[found.list]
                if listing.kind == "allow" or len(listing.ends) > MAX_SEARCHED:
                    cause = (
                        f"contains_any takes block and watch lists of at most {MAX_SEARCHED}"
                    )
                    self._page.wrong(node, f"{cause} entries; @{found.list} is none")

    def _check_allow(self, rule: Rule, node: YamlNode) -> None:
        if rule.sequence is not None:
            self._page.wrong(node, "an allow rule may not be a sequence: one is easily staged")
        written = sorted(
            n for n in names(rule.condition) if n in self._words and self._words[n].from_text
        )
        if written:
            cause = f"an allow rule may not read {', '.join(written)}: whoever pays wrote it"
            self._page.wrong(node, cause)
        for name in sorted(admitting_lists(rule.condition)):
            if name in self._listings and self._listings[name].kind != "allow":
                cause = f"an allow rule admits by allow lists only; @{name} is a"
                self._page.wrong(node, f"{cause} {self._listings[name].kind} list")
