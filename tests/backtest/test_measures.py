"""Laws of measures, intervals, sweeps, and of how a report is shown."""

from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from fakes.payments import default_bench
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.backtest.forms import to_markdown, to_page, to_text
from risk.backtest.intervals import draw
from risk.backtest.labels import read_frauds
from risk.backtest.measures import Truth
from risk.backtest.report import Setting
from risk.backtest.shapes import Curve, Heading, Paragraph, Table
from risk.backtest.sweep import BadSweep, best_within, knee_of, read_names
from risk.commands.screen import harmless
from risk.files import BadFile

EVIL = "<script>alert(1)</script>|\x1b[2J\u202e"


def truth(minor: list[int], fraud: list[bool]) -> Truth:
    payers = [f"payer-{n % 3}" for n in range(len(minor))]
    return Truth(pl.DataFrame({"minor": minor, "fraud": fraud, "payer": payers}))


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.booleans(), st.booleans()), min_size=1, max_size=30
    )
)
@settings(max_examples=40)
def test_measures_are_their_definitions(rows: list[tuple[int, bool, bool]]) -> None:
    """Precision, recall, recall by money and good for a fraud, by counting."""
    minor, fraud, stopped = ([row[n] for row in rows] for n in range(3))
    caught = sum(f and s for f, s in zip(fraud, stopped, strict=True))
    found = truth(minor, fraud).quality(pl.Series(stopped))

    assert found is not None
    for figure, part, whole in (
        (found.precision, caught, sum(stopped)),
        (found.recall, caught, sum(fraud)),
        (found.false_ratio, sum(stopped) - caught, caught),
    ):
        if not whole:
            assert figure is None
        elif figure is not None:
            assert part / whole == pytest.approx(figure.value)
            assert figure.low <= figure.high


def test_without_labels_there_is_no_quality() -> None:
    """Nothing is guessed."""
    frame = pl.DataFrame({"minor": [1], "payer": ["a"]})

    assert Truth(frame).quality(pl.Series([True])) is None


def test_the_draws_are_the_same_everywhere() -> None:
    """They come from a counter, so these numbers are for ever."""
    assert draw(1, 8, 0).tolist() == draw(1, 8, 0).tolist()
    assert draw(1, 8, 0).tolist() != draw(1, 8, 1).tolist()


def test_the_draws_are_poisson() -> None:
    """Mean and variance are 1."""
    drawn = draw(1, 200_000, 3)

    assert 1.0 == pytest.approx(float(np.mean(drawn)), abs=0.01)
    assert 1.0 == pytest.approx(float(np.var(drawn)), abs=0.02)


def setting(per_day: float, recall: float | None, stopped: int = 0) -> Setting:
    return Setting({}, stopped, 0, per_day, None, recall, None, is_current=False)


def test_the_knee_is_where_more_reviews_begin_to_catch_little() -> None:
    """Steep, then flat: the bend."""
    curve = [setting(0, 0.0), setting(10, 0.8), setting(50, 0.9), setting(100, 1.0)]

    assert 1 == knee_of(curve)


@pytest.mark.parametrize("recalls", [[None, None, None], [0.5, 0.5, 0.5], [0.0, 0.1, 0.2]])
def test_a_curve_without_a_bend_has_no_knee(recalls: list[float | None]) -> None:
    """No labels, no change, or a straight line."""
    assert knee_of([setting(10 * n, recall) for n, recall in enumerate(recalls)]) is None


def test_the_best_setting_catches_most_and_costs_least() -> None:
    """Within the capacity; of equals the one with fewer reviews."""
    curve = [setting(5, 0.4), setting(9, 0.6), setting(8, 0.6), setting(30, 0.9)]

    assert 2 == best_within(curve, 10)
    assert best_within(curve, 1) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [("NO-RULE.most", "there is no parameter"), ("CARD-TESTING.many", "there is no parameter")],
)
def test_a_sweep_of_nothing_says_what_can_be_swept(text: str, says: str) -> None:
    """The names with a range are listed."""
    with pytest.raises(BadSweep, match=f"{says}.*CARD-TESTING.most"):
        read_names(text, default_bench().book)


def test_labels_are_read_and_the_last_one_counts(tmp_path: Path) -> None:
    """A report that was withdrawn is none."""
    path = tmp_path / "labels.jsonl"
    lines = [
        {"transaction_id": "a", "label": "fraud"},
        {"transaction_id": "b", "fraud": True},
        {"transaction_id": "a", "label": "genuine"},
    ]
    path.write_bytes(b"\n".join(map(msgspec.json.encode, lines)))

    assert {"b"} == read_frauds([path])


def test_a_file_without_labels_is_told(tmp_path: Path) -> None:
    """Empty, or something else: one clear message."""
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b"")
    with pytest.raises(BadFile, match="no labels"):
        read_frauds([path])
    path.write_bytes(b"[1]\n")
    with pytest.raises(BadFile, match="line 1 is no label"):
        read_frauds([path])


SHOWN = [
    Heading(EVIL, 1),
    Paragraph(EVIL, is_warning=True),
    Table(("a", "b"), ((EVIL, "1"),)),
    Curve("curve", "x", "y", ((0.0, 0.0), (1.0, 2.0)), ((1, "now"),)),
]


def test_what_strangers_wrote_is_harmless_in_every_form() -> None:
    """No form lets text act: in a browser, a pull request, a terminal."""
    page, markdown, text = (form(SHOWN, harmless) for form in (to_page, to_markdown, to_text))

    assert "<script>alert" not in page
    assert "\\<script\\>" in markdown
    assert not {"\x1b", "\u202e"} & {*page, *markdown, *text}


def test_a_page_needs_no_network() -> None:
    """Nothing in it is fetched, and the browser is told to fetch nothing."""
    page = to_page(SHOWN, harmless)

    assert "default-src 'none'" in page
    assert "<svg" in page
    assert not [
        word for word in ("http:", "https:", "src=", "href=", "@import") if word in page
    ]
