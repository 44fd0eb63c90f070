"""A look at a state without a payment: it tells what the next payment would see."""

import runpy
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from features.glance import glance
from features.history import BEGINNING, History
from features.labels import Label
from features.subject import Subject
from features.velocity import COMPARING, POINTS, Velocity

state = runpy.run_path(str(Path(__file__).with_name("test_history_state.py")))
VELOCITIES, PLAN, events, streams = (
    state[name] for name in ("VELOCITIES", "PLAN", "events", "streams")
)


def told(history: History, kind: str, key: str) -> dict[str, Any]:
    """What a glance tells of an entity."""
    [table] = [table for table in history._tables if table.kind == kind]
    return dict(glance(PLAN, kind, table.states[key]))


@given(streams)
@settings(max_examples=40, deadline=None)
def test_a_glance_tells_what_the_newest_payment_saw_with_itself(table: list[Any]) -> None:
    """Windows that include a payment: as that payment's own values, when it was the newest."""
    history, clocks = History(PLAN, since=BEGINNING), dict[str, int]()
    for event in events(table):
        if isinstance(event, Label):
            history.learn(event)
            continue
        subject, own = event
        is_newest = subject.at >= clocks.get(subject.payer, BEGINNING)
        clocks[subject.payer] = max(clocks.get(subject.payer, BEGINNING), subject.at)
        values = history.observe(subject, own).values
        if not is_newest:
            continue
        seen = told(history, "payer", subject.payer)
        for v in [v for v in VELOCITIES if v.kind == "payer" and is_same(v)]:
            assert seen[v.name].parts.get("") == values.get(v.name), v.name


def is_same(v: Velocity) -> bool:
    """Whether the velocity includes the payment at hand, so that both mean the same."""
    return v.includes and v.fn not in COMPARING and v.fn not in POINTS


def test_what_a_payment_would_be_compared_with_is_told() -> None:
    """Every velocity has something to tell, but those of labels yet to come and of no value."""
    history = History(PLAN, since=BEGINNING)
    for number in range(40):
        subject = Subject(
            f"t{number}", 10**15 + number * 10**9, 100 * number, "P1", payee="Q1", device="D1",
            merchant="M1",
        )  # fmt: skip
        history.observe(subject, {"amount": float(number), "channel": "app", "payee": "Q1"})
    silent = {
        v.name
        for v in VELOCITIES
        for key in [
            {"payer": "P1", "payee": "Q1", "device": "D1", "merchant": "M1"}.get(v.kind)
        ]
        if key is not None and not told(history, v.kind, key)[v.name].parts
    }
    assert silent <= {v.name for v in VELOCITIES if v.delay is not None or v.of == ("level",)}


def test_a_kind_that_is_not_kept_tells_nothing() -> None:
    """Rather than to fail: a checkpoint may hold kinds of another book."""
    assert glance(PLAN, "nobody", []) == {}
