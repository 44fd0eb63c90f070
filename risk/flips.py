"""Two books over the same payments: who decides otherwise, and which rules make it so."""

from collections import Counter
from typing import Any

import msgspec

from risk.decision import Decision

SAMPLES = 3
"""Payments that are shown of each kind of flip."""

OUTCOMES = ("approve", "review", "reject")


class Flip(msgspec.Struct, frozen=True):
    """One payment that is decided otherwise, and what caused it."""

    transaction_id: str | None
    before: str
    after: str
    causes: tuple[str, ...]


class Flips:
    """Counts of (outcome before, outcome after), and samples of those that differ."""

    def __init__(self) -> None:
        self.matrix: Counter[tuple[str, str]] = Counter()
        self.causes: Counter[tuple[str, str, str]] = Counter()
        self.samples: dict[tuple[str, str], list[Flip]] = {}

    def add(self, old: Decision, new: Decision) -> None:
        """Compare two decisions of one payment."""
        kind = (old.outcome, new.outcome)
        self.matrix[kind] += 1
        if old.outcome == new.outcome:
            return
        causes = causes_of(old, new)
        self.causes.update([(*kind, cause) for cause in causes])
        kept = self.samples.setdefault(kind, [])
        if len(kept) < SAMPLES:
            kept.append(Flip(new.transaction_id, *kind, causes))

    @property
    def flipped(self) -> int:
        """How many payments are decided otherwise."""
        return sum(count for (old, new), count in self.matrix.items() if old != new)

    def to_dict(self) -> dict[str, Any]:
        """Show all as plain data."""
        return {
            "payments": self.matrix.total(),
            "flipped": self.flipped,
            "matrix": {f"{a}->{b}": n for (a, b), n in sorted(self.matrix.items())},
            "causes": [[*key, count] for key, count in self.causes.most_common()],
            "samples": [msgspec.to_builtins(f) for some in self.samples.values() for f in some],
        }


def causes_of(old: Decision, new: Decision) -> tuple[str, ...]:
    """Name what made the difference: rules that fire in the deciding tier in one book only.

    `+RULE` fires now, `-RULE` fired before; the score counts where its threshold decided.
    """
    before = {hit.rule for hit in old.hits if hit.tier in (old.tier, "points")}
    after = {hit.rule for hit in new.hits if hit.tier in (new.tier, "points")}
    found = [f"+{rule}" for rule in sorted(after - before)]
    found += [f"-{rule}" for rule in sorted(before - after)]
    codes = {reason.code for reason in (*old.reasons, *new.reasons)}
    if old.score != new.score and any(code.startswith("SCORE-") for code in codes):
        found.append(f"score {old.score} -> {new.score}")
    return tuple(found) or (f"what {old.tier or 'no tier'} and {new.tier or 'no tier'} mean",)
