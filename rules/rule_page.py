"""One rule of a *.rules.yaml file, read and checked."""

from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from rules.condition import And, Named, Node, Not, names
from rules.condition_page import Scope, read_condition
from rules.document import Fields
from rules.document import Node as YamlNode
from rules.model import (
    TIERS,
    Listing,
    Mode,
    Param,
    Place,
    PointRule,
    Rollout,
    Rule,
    Sequence,
    Severity,
    Tier,
    Window,
    flag_of,
)
from rules.page import Page
from rules.param_page import check_params, read_params
from rules.rule_laws import check_allow, check_points, check_searches
from rules.sequence_page import earlier_words, read_sequence, told_template
from rules.template import Slot, Template, read_template
from rules.vocabulary import Scalar, Vocabulary

EFFECTS: Final = ("tier", "points")
"""What a rule does; it has one of them."""

HEAD: Final = ("id", "title", "owner", "severity")
BODY: Final = ("when", "sequence", "reason")
"""What a rule asks (one of the first two), and why it speaks."""

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
ADVICE: Final = {
    **dict.fromkeys(("priority", "order", "weight"), "tiers decide, not order"),
    **dict.fromkeys(("velocities", "lists", "attributes"), "declare it in book.yaml"),
    **dict.fromkeys(("action", "outcome", "decision"), "tier says what a rule does"),
    **dict.fromkeys(("condition", "if"), "write when"),
    "fixtures": "fixtures stand beside rules, at the left margin",
}
"""What belongs elsewhere, or is named otherwise here."""

MAX_POINTS: Final = 100
ID: Final = (r"(?=.{1,60}$)[A-Z][A-Z0-9]*(-[A-Z0-9]+)*", "CARD-TESTING-10M")
"""At most 60 characters: it is the key of the rollout's hash, which takes 64 bytes."""

CODE: Final = (r"(?=.{1,40}$)[A-Z][A-Z0-9]*(-[A-Z0-9]+)*", "R101")


class RuleReader:
    """Reads rules against the words and lists of the book."""

    def __init__(self, words: Vocabulary, listings: Mapping[str, Listing]) -> None:
        self._words = words
        self._listings = listings

    def rule(self, page: Page, node: YamlNode) -> Rule | PointRule:
        """Read the rule of a node; mistakes go to the page."""
        return _RuleReading(page, self._words, self._listings).rule(node)


class _RuleReading:
    def __init__(self, page: Page, words: Vocabulary, listings: Mapping[str, Listing]) -> None:
        self._page = page
        self._words = words
        self._listings = listings

    def rule(self, node: YamlNode) -> Rule | PointRule:
        keys = node.fields if isinstance(node, Fields) else {}
        effect = "points" if "points" in keys else "tier"
        asks = "sequence" if "sequence" in keys and effect == "tier" else "when"
        also = (*OPTIONAL, *EFFECTS)
        needed = (*HEAD, effect, asks, "reason")
        found = self._page.fields(node, "a rule", needed, also, ADVICE)
        params = self._params(found)
        constants = {name: param.value for name, param in params.items()}
        sequence = None
        if asks == "sequence":
            sequence = read_sequence(self._page, found[asks], self._scope(constants))
        dossier = self._dossier(node, found, constants, sequence) | {"params": params}
        if effect == "points":
            return self._point_rule(dossier, found)
        return self._rule(dossier, found, sequence)

    def _rule(
        self,
        dossier: Mapping[str, Any],
        found: Mapping[str, YamlNode],
        sequence: Sequence | None,
    ) -> Rule:
        page = self._page
        tier = cast("Tier", page.choice(found["tier"], "tier", TIERS))
        on_missing = self._on_missing(found)
        rule = Rule(**dossier, tier=tier, on_missing=on_missing, sequence=sequence)
        place = found["when" if sequence is None else "sequence"]
        check_searches(page, place, rule, self._listings)
        if rule.tier == "allow":
            check_allow(page, place, rule, self._words, self._listings)
        return rule

    def _point_rule(
        self, dossier: Mapping[str, Any], found: Mapping[str, YamlNode]
    ) -> PointRule:
        page = self._page
        for key in ("tier", "on_missing"):
            if key in found:
                page.wrong(found[key], f"a rule with points has no {key}", "leave one out")
        points = page.whole(found["points"], "points", -MAX_POINTS, MAX_POINTS)
        rule = PointRule(**dossier, points=points)
        check_searches(page, found["when"], rule, self._listings)
        check_points(page, found, rule, self._words)
        return rule

    def _dossier(
        self,
        node: YamlNode,
        found: Mapping[str, YamlNode],
        constants: Mapping[str, Scalar],
        sequence: Sequence | None,
    ) -> dict[str, Any]:
        page = self._page
        name = page.name(found["id"], "id", *ID)
        condition = self._condition(name, found, constants, sequence)
        code, text = self._reason(found["reason"], name, constants, sequence)
        severity = page.choice(found["severity"], "severity", get_args(Severity))
        return {
            "id": name,
            "title": page.text(found["title"], "title"),
            "owner": page.text(found["owner"], "owner"),
            "severity": cast("Severity", severity),
            "mode": self._mode(found),
            "condition": condition,
            "code": code,
            "text": text,
            "window": self._window(found),
            "rollout": self._rollout(found),
            "runbook": page.text(found["runbook"], "runbook") if "runbook" in found else "",
            "labels": self._labels(found),
            "reads": names(condition),
            "shows": frozenset(piece.name for piece in text if isinstance(piece, Slot)),
            "place": Place(page.file, node.mark.line),
        }

    def _scope(self, constants: Mapping[str, Scalar]) -> Scope:
        return Scope(self._words, constants, self._listings)

    def _condition(
        self,
        rule: str,
        found: Mapping[str, YamlNode],
        constants: Mapping[str, Scalar],
        sequence: Sequence | None,
    ) -> Node:
        page, scope = self._page, self._scope(constants)
        condition: Node = Named(flag_of(rule), "flag")
        if sequence is None:
            condition = read_condition(page, found["when"], scope)
        if "unless" in found:
            condition = And((condition, Not(read_condition(page, found["unless"], scope))))
        return condition

    def _params(self, found: Mapping[str, YamlNode]) -> dict[str, Param]:
        if "params" not in found:
            return {}
        asks = [found[key] for key in ("when", "unless", "sequence") if key in found]
        check_params(self._page, found["params"], asks)
        return read_params(self._page, found["params"])

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

    def _reason(
        self,
        node: YamlNode,
        rule: str,
        constants: Mapping[str, Scalar],
        sequence: Sequence | None,
    ) -> tuple[str, Template]:
        page, words = self._page, self._words
        found = page.fields(node, "reason", ("code", "text"))
        text = page.text(found["text"], "text")
        if sequence is not None:
            earlier = [step.name for step in sequence.steps[:-1]]
            words = {**words, **earlier_words(earlier, words)}
        template = read_template(text, words, constants, page.within(found["text"]))
        if sequence is not None:
            template = told_template(rule, sequence, template)
        return page.name(found["code"], "code", *CODE), template

    def _window(self, found: Mapping[str, YamlNode]) -> Window:
        if "effective" not in found:
            return Window()
        page = self._page
        before = len(page.mistakes)
        given = page.fields(found["effective"], "effective", (), ("from", "until"))
        ends = {
            end: page.moment(given[key], key)
            for key, end in (("from", "start"), ("until", "end"))
            if key in given
        }
        window = Window(**ends)
        if window.start >= window.end and len(page.mistakes) == before:
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
