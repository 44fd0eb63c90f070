"""Conditions of a file, read and checked: one expression, or a tree of all, any and not."""

from collections.abc import Collection, Mapping

from rules.condition import FALSE, And, Node, Not, Or
from rules.document import Fields
from rules.document import Node as YamlNode
from rules.expression import read_expression
from rules.operand import Scope
from rules.page import Page
from rules.vocabulary import Scalar, Vocabulary

LONGEST = 2000
"""Characters of one expression."""


class ConditionReader:
    """Reads conditions against words, lists and the parameters of one rule."""

    def __init__(
        self,
        page: Page,
        words: Vocabulary,
        lists: Collection[str] = (),
        params: Mapping[str, Scalar] | None = None,
    ) -> None:
        self._page = page
        self._words = words
        self._lists = lists
        self._params = params or {}

    def condition(self, node: YamlNode) -> Node:
        """Read a condition; mistakes go to the page."""
        page = self._page
        if not isinstance(node, Fields):
            text = page.text(node, "a condition", LONGEST)
            scope = Scope(self._words, self._params, self._lists, page.within(node))
            return read_expression(text, scope) if text else FALSE
        if len(node.fields) != 1:
            page.wrong(node, "a condition is an expression or one of all, any, not")
            return FALSE
        found = page.fields(node, "a condition", (), ("all", "any", "not"))
        if "not" in found:
            return Not(self.condition(found["not"]))
        for key, kind in (("all", And), ("any", Or)):
            if key in found:
                terms = page.items(found[key], key)
                if not terms:
                    page.wrong(found[key], f"{key} needs at least one condition")
                return kind(tuple(self.condition(term) for term in terms))
        return FALSE
