"""`risk scorer`: what a scorer is."""

from pathlib import Path
from typing import Annotated

import typer

from risk.commands.screen import AsJson, console, print_json
from risk.score.model_card import ModelCard, read_card

app = typer.Typer(help="Look at trained scorers.", no_args_is_help=True)


@app.callback()
def scorer() -> None:
    """Look at trained scorers."""


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="Card of a scorer (.json).")],
    as_json: AsJson = False,
) -> None:
    """Print the card of a scorer: what it learned from, how good it was, what it reads.

    The trees beside it are checked to be those that the card was made for.

    Example: risk scorer show trees.json

    Exit status: 0 shown; 2 it is no card, or its trees are not there or were changed.
    """
    card, _, hash_ = read_card(file)
    if as_json:
        import msgspec

        print_json({**msgspec.to_builtins(card), "hash": hash_})
        return
    screen = console()
    screen.print(f"{card.name} {card.version} ({hash_})", style="bold")
    for title, facts in _sections(card).items():
        screen.print(f"\n{title}", style="bold")
        width = max((len(name) for name in facts), default=0)
        for name, text in facts.items():
            screen.print(f"  {name:<{width}}  {text}")


def _sections(card: ModelCard) -> dict[str, dict[str, str]]:
    learned = card.learned
    return {
        "learned from": {
            "payments": f"{learned.payments:,}, {learned.frauds:,} of them fraud",
            "from": learned.begin,
            "to": learned.end,
            "labels through": learned.labels_through,
            "made with": ", ".join(f"{name} {one}" for name, one in learned.made_with.items()),
            "recipe": ", ".join(f"{name} {one}" for name, one in learned.recipe.items()),
        },
        "measured on later payments": {
            name: f"{mark:.4f}" for name, mark in card.metrics.items()
        },
        "score": {
            "meaning": "percent of such payments that are fraud",
            "calibration": str(card.calibration.get("method", "-")),
            "points from text": f"at most {card.text.reach}",
        },
        f"reads {len(card.features)} values": {
            feature.name: f"version {feature.version}" for feature in card.features
        },
    }
