"""The `sequence:` of a rule, read and checked.

sequence:
  by: payer_id
  within: 10m
  steps:
    - {as: first, when: status == 'declined'}
    - {as: second, when: status == 'declined'}
    - {as: spend, when: status == 'approved' and amount > 5 * first.amount}
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from rules.condition import Missing, walk
from rules.condition_page import Scope, read_condition
from rules.document import Node as YamlNode
from rules.model import Sequence, Step, flag_of
from rules.page import Page
from rules.template import Slot, Template
from rules.vocabulary import Vocabulary, Word

STEPS: Final = 4
"""Steps at most: a search tries the ways in which kept events can be all but the last."""

NAME: Final = (r"[a-z][a-z0-9_]{0,19}", "first")
UNITS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST: Final = 30 * 86_400
_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})([smhd])")


def sequence_words(rule: str, sequence: Sequence, words: Vocabulary) -> Vocabulary:
    """Make the words that a sequence adds to the vocabulary of evaluators and tests."""
    flag = flag_of(rule)
    meaning = f"the payment completes the sequence of {rule}"
    told = earlier_words([step.name for step in sequence.steps[:-1]], words)
    return {
        flag: Word(type="flag", meaning=meaning),
        **{f"{flag}.{name}": word for name, word in told.items()},
    }


def earlier_words(steps: list[str], words: Vocabulary) -> Vocabulary:
    """Make the words by which the values of earlier steps are read."""
    return {f"{step}.{name}": word for step in steps for name, word in words.items()}


def told_template(rule: str, sequence: Sequence, text: Template) -> Template:
    """Let a reason show the values of earlier steps by their full names."""
    earlier = tuple(f"{step.name}." for step in sequence.steps[:-1])
    return tuple(
        Slot(f"{flag_of(rule)}.{piece.name}", piece.format)
        if isinstance(piece, Slot) and piece.name.startswith(earlier)
        else piece
        for piece in text
    )


def read_sequence(page: Page, node: YamlNode, scope: Scope) -> Sequence:
    """Read a sequence; mistakes go to the page. No step reads the score: it comes later."""
    known = {name: word for name, word in scope.words.items() if name != "score"}
    scope = msgspec.structs.replace(scope, words=known)
    found = page.fields(node, "sequence", ("by", "within", "steps"))
    texts = [name for name, word in known.items() if word.type == "text"]
    by = page.choice(found["by"], "by", texts)
    items = page.items(found["steps"], "steps")
    if not 2 <= len(items) <= STEPS:
        page.wrong(found["steps"], f"a sequence has 2 to {STEPS} steps")
    steps: list[Step] = []
    for item in items:
        steps.append(_step(page, item, [step.name for step in steps], scope))
    return Sequence(by, _duration(page, found["within"]), tuple(steps))


def _step(page: Page, node: YamlNode, earlier: list[str], scope: Scope) -> Step:
    found = page.fields(node, "a step", ("as", "when"))
    name = page.name(found["as"], "as", *NAME)
    if name in earlier:
        page.wrong(found["as"], f"two steps are named {name}")
    if any(word.startswith(f"{name}.") for word in scope.words):
        page.wrong(found["as"], f"a step cannot be named {name}: values begin so")
    words = {**scope.words, **earlier_words(earlier, scope.words)}
    condition = read_condition(page, found["when"], msgspec.structs.replace(scope, words=words))
    begins = tuple(f"{step}." for step in earlier)
    for part in walk(condition):
        if isinstance(part, Missing) and part.value.name.startswith(begins):
            cause = f"missing({part.value.name[:60]}) asks for the past of another payment"
            page.wrong(found["when"], cause, "ask it in that step")
    return Step(name, condition)


def _duration(page: Page, node: YamlNode) -> int:
    """Take a time like 10m -> microseconds."""
    text = page.text(node, "within", 10)
    found = _DURATION.fullmatch(text)
    seconds = int(found[1]) * UNITS[found[2]] if found else 0
    if text and not 0 < seconds <= LONGEST:
        page.wrong(node, "within is a time of at most 30d", "like 90s, 10m, 24h or 7d")
    return max(1, seconds) * 1_000_000
