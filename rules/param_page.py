"""The `params:` of a rule: constants with names, and what a sweep may try instead."""

import re
from collections.abc import Iterable
from typing import Final

from rules.document import Fields, Items, Leaf
from rules.document import Node as YamlNode
from rules.model import Param
from rules.page import Page

PARAM: Final = r"[a-z][a-z0-9_]{0,39}"
_MENTIONED: Final = re.compile(r"""'[^']*'|"[^"]*"|\$([a-z][a-z0-9_]*)""")


def read_params(page: Page, node: YamlNode) -> dict[str, Param]:
    """Read all of them, by name; mistakes go to the page."""
    params = {}
    for name, (mark, given) in page.entries(node, "params").items():
        page.key(mark, name, "parameter", PARAM, "min_amount")
        params[name] = _param(page, given)
    return params


def _param(page: Page, node: YamlNode) -> Param:
    if not isinstance(node, Fields):
        return Param(page.scalar(node, "a parameter"))
    found = page.fields(node, "a parameter", ("value",), ("sweep",))
    if "sweep" not in found:
        return Param(page.scalar(found["value"], "value"))
    value = _swept(page, found["value"])
    numbers = [page.number(n, "sweep") for n in page.items(found["sweep"], "sweep")]
    if len(numbers) != 3 or not (numbers[0] <= numbers[1] and numbers[2] > 0):
        page.wrong(found["sweep"], "sweep is [lowest, highest, step]", "like [3, 12, 1]")
        return Param(0 if value is None else value)
    if value is None:
        return Param(numbers[0], (numbers[0], numbers[1], numbers[2]))
    if not numbers[0] <= value <= numbers[1]:
        page.wrong(found["value"], "value must be a number within its sweep")
    return Param(value, (numbers[0], numbers[1], numbers[2]))


def _swept(page: Page, node: YamlNode) -> float | int | None:
    """Take a number, None of anything else."""
    before = len(page.mistakes)
    value = page.number(node, "value")
    return value if len(page.mistakes) == before else None


def check_params(page: Page, node: YamlNode, asks: Iterable[YamlNode]) -> None:
    """Every parameter stands in a condition, be it one that cannot be read."""
    mentioned = frozenset[str]().union(*[_mentioned(asked) for asked in asks])
    for name, field in node.fields.items() if isinstance(node, Fields) else ():
        if name not in mentioned:
            page.wrong(field.mark, f"parameter {name[:60]!r} is used by no condition")


def _mentioned(node: YamlNode) -> frozenset[str]:
    if isinstance(node, Leaf):
        return frozenset(_MENTIONED.findall(node.text))
    below = node.items if isinstance(node, Items) else [f.node for f in node.fields.values()]
    return frozenset[str]().union(*[_mentioned(one) for one in below])
