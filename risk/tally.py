"""What a run decided, counted: outcomes, rules that fired, refusals, repeats."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from risk.decision import Decision
from risk.filerun import Answered

SAMPLES = 3
"""Rejected rows that are shown to a person."""


class Tally:
    """Counts over answers."""

    def __init__(self) -> None:
        self.rows = 0
        self.outcomes: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.shadow: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()
        self.repeats = 0
        self.samples: list[str] = []

    def add(self, rows: Iterable[Answered]) -> None:
        """Count answered rows."""
        for row in rows:
            self.rows += 1
            letter = row.answer.dead_letter
            if letter is not None:
                self.refused[letter.code] += 1
                if len(self.samples) < SAMPLES:
                    mistakes = "; ".join(map(str, letter.mistakes))
                    self.samples.append(f"row {row.number}: {mistakes}")
            self._count(row.answer.decision)

    def _count(self, decision: Decision) -> None:
        self.outcomes[decision.outcome] += 1
        self.repeats += decision.duplicate_of is not None
        for hit in decision.hits:
            self.rules[hit.rule] += 1
        for hit in decision.shadow:
            self.shadow[hit.rule] += 1
        for flag in decision.flags:
            self.flags[flag] += 1

    def to_dict(self) -> dict[str, Any]:
        """Show the counts as plain data, the most frequent first."""
        counters = ("outcomes", "rules", "shadow", "refused", "flags")
        return {
            "rows": self.rows,
            **{name: dict(getattr(self, name).most_common()) for name in counters},
            "repeats": self.repeats,
        }
