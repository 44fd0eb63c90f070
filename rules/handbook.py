"""The vocabulary and a book as pages that people read: Markdown."""

from collections.abc import Iterator, Mapping

from rules.changes import condition, dates, entries, reason_text, rollout_text
from rules.explain import effect
from rules.model import TIERS, Book, Dossier, Listing
from rules.velocity import said
from rules.vocabulary import Vocabulary, Word
from rules.written import constant


def vocabulary_page(words: Vocabulary, examples: Mapping[str, str]) -> Iterator[str]:
    """Write every value that a rule may read. `examples` by name; absent is none."""
    yield "# Values that a rule may read"
    yield ""
    yield "A value that is not known is *unknown*: neither true nor false, never 0."
    yield ""
    yield "| value | type | unit | range | meaning | example |"
    yield "|---|---|---|---|---|---|"
    for name, word in words.items():
        cells = (
            f"`{name}`",
            word.type,
            word.unit or "",
            _range(word),
            word.meaning + (" (from the memo)" if word.from_text else ""),
            f"`{examples[name]}`" if examples.get(name) else "",
        )
        yield f"| {' | '.join(map(_cell, cells))} |"


def book_page(book: Book) -> Iterator[str]:
    """Write the frame, the velocities, the lists and every rule of a book."""
    yield f"# Rule book {book.name} {book.version}"
    yield ""
    yield f"Owner {book.owner}; amounts in {book.currency}; hash `{book.hash}`."
    yield ""
    yield from _frame(book)
    if book.velocities:
        yield "## Velocities"
        yield ""
        for velocity in book.velocities.values():
            meaning = f" ({velocity.meaning})" if velocity.meaning else ""
            yield f"- `{velocity.name}`: {said(velocity)}{meaning}"
        yield ""
    if book.lists:
        yield "## Lists"
        yield ""
        yield from [_listing(listing) for listing in book.lists.values()]
        yield ""
    for file in dict.fromkeys(rule.place.file for rule in book.dossiers.values()):
        yield f"## {file}"
        yield ""
        for rule in book.dossiers.values():
            if rule.place.file == file:
                yield from _rule(book, rule)


def _frame(book: Book) -> Iterator[str]:
    limits = book.thresholds
    yield "The first tier that speaks decides:"
    yield ""
    for tier in TIERS:
        reached = {"review": limits.review, "reject": limits.reject}.get(tier)
        score = "" if reached is None else f" (also a score from {reached} on)"
        yield f"- {tier} means {book.outcomes[tier]}{score}"
    yield f"- nothing speaks: {book.default}; no payment at all: {book.on_malformed}"
    yield ""


def _listing(listing: Listing) -> str:
    where = listing.file or "book.yaml"
    return f"- `@{listing.name}`: {listing.kind} list, {entries(len(listing.ends))}, {where}"


def _rule(book: Book, rule: Dossier) -> Iterator[str]:
    yield f"### {rule.id}: {rule.title}"
    yield ""
    yield f"{effect(rule)}, {rule.mode}, severity {rule.severity}, owner {rule.owner}"
    yield ""
    yield "```"
    yield f"when {condition(rule)}"
    yield "```"
    yield ""
    for name, param in rule.params.items():
        swept = (
            f", to be tried from {param.sweep[0]:g} to {param.sweep[1]:g}"
            if param.sweep
            else ""
        )
        yield f"- `${name}` is {constant(param.value)}{swept}"
    yield f"- reason {rule.code}: {reason_text(rule.text)}"
    for label, text in (
        ("effective", dates(rule.window)),
        ("rollout", rollout_text(rule.rollout)),
        ("if it cannot be told", getattr(rule, "on_missing", None)),
        ("labels", ", ".join(rule.labels)),
        ("what to do", rule.runbook),
        ("tests", str(sum(example.rule == rule.id for example in book.examples))),
    ):
        if text and text not in ("always", "everybody"):
            yield f"- {label}: {text}"
    yield ""


def _range(word: Word) -> str:
    if word.type == "flag":
        return "true, false"
    if word.low is None and word.high is None:
        return ""
    low = "" if word.low is None else f"{word.low:g}"
    return f"{low} to {word.high:g}" if word.high is not None else f"from {low}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
