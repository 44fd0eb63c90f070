"""What can go wrong with a message: one exception, many mistakes, no quoted payload."""

import msgspec


class Mistake(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    `path` names our own field (`payer.id`; empty for the whole message); `text` says what is
    expected. Neither ever holds a word of the message: an attacker wrote it.
    """

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


class Malformed(Exception):
    """The bytes are no payment; `mistakes` lists why, at least one."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = mistakes
