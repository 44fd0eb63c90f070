"""A folder -> a book: all of its files, with all of their mistakes at once."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from rules.book_page import FrameReader, OpenList
from rules.document import Fields
from rules.errors import BookError, Mistake, did_you_mean
from rules.example_page import ExampleReader, Values, read_values
from rules.lists import read_list
from rules.model import Book, Dossier, Example, Listing, ListKind, PointRule, Rule
from rules.page import Page
from rules.rates import Row, read_rates
from rules.rule_laws import MAX_SEARCHED, searchable, searched
from rules.rule_page import RuleReader
from rules.sequence_page import sequence_words
from rules.shelf import FRAME_FILE, LISTS, Shelf, hash_of
from rules.vocabulary import Vocabulary

MAX_RULES: Final = 2000
ELSEWHERE: Final = dict.fromkeys(
    ("velocities", "lists", "attributes", "score", "tiers", "rates"), "declare it in book.yaml"
)
IN_FRAME: Final = (
    ("unknown value ", "unknown list ", "by cannot be "),
    "names in rules, tests and scorecard",
)
IN_RULES: Final = (("unknown fixture ", "unknown rule "), "names of its fixtures and rules")
"""How mistakes about names begin that may stand in such a file, and how to say so."""


def load_book(folder: Path, vocabulary: Vocabulary, before: Book | None = None) -> Book:
    """Read a book; raises `BookError` with every mistake of every file.

    What has not changed is taken from `before`, the book that was read there the last time:
    the lists, which may be long, and all but the lists if nothing else changed.
    """
    if before is not None and _only_lists_differ(before, folder):
        return reload_lists(before, folder)
    shelf = Shelf(folder)
    book = _book(shelf, vocabulary, before)
    if shelf.mistakes:
        raise BookError(_told(shelf))
    return msgspec.structs.replace(book, hash=hash_of(shelf.files), files=shelf.files)


def _told(shelf: Shelf) -> list[Mistake]:
    """All mistakes but those about names that may stand in a file that cannot be read."""
    mistakes = shelf.mistakes
    for file in shelf.unread:
        hidden, what = IN_FRAME if file == FRAME_FILE else IN_RULES
        mistakes = [mistake for mistake in mistakes if not mistake.cause.startswith(hidden)]
        cause = f"{what} are not checked until this file can be read"
        mistakes.append(Mistake(file, 1, 1, cause))
    return mistakes


def declared_words(folder: Path, vocabulary: Vocabulary) -> Vocabulary | None:
    """Find the attributes and velocities that a book declares, whatever is wrong with it.

    None if book.yaml cannot be read at all.
    """
    shelf = Shelf(folder)
    frame = FrameReader(shelf.page(FRAME_FILE), _no_list, vocabulary).frame()
    return None if shelf.unread else frame.declared


def reload_lists(book: Book, folder: Path) -> Book:
    """Read only the list files that changed; raises `BookError` with every mistake in them.

    The result has another hash if a list has changed. What was made from the book (evaluators)
    must be made from the result again.
    """
    shelf = Shelf(folder)
    lists = {name: _reread(shelf, listing, book) for name, listing in book.lists.items()}
    shelf.refuse_loose_lists()
    return _with_lists(book, lists, shelf)


def with_list(book: Book, name: str, file: Path) -> Book:
    """Put the entries of a file (text, or .csv) into the place of a list's own.

    The name and the kind of the list stay. As for `reload_lists` the result has another hash.
    Raises `BookError` with every mistake in the file, or if the book has no such list.
    """
    shelf = Shelf(file.parent)
    old = book.lists.get(name)
    if old is None:
        hint = did_you_mean(name, list(book.lists)) or f"it has {', '.join(book.lists)}"
        raise BookError([Mistake(file.name, 1, 1, f"the book has no list {name}", hint)])
    listing = _reread(shelf, msgspec.structs.replace(old, file=file.name), book)
    return _with_lists(book, {**book.lists, name: listing}, shelf)


def _with_lists(book: Book, lists: Mapping[str, Listing], shelf: Shelf) -> Book:
    for rule in book.dossiers.values():
        for name in searched(rule):
            if not searchable(lists[name]):
                cause = f"{rule.id} searches in it: at most {MAX_SEARCHED} entries"
                shelf.wrong(lists[name].file or FRAME_FILE, cause)
    if shelf.mistakes:
        raise BookError(shelf.mistakes)
    files = {**book.files, **shelf.files}
    return msgspec.structs.replace(book, lists=lists, files=files, hash=hash_of(files))


def _reread(shelf: Shelf, listing: Listing, before: Book) -> Listing:
    if listing.file is None:
        return listing
    found = _list_opener(shelf, before)(listing.name, listing.kind, listing.file)
    if found is None:
        shelf.wrong(listing.file, "this file is needed and cannot be read")
        return listing
    fresh, mistakes = found
    shelf.mistakes += mistakes
    return fresh


def _list_opener(shelf: Shelf, before: Book | None) -> OpenList:
    """Read list files, but those of which `before` holds the very bytes."""

    def open_list(
        name: str, kind: ListKind, file: str
    ) -> tuple[Listing, Sequence[Mistake]] | None:
        raw = shelf.read(file)
        if raw is None:
            return None
        old = None if before is None else before.lists.get(name)
        as_before = before is not None and before.files.get(file) == shelf.files[file]
        if as_before and old is not None and (old.kind, old.file) == (kind, file):
            return old, ()
        return read_list(name, kind, file, raw)

    return open_list


def _no_list(name: str, kind: ListKind, file: str) -> tuple[Listing, Sequence[Mistake]]:
    """What is declared does not depend on what the lists hold."""
    return Listing(name, kind, {}, {}), ()


def _only_lists_differ(before: Book, folder: Path) -> bool:
    """Whether every other file is as it was."""
    shelf = Shelf(folder)
    others = [file for file in before.files if not file.startswith(f"{LISTS}/")]
    for file in {*others, *shelf.rule_files()}:
        shelf.read(file)
    same = shelf.files == {file: before.files[file] for file in others}
    return same and not shelf.mistakes


def _book(shelf: Shelf, vocabulary: Vocabulary, before: Book | None) -> Book:
    opener = _list_opener(shelf, before)
    frame = FrameReader(shelf.page(FRAME_FILE), opener, vocabulary).frame()
    if not shelf.unread:
        shelf.refuse_loose_lists()
    words = {**vocabulary, **frame.declared}
    sections = [_Section(shelf.page(file)) for file in shelf.rule_files()]
    rules = _rules(shelf, sections, RuleReader(words, frame.listings))
    by_id = {rule.id: rule for rule in sorted(rules, key=lambda rule: rule.id)}
    for rule in rules:
        if isinstance(rule, Rule) and rule.sequence is not None:
            words |= sequence_words(rule.id, rule.sequence, words)
    return Book(
        name=frame.name,
        version=frame.version,
        hash="",
        owner=frame.owner,
        currency=frame.currency,
        on_malformed=frame.on_malformed,
        default=frame.default,
        outcomes=frame.outcomes,
        thresholds=frame.thresholds,
        llm=frame.llm,
        engine=frame.engine,
        rates=_rates(shelf, frame.rates),
        words=words,
        attributes=frame.attributes,
        velocities=frame.velocities,
        lists=frame.listings,
        list_lines=frame.list_lines,
        rules={name: rule for name, rule in by_id.items() if isinstance(rule, Rule)},
        point_rules={n: rule for n, rule in by_id.items() if isinstance(rule, PointRule)},
        examples=tuple(_examples(sections, words, by_id)),
        names=tuple(
            sorted(frozenset[str]().union(*(rule.reads | rule.shows for rule in rules)))
        ),
    )


class _Section:
    """The three parts of one rule file."""

    def __init__(self, page: Page) -> None:
        self.page = page
        parts = ("rules", "fixtures", "tests")
        found = page.fields(page.root, "a rule file", (), parts, ELSEWHERE)
        self.rules = page.items(found["rules"], "rules") if "rules" in found else ()
        self.tests = page.items(found["tests"], "tests") if "tests" in found else ()
        self.fixtures = (
            page.entries(found["fixtures"], "fixtures") if "fixtures" in found else {}
        )


def _rules(
    shelf: Shelf, sections: Sequence[_Section], reader: RuleReader
) -> list[Rule | PointRule]:
    read = [
        (section.page, node, reader.rule(section.page, node))
        for section in sections
        for node in section.rules
    ]
    if len(read) > MAX_RULES:
        shelf.wrong(FRAME_FILE, f"{len(read)} rules; a book has at most {MAX_RULES}")
    first: dict[str, Rule | PointRule] = {}
    for page, node, rule in read:
        other = first.setdefault(rule.id, rule)
        if other is not rule and isinstance(node, Fields) and "id" in node.fields:
            where = f"first in {other.place.file}, line {other.place.line}"
            cause = f"rule id {rule.id} stands twice ({where})"
            page.wrong(node.fields["id"].node, cause)
    return [rule for _, _, rule in read]


def _examples(
    sections: Sequence[_Section], words: Vocabulary, rules: Mapping[str, Dossier]
) -> Iterator[Example]:
    fixtures: dict[str, Values] = {}
    for section in sections:
        for name, (mark, node) in section.fixtures.items():
            if name in fixtures:
                section.page.wrong(mark, f"fixture {name[:60]!r} stands twice in the book")
            fixtures[name] = read_values(section.page, node, words)
    reader = ExampleReader(words, rules, fixtures)
    for section in sections:
        for node in section.rules:
            yield from reader.in_rule(section.page, node)
        for node in section.tests:
            yield reader.of_book(section.page, node)


def _rates(shelf: Shelf, file: str | None) -> tuple[Row, ...]:
    if file is None:
        return ()
    raw = shelf.read(file)
    if raw is None:
        shelf.wrong(FRAME_FILE, f"there is no file {file[:60]} that can be read")
        return ()
    rows, mistakes = read_rates(file, raw)
    shelf.mistakes += mistakes
    return rows
