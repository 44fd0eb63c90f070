"""The law of asking on real books: never asked means that every answer gives that outcome."""

import itertools
from random import Random

import pytest
from fakes.texting import GRID, draw_bench, draw_reading, draw_values, held, worse

from features.transaction import Payer, Transaction
from risk.again import again
from risk.asking import SEVERITY
from risk.decide import Bench, Known, decide
from risk.decision import Decision, Source, Version, decode, encode
from risk.settled import HELD, UNREAD, Asked, Heard, conclude, hear, is_needed

SOURCE = Source("t", "1", 0, 7)
PAYMENT = Transaction(
    id="t1", at=0, kind="card", amount_minor=100, currency="EUR", payer=Payer("p1")
)
READER = Version("m", "reading-1", "ab")
COMBINATIONS = [
    dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())
]


def settle(bench: Bench, known: Known, heard: Heard, asked: Asked) -> Decision:
    return conclude(PAYMENT, known, bench, SOURCE, heard, asked)


@pytest.mark.parametrize("seed", range(6))
def test_never_asked_means_that_every_answer_gives_the_same_outcome(seed: int) -> None:
    """Random books, cards, payments, local readings; all readings of a grid; brute force."""
    dice = Random(seed)
    asked = needed = 0
    for _ in range(60):
        bench = draw_bench(dice)
        for _ in range(3):
            flags = dice.choice([(), (), ("id_reused",)])
            known = Known(draw_values(dice), {}, draw_reading(dice), flags)
            heard = hear(known, 0, bench)
            plain = settle(bench, known, heard, Asked("not_needed")).outcome
            assert heard.standing == plain
            finals = {
                settle(
                    bench, known, heard, Asked("answered", worse(known.reading, answer))
                ).outcome
                for answer in COMBINATIONS
            }
            assert all(SEVERITY[final] >= SEVERITY[plain] for final in finals)
            is_asked = is_needed(heard, known, 0, bench)
            asked += is_asked
            needed += finals != {plain}
            assert is_asked or finals == {plain}
    assert needed <= asked <= 2 * needed


def test_without_text_is_what_the_book_says_of_a_payment_whose_text_it_never_sees() -> None:
    """The short way, taken where text had no part, gives what the long way gives."""
    dice = Random(5)
    for _ in range(60):
        bench = draw_bench(dice)
        known = Known(draw_values(dice), {}, draw_reading(dice))
        heard = hear(known, 0, bench)
        _, ruling = bench.counsel.without_text({**known.payment}, 0)
        assert ruling.verdict.outcome == heard.without_text.outcome


@pytest.mark.parametrize("status", sorted({"not_needed", "answered", "late", *UNREAD}))
def test_a_decision_with_a_reading_is_made_again_from_its_record(status: str) -> None:
    """Byte for byte, read back from JSON, whatever came of asking."""
    dice = Random(3)
    for _ in range(40):
        bench = held(draw_bench(dice), dice.choice(["local", "review"]))
        known = Known(draw_values(dice), {}, draw_reading(dice))
        values = None
        if status in ("answered", "late"):
            values = worse(known.reading, draw_reading(dice))
        asked = Asked(status, values, 70, 1234, READER)  # type: ignore[arg-type]
        decision = settle(bench, known, hear(known, 0, bench), asked)
        assert encode(decision) == encode(again(decode(encode(decision)), bench))


def test_a_memo_that_nobody_read_is_held_if_it_could_matter_and_the_book_says_so() -> None:
    """`at_deadline: review`, and only where an answer could have changed an approval."""
    dice = Random(9)
    seen = set()
    for _ in range(60):
        bench = draw_bench(dice)
        known = Known(draw_values(dice), {}, draw_reading(dice))
        heard = hear(known, 0, bench)
        loose = settle(bench, known, heard, Asked("timeout"))
        strict = settle(held(bench, "review"), known, heard, Asked("timeout"))
        matters = loose.outcome == "approve" and is_needed(heard, known, 0, bench)
        seen.add(matters)
        assert (HELD in strict.reasons) == matters
        assert strict.outcome == ("review" if matters else loose.outcome)
        assert (
            HELD not in settle(held(bench, "review"), known, heard, Asked("not_needed")).reasons
        )
    assert seen == {True, False}


def test_a_book_that_is_never_asked_decides_as_before() -> None:
    """`llm` is null in its record, and what is recorded is nothing but the core's."""
    dice = Random(2)
    bench = draw_bench(dice)
    known = Known(draw_values(dice), {}, draw_reading(dice))
    assert decide(PAYMENT, known, bench, SOURCE).llm is None
