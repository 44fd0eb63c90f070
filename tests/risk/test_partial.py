"""Values of which one partition knows a part say so, unless a shared store knows the whole."""

from collections.abc import Mapping

from fakes.payments import arrival, default_bench, payment, stopped_clock

from features.history import History, Remembered
from features.subject import Subject
from features.transaction import Scalar
from risk.again import again
from risk.pipeline import Limits, Pipeline


class Together:
    """What a shared store would know: one history for all partitions."""

    def __init__(self) -> None:
        self._history = History(default_bench().plan)
        self._told: dict[tuple[int, int], Remembered] = {}

    def observe(
        self, place: tuple[int, int], subject: Subject, values: Mapping[str, Scalar]
    ) -> Remembered:
        if place not in self._told:
            found = self._history.observe(subject, values).values
            mine = {name: found[name] for name in OTHERS if name in found}
            self._told[place] = Remembered(mine)
        return self._told[place]


OTHERS = [v.name for v in default_bench().plan.velocities if "payer" not in v.by]


def pipeline(partitions: int, elsewhere: Together | None = None) -> Pipeline:
    limits = Limits("t", "1", 65_536, 1000, partitions)
    return Pipeline(default_bench(), limits, stopped_clock, elsewhere)


def log() -> list[dict[str, object]]:
    """Two payers in two partitions who share a device, eight days."""
    return [
        payment(
            id=f"t{n}",
            time=f"2026-03-{2 + n // 2:02}T10:{n % 2:02}:00Z",
            payer={"id": ("anna", "bela")[n % 2]},
            device={"id": "tablet"},
        )
        for n in range(20)
    ]


def test_with_several_partitions_the_record_names_what_is_partial() -> None:
    """And verifying a record gives the marks again; with one partition nothing is marked."""
    for partitions in (1, 2):
        taker = pipeline(partitions)
        for n, value in enumerate(log()):
            [answer] = taker.take([arrival(value, n, partition=n % partitions)])
        marks = {"partial": tuple(OTHERS)} if partitions > 1 else {}
        assert answer.decision.marks == marks
        assert taker.partial == (tuple(OTHERS) if partitions > 1 else ())
        bare = again(answer.decision, default_bench())
        assert bare.marks == marks


def test_a_shared_store_makes_them_whole() -> None:
    """Its values take the place of the partial ones, and the mark goes."""
    alone, shared = pipeline(2), pipeline(2, Together())
    for n, value in enumerate(log()):
        one = arrival(value, n, partition=n % 2)
        [little], [whole] = alone.take([one]), shared.take([one])
    assert little.decision.values["history"]["device_payers_7d"] == 1
    assert whole.decision.values["history"]["device_payers_7d"] == 2
    left = set(OTHERS) - set(whole.decision.values["history"])
    assert set(whole.decision.marks.get("partial", ())) == left
