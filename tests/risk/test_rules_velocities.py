"""Velocities from book.yaml to the values of payments."""

import shutil
from itertools import product
from pathlib import Path
from typing import get_args

from fakes.payments import arrivals, payment, stopped_clock

from features.velocity import Function, Velocity
from risk.assembly import build_bench, default_book, provided
from risk.pipeline import Limits, Pipeline
from risk.velocities import velocities
from rules.velocity import Velocity as Declared

DECLARED = """\
velocities:
  bursts_24h:
    {fn: count, by: payer, window: 24h, where: "payer_count_1h > 2 and kind == 'card'"}
  usual_7d:
    fn: mean
    of: amount
    by: payer
    window: 7d
    include_current: false
    where: missing(usual_7d) or amount < 3 * usual_7d
"""
RULE = """\
rules:
  - id: BURSTS
    title: Many payments in bursts
    owner: us
    severity: low
    tier: review
    mode: shadow
    when: bursts_24h > 1 and amount > 3 * usual_7d
    reason: {code: R999, text: "{bursts_24h} payments in bursts"}
"""
LIMITS = Limits(topic="t", epoch="1", max_bytes=65_536, known_ids=1000)


def book(folder: Path) -> Path:
    """The default book with two velocities more that read others, and a rule over them."""
    copy = Path(shutil.copytree(default_book(), folder / "book"))
    frame = copy / "book.yaml"
    frame.write_text(frame.read_text().replace("velocities:\n", DECLARED))
    (copy / "bursts.rules.yaml").write_text(RULE)
    return copy


def test_a_condition_reads_the_values_that_each_payment_had_when_it_passed(
    tmp_path: Path,
) -> None:
    """One a day until all is warm, then four within twenty minutes, one of them large.

    The third of an hour is the first of a burst; what is far above the mean of those before it
    does not enter the mean.
    """
    days = [payment(id=f"d{n}", time=f"2026-03-{n:02}T08:00:00Z") for n in range(1, 18)]
    burst = [
        payment(id=f"b{n}", time=f"2026-03-18T08:{5 * n:02}:00Z", amount=amount)
        for n, amount in enumerate(("12.50", "12.50", "100.00", "12.50"))
    ]
    pipeline = Pipeline(build_bench(book(tmp_path)), LIMITS, stopped_clock)
    answers = pipeline.take(arrivals([*days, *burst]))
    values = [answer.decision.values["history"] for answer in answers]
    assert [0, 0, 0, 1, 2] == [found["bursts_24h"] for found in values[-5:]]
    assert [12.5] * 5 == [found["usual_7d"] for found in values[-5:]]


def test_a_scorer_is_told_what_a_velocity_reads(tmp_path: Path) -> None:
    """Its version changes with the declaration of another one that its condition reads."""
    folder = book(tmp_path)
    before = provided(build_bench(folder))
    frame = folder / "book.yaml"
    text = frame.read_text().replace("payer_count_1h > 2 and", "device_payers_7d > 2 and")
    frame.write_text(text)
    between = provided(build_bench(folder))
    frame.write_text(text.replace("by: device, window: 7d", "by: device, window: 3d"))
    after = provided(build_bench(folder))
    assert 3 == len({versions["bursts_24h"] for versions in (before, between, after)})
    assert before["usual_7d"] == after["usual_7d"]


def test_rules_and_history_agree_which_velocities_look_at_the_payment_itself() -> None:
    """Only those can wait for one another."""
    for fn, current, delay in product(get_args(Function), (None, True, False), (None, 5)):
        more = {"fn": fn, "include_current": current, "delay": delay}
        given = {"name": "v", "by": ("payer",), "window": 60_000_000, **more}
        assert Velocity(**given).includes == Declared(**given).includes


def test_a_state_is_not_carried_over_to_another_meaning(tmp_path: Path) -> None:
    """A velocity is another one, and unknown until it is warm, when one that it reads is."""
    folder = book(tmp_path)
    frame = folder / "book.yaml"
    text = frame.read_text().replace("payer_count_1h > 2", "payee_known_days > 2")
    frame.write_text(text)
    before = {v.name: v.digest for v in velocities(build_bench(folder).book)}
    frame.write_text(text.replace("window: 60d", "window: 30d"))
    after = {v.name: v.digest for v in velocities(build_bench(folder).book)}
    changed = {name for name in before if before[name] != after[name]}
    assert {"payee_known_days", "bursts_24h"} == changed
