"""The files of one folder: each is read once, and hashed; their mistakes are kept."""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Final

from rules.errors import Mistake, did_you_mean
from rules.page import ABSENT, Page

FRAME_FILE: Final = "book.yaml"
RULE_FILES: Final = ".rules.yaml"
OTHER_FILES: Final = frozenset(("scorecard.yaml",))
"""Files of a book folder that somebody else reads."""

LISTS: Final = "lists"
"""Folder of the list files, beside book.yaml."""


class Shelf:
    """Opens files of a folder and remembers what was opened."""

    def __init__(self, folder: Path) -> None:
        self.mistakes: list[Mistake] = []
        self.files: dict[str, str] = {}
        """Name of each file that was read -> a digest of its bytes."""

        self.unread: list[str] = []
        """Files of which nothing could be read."""

        self._folder = folder

    def read(self, file: str) -> bytes | None:
        """Give the bytes of a file, None if it cannot be read."""
        try:
            raw = (self._folder / file).read_bytes()
        except OSError:
            return None
        self.files[file] = blake2b(raw, digest_size=16).hexdigest()
        return raw

    def wrong(self, file: str, cause: str, hint: str = "") -> None:
        """Note a mistake that has no place in a file."""
        self.mistakes.append(Mistake(file, 1, 1, cause, hint))

    def page(self, file: str) -> Page:
        """Open a YAML file. Its mistakes, also those to come, are on the shelf."""
        raw = self.read(file)
        if raw is None:
            self.wrong(file, "this file is needed and cannot be read")
        # told once: what an empty file lacks is of no interest then
        page = Page(file, raw or b"", [] if raw is None else self.mistakes)
        if page.root is ABSENT:
            self.unread.append(file)
        return page

    def rule_files(self) -> list[str]:
        """Names of the rule files, sorted; YAML files that nobody reads are mistakes."""
        found = self._names(".")
        for name in found:
            known = name in (FRAME_FILE, *OTHER_FILES) or name.endswith(RULE_FILES)
            if name.endswith((".yaml", ".yml")) and not known:
                self.wrong(name, "nobody reads this file", f"name it like cards{RULE_FILES}")
        return [name for name in found if name.endswith(RULE_FILES)]

    def refuse_loose_lists(self) -> None:
        """Note list files that no list of the book names: somebody believes them to work."""
        for name in self._names(LISTS):
            file = f"{LISTS}/{name}"
            if file not in self.files and not name.startswith("."):
                known = [other.removeprefix(f"{LISTS}/") for other in self.files]
                hint = did_you_mean(name, known) or "declare it under lists: in book.yaml"
                self.wrong(file, "no list of the book reads this file", hint)

    def _names(self, folder: str) -> list[str]:
        try:
            return sorted(path.name for path in (self._folder / folder).iterdir())
        except OSError:
            return []


def hash_of(files: Mapping[str, str]) -> str:
    """32 hex digits over the names and digests of all files that were read."""
    digest = blake2b(digest_size=16)
    for name in sorted(files):
        digest.update(f"{len(name)}:{name}:{files[name]};".encode(errors="replace"))
    return digest.hexdigest()
