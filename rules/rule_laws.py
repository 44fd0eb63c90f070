"""What a rule may not do, whatever it says: laws that need the whole rule."""

from collections.abc import Mapping
from itertools import chain
from typing import Final

from rules.condition import ContainsAny, admitting_lists, names, walk
from rules.document import Node as YamlNode
from rules.model import Dossier, Listing, PointRule, Rule, conditions
from rules.page import Page
from rules.vocabulary import Vocabulary

MAX_SEARCHED: Final = 1000
"""Entries of a list that `contains_any` may look for one by one."""


def searchable(listing: Listing) -> bool:
    """Tell whether `contains_any` may take the list."""
    return listing.kind != "allow" and len(listing.ends) <= MAX_SEARCHED


def searched(rule: Dossier) -> frozenset[str]:
    """Name the lists that `contains_any` takes in the rule."""
    nodes = chain(*[walk(condition) for condition in conditions(rule)])
    return frozenset([found.list for found in nodes if isinstance(found, ContainsAny)])


def check_searches(
    page: Page, when: YamlNode, rule: Dossier, listings: Mapping[str, Listing]
) -> None:
    """`contains_any` costs time for each entry, so its lists are short."""
    for name in searched(rule):
        if name in listings and not searchable(listings[name]):
            cause = f"contains_any takes block and watch lists of at most {MAX_SEARCHED}"
            page.wrong(when, f"{cause} entries; @{name} is none")


def check_allow(
    page: Page,
    when: YamlNode,
    rule: Rule,
    words: Vocabulary,
    listings: Mapping[str, Listing],
) -> None:
    """Nobody can write their own permission, and every permission ends by itself."""
    if rule.sequence is not None:
        page.wrong(when, "an allow rule may not be a sequence: one is easily staged")
    written = _written(rule, words)
    if written:
        cause = f"an allow rule may not read {', '.join(written)}: whoever pays wrote it"
        page.wrong(when, cause)
    for name in sorted(admitting_lists(rule.condition)):
        if name in listings and listings[name].kind != "allow":
            cause = f"an allow rule admits by allow lists only; @{name} is a"
            page.wrong(when, f"{cause} {listings[name].kind} list")


def check_points(
    page: Page, found: Mapping[str, YamlNode], rule: PointRule, words: Vocabulary
) -> None:
    """Points are added before there is a score, and a memo cannot lower it."""
    if rule.points == 0:
        page.wrong(found["points"], "points cannot be 0", "for no effect use mode: shadow")
    if "score" in rule.reads:
        cause = "a rule with points may not read score: it is made before"
        page.wrong(found["when"], cause)
    written = _written(rule, words)
    if rule.points < 0 and written:
        cause = f"points below 0 may not depend on {', '.join(written)}: whoever pays wrote it"
        page.wrong(found["points"], cause)


def _written(rule: Dossier, words: Vocabulary) -> list[str]:
    return sorted(n for n in names(rule.condition) if n in words and words[n].from_text)
