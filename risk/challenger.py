"""A challenger: a book or a scorer on trial that judges beside the one that decides.

It judges by the values that the champion had, for a stable share of the payers. Its answer is
recorded in the champion's decision and enters nothing else: no outcome, no state, no repeat.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

import msgspec

from features.transaction import Scalar
from risk.again import again
from risk.decide import ID_REUSED, Bench, weigh
from risk.decision import Challenge, Decision, Hit, Outcome
from rules.sequences import Sequences

BUCKETS: Final = 10_000
EVERYBODY: Final = 100.0


class Misfit(Exception):
    """A challenger that cannot judge by the values of the champion; `str()` says why."""


class Challenger(msgspec.Struct, frozen=True):
    """What judges beside, and for which share of the payers: 0 to 100 percent."""

    bench: Bench
    share: float = EVERYBODY

    def answer(self, decision: Decision, at: int) -> Challenge | None:
        """Judge what the champion has judged; None if the payer is not in the share.

        `at` is the time of the payment, microseconds UTC. Whatever goes wrong here is an
        answer without an outcome: the champion's decision goes out all the same.
        """
        if self.share < EVERYBODY and not _covers(self.share, decision.payer_id or ""):
            return None
        try:
            return challenge(decision, at, self.bench)
        except Exception:  # noqa: BLE001  # a challenger must not hurt the champion
            return failure(self.bench)


def challenge(decision: Decision, at: int, bench: Bench) -> Challenge:
    """Judge a decided payment by another bench, from what its record holds.

    Where a model was asked its answer counts as it does for the champion: no outcome is milder
    for it than without text.
    """
    if decision.llm is not None:
        judged = again(decision, bench)
        return _recorded(
            bench, judged.outcome, judged.score, [r.code for r in judged.reasons], judged.hits
        )
    values: dict[str, Scalar] = {}
    for section in decision.values.values():
        values.update(section)
    way = weigh(values, at, decision.flags, bench)
    verdict = way.ruling.verdict
    codes = [reason.code for reason in verdict.reasons]
    if way.outcome != verdict.outcome:
        codes.append(ID_REUSED.code)
    hits = tuple([Hit(hit.rule, hit.tier) for hit in verdict.hits])
    return _recorded(bench, way.outcome, way.ruling.score, codes, hits)


def _recorded(
    bench: Bench, outcome: Outcome, score: int | None, codes: list[str], hits: tuple[Hit, ...]
) -> Challenge:
    return Challenge(
        book=bench.book_version,
        scorer=bench.scorer_version,
        outcome=outcome,
        score=score,
        codes=tuple(codes),
        hits=hits,
    )


def failure(bench: Bench) -> Challenge:
    """Say that a bench could not judge."""
    return Challenge(book=bench.book_version, scorer=bench.scorer_version)


def misfits(champion: Bench, challenger: Bench) -> Iterator[str]:
    """Say why a bench cannot judge by the values that are gathered for another one."""
    if champion.kept != challenger.kept:
        yield "it declares other velocities or another currency than the champion's book"
    if champion.book.rates != challenger.book.rates:
        yield "its exchange rates are not those of the champion's book"
    strange = [
        name
        for name, value in challenger.attributes.items()
        if champion.attributes.get(name) != value
    ]
    if strange:
        names = ", ".join(sorted(strange))
        yield f"the champion's book does not declare the same attributes: {names}"
    watched = Sequences(champion.book).meanings
    other = [
        rule
        for rule, meaning in Sequences(challenger.book).meanings.items()
        if watched.get(rule) != meaning
    ]
    if other:
        names = ", ".join(sorted(other))
        yield f"the champion's book does not have the same rules over several payments: {names}"


def check_fit(champion: Bench, challenger: Bench) -> None:
    """Raise `Misfit` with all that keeps a challenger from judging beside the champion."""
    found = list(misfits(champion, challenger))
    if found:
        raise Misfit("\n".join(found))


def _covers(share: float, payer: str) -> bool:
    """Whether a payer is in the share: stable, and a greater share keeps all of a smaller."""
    digest = blake2b(payer.encode(errors="replace"), digest_size=8, key=b"challenger").digest()
    return int.from_bytes(digest, "big") % BUCKETS < share * (BUCKETS / 100)
