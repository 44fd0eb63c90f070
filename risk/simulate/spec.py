"""What kind of world is asked for, checked before anything is made."""

from dataclasses import dataclass, replace
from datetime import date

PRESETS = {"real": (1.0, 1.0), "train": (40.0, 1.0), "demo": (40.0, 4.0)}
"""Factor on all published fraud rates, and a further one on scams."""

SIGNALS = ("realistic", "none", "clear")
RAILS = ("sepa", "fps", "npp", "p2p")
CURRENCIES = {
    # exponent, and how many units buy what one euro buys
    "EUR": (2, 1.0),
    "GBP": (2, 1.0),
    "USD": (2, 1.0),
    "AUD": (2, 1.5),
    "CHF": (2, 1.0),
    "CAD": (2, 1.5),
    "SEK": (2, 11.0),
    "PLN": (2, 4.0),
    "JPY": (0, 150.0),
    "KWD": (3, 0.35),
}
A_DAY = 1.64
"""Payments a payer and day, of all kinds, about."""

CASES_A_MILLION = 64.0
"""Cases of fraud in a million payments at published rates, about."""

MOST_PAYERS = 2_000_000


class BadSpec(Exception):
    """A world that cannot be made; `str()` says every mistake and what would work."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A world. Equal specs make equal worlds, byte for byte."""

    seed: int = 1
    start: date = date(2025, 1, 1)
    days: int = 30
    payers: int = 2_000
    preset: str = "demo"
    rails: tuple[str, ...] = ("sepa", "fps", "p2p")
    currency: str = "EUR"
    signal: str = "realistic"

    @property
    def boost(self) -> tuple[float, float]:
        """The preset's two factors."""
        return PRESETS[self.preset]

    @property
    def volume(self) -> float:
        """Payments a day, about."""
        return self.payers * A_DAY

    @property
    def expected_cases(self) -> float:
        """How many cases of fraud such a world will hold, about."""
        return self.volume * self.days * CASES_A_MILLION * self.boost[0] / 1e6

    def checked(self, *, endless: bool = False) -> "Spec":
        """Itself; raises `BadSpec` with every mistake.

        A world without end (as many days as a count of payments takes) may be a small one.
        """
        mistakes = [*self._choices(), *self._numbers()]
        if not mistakes and not endless and self.expected_cases < 1:
            mistakes.append(self._too_few())
        if mistakes:
            raise BadSpec("\n".join(mistakes))
        return self

    def _choices(self) -> list[str]:
        offered = [
            ("--preset", self.preset, tuple(PRESETS)),
            ("--signal", self.signal, SIGNALS),
            ("--currency", self.currency, tuple(CURRENCIES)),
            *(("--rails", rail, RAILS) for rail in self.rails or ("",)),
        ]
        return [
            f"{flag} {value!r}: choose from {', '.join(choices)}"
            for flag, value, choices in offered
            if value not in choices
        ]

    def _numbers(self) -> list[str]:
        ranges = [
            ("--seed", self.seed, 0, 2**63 - 1),
            ("--days", self.days, 1, 3_650),
            ("--payers", self.payers, 20, MOST_PAYERS),
            ("--start", self.start.year, 1971, 2099),
        ]
        return [
            f"{flag} {value}: must lie between {low} and {high}"
            for flag, value, low, high in ranges
            if not low <= value <= high
        ]

    def _too_few(self) -> str:
        """What would yield at least one case."""
        short = 1 / self.expected_cases
        ways = [
            f"--payers {int(self.payers * short) + 1}",
            f"--days {int(self.days * short) + 1}",
        ]
        for preset in ("train", "demo"):
            if replace(self, preset=preset).expected_cases >= 1:
                ways.append(f"--preset {preset}")
        return (
            f"--preset {self.preset} with {self.payers} payers for {self.days} days yields "
            f"{self.expected_cases:.2f} cases of fraud: no fraud at all is likely. "
            f"What would work: {' or '.join(ways)}"
        )
