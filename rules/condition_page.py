"""A condition in a rule file: an expression, or a tree of all, any and not."""

from collections.abc import Callable, Mapping

import msgspec

from rules import operand
from rules.condition import FALSE, And, Node, Not, Or
from rules.document import Fields
from rules.document import Node as YamlNode
from rules.expression import read_expression
from rules.model import Listing
from rules.page import Page
from rules.vocabulary import Scalar, Vocabulary


class Scope(msgspec.Struct, frozen=True):
    """What a condition may refer to; `against` is that of `operand.Scope`."""

    words: Vocabulary
    params: Mapping[str, Scalar]
    listings: Mapping[str, Listing]
    against: Callable[[str], str] = operand.nothing_against


def read_condition(page: Page, node: YamlNode, scope: Scope) -> Node:
    """Read a condition; mistakes go to the page."""
    if not isinstance(node, Fields):
        text = page.text(node, "a condition", 2000)
        wrong = page.within(node)
        within = operand.Scope(scope.words, scope.params, scope.listings, wrong, scope.against)
        return read_expression(text, within) if text else FALSE
    if len(node.fields) != 1:
        page.wrong(node, "a condition is an expression or one of all, any, not")
        return FALSE
    found = page.fields(node, "a condition", (), ("all", "any", "not"))
    if "not" in found:
        return Not(read_condition(page, found["not"], scope))
    for key, kind in (("all", And), ("any", Or)):
        if key in found:
            terms = page.items(found[key], key)
            if not terms:
                page.wrong(found[key], f"{key} needs at least one condition")
            return kind(tuple(read_condition(page, term, scope) for term in terms))
    return FALSE
