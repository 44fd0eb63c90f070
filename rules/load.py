"""A folder -> a book: all of its files, with all of their mistakes at once."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from rules.book_page import FrameReader
from rules.errors import BookError, Mistake
from rules.example_page import ExampleReader, Values, read_values
from rules.model import Book, Example, Rule
from rules.page import Page
from rules.rates import Row, read_rates
from rules.rule_page import RuleReader
from rules.sequence_page import sequence_words
from rules.vocabulary import Vocabulary

FRAME_FILE: Final = "book.yaml"
OTHER_FILES: Final = frozenset(("scorecard.yaml",))
"""Files of a book folder that somebody else reads."""

RULE_FILES: Final = ".rules.yaml"
MAX_RULES: Final = 2000


def load_book(folder: Path, vocabulary: Vocabulary) -> Book:
    """Read a book; raises `BookError` with every mistake of every file."""
    shelf = Shelf(folder)
    book = _book(shelf, vocabulary)
    if shelf.mistakes:
        raise BookError(shelf.mistakes)
    return msgspec.structs.replace(book, hash=shelf.hash())


def declared_attributes(folder: Path) -> Vocabulary:
    """Find the attributes that a book declares, whatever else is wrong with it."""
    shelf = Shelf(folder)
    return FrameReader(shelf.page(FRAME_FILE), shelf.read).frame().attributes


class Shelf:
    """The files of one folder: each is read once, and hashed; their mistakes are kept."""

    def __init__(self, folder: Path) -> None:
        self.mistakes: list[Mistake] = []
        self._folder = folder
        self._contents: dict[str, bytes] = {}

    def read(self, file: str) -> bytes | None:
        """Give the bytes of a file, None if it cannot be read."""
        try:
            self._contents[file] = (self._folder / file).read_bytes()
        except OSError:
            return None
        return self._contents[file]

    def wrong(self, file: str, cause: str, hint: str = "") -> None:
        """Note a mistake that has no place in a file."""
        self.mistakes.append(Mistake(file, 1, 1, cause, hint))

    def page(self, file: str) -> Page:
        """Open a YAML file. Its mistakes, also those to come, are on the shelf."""
        raw = self.read(file)
        if raw is not None:
            return Page(file, raw, self.mistakes)
        self.wrong(file, "this file is needed and cannot be read")
        return Page(file, b"", [])  # told once; what an empty file lacks is of no interest

    def rule_files(self) -> list[str]:
        """Names of the rule files, sorted; YAML files that nobody reads are mistakes."""
        try:
            found = sorted(path.name for path in self._folder.iterdir())
        except OSError:
            return []
        for name in found:
            known = name in (FRAME_FILE, *OTHER_FILES) or name.endswith(RULE_FILES)
            if name.endswith((".yaml", ".yml")) and not known:
                self.wrong(name, "nobody reads this file", f"name it like cards{RULE_FILES}")
        return [name for name in found if name.endswith(RULE_FILES)]

    def hash(self) -> str:
        """32 hex digits over the names and bytes of all files that were read."""
        digest = blake2b(digest_size=16)
        for name in sorted(self._contents):
            for part in (name.encode(), self._contents[name]):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()


def _book(shelf: Shelf, vocabulary: Vocabulary) -> Book:
    frame = FrameReader(shelf.page(FRAME_FILE), shelf.read).frame()
    words = {**vocabulary, **frame.attributes}
    sections = [_Section(shelf.page(file)) for file in shelf.rule_files()]
    rules = _rules(shelf, sections, RuleReader(words, frame.listings))
    by_id = {rule.id: rule for rule in sorted(rules, key=lambda rule: rule.id)}
    for rule in rules:
        if rule.sequence is not None:
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
        rates=_rates(shelf, frame.rates),
        words=words,
        attributes=frame.attributes,
        lists=frame.listings,
        rules=by_id,
        examples=tuple(_examples(sections, words, by_id)),
        names=tuple(
            sorted(frozenset[str]().union(*(rule.reads | rule.shows for rule in rules)))
        ),
    )


class _Section:
    """The three parts of one rule file."""

    def __init__(self, page: Page) -> None:
        self.page = page
        found = page.fields(page.root, "a rule file", (), ("rules", "fixtures", "tests"))
        self.rules = page.items(found["rules"], "rules") if "rules" in found else ()
        self.tests = page.items(found["tests"], "tests") if "tests" in found else ()
        self.fixtures = (
            page.entries(found["fixtures"], "fixtures") if "fixtures" in found else {}
        )


def _rules(shelf: Shelf, sections: Sequence[_Section], reader: RuleReader) -> list[Rule]:
    rules = [reader.rule(section.page, node) for section in sections for node in section.rules]
    if len(rules) > MAX_RULES:
        shelf.wrong(FRAME_FILE, f"{len(rules)} rules; a book has at most {MAX_RULES}")
    first: dict[str, Rule] = {}
    for rule in rules:
        other = first.setdefault(rule.id, rule)
        if other is not rule:
            where = f"first in {other.place.file}, line {other.place.line}"
            place = Mistake(
                rule.place.file, rule.place.line, 1, f"rule id {rule.id} stands twice ({where})"
            )
            shelf.mistakes.append(place)
    return rules


def _examples(
    sections: Sequence[_Section], words: Vocabulary, rules: Mapping[str, Rule]
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
