"""One rule of a *.rules.yaml file, read and checked."""

from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from rules.condition import And, Node, Not, names, parameters
from rules.condition_page import ConditionReader
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
    Severity,
    Tier,
    Window,
)
from rules.page import Page
from rules.rule_laws import check_allow, check_points, check_searches
from rules.template import Slot, Template, read_template
from rules.vocabulary import Scalar, Vocabulary

EFFECTS: Final = ("tier", "points")
"""What a rule does; it has one of them."""

HEAD: Final = ("id", "title", "owner", "severity")
BODY: Final = ("when", "reason")
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
MAX_POINTS: Final = 100
ID: Final = (r"(?=.{1,60}$)[A-Z][A-Z0-9]*(-[A-Z0-9]+)*", "CARD-TESTING-10M")
"""At most 60 characters: it is the key of the rollout's hash, which takes 64 bytes."""

CODE: Final = (r"(?=.{1,40}$)[A-Z][A-Z0-9]*(-[A-Z0-9]+)*", "R101")
PARAM: Final = r"[a-z][a-z0-9_]{0,39}"


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
        effect = "points" if isinstance(node, Fields) and "points" in node.fields else "tier"
        also = (*OPTIONAL, *EFFECTS)
        found = self._page.fields(node, "a rule", (*HEAD, effect, *BODY), also)
        dossier = self._dossier(node, found)
        if effect == "points":
            return self._point_rule(dossier, found)
        tier = self._page.choice(found["tier"], "tier", TIERS)
        rule = Rule(**dossier, tier=cast("Tier", tier), on_missing=self._on_missing(found))
        check_searches(self._page, found["when"], rule, self._listings)
        if rule.tier == "allow":
            check_allow(self._page, found["when"], rule, self._words, self._listings)
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

    def _dossier(self, node: YamlNode, found: Mapping[str, YamlNode]) -> dict[str, Any]:
        page = self._page
        params = self._params(found)
        constants = {name: param.value for name, param in params.items()}
        condition = self._condition(found, constants)
        code, text = self._reason(found["reason"], constants)
        severity = page.choice(found["severity"], "severity", get_args(Severity))
        return {
            "id": page.name(found["id"], "id", *ID),
            "title": page.text(found["title"], "title"),
            "owner": page.text(found["owner"], "owner"),
            "severity": cast("Severity", severity),
            "mode": self._mode(found),
            "condition": condition,
            "code": code,
            "text": text,
            "params": params,
            "window": self._window(found),
            "rollout": self._rollout(found),
            "runbook": page.text(found["runbook"], "runbook") if "runbook" in found else "",
            "labels": self._labels(found),
            "reads": names(condition),
            "shows": frozenset(piece.name for piece in text if isinstance(piece, Slot)),
            "place": Place(page.file, node.mark.line),
        }

    def _condition(self, found: Mapping[str, YamlNode], params: Mapping[str, Scalar]) -> Node:
        reader = ConditionReader(self._page, self._words, self._listings, params)
        condition = reader.condition(found["when"])
        if "unless" in found:
            condition = And((condition, Not(reader.condition(found["unless"]))))
        used = parameters(condition)
        for name in params:
            if name not in used:
                self._page.wrong(found["params"], f"parameter {name!r} is used by no condition")
        return condition

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

    def _reason(self, node: YamlNode, params: Mapping[str, Scalar]) -> tuple[str, Template]:
        page = self._page
        found = page.fields(node, "reason", ("code", "text"))
        text = page.text(found["text"], "text")
        template = read_template(text, self._words, params, page.within(found["text"]))
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
