"""How a decision looks: one row of it, and the whole dossier."""

from collections.abc import Iterator, Mapping
from typing import Final

from features.money import exponent
from features.transaction import Scalar
from risk.commands.screen import harmless
from risk.decision import Challenge, Decision, Hit, Llm, Outcome, Version

COLOURS: Final[dict[Outcome, str]] = {"approve": "green", "review": "yellow", "reject": "red"}

Line = tuple[str, str]
"""Text that is harmless already, and its style."""


def amount(decision: Decision) -> str:
    """`12.34 EUR`, with the decimals of the currency; `-` if there is none."""
    if decision.amount_minor is None or decision.currency is None:
        return "-"
    decimals = exponent(decision.currency)
    if decimals is None:
        return f"{decision.amount_minor} minor units of {harmless(decision.currency)}"
    whole, part = divmod(decision.amount_minor, 10**decimals)
    text = f"{whole}.{part:0{decimals}}" if decimals else str(whole)
    return f"{text} {decision.currency}"


def row(decision: Decision) -> tuple[str, str, str, str, str, str]:
    """Time, payer, amount, outcome, score, first reason; harmless text."""
    at = decision.event_time
    reason = decision.reasons[0] if decision.reasons else None
    return (
        f"{at:%Y-%m-%d %H:%M:%S}" if at else "-",
        harmless(decision.payer_id or "-"),
        amount(decision),
        decision.outcome,
        "-" if decision.score is None else str(decision.score),
        harmless(f"{reason.code}: {reason.text}") if reason else "",
    )


def dossier(decision: Decision) -> Iterator[Line]:
    """All of a decision, line by line."""
    source = decision.source
    yield f"{decision.outcome.upper()}  score {_or_dash(decision.score)}", _bold(decision)
    for reason in decision.reasons:
        yield f"  {harmless(reason.code)}: {harmless(reason.text)}", ""
    yield from _facts(
        "payment",
        {
            "transaction": decision.transaction_id,
            "payer": decision.payer_id,
            "time": decision.event_time.isoformat() if decision.event_time else None,
            "amount": amount(decision),
            "place": f"{source.topic} {source.partition}:{source.offset}, epoch {source.epoch}",
            "flags": ", ".join(decision.flags) or None,
            "labels": decision.labels and f"seen up to {decision.labels:,}",
            "repeat of": decision.duplicate_of,
        },
    )
    yield from _hits("rules that fired", decision.hits)
    yield from _hits(f"shadow rules (would be: {decision.shadow_outcome})", decision.shadow)
    yield from _names("rules that could not tell", decision.unknown_rules)
    points = {one.value: f"{one.points:+d}" for one in decision.contributions}
    yield from _facts("score", points)
    for origin, values in decision.values.items():
        yield from _facts(f"values from {origin}", values)
    yield from _names("unknown", decision.unknowns)
    for mark, names in decision.marks.items():
        yield from _names(f"{mark} values", names)
    yield from _llm(decision.llm)
    yield from _challenge(decision.challenger)
    yield from _facts(
        "judged by",
        {
            "decision": decision.id,
            "tier": decision.tier,
            "book": _version(decision.book),
            "scorer": _version(decision.scorer),
            "microseconds": " ".join(f"{k} {v}" for k, v in decision.timings_us.items())
            or None,
        },
    )


def _llm(llm: Llm | None) -> Iterator[Line]:
    if llm is not None:
        facts = {
            "status": llm.status,
            "without the memo": llm.without_text,
            "by the local reading": llm.local,
            "tokens": llm.tokens or None,
            "cost": f"{llm.cost / 1e9:.6f} USD" if llm.cost else None,
            "by": _version(llm.reader) if llm.reader else None,
        }
        yield from _facts("asking a model", facts)


def _challenge(answer: Challenge | None) -> Iterator[Line]:
    if answer is not None:
        yield from _facts(
            "challenger beside (decides nothing)",
            {
                "outcome": answer.outcome or "it failed",
                "score": answer.score,
                "reasons": ", ".join(answer.codes) or None,
                "rules": ", ".join(hit.rule for hit in answer.hits) or None,
                "book": _version(answer.book),
                "scorer": _version(answer.scorer),
            },
        )


def _bold(decision: Decision) -> str:
    return f"bold {COLOURS[decision.outcome]}"


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def _version(version: Version) -> str:
    return f"{version.name} {version.version} ({version.hash})"


def _facts(title: str, facts: Mapping[str, Scalar | None]) -> Iterator[Line]:
    known = {name: value for name, value in facts.items() if value is not None}
    if not known:
        return
    yield "", ""
    yield harmless(title), "bold"
    width = max(len(name) for name in known)
    for name, value in known.items():
        yield f"  {harmless(name):<{width}}  {harmless(str(value))}", ""


def _hits(title: str, hits: tuple[Hit, ...]) -> Iterator[Line]:
    return _facts(title, {hit.rule: hit.tier for hit in hits})


def _names(title: str, names: tuple[str, ...]) -> Iterator[Line]:
    if names:
        yield "", ""
        yield title, "bold"
        yield f"  {harmless(', '.join(names))}", ""
