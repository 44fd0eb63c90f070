"""What the demo shows says what it belongs to, and is harmless."""

from rich.console import Console

from risk.demo.tally import Latency, Picture, Share, Stop
from risk.demo.view import Frame, line, picture, stop_lines

FRAME = Frame(preset="train", runtime="direct", elapsed=12.4, seconds=60)
SEEN = Picture(
    arrived=2001,
    decided=2000,
    rate=399.6,
    outcomes={"approve": 1990, "review": 8},
    refused=1,
    repeats=0,
    stops=(Stop("review", "p\x1b[31m1", "1.00 EUR", None, "say \u202eyes"),),
    latency=Latency(5, 20),
    fraud=Share(rejected=3, held=1, total=8),
    genuine=Share(rejected=0, held=0, total=0),
)


def drawn(seen: Picture) -> str:
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(picture(FRAME, seen))
    console.file.close()
    return console.export_text()


def test_a_line_names_the_preset_and_the_shares() -> None:
    """Every figure of the world is quoted with the world's preset."""
    expected = (
        "  12 s  400/s  2,000 of 2,001 decided  approve 1,990  review 8  reject 0  "
        "payment to decision p50 5 ms, p99 20 ms  fraud stopped 50.0% (rejected 3, held 1, "
        "of 8); good payments held or rejected - of 0 (preset train)"
    )
    assert expected == line(FRAME, SEEN)


def test_the_picture_says_the_same() -> None:
    """Preset, runtime, shares, latency and the latest stop are on the screen."""
    text = drawn(SEEN)
    for part in (
        "preset train",
        "direct runtime",
        "fraud stopped 50.0%",
        "p99 20 ms",
        "1.00 EUR",
    ):
        assert part in text


def test_nothing_of_a_payment_steers_the_terminal() -> None:
    """Escapes and direction marks of strangers are replaced."""
    for text in (drawn(SEEN), "".join(stop_lines(SEEN))):
        assert not {"\x1b", "\u202e"} & set(text)
