"""The `params:` of a rule: constants with names, and what a sweep may try instead."""

from typing import Final

from rules.document import Fields
from rules.document import Node as YamlNode
from rules.model import Param
from rules.page import Page

PARAM: Final = r"[a-z][a-z0-9_]{0,39}"


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
