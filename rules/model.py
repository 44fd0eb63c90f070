"""A book, read and checked: what evaluators, verdicts and people work from."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from rules.condition import Node
from rules.template import Template
from rules.velocity import Velocity
from rules.vocabulary import Scalar, Vocabulary

Tier: TypeAlias = Literal["block", "allow", "reject", "review"]
Outcome: TypeAlias = Literal["approve", "review", "reject"]
Mode: TypeAlias = Literal["live", "shadow", "off"]
Severity: TypeAlias = Literal["info", "low", "medium", "high", "critical"]
Ask: TypeAlias = Literal["always", "when-it-matters", "never"]
AtDeadline: TypeAlias = Literal["local", "review"]
Engine: TypeAlias = Literal["native", "tree", "durable"]
ListKind: TypeAlias = Literal["allow", "block", "watch"]
Truth: TypeAlias = bool | None
"""True, False, or None: unknown."""

TIERS: Final[tuple[Tier, ...]] = ("block", "allow", "reject", "review")
"""The first tier in which anything speaks decides."""

ALWAYS: Final = -(2**63)
FOREVER: Final = 2**63 - 1


class Param(msgspec.Struct, frozen=True):
    """A constant of a rule; `sweep` is (lowest, highest, step) for trying others on history."""

    value: Scalar
    sweep: tuple[float, float, float] | None = None


class Rollout(msgspec.Struct, frozen=True):
    """Live for `percent` of the values of `by`; the others are the control group (shadow)."""

    percent: float
    by: str


class Window(msgspec.Struct, frozen=True):
    """When a rule holds, in event time: `start` <= at < `end`, microseconds UTC."""

    start: int = ALWAYS
    end: int = FOREVER

    def holds(self, at: int) -> bool:
        """Whether the event time lies within."""
        return self.start <= at < self.end


class Place(msgspec.Struct, frozen=True):
    """Where something was written."""

    file: str
    line: int


class Example(msgspec.Struct, frozen=True):
    """One inline test: values by name, and what is expected; None is not looked at.

    `rule` with `truth` asks one rule (whatever its mode); the others ask the whole book.
    """

    name: str
    place: Place
    given: Mapping[str, Scalar]
    at: int
    rule: str | None = None
    truth: Truth = None
    outcome: Outcome | None = None
    tier: str | None = None
    score: int | None = None
    rules: tuple[str, ...] | None = None
    shadow: tuple[str, ...] | None = None
    unknown: tuple[str, ...] | None = None
    reasons: tuple[str, ...] | None = None


class Step(msgspec.Struct, frozen=True):
    """One event of a sequence. The condition reads earlier steps as `name.value`."""

    name: str
    condition: Node


class Sequence(msgspec.Struct, frozen=True):
    """Steps in the order of the log, all with one value of `by`, `within` microseconds."""

    by: str
    within: int
    steps: tuple[Step, ...]


def flag_of(rule: str) -> str:
    """Name the value that tells whether an event completes a rule's sequence."""
    return f"sequence.{rule}"


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said about a rule but what it does; `condition` is `when and not unless`."""

    id: str
    title: str
    owner: str
    severity: Severity
    mode: Mode = "live"
    condition: Node
    code: str
    text: Template
    params: Mapping[str, Param] = {}
    window: Window = Window()
    rollout: Rollout | None = None
    runbook: str = ""
    labels: tuple[str, ...] = ()
    reads: frozenset[str]
    """What the condition reads."""

    shows: frozenset[str]
    """What the reason shows."""

    place: Place


class Rule(Dossier, frozen=True, kw_only=True):
    """A rule that speaks in a tier.

    With a `sequence`, `when` is the flag `sequence.ID`, which `rules.sequences` makes known.
    """

    tier: Tier
    on_missing: Tier | None = None
    sequence: Sequence | None = None


class PointRule(Dossier, frozen=True, kw_only=True):
    """A rule that adds points to the score (may be negative) and runs before it is read."""

    points: int


def conditions(rule: Dossier) -> tuple[Node, ...]:
    """List the rule's own condition, and those of the steps of its sequence."""
    sequence = rule.sequence if isinstance(rule, Rule) else None
    steps = sequence.steps if sequence is not None else ()
    return (rule.condition, *[step.condition for step in steps])


class Listing(msgspec.Struct, frozen=True):
    """A list: entry -> microseconds UTC at which it ends.

    Entries are folded, but exact if the kind is `allow`: two ids that merely look alike must
    not share a permission.
    """

    name: str
    kind: ListKind
    ends: Mapping[str, int]
    notes: Mapping[str, tuple[str, str]]
    """Entry -> (reason, who added it)."""

    file: str | None = None
    """Where the entries stand; None: in book.yaml."""


class Thresholds(msgspec.Struct, frozen=True):
    """Points from which the score alone speaks in a tier; None is never.

    `rules`: as many points at most the rules add or take away, all together.
    """

    review: int | None = None
    reject: int | None = None
    rules: int = 30


class Llm(msgspec.Struct, frozen=True):
    """When a model is asked about the memo, where one is configured.

    `deadline_ms`: how long a payment waits for the answer, from its arrival. `at_deadline`:
    what decides if there is none: the local reading alone, or a person.
    """

    ask: Ask = "when-it-matters"
    deadline_ms: int = 250
    at_deadline: AtDeadline = "local"


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of rules. `rules` are sorted by id, `hash` is over all files that were read."""

    name: str
    version: str
    hash: str
    owner: str
    currency: str
    on_malformed: Outcome
    default: Outcome
    outcomes: Mapping[Tier, Outcome]
    thresholds: Thresholds
    llm: Llm = Llm()
    engine: Engine = "native"
    """What evaluates the rules; all give the same."""

    rates: tuple[tuple[str, int, str], ...]
    """(ISO 4217 code, valid from in microseconds UTC, units of the base currency for one)."""

    words: Vocabulary
    attributes: Vocabulary
    lists: Mapping[str, Listing]
    list_lines: Mapping[str, int] = {}
    """Where in book.yaml each list is declared."""

    rules: Mapping[str, Rule]
    point_rules: Mapping[str, PointRule] = {}
    """Rules with points instead of a tier, sorted by id; no id stands in both."""

    velocities: Mapping[str, Velocity] = {}
    files: Mapping[str, str] = {}
    """Name of each file that was read -> a digest of its bytes."""

    examples: tuple[Example, ...]
    names: tuple[str, ...]

    @property
    def dossiers(self) -> Mapping[str, Dossier]:
        """All rules, those with a tier and those with points, sorted by id."""
        return dict(sorted({**self.rules, **self.point_rules}.items()))
